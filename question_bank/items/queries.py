"""Reads of items, for those who write and review them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from core.db import db
from core.errors import NotFound
from core.people.rules import UnitFamily
from question_bank.items.models import Citation, EnemyPair, Item, ItemVersion, ReviewStep
from question_bank.items.observed import contradicted
from question_bank.items.pool import approved_version_number
from question_bank.items.rules import (
    DECIDING,
    CitationDraft,
    Difficulty,
    ItemDraft,
    ItemState,
    QuestionType,
    Step,
    Use,
)
from question_bank.statutes.models import Statute, StatuteVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm.interfaces import ORMOption

PAGE_SIZE = 20
_LAW = joinedload(Citation.statute_version).joinedload(StatuteVersion.statute)
WHOLE: tuple[ORMOption, ...] = (
    selectinload(ItemVersion.citations).options(_LAW),
    selectinload(ItemVersion.questions).selectinload(ItemVersion.citations).options(_LAW),
)
"""What `draft_of` reads of a version besides its row."""


def item(code: str) -> Item:
    """The item of that code; raises `NotFound`."""
    found = db.session.scalar(select(Item).where(Item.code == code))
    if found is None:
        raise NotFound("没有这道试题。")
    return found


def locked_item(item_id: int) -> Item:
    """The item, held against other writers until the transaction ends; raises `NotFound`."""
    found = db.session.get(Item, item_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("没有这道试题。")
    return found


def versions(item_id: int) -> Sequence[ItemVersion]:
    """Every version of an item with its questions, citations and their laws, the latest first."""
    return db.session.scalars(
        select(ItemVersion)
        .where(ItemVersion.item_id == item_id, ItemVersion.part_number == 0)
        .order_by(ItemVersion.number.desc())
        .options(*WHOLE),
    ).all()


def latest_version(item_id: int) -> ItemVersion:
    """The item's newest version, approved or not, with its questions, citations and their laws."""
    found = db.session.scalar(
        select(ItemVersion)
        .where(ItemVersion.item_id == item_id, ItemVersion.part_number == 0)
        .order_by(ItemVersion.number.desc())
        .limit(1)
        .options(*WHOLE),
    )
    if found is None:
        raise NotFound("没有这道试题。")
    return found


