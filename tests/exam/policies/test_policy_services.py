"""Versions of the policy and exemptions, on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from core.actor import Actor
from core.audit.models import AuditEntry
from core.db import db
from core.errors import Conflict, Invalid, NotFound
from exam.policies import queries
from exam.policies.models import ExemptionAct, ExemptionEvent, PolicyVersion
from exam.policies.rules import NoPolicyInForce
from exam.policies.services import (
    DEFAULT_POLICY,
    add_policy,
    ensure_default_policy,
    grant_exemption,
    withdraw_exemption,
)
from tests.factories.sittings import NOW, make_candidate

OFFICER = Actor(label="officer-test", unrestricted=True)
DAY = date(2026, 3, 1)
LATER = replace(DEFAULT_POLICY, code="2026-1", effective_from=date(2026, 1, 1), validity_months=36)


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_the_default_policy_is_recorded_once_and_says_that_it_is_unconfirmed(either_app):
    ensure_default_policy(now=NOW)
    ensure_default_policy(now=NOW + timedelta(days=1))
    [row] = db.session.scalars(select(PolicyVersion)).all()
    assert (row.code, row.effective_from, row.recorded_at) == ("default-1", date(2018, 1, 1), NOW)
    assert "待" in row.reason
    assert "确认" in row.reason
    assert queries.policy_on(DAY) == DEFAULT_POLICY


@pytest.mark.postgresql
def test_many_processes_record_one_default(postgres_app):
    barrier, failures = threading.Barrier(4), []

    def ensure():
        with postgres_app.app_context():
            barrier.wait()
            try:
                ensure_default_policy(now=NOW)
            except Exception as error:  # noqa: BLE001  any failure of a thread fails the test
                failures.append(error)

    threads = [threading.Thread(target=ensure) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert count(PolicyVersion) == 1


def test_a_later_version_holds_from_its_day_and_is_known_from_its_recording(either_app):
    ensure_default_policy(now=NOW)
    recorded = NOW + timedelta(days=10)
    add_policy(policy=LATER, reason="延长有效期", actor=OFFICER, now=recorded)
    assert queries.policy_on(date(2025, 12, 31)) == DEFAULT_POLICY
    assert queries.policy_on(date(2026, 1, 1)) == LATER
    assert queries.policies(known_at=recorded) == [DEFAULT_POLICY, LATER]
    assert queries.policies(known_at=recorded - timedelta(seconds=1)) == [DEFAULT_POLICY]
    with pytest.raises(NoPolicyInForce):
        queries.policy_on(date(2017, 12, 31))


def test_a_version_needs_a_reason_and_a_code_of_its_own(either_app):
    with pytest.raises(Invalid):
        add_policy(policy=LATER, reason=" ", actor=OFFICER, now=NOW)
    add_policy(policy=LATER, reason="延长有效期", actor=OFFICER, now=NOW)
    with pytest.raises(Conflict):
        add_policy(policy=replace(LATER, validity_months=12), reason="再改", actor=OFFICER, now=NOW)
    assert queries.policies() == [LATER]
    assert count(AuditEntry) == 1


def grant(person_id, **changes):
    values = {
        "from_day": DAY,
        "until": None,
        "basis": "法律职业资格证书",
        "approved_by": "处长",
        "actor": OFFICER,
        "now": NOW,
    }
    return grant_exemption(person_id=person_id, **(values | changes))


def withdraw(grant_id, **changes):
    values = {
        "on_day": DAY + timedelta(days=30),
        "basis": "资格被撤销",
        "approved_by": "处长",
        "actor": OFFICER,
        "now": NOW + timedelta(days=30),
    }
    withdraw_exemption(grant_id=grant_id, **(values | changes))


def test_an_exemption_names_two_people(either_app):
    person_id = make_candidate().person_id
    grant_id = grant(person_id)
    row = db.session.get_one(ExemptionEvent, grant_id)
    assert (row.act, row.recorded_by, row.approved_by) == (ExemptionAct.GRANTED, "officer-test", "处长")
    for wrong in (
        {"approved_by": ""},
        {"approved_by": " officer-test "},
        {"basis": " "},
        {"until": DAY},
    ):
        with pytest.raises(Invalid):
            grant(person_id, **wrong)
    assert count(ExemptionEvent) == 1


def test_an_exemption_is_withdrawn_once_by_two_people(either_app):
    grant_id = grant(make_candidate().person_id)
    for wrong in ({"approved_by": "officer-test"}, {"basis": ""}):
        with pytest.raises(Invalid):
            withdraw(grant_id, **wrong)
    with pytest.raises(NotFound):
        withdraw(grant_id + 1)
    withdraw(grant_id)
    with pytest.raises(Conflict):
        withdraw(grant_id)
    rows = db.session.scalars(select(ExemptionEvent).order_by(ExemptionEvent.id)).all()
    assert [row.act for row in rows] == [ExemptionAct.GRANTED, ExemptionAct.WITHDRAWN]
    assert rows[1].grant_id == grant_id
    with pytest.raises(NotFound):
        withdraw(rows[1].id)
