"""Reads of signing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.actor import Actor, Grant
from core.auth.models import SignInEvent, SignInOutcome, SignInSession
from core.auth.rules import LOCK, locked_until
from core.clock import day_of
from core.db import db
from core.errors import NotFound
from core.people.models import Account, RoleGrant
from core.people.queries import subtree

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in session with the account that it belongs to, as one read finds them."""

    session: SignInSession
    account: Account


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


def sign_in(sign_in_id: str) -> SignIn | None:
    row = db.session.execute(
        select(SignInSession, Account)
        .join(Account, Account.id == SignInSession.account_id)
        .where(SignInSession.id == sign_in_id),
    ).first()
    return SignIn(row[0], row[1]) if row else None


def actor_of(found: SignIn, *, address: str, now: datetime) -> Actor:
    """The actor with the grants that hold today."""
    today = day_of(now)
    rows = db.session.scalars(
        select(RoleGrant).where(
            RoleGrant.account_id == found.account.id,
            RoleGrant.starts_on <= today,
            RoleGrant.ends_on.is_(None) | (RoleGrant.ends_on > today),
        ),
    )
    grants = tuple(Grant(row.role, None if row.unit_id is None else subtree(row.unit_id)) for row in rows)
    return Actor(
        label=found.account.username,
        account_id=found.account.id,
        person_id=found.account.person_id,
        grants=grants,
        sign_in_id=found.session.id,
        address=address,
    )


def failures(username: str, *, address: str | None, now: datetime) -> list[datetime]:
    """Failures of a name within the last half hour and since the last success or lifting, oldest first.

    With an address, those from that address; without, those from anywhere.
    """
    query = (
        select(SignInEvent.outcome, SignInEvent.recorded_at)
        .where(SignInEvent.username == username, SignInEvent.recorded_at > now - 2 * LOCK)
        .order_by(SignInEvent.recorded_at.desc(), SignInEvent.id.desc())
    )
    if address is not None:
        query = query.where(SignInEvent.address == address)
    found = []
    for outcome, at in db.session.execute(query):
        if outcome is not SignInOutcome.FAILED:
            break
        found.append(at)
    return found[::-1]


def locks(*, now: datetime) -> list[Lock]:
    """The locks that hold now, the latest first."""
    pairs = db.session.execute(
        select(SignInEvent.username, SignInEvent.address)
        .where(SignInEvent.outcome == SignInOutcome.FAILED, SignInEvent.recorded_at > now - 2 * LOCK)
        .distinct(),
    ).all()
    held = []
    for username, address in pairs:
        until = locked_until(failures(username, address=address, now=now))
        if until is not None and now < until:
            held.append(Lock(username, address, until))
    return sorted(held, key=lambda lock: lock.until, reverse=True)
