"""A one-time password for somebody who sits an exam right now: an act by two people (ADR 19)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.actor import Permission
from core.approvals import services as approvals
from core.approvals.kinds import Change, Kind, Lines, Signed
from core.auth import queries
from core.auth.passwords import hash_password, one_time_password
from core.auth.services import give_password, resettable
from core.clock import shanghai
from core.errors import Conflict
from core.people import queries as people

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from core.actor import Actor

LAPSES_AFTER = timedelta(minutes=30)
NAME = "reset-password-while-sitting"


def propose_reset(*, account_id: int, reason: str, actor: Actor, now: datetime) -> UUID:
    """Propose a one-time password for somebody who sits right now; returns the proposal's id.

    Raises what `reset_password` raises, and `Conflict` `not_sitting` when one person is enough.
    """
    resettable(account_id, actor=actor, now=now)
    return approvals.propose(
        kind_name=NAME, subject=str(account_id), wanted={}, reason=reason, actor=actor, now=now
    )


def _describe(subject: str, _wanted: Change, now: datetime) -> Change:
    account = queries.account(int(subject))
    sits = queries.sits_now(account.id, now=now, locked=True)
    if sits is None:
        raise Conflict("此人现在没有在考试，不须两人办理，可以直接重置密码。", code="not_sitting")
    return {
        "username": account.username,
        "name": account.display_name,
        **{name: str(value) for name, value in asdict(sits).items()},
    }


def _words(change: Change) -> Lines:
    started = shanghai(datetime.fromisoformat(change["started_at"]))
    return [
        (_("账号"), f"{change['username']} · {change['name']}"),
        (_("正在考试"), f"{change['session_name']} · {change['room']}"),
        (_("开始作答"), f"{started:%Y-%m-%d %H:%M:%S}"),
    ]


def _carry_out(signed: Signed) -> Lines:
    password, new_hash = signed.ready
    give_password(
        int(signed.subject),
        new_hash,
        reason=signed.reason,
        actor=signed.actor,
        now=signed.now,
        proposal_id=signed.proposal_id,
    )
    return [(_("一次性密码"), password)]


def _make_ready() -> tuple[str, str]:
    password = one_time_password()
    return password, hash_password(password)


def _reachable(subjects: Collection[str], actor: Actor) -> set[str]:
    units = actor.units_for(Permission.MANAGE_PEOPLE)
    return {str(found) for found in people.accounts_within([int(s) for s in subjects], units=units)}


RESET_WHILE_SITTING = Kind(
    name=NAME,
    title=_l("重置正在考试的人的密码"),
    permission=Permission.MANAGE_PEOPLE,
    lapses_after=LAPSES_AFTER,
    describe=_describe,
    words=_words,
    consequence=_l(
        "签署后原密码失效，此人在各处的登录都会退出，其考试页面会说明原因。已保存的答案不受影响，考试时间照常计算。"
        "一次性密码只向签署人显示一次；换机继续作答还须监考人员核对本人后放行，签署人不能放行。"
    ),
    carry_out=_carry_out,
    reachable=_reachable,
    make_ready=_make_ready,
)
