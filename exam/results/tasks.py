"""Reads of an answer that people mark: what its marker sees, and what who decides sees. No name is read here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.actor import Permission
from core.db import db
from core.errors import NotFound
from exam.papers.models import PaperSpecVersion
from exam.papers.rules import from_json
from exam.results.agreement import SEATS, Given, Stage, may_change, verdict
from exam.results.models import GivenMark, MarkingTask, SettledMark
from exam.results.rules import from_hundredths
from exam.sittings.answers import TEXT_MARK
from exam.sittings.models import AnswerEvent, ExamSession, Sitting
from exam.sittings.rules import SittingState
from question_bank.items import pool

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from core.actor import Actor


def given_marks(task: MarkingTask) -> list[Given]:
    """The marks that count of an answer, by seat: the last of each seat."""
    rows = db.session.execute(
        select(GivenMark.seat, GivenMark.account_id, GivenMark.hundredths)
        .where(GivenMark.sitting_id == task.sitting_id, GivenMark.position == task.position)
        .order_by(GivenMark.seat, GivenMark.number)
    )
    last = {row.seat: Given(row.seat, row.account_id, from_hundredths(row.hundredths)) for row in rows}
    return list(last.values())


def most_apart(session_id: UUID) -> Decimal:
    """How far two marks may be apart by the session's spec."""
    stored = db.session.scalar(
        select(PaperSpecVersion.spec)
        .join(ExamSession, ExamSession.paper_spec_id == PaperSpecVersion.id)
        .where(ExamSession.id == session_id)
    )
    apart = from_json(stored).most_apart
    assert apart is not None
    return apart


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as a marker sees it: question, text and reference; nothing that tells whose it is.

    `own` is the marker's own mark, if there is one, and `may_change` whether it can still be another.
    """

    ref: UUID
    number: int
    session_id: UUID
    session: str
    most: Decimal
    stem: str
    text: str
    solution: pool.Solution
    own: Decimal | None
    may_change: bool
    is_taken: bool
    """Whether two people, this marker or others, have marked it."""


def answer(ref: UUID, actor: Actor) -> Answer:
    """For marking; raises `NotFound` outside the actor's units."""
    task = _task(ref, actor, Permission.MARK_ANSWERS)
    given = given_marks(task)
    own = next((one.marks for one in given if one.marker == actor.account_id), None)
    return Answer(
        **_shown(task),
        own=own,
        may_change=may_change(actor.account_id or 0, given),
        is_taken=len(given) == len(SEATS),
    )


@dataclass(frozen=True, slots=True)
class Dispute:
    """An answer on which two people disagree, for who decides: their marks by seat, but not who they are.

    `settled` is what it was decided to earn; `is_own` whether the actor gave one of the marks.
    """

    ref: UUID
    number: int
    session_id: UUID
    session: str
    most: Decimal
    stem: str
    text: str
    solution: pool.Solution
    given: tuple[Decimal, ...]
    most_apart: Decimal
    settled: Decimal | None
    is_own: bool


def dispute(ref: UUID, actor: Actor) -> Dispute:
    """For deciding; raises `NotFound` outside the actor's units, and where two people do not disagree."""
    task = _task(ref, actor, Permission.DECIDE_MARKS)
    given = given_marks(task)
    if verdict(given, most_apart(task.session_id)).stage is not Stage.DISPUTED:
        raise NotFound("这份作答不需要裁定。")
    settled = db.session.get(SettledMark, (task.sitting_id, task.position))
    return Dispute(
        **_shown(task),
        given=tuple(one.marks for one in given),
        most_apart=most_apart(task.session_id),
        settled=from_hundredths(settled.hundredths) if settled else None,
        is_own=any(one.marker == actor.account_id for one in given),
    )


def _task(ref: UUID, actor: Actor, permission: Permission) -> MarkingTask:
    query = (
        select(MarkingTask)
        .join(Sitting, Sitting.id == MarkingTask.sitting_id)
        .where(MarkingTask.ref == ref, Sitting.state != SittingState.VOID)
    )
    units = actor.units_for(permission)
    if units is not None:
        query = query.where(Sitting.unit_id.in_(units))
    task = db.session.scalar(query)
    if task is None:
        raise NotFound("没有这份作答。")
    return task


def _shown(task: MarkingTask) -> dict[str, Any]:
    """What marker and decider see of an answer alike."""
    text = db.session.scalar(
        select(AnswerEvent.choice)
        .where(AnswerEvent.sitting_id == task.sitting_id, AnswerEvent.position == task.position)
        .order_by(AnswerEvent.seq.desc())
        .limit(1)
    )
    session = db.session.get_one(ExamSession, task.session_id)
    return {
        "ref": task.ref,
        "number": task.number,
        "session_id": task.session_id,
        "session": session.name,
        "most": from_hundredths(task.most_hundredths),
        "stem": pool.contents([task.item_version_id])[task.item_version_id].stem,
        "text": (text or "").removeprefix(TEXT_MARK),
        "solution": pool.solutions([task.item_version_id])[task.item_version_id],
    }
