"""Signing in: what locks and what does not, how long it lasts, what ends it, and where it leads."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from core.actor import Actor, Role
from core.auth import queries, services
from core.auth.models import SignInEvent, SignInSession
from core.auth.rules import slow_down
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.people import services as people
from tests.factories.office import make_session
from tests.factories.past import rewrite
from tests.factories.people import PASSWORD, make_account, make_person

ELSEWHERE = {"REMOTE_ADDR": "10.9.9.9"}
HERE = "127.0.0.1"


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch):
    """Sign-in slows its reply after failures; the waits are recorded instead of slept."""
    waits = []
    monkeypatch.setattr("core.auth.services.time.sleep", waits.append)
    return waits


@pytest.fixture
def officer(app):
    return make_account("officer", Role.OFFICER)


def try_to_sign_in(client, username, password, target="", **environ):
    token = client.token()
    data = {"username": username, "password": password, "next": target, "csrf_token": token}
    return client.post("/sign-in", data=data, environ_overrides=environ)


def fail(client, times, username="officer", **environ):
    for _ in range(times):
        assert try_to_sign_in(client, username, "wrong", **environ).status_code == 422


def is_signed_in(client) -> bool:
    return client.get("/").status_code == 200


def shift(**values):
    """Move what the database knows of the sign-in."""
    rewrite(SignInSession, **values)


def test_the_right_password_signs_in(client, officer):
    assert client.sign_in("OFFICER ", PASSWORD).location == "/"
    assert is_signed_in(client)


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(client, officer):
    unknown = try_to_sign_in(client, "nobody", "wrong").text
    wrong = try_to_sign_in(client, "officer", "wrong").text
    strip = re.compile(r'value="[^"]*"|content="[^"]*"')
    assert strip.sub("", unknown) == strip.sub("", wrong)


def test_five_failures_lock_the_name_at_that_address_only(app, client, officer):
    fail(client, 5)
    refused = try_to_sign_in(client, "officer", PASSWORD)
    assert refused.status_code == 422
    assert "15 分钟" in refused.text
    assert try_to_sign_in(app.test_client(), "officer", PASSWORD, **ELSEWHERE).status_code == 303
    make_account("colleague", Role.OFFICER)
    assert try_to_sign_in(app.test_client(), "colleague", PASSWORD).status_code == 303


def test_four_failures_and_a_success_begin_anew(client, officer):
    fail(client, 4)
    client.sign_in("officer", PASSWORD)
    client.send("/sign-out")
    fail(client, 4)
    assert client.sign_in("officer", PASSWORD).status_code == 303


def test_failures_from_anywhere_slow_the_account_and_never_lock_it(app, client, officer, without_waiting):
    for number in range(8):
        fail(client, 4, REMOTE_ADDR=f"10.0.0.{number}")
    assert try_to_sign_in(app.test_client(), "officer", PASSWORD, **ELSEWHERE).status_code == 303
    assert max(without_waiting) == slow_down(32) == 1.0
    assert slow_down(4) == 0


def test_the_office_lifts_a_lock_in_one_click(app, client, officer):
    make_account("other", Role.AUTHOR)
    fail(client, 5, username="other")
    office = app.test_client()
    office.sign_in("officer", PASSWORD)
    assert "other" in office.page("/office/locks")
    office.send("/office/locks/lift", {"username": "other", "address": HERE})
    assert "现在没有锁定" in office.page("/office/locks")
    assert try_to_sign_in(client, "other", PASSWORD).status_code == 303


def test_a_lock_ends_by_itself(app, officer):
    now = clock.now()
    for second in range(5):
        with pytest.raises(Invalid):
            services.sign_in(
                username="officer",
                password="wrong",
                address=HERE,
                browser="",
                now=now + timedelta(seconds=second),
            )
    with pytest.raises(Invalid, match="过多"):
        services.sign_in(
            username="officer", password=PASSWORD, address=HERE, browser="", now=now + timedelta(minutes=14)
        )
    assert services.sign_in(
        username="officer", password=PASSWORD, address=HERE, browser="", now=now + timedelta(minutes=16)
    )


def test_each_sign_in_has_a_new_id_whatever_the_cookie_brought(app, client, officer):
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "planted-by-someone-else"
        cookie["planted"] = "yes"
    client.sign_in("officer", PASSWORD)
    with client.session_transaction() as cookie:
        first = cookie["_user_id"]
        assert "planted" not in cookie
    assert first != "planted-by-someone-else"
    client.send("/sign-out")
    client.sign_in("officer", PASSWORD)
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] not in {first, "planted-by-someone-else"}


def test_signing_out_ends_the_sign_in_on_the_server(app, client, officer):
    client.sign_in("officer", PASSWORD)
    stolen = app.test_client()
    with client.session_transaction() as cookie, stolen.session_transaction() as copy:
        copy.update(cookie)
    assert is_signed_in(stolen)
    client.send("/sign-out")
    assert not is_signed_in(stolen)


def test_a_password_change_signs_out_everywhere_else(app, client, officer):
    elsewhere = app.test_client()
    elsewhere.sign_in("officer", PASSWORD)
    client.sign_in("officer", PASSWORD)
    new = "Longmatan-2027!"
    client.send("/password", {"current_password": PASSWORD, "new_password": new, "repeat_password": new})
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert try_to_sign_in(elsewhere, "officer", PASSWORD).status_code == 422
    assert try_to_sign_in(elsewhere, "officer", new).status_code == 303


def test_an_hour_of_silence_or_half_a_day_ends_a_sign_in(client, officer):
    client.sign_in("officer", PASSWORD)
    now = clock.now()
    shift(last_seen_at=now - timedelta(minutes=59))
    assert is_signed_in(client)
    shift(last_seen_at=now - timedelta(minutes=61))
    assert not is_signed_in(client)
    shift(last_seen_at=now, created_at=now - timedelta(hours=13))
    assert not is_signed_in(client)


def test_what_a_person_is_in_the_middle_of_keeps_the_sign_in(app, client, officer):
    client.sign_in("officer", PASSWORD)
    now = clock.now()
    busy = [True]
    app.extensions["keeps_signed_in"] = [lambda _sign_in_id, _person_id, _now: busy[0]]
    shift(last_seen_at=now - timedelta(hours=2), created_at=now - timedelta(hours=13))
    assert is_signed_in(client)
    busy[0] = False
    shift(last_seen_at=now - timedelta(hours=2))
    assert not is_signed_in(client)
    busy[0] = True
    shift(ended_at=now)
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\t//evil"],
)
def test_no_redirect_leads_away(client, officer, target):
    assert try_to_sign_in(client, "officer", PASSWORD, target=target).location == "/"


def test_the_page_that_was_asked_for_comes_after_signing_in(client, officer):
    asked = client.get("/office/people?name=张")
    assert asked.location.startswith("/sign-in?next=")
    page = client.get(asked.location).text
    target = re.search(r'name="next"[^>]*value="([^"]*)"', page)[1]
    assert try_to_sign_in(client, "officer", PASSWORD, target=target).location.startswith("/office/people")


def test_a_one_time_password_opens_nothing_but_its_own_change(client, app):
    added = people.add_account(
        username="new",
        role=Role.OFFICER,
        unit_code=None,
        display_name="",
        actor=Actor.command(),
        now=clock.now(),
    )
    client.sign_in("new", added.password)
    assert client.get("/office/people").location == "/password"
    weak = client.send(
        "/password",
        {"current_password": added.password, "new_password": "12345678", "repeat_password": "12345678"},
        status=422,
    )
    assert "三类" in weak.text
    client.send(
        "/password",
        {"current_password": added.password, "new_password": PASSWORD, "repeat_password": PASSWORD},
    )
    assert "人员" in client.page("/office/people")


def test_a_disabled_account_is_out_at_once(client, officer):
    client.sign_in("officer", PASSWORD)
    with transaction() as session:
        queries_account = queries.account(officer)
        queries_account.disabled_at = clock.now()
        session.flush()
    assert not is_signed_in(client)
    assert try_to_sign_in(client, "officer", PASSWORD).status_code == 422


def test_what_was_tried_is_kept_without_the_password(client, officer):
    fail(client, 1)
    client.sign_in("officer", PASSWORD)
    assert db.session.scalar(select(func.count()).select_from(SignInEvent)) == 2


class TestLimitByAddress:
    """Thirty sign-ins a minute from one address, unless a session is held there today."""

    def outcomes(self, app, address, times=32):
        client = app.test_client()
        token = client.token()
        return [
            client.post(
                "/sign-in",
                data={"username": f"nobody{n}", "password": "x", "csrf_token": token},
                environ_overrides={"REMOTE_ADDR": address},
            ).status_code
            for n in range(times)
        ]

    @pytest.fixture
    def limited(self, app, sqlite_settings, make_app, monkeypatch):
        monkeypatch.setattr("core.auth.services.verify_password", lambda *_: False)
        other = make_app(sqlite_settings, testing=False)
        with other.app_context():
            yield other

    def test_it_holds_for_a_stranger(self, limited):
        outcomes = self.outcomes(limited, "10.3.3.3")
        assert outcomes == [422] * 30 + [429] * 2

    def test_it_does_not_hold_for_a_room_of_today(self, limited):
        make_session(now=clock.now(), room_addresses="10.4.0.0/16")
        assert self.outcomes(limited, "10.4.3.3") == [422] * 32

    def test_it_does_not_hold_for_the_machine_of_a_demo(self, limited):
        assert self.outcomes(limited, HERE) == [422] * 32


class TestReset:
    def reset(self, account_id, actor):
        return services.reset_password(account_id=account_id, reason="忘记密码", actor=actor, now=clock.now())

    def actor_of(self, username):
        sign_in_id = services.sign_in(
            username=username, password=PASSWORD, address=HERE, browser="", now=clock.now()
        )
        return queries.actor_of(queries.sign_in(sign_in_id, now=clock.now()), address=HERE)

    def test_it_ends_the_sign_ins_and_gives_a_one_time_password(self, app, client, officer):
        other = make_account("other", Role.PERSONNEL)
        client.sign_in("other", PASSWORD)
        password = self.reset(other, self.actor_of("officer"))
        assert not is_signed_in(client)
        client.sign_in("other", password)
        assert client.get("/").location == "/password"

    @pytest.mark.parametrize("role", [Role.AUTHOR, Role.REVIEWER, Role.AUDITOR])
    def test_the_office_cannot_make_itself_author_or_auditor(self, officer, role):
        account = make_account("someone", role)
        with pytest.raises(NotAllowed):
            self.reset(account, self.actor_of("officer"))
        assert self.reset(account, Actor.command())

    def test_a_county_resets_only_its_own_people(self, app):
        make_account("gulin", Role.OFFICER, unit="510525")
        actor = self.actor_of("gulin")
        outsider = make_account("stranger", Role.OFFICER)
        with pytest.raises(NotFound):
            self.reset(outsider, actor)
        person = make_person(unit="510525")
        theirs = make_account("zhang", Role.CANDIDATE)
        with transaction() as session:
            account = queries.account(theirs)
            account.person_id = person.id
            session.flush()
        assert self.reset(theirs, actor)

    def test_a_demo_account_keeps_the_shared_password(self, officer):
        with transaction() as session:
            account = queries.account(officer)
            account.is_demo = True
            session.flush()
        with pytest.raises(Conflict):
            self.reset(officer, Actor.command())
