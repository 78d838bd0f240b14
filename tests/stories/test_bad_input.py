"""What nobody should send, to every page that reads an address or a form: told or passed over, never a fault."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest

from core import clock
from core.actor import Role
from core.db import transaction
from core.jobs.work import work_off
from exam.sittings.accounts import ISSUING
from exam.sittings.models import ExamSession
from tests.factories.bank import client_as
from tests.factories.office import admit, make_session, prepare
from tests.factories.people import PASSWORD, make_account
from tests.factories.sittings import client_of, start_sitting

ODD = ("-1", "0", "9" * 30, "abc", "\x00", "长" * 500, "2026-02-30", "%", "'", "\ud7ff\U0010ffff")

ADDRESSES = {
    Role.OFFICER: (
        "/office/sessions?page=",
        "/office/accounts?page=",
        "/office/accounts?text=",
        "/office/people?text=",
        "/office/people?name=",
        "/office/people/",
        "/office/accounts/",
        "/office/sessions/",
        "/draws/",
        "/certificates/verify/",
    ),
    Role.AUDITOR: tuple(
        f"/reports/pass-rate{kind}?first=2018-01-01&last=2020-12-31&{name}="
        for kind in ("", ".xlsx")
        for name in ("first", "last", "definition", "by", "known_at", "sat", "rate", "lang")
    ),
    Role.AUTHOR: (
        "/bank/items?page=",
        "/bank/items?text=",
        "/bank/items?law=",
        "/bank/items?use=",
        "/bank/items/",
        "/bank/citing/1?article=",
        "/bank/statutes?text=",
        "/bank/statutes/",
    ),
}

FORMS = {
    Role.PERSONNEL: {"/eligibility": ("id_number", "name", "on", "known_at", "purpose")},
    Role.OFFICER: {"/office/people": ("id_number",), "/office/locks/lift": ("username", "address")},
}


@pytest.mark.parametrize("role", list(ADDRESSES), ids=str)
def test_no_address_makes_the_site_fail(either_app, role):
    either_app.config["PROPAGATE_EXCEPTIONS"] = False
    client = client_as(either_app, "someone", role)
    answers = {(url, odd): client.get(url + quote(odd)).status_code for url in ADDRESSES[role] for odd in ODD}
    assert {asked: status for asked, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize("role", list(FORMS), ids=str)
def test_no_form_makes_the_site_fail(either_app, role):
    either_app.config["PROPAGATE_EXCEPTIONS"] = False
    client = client_as(either_app, "someone", role)
    answers = {
        (url, name, odd): client.send(url, {name: odd}, status=None).status_code
        for url, names in FORMS[role].items()
        for name in names
        for odd in ODD
    }
    assert {asked: status for asked, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize("odd", ODD)
def test_no_sign_in_makes_the_site_fail(either_app, odd):
    client = either_app.test_client()
    form = {"username": odd, "password": odd, "next": odd}
    assert client.send("/sign-in", form, status=None).status_code in {400, 422}
    client.page("/office/sessions", status=303)


def test_a_nul_in_a_search_finds_nobody(either_app):
    client = client_as(either_app, "officer1", Role.OFFICER)
    found = client.get("/office/people?name=%00")
    assert found.status_code == 400
    assert "无法处理的字符" in found.text


@pytest.mark.parametrize(
    "target", ["/\r\nSet-Cookie: a=b", "/a\tb", "//evil.cn", "/\\evil.cn", "http://evil.cn"]
)
def test_no_target_of_a_sign_in_leads_away_or_ends_its_header(app, client, target):
    make_account("officer", Role.OFFICER)
    for _ in range(2):  # signing in, and when it is done already
        answer = client.send("/sign-in", {"username": "officer", "password": PASSWORD, "next": target})
        assert answer.location == "/"
        assert client.get("/sign-in", query_string={"next": target}).location == "/"


@pytest.mark.parametrize(
    "body",
    [
        "[" * 60_000,
        '{"a":' * 10_000,
        '{"events":[{"seq":1,"position":1,"choice":["\\ud800"]}]}',
        "9" * 5000,
    ],
    ids=["lists", "objects", "half a character", "a long number"],
)
def test_no_json_makes_saving_fail(either_app, body):
    sitting, candidate = start_sitting()
    client = client_of(either_app, candidate)
    headers = {
        "X-CSRFToken": client.token(),
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/json",
    }
    answer = client.post(f"/sittings/{sitting}/answers", data=body, headers=headers)
    assert answer.status_code == 422


def test_a_name_with_line_ends_keeps_no_passwords_back(app):
    session = make_session()
    admit(session)
    prepare(session)
    with transaction() as at_work:
        at_work.get_one(ExamSession, session).name = "甲\r\nSet-Cookie: a=b\u2028/乙"
    client = client_as(app, "officer1", Role.OFFICER)
    issue = client.send(f"/office/sessions/{session}/accounts").location
    work_off([ISSUING], now=clock.now())
    answer = client.get(f"{issue}/list.xlsx")
    assert answer.headers["Content-Disposition"].isascii()
    assert "账号-甲 Set-Cookie: a=b 乙.xlsx" in unquote(answer.headers["Content-Disposition"])
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "body",
    ["[" * 100_000, "[1]", "1", '{"username":{}}', '{"username":"\\ud800","password":"x"}', "{", "\xff"],
)
def test_no_json_in_the_place_of_a_form_makes_the_site_fail(client, body):
    headers = {"X-CSRFToken": client.token(), "Content-Type": "application/json"}
    assert client.post("/sign-in", data=body, headers=headers).status_code in {400, 422}


def test_a_referrer_that_is_no_address_leads_to_the_sign_in_page(app):
    client = app.test_client()
    headers = {"Referer": "http://[", "Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    answer = client.post("/password", data={"csrf_token": client.token()}, headers=headers)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")
