"""The hand-in receipt: a digest of what was handed in, and the code that proves who issued it."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""

CODE_LETTERS = 20
GROUP = 4
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGEST_HEADER = b"kaofa-receipt-1\n"
DIGEST_HEADER_WITH_TEXT = b"kaofa-receipt-2\n"
CODE_HEADER = b"kaofa-receipt-code-1\n"
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def receipt_digest(
    sitting_id: UUID,
    paper: Sequence[tuple[int, str]],
    events: Iterable[tuple[int, int, str]],
    sealed_at: datetime,
) -> bytes:
    """SHA-256, 32 bytes, over a sitting's paper and journal as sealed. Keys are no part of it.

    `paper` gives (item version id, option order) in order of position, `events` (seq, position, choice) in
    any order. The bytes hashed, one after the other; u8 … u64 are unsigned and big-endian:

    1. the 16 bytes `kaofa-receipt-1` and LF
    2. the sitting's UUID, 16 bytes
    3. `sealed_at` in whole microseconds since 1970-01-01T00:00:00Z, u64
    4. the number of questions, u32; for each: item version id u64, length of the option order u8, its ASCII letters
    5. the number of events, u32; for each by rising seq: seq u64, position u32, length of the choice u8, its
       ASCII letters

    Where an answer is a text ("=" and the words), the first line is `kaofa-receipt-2`, and each choice of 5. is
    its length in bytes, u32, and its bytes in UTF-8.

    Raises ValueError for a naive `sealed_at` and for a seq that occurs twice.
    """
    if sealed_at.utcoffset() is None:
        raise ValueError("sealed_at is naive")
    journal = sorted(events)
    if len({seq for seq, _, _ in journal}) != len(journal):
        raise ValueError("a seq occurs twice in the journal")
    with_text = any(choice.startswith("=") for _, _, choice in journal)
    header = DIGEST_HEADER_WITH_TEXT if with_text else DIGEST_HEADER
    parts = [header, sitting_id.bytes, _u(8, (sealed_at - EPOCH) // timedelta(microseconds=1))]
    parts.append(_u(4, len(paper)))
    for item_version_id, option_order in paper:
        parts += (_u(8, item_version_id), _letters(option_order))
    parts.append(_u(4, len(journal)))
    for seq, position, choice in journal:
        parts += (_u(8, seq), _u(4, position), _text(choice) if with_text else _letters(choice))
    return hashlib.sha256(b"".join(parts)).digest()


def receipt_code(digest: bytes, key: bytes) -> str:
    """The code that the candidate keeps, such as `7Q2M-0XKD-…`: five groups of four letters.

    The first 100 bits, most significant first, of HMAC-SHA256(key, `kaofa-receipt-code-1` LF ‖ digest), five
    bits a letter in Crockford's base 32. `key` is the server's own and has 32 bytes.
    """
    if len(key) != 32:
        raise ValueError("the receipt key has 32 bytes")
    bits = int.from_bytes(hmac.digest(key, CODE_HEADER + digest, "sha256")) >> (256 - 5 * CODE_LETTERS)
    letters = "".join(CROCKFORD[bits >> shift & 31] for shift in range(5 * (CODE_LETTERS - 1), -1, -5))
    return "-".join(letters[at : at + GROUP] for at in range(0, CODE_LETTERS, GROUP))


def receipt_matches(code: str, digest: bytes, key: bytes) -> bool:
    """Whether `code`, as somebody typed it, is the server's code for this digest.

    Case, spaces and dashes do not matter; O is read as 0, I and L as 1. Compared in constant time.
    """
    return hmac.compare_digest(_normalised(code), _normalised(receipt_code(digest, key)))


def _normalised(code: str) -> bytes:
    return code.upper().translate(MISREAD).encode(errors="replace")


def _u(width: int, number: int) -> bytes:
    return number.to_bytes(width)


def _letters(letters: str) -> bytes:
    return _u(1, len(letters)) + letters.encode("ascii")


def _text(text: str) -> bytes:
    data = text.encode()
    return _u(4, len(data)) + data
