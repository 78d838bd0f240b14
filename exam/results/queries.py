"""Reads of results, and of what marking needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from core.db import db
from core.errors import NotFound
from core.people.models import Person
from exam.papers import rules as papers
from exam.papers.models import PaperQuestion, PaperSpecVersion
from exam.results.models import KeyConfirmation, MarkingTask, ResultRevision, SettledMark
from exam.results.rules import MARKING_VERSION, KeyedQuestion, from_hundredths, mark_paper
from exam.sittings import queries as sittings
from exam.sittings.answers import TEXT_MARK, readable, replay
from exam.sittings.models import ExamSession, KeyRelease, ResultRelease, Sitting
from exam.sittings.paper_queries import sessions_ahead
from exam.sittings.rules import SittingState
from question_bank.items import pool
from question_bank.items.models import ItemVersion
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from sqlalchemy import ColumnElement, ScalarSelect

    from exam.sittings.paper_queries import SessionAhead


@dataclass(frozen=True, slots=True)
class SatPaper:
    """A sat paper as marking reads it: the spec, the questions with their keys, the sheet."""

    spec: papers.PaperSpec
    questions: tuple[KeyedQuestion, ...]
    sheet: dict[int, str]

    @property
    def written(self) -> list[KeyedQuestion]:
        """The 简答题 that were answered, by position: those that people mark."""
        return [q for q in self.questions if q.type is QuestionType.SHORT and q.position in self.sheet]


def waits_for_people() -> ColumnElement[bool]:
    """Whether an answer of the enclosing query's `Sitting` is still to be marked by people."""
    settled = (
        select(SettledMark.position)
        .where(SettledMark.sitting_id == MarkingTask.sitting_id, SettledMark.position == MarkingTask.position)
        .correlate(MarkingTask)
        .exists()
    )
    return (
        select(MarkingTask.position)
        .where(MarkingTask.sitting_id == Sitting.id, ~settled)
        .correlate(Sitting)
        .exists()
    )


def waits(sitting_id: UUID) -> bool:
    """Whether an answer of the sitting is still to be marked by people."""
    query = select(Sitting.id).where(Sitting.id == sitting_id, waits_for_people())
    return db.session.scalar(query) is not None


def settled_marks(sitting_id: UUID) -> dict[int, Decimal]:
    """What people's marks came to so far, by position."""
    rows = db.session.execute(
        select(SettledMark.position, SettledMark.hundredths).where(SettledMark.sitting_id == sitting_id)
    )
    return {position: from_hundredths(hundredths) for position, hundredths in rows}


@dataclass(frozen=True, slots=True)
class WrittenMark:
    """What the answer to a 简答题 earned, as its candidate may see it: no marker, no key."""

    position: int
    answered: bool
    awarded: Decimal
    marks: Decimal


def written_marks(sitting: Sitting) -> list[WrittenMark]:
    """The 简答题 of a graded sitting, by position."""
    paper = sat_paper(sitting)
    marked = mark_paper(paper.spec, paper.questions, paper.sheet, settled_marks(sitting.id))
    return [
        WrittenMark(question.position, mark.answered, mark.awarded, question.marks)
        for question, mark in zip(paper.questions, marked.questions, strict=True)
        if question.type is QuestionType.SHORT
    ]


def latest(sitting_id: UUID) -> ResultRevision | None:
    """The revision that counts now; None before marking."""
    return db.session.scalar(
        select(ResultRevision)
        .where(ResultRevision.sitting_id == sitting_id)
        .order_by(ResultRevision.number.desc())
        .limit(1),
    )


