"""Reads of what amendments touch: the queue, one touched citation, counts by law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.db import db
from core.errors import NotFound
from question_bank.items.models import Citation, CitationConfirmation, Item, ItemVersion
from question_bank.items.pool import approved_version_number
from question_bank.items.rules import ItemState
from question_bank.items.standing import failing
from question_bank.review.rules import Person
from question_bank.statutes.continuity import Standing
from question_bank.statutes.models import Statute, StatuteVersion
from question_bank.statutes.rules import article_number

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import ColumnElement

    from question_bank.items.standing import Judged

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class Touched:
    """A citation of an item in use that does not hold, or will not from `since` on.

    `part` is the question of a case, 0 the whole item. `version` and `article` are what the item cites; `last_version_id` and `last_article` where that was last known
    to stand; `next_version_id`, `next_version` and `next_article` what is proposed instead, None where unknown.
    """

    code: str
    number: int
    part: int
    item_version_id: int
    position: int
    law: str
    version: date
    article: str
    standing: Standing
    since: date
    last_version_id: int
    last_article: str
    next_version_id: int | None
    next_version: date | None
    next_article: str | None


def queue(today: date) -> list[Touched]:
    """Every touched citation of the items in use: those whose day has come first, then by day, law and article."""
    return _touched(today)


def touched(item_version_id: int, position: int, today: date) -> Touched:
    """One touched citation; raises `NotFound` when it holds, or the item version is not in use."""
    found = _touched(today, Citation.item_version_id == item_version_id, Citation.position == position)
    if not found:
        raise NotFound("这道试题的这处依据不需要复核，可能已由他人处理。")
    return found[0]


def touched_of(item_id: int, today: date) -> list[Touched]:
    """The touched citations of one item in use."""
    return _touched(today, Item.id == item_id)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A reviewer's word on an item: the citation as it was written, and under what it was found to hold."""

    number: int
    law: str
    version: date
    article: str
    later_version: date
    later_article: str
    reason: str
    actor: str
    recorded_at: datetime


def confirmations(item_id: int) -> list[Confirmed]:
    """What reviewers have said of an item's citations after amendments, the latest first."""
    cited, later = aliased(StatuteVersion), aliased(StatuteVersion)
    rows = db.session.execute(
        select(
            ItemVersion.number,
            Statute.short_title,
            cited.version,
            Citation.article,
            later.version,
            CitationConfirmation.article,
            CitationConfirmation.reason,
            CitationConfirmation.actor_label,
            CitationConfirmation.recorded_at,
        )
        .select_from(CitationConfirmation)
        .join(ItemVersion, ItemVersion.id == CitationConfirmation.item_version_id)
        .join(
            Citation,
            (Citation.item_version_id == CitationConfirmation.item_version_id)
            & (Citation.position == CitationConfirmation.position),
        )
        .join(cited, cited.id == Citation.statute_version_id)
        .join(Statute, Statute.id == cited.statute_id)
        .join(later, later.id == CitationConfirmation.statute_version_id)
        .where(ItemVersion.item_id == item_id)
        .order_by(CitationConfirmation.id.desc()),
    )
    return [Confirmed(*row) for row in rows]


def author_of(item_version_id: int) -> Person:
    """Who wrote an item version; raises `NotFound`."""
    row = db.session.execute(
        select(ItemVersion.author_account_id, ItemVersion.author_label).where(
            ItemVersion.id == item_version_id
        ),
    ).first()
    if row is None:
        raise NotFound("没有这道试题。")
    return Person(row.author_account_id, row.author_label)


def in_use() -> tuple[ColumnElement[bool], ...]:
    """What makes an item version one that is drawn but for its law."""
    return Item.state != ItemState.RETIRED, ItemVersion.number == approved_version_number(Item.id)


def _touched(today: date, *criteria: ColumnElement[bool]) -> list[Touched]:
    found = failing(today, *in_use(), *criteria)
    days = _versions(found)
    rows = [
        Touched(
            code=each.citation.code,
            number=each.citation.number,
            part=each.citation.part,
            item_version_id=each.citation.item_version_id,
            position=each.citation.position,
            law=each.citation.law,
            version=each.citation.version,
            article=each.citation.article,
            standing=each.verdict.standing,
            since=each.verdict.since,
            last_version_id=each.verdict.version_id,
            last_article=each.verdict.article,
            next_version_id=each.verdict.next_version_id,
            next_version=days.get(each.verdict.next_version_id or 0),
            next_article=each.verdict.next_article,
        )
        for each in found
        if each.verdict.since is not None
    ]
    return sorted(
        rows,
        key=lambda row: (
            max(row.since, today),
            row.law,
            article_number(row.article),
            row.code,
            row.part,
            row.position,
        ),
    )


def stems(rows: Iterable[Touched]) -> dict[int, str]:
    """The stems of the rows of a page, by item version."""
    found = db.session.execute(
        select(ItemVersion.id, ItemVersion.stem).where(
            ItemVersion.id.in_({row.item_version_id for row in rows})
        ),
    )
    return {row.id: row.stem for row in found}


def _versions(found: Iterable[Judged]) -> dict[int, date]:
    """The days of the later wordings, by id."""
    ids = {each.verdict.next_version_id for each in found}
    rows = db.session.execute(
        select(StatuteVersion.id, StatuteVersion.version).where(StatuteVersion.id.in_(ids))
    )
    return {row.id: row.version for row in rows}


@dataclass(frozen=True, slots=True)
class Due:
    """What waits for a reviewer: items out of the draw, items that will be, and moved articles by law."""

    suspended: int
    coming: int
    moves: int


def due(today: date) -> Due:
    """How much waits for a reviewer; items are counted once, moved articles by law, if items cite them."""
    rows = queue(today)
    suspended = {row.code for row in rows if row.since <= today}
    moved = {row.law for row in rows if row.standing is Standing.RENUMBERED}
    return Due(len(suspended), len({row.code for row in rows} - suspended), len(moved))


@dataclass(frozen=True, slots=True)
class LawUsage:
    """How many items in use cite a law, and how many of them its amendment has taken out of the draw."""

    items: int = 0
    stale: int = 0


def law_usage(today: date) -> dict[str, LawUsage]:
    """The laws that items in use cite, by short title."""
    citing = db.session.execute(
        select(Statute.short_title, func.count(Item.id.distinct()))
        .join(StatuteVersion, StatuteVersion.statute_id == Statute.id)
        .join(Citation, Citation.statute_version_id == StatuteVersion.id)
        .join(ItemVersion, ItemVersion.id == Citation.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(*in_use())
        .group_by(Statute.short_title),
    )
    stale: dict[str, set[str]] = {}
    for row in queue(today):
        if row.since <= today:
            stale.setdefault(row.law, set()).add(row.code)
    return {law: LawUsage(items, len(stale.get(law, ()))) for law, items in citing}
