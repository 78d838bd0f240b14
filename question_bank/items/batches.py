"""Many new items at once, for imports: what takes time is done before the transaction that writes them.

On SQLite everybody who writes waits while another writes: candidates' answers must not wait for an import. So
the rows are made first, the transaction only puts ids into them, and the keys by which questions much alike are
found, twenty an item, follow in portions (`indexing.index_put_off`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.bulk import BulkInsert
from core.db import db
from question_bank.items.indexing import claim, put_off
from question_bank.items.models import Citation, Item, ItemVersion, ReviewStep
from question_bank.items.rules import ItemState, Step
from question_bank.items.services import version_values
from question_bank.statutes.queries import version_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from core.actor import Actor
    from core.db import Base
    from question_bank.items.rules import ItemDraft

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be made: its draft, its code ("" for the next free one), what its first step says."""

    draft: ItemDraft
    code: str = ""
    reserved: bool = False
    comment: str = ""


class _Rows:
    """Rows of a table, ready but for their ids."""

    def __init__(self, model: type[Base]) -> None:
        self._insert = BulkInsert(model, [column.name for column in model.__table__.columns])
        self.rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        self.rows.append(self._insert.ready(row))

    def write(self) -> None:
        self._insert.write(self.rows)


class PreparedItems:
    """The rows of new items without their ids: until they are written, items and versions are named by their places.

    `wholes` are the places of the versions that are whole items.
    """

    def __init__(self) -> None:
        self.items = _Rows(Item)
        self.versions = _Rows(ItemVersion)
        self.citations = _Rows(Citation)
        self.steps = _Rows(ReviewStep)
        self.wholes: list[int] = []

    @property
    def codes(self) -> list[str]:
        """The codes as given, "" for the next free one."""
        return [row["code"] for row in self.items.rows]

    @property
    def reserved(self) -> int:
        """How many of the items are kept for sessions."""
        return sum(row["reserved"] for row in self.items.rows)


def prepare_items(items: Sequence[NewItem], *, actor: Actor, now: datetime) -> PreparedItems:
    """The rows of new items as drafts of the actor, each with its step. Reads the statutes, writes nothing.

    The drafts have passed `item_problems`, but for what drafts may lack until they are reviewed.
    """
    laws = {
        citation.law
        for item in items
        for part in (item.draft, *item.draft.questions)
        for citation in part.citations
    }
    cited = version_ids(laws)
    prepared = PreparedItems()
    for item in items:
        _prepare(item, prepared, cited, actor=actor, now=now)
    return prepared


def _prepare(
    item: NewItem,
    prepared: PreparedItems,
    cited: dict[tuple[str, date], int],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    place, whole = len(prepared.items.rows), len(prepared.versions.rows)
    prepared.items.add(
        {
            "code": item.code,
            "type": item.draft.type,
            "state": ItemState.DRAFT,
            "published": False,
            "reserved": item.reserved,
            "created_at": now,
        }
    )
    author = {"author_account_id": actor.account_id, "author_label": actor.label, "recorded_at": now}
    for number, part in enumerate((item.draft, *item.draft.questions)):
        for position, citation in enumerate(part.citations, start=1):
            prepared.citations.add(
                {
                    "item_version_id": len(prepared.versions.rows),
                    "position": position,
                    "statute_version_id": cited[citation.law, citation.version],
                    "article": citation.article,
                    "paragraph": citation.paragraph,
                }
            )
        prepared.versions.add(
            {"item_id": place, "number": 1, "part_number": number, **version_values(part), **author}
        )
    prepared.steps.add(
        {
            "item_id": place,
            "item_version_id": whole,
            "step": Step.SAVE,
            "state": ItemState.DRAFT,
            "comment": item.comment,
            "actor_account_id": actor.account_id,
            "actor_label": actor.label,
            "recorded_at": now,
        }
    )
    prepared.wholes.append(whole)


def add_items(prepared: PreparedItems) -> list[str]:
    """Write prepared items, once; inside the use case's transaction. Returns their codes in order.

    `index_put_off` makes them findable by likeness; until then they are not among the near-duplicates.
    Raises `Invalid` when one asks what another item asks.
    """
    codes = prepared.codes
    free = _free_codes(codes.count(""), {code for code in codes if code})
    codes = [code or next(free) for code in codes]
    items, versions, steps = prepared.items, prepared.versions, prepared.steps
    item_ids = _new_ids(Item, len(items.rows))
    new_version_ids = _new_ids(ItemVersion, len(versions.rows))
    step_ids = _new_ids(ReviewStep, len(steps.rows))
    for row, item_id, code in zip(items.rows, item_ids, codes, strict=True):
        row["id"], row["code"] = item_id, code
    for row, version_id in zip(versions.rows, new_version_ids, strict=True):
        row["id"], row["item_id"] = version_id, item_ids[row["item_id"]]
    for row in prepared.citations.rows:
        row["item_version_id"] = new_version_ids[row["item_version_id"]]
    for row, step_id in zip(steps.rows, step_ids, strict=True):
        row["id"], row["item_id"] = step_id, item_ids[row["item_id"]]
        row["item_version_id"] = new_version_ids[row["item_version_id"]]
    for rows in (items, versions, prepared.citations, steps):
        rows.write()
    claim(
        [
            (versions.rows[whole]["fingerprint"], item_id)
            for whole, item_id in zip(prepared.wholes, item_ids, strict=True)
        ]
    )
    put_off([new_version_ids[whole] for whole in prepared.wholes])
    return codes


def _new_ids(model: type[Item | ItemVersion | ReviewStep], wanted: int) -> list[int]:
    """So many ids that no row has or will be given."""
    if db.session.get_bind().dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(model.__tablename__, "id")
        return list(
            db.session.scalars(select(func.nextval(sequence)).select_from(func.generate_series(1, wanted)))
        )
    # The one writer of a SQLite database that there is: nobody else takes the next ones.
    highest = db.session.scalar(select(func.max(model.id))) or 0
    return list(range(highest + 1, highest + 1 + wanted))


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
