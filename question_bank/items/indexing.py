"""What is kept beside the versions so that duplicates are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ARRAY, BigInteger, Table, delete, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from core.bulk import BulkInsert
from core.db import db, transaction
from core.errors import Invalid, Problem
from question_bank.items.likeness import index_keys, trigrams, trigrams_of
from question_bank.items.models import Item, ItemVersion, LikenessKey, UnindexedVersion, Wording
from question_bank.items.rules import QuestionType
from question_bank.items.wording import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from question_bank.items.rules import ItemDraft

AT_ONCE = 1000
PORTION = 250
"""Versions whose keys are made at once: some thirty milliseconds that others may have to wait."""


class StoredVersion(NamedTuple):
    """A version whose rows are in the database: the item's id, the id of the row of the whole, and the draft."""

    item_id: int
    item_version_id: int
    draft: ItemDraft


def index_versions(versions: Sequence[StoredVersion]) -> None:
    """Claim the wording of each version for its item, and make it findable by likeness; inside the transaction.

    Raises `Invalid` with a problem `duplicate` for each version that asks what another item asks, whether that
    was stored before or is being stored by somebody else at this moment: the wording is a unique key.
    """
    for start in range(0, len(versions), AT_ONCE):
        some = versions[start : start + AT_ONCE]
        claim([(fingerprint(version.draft), version.item_id) for version in some])
        _add_keys(
            [
                (key, version.item_version_id)
                for version in some
                for key in index_keys(trigrams(version.draft))
            ]
        )


def release_wordings(item_id: int) -> None:
    """Let other items ask what this one, now retired, asked."""
    db.session.execute(delete(Wording).where(Wording.item_id == item_id))


def duplicate(code: str) -> Problem:
    """The problem of a draft that asks what the item of that code asks."""
    return Problem("duplicate", f"与试题 {code} 问的相同，不能重复入库。", "stem", {"code": code})


def claim(wordings: Sequence[tuple[str, int]]) -> None:
    """Claim wordings, each by its fingerprint for the item of that id. Raises `Invalid` as `index_versions` does."""
    wanted: dict[str, int] = {}
    taken: list[int] = []
    for asked, item_id in wordings:
        owner = wanted.setdefault(asked, item_id)
        if owner != item_id:
            taken.append(owner)
    connection = db.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    table = Wording.__table__
    assert isinstance(table, Table)
    claiming = dialect.insert(table)
    # A wording that is there stays as it is; writing it again waits for whoever is claiming it and tells its owner.
    claiming = claiming.on_conflict_do_update(
        index_elements=[table.c.fingerprint], set_={"item_id": table.c.item_id}
    )
    rows = connection.execute(
        claiming.returning(table.c.fingerprint, table.c.item_id),
        [{"fingerprint": text, "item_id": item_id} for text, item_id in sorted(wanted.items())],
    )
    taken += [row.item_id for row in rows if row.item_id != wanted[row.fingerprint]]
    if taken:
        codes = db.session.scalars(select(Item.code).where(Item.id.in_(taken)).order_by(Item.code))
        raise Invalid(duplicate(code) for code in codes)


def put_off(version_ids: Sequence[int]) -> None:
    """Note that the keys of these versions are still to be made; inside the use case's transaction."""
    rows = BulkInsert(UnindexedVersion, ("item_version_id",))
    rows.write([{"item_version_id": version_id} for version_id in version_ids])


def is_put_off() -> bool:
    """Whether keys are still to be made."""
    return bool(db.session.scalar(select(UnindexedVersion.item_version_id.isnot(None)).limit(1)))


def index_put_off() -> None:
    """Make the keys that were put off, portion by portion, each a short transaction of its own.

    Whoever comes first does it, and a repeat does no harm: after a crash the next worker goes on.
    """
    while waiting := list(
        db.session.scalars(
            select(UnindexedVersion.item_version_id).order_by(UnindexedVersion.item_version_id).limit(PORTION)
        )
    ):
        rows = [
            (key, version_id)
            for version_id, asked in asked_texts_of(waiting).items()
            for key in index_keys(trigrams_of(asked))
        ]
        with transaction() as session:
            _add_keys(rows)
            session.execute(delete(UnindexedVersion).where(UnindexedVersion.item_version_id.in_(waiting)))


def asked_texts_of(version_ids: Sequence[int]) -> dict[int, list[str]]:
    """What these versions ask, text by text, by the ids of their wholes (`likeness.asked_texts`)."""
    part = aliased(ItemVersion)
    rows = db.session.execute(
        select(ItemVersion.id, part.type, part.stem, part.options)
        .join(part, (part.item_id == ItemVersion.item_id) & (part.number == ItemVersion.number))
        .where(ItemVersion.id.in_(version_ids))
    )
    texts: dict[int, list[str]] = {}
    for version_id, kind, stem, options in rows:
        own = [] if kind is QuestionType.TRUE_FALSE else [option[1] for option in options]
        texts.setdefault(version_id, []).extend([stem, *own])
    return texts


def _add_keys(rows: list[tuple[int, int]]) -> None:
    """Make versions findable: rows of key and the version's id. Those that are there stay."""
    if not rows:
        return
    connection = db.session.connection()
    columns = ("key", "item_version_id")
    if connection.dialect.name == "postgresql":
        keys, versions = (literal(list(column), ARRAY(BigInteger)) for column in zip(*rows, strict=True))
        pairs = select(func.unnest(keys), func.unnest(versions))
        adding = postgresql.insert(LikenessKey).from_select(columns, pairs).on_conflict_do_nothing()
        connection.execute(adding)
    else:
        # Straight to the driver: an import has two hundred thousand of them.
        adding_one = sqlite.insert(LikenessKey).on_conflict_do_nothing()
        statement = adding_one.compile(dialect=connection.dialect, column_keys=columns)
        connection.exec_driver_sql(str(statement), rows)
