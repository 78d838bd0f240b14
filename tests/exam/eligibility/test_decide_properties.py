"""`decide` against an oracle that was written from the rule's words, day by day, without its code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.people.rules import PostLevel
from exam.certificates.rules import CertificateAct, CertificateEvent
from exam.eligibility.rules import (
    CertificateFact,
    ExemptionFact,
    Facts,
    LevelFact,
    OutcomeRevision,
    Reason,
    SittingFact,
    Withdrawal,
    decide,
)
from exam.policies.rules import Outcome, Policy
from tests.examples import examples

FIRST = date(2019, 12, 25)
SPAN = 75  # days: past a month's end, a year's end and a leap day
LEVELS = list(PostLevel)

day_numbers = st.integers(0, SPAN)
days = day_numbers.map(lambda number: FIRST + timedelta(days=number))
moments = day_numbers.map(lambda number: datetime(2019, 12, 25, tzinfo=UTC) + timedelta(days=number))
# Most facts of a life are recorded, and asked about afterwards: else nearly everybody never sat.
recordings = st.just(datetime(2019, 12, 25, tzinfo=UTC)) | moments
asked_days = st.integers(SPAN // 3, SPAN).map(lambda number: FIRST + timedelta(days=number)) | days
asked_moments = st.just(datetime(2020, 3, 9, tzinfo=UTC)) | moments
switches = st.builds(
    Policy,
    code=st.just("p"),
    effective_from=st.just(date(2018, 1, 1)),
    pass_mark=st.just(Decimal(60)),
    level_change_ends_pass=st.booleans(),
    later_fail_ends_pass=st.booleans(),
)


@st.composite
def all_facts(draw):
    """A person's facts, dense in time: precedence is about events that lie on one day."""
    outcomes = st.sampled_from([Outcome.PASSED] * 4 + list(Outcome))
    sittings, certificates = [], []
    for index in range(draw(st.sampled_from([3, 2, 1, 4, 0]))):
        day = draw(days)
        revisions = tuple(
            OutcomeRevision(number, draw(outcomes), recorded)
            for number, recorded in enumerate(sorted(draw(st.lists(recordings, min_size=1, max_size=3))), 1)
        )
        sittings.append(SittingFact(f"s{index}", day, revisions))
        if draw(st.sampled_from([True, True, False])):
            acts = draw(st.just([]) | st.lists(st.tuples(st.sampled_from(CertificateAct), days), max_size=3))
            events = tuple(
                CertificateEvent(act, on, "", draw(recordings) + timedelta(seconds=place))
                for place, (act, on) in enumerate(acts)
            )
            until = day + timedelta(days=draw(st.sampled_from([20, 60]) | st.integers(1, 40)))
            level = draw(st.sampled_from(LEVELS[:2]) | st.sampled_from(LEVELS))
            certificates.append(
                CertificateFact(f"c{index}", f"s{index}", level, day, until, draw(recordings), events)
            )
    exemptions = draw(
        st.lists(
            st.builds(
                ExemptionFact,
                st.sampled_from(["a", "b"]),
                days,
                st.none() | days,
                recordings,
                st.none() | st.builds(Withdrawal, days, recordings),
            ),
            max_size=1,
        )
        | st.just([])
    )
    level_days = draw(st.lists(days, min_size=1, max_size=3, unique=True) | st.just([]))
    levels = [LevelFact(draw(st.sampled_from(LEVELS[::-1])), day, draw(recordings)) for day in level_days]
    return Facts(tuple(sittings), tuple(certificates), tuple(exemptions), tuple(levels))


def known_outcome(sitting, known_at):
    found = None
    for revision in sitting.outcomes:
        if revision.recorded_at <= known_at and (found is None or revision.number > found.number):
            found = revision
    return found and found.outcome


def revoked_since(certificate, on, known_at):
    """The day since which it is revoked without a break, or None: walks through the days one by one."""
    since = None
    day = min([event.on for event in certificate.events] + [on])
    while day <= on:
        today = [e for e in certificate.events if e.on == day and e.recorded_at <= known_at]
        if today:
            last = max(today, key=lambda e: e.recorded_at)
            if last.act is CertificateAct.REINSTATED:
                since = None
            elif since is None or any(e.act is CertificateAct.REINSTATED for e in today):
                since = day
        day += timedelta(days=1)
    return since


ENDED_BY_FAIL = "ended by a fail"


def what_stops(c, on, known_at, ending_fails):
    since = revoked_since(c, on, known_at)
    if since is not None:
        return since, 3, "revoked"
    if any(c.valid_from < day < c.valid_until for day in ending_fails):
        return ENDED_BY_FAIL
    return (c.valid_until, 1, "lapsed") if c.valid_until <= on else None


def is_exempt(facts, on, known_at):
    for e in facts.exemptions:
        ended = e.ends_on is not None and e.ends_on <= on
        gone = e.withdrawn is not None and e.withdrawn.recorded_at <= known_at and e.withdrawn.on <= on
        if e.recorded_at <= known_at and e.starts_on <= on and not ended and not gone:
            return True
    return False


