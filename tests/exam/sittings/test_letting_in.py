"""Failed sign-ins of a session's candidates stand on its board, and the invigilator lets the person in."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core import clock
from core.actor import Role
from core.audit.models import AuditEntry
from core.auth import services as auth
from core.auth.models import SignInEvent, SignInOutcome
from core.db import db
from core.errors import Invalid
from tests.factories.bank import client_as
from tests.factories.people import make_account
from tests.factories.sittings import PASSWORD, make_exam_session, make_sitting

ROOM, ELSEWHERE = "10.4.3.3", "192.0.2.77"


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    waited = []
    monkeypatch.setattr("core.auth.services.time.sleep", waited.append)
    return waited


@pytest.fixture
def officer(app):
    return client_as(app, "officer", Role.OFFICER)


@pytest.fixture
def admitted(app):
    session = make_exam_session(now=clock.now(), room_addresses="10.4.0.0/16")
    sitting_id, candidate = make_sitting(session=session, now=clock.now())
    return session.id, sitting_id, candidate.username


def sign_in(username, password, address):
    return auth.sign_in(username=username, password=password, address=address, browser="", now=clock.now())


def fail(username, address, times):
    for _ in range(times):
        with pytest.raises(Invalid):
            sign_in(username, "wrong", address)


def test_a_neighbours_failures_are_shown_and_stop_counting_with_one_act(officer, admitted, waits):
    session_id, sitting_id, username = admitted
    watch = f"/office/sessions/{session_id}/watch"
    assert "登录失败" not in officer.page(watch)
    fail(username, ROOM, 7)
    page = officer.page(watch)
    assert "登录失败" in page
    assert ROOM in page
    officer.send(f"/office/candidates/{sitting_id}/let-in", {"address": ROOM})
    assert ROOM not in officer.page(watch)
    waits.clear()
    assert sign_in(username, PASSWORD, ROOM)
    assert waits == [0.0]
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "let-in")).one()
    assert (act.actor_label, act.detail) == ("officer", {"username": username, "address": ROOM})


def test_a_lock_outside_the_room_is_shown_with_its_end_and_lifted(officer, admitted):
    session_id, sitting_id, username = admitted
    fail(username, ELSEWHERE, 5)
    with pytest.raises(Invalid, match="过多"):
        sign_in(username, PASSWORD, ELSEWHERE)
    assert ELSEWHERE in officer.page(f"/office/sessions/{session_id}/watch")
    officer.send(f"/office/candidates/{sitting_id}/let-in", {"address": ELSEWHERE})
    assert sign_in(username, PASSWORD, ELSEWHERE)


def test_who_came_in_since_and_who_is_not_of_the_session_is_not_shown(officer, admitted):
    session_id, _sitting_id, username = admitted
    make_account("chen", Role.PERSONNEL)
    fail(username, ROOM, 1)
    fail("chen", ELSEWHERE, 1)
    sign_in(username, PASSWORD, ROOM)
    assert "登录失败" not in officer.page(f"/office/sessions/{session_id}/watch")


def test_a_county_lets_in_only_its_own(app, admitted):
    _session_id, sitting_id, username = admitted
    make_account("gulin", Role.OFFICER, unit="510525")
    fail(username, ROOM, 1)
    gulin = app.test_client()
    gulin.sign_in("gulin", "Luzhou-2026!")
    gulin.send(f"/office/candidates/{sitting_id}/let-in", {"address": ROOM}, status=404)
    outcomes = db.session.scalars(select(SignInEvent.outcome).where(SignInEvent.username == username))
    assert SignInOutcome.LIFTED not in outcomes.all()
