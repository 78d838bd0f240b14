"""Reads of signing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import bindparam, func, select, true

from core.actor import Actor, Grant
from core.auth.models import (
    OpenTry,
    PasswordReset,
    SignInEvent,
    SignInOutcome,
    SignInSession,
)
from core.auth.rules import LOCK, RATE, SignInEnd, locked_until
from core.clock import day_of
from core.db import db
from core.errors import NotFound
from core.people.models import Account, RoleGrant
from core.people.queries import subtree

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from core.actor import Role


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in session with its account and the grants that hold on the day, as one read finds them."""

    id: str
    created_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    account_id: int
    username: str
    display_name: str
    person_id: int | None
    must_change_password: bool
    disabled_at: datetime | None
    grants: tuple[tuple[Role, int | None], ...]
    """Each role with the unit in whose subtree it holds; None is the whole city."""


# Built once: every request of a signed-in person makes this read.
_SIGN_IN = (
    select(
        SignInSession.id,
        SignInSession.created_at,
        SignInSession.last_seen_at,
        SignInSession.ended_at,
        Account.id.label("account_id"),
        Account.username,
        Account.display_name,
        Account.person_id,
        Account.must_change_password,
        Account.disabled_at,
        RoleGrant.role,
        RoleGrant.unit_id,
    )
    .join_from(SignInSession, Account, Account.id == SignInSession.account_id)
    .outerjoin(
        RoleGrant,
        (RoleGrant.account_id == Account.id)
        & (RoleGrant.starts_on <= bindparam("today"))
        & (RoleGrant.ends_on.is_(None) | (RoleGrant.ends_on > bindparam("today"))),
    )
    .where(SignInSession.id == bindparam("sign_in_id"))
    .order_by(RoleGrant.id)
)


@dataclass(frozen=True, slots=True)
class Lock:
    username: str
    address: str
    until: datetime


def account(account_id: int | None) -> Account:
    found = db.session.get(Account, account_id) if account_id is not None else None
    if found is None:
        raise NotFound("没有这个账号。")
    return found


def account_by_username(username: str) -> Account | None:
    return db.session.scalar(select(Account).where(Account.username == username))


@dataclass(frozen=True, slots=True)
class SitsNow:
    """What a person is in the middle of: the sitting, in the words of `exam`, which registers the question."""

    sitting_id: UUID
    session_name: str
    room: str
    started_at: datetime


def sits_now(account_id: int, *, now: datetime, locked: bool = False) -> SitsNow | None:
    """The running sitting of the person whose account this is. Locked, none starts or ends meanwhile."""
    person_id = db.session.scalar(select(Account.person_id).where(Account.id == account_id))
    if person_id is None:
        return None
    asked: Callable[..., SitsNow | None] = current_app.extensions["sits_now"]
    return asked(person_id, now=now, locked=locked)


def resets(account_id: int) -> list[PasswordReset]:
    """Every one-time password that the account was given, the latest first."""
    query = select(PasswordReset).where(PasswordReset.account_id == account_id)
    return list(db.session.scalars(query.order_by(PasswordReset.id.desc())))


def ended_sign_in(sign_in_id: str) -> tuple[int, SignInEnd | None] | None:
    """The account of a sign-in, and what ended it before its time; None when there is no such sign-in."""
    query = select(SignInSession.account_id, SignInSession.ended_by).where(SignInSession.id == sign_in_id)
    row = db.session.execute(query).first()
    return (row.account_id, row.ended_by) if row else None


def sign_in(sign_in_id: str, *, now: datetime) -> SignIn | None:
    rows = db.session.execute(_SIGN_IN, {"sign_in_id": sign_in_id, "today": day_of(now)}).all()
    if not rows:
        return None
    found = rows[0]
    return SignIn(
        id=found.id,
        created_at=found.created_at,
        last_seen_at=found.last_seen_at,
        ended_at=found.ended_at,
        account_id=found.account_id,
        username=found.username,
        display_name=found.display_name,
        person_id=found.person_id,
        must_change_password=found.must_change_password,
        disabled_at=found.disabled_at,
        grants=tuple((row.role, row.unit_id) for row in rows if row.role is not None),
    )


