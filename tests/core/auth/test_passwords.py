"""Passwords are hashed as OWASP asks, outside these tests."""

from __future__ import annotations

from argon2 import Type, extract_parameters

from core.auth.passwords import hash_password, nobodys_hash, verify_password
from tests.hashing import PRODUCTION


def test_the_platform_hashes_by_argon2id_with_19_mebibytes_twice():
    made = extract_parameters(PRODUCTION.hash("Luzhou-2026!"))
    assert (made.type, made.memory_cost, made.time_cost, made.parallelism) == (Type.ID, 19 * 1024, 2, 1)


def test_an_unknown_name_costs_as_much_as_a_wrong_password():
    assert extract_parameters(nobodys_hash()) == extract_parameters(hash_password("Luzhou-2026!"))


def test_a_hash_of_the_platform_is_verified_by_what_it_says_of_itself():
    stored = PRODUCTION.hash("Luzhou-2026!")
    assert verify_password(stored, "Luzhou-2026!")
    assert not verify_password(stored, "Luzhou-2027!")
