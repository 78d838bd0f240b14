"""Telling the bank how its items fared: once a session is over, which of the counted answers were right."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from core.actor import Actor
from core.db import db, transaction
from core.jobs.work import Round
from exam.papers.models import PaperQuestion
from exam.results.models import ResultRevision
from exam.results.rules import NONE, KeyedQuestion, is_right
from exam.sittings.models import AnswerEvent, ExamSession, Sitting
from exam.sittings.office import MARKED, locked_session
from exam.sittings.rules import SittingState
from question_bank.items import pool
from question_bank.items.observing import Tally, record_observations
from question_bank.items.rules import OBJECTIVE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select

OBSERVER = Actor(label="observing")
AT_ONCE = 20
"""So many sessions a look, so that a bank that is observed for the first time is not listed as a whole each time."""


def sessions_over(now: datetime) -> Sequence[UUID]:
    """The sessions of which the bank is still to be told, or again.

    A session is over when its last start has passed and each sitting is marked, absent, excused or void. What
    changes afterwards which answers count, or what is right, sets `ExamSession.observed_at` back to None.
    """
    sittings = select(Sitting.id).where(Sitting.session_id == ExamSession.id).correlate(ExamSession)
    return db.session.scalars(
        select(ExamSession.id)
        .where(
            ExamSession.observed_at.is_(None),
            ExamSession.is_rehearsal.is_(False),
            ExamSession.last_start_at < now,
            sittings.exists(),
            ~sittings.where(Sitting.state.not_in(MARKED)).exists(),
        )
        .order_by(ExamSession.id)
        .limit(AT_ONCE)
    ).all()


def observe(session_id: UUID, *, now: datetime) -> bool:
    """Tell the bank of a session that is over: count its answers, and record them if nothing changed meanwhile.

    Counting takes a second for thousands of sittings and is done before the transaction: on SQLite other writers
    would wait for it.
    """
    counted = _counted(session_id)
    found = tallies(session_id)
    with transaction():
        row = locked_session(session_id)
        if row.observed_at is not None or _counted(session_id) != counted:
            return False
        record_session(row, found, now=now)
    return True


def record_session(row: ExamSession, found: Mapping[int, Tally], *, now: datetime) -> int:
    """Tell the bank of a session's tallies, inside the caller's transaction; how many records are new."""
    row.observed_at = now
    return record_observations(source=f"session:{row.id}", tallies=found, actor=OBSERVER, now=now)


def _counted(session_id: UUID) -> tuple[int, int]:
    """How many sittings of a session count, and how many results they have had: changes with what counts."""
    row = db.session.execute(
        select(func.count(Sitting.id.distinct()), func.count(ResultRevision.number))
        .outerjoin(ResultRevision, ResultRevision.sitting_id == Sitting.id)
        .where(Sitting.session_id == session_id, Sitting.state == SittingState.GRADED)
    ).one()
    return row[0], row[1]


def tallies(session_id: UUID) -> dict[int, Tally]:
    """How many counted answers each item version of a session's papers got, and how many of them were right.

    An answer counts when its sitting is graded; a question left out was answered wrongly. A version that was on
    papers of which none counts has a tally of nought. Like answers are counted by the database; whether they are
    right is asked of the rules of marking, once for each.
    """
    rows = db.session.execute(_like_answers(session_id)).all()
    keys = pool.keys({row.item_version_id for row in rows})
    questions: dict[tuple[int, str], KeyedQuestion] = {}
    answered: Counter[int] = Counter()
    right: Counter[int] = Counter()
    for version, option_order, choice, count in rows:
        if keys[version].type not in OBJECTIVE:
            continue
        answered[version] += int(count)
        question = questions.get((version, option_order))
        if question is None:
            question = questions[version, option_order] = _question(keys[version], option_order)
        if is_right(question, choice):
            right[version] += int(count)
    return {version: Tally(total, right[version]) for version, total in answered.items()}


def _question(keyed: pool.Keyed, option_order: str) -> KeyedQuestion:
    """A question by itself, as the rules of marking take it: what place and marks it had does not matter here."""
    return KeyedQuestion(
        position=1,
        section=1,
        type=keyed.type,
        law=keyed.law,
        option_order=option_order,
        key=frozenset(keyed.answer),
        marks=NONE,
        accepted=keyed.accepted,
    )


def _like_answers(session_id: UUID) -> Select[int, str, str, int]:
    """How often, in sittings that count, an item version was shown in that order and answered so; "" is no answer."""
    last = (
        select(AnswerEvent.sitting_id, AnswerEvent.position, func.max(AnswerEvent.seq).label("seq"))
        .join(Sitting, Sitting.id == AnswerEvent.sitting_id)
        .where(Sitting.session_id == session_id, Sitting.state == SittingState.GRADED)
        .group_by(AnswerEvent.sitting_id, AnswerEvent.position)
        .subquery()
    )
    choice = func.coalesce(AnswerEvent.choice, "")
    return (
        select(
            PaperQuestion.item_version_id,
            PaperQuestion.option_order,
            choice,
            func.sum(case((Sitting.state == SittingState.GRADED, 1), else_=0)),
        )
        .join(
            Sitting,
            (Sitting.id == PaperQuestion.sitting_id) & (Sitting.draw_number == PaperQuestion.draw_number),
        )
        .outerjoin(
            last,
            (last.c.sitting_id == PaperQuestion.sitting_id) & (last.c.position == PaperQuestion.position),
        )
        .outerjoin(
            AnswerEvent, (AnswerEvent.sitting_id == last.c.sitting_id) & (AnswerEvent.seq == last.c.seq)
        )
        .where(Sitting.session_id == session_id)
        .group_by(PaperQuestion.item_version_id, PaperQuestion.option_order, choice)
    )


OBSERVING = Round("observing", sessions_over, observe)
