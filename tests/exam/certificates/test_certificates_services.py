"""Issuing certificates once, repairing what the chain missed, revoking and reinstating."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from core.actor import Actor, Grant, Role
from core.db import db
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from exam.certificates import queries
from exam.certificates.models import Certificate
from exam.certificates.rules import CertificateState, number_is_wellformed
from exam.certificates.services import issue_for, issue_missing, reinstate, revoke
from exam.policies.services import DEFAULT_POLICY, add_policy
from exam.results.services import record_revision
from tests.factories.results import NOW, OFFICER, certificate_of, finish, sat_on, void

TODAY = date(2026, 11, 23)


def count():
    return db.session.scalar(select(func.count()).select_from(Certificate))


def test_a_pass_gives_a_certificate_of_two_years(either_app):
    sitting_id, candidate = finish()
    certificate = certificate_of(sitting_id)
    assert (certificate.valid_from, certificate.valid_until) == (TODAY, date(2028, 11, 24))
    assert (certificate.person_id, certificate.policy_code) == (candidate.person_id, "default-1")
    assert number_is_wellformed(certificate.number)
    assert certificate.number.startswith("2026")


def test_the_policy_of_the_sitting_day_decides_how_long(either_app):
    longer = replace(DEFAULT_POLICY, code="longer", effective_from=date(2026, 1, 1), validity_months=36)
    add_policy(policy=DEFAULT_POLICY, reason="默认", actor=Actor.command(), now=NOW)
    add_policy(policy=longer, reason="延长", actor=Actor.command(), now=NOW)
    before, _ = sat_on(date(2025, 12, 31))
    after, _ = sat_on(date(2026, 1, 1))
    assert certificate_of(before).valid_until == date(2028, 1, 1)
    assert certificate_of(after).valid_until == date(2029, 1, 2)


def test_a_fail_gives_none(either_app):
    sitting_id, _ = finish(passed=False)
    assert certificate_of(sitting_id) is None


def test_issuing_again_changes_nothing(either_app):
    sitting_id, _ = finish()
    issue_for(sitting_id, NOW + timedelta(days=1))
    assert issue_missing(NOW + timedelta(days=1)) == 0
    assert count() == 1


def test_a_rehearsal_gives_none_but_in_a_demo(either_app):
    rehearsal, _ = finish(is_rehearsal=True)
    demo, _ = finish(is_rehearsal=True, is_demo=True)
    assert certificate_of(rehearsal) is None
    assert certificate_of(demo) is not None
    assert issue_missing(NOW + timedelta(hours=1)) == 0


def test_the_sweep_issues_what_the_chain_missed(either_app):
    hooks = either_app.extensions["after_sealing"]
    either_app.extensions["after_sealing"] = hooks[:1]
    sitting_id, _ = finish()
    either_app.extensions["after_sealing"] = hooks
    assert certificate_of(sitting_id) is None
    assert issue_missing(NOW + timedelta(hours=1)) == 1
    assert certificate_of(sitting_id) is not None


def test_a_correction_to_a_pass_is_certified_by_the_sweep(either_app):
    sitting_id, _ = finish(passed=False)
    later = NOW + timedelta(days=30)
    record_revision(sitting_id=sitting_id, score_hundredths=600, reason="更正", actor=OFFICER, now=later)
    assert issue_missing(later + timedelta(seconds=1)) == 1
    assert certificate_of(sitting_id).valid_from == TODAY


@pytest.mark.postgresql
def test_issued_at_once_from_many_sides_it_is_one(postgres_app):
    hooks = postgres_app.extensions["after_sealing"]
    postgres_app.extensions["after_sealing"] = hooks[:1]
    sitting_id, _ = finish()
    barrier, failures = threading.Barrier(4), []

    def issue():
        with postgres_app.app_context():
            barrier.wait()
            try:
                issue_for(sitting_id, NOW)
            except Exception as error:  # noqa: BLE001  any failure of a thread fails the test
                failures.append(error)

    threads = [threading.Thread(target=issue) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert failures == []
    assert count() == 1


def state(sitting_id, on):
    return queries.of_sitting(sitting_id).state(on)


def test_revoked_and_reinstated_from_a_day_on(either_app):
    sitting_id, _ = finish()
    number = certificate_of(sitting_id).number
    spring, summer = date(2027, 3, 1), date(2027, 6, 1)
    revoke(number=number.lower(), on_day=spring, reason="替考查实", actor=OFFICER, now=NOW)
    with pytest.raises(Conflict):
        revoke(number=number, on_day=summer, reason="再次", actor=OFFICER, now=NOW)
    reinstate(number=number, on_day=summer, reason="复核撤销", actor=OFFICER, now=NOW)
    with pytest.raises(Conflict):
        reinstate(number=number, on_day=summer, reason="再次", actor=OFFICER, now=NOW)
    states = [state(sitting_id, day) for day in (TODAY, spring, summer)]
    assert states == [CertificateState.VALID, CertificateState.REVOKED, CertificateState.VALID]
    assert queries.of_sitting(sitting_id).revoked_from(spring) == spring


def test_who_may_not_revoke(either_app):
    sitting_id, _ = finish()
    number = certificate_of(sitting_id).number

    def attempt(*, number=number, reason="查实", actor=OFFICER):
        revoke(number=number, on_day=TODAY, reason=reason, actor=actor, now=NOW)

    with pytest.raises(NotAllowed):
        attempt(actor=Actor(label="x", grants=(Grant(Role.PERSONNEL),)))
    with pytest.raises(NotFound):
        attempt(actor=Actor(label="x", grants=(Grant(Role.OFFICER, frozenset({0})),)))
    with pytest.raises(NotFound):
        attempt(number="2026000000000000")
    for reason in ("", "长" * 401):
        with pytest.raises(Invalid):
            attempt(reason=reason)
    assert state(sitting_id, TODAY) is CertificateState.VALID


def test_a_certificate_falls_with_its_sitting(either_app):
    corrected, _ = finish()
    voided, _ = finish()
    record_revision(
        sitting_id=corrected, score_hundredths=0, reason="更正", actor=OFFICER, now=NOW + timedelta(days=2)
    )
    void(voided, now=NOW + timedelta(days=3))
    on = date(2027, 1, 1)
    assert state(corrected, on) is CertificateState.REVOKED
    assert queries.of_sitting(corrected).revoked_from(on) == date(2026, 11, 25)
    assert queries.of_sitting(voided).revoked_from(on) == date(2026, 11, 26)
