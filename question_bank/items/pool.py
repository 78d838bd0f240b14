"""What examinations read of the bank.

What a candidate is shown and what marks the answer are two types from two reads: `Content` has no key, so a
page that holds only contents cannot show one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from core.db import db
from question_bank.items.models import Citation, Item, ItemVersion, ReviewStep
from question_bank.items.rules import ItemState
from question_bank.items.standing import suspended
from question_bank.statutes.models import Statute, StatuteVersion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import ScalarSelect, SQLColumnExpression

    from question_bank.items.rules import Difficulty, QuestionType


@dataclass(frozen=True, slots=True)
class PoolRow:
    """An item version that may be drawn.

    `law` is the short title of the law of its first citation, `letters` its options' letters in the author's
    order ("ABCD"), `shuffle` whether the options may be shown in another order.
    """

    item_id: int
    item_version_id: int
    code: str
    type: QuestionType
    law: str
    difficulty: Difficulty
    letters: str
    shuffle: bool
    published: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What is shown of an item version: options as (letter, text) in the author's order; never the key."""

    item_version_id: int
    type: QuestionType
    stem: str
    options: tuple[tuple[str, str], ...]
    shuffle: bool


@dataclass(frozen=True, slots=True)
class Keyed:
    """What marking reads: the key as the author's letters, sorted ("AC"), and the law it counts for."""

    answer: str
    law: str
    type: QuestionType


@dataclass(frozen=True, slots=True)
class CitedArticle:
    """An article as it is cited: law by short title, the article's number ("36", "120之一"), the paragraph."""

    law: str
    version: date
    article: str
    paragraph: int | None


@dataclass(frozen=True, slots=True)
class Solution:
    """The key with its reasons, for pages after the keys are released."""

    answer: str
    explanation: str
    citations: tuple[CitedArticle, ...]


def approved_version_number(item_id: SQLColumnExpression[int]) -> ScalarSelect[int]:
    """The number of the latest approved version of the item, NULL when none ever was.

    A newer draft does not withdraw the version that was approved before it.
    """
    version = aliased(ItemVersion)
    return (
        select(func.max(version.number))
        .join(ReviewStep, ReviewStep.item_version_id == version.id)
        .where(version.item_id == item_id, ReviewStep.state == ItemState.APPROVED)
        .correlate_except(version, ReviewStep)
        .scalar_subquery()
    )


def pool(law_day: date) -> list[PoolRow]:
    """Every item that may be drawn for a paper on the law of `law_day`, in the order of the codes.

    That is the latest approved version of each item that is not retired, if everything that it cites holds on
    that day (`question_bank.statutes.continuity`).
    """
    out = suspended(law_day)
    rows = db.session.execute(
        select(
            Item.id,
            ItemVersion.id,
            Item.code,
            Item.type,
            Statute.short_title,
            ItemVersion.difficulty,
            ItemVersion.options,
            ItemVersion.shuffle,
            Item.published,
            ItemVersion.number,
        )
        .join(ItemVersion, ItemVersion.item_id == Item.id)
        .join(Citation, (Citation.item_version_id == ItemVersion.id) & (Citation.position == 1))
        .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
        .join(Statute, Statute.id == StatuteVersion.statute_id)
        .where(
            Item.state != ItemState.RETIRED,
            ItemVersion.number == approved_version_number(Item.id),
        ),
    )
    found = [
        PoolRow(
            item, version, code, kind, law, difficulty, "".join(o[0] for o in options), shuffle, published
        )
        for item, version, code, kind, law, difficulty, options, shuffle, published, number in rows
        if (item, number) not in out
    ]
    return sorted(found, key=lambda row: row.code)  # by code point: no database's collation decides a draw


# Built once: every page of a paper and every marking makes them.
_CONTENTS = (
    select(ItemVersion.id, Item.type, ItemVersion.stem, ItemVersion.options, ItemVersion.shuffle)
    .join(Item, Item.id == ItemVersion.item_id)
    .where(ItemVersion.id.in_(bindparam("ids", expanding=True)))
)
_KEYS = (
    select(ItemVersion.id, ItemVersion.answer, Statute.short_title, Item.type)
    .join(Item, Item.id == ItemVersion.item_id)
    .join(Citation, (Citation.item_version_id == ItemVersion.id) & (Citation.position == 1))
    .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
    .join(Statute, Statute.id == StatuteVersion.statute_id)
    .where(ItemVersion.id.in_(bindparam("ids", expanding=True)))
)


def contents(item_version_ids: Iterable[int]) -> dict[int, Content]:
    """What candidates are shown of these versions, by id. Unknown ids are absent."""
    rows = db.session.execute(_CONTENTS, {"ids": list(set(item_version_ids))})
    return {
        row.id: Content(row.id, row.type, row.stem, tuple((o[0], o[1]) for o in row.options), row.shuffle)
        for row in rows
    }


def keys(item_version_ids: Iterable[int]) -> dict[int, Keyed]:
    """What marking needs of these versions, by id. Unknown ids are absent."""
    rows = db.session.execute(_KEYS, {"ids": list(set(item_version_ids))})
    return {row.id: Keyed(row.answer, row.short_title, row.type) for row in rows}


def solutions(item_version_ids: Iterable[int]) -> dict[int, Solution]:
    """Key, explanation and cited articles of these versions, by id. Unknown ids are absent."""
    ids = set(item_version_ids)
    cited: dict[int, list[CitedArticle]] = {}
    for row in db.session.execute(
        select(
            Citation.item_version_id,
            Statute.short_title,
            StatuteVersion.version,
            Citation.article,
            Citation.paragraph,
        )
        .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
        .join(Statute, Statute.id == StatuteVersion.statute_id)
        .where(Citation.item_version_id.in_(ids))
        .order_by(Citation.item_version_id, Citation.position),
    ):
        article = CitedArticle(row.short_title, row.version, row.article, row.paragraph)
        cited.setdefault(row.item_version_id, []).append(article)
    rows = db.session.execute(
        select(ItemVersion.id, ItemVersion.answer, ItemVersion.explanation).where(ItemVersion.id.in_(ids)),
    )
    return {row.id: Solution(row.answer, row.explanation, tuple(cited.get(row.id, ()))) for row in rows}
