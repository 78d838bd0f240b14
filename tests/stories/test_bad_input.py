"""What nobody should send, to every page that reads an address or a form: told or passed over, never a fault."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from core.actor import Role
from tests.factories.bank import client_as

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
