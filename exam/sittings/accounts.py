"""Accounts for the candidates of a session: made with one-time passwords in the background, listed once.

Hashing takes fifteen milliseconds a person and more, so that a page cannot wait for it. Accounts are made portion
by portion, each in one transaction with its lines of the list: whatever ends the work, an account that exists is
on the list. The passwords on the list are encrypted, and deleted as soon as somebody has them on paper.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from core.actor import Actor, Permission, Role
from core.audit.services import record
from core.auth.passwords import hash_password, one_time_password
from core.auth.resets import propose_reset
from core.auth.services import replace_unused_password, reset_password
from core.clock import day_of
from core.db import db, transaction
from core.errors import Conflict, NotAllowed, NotFound
from core.jobs import work
from core.jobs.models import WHOLE, JobState
from core.jobs.queries import begun_before, stored
from core.jobs.work import JobQueue, Step, Stop
from core.keys import key_ring
from core.people.models import Account, Person, RoleGrant, Unit
from core.people.queries import masked_id_number_of
from exam.sittings import account_queries as queries
from exam.sittings.account_queries import AT_WORK, LIST_KEPT, PURPOSE, IssuedAccount
from exam.sittings.models import AccountIssue, IssuedPassword, Sitting
from exam.sittings.office import allow, locked_session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select

USERNAME_PREFIX = "ks"
USERNAME_DIGITS = 7
MOST = 3000
"""So many people an issue: well within what a piece of background work may take."""
PORTION = 25
"""People whose accounts are made in one transaction: about a second of hashing before it."""
DAYS_KEPT = 30
KEEPER = Actor(label="background")
INTERRUPTED = "发放时服务中断。已经发出的账号在清单上；其余的人请再次发放。"


def start_issue(*, session_id: UUID, again: bool, actor: Actor, now: datetime) -> UUID:
    """Have accounts made for everyone admitted to the session who has none; returns the issue's id.

    `again`: new passwords instead, for those who have not signed in yet. Raises `Conflict` `nobody` when there is
    nobody to do it for, `at_work` while accounts of the session are being issued.
    """
    allow(actor)
    if not actor.may(Permission.MANAGE_PEOPLE):
        raise NotAllowed("您没有发放账号的权限。")
    issue_id = uuid.uuid4()
    with transaction() as session:
        locked_session(session_id)  # of two officers who ask at once, one comes first
        at_work = select(AccountIssue.id).where(
            AccountIssue.session_id == session_id, AccountIssue.state.in_(AT_WORK)
        )
        if session.scalar(at_work.limit(1)) is not None:
            raise Conflict("本场的账号正在发放，请等它完成后再办理。", code="at_work")
        wanted = queries.not_signed_in if again else queries.without_account
        people = session.execute(wanted(session_id, actor).limit(MOST)).all()
        if not people:
            raise Conflict(
                "有账号的考生都已登录过。忘记密码的，请在其准考页面单独重发。"
                if again
                else "本场考生都已有账号。忘记密码的，请在其准考页面单独重发。",
                code="nobody",
            )
        session.add(
            AccountIssue(
                id=issue_id,
                account_id=actor.account_id,
                author_label=actor.label,
                address=actor.address,
                session_id=session_id,
                again=again,
                people=len(people),
                state=JobState.WAITING,
                created_at=now,
            )
        )
        session.flush()
        session.execute(
            insert(IssuedPassword),
            [
                {"issue_id": issue_id, "position": position, "person_id": person_id, "unit_id": unit_id}
                for position, (person_id, unit_id) in enumerate(people, start=1)
            ],
        )
        record(
            "start-issue-accounts",
            "exam-session",
            session_id,
            actor=actor,
            now=now,
            issue=str(issue_id),
            people=len(people),
            again=again,
        )
    return issue_id


def make_accounts(*, job_id: UUID, now: datetime) -> None:
    """Make the accounts of an issue, or the new passwords. For the worker, which has set its state to WRITING."""
    while lines := db.session.scalars(
        select(IssuedPassword)
        .where(IssuedPassword.issue_id == job_id, IssuedPassword.sealed.is_(None))
        .order_by(IssuedPassword.position)
        .limit(PORTION)
    ).all():
        passwords = [one_time_password() for _ in lines]
        hashes = [hash_password(password) for password in passwords]
        with transaction() as session:
            issue = stored(AccountIssue, job_id)
            usernames = _give_again(lines, hashes) if issue.again else _give_first(lines, hashes, now=now)
            for line, password in zip(lines, passwords, strict=True):
                if line.person_id in usernames:
                    line.username = usernames[line.person_id]
                    line.sealed = key_ring().seal(PURPOSE, password.encode(), record=line.id)
                else:
                    session.delete(line)
            issue.issued += len(usernames)
            issue.passed_over += len(lines) - len(usernames)
            issue.share = WHOLE * (issue.issued + issue.passed_over) // issue.people
            record(
                "reissue-passwords" if issue.again else "issue-accounts",
                "exam-session",
                issue.session_id,
                actor=Actor(label=issue.author_label, account_id=issue.account_id, address=issue.address),
                now=now,
                issue=str(job_id),
                accounts=len(usernames),
            )
    with transaction():
        work.end(stored(AccountIssue, job_id), JobState.DONE, now=now)


def _give_first(lines: Sequence[IssuedPassword], hashes: Sequence[str], *, now: datetime) -> dict[int, str]:
    """Make an account for each person who still has none; the user names by person."""
    people = {person.id: person for person in db.session.scalars(_people_of(lines))}
    served = set(db.session.scalars(select(Account.person_id).where(Account.person_id.in_(people))))
    lacking = [
        (people[line.person_id], password_hash)
        for line, password_hash in zip(lines, hashes, strict=True)
        if line.person_id not in served
    ]
    accounts = [
        Account(
            username=username,
            display_name=person.name,
            person_id=person.id,
            password_hash=password_hash,
            must_change_password=True,
            created_at=now,
        )
        for (person, password_hash), username in zip(lacking, _free_usernames(len(lacking)), strict=True)
    ]
    db.session.add_all(accounts)
    db.session.flush()
    db.session.add_all(
        RoleGrant(account_id=account.id, role=Role.CANDIDATE, starts_on=day_of(now), recorded_at=now)
        for account in accounts
    )
    return {account.person_id: account.username for account in accounts if account.person_id is not None}


def _give_again(lines: Sequence[IssuedPassword], hashes: Sequence[str]) -> dict[int, str]:
    """Give each account that is still unused a new password; the user names by person.

    The password on an earlier list is worth nothing any more, so its line goes.
    """
    accounts = {
        account.person_id: account
        for account in db.session.scalars(
            select(Account).where(Account.person_id.in_([line.person_id for line in lines]))
        )
    }
    usernames: dict[int, str] = {}
    for line, password_hash in zip(lines, hashes, strict=True):
        account = accounts[line.person_id]
        if replace_unused_password(account_id=account.id, password_hash=password_hash):
            usernames[line.person_id] = account.username
            db.session.execute(
                delete(IssuedPassword).where(
                    IssuedPassword.person_id == line.person_id, IssuedPassword.issue_id != line.issue_id
                )
            )
    return usernames


def _people_of(lines: Sequence[IssuedPassword]) -> Select[Person]:
    return select(Person).where(Person.id.in_([line.person_id for line in lines]))


def stopped_words(why: Stop) -> str:
    """What the officer is told whose issue was ended before it was done."""
    if why is Stop.INTERRUPTED:
        return INTERRUPTED
    return f"{work.bound_words(why)}已经发出的账号在清单上；其余的人请再次发放。"


def fail_issue(*, job_id: UUID, message: str, now: datetime) -> None:
    """End an issue whose worker was stopped in the middle of it; what was issued stays on its list."""
    with transaction() as session:
        work.end(stored(AccountIssue, job_id), JobState.FAILED, failure=message, now=now)
        session.execute(
            delete(IssuedPassword).where(IssuedPassword.issue_id == job_id, IssuedPassword.sealed.is_(None))
        )


def fetch_list(*, issue_id: UUID, as_file: bool, actor: Actor, now: datetime) -> list[IssuedAccount]:
    """The list of an issue, with its passwords; each look is logged. Raises `Conflict` when it has been deleted."""
    with transaction():
        issue = queries.issue(issue_id, account_id=actor.account_id)
        if not queries.is_kept(issue, now):
            raise Conflict("清单已经删除。需要时，请为没有登录过的人重发密码。", code="list_deleted")
        found = queries.issued_accounts(issue_id)
        record(
            "fetch-account-list",
            "exam-session",
            issue.session_id,
            actor=actor,
            now=now,
            issue=str(issue_id),
            people=len(found),
            as_file=as_file,
        )
    return found


def confirm_saved(*, issue_id: UUID, actor: Actor, now: datetime) -> None:
    """Delete the list of an issue that its receiver has saved. A repeat changes nothing."""
    with transaction():
        issue = queries.issue(issue_id, account_id=actor.account_id)
        if issue.state in AT_WORK:
            raise Conflict("账号还在发放，请等清单完成。", code="at_work")
        if issue.list_deleted_at is None:
            issue.is_saved = True
            _delete_list(issue, actor=actor, now=now)


def forget_issues(*, now: datetime) -> None:
    """Delete the lists that nobody said were saved within an hour, and the issues of long ago."""
    with_list = AccountIssue.list_deleted_at.is_(None)
    late = db.session.scalars(
        select(AccountIssue.id).where(with_list, AccountIssue.finished_at <= now - LIST_KEPT)
    ).all()
    for issue_id in late:
        with transaction():
            issue = stored(AccountIssue, issue_id)
            if issue.list_deleted_at is None:
                _delete_list(issue, actor=KEEPER, now=now)
    if old := begun_before(AccountIssue, now - timedelta(days=DAYS_KEPT)):
        with transaction() as session:
            session.execute(delete(IssuedPassword).where(IssuedPassword.issue_id.in_(old)))
            session.execute(delete(AccountIssue).where(AccountIssue.id.in_(old)))


def _delete_list(issue: AccountIssue, *, actor: Actor, now: datetime) -> None:
    mine = IssuedPassword.issue_id == issue.id
    lines = db.session.scalar(select(func.count()).where(mine))
    db.session.execute(delete(IssuedPassword).where(mine))
    issue.list_deleted_at = now
    record(
        "delete-account-list",
        "exam-session",
        issue.session_id,
        actor=actor,
        now=now,
        issue=str(issue.id),
        lines=lines,
        saved=issue.is_saved,
    )


def reissue_password(*, sitting_id: UUID, reason: str, actor: Actor, now: datetime) -> IssuedAccount:
    """A new one-time password for an admitted person's account; the person's sign-ins end.

    Raises `Conflict` `sits_now` while the person sits: that is proposed, see `propose_password`.
    """
    account, person, unit = _account_of(sitting_id, actor)
    password = reset_password(account_id=account.id, reason=reason, actor=actor, now=now)
    return IssuedAccount(person.name, masked_id_number_of(person), unit, account.username, password)


def propose_password(*, sitting_id: UUID, reason: str, actor: Actor, now: datetime) -> UUID:
    """Propose a one-time password for an admitted person who sits right now; returns the proposal's id."""
    account, _person, _unit = _account_of(sitting_id, actor)
    return propose_reset(account_id=account.id, reason=reason, actor=actor, now=now)


