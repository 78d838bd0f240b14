"""Finished sittings for tests: sat, handed in, marked and certified by the real chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core import clock
from core.clock import at
from core.db import db, transaction
from core.people.models import Person
from core.people.queries import id_number_of
from exam.certificates.models import Certificate
from exam.sittings.closing import close_overdue, hand_in
from exam.sittings.models import Sitting, SittingEvent
from exam.sittings.rules import SittingState
from tests.factories.sittings import NOW, OFFICER, client_of, make_sign_in, make_sitting, save, start_sitting

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Flask

    from tests.client import SiteClient
    from tests.factories.sittings import Candidate

__all__ = [
    "NOW",
    "OFFICER",
    "browse",
    "certificate_of",
    "finish",
    "finish_with",
    "miss",
    "number_of",
    "sat_on",
    "void",
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
