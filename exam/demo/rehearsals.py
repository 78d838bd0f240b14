"""Rehearsals: sessions that are open now, to which the retake intervals do not apply and which never count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import select

from core import clock
from core.actor import Role
from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, Problem
from core.people import registry
from core.people.accounts import grant_role
from core.people.models import Account, Person, Posting, Unit
from core.people.queries import id_number_index, present_posting_id
from core.people.rules import PostLevel
from exam.demo.accounts import CANDIDATE, candidate_account
from exam.demo.loading import LOADER
from exam.demo.population import AREA_WEIGHTS, BIRTHDAYS, id_number, invented_name, stream
from exam.papers import queries as papers
from exam.papers.services import ensure_default_spec
from exam.sittings.admission import new_sitting
from exam.sittings.models import ExamSession, KeyRelease, Sitting
from exam.sittings.preparation import draw_now
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

OPEN_FOR = timedelta(days=30)
"""Until then a rehearsal can be started; one that was not is replaced by the sweep."""

MOST_CANDIDATES = 5_000
LONGEST_MINUTES = 24 * 60
LONGEST_GRACE_SECONDS = 600
GRACE_SECONDS = 10
REHEARSAL_UNIT = "510500-031"
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rehearsal made by command: its session, and each fresh account with its sitting."""

    session_id: UUID
    candidates: tuple[tuple[str, UUID], ...]


def readmit(sitting_id: UUID, now: datetime) -> None:
    """The last link of the chain after sealing: whoever sat as `candidate` finds the next rehearsal open."""
    own = (
        select(Sitting.id)
        .join(Account, Account.person_id == Sitting.person_id)
        .where(Sitting.id == sitting_id, Account.username == CANDIDATE, Account.is_demo)
    )
    if current_app.config["SETTINGS"].is_demo and db.session.scalar(own) is not None:
        keep_open(now)


def keep_open(now: datetime) -> None:
    """See to it that the account `candidate` has a sitting that can be started or goes on; a repeat changes nothing.

    Called when the demo is loaded, after each sealing, and by the sweep for a rehearsal that nobody started.
    """
    account = candidate_account() if current_app.config["SETTINGS"].is_demo else None
    if account is None or account.person_id is None or _open_sitting(account.person_id, now) is not None:
        return
    spec_id = ensure_default_spec(now)
    with transaction() as session:
        # The lock makes two sweeps, or a sweep and the chain, take turns.
        session.scalar(select(Person.id).where(Person.id == account.person_id).with_for_update())
        if _open_sitting(account.person_id, now) is not None:
            return
        posting, unit = _present(account.person_id)
        name = f"演练场（{clock.shanghai(now):%m月%d日 %H:%M}）"
        row = _new_session(name, spec_id, KeyRelease.WITH_RESULT, now=now)
        sitting = new_sitting(row, person_id=account.person_id, posting=posting, unit=unit, now=now)
        session.add(sitting)
        session.flush()
        draw_now(row, [sitting], reason="", now=now)
        record("open-rehearsal", "exam-session", row.id, actor=LOADER, now=now, candidates=1)


def make_rehearsal(
    *, candidates: int, minutes: int | None = None, grace_seconds: int = GRACE_SECONDS, now: datetime
) -> Rehearsal:
    """A rehearsal that is open now, with so many fresh accounts that have the demo password.

    The minutes are those of the default paper unless given. Raises `Invalid` for numbers out of range, and
    `Conflict` `not_loaded` before the demo was loaded.
    """
    _check(candidates, minutes, grace_seconds)
    account = candidate_account()
    if account is None:
        raise Conflict("演示数据尚未载入，请先运行 flask --app wsgi demo load。", code="not_loaded")
    spec_id = ensure_default_spec(now)
    with transaction() as session:
        row = _new_session("演练场", spec_id, KeyRelease.NEVER, minutes, grace_seconds, now=now)
        unit = session.scalars(select(Unit).where(Unit.code == REHEARSAL_UNIT)).one()
        people = _fresh_people(row.id, candidates, now=now)
        session.add_all(people)
        session.flush()
        postings = [
            registry.new_posting(
                person_id=person.id,
                unit_id=unit.id,
                level=PostLevel.DEPUTY_SECTION,
                post="",
                on=clock.day_of(now),
                now=now,
            )
            for person in people
        ]
        accounts = _fresh_accounts(row.id, people, account.password_hash, now=now)
        sittings = [
            new_sitting(row, person_id=person.id, posting=posting, unit=unit, now=now)
            for person, posting in zip(people, postings, strict=True)
        ]
        session.add_all([*postings, *sittings])
        session.flush()
        draw_now(row, sittings, reason="", now=now)
        record("open-rehearsal", "exam-session", row.id, actor=LOADER, now=now, candidates=candidates)
    made = ((a.username, s.id) for a, s in zip(accounts, sittings, strict=True))
    return Rehearsal(row.id, tuple(made))


