"""Lookups are bounded per account and day, and a run of unknown numbers is told to the auditor."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from core.actor import Actor, Grant, Role
from core.clock import at
from core.db import db
from core.errors import TooMany
from exam.eligibility.models import EligibilityLookup
from exam.eligibility.runs import Run, Unknown, runs
from exam.eligibility.services import ask
from tests.factories.bank import client_as
from tests.factories.people import make_account
from tests.factories.sittings import id_number

NOW = at(date(2026, 11, 23), 10)
MINUTE = timedelta(minutes=1)


def look_up(actor, number=1, now=NOW):
    return ask(
        id_number=id_number(number), on=clock.day_of(now), purpose="干部调整动议", actor=actor, now=now
    )


def count():
    return db.session.scalar(select(func.count()).select_from(EligibilityLookup))


@pytest.fixture
def bounded(make_app, sqlite_settings):
    """A site whose accounts may ask three times a day."""
    app = make_app(sqlite_settings, lookups_a_day=3)
    with app.app_context():
        yield app


def personnel(username):
    account_id = make_account(username, Role.PERSONNEL)
    return Actor(label=username, account_id=account_id, grants=(Grant(Role.PERSONNEL),))


def test_an_account_asks_so_often_a_day_and_no_more(bounded):
    first, second = personnel("first"), personnel("second")
    for number in range(3):
        look_up(first, number)
    with pytest.raises(TooMany, match="每日上限"):
        look_up(first)
    assert count() == 3
    look_up(second)
    look_up(first, now=at(clock.day_of(NOW), 0) + timedelta(days=1))
    for _ in range(4):
        look_up(Actor.command())


def test_the_page_says_so_and_keeps_what_was_typed(bounded):
    client = client_as(bounded, "asking", Role.PERSONNEL)
    form = {
        "id_number": id_number(1),
        "on": clock.day_of(clock.now()).isoformat(),
        "purpose": "干部调整动议",
    }
    for _ in range(3):
        client.send("/eligibility", form, status=200)
    refused = client.send("/eligibility", form, status=429)
    assert "达到每日上限" in refused.text
    assert "干部调整动议" in refused.text


def asked(*minutes, by="chen", same=False):
    return [
        Unknown(by, b"n" if same else f"{by}{minute}".encode(), NOW + minute * MINUTE) for minute in minutes
    ]


def test_ten_unknown_numbers_within_an_hour_are_a_run():
    assert runs(asked(*range(9))) == []
    assert runs(asked(*range(10), same=True)) == []
    assert runs(asked(*range(0, 100, 10))) == []
    assert runs(asked(*range(0, 60, 6))) == [Run("chen", NOW, NOW + 54 * MINUTE, 10)]


def test_runs_are_told_apart_by_account_and_by_time_and_a_long_one_is_one():
    long = asked(*range(0, 240, 5))
    later = asked(*range(600, 610))
    other = asked(*range(5), by="li")
    found = runs(sorted([*long, *later, *other], key=lambda lookup: lookup.at))
    assert found == [
        Run("chen", NOW + 600 * MINUTE, NOW + 609 * MINUTE, 10),
        Run("chen", NOW, NOW + 235 * MINUTE, 48),
    ]


def test_the_auditor_is_told_and_nobody_else(app):
    auditor = client_as(app, "auditor", Role.AUDITOR)
    assert "没有需要留意的查询" in auditor.page("/eligibility/notices")
    chen = personnel("chen")
    now = clock.now()
    for number in range(10):
        look_up(chen, number, now=now)
    page = auditor.page("/eligibility/notices")
    assert "chen" in page
    assert id_number(1) not in page
    assert "1 次连查不存在的号码" in auditor.page("/")
    client_as(app, "officer", Role.OFFICER).page("/eligibility/notices", status=403)
