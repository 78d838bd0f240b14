from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from exam.certificates.rules import (
    CertificateAct,
    CertificateEvent,
    CertificateState,
    certificate_number,
    certificate_state,
    last_valid_day,
    normalise_number,
    number_is_wellformed,
    standing_event,
    validity,
)
from exam.policies.rules import Interval

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECORDED = datetime(2020, 1, 1, tzinfo=UTC)
PERIOD = Interval(date(2018, 5, 1), date(2020, 5, 2))

numbers = st.builds(certificate_number, st.integers(1000, 9999), st.integers(0, 2**50 - 1))


def event(act: CertificateAct, on: date, *, minutes: int = 0) -> CertificateEvent:
    return CertificateEvent(act, on, "核查", RECORDED + timedelta(minutes=minutes))


# --- validity


@pytest.mark.parametrize(
    ("sat", "months", "last"),
    [
        (date(2018, 2, 28), 24, date(2020, 2, 28)),
        (date(2020, 2, 29), 24, date(2022, 2, 28)),
        (date(2020, 2, 29), 48, date(2024, 2, 29)),
        (date(2019, 8, 31), 6, date(2020, 2, 29)),
        (date(2018, 8, 31), 6, date(2019, 2, 28)),
        (date(2018, 12, 31), 2, date(2019, 2, 28)),
        (date(2018, 12, 1), 1, date(2019, 1, 1)),
        (date(2018, 1, 15), 12, date(2019, 1, 15)),
        (date(2018, 3, 31), 1, date(2018, 4, 30)),
    ],
)
def test_validity_by_the_civil_code(sat, months, last):
    interval = validity(sat, months)
    assert interval.valid_from == sat
    assert last_valid_day(interval) == last
    assert interval.valid_until == last + timedelta(days=1)


def test_passed_on_the_last_of_february_lapses_on_the_leap_day():
    assert validity(date(2018, 2, 28), 24).valid_until == date(2020, 2, 29)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 120))
def test_validity_ends_on_the_corresponding_day_or_the_months_last(sat, months):
    last = last_valid_day(validity(sat, months))
    assert (last.year * 12 + last.month) - (sat.year * 12 + sat.month) == months
    assert last.day == sat.day or (last.day < sat.day and last.day == monthrange(last.year, last.month)[1])


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 120))
def test_who_passes_later_never_lapses_earlier(sat, months):
    later = sat + timedelta(days=1)
    assert validity(sat, months).valid_until <= validity(later, months).valid_until


def test_less_than_a_month_is_no_validity():
    with pytest.raises(ValueError, match="one month"):
        validity(date(2018, 1, 1), 0)


# --- numbers


@given(numbers)
def test_a_number_is_wellformed_and_fits_an_address(number):
    assert len(number) == 15
    assert number.isascii()
    assert number.isalnum()
    assert number_is_wellformed(number)
    assert normalise_number(number) == number


@given(numbers, st.integers(0, 14), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_seen(number, place, character):
    assume(number[place] != character)
    assert not number_is_wellformed(number[:place] + character + number[place + 1 :])


@given(numbers, st.integers(0, 14), st.integers(0, 14))
def test_two_characters_changed_about_are_always_seen(number, one, other):
    assume(number[one] != number[other])
    swapped = list(number)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    assert not number_is_wellformed("".join(swapped))


def test_all_single_errors_and_adjacent_transpositions_of_one_number():
    number = certificate_number(2026, 0x2F1B3C5D7E9A1)
    wrong = {number[:i] + c + number[i + 1 :] for i in range(15) for c in ALPHABET}
    wrong |= {number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(14)}
    assert [text for text in wrong if number_is_wellformed(text)] == [number]


@given(numbers)
def test_a_number_is_read_as_people_write_it(number):
    written = f" {number[:4]}-{number[4:9]}—{number[9:14]} {number[14]}\n".lower()
    assert normalise_number(written) == number
    confused = number.replace("0", "O").replace("1", "l")
    assert normalise_number(confused) == number
    assert number_is_wellformed(confused.replace("l", "i"))


@pytest.mark.parametrize(
    "text", ["", "2026", "U" * 15, "0026" + "0" * 11, "2O26", "２０２６", "2026-!!!!!-!!!!!-!"]
)
def test_what_is_no_number(text):
    assert not number_is_wellformed(text)


@given(st.text(max_size=20))
def test_any_text_is_judged(text):
    assert number_is_wellformed(text) in {True, False}


def test_the_random_part_is_kept_whole():
    assert certificate_number(2026, 0)[4:14] == "0000000000"
    assert certificate_number(2026, 2**50 - 1)[4:14] == "ZZZZZZZZZZ"
    assert certificate_number(2026, 1)[4:14] == "0000000001"
    assert certificate_number(2026, b"\xff" * 6 + b"\xc0") == certificate_number(2026, 2**50 - 1)
    assert certificate_number(2026, b"\x00" * 6 + b"\x7f\xff") == certificate_number(2026, 1)


@given(st.sets(st.integers(0, 2**50 - 1), min_size=2, max_size=20))
def test_different_bits_give_different_numbers(bits):
    assert len({certificate_number(2026, value) for value in bits}) == len(bits)


@pytest.mark.parametrize(
    ("year", "bits"), [(2026, -1), (2026, 2**50), (2026, b"123456"), (999, 0), (10000, 0)]
)
def test_what_gives_no_number(year, bits):
    with pytest.raises(ValueError, match="certificate number"):
        certificate_number(year, bits)


# --- state


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2018, 4, 30), CertificateState.NOT_YET),
        (date(2018, 5, 1), CertificateState.VALID),
        (date(2020, 5, 1), CertificateState.VALID),
        (date(2020, 5, 2), CertificateState.LAPSED),
    ],
)
def test_state_without_events(on, state):
    assert certificate_state(PERIOD, (), on) is state


def test_revoked_then_reinstated():
    events = (
        event(CertificateAct.REINSTATED, date(2019, 3, 1), minutes=1),
        event(CertificateAct.REVOKED, date(2019, 1, 1)),
    )
    days = [date(2018, 12, 31), date(2019, 1, 1), date(2019, 2, 28), date(2019, 3, 1), date(2020, 5, 2)]
    assert [certificate_state(PERIOD, events, day).value for day in days] == [
        "valid", "revoked", "revoked", "valid", "lapsed",
    ]  # fmt: skip


def test_what_stands_revoked_does_not_lapse():
    events = [event(CertificateAct.REVOKED, date(2019, 1, 1))]
    assert certificate_state(PERIOD, events, date(2025, 1, 1)) is CertificateState.REVOKED


def test_of_one_day_the_event_recorded_last_stands():
    day = date(2019, 1, 1)
    events = [event(CertificateAct.REINSTATED, day, minutes=5), event(CertificateAct.REVOKED, day)]
    assert certificate_state(PERIOD, events, day) is CertificateState.VALID


def test_revoking_again_keeps_the_first_day():
    events = [event(CertificateAct.REVOKED, date(2019, month, 1)) for month in (4, 2, 3)]
    standing = standing_event(events, date(2019, 12, 1))
    assert standing is not None
    assert standing.on == date(2019, 2, 1)
    assert standing_event(events, date(2019, 1, 31)) is None
