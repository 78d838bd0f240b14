"""Writing which items may never be in one paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from core.actor import Permission
from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from question_bank.items import queries
from question_bank.items.models import EnemyPair

if TYPE_CHECKING:
    from datetime import datetime

    from core.actor import Actor

LONGEST_REASON = 400


def add_enemy(*, code: str, enemy: str, reason: str, actor: Actor, now: datetime) -> None:
    """Keep two items, given by their codes, out of one paper from the next draw on.

    Raises `Invalid` for an item that is its own enemy, a code that no item has and a missing reason, `Conflict`
    when the pair is there already.
    """
    _require(actor)
    problems = []
    if enemy == code:
        problems.append(Problem("enemy", "试题不能与自己互斥，请填写另一道试题的编号。", "enemy"))
    if not reason.strip():
        problems.append(Problem("reason", "请写明为什么不能同卷。", "reason"))
    elif len(reason) > LONGEST_REASON:
        problems.append(Problem("reason", f"理由不超过 {LONGEST_REASON} 个字。", "reason"))
    try:
        low, high = sorted((queries.item(code).id, queries.item(enemy).id))
    except NotFound:
        problems.append(Problem("enemy", f"没有编号为“{enemy}”的试题，请核对。", "enemy"))
    if problems:
        raise Invalid(problems)
    try:
        with transaction() as session:
            session.add(
                EnemyPair(
                    item_id=low,
                    enemy_id=high,
                    reason=reason.strip(),
                    recorded_at=now,
                    recorded_by=actor.label,
                )
            )
            record("add-enemy", "item", code, actor=actor, now=now, enemy=enemy, reason=reason.strip())
    except IntegrityError as error:
        raise Conflict(f"试题 {code} 与 {enemy} 已经是互斥题。", code="enemies_already") from error


def remove_enemy(*, code: str, enemy: str, actor: Actor, now: datetime) -> None:
    """Let two items be in one paper again. Raises `NotFound` when they were not enemies."""
    _require(actor)
    low, high = sorted((queries.item(code).id, queries.item(enemy).id))
    with transaction() as session:
        pair = db.session.get(EnemyPair, (low, high), with_for_update=True)
        if pair is None:
            raise NotFound("这两道试题不是互斥题，可能已由他人解除。")
        session.delete(pair)
        record("remove-enemy", "item", code, actor=actor, now=now, enemy=enemy, reason=pair.reason)


def _require(actor: Actor) -> None:
    if not (actor.may(Permission.AUTHOR_ITEMS) or actor.may(Permission.REVIEW_ITEMS)):
        raise NotAllowed("您没有设置互斥题的权限。")