def draft_of(version: ItemVersion) -> ItemDraft:
    """A stored version as the draft that its author handed in."""
    whole = version.part_number == 0
    return ItemDraft(
        type=version.type,
        stem=version.stem,
        options=tuple((option[0], option[1]) for option in version.options),
        answer=version.answer,
        explanation=version.explanation,
        difficulty=version.difficulty,
        citations=tuple(
            CitationDraft(
                cited.statute_version.statute.short_title,
                cited.statute_version.version,
                cited.article,
                cited.paragraph,
            )
            for cited in version.citations
        ),
        part=version.part,
        shuffle=version.shuffle,
        accepted=tuple(tuple(texts) for texts in version.accepted),
        reference=version.reference,
        questions=tuple(draft_of(question) for question in version.questions) if whole else (),
        families=tuple(UnitFamily(family) for family in version.families),
    )


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item with all its versions as drafts, the first version first."""

    item: Item
    drafts: tuple[ItemDraft, ...]


def drafts_by_code(codes: Collection[str]) -> dict[str, StoredItem]:
    """The items of these codes with all their versions; unknown codes are absent."""
    rows = db.session.execute(
        select(Item, ItemVersion)
        .join(ItemVersion, ItemVersion.item_id == Item.id)
        .where(Item.code.in_(codes), ItemVersion.part_number == 0)
        .order_by(Item.id, ItemVersion.number)
        .options(*WHOLE),
    ).all()
    return {
        code: StoredItem(found[0][0], tuple(draft_of(version) for _item, version in found))
        for code, found in ((code, list(group)) for code, group in groupby(rows, key=lambda row: row[0].code))
    }


@dataclass(frozen=True, slots=True)
class CitationInUse:
    """A citation of the version of an item that is drawn, or of its newest when none was approved.

    `stem` is that of the question of a case where this cites, otherwise the item's.
    """

    code: str
    number: int
    law: str
    version: date
    article: str
    stem: str


def citations_in_use() -> list[CitationInUse]:
    """What the items that are not retired cite, in the order of the codes."""
    return _citations_in_use()


def _citations_in_use(*criteria: ColumnElement[bool]) -> list[CitationInUse]:
    newest = aliased(ItemVersion)
    last_number = (
        select(func.max(newest.number)).where(newest.item_id == Item.id).correlate(Item).scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Item.code,
            ItemVersion.number,
            Statute.short_title,
            StatuteVersion.version,
            Citation.article,
            ItemVersion.stem,
        )
        .join(ItemVersion, ItemVersion.item_id == Item.id)
        .join(Citation, Citation.item_version_id == ItemVersion.id)
        .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
        .join(Statute, Statute.id == StatuteVersion.statute_id)
        .where(
            Item.state != ItemState.RETIRED,
            ItemVersion.number == func.coalesce(approved_version_number(Item.id), last_number),
            *criteria,
        )
        .order_by(Item.id, ItemVersion.part_number, Citation.position),
    )
    return sorted((CitationInUse(*row) for row in rows), key=lambda cited: cited.code)


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items a list shows: None and "" leave a criterion out. `text` is looked for in code and stem.

    `contradicted` leaves those whose estimated difficulty what was observed contradicts.
    """

    law: str = ""
    type: QuestionType | None = None
    difficulty: Difficulty | None = None
    state: ItemState | None = None
    use: Use | None = None
    text: str = ""
    contradicted: bool = False


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A line of the list: the item with its newest version, and the law that this one counts for, if it cites any."""

    code: str
    type: QuestionType
    state: ItemState
    number: int
    stem: str
    difficulty: Difficulty
    law: str
    author: str
    recorded_at: datetime
    reserved: bool
    published: bool


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page of a list, of `pages`; `total` counts all that match."""

    rows: tuple[ItemRow, ...]
    total: int
    page: int
    pages: int


