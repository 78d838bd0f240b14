"""Writing which items may never be in one paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from core.actor import Permission
from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from question_bank.items import queries
from question_bank.items.models import EnemyPair, Item

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.actor import Actor

LONGEST_REASON = 400
AT_ONCE = 500


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
        low, high = _ordered(queries.item(code).id, queries.item(enemy).id)
    except NotFound:
        problems.append(Problem("enemy", f"没有编号为“{enemy}”的试题，请核对。", "enemy"))
    if problems:
        raise Invalid(problems)
    try:
        with transaction() as session:
            pair = session.get(EnemyPair, (low, high), with_for_update=True, populate_existing=True)
            if pair is None:
                pair = EnemyPair(item_id=low, enemy_id=high)
                session.add(pair)
            elif pair.removed_at is None:
                raise _already(code, enemy)
            pair.reason = reason.strip()
            pair.recorded_at, pair.recorded_by = now, actor.label
            pair.removed_at = pair.removed_by = None
            record("add-enemy", "item", code, actor=actor, now=now, enemy=enemy, reason=pair.reason)
    except IntegrityError as error:
        raise _already(code, enemy) from error


def remove_enemy(*, code: str, enemy: str, actor: Actor, now: datetime) -> None:
    """Let two items be in one paper again. Raises `NotFound` when they were not enemies."""
    _require(actor)
    low, high = _ordered(queries.item(code).id, queries.item(enemy).id)
    with transaction() as session:
        pair = session.get(EnemyPair, (low, high), with_for_update=True, populate_existing=True)
        if pair is None or pair.removed_at is not None:
            raise NotFound("这两道试题不是互斥题，可能已由他人解除。")
        pair.removed_at, pair.removed_by = now, actor.label
        record("remove-enemy", "item", code, actor=actor, now=now, enemy=enemy, reason=pair.reason)


@dataclass(frozen=True, slots=True)
class NewPair:
    """Two items, by their codes, that may not be in one paper, and why."""

    code: str
    enemy: str
    reason: str


def insert_pairs(pairs: Iterable[NewPair], *, actor: Actor, now: datetime) -> int:
    """Add the pairs that were never there, inside the use case's transaction; returns how many are new.

    A pair that somebody undid stays undone. Pairs of a code that no item has are left out.
    """
    wanted = list(pairs)
    codes = sorted({code for pair in wanted for code in (pair.code, pair.enemy)})
    ids: dict[str, int] = {}
    for start in range(0, len(codes), AT_ONCE):
        part = codes[start : start + AT_ONCE]
        rows = db.session.execute(select(Item.code, Item.id).where(Item.code.in_(part)))
        ids |= {row.code: row.id for row in rows}
    stored = db.session.execute(select(EnemyPair.item_id, EnemyPair.enemy_id))
    known = {(row.item_id, row.enemy_id) for row in stored}
    new = {
        key: {
            "item_id": key[0],
            "enemy_id": key[1],
            "reason": pair.reason,
            "recorded_at": now,
            "recorded_by": actor.label,
        }
        for pair in wanted
        if pair.code in ids
        and pair.enemy in ids
        and (key := _ordered(ids[pair.code], ids[pair.enemy])) not in known
    }
    if new:
        db.session.execute(insert(EnemyPair), list(new.values()))
    return len(new)


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _already(code: str, enemy: str) -> Conflict:
    return Conflict(f"试题 {code} 与 {enemy} 已经是互斥题。", code="enemies_already")


def _require(actor: Actor) -> None:
    if not (actor.may(Permission.AUTHOR_ITEMS) or actor.may(Permission.REVIEW_ITEMS)):
        raise NotAllowed("您没有设置互斥题的权限。")
