"""Taking access away and giving it back: accounts disabled and enabled, roles ended, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.actor import Permission, Role
from core.approvals.rules import reason_problems
from core.audit.services import record
from core.auth.queries import sits_now
from core.auth.rules import SignInEnd, ending_problem
from core.auth.services import end_sign_ins
from core.clock import day_of
from core.db import db, hold, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from core.people import queries
from core.people.models import Account, AccountAct, AccountEvent, RoleGrant

if TYPE_CHECKING:
    from datetime import date, datetime

    from core.actor import Actor
    from core.people.queries import AccountLine


def disable_account(
    *, account_id: int, reason: str, even_while_sitting: bool, actor: Actor, now: datetime
) -> None:
    """Let nobody sign in with an account any more; its sign-ins end at once. A repeat changes nothing.

    Raises `Invalid` without a reason, and `sits_now` while its person sits an exam unless that was meant;
    `Conflict` for one's own account and the last officer's, `NotAllowed` for an auditor's from the office.
    """
    line = _line(account_id, actor, now)
    problems = reason_problems(reason)
    sits = sits_now(account_id, now=now)
    if sits is not None and not even_while_sitting:
        problems.append(
            Problem(
                "sits_now",
                f"此人正在考试（{sits.session_name} · {sits.room}），停用后不能继续作答。确要停用，请勾选确认。",
                "even_while_sitting",
            )
        )
    if problems:
        raise Invalid(problems)
    with transaction() as session:
        hold("officers")
        account = session.get_one(Account, account_id, populate_existing=True, with_for_update=True)
        if account.disabled_at is not None:
            return
        held = [grant.id for grant in _grants(account_id, day_of(now))]
        _refuse_ending(line, held, on=day_of(now), actor=actor)
        account.disabled_at = now
        end_sign_ins(account_id, SignInEnd.DISABLED, now=now)
        _keep(account_id, AccountAct.DISABLED, reason, actor, now)
        record(
            "disable-account",
            "account",
            account_id,
            actor=actor,
            now=now,
            reason=reason.strip(),
            sitting=str(sits.sitting_id) if sits else None,
        )


def enable_account(*, account_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Let an account that was disabled sign in again, with the roles that still hold. A repeat changes nothing."""
    line = _line(account_id, actor, now)
    problems = reason_problems(reason)
    if problems:
        raise Invalid(problems)
    _refuse_ending(line, [], on=day_of(now), actor=actor)
    with transaction() as session:
        account = session.get_one(Account, account_id, populate_existing=True, with_for_update=True)
        if account.disabled_at is None:
            return
        account.disabled_at = None
        _keep(account_id, AccountAct.ENABLED, reason, actor, now)
        record("enable-account", "account", account_id, actor=actor, now=now, reason=reason.strip())


def end_grant(
    *, account_id: int, grant_id: int, ends_on: date, reason: str, actor: Actor, now: datetime
) -> None:
    """End a role from a day on, on which it no longer holds.

    Raises `Invalid` without a reason, for a day that has passed, or one on which the role has not held for a
    day yet; else what `disable_account` raises.
    """
    line = _line(account_id, actor, now)
    problems = reason_problems(reason)
    if ends_on < day_of(now):
        problems.append(Problem("past", "终止日不能早于今天。", "ends_on"))
    if problems:
        raise Invalid(problems)
    with transaction() as session:
        hold("officers")
        grant = session.get(RoleGrant, grant_id, populate_existing=True, with_for_update=True)
        if grant is None or grant.account_id != account_id:
            raise NotFound("没有这项角色。")
        if grant.ends_on is not None and grant.ends_on <= ends_on:
            raise Conflict(f"这项角色已定于 {grant.ends_on} 终止。", code="ended")
        if ends_on <= grant.starts_on:
            message = "这项角色今天才授予，最早可自明天起终止；需要立即禁止登录的，请停用账号。"
            raise Invalid.one("first_day", message, "ends_on")
        _refuse_ending(line, [grant_id], on=ends_on, actor=actor)
        grant.ends_on = ends_on
        _keep(account_id, AccountAct.ROLE_ENDED, reason, actor, now, grant_id=grant_id, on_day=ends_on)
        record(
            "end-role",
            "account",
            account_id,
            actor=actor,
            now=now,
            role=grant.role.value,
            unit_id=grant.unit_id,
            ends_on=ends_on.isoformat(),
            reason=reason.strip(),
        )


def _line(account_id: int, actor: Actor, now: datetime) -> AccountLine:
    if not actor.may(Permission.MANAGE_PEOPLE):
        raise NotAllowed("您没有管理账号的权限。")
    units = actor.units_for(Permission.MANAGE_PEOPLE)
    return queries.account_line(account_id, units=units, on=day_of(now))


def _refuse_ending(line: AccountLine, grant_ids: list[int], *, on: date, actor: Actor) -> None:
    """Raises what forbids taking these grants of the account away from that day on."""
    officer = _officer_grants(on)
    taken = [grant for grant in officer if grant.id in grant_ids]
    left = [grant for grant in officer if grant.id not in grant_ids]
    problem = ending_problem(
        own=line.id == actor.account_id,
        roles=[role for role, _unit in line.roles],
        at_console=actor.unrestricted,
        officer_units=[grant.unit_id for grant in taken],
        officer_units_left=[grant.unit_id for grant in left],
    )
    if problem is not None:
        error = NotAllowed if problem.code == "not_the_offices" else Conflict
        raise error(problem.message, code=problem.code)


def _grants(account_id: int, on: date) -> list[RoleGrant]:
    query = select(RoleGrant).where(RoleGrant.account_id == account_id, queries.holds(on))
    return list(db.session.scalars(query))


def _officer_grants(on: date) -> list[RoleGrant]:
    """The grants by which somebody who can sign in is an officer on a day."""
    query = (
        select(RoleGrant)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(RoleGrant.role == Role.OFFICER, queries.holds(on), Account.disabled_at.is_(None))
    )
    return list(db.session.scalars(query))


def _keep(
    account_id: int,
    act: AccountAct,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    grant_id: int | None = None,
    on_day: date | None = None,
) -> None:
    db.session.add(
        AccountEvent(
            account_id=account_id,
            act=act,
            grant_id=grant_id,
            on_day=on_day,
            reason=reason.strip(),
            recorded_by=actor.label,
            recorded_at=now,
        )
    )
