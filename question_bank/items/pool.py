"""What examinations read of the bank.

What a candidate is shown and what marks the answer are two types from two reads: `Content` has no key, so a
page that holds only contents cannot show one. What papers draw, show and mark are versions by their ids; each
question of a case is a version of its own and points to the version that holds the material.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from core.db import db
from question_bank.items.models import Citation, EnemyPair, Item, ItemVersion, ReviewStep
from question_bank.items.rules import DECIDING, LETTERS, ItemState, QuestionType
from question_bank.items.standing import suspended
from question_bank.items.wording import BLANK
from question_bank.statutes.models import Statute, StatuteVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression

    from question_bank.items.rules import Difficulty

DRAWN = frozenset({QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.TRUE_FALSE})
"""The types that papers draw unless they ask for others."""
MOST_IDS = 500


@dataclass(frozen=True, slots=True)
class PoolQuestion:
    """A question of a case that may be drawn; `letters` and `shuffle` as in `PoolRow`."""

    item_version_id: int
    type: QuestionType
    letters: str
    shuffle: bool


@dataclass(frozen=True, slots=True)
class PoolRow:
    """An item version that may be drawn.

    `law` is the short title of the law of its first citation, `letters` its options' letters in the author's
    order ("ABCD", "" where there are none), `shuffle` whether the options may be shown in another order.
    `reserved` items are for sessions alone, never for practice. `part` is one of the list's or "", `families` the
    values of `UnitFamily` that it is meant for, none meaning all. `questions` are those of a case in their order,
    which are drawn and placed together; `item_version_id` is then the version that holds the material and is no
    question itself.
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
    reserved: bool = False
    questions: tuple[PoolQuestion, ...] = ()
    part: str = ""
    families: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What is shown of an item version: options as (letter, text) in the author's order; never the key.

    `material_id` is the version whose stem is the material, for a question of a case; None for others.
    """

    item_version_id: int
    type: QuestionType
    stem: str
    options: tuple[tuple[str, str], ...]
    shuffle: bool
    material_id: int | None = None

    @property
    def blanks(self) -> int:
        """How many texts a 填空题 asks for; 0 for other types."""
        return self.stem.count(BLANK) if self.type is QuestionType.BLANK else 0


@dataclass(frozen=True, slots=True)
class Keyed:
    """What marking reads: the key as the author's letters, sorted ("AC"), and the law it counts for.

    A 填空题 has no letters but `accepted`: for each blank the texts that count, to be compared after
    `question_bank.items.wording.normalised_text`.
    """

    answer: str
    law: str
    type: QuestionType
    accepted: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class CitedArticle:
    """An article as it is cited: law by short title, the article's number ("36", "120之一"), the paragraph."""

    law: str
    version: date
    article: str
    paragraph: int | None


@dataclass(frozen=True, slots=True)
class Solution:
    """The key with its reasons, for pages after the keys are released. `accepted` as in `Keyed`."""

    answer: str
    explanation: str
    citations: tuple[CitedArticle, ...]
    accepted: tuple[tuple[str, ...], ...] = ()
    reference: str = ""


