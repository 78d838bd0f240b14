"""The loaded demo as each of its accounts sees it: their pages, nobody else's, and that it is a demo."""

from __future__ import annotations

import io
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import openpyxl
import pytest

from config import load_settings
from core.actor import Role
from tests.server import environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

    from config import Settings
    from tests.client import SiteClient

pytestmark = pytest.mark.xdist_group("demo-story")

OPEN_SITTING = re.compile(r'href="(/sittings/[0-9a-f-]{36})"')
LISTED_SESSION = re.compile(r'href="(/office/sessions/[0-9a-f-]{36})"')
LISTED_ITEM = re.compile(r'href="(/bank/items/[^"/?]+)"')

PAGES = {
    "/office/sessions": {"officer"},
    "/office/sessions/new": {"officer"},
    "/office/candidates-template.xlsx": {"officer"},
    "/office/people": {"officer", "auditor"},
    "/office/accounts": {"officer"},
    "/office/locks": {"officer"},
    "/office/paper-specs": {"officer"},
    "/approvals": {"officer"},
    "/eligibility/notices": {"auditor"},
    "/marking": {"reviewer", "marker", "officer"},
    "/eligibility": {"personnel"},
    "/reports/pass-rate": {"officer", "personnel", "auditor"},
    "/reports/pass-rate.xlsx": {"officer", "personnel", "auditor"},
    "/bank/items": {"author", "reviewer"},
    "/bank/items/new": {"author"},
    "/bank/review": {"reviewer"},
    "/bank/statutes": {"author", "reviewer"},
}
"""Who may open what."""


@pytest.fixture(scope="module")
def copied(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A copy of the loaded demo, as a served site may be writing to the first."""
    home = tmp_path_factory.mktemp("story")
    for name in ("data-key", "secret-key", "demo-password"):
        (home / name).write_bytes((demo_home / name).read_bytes())
    with (
        closing(sqlite3.connect(demo_home / "kaofa.sqlite3")) as loaded,
        closing(sqlite3.connect(home / "kaofa.sqlite3")) as copy,
    ):
        loaded.backup(copy)
    return load_settings(environment(home))


@pytest.fixture
def site(copied: Settings, make_app: Callable[..., Flask]) -> Flask:
    return make_app(copied, testing=True)


@pytest.fixture
def enter(site: Flask) -> Callable[[str], SiteClient]:
    """Sign in as a demo account; the client that is in."""
    password = site.config["SETTINGS"].demo_password_file.read_text(encoding="ascii")

    def sign_in(username: str) -> SiteClient:
        client = site.test_client()
        assert client.sign_in(username, password).status_code == 303
        return client

    return sign_in


def first_cells(response) -> str:
    sheet = openpyxl.load_workbook(io.BytesIO(response.data)).active
    return " ".join(str(cell.value) for row in sheet.iter_rows(max_row=8) for cell in row if cell.value)


@pytest.mark.parametrize("username", [role.value for role in Role])
def test_each_account_sees_its_own_pages_and_no_others(enter, username):
    client = enter(username)
    menu = client.page("/")
    for url, allowed in PAGES.items():
        response = client.get(url)
        assert response.status_code == (200 if username in allowed else 403), (username, url)
        if response.mimetype == "text/html":
            assert "演示数据" in response.text, (username, url)
        if username not in allowed:
            assert f'href="{url}"' not in menu, (username, url)


@pytest.mark.parametrize("username", [role.value for role in Role if role is not Role.CANDIDATE])
def test_the_office_does_not_open_a_candidates_paper(enter, username):
    paper = OPEN_SITTING.search(enter("candidate").page("/"))[1]
    client = enter(username)
    for url in (paper, f"{paper}/hand-in", paper.replace("sittings", "results")):
        client.page(url, status=403)
    client.send(f"{paper}/start", status=403)


def test_every_page_says_that_it_is_a_demo(site, enter):
    nobody, candidate, officer, author = site.test_client(), *map(enter, ("candidate", "officer", "author"))
    [paper] = set(OPEN_SITTING.findall(candidate.page("/")))
    session = LISTED_SESSION.findall(officer.page("/office/sessions"))[0]
    item = LISTED_ITEM.findall(author.page("/bank/items"))[0]
    pages = [
        *(nobody.page(url) for url in ("/sign-in", "/certificates/verify")),
        nobody.page("/nowhere", status=404),
        *(candidate.page(url) for url in ("/", paper)),
        *(officer.page(session + more) for more in ("", "/candidates", "/watch", "/roll")),
        *(author.page(url) for url in (item, "/bank/statutes")),
    ]
    candidate.send(f"{paper}/start")
    pages += [candidate.page(url) for url in (paper, f"{paper}/hand-in")]
    candidate.send(f"{paper}/submit")
    pages += [candidate.page(url) for url in (paper, paper.replace("sittings", "results"))]
    assert [page[:300] for page in pages if "演示数据" not in page] == []


def test_exports_say_that_they_are_of_a_demo(enter):
    officer, auditor = enter("officer"), enter("auditor")
    session = LISTED_SESSION.findall(officer.page("/office/sessions"))[0]
    roll = officer.send(f"{session}/roll", {"reason": "核对名册"}, status=200)
    report = auditor.get("/reports/pass-rate.xlsx?first=2018-01-01&last=2020-12-31")
    assert "演示数据" in first_cells(roll)
    assert "演示数据" in first_cells(report)


def test_the_report_page_bears_out_the_published_figure(enter):
    page = enter("auditor").page("/reports/pass-rate?first=2018-01-01&last=2020-12-31")
    for figure in ("88.63", "87.53", "89.65"):
        assert figure in page
    assert re.search(r"3,?422", page)
    assert re.search(r"3,?033", page)
