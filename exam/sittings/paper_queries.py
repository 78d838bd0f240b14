"""Reads of drawn papers by what is on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.db import db
from exam.papers.models import PaperQuestion
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.rules import SittingState
from question_bank.items.models import ItemVersion

if TYPE_CHECKING:
    from datetime import date

AHEAD = (SittingState.ASSIGNED, SittingState.RUNNING)
MOST_SESSIONS = 50


@dataclass(frozen=True, slots=True)
class SessionWithItem:
    """A session of which `papers` papers hold an item and are not sat yet, or are being sat."""

    name: str
    held_on: date
    papers: int


def sessions_ahead_with(item_id: int) -> list[SessionWithItem]:
    """The sessions whose papers hold some version of the item and have not ended, the earliest first.

    Of papers drawn anew the last alone; rehearsals are left out. At most `MOST_SESSIONS`.
    """
    papers = func.count(Sitting.id.distinct())
    rows = db.session.execute(
        select(ExamSession.name, ExamSession.held_on, papers)
        .select_from(ItemVersion)
        .join(PaperQuestion, PaperQuestion.item_version_id == ItemVersion.id)
        .join(
            Sitting,
            (Sitting.id == PaperQuestion.sitting_id) & (Sitting.draw_number == PaperQuestion.draw_number),
        )
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(
            ItemVersion.item_id == item_id,
            Sitting.state.in_(AHEAD),
            ExamSession.is_rehearsal.is_(False),
        )
        .group_by(ExamSession.id, ExamSession.name, ExamSession.held_on)
        .order_by(ExamSession.held_on, ExamSession.name, ExamSession.id)
        .limit(MOST_SESSIONS)
    )
    return [SessionWithItem(*row) for row in rows]
