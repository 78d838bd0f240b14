from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.sittings.rules import (
    LARGEST_ADJUSTMENT_SECONDS,
    TRANSITIONS,
    Adjustment,
    Allowance,
    Phase,
    SittingState,
    Window,
    may_become,
    phase,
    window_problems,
)

NINE = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ALLOWANCE = Allowance(timedelta(minutes=90), timedelta(seconds=10))


def minutes(n):
    return timedelta(minutes=n)


WINDOW = Window(NINE, NINE + minutes(30), NINE + minutes(120))
CAPPED = Window(NINE, NINE + minutes(30), NINE + minutes(100), cap_at_close=True)

instants = st.datetimes(
    min_value=NINE.replace(tzinfo=None, hour=0),
    max_value=NINE.replace(tzinfo=None, hour=23),
    timezones=st.just(UTC),
)
spans = st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=3))
adjustments = st.lists(st.integers(-10_000, 10_000).map(lambda s: Adjustment(s, "停电")), max_size=4)


@st.composite
def windows(draw):
    opens, last, closes = sorted(draw(st.tuples(instants, instants, instants)))
    return Window(opens, last, closes, draw(st.booleans()))


allowances = st.builds(Allowance, spans, st.timedeltas(timedelta(), minutes(10)))


@pytest.mark.parametrize(
    ("now", "started_at", "expected"),
    [
        (NINE - MICROSECOND, None, Phase.BEFORE_OPENING),
        (NINE, None, Phase.MAY_START),
        (NINE + minutes(30), None, Phase.MAY_START),
        (NINE + minutes(30) + MICROSECOND, None, Phase.MISSED),
        (NINE + minutes(5), NINE + minutes(5), Phase.RUNNING),
        (NINE + minutes(95), NINE + minutes(5), Phase.RUNNING),
        (NINE + minutes(95) + MICROSECOND, NINE + minutes(5), Phase.GRACE),
        (NINE + minutes(95) + timedelta(seconds=10), NINE + minutes(5), Phase.GRACE),
        (NINE + minutes(95) + timedelta(seconds=10) + MICROSECOND, NINE + minutes(5), Phase.OVER),
    ],
)
def test_the_bounds_of_each_phase_belong_to_the_earlier_one_but_for_the_opening(now, started_at, expected):
    assert phase(now, WINDOW, ALLOWANCE, started_at=started_at).phase is expected


def test_who_starts_at_the_last_moment_gets_the_full_time():
    last = NINE + minutes(30)
    assert phase(last, WINDOW, ALLOWANCE, started_at=last).remaining == minutes(90)


def test_a_capped_session_ends_for_everybody_at_its_close():
    now = phase(NINE + minutes(30), CAPPED, ALLOWANCE, started_at=NINE + minutes(30))
    assert now.deadline == CAPPED.closes_at
    assert now.grace_until == CAPPED.closes_at + ALLOWANCE.grace
    early = phase(NINE + minutes(30), CAPPED, ALLOWANCE, started_at=NINE)
    assert early.deadline == NINE + minutes(90)


def test_adjustments_move_the_deadline_and_add_up():
    given_time = [Adjustment(600, "电脑故障"), Adjustment(300, "停电"), Adjustment(-60, "多加了一分钟")]
    assert phase(NINE, WINDOW, ALLOWANCE, started_at=NINE, adjustments=given_time).deadline == NINE + minutes(
        104
    )


def test_saves_count_until_the_end_of_the_grace_and_are_late_after_the_deadline():
    seen = {
        offset: phase(NINE + minutes(90) + timedelta(seconds=offset), WINDOW, ALLOWANCE, started_at=NINE)
        for offset in (0, 1, 10, 11)
    }
    assert {offset: now.saves_count for offset, now in seen.items()} == {
        0: True,
        1: True,
        10: True,
        11: False,
    }
    assert {offset: now.is_late for offset, now in seen.items()} == {0: False, 1: True, 10: True, 11: False}


def test_a_sealed_sitting_stays_sealed_at_any_time():
    for now in (NINE - minutes(5), NINE + minutes(10), NINE + minutes(600)):
        found = phase(now, WINDOW, ALLOWANCE, started_at=NINE, sealed_at=NINE + minutes(20))
        assert (found.phase, found.changes_at, found.remaining) == (Phase.SEALED, None, None)
    assert phase(NINE, WINDOW, ALLOWANCE, sealed_at=NINE).phase is Phase.SEALED


