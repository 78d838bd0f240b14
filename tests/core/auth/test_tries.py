"""Tries of a password are counted before it is looked at, wherever it is asked; in a room they lock nobody out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.actor import Role
from core.auth import queries, services
from core.auth.models import OpenTry, SignInEvent, SignInOutcome
from core.auth.rules import FAILURES_ALLOWED
from core.db import db, transaction
from core.errors import DomainError, TooMany
from tests.factories.office import make_session
from tests.factories.people import PASSWORD, make_account

HERE = "192.0.2.7"
ROOM = "10.4.3.3"


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch):
    waits = []
    monkeypatch.setattr("core.auth.services.time.sleep", waits.append)
    return waits


def sign_in(password, address=HERE, username="officer", now=None):
    return services.sign_in(
        username=username, password=password, address=address, browser="", now=now or clock.now()
    )


def outcome(act):
    try:
        act()
    except DomainError as refused:
        return refused.code if isinstance(refused, TooMany) else refused.problems[0].code
    return "in"


def at_once(app, acts):
    """Run the acts in threads with connections of their own, released together; their outcomes."""
    barrier = threading.Barrier(len(acts))

    def run(act):
        with app.app_context():
            barrier.wait()
            try:
                return outcome(act)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def events():
    db.session.rollback()
    return [event.outcome for event in db.session.scalars(select(SignInEvent).order_by(SignInEvent.id))]


def test_of_sixteen_tries_at_once_five_are_looked_at(either_app, monkeypatch):
    make_account("officer", Role.OFFICER)
    looked_at = []
    monkeypatch.setattr("core.auth.services.verify_password", lambda *_: bool(looked_at.append(1)))
    outcomes = at_once(either_app, [lambda: sign_in("wrong")] * 16)
    assert len(looked_at) == FAILURES_ALLOWED
    assert sorted(outcomes) == ["locked"] * 11 + ["refused"] * 5
    assert sorted(events()) == [SignInOutcome.FAILED] * 5 + [SignInOutcome.LOCKED] * 11
    assert db.session.scalars(select(OpenTry)).all() == []


def test_the_bound_of_an_address_holds_across_applications_and_at_once(
    sqlite_settings, make_app, monkeypatch
):
    """Two applications on one database, as two serving processes are."""
    monkeypatch.setattr("core.auth.services.verify_password", lambda *_: False)
    apps = [make_app(sqlite_settings), make_app(sqlite_settings)]
    refused = []
    for number in range(32):
        with apps[number % 2].app_context():
            refused.append(outcome(lambda n=number: sign_in("x", username=f"nobody{n}")))
            db.session.remove()
    assert refused == ["refused"] * 30 + ["too_many"] * 2


def test_the_page_says_what_to_do_when_an_address_tried_too_often(app, client, monkeypatch):
    monkeypatch.setattr("core.auth.services.TRIES_ALLOWED", 0)
    data = {"username": "officer", "password": "x", "csrf_token": client.token()}
    answer = client.post("/sign-in", data=data, environ_overrides={"REMOTE_ADDR": HERE})
    assert answer.status_code == 429
    assert "请稍候一分钟再试" in answer.text


def test_a_try_whose_process_died_counts_as_a_failure_for_as_long_as_one(app):
    make_account("officer", Role.OFFICER)
    now = clock.now()
    with transaction() as session:
        session.add_all(OpenTry(username="officer", address=HERE, began_at=now) for _ in range(5))
    assert outcome(lambda: sign_in(PASSWORD, now=now)) == "locked"
    assert outcome(lambda: sign_in(PASSWORD, now=now + timedelta(minutes=31))) == "in"
    assert db.session.scalars(select(OpenTry)).all() == []


class TestInARoom:
    @pytest.fixture(autouse=True)
    def room(self, app):
        make_account("officer", Role.OFFICER)
        make_session(now=clock.now(), room_addresses="10.4.0.0/16")

    def test_a_neighbours_failures_keep_nobody_out_and_slow_the_reply(self, without_waiting):
        for _ in range(12):
            assert outcome(lambda: sign_in("wrong", ROOM)) == "refused"
        assert outcome(lambda: sign_in(PASSWORD, ROOM)) == "in"
        assert without_waiting[-1] > 0
        assert queries.locks(now=clock.now()) == []

    def test_they_lock_elsewhere_as_ever(self):
        for _ in range(5):
            sign_in_outcome = outcome(lambda: sign_in("wrong"))
        assert sign_in_outcome == "refused"
        assert outcome(lambda: sign_in(PASSWORD)) == "locked"


class TestWhereThePasswordIsAskedAgain:
    @pytest.fixture
    def signed_in(self, client):
        make_account("officer", Role.OFFICER)
        client.sign_in("officer", PASSWORD)
        return client

    def change(self, client, current, new="Longmatan-2027!"):
        form = {"current_password": current, "new_password": new, "repeat_password": new}
        return client.send("/password", form, status=None)

    def test_wrong_current_passwords_lock_and_each_leaves_a_row(self, signed_in):
        answers = [self.change(signed_in, "wrong") for _ in range(12)]
        assert all(answer.status_code == 422 for answer in answers)
        right = self.change(signed_in, PASSWORD)
        assert right.status_code == 422
        assert "次数过多" in right.text
        assert 'href="#current_password"' in right.text
        found = events()[1:]
        assert found == [SignInOutcome.FAILED] * 5 + [SignInOutcome.LOCKED] * 8

    def test_the_right_one_begins_anew_though_the_new_one_is_refused(self, signed_in):
        for _ in range(4):
            self.change(signed_in, "wrong")
        assert "三类" in self.change(signed_in, PASSWORD, "weakweak").text
        for _ in range(4):
            self.change(signed_in, "wrong")
        assert self.change(signed_in, PASSWORD).status_code == 303

    def test_failures_at_the_confirmation_and_at_sign_in_count_together(self, app, signed_in):
        actor = queries.actor_of(
            queries.sign_in(sign_in(PASSWORD), now=clock.now()),
            address=HERE,
        )
        now = clock.now()
        for _ in range(3):
            assert outcome(lambda: sign_in("wrong")) == "refused"

        def confirm(password):
            services.confirm_password(password=password, actor=actor, now=now)

        assert [outcome(lambda: confirm("wrong")) for _ in range(2)] == ["refused"] * 2
        assert outcome(lambda: confirm(PASSWORD)) == "locked"
