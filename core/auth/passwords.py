"""Password hashing: argon2id, never more hashes at once than cores.

t=2, 19 MiB, p=1 (OWASP's second profile) gives seventy sign-ins a second on two cores, argon2-cffi's own
defaults ten: a room of three hundred signs in before the bell.
"""

from __future__ import annotations

import os
import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_slots = threading.BoundedSemaphore(os.cpu_count() or 1)

ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without characters that are mistaken for one another on paper."""


def hash_password(password: str) -> str:
    with _slots:
        return _hasher.hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    with _slots:
        try:
            return _hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


@cache
def nobodys_hash() -> str:
    """Verified against when the name is unknown, so that both refusals take the same time."""
    return hash_password(secrets.token_hex(16))


def one_time_password() -> str:
    """Twelve characters in groups of four, about 59 bits."""
    return "-".join("".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(4)) for _ in range(3))