@given(instants, windows(), allowances, st.tuples(st.none() | instants, st.none() | instants), adjustments)
def test_every_combination_has_a_phase_with_consistent_bounds(now, window, allowance, stored, given_time):
    started, sealed = stored
    found = phase(now, window, allowance, started_at=started, sealed_at=sealed, adjustments=given_time)
    assert (found.deadline is None) == (started is None)
    assert (found.remaining is None) == (found.phase not in (Phase.RUNNING, Phase.GRACE, Phase.OVER))
    assert found.remaining is None or found.remaining >= timedelta()
    if started is not None:
        assert found.deadline >= started
        assert found.grace_until == found.deadline + allowance.grace
        assert not window.cap_at_close or found.deadline <= max(window.closes_at, started)


@given(instants, windows(), allowances, st.none() | instants, adjustments)
def test_changes_at_is_the_first_instant_of_another_phase(now, window, allowance, started, given_time):
    def at(instant):
        return phase(instant, window, allowance, started_at=started, adjustments=given_time)

    found = at(now)
    if found.changes_at is None:
        assert at(now + timedelta(days=3650)).phase is found.phase
        return
    assert found.changes_at > now
    assert at(found.changes_at).phase is not found.phase
    assert at(found.changes_at - MICROSECOND).phase is found.phase


@given(windows(), allowances, st.none() | instants, adjustments, st.lists(instants, min_size=2, max_size=5))
def test_phases_follow_each_other_in_one_direction(window, allowance, started, given_time, moments):
    order = [Phase.BEFORE_OPENING, Phase.MAY_START, Phase.MISSED, Phase.RUNNING, Phase.GRACE, Phase.OVER]
    seen = [
        order.index(phase(now, window, allowance, started_at=started, adjustments=given_time).phase)
        for now in sorted(moments)
    ]
    assert seen == sorted(seen)


def test_an_adjustment_of_more_than_a_day_is_a_mistake():
    with pytest.raises(ValueError, match="more than a day"):
        Adjustment(LARGEST_ADJUSTMENT_SECONDS + 1, "")


def test_a_usable_window_has_no_problems():
    assert window_problems(WINDOW, ALLOWANCE) == []
    assert window_problems(CAPPED, ALLOWANCE) == []


@pytest.mark.parametrize(
    ("window", "allowance", "codes"),
    [
        (Window(NINE, NINE, NINE + minutes(120)), ALLOWANCE, {"last_start_before_opening"}),
        (
            Window(NINE, NINE - minutes(1), NINE - minutes(2)),
            Allowance(timedelta(), -MICROSECOND),
            {
                "last_start_before_opening",
                "close_before_last_start",
                "allowed_out_of_range",
                "grace_out_of_range",
            },
        ),
        (Window(NINE, NINE + minutes(30), NINE + minutes(119)), ALLOWANCE, {"time_exceeds_close"}),
        (Window(NINE, NINE + minutes(30), NINE + minutes(30), True), ALLOWANCE, {"no_time_at_last_start"}),
        (Window(NINE.replace(tzinfo=None), NINE, NINE + minutes(1)), ALLOWANCE, {"naive_time"}),
        (WINDOW, Allowance(timedelta(hours=25)), {"allowed_out_of_range", "time_exceeds_close"}),
    ],
)
def test_window_problems_names_everything_at_once(window, allowance, codes):
    assert {problem.code for problem in window_problems(window, allowance)} == codes


def test_the_only_way_to_a_grade_leads_through_running_and_sealed():
    S = SittingState  # noqa: N806
    path = [S.ASSIGNED, S.RUNNING, S.SEALED, S.GRADED]
    allowed = {(a, b) for a, b in product(S, S) if may_become(a, b)}
    assert {(a, b) for a, b in allowed if b not in (S.VOID, S.ABSENT, S.EXCUSED)} == set(pairwise(path))
    assert {a for a, b in allowed if b is S.VOID} == set(S) - {S.VOID}
    assert {a for a, b in allowed if b is S.ABSENT} == {S.ASSIGNED}
    assert {a for a, b in allowed if b is S.EXCUSED} == {S.ASSIGNED, S.ABSENT}
    assert set(TRANSITIONS) == set(S)
