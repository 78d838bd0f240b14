"""Reads of results, and of what marking needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.db import db
from exam.papers import rules as papers
from exam.papers.models import PaperQuestion, PaperSpecVersion
from exam.results.models import ResultRevision
from exam.results.rules import KeyedQuestion
from exam.sittings.answers import replay
from exam.sittings.models import AnswerEvent, ExamSession, Sitting
from exam.sittings.rules import SittingState
from question_bank.items import pool
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class SatPaper:
    """A sat paper as marking reads it: the spec, the questions with their keys, the sheet."""

    spec: papers.PaperSpec
    questions: tuple[KeyedQuestion, ...]
    sheet: dict[int, str]


def latest(sitting_id: UUID) -> ResultRevision | None:
    """The revision that counts now; None before marking."""
    return db.session.scalar(
        select(ResultRevision)
        .where(ResultRevision.sitting_id == sitting_id)
        .order_by(ResultRevision.number.desc())
        .limit(1),
    )


def next_number(sitting_id: UUID) -> int:
    highest = db.session.scalar(
        select(func.max(ResultRevision.number)).where(ResultRevision.sitting_id == sitting_id)
    )
    return (highest or 0) + 1


def sat_paper(sitting: Sitting) -> SatPaper:
    """Paper, keys and sheet of a sitting, in four reads."""
    spec_json = db.session.scalar(
        select(PaperSpecVersion.spec)
        .join(ExamSession, ExamSession.paper_spec_id == PaperSpecVersion.id)
        .where(ExamSession.id == sitting.session_id),
    )
    spec = papers.from_json(spec_json)
    drawn = db.session.execute(
        select(
            PaperQuestion.position,
            PaperQuestion.section,
            PaperQuestion.type,
            PaperQuestion.item_version_id,
            PaperQuestion.option_order,
        )
        .where(PaperQuestion.sitting_id == sitting.id, PaperQuestion.draw_number == sitting.draw_number)
        .order_by(PaperQuestion.position),
    ).all()
    keys = pool.keys(row.item_version_id for row in drawn)
    questions = tuple(
        KeyedQuestion(
            position=row.position,
            section=row.section,
            type=QuestionType(row.type),
            law=keys[row.item_version_id].law,
            option_order=row.option_order,
            key=frozenset(keys[row.item_version_id].answer),
            marks=spec.sections[row.section - 1].marks,
        )
        for row in drawn
    )
    events = db.session.execute(
        select(AnswerEvent.seq, AnswerEvent.position, AnswerEvent.choice).where(
            AnswerEvent.sitting_id == sitting.id
        )
    )
    return SatPaper(spec, questions, replay((row.seq, row.position, row.choice) for row in events))


def sealed_without_result() -> list[UUID]:
    """Sittings that are sealed and wait for marking; the sweep marks what the chain missed."""
    return list(db.session.scalars(select(Sitting.id).where(Sitting.state == SittingState.SEALED)))
