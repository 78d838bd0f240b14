"""Writing what items are for: kept for sessions, or practised by everyone with key and explanation.

The mark is the item's, through all its versions, and tells nothing of who has seen it before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.actor import Permission
from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed
from question_bank.items import queries
from question_bank.items.models import Item
from question_bank.items.rules import ItemState
from question_bank.items.uses import ACTIONS, sessions_ahead, token_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.actor import Actor
    from question_bank.items.queries import ItemFilter

LONGEST_REASON = 400
MOST_AT_ONCE = 5000


def mark_item(
    *, item_id: int, reserved: bool, reason: str, seen: str = "", actor: Actor, now: datetime
) -> None:
    """Keep an item for sessions, or let it be practised; a repeat changes nothing.

    Raises `Invalid` without a reason for letting go: what was once shown cannot be taken back. `Conflict` for an
    item that is retired, and `sessions_ahead` while sessions ask it, or may come to ask it, that are not those of
    `seen` (see `uses.token_of`).
    """
    _check(reserved=reserved, reason=reason, actor=actor)
    with transaction():
        item = queries.locked_item(item_id)
        if item.state is ItemState.RETIRED:
            raise Conflict("试题已停用，不再抽用，也不用于练习。", code="retired")
        if item.reserved is not reserved:
            _mark([item], reserved=reserved, reason=reason, seen=seen, actor=actor, now=now)


def mark_matching(
    *,
    wanted: ItemFilter,
    reserved: bool,
    expected: int,
    reason: str,
    seen: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """Keep all items of a filtered list that are not retired for sessions, or let them be practised, as
    `mark_item` does one; returns how many changed.

    Raises `Conflict` when they are not the `expected` number any more that was confirmed, or too many for one act.
    """
    _check(reserved=reserved, reason=reason, actor=actor)
    with transaction() as session:
        ids = session.scalars(
            queries.matching_items(wanted, Item.id).where(
                Item.state != ItemState.RETIRED, Item.reserved.is_(not reserved)
            )
        ).all()
        if len(ids) > MOST_AT_ONCE:
            raise Conflict(f"一次最多改 {MOST_AT_ONCE} 道，请缩小范围。", code="too_many")
        items = _locked(ids, reserved=reserved)
        if len(items) != expected:
            raise Conflict(
                f"您确认期间题库有变化：要改的现在是 {len(items)} 道。请核对后再确认。", code="changed"
            )
        _mark(items, reserved=reserved, reason=reason, seen=seen, actor=actor, now=now)
    return len(items)


def _locked(ids: Sequence[int], *, reserved: bool) -> Sequence[Item]:
    """Those of the items that still have the other use, held in one order against others who mark."""
    return db.session.scalars(
        select(Item)
        .where(Item.id.in_(ids), Item.state != ItemState.RETIRED, Item.reserved.is_(not reserved))
        .order_by(Item.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _mark(
    items: Sequence[Item], *, reserved: bool, reason: str, seen: str, actor: Actor, now: datetime
) -> None:
    ahead = [] if reserved else sessions_ahead([item.id for item in items], now=now)
    if token_of(ahead) not in {"", seen}:
        raise Conflict(
            "以下场次会用到或者可能抽到这些试题，没有改变用途。仍要允许练习的，请核对场次、写明理由后再确认。",
            code="sessions_ahead",
        )
    detail = {"sessions": [str(each.id) for each in ahead]} if ahead else {}
    action = ACTIONS[reserved]
    for item in items:
        item.reserved = reserved
        record(
            action, "item", item.code, actor=actor, now=now, reason=reason.strip(), among=len(items), **detail
        )


def _check(*, reserved: bool, reason: str, actor: Actor) -> None:
    if not (actor.may(Permission.AUTHOR_ITEMS) or actor.may(Permission.REVIEW_ITEMS)):
        raise NotAllowed("您没有改变试题用途的权限。")
    if not reserved and not reason.strip():
        raise Invalid.one("reason", "请写明为什么可以公开答案。", "reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid.one("reason", f"理由不超过 {LONGEST_REASON} 个字。", "reason")
