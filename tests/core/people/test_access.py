"""Access taken away and given back: at once, with a reason, never from oneself or the last officer."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.actor import Actor, Grant, Role
from core.auth.rules import ending_problem
from core.db import db
from core.errors import Conflict
from core.people import access
from core.people.models import Account, AccountEvent, RoleGrant
from tests.factories.bank import client_as
from tests.factories.past import rewrite
from tests.factories.people import PASSWORD, make_account
from tests.factories.sittings import client_of, start_sitting

REASON = "调离考务岗位"


@pytest.fixture
def officer(app):
    return client_as(app, "officer", Role.OFFICER)


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["people", *arguments])


def since_yesterday():
    """Roles of the tests' accounts are given today, and the first day cannot be taken back."""
    rewrite(RoleGrant, starts_on=clock.day_of(clock.now()) - timedelta(days=1))


def grant_of(account_id):
    return db.session.scalar(select(RoleGrant.id).where(RoleGrant.account_id == account_id))


def opens(client):
    return client.get("/", follow_redirects=False).status_code == 200


def test_a_disabled_account_is_out_at_once_is_told_and_comes_back(app, officer, client):
    chen = make_account("chen", Role.PERSONNEL)
    client.sign_in("chen", PASSWORD)
    url = f"/office/accounts/{chen}"
    assert "请写明理由" in officer.send(f"{url}/disable", {"reason": ""}, status=422).text
    assert opens(client)
    officer.send(f"{url}/disable", {"reason": REASON})
    assert not opens(client)
    assert "您的账号已由考务人员停用" in client.page(client.get("/").location)
    client.send("/sign-in", {"username": "chen", "password": PASSWORD, "next": ""}, status=422)
    page = officer.page(url)
    assert "已停用" in page
    assert REASON in page
    officer.send(f"{url}/enable", {"reason": "又调回来"})
    assert client.sign_in("chen", PASSWORD).status_code == 303
    acts = db.session.scalars(select(AccountEvent).order_by(AccountEvent.id)).all()
    assert [(event.act.value, event.reason) for event in acts] == [
        ("disabled", REASON),
        ("enabled", "又调回来"),
    ]


def test_who_sits_right_now_is_disabled_only_knowingly(app, officer):
    sitting_id, candidate = start_sitting(now=clock.now())
    paper = client_of(app, candidate)
    url = f"/office/accounts/{candidate.account_id}"
    assert "此人正在考试" in officer.page(url)
    warned = officer.send(f"{url}/disable", {"reason": REASON}, status=422)
    assert "确要停用，请勾选确认" in warned.text
    assert paper.send_json(f"/sittings/{sitting_id}/answers", {"events": []}).status_code == 200
    officer.send(f"{url}/disable", {"reason": REASON, "even_while_sitting": "y"})
    told = paper.send_json(f"/sittings/{sitting_id}/answers", {"events": []})
    assert (told.status_code, told.json["ended_by"]) == (401, "disabled")


def test_nobody_disables_themselves_nor_the_office_its_auditor(officer):
    make_account("second", Role.OFFICER)
    own = db.session.scalar(select(Account.id).where(Account.username == "officer"))
    assert "停用账号" not in officer.page(f"/office/accounts/{own}")
    officer.send(f"/office/accounts/{own}/disable", {"reason": REASON})
    assert "不能停用自己的账号" in officer.page(f"/office/accounts/{own}")
    auditor = make_account("auditor", Role.AUDITOR)
    assert "审计账号由系统管理员在服务器上停用" in (shown := officer.page(f"/office/accounts/{auditor}"))
    assert f"/office/accounts/{auditor}/disable" not in shown, "no form that would be refused"
    officer.send(f"/office/accounts/{auditor}/disable", {"reason": REASON}, status=403)
    assert opens(officer)


def test_a_county_disables_only_its_own(app):
    make_account("gulin", Role.OFFICER, unit="510525")
    gulin = app.test_client()
    gulin.sign_in("gulin", PASSWORD)
    other = make_account("chen", Role.PERSONNEL)
    for act in ("disable", "enable", "end-role"):
        gulin.send(f"/office/accounts/{other}/{act}", {"reason": REASON}, status=404)


def test_a_role_ends_on_a_day(officer, client):
    author = make_account("author", Role.AUTHOR)
    client.sign_in("author", PASSWORD)
    url = f"/office/accounts/{author}"
    today = clock.day_of(clock.now())
    form = {"grant_id": grant_of(author), "ends_on": today.isoformat(), "reason": REASON}
    assert "请停用账号" in officer.send(f"{url}/end-role", form, status=422).text
    since_yesterday()
    past = form | {"ends_on": (today - timedelta(days=1)).isoformat()}
    assert "终止日不能早于今天" in officer.send(f"{url}/end-role", past, status=422).text
    assert client.get("/bank/items").status_code == 200
    officer.send(f"{url}/end-role", form)
    assert client.get("/bank/items").status_code == 403
    assert f"命题人自 {today} 起终止" in officer.page(url)
    officer.send(f"{url}/end-role", form, status=422)


@pytest.mark.parametrize(
    ("taken", "left", "code"),
    [
        ([], [], None),
        ([None], [], "last_officer"),
        ([None], [510502], "last_officer"),
        ([None], [None], None),
        ([510502], [], "last_officer"),
        ([510502], [510525], None),
        ([510502], [None], None),
    ],
)
def test_an_officer_is_left(taken, left, code):
    problem = ending_problem(
        own=False, roles=[Role.OFFICER], at_console=True, officer_units=taken, officer_units_left=left
    )
    assert (problem and problem.code) == code


def test_two_officers_cannot_disable_each_other_at_once(either_app):
    ids = [make_account(name, Role.OFFICER) for name in ("first", "second")]
    barrier = threading.Barrier(2)

    def disable(own, other):
        actor = Actor(label="x", account_id=own, grants=(Grant(Role.OFFICER),))
        with either_app.app_context():
            barrier.wait()
            try:
                access.disable_account(
                    account_id=other, reason=REASON, even_while_sitting=False, actor=actor, now=clock.now()
                )
            except Conflict as refused:
                return refused.code
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(disable, ids, ids[::-1])) == ["done", "last_officer"]


def test_the_console_disables_enables_and_ends_roles(run, app):
    account_id = make_account("auditor", Role.AUDITOR)
    make_account("chief", Role.OFFICER)
    assert run("disable", "auditor").exit_code == 2
    assert json.loads(run("disable", "auditor", "--reason", REASON, "--json").stdout)["disabled"] is True
    assert "已恢复" in run("enable", "auditor", "--reason", REASON).stdout
    assert run("disable", "nobody", "--reason", REASON).exit_code == 1
    refused = run("disable", "chief", "--reason", REASON)
    assert (refused.exit_code, "最后一个考务账号" in refused.stderr) == (1, True)
    since_yesterday()
    day = clock.day_of(clock.now()) + timedelta(days=30)
    ended = run(
        "end-role", "auditor", "--role", "auditor", "--on", day.isoformat(), "--reason", REASON, "--json"
    )
    assert json.loads(ended.stdout)["ends_on"] == day.isoformat()
    db.session.rollback()
    assert db.session.get(RoleGrant, grant_of(account_id), populate_existing=True).ends_on == day
    assert run("end-role", "auditor", "--role", "author", "--reason", REASON).exit_code == 1
