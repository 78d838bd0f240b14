"""Taking items out of the bank. Who took what out is logged: an export holds keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from core.actor import Permission
from core.audit.services import record
from core.clock import day_of
from core.db import transaction
from core.errors import Conflict, Invalid, NotAllowed, Problem
from question_bank.transfer import queries
from question_bank.transfer.formats import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from core.actor import Actor
    from question_bank.items.queries import ItemFilter
    from question_bank.transfer.rows import StoredRow

MOST_ITEMS = 20_000


def export_items(
    *,
    wanted: ItemFilter,
    format_name: str,
    out: BinaryIO,
    step: Callable[[int], None] = lambda _items: None,
    actor: Actor,
    now: datetime,
) -> tuple[int, list[Problem]]:
    """Write the items that match into `out`; returns how many, and what the format could not carry.

    `step` is told the items written. Raises `Conflict` when none match, or more than one file may hold.
    """
    if not actor.may(Permission.VIEW_BANK):
        raise NotAllowed("您没有查看题库的权限。")
    chosen = BY_NAME.get(format_name)
    if chosen is None or chosen.write is None:
        raise Invalid.one("unknown_format", f"不能导出为“{format_name[:20]}”格式。", "format")
    count = queries.count_stored(wanted)
    if not count:
        raise Conflict("没有符合条件的试题，请放宽条件。", code="nothing_to_export")
    if count > MOST_ITEMS:
        raise Conflict(
            f"符合条件的试题有 {count} 道，一次最多导出 {MOST_ITEMS} 道，请缩小范围。", code="too_many"
        )
    losses = chosen.write(_counted(wanted, step), out, queries.law_book(day_of(now)))
    with transaction():
        record(
            "export-items",
            "bank",
            chosen.name,
            actor=actor,
            now=now,
            items=count,
            law=wanted.law,
            type=wanted.type,
            state=wanted.state,
        )
    return count, losses


def _counted(wanted: ItemFilter, step: Callable[[int], None]) -> Iterator[StoredRow]:
    for row in queries.stored_rows(wanted):
        yield row
        step(1)
