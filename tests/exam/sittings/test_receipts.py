from __future__ import annotations

import hashlib
import struct
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.sittings.receipts import CROCKFORD, receipt_code, receipt_digest, receipt_matches

SITTING = UUID("6f1c2a52-0b0e-4a0f-9a53-1d1f2f3a4b5c")
PAPER = [(101, "CADB"), (7, "AB")]
EVENTS = [(1, 1, "A"), (2, 2, "B"), (3, 1, "")]
SEALED = datetime(2026, 11, 20, 2, 30, 0, 123456, tzinfo=UTC)
KEY = bytes(range(32))


def test_the_bytes_are_those_of_the_docstring():
    data = b"kaofa-receipt-1\n" + SITTING.bytes + struct.pack(">Q", 1795141800123456)
    data += struct.pack(">I", 2) + struct.pack(">QB4s", 101, 4, b"CADB") + struct.pack(">QB2s", 7, 2, b"AB")
    data += struct.pack(">I", 3)
    data += (
        struct.pack(">QIB1s", 1, 1, 1, b"A")
        + struct.pack(">QIB1s", 2, 2, 1, b"B")
        + struct.pack(">QIB", 3, 1, 0)
    )
    assert receipt_digest(SITTING, PAPER, EVENTS, SEALED) == hashlib.sha256(data).digest()


def test_a_fixed_receipt():
    digest = receipt_digest(SITTING, PAPER, EVENTS, SEALED)
    assert digest.hex() == "508e62934e3a310d65ae6f8b2256fcdffbceddc4dfad3e769ad9aa0e61679221"
    assert receipt_code(digest, KEY) == "73ZD-89JJ-XNGV-AYZK-5NHB"


def test_neither_the_order_of_reading_nor_the_time_zone_matters():
    shanghai = SEALED.astimezone(timezone(timedelta(hours=8)))
    expected = receipt_digest(SITTING, PAPER, EVENTS, SEALED)
    assert receipt_digest(SITTING, PAPER, reversed(EVENTS), shanghai) == expected


@pytest.mark.parametrize(
    "changed",
    [
        (UUID(int=1), PAPER, EVENTS, SEALED),
        (SITTING, [(102, "CADB"), (7, "AB")], EVENTS, SEALED),
        (SITTING, [(101, "ACDB"), (7, "AB")], EVENTS, SEALED),
        (SITTING, PAPER[::-1], EVENTS, SEALED),
        (SITTING, PAPER, EVENTS[:2], SEALED),
        (SITTING, PAPER, [(1, 1, "A"), (2, 2, "A"), (3, 1, "")], SEALED),
        (SITTING, PAPER, [(1, 1, "A"), (2, 1, "B"), (3, 1, "")], SEALED),
        (SITTING, PAPER, EVENTS, SEALED + timedelta(microseconds=1)),
    ],
)
def test_any_change_changes_the_digest(changed):
    assert receipt_digest(*changed) != receipt_digest(SITTING, PAPER, EVENTS, SEALED)


def test_a_naive_time_and_a_repeated_seq_are_refused():
    with pytest.raises(ValueError, match="naive"):
        receipt_digest(SITTING, PAPER, EVENTS, SEALED.replace(tzinfo=None))
    with pytest.raises(ValueError, match="twice"):
        receipt_digest(SITTING, PAPER, [(1, 1, "A"), (1, 2, "A")], SEALED)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_code_is_five_groups_and_matches_its_own_digest_and_key(digest, key):
    code = receipt_code(digest, key)
    groups = code.split("-")
    assert [len(group) for group in groups] == [4] * 5
    assert set("".join(groups)) <= set(CROCKFORD)
    assert receipt_matches(code, digest, key)
    flipped = bytes([digest[0] ^ 1]) + digest[1:]
    assert not receipt_matches(code, flipped, key)
    assert not receipt_matches(code, digest, bytes([key[0] ^ 1]) + key[1:])


def test_a_code_may_be_typed_carelessly_but_not_wrongly():
    digest = receipt_digest(SITTING, PAPER, EVENTS, SEALED)
    code = receipt_code(digest, KEY)
    careless = code.replace("-", " ").replace("0", "o").replace("1", "l").lower()
    assert receipt_matches(f" {careless} ", digest, KEY)
    assert not receipt_matches(code[:-1] + ("A" if code[-1] != "A" else "B"), digest, KEY)
    assert not receipt_matches(code[:-1], digest, KEY)
    for junk in ("", "收据", "\ud800"):
        assert not receipt_matches(junk, digest, KEY)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        receipt_code(bytes(32), b"")


def test_answers_in_words_have_a_form_of_their_own():
    events = [(1, 1, "A"), (2, 2, "=六十日"), (3, 1, "")]
    data = b"kaofa-receipt-2\n" + SITTING.bytes + struct.pack(">Q", 1795141800123456)
    data += struct.pack(">I", 2) + struct.pack(">QB4s", 101, 4, b"CADB") + struct.pack(">QB2s", 7, 2, b"AB")
    words = "=六十日".encode()
    data += struct.pack(">I", 3) + struct.pack(">QII1s", 1, 1, 1, b"A")
    data += struct.pack(f">QII{len(words)}s", 2, 2, len(words), words) + struct.pack(">QII", 3, 1, 0)
    assert receipt_digest(SITTING, PAPER, events, SEALED) == hashlib.sha256(data).digest()
