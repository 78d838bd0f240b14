"""Building the rows of accounts and role grants. Called inside the transaction of a use case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.actor import Role, roles_conflict
from core.auth.passwords import hash_password, one_time_password
from core.clock import day_of
from core.db import db
from core.errors import Problem
from core.people.models import Account, RoleGrant

if TYPE_CHECKING:
    from datetime import datetime

    from core.people.models import Person

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account just made, and the one-time password that is shown once and kept nowhere."""

    account: Account
    password: str


def username_problems(username: str) -> list[Problem]:
    """What is wrong with a name to sign in with: 2 to 32 of a–z, 0–9, dot, underscore, hyphen; a letter first."""
    if USERNAME.fullmatch(username):
        return []
    message = "用户名须为 2 至 32 个字符，以小写字母开头，只用小写字母、数字、点、下划线和连字符。"
    return [Problem("username", message, "username")]


def role_problems(held: set[Role], wanted: Role) -> list[Problem]:
    """Why an account that holds these roles may not hold one more."""
    against = sorted(role.value for role in held if roles_conflict(role, wanted))
    if not against:
        return []
    message = f"角色 {wanted.value} 与该账号已有的角色 {'、'.join(against)} 不能由同一账号兼任，请另建账号。"
    return [Problem("role_conflict", message, "role")]


def roles_held(account_id: int, *, now: datetime) -> list[RoleGrant]:
    """The grants of an account that hold today or later."""
    return list(
        db.session.scalars(
            select(RoleGrant)
            .where(
                RoleGrant.account_id == account_id,
                RoleGrant.ends_on.is_(None) | (RoleGrant.ends_on > day_of(now)),
            )
            .order_by(RoleGrant.id)
        )
    )


def new_account(
    *,
    username: str,
    display_name: str,
    role: Role,
    now: datetime,
    unit_id: int | None = None,
    person: Person | None = None,
) -> NewAccount:
    """Add an account with one role from today on, and a one-time password to be changed at the first sign-in.

    Flushes, so that a name already taken shows at once (`IntegrityError`).
    """
    password = one_time_password()
    account = Account(
        username=username,
        display_name=display_name,
        person_id=person.id if person else None,
        password_hash=hash_password(password),
        must_change_password=True,
        created_at=now,
    )
    db.session.add(account)
    db.session.flush()
    grant_role(account, role, unit_id=unit_id, now=now)
    return NewAccount(account, password)


def grant_role(account: Account, role: Role, *, unit_id: int | None, now: datetime) -> RoleGrant:
    """Add a role that holds from today on, in a unit's subtree or (None) in the whole city."""
    grant = RoleGrant(
        account_id=account.id, role=role, unit_id=unit_id, starts_on=day_of(now), recorded_at=now
    )
    db.session.add(grant)
    db.session.flush()
    return grant