def latest_number() -> ScalarSelect[int]:
    """The number of the revision that counts now of the enclosing query's `Sitting`."""
    return (
        select(func.max(ResultRevision.number))
        .where(ResultRevision.sitting_id == Sitting.id)
        .correlate(Sitting)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class OwnResult:
    """A sitting as its own candidate may see it. `result` is None until it is marked and released.

    `keys_shown`: the session releases the keys, nobody of it can still sit, and no other session asks an item of
    the paper, or may come to ask it, unless the office has confirmed that. `keys_later`: somebody of it can still
    sit; `keys_held`: another session asks. Then no key is shown: which items come again is not to be seen either.
    """

    sitting: Sitting
    session: ExamSession
    person_name: str
    result: ResultRevision | None
    keys_shown: bool
    keys_later: bool
    keys_held: bool


def own_result(sitting_id: UUID, *, person_id: int | None, now: datetime) -> OwnResult:
    """One's own result. Raises `NotFound` for a sitting that is not there, and for someone else's alike."""
    row = db.session.execute(
        select(Sitting, ExamSession, Person.name, ResultRevision)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .join(Person, Person.id == Sitting.person_id)
        .outerjoin(
            ResultRevision,
            (ResultRevision.sitting_id == Sitting.id) & (ResultRevision.number == latest_number()),
        )
        .where(Sitting.id == sitting_id, Sitting.person_id == person_id),
    ).first()
    if row is None:
        raise NotFound("没有找到这场考试，或者它不属于您。")
    sitting, exam_session, name, result = row
    shown = sitting.state is SittingState.GRADED and sittings.results_shown(exam_session)
    keys = shown and exam_session.key_release is KeyRelease.WITH_RESULT
    later = keys and anyone_may_sit(exam_session.id)
    held = keys and not later and bool(holding_back(exam_session.id, now=now, sitting=sitting))
    return OwnResult(
        sitting, exam_session, name, result if shown else None, keys and not later and not held, later, held
    )


def holding_back(session_id: UUID, *, now: datetime, sitting: Sitting | None = None) -> list[SessionAhead]:
    """The other sessions because of which keys of a session, of one paper if it is given, are not shown yet.

    Those that ask an item of it or may come to ask it, without those that the office has confirmed.
    """
    of_paper = Sitting.session_id == session_id if sitting is None else Sitting.id == sitting.id
    asked = db.session.scalars(
        select(ItemVersion.item_id)
        .join(PaperQuestion, PaperQuestion.item_version_id == ItemVersion.id)
        .join(
            Sitting,
            (Sitting.id == PaperQuestion.sitting_id) & (Sitting.draw_number == PaperQuestion.draw_number),
        )
        .where(of_paper)
        .distinct()
    ).all()
    confirmed = {row.ahead_id for row in key_confirmations(session_id)}
    return [
        each for each in sessions_ahead(asked, now=now) if each.id != session_id and each.id not in confirmed
    ]


def key_confirmations(session_id: UUID) -> list[KeyConfirmation]:
    """What the office has confirmed of a session's keys, in the order of time."""
    return list(
        db.session.scalars(
            select(KeyConfirmation)
            .where(KeyConfirmation.session_id == session_id)
            .order_by(KeyConfirmation.recorded_at, KeyConfirmation.ahead_id)
        )
    )


def anyone_may_sit(session_id: UUID) -> bool:
    """Whether keys shown now could still reach somebody who sits the same session."""
    return (
        db.session.scalar(
            select(Sitting.id)
            .where(
                Sitting.session_id == session_id,
                Sitting.state.in_([SittingState.ASSIGNED, SittingState.RUNNING]),
            )
            .limit(1)
        )
        is not None
    )


def released(sitting_ids: Sequence[UUID]) -> dict[UUID, ResultRevision]:
    """The results that count now of those sittings whose candidates may see them."""
    rows = db.session.scalars(
        select(ResultRevision)
        .join(Sitting, Sitting.id == ResultRevision.sitting_id)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(
            Sitting.id.in_(sitting_ids),
            Sitting.state == SittingState.GRADED,
            ResultRevision.number == latest_number(),
            (ExamSession.result_release == ResultRelease.AT_ONCE) | ExamSession.released_at.is_not(None),
        )
    )
    return {row.sitting_id: row for row in rows}


@dataclass(frozen=True, slots=True)
class ReviewedQuestion:
    """A sat question with its solution, letters as they were shown to this candidate.

    Of a 填空题 `chosen` and `key` are texts, of a 简答题 the key is the reference answer; `material` is that of a
    case, with its first question alone.
    """

    position: int
    material: str
    stem: str
    options: tuple[tuple[str, str], ...]
    chosen: str
    key: str
    correct: bool
    awarded: Decimal
    marks: Decimal
    explanation: str
    citations: tuple[pool.CitedArticle, ...]
    by_people: bool


def review(sitting: Sitting) -> list[ReviewedQuestion]:
    """Every question of a sat paper with its key, by position: for pages that may show keys, and for no other."""
    paper = sat_paper(sitting)
    result = latest(sitting.id)
    marked = mark_paper(
        paper.spec,
        paper.questions,
        paper.sheet,
        settled_marks(sitting.id),
        rule_version=result.rule_version if result else MARKING_VERSION,
    )
    marks = {mark.position: mark for mark in marked.questions}
    versions = {q.position: q.item_version_id for q in sittings.paper(sitting.id, sitting.draw_number)}
    contents = pool.contents(versions.values())
    materials = pool.contents(c.material_id for c in contents.values() if c.material_id is not None)
    solutions = pool.solutions(versions.values())
    told: set[int] = set()
    reviewed = []
    for question in paper.questions:
        version = versions[question.position]
        text = dict(contents[version].options)
        reviewed.append(
            ReviewedQuestion(
                position=question.position,
                material=_material(contents[version].material_id, materials, told),
                stem=contents[version].stem,
                options=tuple(
                    (shown, text[original])
                    for shown, original in zip(papers.OPTION_LETTERS, question.option_order, strict=False)
                ),
                chosen=_chosen(question, paper.sheet),
                key=solutions[version].reference or question.shown_key(),
                correct=marks[question.position].correct,
                awarded=marks[question.position].awarded,
                marks=question.marks,
                explanation=solutions[version].explanation,
                citations=solutions[version].citations,
                by_people=question.type is QuestionType.SHORT,
            )
        )
    return reviewed


def _chosen(question: KeyedQuestion, sheet: Mapping[int, str]) -> str:
    """The candidate's answer as people read it: what was written keeps its lines."""
    answer = sheet.get(question.position, "")
    return answer.removeprefix(TEXT_MARK) if question.type is QuestionType.SHORT else readable(answer)


def _material(case: int | None, materials: Mapping[int, pool.Content], told: set[int]) -> str:
    """The material of a case that was not told yet."""
    if case is None or case in told:
        return ""
    told.add(case)
    return materials[case].stem


_SPEC = (
    select(PaperSpecVersion.spec)
    .join(ExamSession, ExamSession.paper_spec_id == PaperSpecVersion.id)
    .where(ExamSession.id == bindparam("session_id"))
)


def sat_paper(sitting: Sitting) -> SatPaper:
    """Paper, keys and sheet of a sitting, in four reads."""
    spec = papers.from_json(db.session.scalar(_SPEC, {"session_id": sitting.session_id}))
    drawn = sittings.paper(sitting.id, sitting.draw_number)
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
            accepted=keys[row.item_version_id].accepted,
        )
        for row in drawn
    )
    return SatPaper(spec, questions, replay(sittings.journal(sitting.id)))