def oracle(facts, on, known_at, policy):
    outcomes = {s.sitting_ref: known_outcome(s, known_at) for s in facts.sittings}
    fails = [s.day for s in facts.sittings if outcomes[s.sitting_ref] is Outcome.FAILED and s.day <= on]
    events = [(day, 2, "failed") for day in fails]
    events += [
        (s.day, 4, "void") for s in facts.sittings if outcomes[s.sitting_ref] is Outcome.VOID and s.day <= on
    ]
    held = [x for x in facts.levels if x.recorded_at <= known_at and x.starts_on <= on]
    level = max(held, key=lambda x: x.starts_on) if held else None
    for c in facts.certificates:
        if c.recorded_at > known_at or outcomes.get(c.sitting_ref) is not Outcome.PASSED or c.valid_from > on:
            continue
        event = what_stops(c, on, known_at, fails if policy.later_fail_ends_pass else [])
        too_high = level is not None and LEVELS.index(level.level) > LEVELS.index(c.level)
        if event is None and policy.level_change_ends_pass and too_high:
            event = (max(level.starts_on, c.valid_from), 0, "level_mismatch")
        if event is None:
            return "valid_pass"
        events += [event] if event != ENDED_BY_FAIL else []
    if is_exempt(facts, on, known_at):
        return "exempt"
    if events:
        return max(events)[2]
    if any(outcomes[s.sitting_ref] is Outcome.ABSENT and s.day <= on for s in facts.sittings):
        return "absent"
    return "never_sat"


@settings(max_examples=examples(600))
@given(all_facts(), asked_days, asked_moments, switches)
def test_the_reason_is_the_oracles(facts, on, known_at, policy):
    decision = decide(facts, on, known_at, policy)
    assert decision.reason.value == oracle(facts, on, known_at, policy)
    assert decision.eligible == (decision.reason in {Reason.VALID_PASS, Reason.EXEMPT})


@settings(max_examples=examples(200))
@given(all_facts(), asked_days, asked_moments, switches)
def test_changes_on_is_the_first_day_with_another_reason(facts, on, known_at, policy):
    decision = decide(facts, on, known_at, policy)
    end = FIRST + timedelta(days=SPAN + 62)
    day = on + timedelta(days=1)
    while day <= end and oracle(facts, day, known_at, policy) == decision.reason.value:
        day += timedelta(days=1)
    assert decision.changes_on == (day if day <= end else None)


@given(all_facts(), asked_days, asked_moments, switches)
def test_evidence_is_in_order_and_exactly_one_decides(facts, on, known_at, policy):
    decision = decide(facts, on, known_at, policy)
    decisive = [e for e in decision.evidence if e.decided]
    assert len(decisive) == (decision.reason is not Reason.NEVER_SAT)
    assert [e.day for e in decision.evidence] == sorted(e.day for e in decision.evidence)
    assert all(e.day <= on for e in decision.evidence)
    assert all(e.recorded_at is None or e.recorded_at <= known_at for e in decision.evidence)


@given(all_facts(), asked_days, asked_moments, switches)
def test_valid_until_lies_ahead_of_who_may_and_behind_who_lapsed(facts, on, known_at, policy):
    decision = decide(facts, on, known_at, policy)
    if decision.eligible:
        assert decision.valid_until is None or decision.valid_until > on
        assert decision.valid_until is not None or decision.reason is Reason.EXEMPT
    elif decision.reason is Reason.LAPSED:
        assert decision.valid_until is not None
        assert decision.valid_until <= on
    else:
        assert decision.valid_until is None


def only_known(facts, known_at):
    def was(recorded):
        return recorded.recorded_at <= known_at

    return Facts(
        sittings=tuple(replace(s, outcomes=tuple(filter(was, s.outcomes))) for s in facts.sittings),
        certificates=tuple(
            replace(c, events=tuple(filter(was, c.events))) for c in facts.certificates if was(c)
        ),
        exemptions=tuple(
            replace(e, withdrawn=e.withdrawn if e.withdrawn and was(e.withdrawn) else None)
            for e in facts.exemptions
            if was(e)
        ),
        levels=tuple(filter(was, facts.levels)),
    )


@given(all_facts(), asked_days, moments, moments, switches)
def test_what_was_not_known_never_matters(facts, on, one, other, policy):
    """The answer as known at a moment stays the same for ever, whatever is recorded after it."""
    earlier, later = sorted((one, other))
    then = only_known(facts, earlier)
    assert decide(facts, on, earlier, policy) == decide(then, on, earlier, policy)
    assert replace(decide(then, on, later, policy), known_at=earlier) == decide(then, on, earlier, policy)


@given(all_facts(), asked_days, asked_moments, switches)
def test_facts_of_later_days_never_matter_but_for_the_next_change(facts, on, known_at, policy):
    past = Facts(
        sittings=tuple(s for s in facts.sittings if s.day <= on),
        certificates=tuple(
            replace(c, events=tuple(e for e in c.events if e.on <= on))
            for c in facts.certificates
            if c.valid_from <= on
        ),
        exemptions=tuple(e for e in facts.exemptions if e.starts_on <= on),
        levels=tuple(x for x in facts.levels if x.starts_on <= on),
    )
    whole, part = (decide(some, on, known_at, policy) for some in (facts, past))
    assert replace(whole, changes_on=None) == replace(part, changes_on=None)


@given(all_facts(), asked_days, asked_moments, switches, st.randoms())
def test_the_order_of_the_facts_does_not_matter(facts, on, known_at, policy, random):
    shuffled = Facts(
        *(
            tuple(random.sample(group, len(group)))
            for group in (facts.sittings, facts.certificates, facts.exemptions, facts.levels)
        )
    )
    assert decide(shuffled, on, known_at, policy) == decide(facts, on, known_at, policy)
