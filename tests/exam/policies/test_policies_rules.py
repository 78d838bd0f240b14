from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DomainError, Invalid
from exam.policies.rules import (
    EntryBar,
    History,
    Interval,
    NoPolicyInForce,
    Outcome,
    PastSitting,
    Policy,
    from_json,
    may_enter,
    policy_on,
    to_json,
)

POLICY = Policy("2018-1", date(2018, 1, 1), Decimal(60))
START = date(2019, 1, 1)

policies = st.builds(
    Policy,
    code=st.text("abc0123-", min_size=1),
    effective_from=st.dates(date(2018, 1, 1), date(2030, 1, 1)),
    pass_mark=st.decimals("0.5", 150, places=2),
    validity_months=st.integers(1, 60),
    retake_interval_days=st.integers(0, 180),
    retakes_per_admission=st.integers(0, 3),
    block_days_after_last_fail=st.integers(0, 365),
    block_days_after_cheating=st.integers(0, 730),
    renewal_window_days=st.integers(0, 365),
    level_change_ends_pass=st.booleans(),
    later_fail_ends_pass=st.booleans(),
)
sittings = st.lists(
    st.builds(PastSitting, st.dates(date(2018, 1, 1), date(2020, 12, 31)), st.sampled_from(Outcome)),
    max_size=6,
).map(tuple)
intervals = st.none() | st.builds(
    lambda day, length: Interval(day, day + timedelta(days=length)),
    st.dates(date(2018, 1, 1), date(2020, 12, 31)),
    st.integers(1, 900),
)


def after(days: int) -> date:
    return START + timedelta(days=days)


def history(*past: tuple[int, Outcome], certificate: Interval | None = None) -> History:
    return History(tuple(PastSitting(after(day), outcome) for day, outcome in past), certificate)


def bars(past: History, day: int, policy: Policy = POLICY) -> set[EntryBar]:
    return {reason.code for reason in may_enter(past, after(day), policy).reasons}


# --- the policy as data


@given(policies)
def test_json_and_back(policy):
    assert from_json(json.loads(json.dumps(to_json(policy)))) == policy


def test_json_names_every_setting():
    assert set(to_json(POLICY)) == {field.name for field in fields(Policy)}


def test_settings_left_out_take_the_default():
    value = {"code": "2018-1", "effective_from": "2018-01-01", "pass_mark": "60"}
    assert from_json(value) == POLICY
    assert from_json(value).consequence == "不予提拔任用"


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"pass_marks": "60"}, ["pass_marks"]),
        ({"code": " "}, ["code"]),
        ({"effective_from": "2018-02-29"}, ["effective_from"]),
        ({"effective_from": "20180101"}, ["effective_from"]),
        ({"effective_from": 2018}, ["effective_from"]),
        ({"pass_mark": 60.0}, ["pass_mark"]),
        ({"pass_mark": "NaN"}, ["pass_mark"]),
        ({"pass_mark": "sixty"}, ["pass_mark"]),
        ({"validity_months": 0}, ["validity_months"]),
        ({"validity_months": True}, ["validity_months"]),
        ({"validity_months": "24"}, ["validity_months"]),
        ({"retake_interval_days": -1}, ["retake_interval_days"]),
        ({"later_fail_ends_pass": 1}, ["later_fail_ends_pass"]),
        ({"zzz": 1, "pass_mark": "-1", "validity_months": None}, ["zzz", "pass_mark", "validity_months"]),
    ],
)
def test_every_wrong_setting_is_told(change, wrong):
    with pytest.raises(Invalid) as caught:
        from_json(to_json(POLICY) | change)
    assert [problem.where for problem in caught.value.problems] == wrong


def test_missing_settings_are_told():
    with pytest.raises(Invalid) as caught:
        from_json({})
    assert [problem.where for problem in caught.value.problems] == ["code", "effective_from", "pass_mark"]


def test_the_policy_of_a_day_is_the_latest_in_force():
    first, second = POLICY, replace(POLICY, code="2020-1", effective_from=date(2020, 7, 1))
    for versions in ([first, second], [second, first]):
        assert policy_on(versions, date(2018, 1, 1)) is first
        assert policy_on(versions, date(2020, 6, 30)) is first
        assert policy_on(versions, date(2020, 7, 1)) is second


def test_of_two_versions_of_one_day_the_later_recorded_holds():
    corrected = replace(POLICY, code="2018-1b")
    assert policy_on([POLICY, corrected], date(2019, 1, 1)) is corrected


def test_no_policy_before_the_first():
    with pytest.raises(NoPolicyInForce) as caught:
        policy_on([POLICY], date(2017, 12, 31))
    assert isinstance(caught.value, DomainError)
    assert "2017-12-31" in caught.value.message


def test_an_interval_ends_before_its_last_day():
    interval = Interval(date(2018, 1, 1), date(2018, 1, 3))
    assert [date(2018, 1, day) in interval for day in (1, 2, 3)] == [True, True, False]
    with pytest.raises(ValueError, match="at least one day"):
        Interval(date(2018, 1, 1), date(2018, 1, 1))


# --- admission


def test_who_never_sat_may_enter():
    decision = may_enter(History(), START, POLICY)
    assert (decision.allowed, decision.reasons, decision.allowed_from) == (True, (), None)
    assert decision.policy_code == "2018-1"


