"""Reads of what waits: for a reviewer, for an author, and for the half-yearly look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from core.clock import end_of
from core.db import db
from question_bank.items.models import Citation, Item, ItemVersion, ReviewStep
from question_bank.items.pool import approved_version_number
from question_bank.items.rules import ItemState, QuestionType, Step
from question_bank.statutes.models import Statute, StatuteVersion

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select

    from question_bank.review.rules import Person

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An item that waits for somebody, since its last step, which `actor` took with that comment."""

    code: str
    type: QuestionType
    number: int
    stem: str
    law: str
    author: str
    since: datetime
    actor: str
    comment: str


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """One page of such a list, of `pages`; `total` counts all."""

    rows: tuple[WaitingRow, ...]
    total: int
    page: int
    pages: int


def inbox(reviewer: Person, page: int) -> WaitingPage:
    """What this reviewer may judge: items in review that they did not write, the longest waiting first."""
    return _page(_waiting().where(_last_step(), Item.state == ItemState.IN_REVIEW, ~_wrote(reviewer)), page)


def own_in_review(reviewer: Person) -> int:
    """How many items in review this person wrote, so that somebody else judges them."""
    waiting = _waiting().where(_last_step(), Item.state == ItemState.IN_REVIEW, _wrote(reviewer))
    return db.session.scalar(select(func.count()).select_from(waiting.subquery())) or 0


def returned(author: Person, page: int) -> WaitingPage:
    """What came back to this author and was not revised since, the longest ago first."""
    return _page(
        _waiting().where(
            _last_step(), ReviewStep.step == Step.RETURN, Item.state == ItemState.DRAFT, _wrote(author)
        ),
        page,
    )


def due(cutoff: date, page: int, *, law: str = "") -> WaitingPage:
    """Items in use whose last approval or re-confirmation was on the day `cutoff` or earlier, the earliest first.

    `law` is the short title of the law that they count for; "" for any.
    """
    later = aliased(ReviewStep)
    last = (
        select(func.max(later.id))
        .where(later.item_id == Item.id, later.step.in_((Step.APPROVE, Step.RECONFIRM)))
        .correlate(Item)
        .scalar_subquery()
    )
    rows = _waiting().where(
        ReviewStep.id == last,
        ReviewStep.recorded_at < end_of(cutoff),
        Item.state != ItemState.RETIRED,
        ItemVersion.number == approved_version_number(Item.id),
    )
    return _page(rows.where(Statute.short_title == law) if law else rows, page)


def _waiting() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Item.code,
            Item.type,
            ItemVersion.number,
            ItemVersion.stem,
            Statute.short_title,
            ItemVersion.author_label,
            ReviewStep.recorded_at,
            ReviewStep.actor_label,
            ReviewStep.comment,
        )
        .join(ReviewStep, ReviewStep.item_id == Item.id)
        .join(ItemVersion, ItemVersion.id == ReviewStep.item_version_id)
        .join(Citation, and_(Citation.item_version_id == ItemVersion.id, Citation.position == 1))
        .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
        .join(Statute, Statute.id == StatuteVersion.statute_id)
        .order_by(ReviewStep.recorded_at, ReviewStep.id)
    )


def _last_step() -> ColumnElement[bool]:
    """The step is the last one on the newest version; what is done with the version in use meanwhile is another."""
    later = aliased(ReviewStep)
    newest = aliased(ItemVersion)
    number = (
        select(func.max(newest.number)).where(newest.item_id == Item.id).correlate(Item).scalar_subquery()
    )
    return and_(
        ItemVersion.number == number,
        ReviewStep.id
        == select(func.max(later.id))
        .where(later.item_version_id == ItemVersion.id)
        .correlate(ItemVersion)
        .scalar_subquery(),
    )


def _wrote(person: Person) -> ColumnElement[bool]:
    """`question_bank.review.rules.same_person` in SQL."""
    by_label = ItemVersion.author_label == person.label
    if person.account_id is None:
        return by_label
    return or_(
        ItemVersion.author_account_id == person.account_id,
        and_(ItemVersion.author_account_id.is_(None), by_label),
    )


def _page(waiting: Select[*tuple[Any, ...]], page: int) -> WaitingPage:
    total = db.session.scalar(select(func.count()).select_from(waiting.order_by(None).subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    rows = db.session.execute(waiting.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return WaitingPage(tuple(WaitingRow(*row) for row in rows), total, page, pages)
