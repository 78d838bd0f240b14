"""Letting the keys of a session be seen although another session asks its items, or may come to ask them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.audit.services import record
from core.db import transaction
from core.errors import Conflict, Invalid
from exam.results import queries
from exam.results.models import KeyConfirmation
from exam.sittings.models import KeyRelease
from exam.sittings.office import allow, allow_whole, locked_session
from question_bank.items.uses import token_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from core.actor import Actor

LONGEST_REASON = 400


def confirm_keys(*, session_id: UUID, seen: str, reason: str, actor: Actor, now: datetime) -> None:
    """Let the keys of a session be seen in spite of the sessions that `seen` stands for (see `uses.token_of`).

    Sessions that come to ask its items later hold the keys back again. Raises `Invalid` without a reason,
    `Conflict` `not_released` where the session shows no keys at all, `not_finished` while somebody of it may still
    sit, `not_needed` when nothing holds them back, `changed` when that is not what was seen.
    """
    allow(actor)
    if not reason.strip():
        raise Invalid.one("reason", "请写明为什么现在就可以公布答案。", "reason")
    if len(reason.strip()) > LONGEST_REASON:
        raise Invalid.one("too_long", f"理由不超过 {LONGEST_REASON} 个字。", "reason")
    with transaction() as session:
        row = locked_session(session_id)
        allow_whole(row, actor)
        if row.key_release is not KeyRelease.WITH_RESULT:
            raise Conflict("本场不公布答案。", code="not_released")
        if queries.anyone_may_sit(row.id):
            raise Conflict("本场还有考生未考完，不能公布答案。", code="not_finished")
        ahead = queries.holding_back(row.id, now=now)
        if not ahead:
            raise Conflict("没有场次需要确认，答案已随成绩公布。", code="not_needed")
        if token_of(ahead) != seen:
            raise Conflict("会用到这些试题的场次有变化，没有公布。请核对后再确认。", code="changed")
        session.add_all(
            KeyConfirmation(
                session_id=row.id,
                ahead_id=each.id,
                items=len(each.items),
                reason=reason.strip(),
                recorded_by=actor.label,
                recorded_at=now,
            )
            for each in ahead
        )
        record(
            "confirm-keys",
            "exam-session",
            row.id,
            actor=actor,
            now=now,
            reason=reason.strip(),
            ahead={str(each.id): len(each.items) for each in ahead},
        )
