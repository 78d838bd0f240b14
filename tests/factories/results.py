"""Finished sittings for tests: sat, handed in, marked and certified by the real chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core import clock
from core.actor import Actor, Grant, Role
from core.clock import at
from core.db import db, transaction
from core.people.models import Person
from core.people.queries import id_number_of
from exam.certificates.models import Certificate
from exam.results.observing import observe, sessions_over
from exam.sittings.closing import close_overdue, hand_in
from exam.sittings.models import Sitting, SittingEvent
from exam.sittings.rules import SittingState
from question_bank.items.rules import QuestionType
from tests.factories.bank import make_draft, make_items
from tests.factories.sittings import (
    NOW,
    OFFICER,
    TYPES,
    client_of,
    make_exam_session,
    make_sign_in,
    make_sitting,
    save,
    start_sitting,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from flask import Flask

    from exam.sittings.models import ExamSession
    from question_bank.items.models import Item, ItemVersion
    from tests.client import SiteClient
    from tests.factories.sittings import Candidate

__all__ = [
    "NOW",
    "OFFICER",
    "browse",
    "certificate_of",
    "finish",
    "finish_with",
    "finish_written",
    "marker",
    "miss",
    "number_of",
    "sat_on",
    "void",
    "written_paper",
]

PASSING = ("D", "D", "CD", "A")
FAILING = ("A", "", "", "B")


def finish_with(
    *choices: str, candidate: Candidate | None = None, now: datetime = NOW, **changes: object
) -> tuple[UUID, Candidate]:
    """A sitting handed in with these letters as shown, by position; «» leaves a question unanswered.

    The right ones on the factories' paper (options in reverse) are D, D, CD, A: 2 + 2 + 3 + 2 marks, 5 pass.
    """
    if candidate is not None:
        candidate = replace(candidate, sign_in_id=make_sign_in(candidate.account_id, now=now))
    sitting_id, candidate = start_sitting(candidate=candidate, now=now, **changes)
    answered = [(position, choice) for position, choice in enumerate(choices, start=1) if choice]
    events = [(seq, position, choice) for seq, (position, choice) in enumerate(answered, start=1)]
    if events:
        save(sitting_id, candidate, *events, now=now)
    hand_in(sitting_id=sitting_id, actor=candidate.actor, now=now + timedelta(minutes=20))
    return sitting_id, candidate


def finish(*, passed: bool = True, now: datetime = NOW, **changes: object) -> tuple[UUID, Candidate]:
    """A sitting that is graded as passed (with a certificate) or failed."""
    return finish_with(*(PASSING if passed else FAILING), now=now, **changes)


def written_paper(short: int) -> list[tuple[Item, ItemVersion]]:
    """The questions of the factories' paper with so many 简答题."""
    return make_items([make_draft(kind) for kind in (*TYPES, *[QuestionType.SHORT] * short)])


def finish_written(
    *written: str,
    questions: Sequence[tuple[Item, ItemVersion]] = (),
    session: ExamSession | None = None,
    candidate: Candidate | None = None,
    now: datetime = NOW,
    **changes: object,
) -> tuple[UUID, Candidate]:
    """A sitting handed in with everything else right (9 marks) and these answers to 简答题 of 5 marks each.

    «» leaves one unanswered; the questions are those of `written_paper`, fresh ones unless told.
    """
    if candidate is not None:
        candidate = replace(candidate, sign_in_id=make_sign_in(candidate.account_id, now=now))
    session = session or make_exam_session(short=len(written), now=now, **changes)
    questions = questions or written_paper(len(written))
    sitting_id, candidate = start_sitting(session=session, questions=questions, candidate=candidate, now=now)
    choices = [*PASSING, *(f"={text}" if text else "" for text in written)]
    sheet = [(position, choice) for position, choice in enumerate(choices, start=1) if choice]
    save(sitting_id, candidate, *((seq, *answer) for seq, answer in enumerate(sheet, start=1)), now=now)
    hand_in(sitting_id=sitting_id, actor=candidate.actor, now=now + timedelta(minutes=20))
    return sitting_id, candidate


def marker(number: int = 1, role: Role = Role.MARKER) -> Actor:
    """Somebody who marks; another one by each number. Who decides is an officer."""
    return Actor(
        label=f"{role}-{number}", account_id=1000 * list(Role).index(role) + number, grants=(Grant(role),)
    )


def sat_on(day: date, *, passed: bool = True, **changes: object) -> tuple[UUID, Candidate]:
    """A finished sitting of a day, recorded then; of a known person with `candidate=`."""
    return finish(passed=passed, now=at(day, 9), **changes)


def miss(day: date, **changes: object) -> tuple[UUID, Candidate]:
    """An admission that was not taken up: the sweep records the absence two hours later."""
    now = at(day, 9)
    sitting_id, candidate = make_sitting(now=now, **changes)
    close_overdue(now=now + timedelta(hours=2))
    return sitting_id, candidate


def void(sitting_id: UUID, *, reason: str = "夹带", now: datetime = NOW) -> None:
    """A sitting voided by two people, as rows."""
    with transaction() as session:
        sitting = session.get_one(Sitting, sitting_id)
        sitting.state = SittingState.VOID
        session.add(
            SittingEvent(
                sitting_id=sitting_id,
                state=SittingState.VOID,
                reason=reason,
                recorded_by="officer-test",
                approved_by="officer-second",
                recorded_at=now,
            )
        )


def browse(app: Flask, candidate: Candidate) -> SiteClient:
    """A browser in which the candidate has just signed in, by the real clock."""
    return client_of(app, replace(candidate, sign_in_id=make_sign_in(candidate.account_id, now=clock.now())))


def certificate_of(sitting_id: UUID) -> Certificate | None:
    return db.session.scalar(select(Certificate).where(Certificate.sitting_id == sitting_id))


def number_of(candidate: Candidate) -> str:
    """The candidate's full ID number."""
    return id_number_of(db.session.get_one(Person, candidate.person_id))


def observe_finished(now: datetime) -> list[UUID]:
    """Tell the bank of every session that is over, as the background process does; those of which it was told."""
    return [session_id for session_id in sessions_over(now) if observe(session_id, now=now)]
