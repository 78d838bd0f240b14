"""Facts of the database through `decide`, as of any day and as known on any day; every lookup logged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select

from core.actor import Actor, Grant, Role
from core.audit.models import AuditEntry
from core.clock import at
from core.db import db, transaction
from core.errors import Invalid, NotAllowed
from core.people.models import Posting
from core.people.queries import id_number_index
from core.people.rules import PostLevel
from exam.certificates.rules import CertificateAct, CertificateEvent
from exam.certificates.services import revoke
from exam.eligibility import queries
from exam.eligibility.facts import (
    CertificateFact,
    ExemptionFact,
    Facts,
    OutcomeRevision,
    SittingFact,
    Withdrawal,
)
from exam.eligibility.models import EligibilityLookup
from exam.eligibility.pages import as_json
from exam.eligibility.rules import decide
from exam.eligibility.services import ask
from exam.policies.rules import NoPolicyInForce, Outcome
from exam.policies.services import DEFAULT_POLICY, add_policy, grant_exemption, withdraw_exemption
from exam.results.services import record_revision
from exam.sittings.models import ExamSession, ResultRelease, Sitting
from exam.sittings.services import record_leave
from tests.factories.results import OFFICER, certificate_of, miss, number_of, sat_on, void
from tests.factories.sittings import id_number, make_candidate, make_unit

SAT = date(2026, 3, 2)
ASKED = date(2026, 11, 23)
NOW = at(ASKED, 10)
PERSONNEL = Actor(
    label="personnel-test", account_id=None, grants=(Grant(Role.PERSONNEL),), address="192.0.2.5"
)


def question(candidate, **changes):
    values = {"on": ASKED, "purpose": "干部调整动议", "actor": PERSONNEL, "now": NOW}
    return ask(id_number=number_of(candidate), **(values | changes))


def verdict(candidate, **changes):
    answer = question(candidate, **changes)
    return answer.verdict, answer.reason


def lookups():
    return db.session.scalars(select(EligibilityLookup).order_by(EligibilityLookup.id)).all()


def test_a_pass_holds_from_its_day_to_its_last(either_app):
    _, candidate = sat_on(SAT)
    answer = question(candidate)
    assert (answer.verdict, answer.reason) == ("eligible", "valid_pass")
    assert answer.decision.valid_until == answer.decision.changes_on == date(2028, 3, 3)
    days = [SAT - timedelta(days=1), SAT, date(2028, 3, 2), date(2028, 3, 3)]
    assert [verdict(candidate, on=day)[1] for day in days] == [
        "never_sat",
        "valid_pass",
        "valid_pass",
        "lapsed",
    ]


def test_every_reason_that_the_records_give(either_app):
    never = make_candidate()
    _, failed = sat_on(SAT, passed=False)
    _, absent = miss(SAT)
    leave_id, excused = miss(SAT)
    record_leave(sitting_id=leave_id, reason="住院", actor=OFFICER, now=at(SAT, 12))
    void_id, voided = sat_on(SAT)
    void(void_id, now=at(SAT, 15))
    revoked_id, revoked = sat_on(SAT)
    number = certificate_of(revoked_id).number
    revoke(number=number, on_day=date(2026, 5, 1), reason="替考", actor=OFFICER, now=at(date(2026, 5, 1), 9))
    exempt = make_candidate()
    exempt_from(exempt, date(2026, 1, 1))
    _, lapsed = sat_on(date(2020, 2, 29))
    found = {
        name: verdict(candidate)
        for name, candidate in {
            "never": never,
            "failed": failed,
            "absent": absent,
            "excused": excused,
            "void": voided,
            "revoked": revoked,
            "exempt": exempt,
            "lapsed": lapsed,
        }.items()
    }
    assert found == {
        "never": ("not_eligible", "never_sat"),
        "failed": ("not_eligible", "failed"),
        "absent": ("not_eligible", "absent"),
        "excused": ("not_eligible", "never_sat"),
        "void": ("not_eligible", "void"),
        "revoked": ("not_eligible", "revoked"),
        "exempt": ("eligible", "exempt"),
        "lapsed": ("not_eligible", "lapsed"),
    }


def exempt_from(candidate, day, *, until=None):
    return grant_exemption(
        person_id=candidate.person_id,
        from_day=day,
        until=until,
        basis="法律职业资格证书 A20185105020001",
        approved_by="处长",
        actor=OFFICER,
        now=at(day, 9),
    )


def test_the_loaded_facts_are_those_that_were_recorded(either_app):
    """A life with everything in it: the loader gives the facts that a person would write down."""
    first, candidate = sat_on(date(2020, 2, 29))
    second, _ = miss(date(2022, 3, 1), candidate=candidate)
    third, _ = sat_on(date(2022, 5, 5), passed=False, candidate=candidate)
    revision = {"reason": "更正", "actor": OFFICER, "sitting_id": third}
    record_revision(score_hundredths=900, now=at(date(2022, 6, 1), 9), **revision)
    # Started while the third counted as passed: a fail would bar the start.
    fourth, _ = sat_on(date(2022, 7, 5), candidate=candidate)
    record_revision(score_hundredths=100, now=at(date(2022, 6, 9), 9), **revision)
    void(fourth, now=at(date(2022, 8, 1), 9))
    number = certificate_of(first).number
    revoke(number=number, on_day=date(2021, 1, 1), reason="查实", actor=OFFICER, now=at(date(2021, 1, 2), 9))
    grant = exempt_from(candidate, date(2023, 1, 1), until=date(2025, 1, 1))
    withdraw_exemption(
        grant_id=grant,
        on_day=date(2024, 1, 1),
        basis="资格被撤销",
        approved_by="处长",
        actor=OFFICER,
        now=at(date(2024, 1, 5), 9),
    )

    def marked(day):
        return at(day, 9) + timedelta(minutes=20)

    expected = Facts(
        sittings=(
            SittingFact(
                str(first),
                date(2020, 2, 29),
                (OutcomeRevision(1, Outcome.PASSED, marked(date(2020, 2, 29))),),
            ),
            SittingFact(
                str(second),
                date(2022, 3, 1),
                (OutcomeRevision(1, Outcome.ABSENT, at(date(2022, 3, 1), 11)),),
            ),
            SittingFact(
                str(third),
                date(2022, 5, 5),
                (
                    OutcomeRevision(1, Outcome.FAILED, marked(date(2022, 5, 5))),
                    OutcomeRevision(2, Outcome.PASSED, at(date(2022, 6, 1), 9)),
                    OutcomeRevision(3, Outcome.FAILED, at(date(2022, 6, 9), 9)),
                ),
            ),
            SittingFact(
                str(fourth),
                date(2022, 7, 5),
                (
                    OutcomeRevision(1, Outcome.PASSED, marked(date(2022, 7, 5))),
                    OutcomeRevision(2, Outcome.VOID, at(date(2022, 8, 1), 9)),
                ),
            ),
        ),
        certificates=(
            CertificateFact(
                number,
                str(first),
                PostLevel.SECTION,
                date(2020, 2, 29),
                date(2022, 3, 1),
                marked(date(2020, 2, 29)),
                (
                    CertificateEvent(
                        CertificateAct.REVOKED, date(2021, 1, 1), "查实", at(date(2021, 1, 2), 9)
                    ),
                ),
            ),
            CertificateFact(
                certificate_of(fourth).number,
                str(fourth),
                PostLevel.SECTION,
                date(2022, 7, 5),
                date(2024, 7, 6),
                marked(date(2022, 7, 5)),
            ),
        ),
        exemptions=(
            ExemptionFact(
                "法律职业资格证书 A20185105020001",
                date(2023, 1, 1),
                date(2025, 1, 1),
                at(date(2023, 1, 1), 9),
                Withdrawal(date(2024, 1, 1), at(date(2024, 1, 5), 9)),
            ),
        ),
    )
    loaded = queries.facts_of([candidate.person_id])[candidate.person_id]
    assert loaded == expected
    day = date(2020, 1, 1)
    while day < date(2026, 1, 1):
        for known_at in (NOW, at(date(2022, 6, 5)), at(date(2024, 1, 3))):
            answer = question(candidate, on=day, known_at=known_at)
            wanted = decide(expected, day, known_at, DEFAULT_POLICY)
            assert (answer.reason, answer.decision.changes_on) == (wanted.reason.value, wanted.changes_on)
        day += timedelta(days=97)


def test_a_correction_counts_from_its_recording_on(either_app):
    sitting_id, candidate = sat_on(SAT)
    corrected = at(date(2026, 6, 1), 9)
    record_revision(sitting_id=sitting_id, score_hundredths=0, reason="更正", actor=OFFICER, now=corrected)
    assert verdict(candidate) == ("not_eligible", "failed")
    before = corrected - timedelta(seconds=1)
    assert verdict(candidate, known_at=before) == ("eligible", "valid_pass")
    assert verdict(candidate, known_at=corrected) == ("not_eligible", "failed")
    assert verdict(candidate, known_at=at(SAT, 8)) == ("not_eligible", "never_sat")


def test_a_rehearsal_never_counts(either_app):
    _, candidate = sat_on(SAT, is_rehearsal=True, is_demo=True)
    assert verdict(candidate) == ("not_eligible", "never_sat")


def test_a_held_back_result_counts_from_its_release(either_app):
    sitting_id, candidate = sat_on(SAT, result_release=ResultRelease.BY_OFFICE)
    assert verdict(candidate) == ("not_eligible", "never_sat")
    released_at = at(date(2026, 3, 9), 9)
    with transaction() as session:
        row = session.get_one(ExamSession, session.get_one(Sitting, sitting_id).session_id)
        row.released_at = released_at
    assert verdict(candidate) == ("eligible", "valid_pass")
    assert verdict(candidate, known_at=released_at - timedelta(seconds=1))[1] == "never_sat"


def test_a_level_above_that_of_the_pass_counts_where_the_policy_says_so(either_app):
    _, candidate = sat_on(SAT)
    by_level = replace(
        DEFAULT_POLICY, code="by-level", effective_from=date(2026, 6, 1), level_change_ends_pass=True
    )
    for policy in (DEFAULT_POLICY, by_level):
        if policy is by_level:
            add_policy(policy=policy, reason="按层次", actor=OFFICER, now=at(SAT, 12))
    with transaction() as session:
        session.add(
            Posting(
                person_id=candidate.person_id,
                unit_id=candidate.unit_id,
                level=PostLevel.ABOVE,
                starts_on=date(2026, 7, 1),
                recorded_at=at(date(2026, 7, 1), 9),
            )
        )
    reasons = [
        verdict(candidate, on=day)[1] for day in (date(2026, 5, 1), date(2026, 6, 30), date(2026, 7, 1))
    ]
    assert reasons == ["valid_pass", "valid_pass", "level_mismatch"]
    assert question(candidate).policy.code == "by-level"


def test_every_lookup_is_logged_with_who_whom_when_and_why(either_app):
    _, candidate = sat_on(SAT)
    known_at = at(date(2026, 5, 1), 9)
    answer = question(candidate, known_at=known_at, purpose="  干部调整动议 ")
    [row] = lookups()
    assert row.id == answer.lookup_id
    assert (row.person_id, row.on_day, row.known_at) == (candidate.person_id, ASKED, known_at)
    assert (row.verdict, row.reason, row.policy_code) == ("eligible", "valid_pass", "default-1")
    assert (row.purpose, row.asked_by, row.address) == ("干部调整动议", "personnel-test", "192.0.2.5")
    assert row.recorded_at == NOW
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "ask-eligibility"))
    assert (entry.subject_id, entry.recorded_at) == (str(row.id), NOW)


def test_unknown_mismatched_and_out_of_scope_are_logged_too(either_app):
    _, candidate = sat_on(SAT)
    nobody = id_number(99_999)
    answer = ask(id_number=nobody, on=ASKED, purpose="核查", actor=PERSONNEL, now=NOW)
    assert (answer.verdict, answer.reason, answer.decision) == ("unknown_person", "unknown_person", None)
    answer = question(candidate, name="李四")
    assert (answer.verdict, answer.reason, answer.person) == ("unknown_person", "name_mismatch", None)
    assert verdict(candidate, name=" 张　示例 ") == ("eligible", "valid_pass")
    elsewhere = Actor(label="p", grants=(Grant(Role.PERSONNEL, frozenset({make_unit("TEST-2").id})),))
    out_of_scope = question(candidate, actor=elsewhere)
    assert (out_of_scope.verdict, out_of_scope.reason) == ("unknown_person", "unknown_person")
    assert question(candidate, actor=elsewhere, name="李四").reason == "unknown_person"
    own = Actor(label="p", grants=(Grant(Role.PERSONNEL, frozenset({candidate.unit_id})),))
    assert question(candidate, actor=own).verdict == "eligible"
    rows = lookups()
    assert [row.verdict for row in rows].count("unknown_person") == 4
    assert rows[0].person_id is None
    assert rows[0].id_number_index == id_number_index(nobody)
    assert rows[3].person_id == candidate.person_id


def test_a_bad_question_names_every_problem_and_is_no_lookup(either_app):
    with pytest.raises(Invalid) as refused:
        ask(
            id_number="510502198001010014",
            on=ASKED,
            known_at=NOW + timedelta(seconds=1),
            purpose=" ",
            actor=PERSONNEL,
            now=NOW,
        )
    assert {p.where for p in refused.value.problems} == {"id_number", "known_at", "purpose"}
    candidate = make_candidate()
    with pytest.raises(Invalid):
        question(candidate, purpose="长" * 201)
    with pytest.raises(NoPolicyInForce):
        question(candidate, on=date(2017, 12, 31))
    with pytest.raises(NotAllowed):
        question(candidate, actor=Actor(label="x", grants=(Grant(Role.OFFICER),)))
    assert lookups() == []


def test_the_json_has_exactly_the_keys_of_the_contract(either_app):
    sitting_id, candidate = sat_on(SAT)
    value = as_json(question(candidate))
    assert list(value) == [
        "verdict",
        "reason",
        "on",
        "valid_until",
        "changes_on",
        "policy",
        "evidence",
        "receipt",
    ]
    assert value["receipt"] is None
    assert [(e["kind"], e["decided"]) for e in value["evidence"]] == [
        ("sitting", False),
        ("certificate", True),
    ]
    assert value["evidence"][0]["ref"] == str(sitting_id)


def test_a_lookup_takes_few_statements(either_app):
    _, candidate = sat_on(SAT)
    number = number_of(candidate)
    question(candidate)
    statements = []
    listener = lambda *args: statements.append(args[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listener)
    ask(id_number=number, on=ASKED, purpose="计数", actor=PERSONNEL, now=NOW)
    event.remove(db.engine, "before_cursor_execute", listener)
    assert len([s for s in statements if not s.startswith("BEGIN")]) <= 8