def _account_of(sitting_id: UUID, actor: Actor) -> tuple[Account, Person, str]:
    """The account of an admitted person within the actor's units, the person, and the unit's name."""
    allow(actor)
    query = (
        select(Account, Person, Unit.name)
        .join(Person, Person.id == Account.person_id)
        .join(Sitting, Sitting.person_id == Person.id)
        .join(Unit, Unit.id == Sitting.unit_id)
        .where(Sitting.id == sitting_id)
    )
    units = actor.units_for(Permission.MANAGE_SESSIONS)
    if units is not None:
        query = query.where(Sitting.unit_id.in_(units))
    found = db.session.execute(query).first()
    if found is None:
        raise NotFound("此人还没有账号，请先发放。")
    return found[0], found[1], found[2]


def _free_usernames(count: int) -> list[str]:
    """Random usernames that nobody has: they say nothing about the person and cannot be guessed in a row."""
    found: set[str] = set()
    while len(found) < count:
        number = secrets.randbelow(10**USERNAME_DIGITS)
        username = f"{USERNAME_PREFIX}{number:0{USERNAME_DIGITS}d}"
        if db.session.scalar(select(Account.id).where(Account.username == username)) is None:
            found.add(username)
    return sorted(found)


ISSUING = JobQueue(
    name="accounts",
    kind=AccountIssue,
    steps=(Step(JobState.WAITING, JobState.WRITING, make_accounts),),
    messages=stopped_words,
    fail=fail_issue,
    forget=forget_issues,
)
