"""Accounts of a session: made in the background, listed until somebody has them on paper, and then gone."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from core.actor import Actor
from core.audit.models import AuditEntry
from core.auth.services import sign_in
from core.db import db
from core.errors import Conflict, Invalid, NotFound
from core.jobs.models import JobState
from core.jobs.work import Stop, work_off
from core.people.models import Account
from exam.sittings import account_queries as queries
from exam.sittings import accounts
from exam.sittings.models import AccountIssue, IssuedPassword
from tests.factories.office import NOW, admit, entry, make_session

OFFICER = Actor(label="officer", account_id=7, unrestricted=True)
OTHER = Actor(label="other", account_id=8, unrestricted=True)
NAMES = ("甲", "乙", "丙", "丁", "戊")


@pytest.fixture
def session_id(either_app, monkeypatch):
    monkeypatch.setattr(accounts, "PORTION", 2)
    made = make_session(NOW)
    admit(made, [entry(number, f"考生{name}") for number, name in enumerate(NAMES, start=1)])
    return made


def start(session_id, *, again: bool = False, now=NOW):
    return accounts.start_issue(session_id=session_id, again=again, actor=OFFICER, now=now)


def work(now=NOW) -> None:
    db.session.rollback()
    work_off([accounts.ISSUING], now=now)


def issue_of(issue_id) -> AccountIssue:
    db.session.rollback()
    return queries.issue(issue_id, account_id=OFFICER.account_id)


def fetch(issue_id, now=NOW) -> list[queries.IssuedAccount]:
    db.session.rollback()
    return accounts.fetch_list(issue_id=issue_id, as_file=False, actor=OFFICER, now=now)


def opens(issued: queries.IssuedAccount) -> bool:
    """Whether the password on the slip opens the door."""
    try:
        sign_in(username=issued.username, password=issued.password, address="10.0.0.1", browser="", now=NOW)
    except Invalid:
        return False
    return True


def issued(session_id, *, again: bool = False) -> list[queries.IssuedAccount]:
    issue_id = start(session_id, again=again)
    work()
    return fetch(issue_id)


def test_everybody_gets_a_slip_whose_password_opens_the_door(session_id):
    issue_id = start(session_id)
    assert db.session.scalar(select(func.count(Account.id))) == 0, "the request itself makes nothing"
    with pytest.raises(Conflict):
        fetch(issue_id)
    work()
    found = issue_of(issue_id)
    assert (found.state, found.people, found.issued, found.share) == (JobState.DONE, 5, 5, 1000)
    slips = fetch(issue_id)
    assert sorted(slip.name for slip in slips) == sorted(f"考生{name}" for name in NAMES)
    assert slips == fetch(issue_id), "a reload shows the same list"
    assert opens(slips[0])
    assert opens(slips[-1])
    sealed = db.session.scalars(select(IssuedPassword.sealed)).all()
    assert not any(slip.password.encode() in one for slip in slips for one in sealed)


def test_no_password_is_logged_and_every_step_is(session_id):
    issue_id = start(session_id)
    work()
    slips = fetch(issue_id)
    accounts.confirm_saved(issue_id=issue_id, actor=OFFICER, now=NOW)
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    steps = [entry.action for entry in entries if entry.detail.get("issue") == str(issue_id)]
    assert steps == [
        "start-issue-accounts",
        *["issue-accounts"] * 3,
        "fetch-account-list",
        "delete-account-list",
    ]
    logged = json.dumps([entry.detail for entry in entries])
    assert not any(slip.password in logged for slip in slips)


def test_a_list_that_was_saved_is_gone(session_id):
    issue_id = start(session_id)
    with pytest.raises(Conflict):
        accounts.confirm_saved(issue_id=issue_id, actor=OFFICER, now=NOW)
    work()
    for _time in range(2):
        accounts.confirm_saved(issue_id=issue_id, actor=OFFICER, now=NOW)
    assert db.session.scalar(select(func.count(IssuedPassword.id))) == 0
    assert issue_of(issue_id).is_saved
    with pytest.raises(Conflict):
        fetch(issue_id)


def test_a_list_that_nobody_saved_is_gone_after_an_hour(session_id):
    issue_id = start(session_id)
    work()
    before, after = NOW + timedelta(minutes=59), NOW + timedelta(hours=1)
    work(before)
    assert len(fetch(issue_id, before)) == 5
    with pytest.raises(Conflict):
        fetch(issue_id, after)  # though nothing has deleted it yet
    work(after)
    assert db.session.execute(text("SELECT count(*) FROM issued_password")).scalar() == 0
    assert issue_of(issue_id).list_deleted_at == after
    assert not issue_of(issue_id).is_saved
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (last.action, last.detail["lines"], last.detail["saved"]) == ("delete-account-list", 5, False)


def test_what_a_crash_leaves_is_on_the_list_and_the_rest_is_issued_anew(session_id, monkeypatch):
    made = accounts.hash_password
    left = iter(range(3))

    def die_at_the_fourth(password: str) -> str:
        if next(left, None) is None:
            raise MemoryError
        return made(password)

    issue_id = start(session_id)
    monkeypatch.setattr(accounts, "hash_password", die_at_the_fourth)
    with pytest.raises(MemoryError):
        work()
    monkeypatch.setattr(accounts, "hash_password", made)
    work()  # finds the lock free
    found = issue_of(issue_id)
    assert (found.state, found.failure, found.issued) == (JobState.FAILED, accounts.INTERRUPTED, 2)
    slips = fetch(issue_id)
    usernames = set(db.session.scalars(select(Account.username)))
    assert {slip.username for slip in slips} == usernames
    assert all(opens(slip) for slip in slips)
    rest = issued(session_id)
    assert len(rest) == 3
    assert len(set(db.session.scalars(select(Account.username)))) == 5


def test_an_issue_that_exceeds_its_bounds_says_what_to_do(session_id):
    start(session_id)
    for why in Stop:
        assert "其余的人请再次发放" in accounts.stopped_words(why)


def test_who_has_not_signed_in_yet_gets_a_new_password_in_one_act(session_id):
    first = issued(session_id)
    assert opens(first[0])
    issue_id = start(session_id, again=True)
    assert opens(first[1]), "until the work is done the old password holds"
    work()
    second = fetch(issue_id)
    found = issue_of(issue_id)
    assert (found.people, found.issued, found.passed_over) == (4, 3, 1)
    assert {slip.username for slip in second} == {slip.username for slip in first[2:]}
    assert not opens(first[2])
    assert opens(second[0])
    assert opens(first[0]), "who has signed in keeps the password"


def test_slips_that_are_worth_nothing_leave_the_earlier_list(session_id):
    earlier = start(session_id)
    work()
    assert opens(fetch(earlier)[0])
    issued(session_id, again=True)
    assert len(fetch(earlier)) == 1


def test_there_is_nobody_to_do_it_for(session_id):
    with pytest.raises(Conflict):
        start(session_id, again=True)
    for slip in issued(session_id):
        opens(slip)
    for again in (True, False):
        with pytest.raises(Conflict) as caught:
            start(session_id, again=again)
        assert caught.value.code == "nobody"


def test_a_second_issue_waits_for_the_first(session_id):
    start(session_id)
    for again in (True, False):
        with pytest.raises(Conflict) as caught:
            start(session_id, again=again)
        assert caught.value.code == "at_work"


def test_a_list_is_for_whoever_asked_for_it(session_id):
    issue_id = start(session_id)
    work()
    for act in (
        lambda: queries.issue(issue_id, account_id=OTHER.account_id),
        lambda: accounts.fetch_list(issue_id=issue_id, as_file=True, actor=OTHER, now=NOW),
        lambda: accounts.confirm_saved(issue_id=issue_id, actor=OTHER, now=NOW),
    ):
        with pytest.raises(NotFound):
            act()
    assert queries.issues_to_see_to(session_id, account_id=OTHER.account_id, now=NOW) == []
    assert [row.id for row in queries.issues_to_see_to(session_id, account_id=7, now=NOW)] == [issue_id]


def test_old_issues_are_forgotten(session_id):
    issue_id = start(session_id)
    work()
    work(NOW + timedelta(days=accounts.DAYS_KEPT + 1))
    with pytest.raises(NotFound):
        issue_of(issue_id)
