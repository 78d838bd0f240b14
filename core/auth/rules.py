"""Rules of signing in: when a lock holds, how long a sign-in lives, what a password must be. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.actor import Role
from core.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FAILURES_ALLOWED = 5
LOCK = timedelta(minutes=15)
RATE = timedelta(minutes=1)
TRIES_ALLOWED = 30
"""Tries to sign in from one address within `RATE`; an examination room's address is free of the bound."""
IDLE_LIMIT = timedelta(minutes=60)
LIFETIME = timedelta(hours=12)
PASSWORD_LENGTH = 8
PASSWORD_LENGTH_MOST = 128
CLASSES_WANTED = 3
RESET_BY_OFFICE = frozenset({Role.CANDIDATE, Role.OFFICER, Role.PERSONNEL})
"""Whoever resets a password can sign in as its owner: not into the bank with its keys, not into the audit."""


class SignInEnd(StrEnum):
    """What ended a sign-in before its time; its page says so."""

    SIGNED_OUT = "signed_out"
    CHANGED = "changed"
    RESET = "reset"
    DISABLED = "disabled"


SIGN_IN_END_WORDS = {
    SignInEnd.CHANGED: "密码已在另一处登录中修改，此处的登录已退出。请用新密码重新登录。",
    SignInEnd.RESET: "您的密码已由考务人员重置，此处的登录已退出。已保存的内容不受影响；请向考务人员领取一次性密码，重新登录。",
    SignInEnd.DISABLED: "您的账号已由考务人员停用，此处的登录已退出。如有疑问请联系考务人员。",
}


def locked_until(failures: Sequence[datetime]) -> datetime | None:
    """When the lock of an account and address together ends; None while five failures are not reached.

    `failures` are the instants of those since the last success or lifting, oldest first. Five within
    fifteen minutes lock for fifteen minutes from the fifth.
    """
    ends = None
    for first, fifth in zip(failures, failures[FAILURES_ALLOWED - 1 :], strict=False):
        if fifth - first <= LOCK:
            ends = fifth + LOCK
    return ends


def slow_down(failures: int) -> float:
    """Seconds by which a reply is delayed after that many failures of the account from anywhere.

    An account alone is never locked, so that nobody can lock out a colleague; it only answers more slowly.
    """
    return 0.0 if failures < FAILURES_ALLOWED else min(1.0, 0.1 * (failures - FAILURES_ALLOWED + 1))


def sign_in_ended(
    *,
    now: datetime,
    created_at: datetime,
    last_seen_at: datetime,
    ended_at: datetime | None,
) -> bool:
    """Whether a sign-in no longer holds by itself: signed out, idle for an hour, or twelve hours old."""
    return ended_at is not None or now - last_seen_at > IDLE_LIMIT or now - created_at > LIFETIME


def password_problems(password: str, *, username: str) -> list[Problem]:
    """What is wrong with a new password: length, kinds of characters (three of four), the name inside."""
    problems = []
    if not PASSWORD_LENGTH <= len(password) <= PASSWORD_LENGTH_MOST:
        problems.append(
            Problem(
                "length", f"密码须为 {PASSWORD_LENGTH} 至 {PASSWORD_LENGTH_MOST} 个字符。", "new_password"
            )
        )
    kinds = (
        any(c.islower() for c in password),
        any(c.isupper() for c in password),
        any(c.isdigit() for c in password),
        any(not c.isalnum() for c in password),
    )
    if sum(kinds) < CLASSES_WANTED:
        problems.append(
            Problem("kinds", "密码须包含大写字母、小写字母、数字、符号中的至少三类。", "new_password")
        )
    if len(username) >= 4 and username.casefold() in password.casefold():
        problems.append(Problem("username", "密码不能包含用户名。", "new_password"))
    return problems


def may_be_reset_by_office(roles: Iterable[Role]) -> bool:
    """Whether the office may give an account with these roles a new password."""
    return RESET_BY_OFFICE.issuperset(roles)


def ending_problem(
    *,
    own: bool,
    roles: Iterable[Role],
    at_console: bool,
    officer_units: Sequence[int | None],
    officer_units_left: Sequence[int | None],
) -> Problem | None:
    """Why access of an account may not be taken away or given back by this person; None when it may.

    `officer_units` are those (None: the whole city) in which it is an officer by what would end,
    `officer_units_left` those of everybody who would still be one. Nobody acts on themselves, the office not
    on who audits it, and an officer for the city, or any at all, is left.
    """
    if own:
        return Problem("own_account", "不能停用自己的账号或终止自己的角色，请由他人办理。")
    if not at_console and Role.AUDITOR in roles:
        return Problem("not_the_offices", "审计账号由系统管理员在服务器上停用、恢复或终止角色。")
    if not officer_units:
        return None
    left = None in officer_units_left if None in officer_units else bool(officer_units_left)
    return None if left else Problem("last_officer", "这是最后一个考务账号，须先另有一名考务人员。")
