"""The office's pages of people: found within one's units, masked, opened for a reason that is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.actor import Role
from core.audit.models import AuditEntry
from core.db import db
from tests.factories.people import LI, PASSWORD, ZHANG, make_account, make_person


@pytest.fixture
def office(app, client):
    make_account("officer", Role.OFFICER)
    client.sign_in("officer", PASSWORD)
    return client


@pytest.fixture
def gulin(app):
    make_account("gulin", Role.OFFICER, unit="510525")
    browser = app.test_client()
    browser.sign_in("gulin", PASSWORD)
    return browser


def test_a_person_is_found_by_part_of_the_name_and_shown_masked(office):
    person = make_person(name="欧阳若虚")
    page = office.page("/office/people?name=阳若")
    assert "欧阳若虚" in page
    assert "510502********0013" in page
    assert ZHANG not in page
    assert str(person.ref) in page
    assert "没有找到" in office.page("/office/people?name=百分号%25")


def test_a_number_finds_its_person_and_stands_in_no_address(office):
    person = make_person()
    found = office.send("/office/people", {"id_number": f" {ZHANG.lower()} "})
    assert found.location == f"/office/people/{person.ref}"
    assert "没有找到" in office.send("/office/people", {"id_number": LI}, status=200).text
    wrong = office.send("/office/people", {"id_number": "510502198001010014"}, status=422)
    assert "校验码" in wrong.text


def test_the_full_number_asks_a_reason_and_is_logged(office):
    person = make_person()
    url = f"/office/people/{person.ref}/id-number"
    for reason in ("", " ", "x"):
        refused = office.send(url, {"reason": reason}, status=422)
        assert ZHANG not in refused.text
    shown = office.send(url, {"reason": "核对档案"}, status=200)
    assert ZHANG in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert ZHANG not in office.page(f"/office/people/{person.ref}")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "view-id-number")).one()
    assert (entry.actor_label, entry.detail) == ("officer", {"reason": "核对档案"})


def test_people_outside_ones_units_do_not_exist(gulin):
    ours = make_person(LI, "李四", unit="510525")
    theirs = make_person()
    assert "李四" in gulin.page("/office/people?name=李")
    assert "没有找到" in gulin.page("/office/people?name=张三")
    assert "没有找到" in gulin.send("/office/people", {"id_number": ZHANG}, status=200).text
    gulin.page(f"/office/people/{ours.ref}")
    gulin.page(f"/office/people/{theirs.ref}", status=404)
    gulin.send(f"/office/people/{theirs.ref}/id-number", {"reason": "想看看"}, status=404)
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.action == "view-id-number")).all() == []


def test_accounts_are_listed_searched_and_reset(office):
    other = make_account("chen", Role.PERSONNEL, unit="510525")
    page = office.page("/office/accounts")
    assert "chen" in page
    assert "组织人事（古蔺县）" in page
    assert "chen" not in office.page("/office/accounts?text=zzz")
    url = f"/office/accounts/{other}/reset-password"
    refused = office.send(url, {"reason": " "}, status=422)
    assert "请写明理由" in refused.text
    assert "待修改初始密码" not in refused.text
    reset = office.send(url, {"reason": "本人忘记密码"}, status=200)
    assert "本人忘记密码" in office.page(f"/office/accounts/{other}")
    assert "密码已重置" in reset.text
    assert "待修改初始密码" in office.page(f"/office/accounts/{other}")
    assert "密码已重置" not in office.page(f"/office/accounts/{other}")


def test_an_authors_password_is_not_the_offices_to_reset(office):
    author = make_account("author", Role.AUTHOR)
    assert "重置为一次性密码" not in office.page(f"/office/accounts/{author}")
    office.send(f"/office/accounts/{author}/reset-password", status=403)


def test_accounts_outside_ones_units_do_not_exist(gulin, app):
    other = make_account("chen", Role.PERSONNEL)
    assert "chen" not in gulin.page("/office/accounts")
    gulin.page(f"/office/accounts/{other}", status=404)
    gulin.send(f"/office/accounts/{other}/reset-password", status=404)


def test_nothing_to_find_says_what_to_do(office):
    assert "请先查找" in office.page("/office/people")
    assert office.get("/office/people?name=" + "长" * 51).status_code == 422
