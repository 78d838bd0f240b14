"""Loading the demo: the bank, the policy, the invented people and their history, accounts, an open rehearsal."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import func, select

from core import clock
from core.actor import Role
from core.audit.services import record
from core.db import db, transaction
from exam.demo import accounts, history, loading, rehearsals, today
from exam.demo.people import enter_people, exempt
from exam.demo.population import population
from exam.papers.services import ensure_default_spec
from exam.policies import rules as policy_rules
from exam.policies.models import PolicyVersion
from exam.policies.services import DEFAULT_POLICY, DEFAULT_REASON
from exam.sittings.models import ExamSession, Sitting
from question_bank.starter.services import load_starter

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from exam.demo.planning import PlannedSession
    from exam.demo.population import Cadre

    Showing = Callable[[int], AbstractContextManager[Callable[[int], None]]]

POLICY_RECORDED_AT = clock.at(date(2017, 12, 20), 10)
CANDIDATE_NUMBER = history.PEOPLE + today.TODAYS_PEOPLE
"""The number of the person to whom the account `candidate` belongs."""


@dataclass(frozen=True, slots=True)
class DemoData:
    """What the demo holds: counts of the history, the accounts, and one ID number for each reason of today."""

    people: int
    sessions: int
    sittings: int
    accounts: tuple[str, ...]
    password_file: Path
    id_numbers: dict[str, str]


def _unseen(_total: int) -> AbstractContextManager[Callable[[int], None]]:
    return nullcontext(lambda _steps: None)


def load(*, now: datetime, showing: Showing = _unseen) -> DemoData:
    """Load what is not there yet; a repeat changes nothing, an interrupted load is taken up.

    `showing` is given the number of steps and gives the function that advances by some. Papers are drawn from
    today's bank; `now` is also the day from which the reasons of today are reckoned.
    """
    load_starter(now)
    _ensure_policy(now)
    spec_id = ensure_default_spec(now)
    here = loading.loaded_sessions()
    if not here.issuperset([*(session.id for session in history.calendar()), *today.session_ids()]):
        _load_history(spec_id, here, now=now, showing=showing)
    _ensure_accounts(now)
    rehearsals.keep_open(now)
    return _summary()


def _load_history(spec_id: int, here: set[object], *, now: datetime, showing: Showing) -> None:
    todays = today.todays_people(clock.day_of(now))
    past = history.history(DEFAULT_POLICY)
    sessions: list[PlannedSession] = [*past, *todays.sessions]
    with showing(sum(len(session.sittings) for session in sessions)) as advance:
        with transaction():
            people = enter_people(population(range(CANDIDATE_NUMBER + 1)), sessions)
            exempt([people[cadre.number] for cadre in todays.exempt], todays.exempt_from)
            record("load-demo-people", "demo", "people", actor=loading.LOADER, now=now, people=len(people))
        ground = loading.ground(spec_id=spec_id, law_day=clock.day_of(now), people=people)
        for session in sessions:
            if session.id in here:
                loading.remember(session, ground)
            else:
                loading.load_session(session, ground, now=now)
            advance(len(session.sittings))


def _ensure_policy(now: datetime) -> None:
    """The default policy as known before the history begins, so that it can be asked as of its own time."""
    if db.session.scalar(select(PolicyVersion.id).limit(1)) is not None:
        return
    with transaction() as session:
        session.add(
            PolicyVersion(
                code=DEFAULT_POLICY.code,
                effective_from=DEFAULT_POLICY.effective_from,
                settings=policy_rules.to_json(DEFAULT_POLICY),
                reason=DEFAULT_REASON,
                recorded_at=POLICY_RECORDED_AT,
            ),
        )
        record("add-policy", "policy", DEFAULT_POLICY.code, actor=loading.LOADER, now=now)


def _ensure_accounts(now: datetime) -> None:
    cadre = _candidate()
    password = accounts.ensure_password(current_app.config["SETTINGS"].demo_password_file)
    with transaction():
        person = enter_people([cadre], [])[cadre.number]
    accounts.ensure_accounts(password=password, person_id=person.id, display_name=cadre.name, now=now)


def _candidate() -> Cadre:
    return population(range(CANDIDATE_NUMBER, CANDIDATE_NUMBER + 1))[0]


def _summary() -> DemoData:
    counted = (ExamSession.is_demo, ExamSession.is_rehearsal.is_(False))
    sittings = select(func.count(Sitting.id)).join(ExamSession, ExamSession.id == Sitting.session_id)
    people = select(func.count(Sitting.person_id.distinct())).join(
        ExamSession, ExamSession.id == Sitting.session_id
    )
    id_numbers: dict[str, str] = {}
    for case in today.cases():
        id_numbers.setdefault(case.reason.value, case.cadre.id_number)
    return DemoData(
        people=db.session.scalar(people.where(*counted)) or 0,
        sessions=db.session.scalar(select(func.count(ExamSession.id)).where(*counted)) or 0,
        sittings=db.session.scalar(sittings.where(*counted)) or 0,
        accounts=tuple(role.value for role in Role),
        password_file=current_app.config["SETTINGS"].demo_password_file,
        id_numbers=id_numbers,
    )
