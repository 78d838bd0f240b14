"""Signing in and out, and passwords."""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from core.actor import Actor, Permission
from core.audit.services import record
from core.auth import queries
from core.auth.models import SignInEvent, SignInOutcome, SignInSession
from core.auth.passwords import hash_password, nobodys_hash, one_time_password, verify_password
from core.auth.rules import locked_until, may_be_reset_by_office, password_problems, slow_down
from core.clock import day_of
from core.db import transaction
from core.errors import Conflict, Invalid, NotAllowed, Problem
from core.people import queries as people
from core.people.models import Account

if TYPE_CHECKING:
    from datetime import datetime

    from flask_sqlalchemy.session import Session
    from sqlalchemy.orm import scoped_session

SEEN_EVERY = timedelta(minutes=1)


def sign_in(*, username: str, password: str, address: str, browser: str, now: datetime) -> str:
    """Check name and password and open a sign-in session; returns its id.

    Raises `Invalid` with one message for every reason of refusal but the lock, which says until when it
    holds. Five failures of the same name from the same address lock both together for fifteen minutes.
    """
    name = username.strip().casefold()[:32]
    until = locked_until(queries.failures(name, address=address, now=now))
    if until is not None and now < until:
        minutes = max(1, round((until - now).total_seconds() / 60))
        raise Invalid.one(
            "locked", f"登录失败次数过多，请约 {minutes} 分钟后再试，或请工作人员解除锁定。", "username"
        )
    time.sleep(slow_down(len(queries.failures(name, address=None, now=now))))
    account = queries.account_by_username(name)
    matches = verify_password(account.password_hash if account else nobodys_hash(), password)
    if account is None or not matches or account.disabled_at is not None:
        with transaction() as session:
            session.add(
                SignInEvent(username=name, address=address, outcome=SignInOutcome.FAILED, recorded_at=now)
            )
        raise Invalid.one("refused", "用户名或密码不正确。", "password")
    with transaction() as session:
        session.add(
            SignInEvent(username=name, address=address, outcome=SignInOutcome.SUCCEEDED, recorded_at=now)
        )
        sign_in_id = _open(session, account, address=address, browser=browser, now=now)
        actor = Actor(label=account.username, account_id=account.id, sign_in_id=sign_in_id, address=address)
        record("sign-in", "account", account.id, actor=actor, now=now)
    return sign_in_id


def _open(
    session: scoped_session[Session], account: Account, *, address: str, browser: str, now: datetime
) -> str:
    sign_in_id = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            id=sign_in_id,
            account_id=account.id,
            created_at=now,
            last_seen_at=now,
            address=address,
            browser=browser[:200],
        ),
    )
    return sign_in_id


def touch(*, sign_in_id: str, last_seen_at: datetime, now: datetime) -> None:
    """Note that a sign-in is in use, at most once a minute."""
    if now - last_seen_at < SEEN_EVERY:
        return
    with transaction() as session:
        session.execute(update(SignInSession).where(SignInSession.id == sign_in_id).values(last_seen_at=now))


def sign_out(*, actor: Actor, now: datetime) -> None:
    """End the actor's own sign-in."""
    with transaction() as session:
        session.execute(
            update(SignInSession)
            .where(SignInSession.id == actor.sign_in_id, SignInSession.ended_at.is_(None))
            .values(ended_at=now),
        )
        record("sign-out", "account", actor.account_id, actor=actor, now=now)


def confirm_password(*, password: str, actor: Actor, now: datetime) -> None:
    """Ask the signed-in person for the password again, before an act that a borrowed keyboard must not do.

    Raises `Invalid` for a wrong one. Failures count towards the lock of the name at this address.
    """
    account = queries.account(actor.account_id)
    until = locked_until(queries.failures(account.username, address=actor.address, now=now))
    if until is not None and now < until:
        minutes = max(1, round((until - now).total_seconds() / 60))
        raise Invalid.one(
            "locked", f"密码错误次数过多，请约 {minutes} 分钟后再试，或请工作人员协助。", "password"
        )
    if verify_password(account.password_hash, password):
        return
    with transaction() as session:
        session.add(
            SignInEvent(
                username=account.username,
                address=actor.address,
                outcome=SignInOutcome.FAILED,
                recorded_at=now,
            )
        )
    raise Invalid.one("refused", "密码不正确。", "password")


def change_password(*, current: str, new: str, actor: Actor, now: datetime) -> None:
    """Set a password of one's own; every other sign-in of the account ends."""
    account = queries.account(actor.account_id)
    problems = password_problems(new, username=account.username)
    if not verify_password(account.password_hash, current):
        problems.insert(0, Problem("current", "当前密码不正确。", "current_password"))
    elif new == current:
        problems.append(Problem("same", "新密码不能与当前密码相同。", "new_password"))
    if problems:
        raise Invalid(problems)
    new_hash = hash_password(new)
    with transaction() as session:
        _set_password(session, account.id, new_hash, must_change=False, keep=actor.sign_in_id, now=now)
        record("change-password", "account", account.id, actor=actor, now=now)


def reset_password(*, account_id: int, actor: Actor, now: datetime) -> str:
    """Give an account a one-time password, which it must change at the next sign-in; ends its sign-ins.

    Raises `NotFound` outside the actor's units, `NotAllowed` for an account that would open to the office what
    it must not see (keys, the audit): those are reset at the server's console.
    """
    if not actor.may(Permission.MANAGE_PEOPLE):
        raise NotAllowed("您没有重置密码的权限。")
    units = actor.units_for(Permission.MANAGE_PEOPLE)
    account = people.account_line(account_id, units=units, on=day_of(now))
    if account.is_demo:
        raise Conflict("演示账号共用一个密码，不能重置。", code="demo_account")
    if not actor.unrestricted and not may_be_reset_by_office(role for role, _ in account.roles):
        raise NotAllowed("命题、审题和审计账号的密码须由系统管理员在服务器上重置。")
    password = one_time_password()
    new_hash = hash_password(password)
    with transaction() as session:
        _set_password(session, account.id, new_hash, must_change=True, keep=None, now=now)
        record("reset-password", "account", account.id, actor=actor, now=now)
    return password


def _set_password(
    session: scoped_session[Session],
    account_id: int,
    new_hash: str,
    *,
    must_change: bool,
    keep: str | None,
    now: datetime,
) -> None:
    session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(password_hash=new_hash, must_change_password=must_change),
    )
    ended = update(SignInSession).where(
        SignInSession.account_id == account_id, SignInSession.ended_at.is_(None)
    )
    if keep is not None:
        ended = ended.where(SignInSession.id != keep)
    session.execute(ended.values(ended_at=now))


def lift_lock(*, username: str, address: str, actor: Actor, now: datetime) -> None:
    """Lift the lock that failures have put on a name at an address."""
    if not actor.may(Permission.MANAGE_PEOPLE):
        raise NotAllowed("您没有解除锁定的权限。")
    with transaction() as session:
        session.add(
            SignInEvent(username=username, address=address, outcome=SignInOutcome.LIFTED, recorded_at=now)
        )
        record("lift-lock", "sign-in", f"{username}@{address}", actor=actor, now=now)