@pytest.mark.parametrize(
    ("past", "day", "expected"),
    [
        # one fail: the retake lies at least 30 days later
        ([(0, Outcome.FAILED)], 0, {EntryBar.RETAKE_INTERVAL}),
        ([(0, Outcome.FAILED)], 29, {EntryBar.RETAKE_INTERVAL}),
        ([(0, Outcome.FAILED)], 30, set()),
        # the second fail: 180 days, the day itself not counted
        ([(0, Outcome.FAILED), (30, Outcome.FAILED)], 59, {EntryBar.RETAKE_INTERVAL, EntryBar.ATTEMPTS_USED}),
        ([(0, Outcome.FAILED), (30, Outcome.FAILED)], 210, {EntryBar.ATTEMPTS_USED}),
        ([(0, Outcome.FAILED), (30, Outcome.FAILED)], 211, set()),
        # after the block a new admission has its own retake
        ([(0, Outcome.FAILED), (30, Outcome.FAILED), (211, Outcome.FAILED)], 241, set()),
        ([(0, Outcome.FAILED), (30, Outcome.FAILED), (211, Outcome.FAILED), (241, Outcome.FAILED)], 300,
         {EntryBar.ATTEMPTS_USED}),
        # a fail of long ago is not the first of two
        ([(0, Outcome.FAILED), (180, Outcome.FAILED)], 220, {EntryBar.ATTEMPTS_USED}),
        ([(0, Outcome.FAILED), (181, Outcome.FAILED)], 220, set()),
        # a pass between two fails parts them
        ([(0, Outcome.FAILED), (30, Outcome.PASSED), (60, Outcome.FAILED)], 90, set()),
        # absence uses an attempt, leave does not; absences alone bar nothing
        ([(0, Outcome.ABSENT)], 0, set()),
        ([(0, Outcome.ABSENT), (1, Outcome.ABSENT)], 2, set()),
        ([(0, Outcome.FAILED), (30, Outcome.ABSENT)], 31, {EntryBar.ATTEMPTS_USED}),
        ([(0, Outcome.FAILED), (30, Outcome.ABSENT)], 181, set()),
        ([(0, Outcome.FAILED), (30, Outcome.ABSENT), (181, Outcome.FAILED)], 211, set()),
        ([(0, Outcome.ABSENT), (10, Outcome.FAILED)], 40, {EntryBar.ATTEMPTS_USED}),
        ([(0, Outcome.FAILED), (30, Outcome.EXCUSED)], 31, set()),
        ([(0, Outcome.EXCUSED), (1, Outcome.FAILED)], 31, set()),
        # cheating
        ([(0, Outcome.VOID)], 365, {EntryBar.CHEATING}),
        ([(0, Outcome.VOID)], 366, set()),
        ([(0, Outcome.FAILED), (30, Outcome.VOID)], 40, {EntryBar.CHEATING}),
        # what lies after the day is not looked at
        ([(5, Outcome.FAILED)], 4, set()),
    ],
)  # fmt: skip
def test_who_may_enter(past, day, expected):
    assert bars(history(*past), day) == expected
    assert may_enter(history(*past), after(day), POLICY).allowed == (not expected)


def test_a_pass_is_renewed_within_the_window():
    until = date(2021, 1, 2)
    past = history((0, Outcome.PASSED), certificate=Interval(START, until))
    opens = until - timedelta(days=180)
    assert not may_enter(past, opens - timedelta(days=1), POLICY).allowed
    assert may_enter(past, opens, POLICY).allowed
    assert may_enter(past, until, POLICY).allowed
    (reason,) = may_enter(past, after(1), POLICY).reasons
    assert (reason.code, reason.since, reason.until) == (EntryBar.STILL_VALID, START, opens)
    assert "2021-01-01" in reason.message


def test_a_policy_without_retakes_blocks_after_the_first_fail():
    policy = replace(POLICY, retakes_per_admission=0)
    assert bars(history((0, Outcome.FAILED)), 100, policy) == {EntryBar.ATTEMPTS_USED}


def test_leave_after_the_last_fail_does_not_lift_the_bar():
    past = history((0, Outcome.FAILED), (40, Outcome.FAILED), (60, Outcome.EXCUSED))
    assert EntryBar.ATTEMPTS_USED in bars(past, 100)


@given(sittings, intervals, st.dates(date(2018, 1, 1), date(2024, 1, 1)), policies)
def test_allowed_from_is_the_first_allowed_day(past, certificate, on, policy):
    past = tuple(sitting for sitting in past if sitting.day <= on)
    decision = may_enter(History(past, certificate), on, policy)
    assert decision.allowed == (decision.reasons == ())
    if decision.allowed_from is not None:
        assert may_enter(History(past, certificate), decision.allowed_from, policy).allowed
        eve = decision.allowed_from - timedelta(days=1)
        assert on <= eve
        assert not may_enter(History(past, certificate), eve, policy).allowed
    for reason in decision.reasons:
        assert on < reason.until
        assert reason.message


@given(sittings, intervals, st.dates(date(2018, 1, 1), date(2024, 1, 1)), st.randoms())
def test_the_order_of_the_history_does_not_matter(past, certificate, on, random):
    past = tuple({sitting.day: sitting for sitting in past}.values())
    shuffled = list(past)
    random.shuffle(shuffled)
    assert may_enter(History(past, certificate), on, POLICY) == may_enter(
        History(tuple(shuffled), certificate), on, POLICY
    )


@given(sittings, st.dates(date(2018, 1, 1), date(2024, 1, 1)))
def test_leave_changes_nothing(past, on):
    without = tuple(sitting for sitting in past if sitting.outcome is not Outcome.EXCUSED)
    assert may_enter(History(past), on, POLICY) == may_enter(History(without), on, POLICY)