def _check(candidates: int, minutes: int | None, grace_seconds: int) -> None:
    problems = []
    if not 1 <= candidates <= MOST_CANDIDATES:
        problems.append(Problem("candidates", f"人数应为 1 至 {MOST_CANDIDATES}。", "candidates"))
    if minutes is not None and not 1 <= minutes <= LONGEST_MINUTES:
        problems.append(Problem("minutes", f"考试时长应为 1 至 {LONGEST_MINUTES} 分钟。", "minutes"))
    if not 0 <= grace_seconds <= LONGEST_GRACE_SECONDS:
        problems.append(Problem("grace", f"宽限时间应为 0 至 {LONGEST_GRACE_SECONDS} 秒。", "grace"))
    if problems:
        raise Invalid(problems)


def _open_sitting(person_id: int, now: datetime) -> UUID | None:
    waiting = (Sitting.state == SittingState.ASSIGNED) & (ExamSession.last_start_at > now)
    return db.session.scalar(
        select(Sitting.id)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(Sitting.person_id == person_id, waiting | (Sitting.state == SittingState.RUNNING))
        .limit(1),
    )


def _present(person_id: int) -> tuple[Posting, Unit]:
    row = db.session.execute(
        select(Posting, Unit)
        .join(Person, Person.id == Posting.person_id)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Person.id == person_id, Posting.id == present_posting_id()),
    ).one()
    return row[0], row[1]


def _new_session(
    name: str,
    spec_id: int,
    key_release: KeyRelease,
    minutes: int | None = None,
    grace_seconds: int = GRACE_SECONDS,
    *,
    now: datetime,
) -> ExamSession:
    """The row of a rehearsal that is open from now on; added to the session of the database."""
    allowed = minutes or papers.spec(spec_id).spec.minutes
    last_start_at = now + OPEN_FOR
    row = ExamSession(
        id=uuid4(),
        name=name,
        room="任意电脑",
        held_on=clock.day_of(now),
        law_day=clock.day_of(now),
        opens_at=now,
        last_start_at=last_start_at,
        closes_at=last_start_at + timedelta(minutes=allowed),
        minutes=allowed,
        grace_seconds=grace_seconds,
        paper_spec_id=spec_id,
        key_release=key_release,
        draw_number=0,
        is_rehearsal=True,
        is_demo=True,
        recorded_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _fresh_people(session_id: UUID, count: int, *, now: datetime) -> list[Person]:
    """So many invented people whose ID numbers nobody has yet."""
    free: list[tuple[str, str]] = []
    offered = _invented(session_id)
    while len(free) < count:
        some = dict(next(offered) for _ in range(min(AT_ONCE, count - len(free))))
        indexes = {id_number_index(number): number for number in some}
        taken = db.session.scalars(
            select(Person.id_number_index).where(Person.id_number_index.in_(list(indexes)))
        )
        for index in taken:
            del some[indexes[index]]
        free += some.items()
    return [registry.new_person(id_number=number, name=name, now=now) for number, name in free]


def _invented(session_id: UUID) -> Iterator[tuple[str, str]]:
    """ID numbers, all different, each with a name."""
    numbers = stream("rehearsal", session_id)
    regions = tuple(AREA_WEIGHTS)
    seen = set()
    while True:
        region = regions[numbers.below(len(regions))]
        number = id_number(region, numbers.below(BIRTHDAYS), 1 + numbers.below(998))
        name = invented_name(numbers)
        if number not in seen:
            seen.add(number)
            yield number, name


def _fresh_accounts(
    session_id: UUID, people: Sequence[Person], password_hash: str, *, now: datetime
) -> list[Account]:
    """An account each, with the hash of the demo password (see `ensure_accounts`)."""
    accounts = [
        Account(
            username=f"r{session_id.hex[:10]}-{number:04d}",
            display_name=person.name,
            person_id=person.id,
            password_hash=password_hash,
            must_change_password=False,
            is_demo=True,
            created_at=now,
        )
        for number, person in enumerate(people, start=1)
    ]
    db.session.add_all(accounts)
    db.session.flush()
    for account in accounts:
        grant_role(account, Role.CANDIDATE, unit_id=None, now=now)
    return accounts
