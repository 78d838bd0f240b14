"""Looks at people, accounts and keys are in the log, and so is who was not let in."""

from __future__ import annotations

import pwd

import pytest
from sqlalchemy import select

from core import commands
from core.actor import Role
from core.audit.models import AuditEntry
from core.db import db
from tests.factories.bank import client_as, make_item
from tests.factories.people import PASSWORD, ZHANG, make_account, make_person


def entries(action: str) -> list[AuditEntry]:
    db.session.rollback()
    query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
    return list(db.session.scalars(query))


@pytest.fixture
def officer(client):
    make_account()
    client.sign_in("officer", PASSWORD)
    return client


def test_who_looks_at_a_person_is_named_with_the_person(officer):
    ref = make_person().ref
    officer.page(f"/office/people/{ref}")
    [look] = entries("view-person")
    assert (look.actor_label, look.subject_kind, look.subject_id) == ("officer", "person", str(ref))
    officer.page("/office/people/00000000-0000-0000-0000-000000000000", status=404)
    assert len(entries("view-person")) == 1


def test_a_search_is_kept_with_what_was_asked_and_without_a_number(officer):
    make_person()
    officer.page("/office/people?name=张")
    officer.send("/office/people", {"id_number": ZHANG})
    assert [look.detail for look in entries("search-people")] == [{"asked": {"name": "张"}}]
    assert not any(
        ZHANG in str(entry.detail) + entry.subject_id for entry in db.session.scalars(select(AuditEntry))
    )


def test_who_looks_at_a_key_is_named_with_the_item(app):
    item, _ = make_item()
    client_as(app, "shen", Role.REVIEWER).page(f"/bank/items/{item.code}")
    [look] = entries("view-item")
    assert (look.actor_label, look.subject_id) == ("shen", item.code)


def test_who_is_not_let_in_is_kept_once_a_minute_and_place(officer):
    for _ in range(3):
        officer.page("/bank/items", status=403)
    officer.page("/eligibility", status=403)
    assert [(look.actor_label, look.subject_id) for look in entries("refused-entry")] == [
        ("officer", "bank.items"),
        ("officer", "eligibility.ask"),
    ]


def test_the_console_is_named_by_its_login(monkeypatch):
    monkeypatch.setattr("os.getlogin", lambda: "wang")
    assert commands.console().label == "console:wang"

    def no_terminal() -> str:
        raise OSError

    monkeypatch.setattr("os.getlogin", no_terminal)
    monkeypatch.setattr(
        "pwd.getpwuid", lambda _uid: pwd.struct_passwd(("kaofa", "x", 1, 1, "", "/", "/bin/sh"))
    )
    assert commands.console().label == "console:kaofa"


def test_a_grant_names_its_unit(app):
    make_account("county", unit="510502")
    [added] = entries("add-account")
    assert (added.detail["role"], added.detail["unit"]) == ("officer", "510502")
