"""Reads of what waits: for a reviewer, for an author, and for the half-yearly look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from core.clock import day_of, end_of
from core.db import db
from question_bank.items.models import Citation, Item, ItemVersion, ReviewStep
from question_bank.items.pool import approved_version_number
from question_bank.items.rules import DECIDING, ItemState, QuestionType, Step
from question_bank.review.rules import due_on
from question_bank.statutes.models import Statute, StatuteVersion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select

    from question_bank.items.queries import StepRow
    from question_bank.review.rules import DueSpan, Person

PAGE_SIZE = 20
LOOKS = (Step.APPROVE, Step.RECONFIRM)
"""The steps with which somebody else has read the whole version and found it right."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An item that waits for somebody, since its last step, which `actor` took with that comment.

    `own`: who asks wrote the version, so that somebody else judges it.
    """

    code: str
    type: QuestionType
    number: int
    stem: str
    law: str
    author: str
    since: datetime
    actor: str
    comment: str
    own: bool


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """One page of such a list, of `pages`; `total` counts all, `own` those among them that who asks wrote."""

    rows: tuple[WaitingRow, ...]
    total: int
    own: int
    page: int
    pages: int


def inbox(reviewer: Person, page: int, *, law: str = "", type: QuestionType | None = None) -> WaitingPage:  # noqa: A002
    """The items in review: first what this reviewer may judge, then the own ones; the longest waiting first.

    `law` is the short title of the law that they count for, "" for any; `type` None is any.
    """
    rows = _in_review(reviewer)
    if law:
        rows = rows.where(Statute.short_title == law)
    if type is not None:
        rows = rows.where(Item.type == type)
    return _page(rows.order_by(None).order_by(_wrote(reviewer), ReviewStep.recorded_at, ReviewStep.id), page)


def laws_in_review(reviewer: Person) -> dict[str, int]:
    """How many items in review count for each law, by short title."""
    return _by_law(_in_review(reviewer))


def _in_review(reviewer: Person) -> Select[*tuple[Any, ...]]:
    return _waiting(reviewer).where(_last_step(), Item.state == ItemState.IN_REVIEW)


def returned(author: Person, page: int) -> WaitingPage:
    """What came back to this author and was not revised since, the longest ago first."""
    return _page(_returned(author), page)


def count_returned(author: Person) -> int:
    """How many items came back to this author and were not revised since."""
    return db.session.scalar(select(func.count()).select_from(_returned(author).subquery())) or 0


def _returned(author: Person) -> Select[*tuple[Any, ...]]:
    return _waiting(author).where(
        _last_step(), ReviewStep.step == Step.RETURN, Item.state == ItemState.DRAFT, _wrote(author)
    )


def due(span: DueSpan, reviewer: Person, page: int, *, law: str = "") -> WaitingPage:
    """Items in use whose last approval or re-confirmation lies in the span, the earliest first.

    `law` is the short title of the law that they count for; "" for any.
    """
    return _page(_due(span, reviewer, law), page)


def due_laws(span: DueSpan, reviewer: Person) -> dict[str, int]:
    """How many of these items count for each law, by short title."""
    return _by_law(_due(span, reviewer, ""))


def due_codes(span: DueSpan, reviewer: Person, law: str = "") -> list[str]:
    """The codes of those that this reviewer may confirm, in the order of `due`."""
    rows = _due(span, reviewer, law).where(~_wrote(reviewer))
    return list(db.session.scalars(rows.with_only_columns(Item.code)))


def _due(span: DueSpan, reviewer: Person, law: str) -> Select[*tuple[Any, ...]]:
    later = aliased(ReviewStep)
    last = (
        select(func.max(later.id))
        .where(later.item_id == Item.id, later.step.in_(LOOKS))
        .correlate(Item)
        .scalar_subquery()
    )
    rows = _waiting(reviewer).where(
        ReviewStep.id == last,
        ReviewStep.recorded_at < end_of(span.until),
        Item.state != ItemState.RETIRED,
        ItemVersion.number == approved_version_number(Item.id),
    )
    if span.after is not None:
        rows = rows.where(ReviewStep.recorded_at >= end_of(span.after))
    return rows.where(Statute.short_title == law) if law else rows


@dataclass(frozen=True, slots=True)
class Standing:
    """The version `number` that is drawn, or was until its suspension, and the last decision on it.

    `looked` is the step with which somebody last read it whole and found it right, `due` the day on which that is
    due again.
    """

    number: int
    suspended: bool
    decision: StepRow
    looked: StepRow
    due: date


def standing(history: Sequence[StepRow]) -> Standing | None:
    """How an item stands by its steps, the latest first; None when no version of it was ever approved, or it is retired."""
    decision = next((step for step in history if step.state in DECIDING), None)
    looked = next((step for step in history if step.step in LOOKS), None)
    if decision is None or looked is None or decision.state is ItemState.RETIRED:
        return None
    suspended = decision.state is ItemState.SUSPENDED
    return Standing(decision.number, suspended, decision, looked, due_on(day_of(looked.recorded_at)))


def _waiting(person: Person) -> Select[*tuple[Any, ...]]:
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
            _wrote(person).label("own"),
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
    account = ItemVersion.author_account_id
    # Never unknown, not even where the author has no account: what is not true must be false to be negated.
    return or_(
        and_(account.is_not(None), account == person.account_id),
        and_(account.is_(None), by_label),
    )


def _page(waiting: Select[*tuple[Any, ...]], page: int) -> WaitingPage:
    rows = waiting.order_by(None).subquery()
    total, own = db.session.execute(
        select(func.count(), func.coalesce(func.sum(case((rows.c.own, 1), else_=0)), 0)).select_from(rows)
    ).one()
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    shown = db.session.execute(waiting.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return WaitingPage(tuple(WaitingRow(*row) for row in shown), total, own, page, pages)


def _by_law(waiting: Select[*tuple[Any, ...]]) -> dict[str, int]:
    rows = waiting.order_by(None).subquery()
    counted = db.session.execute(
        select(rows.c.short_title, func.count()).select_from(rows).group_by(rows.c.short_title)
    )
    return dict(sorted((law, count) for law, count in counted))
