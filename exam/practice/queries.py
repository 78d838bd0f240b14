"""Reads of practice: what may be practised, what a person answered, and how they stand."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.db import db
from core.errors import NotFound
from exam.practice.models import PracticeAnswer
from exam.practice.rules import PracticeItem, Practised
from exam.results.queries import released
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.paper_queries import is_under_way, items_under_way
from exam.sittings.queries import adjusted_seconds, clock_of
from exam.sittings.rules import Adjustment, SittingState
from question_bank.items import pool as bank
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from datetime import date, datetime

    from exam.results.models import ResultRevision
    from question_bank.items.pool import PoolRow


PRACTISED = frozenset(QuestionType) - {QuestionType.SHORT}
"""The types that a machine can mark; a case is practised whole."""


def practisable(on: date) -> tuple[list[PracticeItem], bool]:
    """Every item that may be practised on that day, in the order of the codes; and whether others may again later.

    Those are the items on the papers of a session that has not ended; what is kept for sessions is no part of it.
    """
    under_way = items_under_way()
    for_practice = [item for item in bank.drawable(on, PRACTISED) if not item.reserved]
    items = [
        PracticeItem(item.item_id, item.code, item.law)
        for item in for_practice
        if item.item_id not in under_way
    ]
    return items, len(items) < len(for_practice)


def one(code: str, on: date) -> PoolRow:
    """The item of that code, if it may be practised; raises `NotFound` for one that may not, like for none."""
    for row in bank.pool(on, PRACTISED, code=code):
        if not row.reserved and not is_under_way(row.item_id):
            return row
    raise NotFound("没有这道练习题，或者它已不再用于练习。")


def history(person_id: int) -> dict[int, Practised]:
    """A person's last answer to each item, by item."""
    latest = (
        select(func.max(PracticeAnswer.id))
        .where(PracticeAnswer.person_id == person_id)
        .group_by(PracticeAnswer.item_id)
    )
    rows = db.session.execute(
        select(PracticeAnswer.item_id, PracticeAnswer.correct, PracticeAnswer.recorded_at).where(
            PracticeAnswer.id.in_(latest)
        )
    )
    return {row.item_id: Practised(row.correct, row.recorded_at) for row in rows}


def law_rates(person_id: int) -> dict[str, tuple[int, int]]:
    """(right, answered) by law over the person's released results: what their result pages say."""
    sittings = db.session.scalars(
        select(Sitting.id).where(Sitting.person_id == person_id, Sitting.state == SittingState.GRADED)
    ).all()
    rates: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    results: list[ResultRevision] = list(released(sittings).values())
    for result in results:
        for law in result.laws:
            right, asked = rates[law["law"]]
            rates[law["law"]] = (right + law["correct"], asked + law["asked"])
    return dict(rates)


def sits_now(person_id: int, now: datetime) -> bool:
    """Whether the person is in the middle of a sitting; rehearsals count too."""
    rows = db.session.execute(
        select(Sitting, ExamSession, adjusted_seconds())
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(Sitting.person_id == person_id, Sitting.state == SittingState.RUNNING)
    )
    return any(
        clock_of(sitting, session, [Adjustment(adjusted, "")], now).saves_count
        for sitting, session, adjusted in rows
    )
