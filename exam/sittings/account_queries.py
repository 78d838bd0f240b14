"""Reads of the accounts of a session's candidates: who lacks one, who has not signed in, lists that wait to be saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import func, select

from core.actor import Permission
from core.auth.models import SignInSession
from core.auth.rules import RESET_BY_OFFICE
from core.db import db
from core.errors import NotFound
from core.jobs.models import JobState
from core.jobs.queries import own
from core.keys import key_ring
from core.people.models import Account, Person, RoleGrant, Unit
from core.people.queries import masked_id_number_of
from exam.sittings.models import AccountIssue, IssuedPassword, Sitting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select

    from core.actor import Actor

    Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])

PURPOSE = "issued-password"
LIST_KEPT = timedelta(hours=1)
AT_WORK = (JobState.WAITING, JobState.WRITING)


@dataclass(frozen=True, slots=True)
class IssuedAccount:
    """What a candidate is handed on paper; the password changes at the first sign-in."""

    name: str
    masked_id_number: str
    unit: str
    username: str
    password: str


def without_account(session_id: UUID, actor: Actor) -> Select[int, int]:
    """Who is admitted to the session and has no account: person and unit, by unit and name, within the actor's units."""
    return _within(_admitted(session_id).where(Account.id.is_(None)), actor)


def not_signed_in(session_id: UUID, actor: Actor) -> Select[int, int]:
    """Who is admitted, has an account and has never signed in with it, as `without_account` lists them.

    Accounts whose password the office may not reset are none of them.
    """
    signed_in = select(SignInSession.id).where(SignInSession.account_id == Account.id).exists()
    others = select(RoleGrant.id).where(
        RoleGrant.account_id == Account.id, RoleGrant.role.not_in(RESET_BY_OFFICE)
    )
    return _within(
        _admitted(session_id).where(
            Account.must_change_password,
            Account.is_demo.is_(False),
            Account.disabled_at.is_(None),
            ~signed_in,
            ~others.exists(),
        ),
        actor,
    )


def count_not_signed_in(session_id: UUID, *, actor: Actor) -> int:
    """How many could be given a new one-time password in one act."""
    waiting = not_signed_in(session_id, actor).order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(waiting)) or 0


def issue(issue_id: UUID, *, account_id: int | None) -> AccountIssue:
    """An issue that this account asked for; raises `NotFound`."""
    found = own(AccountIssue, issue_id, account_id=account_id)
    if found is None:
        raise NotFound("没有这份账号清单，或者它不是您办理的。")
    return found


def issues_to_see_to(session_id: UUID, *, account_id: int | None, now: datetime) -> Sequence[AccountIssue]:
    """The issues of an account in a session that are at work or whose list is still kept, the newest first."""
    return db.session.scalars(
        select(AccountIssue)
        .where(
            AccountIssue.session_id == session_id,
            AccountIssue.account_id == account_id,
            AccountIssue.list_deleted_at.is_(None),
            AccountIssue.finished_at.is_(None)
            | ((AccountIssue.finished_at > now - LIST_KEPT) & (AccountIssue.issued > 0)),
        )
        .order_by(AccountIssue.created_at.desc(), AccountIssue.id)
    ).all()


def is_kept(row: AccountIssue, now: datetime) -> bool:
    """Whether the list of an issue that is over can still be read."""
    return row.finished_at is not None and row.list_deleted_at is None and now < row.finished_at + LIST_KEPT


def issued_accounts(issue_id: UUID) -> list[IssuedAccount]:
    """The lines of a list, with the passwords."""
    rows = db.session.execute(
        select(IssuedPassword, Person, Unit.name)
        .join(Person, Person.id == IssuedPassword.person_id)
        .join(Unit, Unit.id == IssuedPassword.unit_id)
        .where(IssuedPassword.issue_id == issue_id, IssuedPassword.sealed.is_not(None))
        .order_by(IssuedPassword.position)
    )
    ring = key_ring()
    return [
        IssuedAccount(
            person.name,
            masked_id_number_of(person),
            unit,
            line.username,
            ring.unseal(PURPOSE, line.sealed or b"", record=line.id).decode(),
        )
        for line, person, unit in rows
    ]


def _admitted(session_id: UUID) -> Select[int, int]:
    return (
        select(Person.id, Sitting.unit_id)
        .join(Sitting, Sitting.person_id == Person.id)
        .join(Unit, Unit.id == Sitting.unit_id)
        .outerjoin(Account, Account.person_id == Person.id)
        .where(Sitting.session_id == session_id)
        .order_by(Unit.code, Person.name, Person.id)
    )


def _within(query: Query, actor: Actor) -> Query:
    units = actor.units_for(Permission.MANAGE_SESSIONS)
    return query if units is None else query.where(Sitting.unit_id.in_(units))
