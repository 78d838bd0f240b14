"""Accounts for the candidates of a session: made with one-time passwords, which are shown once and not kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.actor import Permission, Role
from core.audit.services import record
from core.auth.passwords import hash_password, one_time_password
from core.auth.resets import propose_reset
from core.auth.services import reset_password
from core.clock import day_of
from core.db import db, transaction
from core.errors import Conflict, NotAllowed, NotFound
from core.people.models import Account, Person, RoleGrant, Unit
from core.people.queries import masked_id_number_of
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.office import allow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select

    from core.actor import Actor

USERNAME_PREFIX = "ks"
USERNAME_DIGITS = 7


@dataclass(frozen=True, slots=True)
class IssuedAccount:
    """What a candidate is handed on paper; the password changes at the first sign-in."""

    name: str
    masked_id_number: str
    unit: str
    username: str
    password: str


def issue_accounts(*, session_id: UUID, actor: Actor, now: datetime) -> list[IssuedAccount]:
    """Make an account for everyone admitted to the session who has none, by unit and name.

    Raises `Conflict` `nobody` when everyone has one. Hashing takes about fifteen milliseconds a person and is
    done before the transaction.
    """
    allow(actor)
    if not actor.may(Permission.MANAGE_PEOPLE):
        raise NotAllowed("您没有发放账号的权限。")
    if db.session.get(ExamSession, session_id) is None:
        raise NotFound("没有这个场次。")
    lacking = [(row[0], row[1]) for row in db.session.execute(_without_account(session_id, actor))]
    if not lacking:
        raise Conflict("本场考生都已有账号。忘记密码的，请在其准考页面单独重发。", code="nobody")
    usernames = _free_usernames(len(lacking))
    passwords = [one_time_password() for _ in lacking]
    hashes = [hash_password(password) for password in passwords]
    try:
        with transaction() as session:
            accounts = [
                Account(
                    username=username,
                    display_name=person.name,
                    person_id=person.id,
                    password_hash=password_hash,
                    must_change_password=True,
                    created_at=now,
                )
                for (person, _), username, password_hash in zip(lacking, usernames, hashes, strict=True)
            ]
            session.add_all(accounts)
            session.flush()
            session.add_all(
                RoleGrant(account_id=account.id, role=Role.CANDIDATE, starts_on=day_of(now), recorded_at=now)
                for account in accounts
            )
            record("issue-accounts", "exam-session", session_id, actor=actor, now=now, accounts=len(accounts))
    except IntegrityError as error:
        raise Conflict("账号刚刚由别人发放，请刷新后再办理。", code="list_changed") from error
    return [
        IssuedAccount(person.name, masked_id_number_of(person), unit, username, password)
        for (person, unit), username, password in zip(lacking, usernames, passwords, strict=True)
    ]


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


def _without_account(session_id: UUID, actor: Actor) -> Select[Person, str]:
    query = (
        select(Person, Unit.name)
        .join(Sitting, Sitting.person_id == Person.id)
        .join(Unit, Unit.id == Sitting.unit_id)
        .outerjoin(Account, Account.person_id == Person.id)
        .where(Sitting.session_id == session_id, Account.id.is_(None))
        .order_by(Unit.code, Person.name, Person.id)
    )
    units = actor.units_for(Permission.MANAGE_SESSIONS)
    return query if units is None else query.where(Sitting.unit_id.in_(units))


def _free_usernames(count: int) -> list[str]:
    """Random usernames that nobody has: they say nothing about the person and cannot be guessed in a row."""
    found: set[str] = set()
    while len(found) < count:
        number = secrets.randbelow(10**USERNAME_DIGITS)
        username = f"{USERNAME_PREFIX}{number:0{USERNAME_DIGITS}d}"
        if db.session.scalar(select(Account.id).where(Account.username == username)) is None:
            found.add(username)
    return sorted(found)
