"""Many new items in few statements, inside the use case's transaction: what an import writes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from core.db import db
from question_bank.items.indexing import StoredVersion, index_versions
from question_bank.items.models import Citation, Item, ItemVersion, ReviewStep
from question_bank.items.rules import ItemState, Step
from question_bank.items.services import version_values
from question_bank.statutes.queries import version_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from core.actor import Actor
    from question_bank.items.rules import ItemDraft

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be made: its draft, its code ("" for the next free one), what its first step says."""

    draft: ItemDraft
    code: str = ""
    reserved: bool = False
    comment: str = ""


def add_items(items: Sequence[NewItem], *, actor: Actor, now: datetime) -> list[str]:
    """The rows of new items as drafts of the actor, each with its step; returns their codes in order.

    The drafts have passed `item_problems`, but for what drafts may lack until they are reviewed. Raises
    `Invalid` when one asks what another item asks.
    """
    cited = version_ids(
        {
            citation.law
            for item in items
            for part in (item.draft, *item.draft.questions)
            for citation in part.citations
        }
    )
    codes = [item.code for item in items]
    free = _free_codes(codes.count(""), {code for code in codes if code})
    codes = [code or next(free) for code in codes]
    for start in range(0, len(items), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        _add_batch(items[part], codes[part], cited, actor=actor, now=now)
    return codes


def _add_batch(
    items: Sequence[NewItem],
    codes: Sequence[str],
    cited: dict[tuple[str, date], int],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    item_ids = _insert(
        Item,
        [
            {
                "code": code,
                "type": item.draft.type,
                "state": ItemState.DRAFT,
                "published": False,
                "reserved": item.reserved,
                "created_at": now,
            }
            for item, code in zip(items, codes, strict=True)
        ],
    )
    author = {"author_account_id": actor.account_id, "author_label": actor.label, "recorded_at": now}
    parts = [
        (item_id, part_number, part)
        for item_id, item in zip(item_ids, items, strict=True)
        for part_number, part in enumerate((item.draft, *item.draft.questions))
    ]
    version_row_ids = _insert(
        ItemVersion,
        [
            {
                "item_id": item_id,
                "number": 1,
                "part_number": part_number,
                **version_values(part),
                **author,
            }
            for item_id, part_number, part in parts
        ],
    )
    citations = [
        {
            "item_version_id": version_id,
            "position": position,
            "statute_version_id": cited[citation.law, citation.version],
            "article": citation.article,
            "paragraph": citation.paragraph,
        }
        for version_id, (_item, _number, part) in zip(version_row_ids, parts, strict=True)
        for position, citation in enumerate(part.citations, start=1)
    ]
    if citations:
        db.session.execute(insert(Citation), citations)
    wholes = [
        version_id
        for version_id, (_item, part_number, _part) in zip(version_row_ids, parts, strict=True)
        if part_number == 0
    ]
    db.session.execute(
        insert(ReviewStep),
        [
            {
                "item_id": item_id,
                "item_version_id": version_id,
                "step": Step.SAVE,
                "state": ItemState.DRAFT,
                "comment": item.comment,
                "actor_account_id": actor.account_id,
                "actor_label": actor.label,
                "recorded_at": now,
            }
            for item_id, version_id, item in zip(item_ids, wholes, items, strict=True)
        ],
    )
    index_versions(
        [
            StoredVersion(item_id, version_id, item.draft)
            for item_id, version_id, item in zip(item_ids, wholes, items, strict=True)
        ]
    )


def _insert(model: type[Item | ItemVersion], rows: list[dict[str, Any]]) -> list[int]:
    """Insert the rows; their ids in the rows' order."""
    return list(db.session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), rows))


def _free_codes(wanted: int, given: set[str]) -> Iterator[str]:
    """So many codes `q-…` that no item has, from the one that the next item would get."""
    highest = db.session.scalar(select(func.max(Item.id))) or 0
    numbered = (f"q-{number:05d}" for number in count(highest + 1))
    free: list[str] = []
    while len(free) < wanted:
        batch = [code for code in islice(numbered, AT_ONCE) if code not in given]
        taken = set(db.session.scalars(select(Item.code).where(Item.code.in_(batch))))
        free += [code for code in batch if code not in taken]
    return iter(free)
