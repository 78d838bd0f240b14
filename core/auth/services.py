"""Signing in and out, and passwords."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

from core.actor import Actor, Permission
from core.approvals.rules import reason_problems
from core.audit.services import record
from core.auth import queries
from core.auth.models import OpenTry, PasswordReset, SignInEvent, SignInOutcome, SignInSession
from core.auth.passwords import hash_password, nobodys_hash, one_time_password, verify_password
from core.auth.rules import (
    LOCK,
    TRIES_ALLOWED,
    SignInEnd,
    locked_until,
    may_be_reset_by_office,
    password_problems,
    slow_down,
)
from core.clock import day_of
from core.db import db, hold, transaction
from core.errors import Conflict, Invalid, NotAllowed, Problem, TooMany
from core.people import queries as people
from core.people.models import Account

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from flask_sqlalchemy.session import Session
    from sqlalchemy.orm import scoped_session

    from core.people.queries import AccountLine

SEEN_EVERY = timedelta(minutes=1)


def sign_in(*, username: str, password: str, address: str, browser: str, now: datetime) -> str:
    """Check name and password and open a sign-in session; returns its id.

    Raises `Invalid` with one message for every reason of refusal but the lock, which says until when it
    holds, and `TooMany` when more was tried from this address than is allowed.
    """
    name = username.strip().casefold()[:32]
    account = queries.account_by_username(name)
    tried = _admit(name, address, now, bounded=True)
    matches = verify_password(account.password_hash if account else nobodys_hash(), password)
    if account is None or not matches or account.disabled_at is not None:
        _fail(tried)
        raise Invalid.one("refused", "用户名或密码不正确。", "password")
    with transaction() as session:
        _settle(tried, SignInOutcome.SUCCEEDED)
        sign_in_id = _open(session, account, address=address, browser=browser, now=now)
        actor = Actor(label=account.username, account_id=account.id, sign_in_id=sign_in_id, address=address)
        record("sign-in", "account", account.id, actor=actor, now=now)
    return sign_in_id


def _admit(name: str, address: str, now: datetime, *, bounded: bool = False) -> OpenTry:
    """Count a try before its password is looked at, so that tries sent at once are counted one by one.

    Five failures of the same name from the same address lock both together for fifteen minutes: `Invalid`
    `locked`. Failures of the name from anywhere only slow the reply, and so do those in an examination room,
    which a neighbour may have made. `bounded` also holds the address to its number of tries: `TooMany`.
    """
    free_of_bound: Callable[[str, datetime], bool] = current_app.extensions["is_free_of_rate"]
    in_room = queries.never_locks(address, now=now)
    bounded = bounded and not free_of_bound(address, now)
    with transaction() as session:
        hold(f"tries from {address}")
        if bounded and queries.tries_from(address, now=now) >= TRIES_ALLOWED:
            raise TooMany("此处登录过于频繁，请稍候一分钟再试。")
        session.execute(delete(OpenTry).where(OpenTry.address == address, OpenTry.began_at <= now - 2 * LOCK))
        until = None if in_room else locked_until(queries.failures(name, address=address, now=now))
        locked = until is not None and now < until
        delay = slow_down(len(queries.failures(name, address=None, now=now)))
        tried = OpenTry(username=name, address=address, began_at=now)
        session.add(_event(name, address, SignInOutcome.LOCKED, now) if locked else tried)
    if until is not None and locked:
        minutes = max(1, round((until - now).total_seconds() / 60))
        raise Invalid.one(
            "locked", f"密码错误次数过多，请约 {minutes} 分钟后再试，或请工作人员解除锁定。", "username"
        )
    time.sleep(delay)
    return tried


def _settle(tried: OpenTry, outcome: SignInOutcome) -> None:
    """Put a try's outcome in its place. Within the transaction of the use case."""
    db.session.execute(delete(OpenTry).where(OpenTry.id == tried.id))
    db.session.add(_event(tried.username, tried.address, outcome, tried.began_at))


def _fail(tried: OpenTry) -> None:
    with transaction():
        _settle(tried, SignInOutcome.FAILED)


def _event(name: str, address: str, outcome: SignInOutcome, now: datetime) -> SignInEvent:
    return SignInEvent(username=name, address=address, outcome=outcome, recorded_at=now)


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
    """Note that a sign-in is in use, at most once a minute.

    Where nothing can be written, what the person came to read is shown all the same.
    """
    if now - last_seen_at < SEEN_EVERY:
        return
    try:
        with transaction() as session:
            session.execute(
                update(SignInSession).where(SignInSession.id == sign_in_id).values(last_seen_at=now)
            )
    except OperationalError:
        current_app.logger.warning("the last use of a sign-in could not be noted")


def sign_out(*, actor: Actor, now: datetime) -> None:
    """End the actor's own sign-in."""
    with transaction() as session:
        session.execute(
            update(SignInSession)
            .where(SignInSession.id == actor.sign_in_id, SignInSession.ended_at.is_(None))
            .values(ended_at=now, ended_by=SignInEnd.SIGNED_OUT),
        )
        record("sign-out", "account", actor.account_id, actor=actor, now=now)


def confirm_password(*, password: str, actor: Actor, now: datetime) -> None:
    """Ask the signed-in person for the password again, before an act that a borrowed keyboard must not do.

    Raises `Invalid` for a wrong one. It is counted as signing in is.
    """
    account = queries.account(actor.account_id)
    tried = _admit_again(account, actor, now, field="password")
    if not verify_password(account.password_hash, password):
        _fail(tried)
        raise Invalid.one("refused", "密码不正确。", "password")
    with transaction():
        _settle(tried, SignInOutcome.SUCCEEDED)


