"""From KAOFA_ENV=production and an empty database to a released result that personnel can rely on.

All of it by commands and pages, as the office would. The session is planned for another day, as sessions are;
the test brings its day forward in the database, since it cannot wait.
"""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from config import load_settings
from core import clock
from core.audit.models import AuditEntry
from core.db import db, transaction
from core.documents.sheets import read_rows, write_sheet
from core.jobs.work import work_off
from core.people.cli import PEOPLE_COLUMNS, UNIT_COLUMNS
from exam.sittings.account_views import ACCOUNT_COLUMNS
from exam.sittings.accounts import ISSUING
from exam.sittings.admission_views import LIST_COLUMNS
from exam.sittings.models import ExamSession
from tests.factories.office import id_number
from tests.server import environment, python
from tests.stories.papers import right_answers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

    from tests.client import SiteClient

PASSWORD = "Zhong-guo-1949"
UNIT = "510502-sfj"
WANG, ZHAO = id_number(701), id_number(702)
ONE_TIME = re.compile(r"<code>([^<]+)</code>")


@dataclass
class Site:
    """An application in production, its commands (answers are exit code and stdout), and its folder."""

    app: Flask
    command: Callable[..., tuple[int, str]]
    folder: Path

    def json(self, *arguments: str, code: int = 0) -> dict:
        exit_code, output = self.command(*arguments, "--json")
        assert exit_code == code, output
        return json.loads(output)

    def sheet(self, columns, *rows) -> str:
        path = self.folder / "list.xlsx"
        path.write_bytes(write_sheet("名单", columns, rows))
        return str(path)

    def enter(self, username: str, one_time: str) -> SiteClient:
        """A first sign-in: nothing opens before the one-time password is changed; afterwards it is worthless."""
        client = self.app.test_client()
        client.sign_in(username, one_time)
        assert client.get("/").location.endswith("/password")
        typed = {"current_password": one_time, "new_password": PASSWORD, "repeat_password": PASSWORD}
        client.send("/password", typed)
        client.page("/")
        stale = {"username": username, "password": one_time}
        assert self.app.test_client().send("/sign-in", stale, status=422)
        return client

    def add_account(self, username: str) -> SiteClient:
        added = self.json("people", "add-account", username, "--role", username)
        return self.enter(username, added["password"])