def actor_of(found: SignIn, *, address: str) -> Actor:
    """The actor with the grants that hold today."""
    return Actor(
        label=found.username,
        account_id=found.account_id,
        person_id=found.person_id,
        grants=tuple(
            Grant(role, None if unit_id is None else subtree(unit_id)) for role, unit_id in found.grants
        ),
        sign_in_id=found.id,
        address=address,
    )


def failures(username: str, *, address: str | None, now: datetime) -> list[datetime]:
    """Failures of a name within the last half hour and since the last success or lifting, oldest first.

    With an address, those from that address; without, those from anywhere. Tries that are still being
    checked are among them.
    """
    query = (
        select(SignInEvent.outcome, SignInEvent.recorded_at)
        .where(
            SignInEvent.username == username,
            SignInEvent.recorded_at > now - 2 * LOCK,
            SignInEvent.outcome != SignInOutcome.LOCKED,
        )
        .order_by(SignInEvent.recorded_at.desc(), SignInEvent.id.desc())
    )
    being_checked = select(OpenTry.began_at).where(
        OpenTry.username == username, OpenTry.began_at > now - 2 * LOCK
    )
    if address is not None:
        query = query.where(SignInEvent.address == address)
        being_checked = being_checked.where(OpenTry.address == address)
    found = list(db.session.scalars(being_checked))
    for outcome, at in db.session.execute(query):
        if outcome is not SignInOutcome.FAILED:
            break
        found.append(at)
    return sorted(found)


def tries_from(address: str, *, now: datetime) -> int:
    """How many passwords were tried from an address within the span that the bound on tries looks at."""
    done = select(func.count()).where(
        SignInEvent.address == address,
        SignInEvent.recorded_at > now - RATE,
        SignInEvent.outcome != SignInOutcome.LIFTED,
    )
    being_checked = select(func.count()).where(OpenTry.address == address, OpenTry.began_at > now - RATE)
    return (db.session.scalar(done) or 0) + (db.session.scalar(being_checked) or 0)


def never_locks(address: str, *, now: datetime) -> bool:
    """Whether failures at this address lock nobody out: a room's, where neighbours share one address.

    Rooms are known to `exam`, which registers the question.
    """
    asked: Callable[[str, datetime], bool] = current_app.extensions["is_room_address"]
    return asked(address, now)


@dataclass(frozen=True, slots=True)
class Failing:
    """A name whose password was given wrongly at an address; `until` where that has locked both together."""

    username: str
    address: str
    count: int
    last_at: datetime
    until: datetime | None


def failing(usernames: Collection[str], *, now: datetime) -> list[Failing]:
    """Those of the names that failed within the last half hour and have not come in since, the latest first."""
    return _failing(SignInEvent.username.in_(usernames), now=now)


def _failing(where: ColumnElement[bool], *, now: datetime) -> list[Failing]:
    rows = db.session.execute(
        select(SignInEvent.username, SignInEvent.address, SignInEvent.outcome, SignInEvent.recorded_at)
        .where(where, SignInEvent.recorded_at > now - 2 * LOCK, SignInEvent.outcome != SignInOutcome.LOCKED)
        .order_by(SignInEvent.recorded_at, SignInEvent.id)
    )
    since: dict[tuple[str, str], list[datetime]] = {}
    for username, address, outcome, at in rows:
        if outcome is SignInOutcome.FAILED:
            since.setdefault((username, address), []).append(at)
        else:
            since.pop((username, address), None)
    free = {address: never_locks(address, now=now) for _username, address in since}
    found = []
    for (username, address), instants in since.items():
        until = None if free[address] else locked_until(instants)
        held = until is not None and now < until
        found.append(Failing(username, address, len(instants), instants[-1], until if held else None))
    return sorted(found, key=lambda one: one.last_at, reverse=True)


def locks(*, now: datetime) -> list[Lock]:
    """The locks that hold now, the latest first."""
    held = [
        Lock(one.username, one.address, one.until)
        for one in _failing(true(), now=now)
        if one.until is not None
    ]
    return sorted(held, key=lambda lock: lock.until, reverse=True)