def item_page(wanted: ItemFilter, page: int) -> ItemPage:
    """The page (from 1; the last one when there are not so many) of the items that match, oldest item first."""
    matching = matching_items(
        wanted,
        Item.code,
        Item.type,
        Item.state,
        ItemVersion.number,
        ItemVersion.stem,
        ItemVersion.difficulty,
        func.coalesce(Statute.short_title, ""),
        ItemVersion.author_label,
        ItemVersion.recorded_at,
        Item.reserved,
        Item.published,
    )
    total = db.session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    rows = db.session.execute(matching.order_by(Item.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return ItemPage(tuple(ItemRow(*row) for row in rows), total, page, pages)


def matching_items(wanted: ItemFilter, *columns: Any) -> Select[Any]:
    """These columns of the items that match, of their newest versions, and of the law that these count for."""
    newest = aliased(ItemVersion)
    matching = (
        select(*columns)
        .select_from(Item)
        .join(ItemVersion, ItemVersion.item_id == Item.id)
        # A draft that was imported without a citation is listed as well.
        .outerjoin(Citation, (Citation.item_version_id == ItemVersion.id) & (Citation.position == 1))
        .outerjoin(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
        .outerjoin(Statute, Statute.id == StatuteVersion.statute_id)
        .where(
            ItemVersion.number
            == select(func.max(newest.number))
            .where(newest.item_id == Item.id)
            .correlate(Item)
            .scalar_subquery(),
            ItemVersion.part_number == 0,
        )
    )
    for column, value in (
        (Statute.short_title, wanted.law),
        (Item.type, wanted.type),
        (ItemVersion.difficulty, wanted.difficulty),
        (Item.state, wanted.state),
    ):
        if value:
            matching = matching.where(column == value)
    if wanted.use is not None:
        matching = matching.where(_USES[wanted.use])
    if wanted.contradicted:
        matching = matching.where(Item.code.in_(contradicted()))
    if wanted.text:
        matching = matching.where(
            ItemVersion.stem.icontains(wanted.text, autoescape=True)
            | Item.code.icontains(wanted.text, autoescape=True),
        )
    return matching


_USES = {
    Use.PRACTICE: Item.reserved.is_(False),
    Use.RESERVED: Item.reserved.is_(True),
    Use.PUBLISHED: Item.published.is_(True),
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of an item's history: what was done with which version, by whom, when and why."""

    number: int
    step: Step
    state: ItemState
    comment: str
    actor: str
    recorded_at: datetime


def history(item_id: int) -> list[StepRow]:
    """Every step of an item, the latest first."""
    rows = db.session.execute(_steps(item_id).order_by(ReviewStep.id.desc()))
    return [StepRow(*row) for row in rows]


def last_decision(item_id: int) -> StepRow | None:
    """The last step that let a version be drawn or took the item out; None before the first approval."""
    row = db.session.execute(
        _steps(item_id).where(ReviewStep.state.in_(DECIDING)).order_by(ReviewStep.id.desc()).limit(1)
    ).first()
    return StepRow(*row) if row else None


def number_in_use(item_id: int) -> int | None:
    """The number of the version that is drawn; None when none is approved, or the item is suspended or retired."""
    last = last_decision(item_id)
    return last.number if last and last.state is ItemState.APPROVED else None


def version_of(item_id: int, number: int) -> ItemVersion:
    """A version of an item with its questions, citations and their laws; raises `NotFound`."""
    found = db.session.scalar(
        select(ItemVersion)
        .where(ItemVersion.item_id == item_id, ItemVersion.number == number, ItemVersion.part_number == 0)
        .options(*WHOLE)
    )
    if found is None:
        raise NotFound("没有这一版试题。")
    return found


def _steps(item_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            ItemVersion.number,
            ReviewStep.step,
            ReviewStep.state,
            ReviewStep.comment,
            ReviewStep.actor_label,
            ReviewStep.recorded_at,
        )
        .join(ItemVersion, ItemVersion.id == ReviewStep.item_version_id)
        .where(ReviewStep.item_id == item_id)
    )


@dataclass(frozen=True, slots=True)
class EnemyRow:
    """An item that may never be in one paper with another one, and why."""

    item_id: int
    code: str
    stem: str
    reason: str
    recorded_by: str
    recorded_at: datetime


def enemies_of(item_id: int) -> list[EnemyRow]:
    """The enemies of an item with their newest stems, in the order of their codes."""
    other = case((EnemyPair.item_id == item_id, EnemyPair.enemy_id), else_=EnemyPair.item_id)
    newest = aliased(ItemVersion)
    rows = db.session.execute(
        select(
            Item.id,
            Item.code,
            ItemVersion.stem,
            EnemyPair.reason,
            EnemyPair.recorded_by,
            EnemyPair.recorded_at,
        )
        .select_from(EnemyPair)
        .join(Item, Item.id == other)
        .join(ItemVersion, (ItemVersion.item_id == Item.id) & (ItemVersion.part_number == 0))
        .where(
            (EnemyPair.item_id == item_id) | (EnemyPair.enemy_id == item_id),
            EnemyPair.removed_at.is_(None),
            ItemVersion.number
            == select(func.max(newest.number))
            .where(newest.item_id == Item.id)
            .correlate(Item)
            .scalar_subquery(),
        )
    )
    return sorted((EnemyRow(*row) for row in rows), key=lambda row: row.code)


def laws_cited() -> list[str]:
    """The short titles of the laws that items count for."""
    rows = db.session.scalars(
        select(Statute.short_title)
        .join(StatuteVersion, StatuteVersion.statute_id == Statute.id)
        .join(Citation, Citation.statute_version_id == StatuteVersion.id)
        .where(Citation.position == 1)
        .distinct(),
    )
    return sorted(rows)


def citing_items(statute_version_id: int, article: str | None = None) -> list[CitationInUse]:
    """What the items in use cite of a version of a law, of one article only when that is given."""
    rows = _citations_in_use(Citation.statute_version_id == statute_version_id)
    return [cited for cited in rows if article in (None, cited.article)]


def code_of(item_id: int) -> str | None:
    """The code of an item."""
    return db.session.scalar(select(Item.code).where(Item.id == item_id))