def approved_version_number(item_id: SQLColumnExpression[int]) -> ScalarSelect[int]:
    """The number of the version of the item that is drawn, NULL when none is.

    That is the version of the last deciding step, if this let it be drawn: a newer draft does not withdraw the
    version approved before it, a suspension holds until the item is resumed or a newer version approved.
    """
    version, step, later = aliased(ItemVersion), aliased(ReviewStep), aliased(ReviewStep)
    last = (
        select(func.max(later.id))
        .where(later.item_id == item_id, later.state.in_(DECIDING))
        .correlate_except(later)
        .scalar_subquery()
    )
    return (
        select(version.number)
        .join(step, step.item_version_id == version.id)
        .where(step.id == last, step.state == ItemState.APPROVED)
        .correlate_except(version, step)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class DrawableItem:
    """An item that may be drawn, by its names; `law` and `reserved` as in `PoolRow`."""

    item_id: int
    code: str
    law: str
    reserved: bool


def drawable(law_day: date, types: Collection[QuestionType] = DRAWN) -> list[DrawableItem]:
    """The items of the pool without their contents, in the order of the codes: much cheaper to read."""
    rows = _in_pool(law_day, types, Item.code, Statute.short_title, Item.reserved)
    return sorted((DrawableItem(row[0], *row[2:]) for row in rows), key=lambda item: item.code)


def pool(
    law_day: date,
    types: Collection[QuestionType] = DRAWN,
    *,
    code: str | None = None,
    item_ids: Collection[int] | None = None,
) -> list[PoolRow]:
    """Every item of these types that may be drawn for a paper on the law of `law_day`, in the order of the codes.

    That is the latest approved version of each item that is neither suspended nor retired, if everything that it and its
    questions cite holds on that day (`question_bank.statutes.continuity`). `code` narrows to one item, `item_ids` to
    these.
    """
    narrowed = [] if code is None else [Item.code == code]
    if item_ids is not None:
        narrowed.append(Item.id.in_(item_ids))
    rows = _in_pool(
        law_day,
        types,
        ItemVersion.id,
        Item.code,
        Item.type,
        Statute.short_title,
        ItemVersion.difficulty,
        func.json_array_length(ItemVersion.options),
        ItemVersion.shuffle,
        Item.published,
        Item.reserved,
        ItemVersion.part,
        ItemVersion.families,
        where=narrowed,
    )
    cases = _questions([row[2] for row in rows if row[4] is QuestionType.CASE])
    found = [
        PoolRow(
            item,
            version,
            code,
            kind,
            law,
            difficulty,
            LETTERS[:options],
            shuffle,
            published,
            reserved,
            cases.get(version, ()),
            part,
            tuple(families),
        )
        for (
            item,
            _,
            version,
            code,
            kind,
            law,
            difficulty,
            options,
            shuffle,
            published,
            reserved,
            part,
            families,
        ) in rows
    ]
    return sorted(found, key=lambda row: row.code)  # by code point: no database's collation decides a draw


def _in_pool(
    law_day: date,
    types: Collection[QuestionType],
    *columns: SQLColumnExpression[Any],
    where: Sequence[ColumnElement[bool]] = (),
) -> list[tuple[Any, ...]]:
    """Item id, version number and these columns of every item of the pool."""
    out = suspended(law_day)
    rows = db.session.execute(
        select(Item.id, ItemVersion.number, *columns)
        .join(ItemVersion, ItemVersion.item_id == Item.id)
        .join(Citation, (Citation.item_version_id == ItemVersion.id) & (Citation.position == 1))
        .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
        .join(Statute, Statute.id == StatuteVersion.statute_id)
        .where(
            Item.state != ItemState.RETIRED,
            Item.type.in_(types),
            ItemVersion.part_number == 0,
            ItemVersion.number == approved_version_number(Item.id),
            *where,
        ),
    )
    return [tuple(row) for row in rows if (row[0], row[1]) not in out]


def _questions(case_ids: list[int]) -> dict[int, tuple[PoolQuestion, ...]]:
    """The questions of the cases, by the id of the version that holds the material, in their order."""
    whole = aliased(ItemVersion)
    found: dict[int, tuple[PoolQuestion, ...]] = {}
    for start in range(0, len(case_ids), MOST_IDS):
        for row in db.session.execute(
            select(
                whole.id.label("case_id"),
                ItemVersion.id,
                ItemVersion.type,
                func.json_array_length(ItemVersion.options).label("options"),
                ItemVersion.shuffle,
            )
            .join(whole, _is_part_of(whole))
            .where(whole.id.in_(case_ids[start : start + MOST_IDS]))
            .order_by(whole.id, ItemVersion.part_number),
        ):
            question = PoolQuestion(row.id, row.type, LETTERS[: row.options], row.shuffle)
            found[row.case_id] = (*found.get(row.case_id, ()), question)
    return found


def _is_part_of(whole: type[ItemVersion]) -> ColumnElement[bool]:
    return (
        (whole.item_id == ItemVersion.item_id)
        & (whole.number == ItemVersion.number)
        & (whole.part_number == 0)
        & (ItemVersion.part_number > 0)
    )


# Built once: every page of a paper and every marking makes them.
_MATERIAL = aliased(ItemVersion)
_CONTENTS = (
    select(
        ItemVersion.id,
        ItemVersion.type,
        ItemVersion.stem,
        ItemVersion.options,
        ItemVersion.shuffle,
        _MATERIAL.id.label("material_id"),
    )
    .outerjoin(_MATERIAL, _is_part_of(_MATERIAL))
    .where(ItemVersion.id.in_(bindparam("ids", expanding=True)))
)
_KEYS = (
    select(ItemVersion.id, ItemVersion.answer, Statute.short_title, ItemVersion.type, ItemVersion.accepted)
    .join(Citation, (Citation.item_version_id == ItemVersion.id) & (Citation.position == 1))
    .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
    .join(Statute, Statute.id == StatuteVersion.statute_id)
    .where(ItemVersion.id.in_(bindparam("ids", expanding=True)))
)


def enemies(item_ids: Collection[int]) -> frozenset[tuple[int, int]]:
    """The pairs among these items that may never be in one paper, each with the lower id first."""
    wanted = set(item_ids)
    rows = db.session.execute(
        select(EnemyPair.item_id, EnemyPair.enemy_id).where(EnemyPair.removed_at.is_(None))
    )
    return frozenset((row.item_id, row.enemy_id) for row in rows if wanted.issuperset(row))


def contents(item_version_ids: Iterable[int]) -> dict[int, Content]:
    """What candidates are shown of these versions, by id. Unknown ids are absent.

    The material of a case is the stem of the version `material_id`, read here like any other.
    """
    rows = db.session.execute(_CONTENTS, {"ids": list(set(item_version_ids))})
    return {
        row.id: Content(
            row.id,
            row.type,
            row.stem,
            tuple((o[0], o[1]) for o in row.options),
            row.shuffle,
            row.material_id,
        )
        for row in rows
    }


def keys(item_version_ids: Iterable[int]) -> dict[int, Keyed]:
    """What marking needs of these versions, by id. Unknown ids are absent."""
    rows = db.session.execute(_KEYS, {"ids": list(set(item_version_ids))})
    return {row.id: Keyed(row.answer, row.short_title, row.type, _accepted(row.accepted)) for row in rows}


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
        select(
            ItemVersion.id,
            ItemVersion.answer,
            ItemVersion.explanation,
            ItemVersion.accepted,
            ItemVersion.reference,
        ).where(ItemVersion.id.in_(ids)),
    )
    return {
        row.id: Solution(
            row.answer,
            row.explanation,
            tuple(cited.get(row.id, ())),
            _accepted(row.accepted),
            row.reference,
        )
        for row in rows
    }


def _accepted(stored: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(texts) for texts in stored)
