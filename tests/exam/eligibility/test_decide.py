"""`decide` case by case: what an officer would ask, and what the answer must be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from core.people.rules import PostLevel
from exam.certificates.rules import CertificateAct, CertificateEvent, validity
from exam.eligibility.rules import (
    CertificateFact,
    EvidenceKind,
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

POLICY = Policy("2018-1", date(2018, 1, 1), Decimal(60))
STRICT = replace(POLICY, code="strict", later_fail_ends_pass=True)
BY_LEVEL = replace(POLICY, code="by-level", level_change_ends_pass=True)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SAT = date(2018, 5, 10)
LAPSE = date(2020, 5, 11)


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)


def sitting(ref: str, day: date, *outcomes: Outcome, corrected: date | None = None) -> SittingFact:
    """Recorded on its day; every correction on `corrected`."""
    return SittingFact(
        ref,
        day,
        tuple(
            OutcomeRevision(number, outcome, at(corrected if number > 1 and corrected else day))
            for number, outcome in enumerate(outcomes, 1)
        ),
    )


def certificate(ref: str, day: date, *events, level: PostLevel = PostLevel.DEPUTY_SECTION) -> CertificateFact:
    period = validity(day, 24)
    return CertificateFact(
        f"C-{ref}", ref, level, period.valid_from, period.valid_until, at(day, 13), tuple(events)
    )


def revoked(on: date, recorded: date | None = None) -> CertificateEvent:
    return CertificateEvent(CertificateAct.REVOKED, on, "材料不实", at(recorded or on))


def reinstated(on: date, recorded: date | None = None) -> CertificateEvent:
    return CertificateEvent(CertificateAct.REINSTATED, on, "复核", at(recorded or on, 14))


def passed(*events, ref: str = "s1", day: date = SAT) -> Facts:
    return Facts((sitting(ref, day, Outcome.PASSED),), (certificate(ref, day, *events),))


def both(*parts: Facts) -> Facts:
    return Facts(
        sittings=tuple(s for part in parts for s in part.sittings),
        certificates=tuple(c for part in parts for c in part.certificates),
        exemptions=tuple(e for part in parts for e in part.exemptions),
        levels=tuple(x for part in parts for x in part.levels),
    )


def sat(day: date, *outcomes: Outcome, ref: str = "s2", corrected: date | None = None) -> Facts:
    return Facts(sittings=(sitting(ref, day, *outcomes, corrected=corrected),))


def exempt(starts: date, ends: date | None = None, withdrawn: Withdrawal | None = None) -> Facts:
    return Facts(exemptions=(ExemptionFact("法律职业资格", starts, ends, at(starts), withdrawn),))


def answer(facts: Facts, on: date, policy: Policy = POLICY, known_at: datetime = NOW):
    decision = decide(facts, on, known_at, policy)
    return decision.reason, decision.valid_until, decision.changes_on


def reasons(facts: Facts, days, policy: Policy = POLICY, known_at: datetime = NOW) -> list[str]:
    return [decide(facts, day, known_at, policy).reason.value for day in days]


def test_without_a_fact():
    decision = decide(Facts(), SAT, NOW, POLICY)
    assert not decision.eligible
    assert (decision.reason, decision.valid_until, decision.changes_on) == (Reason.NEVER_SAT, None, None)
    assert (decision.evidence, decision.policy_code) == ((), "2018-1")
    assert (decision.on, decision.known_at) == (SAT, NOW)


def test_a_pass_from_its_day_to_its_lapse():
    eve = SAT - timedelta(days=1)
    assert answer(passed(), eve) == (Reason.NEVER_SAT, None, SAT)
    assert answer(passed(), SAT) == (Reason.VALID_PASS, LAPSE, LAPSE)
    assert answer(passed(), LAPSE - timedelta(days=1)) == (Reason.VALID_PASS, LAPSE, LAPSE)
    assert answer(passed(), LAPSE) == (Reason.LAPSED, LAPSE, None)


def test_only_valid_pass_and_exempt_may_be_proposed():
    assert {reason for reason in Reason if reason.eligible} == {Reason.VALID_PASS, Reason.EXEMPT}


def test_lapse_on_a_leap_day():
    facts = passed(day=date(2018, 2, 28))
    assert reasons(facts, [date(2020, 2, 28), date(2020, 2, 29), date(2020, 3, 1)]) == [
        "valid_pass", "lapsed", "lapsed",
    ]  # fmt: skip
    facts = passed(day=date(2020, 2, 29))
    assert reasons(facts, [date(2022, 2, 28), date(2022, 3, 1)]) == ["valid_pass", "lapsed"]


def test_a_pass_needs_its_certificate():
    assert answer(sat(SAT, Outcome.PASSED), SAT) == (Reason.NEVER_SAT, None, None)


def test_a_certificate_needs_its_sitting():
    assert answer(Facts(certificates=(certificate("s1", SAT),)), SAT)[0] is Reason.NEVER_SAT


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.VOID, Outcome.ABSENT])
def test_a_sitting_that_was_no_pass_names_the_reason(outcome):
    day = date(2019, 1, 5)
    eve = day - timedelta(days=1)
    assert answer(sat(day, outcome), eve) == (Reason.NEVER_SAT, None, day)
    assert answer(sat(day, outcome), day) == (Reason(outcome.value), None, None)


def test_leave_is_no_absence():
    assert answer(sat(SAT, Outcome.EXCUSED), SAT)[0] is Reason.NEVER_SAT


def test_absence_gives_way_to_any_event():
    facts = both(sat(date(2018, 1, 5), Outcome.FAILED), sat(date(2019, 1, 5), Outcome.ABSENT, ref="s3"))
    assert answer(facts, date(2019, 2, 1))[0] is Reason.FAILED


def test_a_later_fail_leaves_a_pass_that_still_holds():
    facts = both(passed(), sat(date(2020, 1, 10), Outcome.FAILED))
    assert reasons(facts, [date(2020, 1, 10), LAPSE]) == ["valid_pass", "lapsed"]


def test_a_later_fail_ends_the_pass_where_the_policy_says_so():
    day = date(2020, 1, 10)
    facts = both(passed(), sat(day, Outcome.FAILED))
    assert answer(facts, date(2020, 1, 9), STRICT) == (Reason.VALID_PASS, LAPSE, day)
    assert answer(facts, day, STRICT) == (Reason.FAILED, None, None)
    assert answer(facts, date(2021, 1, 1), STRICT)[0] is Reason.FAILED  # what had ended cannot lapse


def test_a_fail_before_the_pass_or_after_its_lapse_ends_nothing():
    before = both(sat(date(2018, 1, 1), Outcome.FAILED), passed())
    assert reasons(before, [SAT, LAPSE], STRICT) == ["valid_pass", "lapsed"]
    after = both(passed(), sat(date(2021, 1, 1), Outcome.FAILED))
    assert reasons(after, [SAT, LAPSE, date(2021, 1, 1)], STRICT) == ["valid_pass", "lapsed", "failed"]
    story = [e.kind.value for e in decide(after, date(2021, 1, 1), NOW, STRICT).evidence]
    assert story == ["sitting", "certificate", "lapse", "sitting"]


def test_a_fail_of_the_same_day_ends_nothing():
    assert reasons(both(passed(), sat(SAT, Outcome.FAILED)), [SAT], STRICT) == ["valid_pass"]


def test_renewal_overlaps():
    second = date(2020, 1, 10)
    facts = both(passed(), passed(ref="s2", day=second))
    end = validity(second, 24).valid_until
    assert answer(facts, date(2020, 1, 9)) == (
        Reason.VALID_PASS,
        LAPSE,
        end,
    )  # no gap: the next change is the last
    assert answer(facts, second) == (Reason.VALID_PASS, end, end)
    assert answer(facts, LAPSE) == (Reason.VALID_PASS, end, end)
    assert answer(facts, end) == (Reason.LAPSED, end, None)
    assert [e.ref for e in decide(facts, LAPSE, NOW, POLICY).evidence if e.decided] == ["C-s2"]


def test_the_renewal_revoked_leaves_the_first_certificate():
    facts = both(passed(), passed(revoked(date(2020, 2, 1)), ref="s2", day=date(2020, 1, 10)))
    assert reasons(facts, [date(2020, 2, 1), date(2020, 5, 10), LAPSE]) == [
        "valid_pass",
        "valid_pass",
        "lapsed",
    ]


def test_a_gap_between_two_certificates():
    facts = both(passed(), passed(ref="s2", day=date(2020, 9, 1)))
    assert answer(facts, LAPSE) == (Reason.LAPSED, LAPSE, date(2020, 9, 1))


def test_revocation_from_its_day_on_and_after_the_last_day():
    day = date(2019, 3, 1)
    facts = passed(revoked(day, recorded=date(2019, 2, 1)))
    assert answer(facts, date(2019, 2, 28)) == (Reason.VALID_PASS, LAPSE, day)
    assert answer(facts, day) == (Reason.REVOKED, None, None)
    assert answer(facts, LAPSE)[0] is Reason.REVOKED  # what was taken away cannot lapse


def test_revoked_then_reinstated():
    facts = passed(revoked(date(2019, 3, 1)), reinstated(date(2019, 6, 1)))
    assert answer(facts, date(2019, 3, 1)) == (Reason.REVOKED, None, date(2019, 6, 1))
    assert answer(facts, date(2019, 6, 1)) == (Reason.VALID_PASS, LAPSE, LAPSE)
    assert answer(facts, LAPSE)[0] is Reason.LAPSED


def test_reinstated_after_its_last_day():
    facts = passed(revoked(date(2020, 5, 1)), reinstated(date(2020, 8, 1)))
    assert reasons(facts, [LAPSE, date(2020, 7, 31), date(2020, 8, 1)]) == ["revoked", "revoked", "lapsed"]


def test_a_revocation_counts_once_it_is_recorded():
    day, recorded = date(2019, 3, 1), date(2019, 5, 1)
    facts = passed(revoked(day, recorded))
    assert answer(facts, day, known_at=at(date(2019, 4, 1))) == (Reason.VALID_PASS, LAPSE, LAPSE)
    assert answer(facts, day, known_at=at(recorded))[0] is Reason.REVOKED
    assert answer(facts, day, known_at=at(recorded) - timedelta(microseconds=1))[0] is Reason.VALID_PASS


def test_a_voided_sitting_takes_its_certificate():
    facts = Facts(
        (sitting("s1", SAT, Outcome.PASSED, Outcome.VOID, corrected=date(2019, 1, 1)),),
        (certificate("s1", SAT),),
    )
    assert answer(facts, SAT, known_at=at(date(2018, 6, 1))) == (Reason.VALID_PASS, LAPSE, LAPSE)
    for day in (SAT, date(2019, 6, 1), LAPSE, date(2025, 1, 1)):
        assert answer(facts, day) == (Reason.VOID, None, None)
    (decisive,) = [e for e in decide(facts, LAPSE, NOW, POLICY).evidence if e.decided]
    assert (decisive.kind, decisive.day, decisive.ref) == (EvidenceKind.SITTING, SAT, "s1")


def test_a_pass_regraded_to_a_fail_and_back():
    outcomes = (Outcome.PASSED, Outcome.FAILED, Outcome.PASSED)
    first, second = date(2018, 7, 1), date(2018, 9, 1)
    revisions = tuple(
        OutcomeRevision(number, outcome, at(day))
        for number, (outcome, day) in enumerate(zip(outcomes, (SAT, first, second), strict=True), 1)
    )
    facts = Facts((SittingFact("s1", SAT, revisions[::-1]),), (certificate("s1", SAT),))
    on = date(2018, 12, 1)
    assert [decide(facts, on, at(day), POLICY).reason.value for day in (SAT, first, second)] == [
        "never_sat",
        "failed",
        "valid_pass",
    ]  # fmt: skip  on the sitting day at noon its certificate is not recorded yet


def test_the_highest_number_is_the_latest_revision():
    facts = Facts((
        SittingFact(
            "s1",
            SAT,
            (OutcomeRevision(2, Outcome.VOID, at(SAT)), OutcomeRevision(1, Outcome.FAILED, at(SAT))),
        ),
    ))  # fmt: skip
    assert answer(facts, SAT)[0] is Reason.VOID


def test_a_fail_recorded_later_is_not_known_before():
    facts = Facts((SittingFact("s1", SAT, (OutcomeRevision(1, Outcome.FAILED, at(date(2018, 5, 20))),)),))
    assert answer(facts, date(2018, 6, 1), known_at=at(date(2018, 5, 19)))[0] is Reason.NEVER_SAT
    assert answer(facts, date(2018, 6, 1), known_at=at(date(2018, 5, 20)))[0] is Reason.FAILED


@pytest.mark.parametrize("first", [Reason.VOID, Reason.REVOKED, Reason.FAILED])
def test_ties_of_one_day(first):
    """All four on one day; taking away the first leaves the next."""
    order = [Reason.VOID, Reason.REVOKED, Reason.FAILED, Reason.LAPSED]
    parts = {
        Reason.VOID: sat(LAPSE, Outcome.VOID, ref="v"),
        Reason.REVOKED: passed(revoked(LAPSE), ref="r", day=date(2019, 1, 1)),
        Reason.FAILED: sat(LAPSE, Outcome.FAILED, ref="f"),
        Reason.LAPSED: passed(),
    }
    kept = order[order.index(first) :]
    assert answer(both(*(parts[reason] for reason in reversed(kept))), LAPSE)[0] is first


def test_exemption_between_its_days():
    starts, ends = date(2019, 1, 1), date(2020, 1, 1)
    facts = exempt(starts, ends)
    assert answer(facts, date(2018, 12, 31)) == (Reason.NEVER_SAT, None, starts)
    assert answer(facts, starts) == (Reason.EXEMPT, ends, ends)
    assert answer(facts, ends) == (Reason.NEVER_SAT, None, None)


def test_exemption_without_end_and_its_withdrawal():
    starts, withdrawn = date(2019, 1, 1), Withdrawal(date(2019, 6, 1), at(date(2019, 7, 1)))
    facts = exempt(starts, withdrawn=withdrawn)
    assert answer(facts, date(2019, 6, 1), known_at=at(date(2019, 6, 30))) == (Reason.EXEMPT, None, None)
    assert answer(facts, date(2019, 5, 31)) == (Reason.EXEMPT, withdrawn.on, withdrawn.on)
    assert answer(facts, date(2019, 6, 1))[0] is Reason.NEVER_SAT


def test_exemption_wins_over_a_fail_and_a_pass_over_an_exemption():
    facts = both(exempt(date(2018, 1, 1)), sat(date(2019, 1, 1), Outcome.FAILED))
    assert answer(facts, date(2019, 1, 1)) == (Reason.EXEMPT, None, None)
    facts = both(exempt(date(2018, 1, 1)), passed())
    assert answer(facts, SAT) == (Reason.VALID_PASS, LAPSE, LAPSE)
    assert answer(facts, LAPSE) == (Reason.EXEMPT, None, None)


def risen(on: date, level: PostLevel = PostLevel.SECTION) -> Facts:
    return Facts(
        levels=(
            LevelFact(PostLevel.DEPUTY_SECTION, date(2015, 1, 1), at(date(2015, 1, 1))),
            LevelFact(level, on, at(on)),
        )
    )


def test_a_rise_of_level_ends_a_pass_only_where_the_policy_says_so():
    day = date(2019, 6, 1)
    facts = both(passed(), risen(day))
    assert answer(facts, day) == (Reason.VALID_PASS, LAPSE, LAPSE)
    assert answer(facts, date(2019, 5, 31), BY_LEVEL) == (Reason.VALID_PASS, LAPSE, day)
    assert answer(facts, day, BY_LEVEL) == (Reason.LEVEL_MISMATCH, None, LAPSE)
    assert answer(facts, LAPSE, BY_LEVEL) == (Reason.LAPSED, LAPSE, None)
    (decisive,) = [e for e in decide(facts, day, NOW, BY_LEVEL).evidence if e.decided]
    assert (decisive.kind, decisive.day, decisive.ref) == (EvidenceKind.LEVEL, day, "section")


def test_the_same_or_a_lower_level_ends_nothing():
    day = date(2019, 6, 1)
    for level in (PostLevel.DEPUTY_SECTION, PostLevel.BELOW_SECTION):
        assert answer(both(passed(), risen(day, level)), day, BY_LEVEL)[0] is Reason.VALID_PASS


def test_a_fail_after_the_rise_is_the_more_recent_event():
    rise, fail = date(2019, 6, 1), date(2019, 9, 1)
    facts = both(passed(), risen(rise), sat(fail, Outcome.FAILED))
    assert reasons(facts, [rise, fail, LAPSE], BY_LEVEL) == ["level_mismatch", "failed", "lapsed"]
    earlier = both(passed(), sat(date(2019, 3, 1), Outcome.FAILED), risen(rise))
    assert reasons(earlier, [date(2019, 3, 1), rise], BY_LEVEL) == ["valid_pass", "level_mismatch"]


def test_a_level_that_falls_again_gives_the_pass_back():
    facts = both(
        passed(),
        risen(date(2019, 6, 1)),
        Facts(levels=(LevelFact(PostLevel.DEPUTY_SECTION, date(2019, 9, 1), NOW),)),
    )
    assert reasons(facts, [date(2019, 8, 31), date(2019, 9, 1)], BY_LEVEL) == ["level_mismatch", "valid_pass"]


def test_evidence_tells_the_story_in_order():
    facts = both(
        passed(revoked(date(2019, 3, 1)), reinstated(date(2019, 6, 1))),
        sat(date(2018, 2, 1), Outcome.ABSENT),
        exempt(date(2015, 1, 1), date(2016, 1, 1)),
        sat(date(2022, 1, 1), Outcome.FAILED, ref="later"),
    )
    evidence = decide(facts, LAPSE, NOW, POLICY).evidence
    assert [(e.kind.value, e.day, e.decided) for e in evidence] == [
        ("exemption", date(2015, 1, 1), False),
        ("exemption_end", date(2016, 1, 1), False),
        ("sitting", date(2018, 2, 1), False),
        ("sitting", SAT, False),
        ("certificate", SAT, False),
        ("revocation", date(2019, 3, 1), False),
        ("reinstatement", date(2019, 6, 1), False),
        ("lapse", LAPSE, True),
    ]
    held = evidence[4]
    assert held.details["valid_until"] == "2020-05-11"
    assert held.details["standing"] == "lapsed"
    assert evidence[5].details == {"reason": "材料不实"}


def test_evidence_of_a_future_revocation_is_not_shown_but_changes_the_answer():
    facts = passed(revoked(date(2020, 1, 1), recorded=date(2019, 1, 1)))
    decision = decide(facts, date(2019, 6, 1), NOW, POLICY)
    assert [e.kind.value for e in decision.evidence] == ["sitting", "certificate"]
    assert decision.changes_on == date(2020, 1, 1)
