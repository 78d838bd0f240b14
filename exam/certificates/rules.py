"""Certificates: how long a pass holds, numbers that cannot be walked, the state on a day. Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from exam.policies.rules import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

RANDOM_BITS = 50
"""Ten characters of five bits each."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_READ_AS = str.maketrans("ILO", "110", "-‐‑‒–—－ \u3000")
_LENGTH = 4 + RANDOM_BITS // 5 + 1


class CertificateAct(StrEnum):
    REVOKED = "revoked"
    REINSTATED = "reinstated"


@dataclass(frozen=True, slots=True)
class CertificateEvent:
    """A certificate revoked or reinstated: `on` is the first day on which it is so."""

    act: CertificateAct
    on: date
    reason: str
    recorded_at: datetime


class CertificateState(StrEnum):
    NOT_YET = "not_yet"
    VALID = "valid"
    LAPSED = "lapsed"
    REVOKED = "revoked"


def validity(sitting_day: date, months: int) -> Interval:
    """The days on which a pass of `sitting_day` holds.

    民法典 art. 201: a period in months does not count its first day; art. 202: it ends on the corresponding
    day of its last month, or on that month's last day where there is none. The sitting day itself is valid.
    `ValueError` for less than a month.
    """
    if months < 1:
        raise ValueError("a pass holds for at least one month")
    years, month_index = divmod(sitting_day.month - 1 + months, 12)
    year, month = sitting_day.year + years, month_index + 1
    last = date(year, month, min(sitting_day.day, monthrange(year, month)[1]))
    return Interval(sitting_day, last + timedelta(days=1))


def last_valid_day(interval: Interval) -> date:
    """The day that pages print after 有效至."""
    return interval.valid_until - timedelta(days=1)


def certificate_state(
    interval: Interval,
    events: Iterable[CertificateEvent],
    on: date,
) -> CertificateState:
    """The state on a day, by the events given (for an earlier state of knowledge: those known then).

    A certificate that is revoked stays `revoked` after its last day: what was taken away does not lapse.
    Whether its sitting still is a pass is not asked here.
    """
    event = standing_event(events, on)
    if event is not None and event.act is CertificateAct.REVOKED:
        return CertificateState.REVOKED
    if on < interval.valid_from:
        return CertificateState.NOT_YET
    return CertificateState.VALID if on in interval else CertificateState.LAPSED


def standing_event(events: Iterable[CertificateEvent], on: date) -> CertificateEvent | None:
    """The event that stands on a day: the latest by its day; of one day, the one recorded (or listed) last.

    Of a run of revocations the first is meant: revoking again what is revoked changes nothing.
    """
    standing: CertificateEvent | None = None
    for event in sorted(
        (event for event in events if event.on <= on), key=lambda event: (event.on, event.recorded_at)
    ):
        if standing is None or event.act is not standing.act:
            standing = event
    return standing


def certificate_number(year: int, random_bits: int | bytes) -> str:
    """A certificate's number: the year, ten random Crockford base-32 characters, a check character.

    `random_bits` is an integer below 2**50, or at least seven random bytes, of which the first 50 bits are
    used. `ValueError` for anything else, and for a year that does not have four digits.
    """
    if isinstance(random_bits, bytes):
        if len(random_bits) < 7:
            raise ValueError("a certificate number takes at least seven random bytes")
        random_bits = int.from_bytes(random_bits[:7], "big") >> (56 - RANDOM_BITS)
    if not 0 <= random_bits < 1 << RANDOM_BITS:
        raise ValueError(f"a certificate number takes {RANDOM_BITS} random bits")
    if not 1000 <= year <= 9999:
        raise ValueError("a certificate number begins with a year of four digits")
    shifts = range(RANDOM_BITS - 5, -1, -5)
    body = f"{year}" + "".join(_ALPHABET[random_bits >> shift & 31] for shift in shifts)
    return body + _check_character(body)


def normalise_number(text: str) -> str:
    """A number as typed or scanned, in the form it is stored: capitals, I and L read 1, O read 0, no dashes."""
    return text.strip().upper().translate(_READ_AS)


def number_is_wellformed(text: str) -> bool:
    """Whether the text, normalised, is a year, ten characters and their check character."""
    number = normalise_number(text)
    if len(number) != _LENGTH or not all(character in _VALUES for character in number):
        return False
    return number[:4] >= "1000" and number[:4].isdecimal() and number[-1] == _check_character(number[:-1])


def _check_character(body: str) -> str:
    """The Reed-Solomon check symbol over GF(32), field polynomial x^5 + x^2 + 1, generator x.

    With value v_i of the character at place i from the right (the check itself at place 0), the sum of
    v_i * x^i is zero. The weights x^i are not zero and, up to 31 places, all different: so one wrong
    character, or any two characters changed about, never goes unseen. ISO 7064 MOD 37-36 would need
    characters outside the alphabet, and misses some transpositions.
    """
    check = 0
    for character in body:  # Horner's rule: multiply what is there by x, add the next character
        check = _times_x(check ^ _VALUES[character])
    return _ALPHABET[check]


def _times_x(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value