def _admit_again(account: Account, actor: Actor, now: datetime, *, field: str) -> OpenTry:
    """Count a try of someone who is signed in already; a lock is told at the field that asks the password."""
    try:
        return _admit(account.username, actor.address, now)
    except Invalid as error:
        raise Invalid(replace(problem, where=field) for problem in error.problems) from error


def change_password(*, current: str, new: str, actor: Actor, now: datetime) -> None:
    """Set a password of one's own; every other sign-in of the account ends.

    The current one is counted as signing in is.
    """
    account = queries.account(actor.account_id)
    problems = password_problems(new, username=account.username)
    tried = _admit_again(account, actor, now, field="current_password")
    matches = verify_password(account.password_hash, current)
    if not matches:
        problems.insert(0, Problem("current", "当前密码不正确。", "current_password"))
    elif new == current:
        problems.append(Problem("same", "新密码不能与当前密码相同。", "new_password"))
    if problems:
        with transaction():
            _settle(tried, SignInOutcome.SUCCEEDED if matches else SignInOutcome.FAILED)
        raise Invalid(problems)
    new_hash = hash_password(new)
    with transaction() as session:
        _settle(tried, SignInOutcome.SUCCEEDED)
        _set_password(session, account.id, new_hash, must_change=False)
        end_sign_ins(account.id, SignInEnd.CHANGED, keep=actor.sign_in_id, now=now)
        record("change-password", "account", account.id, actor=actor, now=now)


def reset_password(*, account_id: int, reason: str, actor: Actor, now: datetime) -> str:
    """Give an account a one-time password, which it must change at the next sign-in; ends its sign-ins.

    Raises `Invalid` without a reason, `NotFound` outside the actor's units, `NotAllowed` for an account that
    would open to the office what it must not see (keys, the audit): those are reset at the server's console.
    `Conflict` `sits_now` while its person sits an exam: that needs two people, see `core/auth/resets.py`.
    """
    account = resettable(account_id, actor=actor, now=now)
    problems = reason_problems(reason)
    if problems:
        raise Invalid(problems)
    password = one_time_password()
    new_hash = hash_password(password)
    with transaction():
        if queries.sits_now(account.id, now=now, locked=True) is not None:
            raise Conflict(
                "此人正在考试，重置密码须由两人办理：请写明理由发起，由另一人签署。", code="sits_now"
            )
        give_password(account.id, new_hash, reason=reason.strip(), actor=actor, now=now)
    return password


def resettable(account_id: int, *, actor: Actor, now: datetime) -> AccountLine:
    """The account, if the actor may give it a new password; raises what `reset_password` says."""
    if not actor.may(Permission.MANAGE_PEOPLE):
        raise NotAllowed("您没有重置密码的权限。")
    units = actor.units_for(Permission.MANAGE_PEOPLE)
    account = people.account_line(account_id, units=units, on=day_of(now))
    if account.is_demo:
        raise Conflict("演示账号共用一个密码，不能重置。", code="demo_account")
    if not actor.unrestricted and not may_be_reset_by_office(role for role, _ in account.roles):
        raise NotAllowed("命题、审题和审计账号的密码须由系统管理员在服务器上重置。")
    return account


def replace_unused_password(*, account_id: int, password_hash: str) -> bool:
    """Give an account with which nobody has signed in yet another one-time password; inside the transaction.

    False when somebody has signed in meanwhile: the password then stays as it is.
    """
    used = select(SignInSession.id).where(SignInSession.account_id == Account.id).exists()
    replaced = db.session.execute(
        update(Account)
        .where(Account.id == account_id, Account.must_change_password, ~used)
        .values(password_hash=password_hash)
        .execution_options(synchronize_session=False)
    )
    return bool(replaced.rowcount)  # type: ignore[attr-defined]


def give_password(
    account_id: int,
    new_hash: str,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    proposal_id: UUID | None = None,
) -> None:
    """Set a one-time password and end the sign-ins. Within the transaction of the use case."""
    session = db.session
    _set_password(session, account_id, new_hash, must_change=True)
    end_sign_ins(account_id, SignInEnd.RESET, now=now)
    session.add(
        PasswordReset(
            account_id=account_id,
            reason=reason,
            proposal_id=proposal_id,
            reset_by_account_id=actor.account_id,
            recorded_by=actor.label,
            recorded_at=now,
        )
    )
    record("reset-password", "account", account_id, actor=actor, now=now, reason=reason)


def _set_password(
    session: scoped_session[Session], account_id: int, new_hash: str, *, must_change: bool
) -> None:
    session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(password_hash=new_hash, must_change_password=must_change),
    )


def end_sign_ins(account_id: int, end: SignInEnd, *, now: datetime, keep: str | None = None) -> None:
    """End the account's sign-ins, but that which is kept. Within the transaction of the use case."""
    ended = update(SignInSession).where(
        SignInSession.account_id == account_id, SignInSession.ended_at.is_(None)
    )
    if keep is not None:
        ended = ended.where(SignInSession.id != keep)
    db.session.execute(ended.values(ended_at=now, ended_by=end))


def lift_lock(*, username: str, address: str, actor: Actor, now: datetime) -> None:
    """Lift the lock that failures have put on a name at an address."""
    if not actor.may(Permission.MANAGE_PEOPLE):
        raise NotAllowed("您没有解除锁定的权限。")
    with transaction():
        lift(username, address, now)
        record("lift-lock", "sign-in", f"{username}@{address}", actor=actor, now=now)


def lift(username: str, address: str, now: datetime) -> None:
    """Let the failures of a name at an address count no more. Within the transaction of the use case."""
    db.session.execute(delete(OpenTry).where(OpenTry.username == username, OpenTry.address == address))
    db.session.add(_event(username, address, SignInOutcome.LIFTED, now))