VARIABLES = {
    "KAOFA_ENV": "production",
    "KAOFA_SECRET_KEY": "a secret for tests only, long enough",
    "KAOFA_DATA_KEY": base64.b64encode(b"0123456789abcdef0123456789abcdef").decode(),
    "KAOFA_PUBLIC_URL": "http://kaofa.example.cn",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def site(request, tmp_path, make_app) -> Site:
    """Nothing but the environment's variables and an empty database."""
    variables = dict(VARIABLES)
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        variables["KAOFA_DATABASE_URL"] = server.url(server.create())
    app = make_app(load_settings(environment(tmp_path, **variables)))

    def command(*arguments: str) -> tuple[int, str]:
        with app.app_context():
            done = app.test_cli_runner().invoke(args=list(arguments))
        return done.exit_code, done.stdout

    return Site(app, command, tmp_path)


def fill_the_empty_database(site: Site) -> None:
    assert site.command("db", "upgrade")[0] == 0
    loaded = site.json("bank", "load-starter")
    assert loaded["items"] == loaded["added"] >= 240
    units = site.sheet(UNIT_COLUMNS, (UNIT, "江阳区司法局", "政府及工作部门", "510502"))
    assert site.json("people", "import-units", units) == {"read": 1, "added": 1}
    people = site.sheet(PEOPLE_COLUMNS, (WANG, "王考生", UNIT, "乡科级副职", "副局长"))
    assert site.json("people", "import", people)["added"] == 1
    assert site.command("demo", "load")[0] == 2


def plan_and_prepare(site: Site, officer: SiteClient) -> str:
    """The address of a session with two candidates and drawn papers."""
    day = (clock.day_of(clock.now()) + timedelta(days=3)).isoformat()
    page = officer.page("/office/sessions/new")
    spec = re.search(r'<select[^>]*name="paper_spec_id".*?<option[^>]*value="(\d+)"', page, re.DOTALL)[1]
    planned = officer.send(
        "/office/sessions/new",
        {
            "name": "第一场",
            "room": "市委党校一号机房",
            "held_on": day,
            "opens_at": "09:00",
            "last_start_at": "09:30",
            "closes_at": "11:30",
            "minutes": "90",
            "grace_seconds": "10",
            "paper_spec_id": spec,
            "result_release": "by_office",
            "key_release": "never",
        },
    )
    url = planned.location
    rows = [(WANG, "王考生", UNIT, "乡科级副职", "副局长"), (ZHAO, "赵缺考", UNIT, "乡科级副职", "")]
    listed = io.BytesIO(write_sheet("名单", LIST_COLUMNS, rows))
    body = {"file": (listed, "名单.xlsx"), "csrf_token": officer.token()}
    assert officer.post(f"{url}/candidates/list", data=body).status_code == 303
    assert "其中新建人员 1 人" in officer.page(f"{url}/candidates")
    warned = officer.send(f"{url}/prepare", {"law_day": day}, status=422).text
    assert "答案已经公开" in warned
    assert "还没有抽题" in officer.page(url)
    officer.send(f"{url}/prepare", {"law_day": day, "reason": "本地题库尚未建成，先行试考"})
    page = officer.page(url)
    assert "承诺值" in page
    assert "本地题库尚未建成" in page
    return url


def bring_forward(session_id: str) -> None:
    now = clock.now()
    with transaction() as session:
        session.execute(
            update(ExamSession)
            .where(ExamSession.id == session_id)
            .values(
                held_on=clock.day_of(now),
                opens_at=now - timedelta(hours=1),
                last_start_at=now + timedelta(minutes=30),
                closes_at=now + timedelta(hours=2),
            )
        )


def sit(client: SiteClient) -> str:
    """Start, answer all but three questions rightly, hand in; the sitting's id."""
    url = re.search(r'href="(/sittings/[0-9a-f-]{36})"', client.page("/"))[1]
    assert "开始考试" in client.page(url)
    client.send(f"{url}/start")
    assert len(re.findall(r"<fieldset[^>]*data-position=", client.page(url))) == 45
    sitting = url.rpartition("/")[2]
    saved = client.send_json(f"{url}/answers", right_answers(sitting, 42), status=200).json
    assert saved["acknowledged"] == 42
    assert "未作答" in client.page(f"{url}/hand-in")
    client.send(f"{url}/submit")
    return sitting


def test_an_empty_production_database_comes_to_a_released_result(site):
    fill_the_empty_database(site)
    roles = ("officer", "author", "reviewer", "personnel")
    officer, author, reviewer, personnel = (site.add_account(role) for role in roles)
    author.page("/bank/items")
    reviewer.page("/bank/review")

    with site.app.app_context():
        url = plan_and_prepare(site, officer)
        account_list = officer.send(f"{url}/accounts").location
        work_off([ISSUING], now=clock.now())
        issued = officer.get(f"{account_list}/list.xlsx").data
        accounts = {row.values["name"]: row.values for row in read_rows(io.BytesIO(issued), ACCOUNT_COLUMNS)}
        bring_forward(url.rpartition("/")[2])
        known = accounts["王考生"]
        candidate = site.enter(known["username"], known["password"])
        sitting = sit(candidate)

        assert "尚未公布" in candidate.page(f"/results/{sitting}")
        waiting = site.json("eligibility", "check", "--id-number", WANG, "--on", today(), code=1)
        assert (waiting["verdict"], waiting["reason"]) == ("not_eligible", "never_sat")
        close_the_session(url.rpartition("/")[2])
        assert site.json("exam", "close-overdue")["absent"] == 1
        officer.send(f"{url}/release")

        result = candidate.page(f"/results/{sitting}")
        assert verdict_of(result) == "合格"
        certificate = re.search(r'href="(/certificates/[^"/]+)"', result)[1]
        page = candidate.page(certificate)
        address = re.search(r'href="http://kaofa\.example\.cn(/certificates/verify/[^"]+)"', page)[1]
        verified = site.app.test_client().page(address)
        assert "有效。" in verified
        assert "王考生" not in verified
        for text in (result, page, verified, officer.page(url)):
            assert "演示数据" not in text

        check_what_others_rely_on(site, personnel, officer, url)


def verdict_of(result: str) -> str:
    words = re.search(r'<p class="verdict-words">(.*?)</p>', result, re.DOTALL)
    assert words is not None
    return re.sub(r"<[^>]+>", " ", words[1]).split()[0]


def close_the_session(session_id: str) -> None:
    with transaction() as session:
        session.execute(
            update(ExamSession)
            .where(ExamSession.id == session_id)
            .values(last_start_at=clock.now() - timedelta(minutes=10))
        )


def today() -> str:
    return clock.day_of(clock.now()).isoformat()


def check_what_others_rely_on(site: Site, personnel: SiteClient, officer: SiteClient, url: str) -> None:
    asked = {"id_number": WANG, "name": "王考生", "on": today(), "purpose": "干部调整动议"}
    answer = unescape(personnel.send("/eligibility", asked, status=200).text)
    assert "可以提请" in answer
    assert WANG not in answer
    found = site.json("eligibility", "check", "--id-number", WANG, "--on", today())
    assert (found["verdict"], found["reason"]) == ("eligible", "valid_pass")
    missed = site.json("eligibility", "check", "--id-number", ZHAO, "--on", today(), code=1)
    assert missed["reason"] == "absent"
    period = ("--from", today(), "--to", today())
    counted = site.json("report", "pass-rate", *period)
    assert (counted["sat"], counted["passed"], counted["rate"]) == (1, 1, "100.00")
    roll = officer.send(f"{url}/roll", {"reason": "报市委组织部"}, status=200).data
    assert roll[:2] == b"PK"
    db.session.remove()
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert {"load-starter", "issue-accounts", "export-roll", "release-results"} <= actions


def test_commands_in_processes_of_their_own_open_an_empty_database(tmp_path, make_app):
    env = environment(tmp_path, **VARIABLES)

    def command(*arguments: str) -> tuple[int, str]:
        done = python("-m", "flask", "--app", "wsgi", *arguments, env=env)
        assert done.stderr.count("Traceback") == 0, done.stderr
        return done.returncode, done.stdout

    site = Site(make_app(load_settings(env)), command, tmp_path)
    assert command("db", "upgrade")[0] == 0
    assert site.json("bank", "load-starter")["added"] >= 240
    officer = site.add_account("officer")
    assert "标准卷" in officer.page("/office/sessions/new")
    counted = site.json("report", "pass-rate", "--from", today(), "--to", today())
    assert (counted["sat"], counted["rate"]) == (0, None)
