"""What the office's pages read: sessions, who is admitted, and the board of a running session."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import case, func, select

from core.actor import Permission
from core.auth import queries as auth
from core.db import db
from core.errors import NotFound
from core.people.models import Account, Person, Unit
from core.people.queries import masked_id_number_of
from exam.papers import queries as papers
from exam.sittings.models import (
    AnswerEvent,
    ExamSession,
    JournalLoss,
    ResultRelease,
    Sitting,
    SittingEvent,
    TimeAdjustment,
)
from exam.sittings.office import ENDED, MARKED
from exam.sittings.queries import clock_of
from exam.sittings.rules import Adjustment, Phase, SittingState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select

    from core.actor import Actor
    from core.auth.queries import Failing
    from core.people.rules import PostLevel
    from exam.papers.queries import DrawView, StoredSpec
    from exam.sittings.rules import PhaseNow

    Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])

IDLE = timedelta(minutes=5)
PAGE = 50


class Step(StrEnum):
    """What a session needs next, in its order."""

    ADMIT = "admit"
    PREPARE = "prepare"
    PREPARE_ADDED = "prepare_added"
    ACCOUNTS = "accounts"
    WAIT = "wait"
    WATCH = "watch"
    MARK = "mark"
    RELEASE = "release"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with the counts that decide what comes next; counts are those within the actor's units."""

    session: ExamSession
    spec: StoredSpec
    draws: list[DrawView]
    states: Counter[SittingState]
    without_paper: int
    without_account: int
    started: int

    @property
    def admitted(self) -> int:
        return self.states.total()

    @property
    def finished(self) -> bool:
        return self.admitted > 0 and all(state in MARKED for state in self.states)

    @property
    def awaiting_people(self) -> int:
        """How many have handed in and wait for people to mark."""
        return self.states[SittingState.SEALED] if self.spec.spec.is_marked_by_people else 0

    @property
    def only_marking_left(self) -> bool:
        """Whether nobody sits any more, and people still have answers to mark."""
        return self.awaiting_people > 0 and all(state in ENDED for state in self.states)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A line of the list of sessions."""

    session: ExamSession
    admitted: int
    ended: int
    sealed: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An admitted person as the office sees one."""

    sitting_id: UUID
    person_id: int
    name: str
    masked_id_number: str
    unit: str
    level: PostLevel
    state: SittingState
    has_paper: bool
    username: str | None


class Mood(StrEnum):
    """How a candidate stands on the board, the worst first."""

    NO_PAPER = "no_paper"
    MISSED = "missed"
    OVER = "over"
    IDLE = "idle"
    NOT_STARTED = "not_started"
    RUNNING = "running"
    WAITING = "waiting"
    HANDED_IN = "handed_in"
    ABSENT = "absent"
    EXCUSED = "excused"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A candidate on the board: `saved` of `questions` are answered, `remaining` the time left to answer.

    `last_seq` is the journal's last event, `losses` what the candidate's page reports that a restored server forgot.
    """

    sitting_id: UUID
    name: str
    unit: str
    mood: Mood
    saved: int
    questions: int
    last_save: datetime | None
    started_at: datetime | None
    sealed_at: datetime | None
    remaining: timedelta | None
    granted: int
    last_seq: int
    losses: list[JournalLoss]


def sessions(page: int = 1) -> tuple[list[SessionLine], int]:
    """A page of sessions, the latest day first, and the number of pages."""
    count = db.session.scalar(select(func.count()).select_from(ExamSession)) or 0
    rows = db.session.execute(
        select(
            ExamSession,
            func.count(Sitting.id),
            func.coalesce(func.sum(case((Sitting.state.in_(MARKED), 1), else_=0)), 0),
            func.coalesce(func.sum(case((Sitting.state == SittingState.SEALED, 1), else_=0)), 0),
        )
        .outerjoin(Sitting, Sitting.session_id == ExamSession.id)
        .group_by(ExamSession.id)
        .order_by(ExamSession.held_on.desc(), ExamSession.opens_at.desc(), ExamSession.id)
        .limit(PAGE)
        .offset(PAGE * (max(page, 1) - 1)),
    )
    return [SessionLine(*row) for row in rows], max(1, -(-count // PAGE))


def exam_session(session_id: UUID) -> ExamSession:
    """The session; raises `NotFound`."""
    row = db.session.get(ExamSession, session_id)
    if row is None:
        raise NotFound("没有这个场次。")
    return row


def session_view(session_id: UUID, *, actor: Actor) -> SessionView:
    """The session's page."""
    row = exam_session(session_id)
    states: Counter[SittingState] = Counter()
    without_paper = without_account = started = 0
    query = _within(
        select(Sitting.state, Sitting.draw_number, Sitting.started_at, Account.id)
        .outerjoin(Account, Account.person_id == Sitting.person_id)
        .where(Sitting.session_id == row.id),
        actor,
    )
    for state, draw_number, started_at, account_id in db.session.execute(query):
        states[state] += 1
        without_paper += not draw_number and state is SittingState.ASSIGNED
        without_account += account_id is None
        started += started_at is not None
    return SessionView(
        row,
        papers.spec(row.paper_spec_id),
        papers.draws(row.id),
        states,
        without_paper,
        without_account,
        started,
    )


def next_step(view: SessionView, now: datetime) -> Step:
    """The one thing to do next."""
    row = view.session
    if view.finished:
        waits = row.result_release is ResultRelease.BY_OFFICE and row.released_at is None
        return Step.RELEASE if waits else Step.EXPORT
    if view.only_marking_left:
        return Step.MARK
    if not view.admitted:
        return Step.ADMIT
    may_still_draw = now <= row.last_start_at
    if view.without_paper and may_still_draw:
        return Step.PREPARE_ADDED if row.draw_number else Step.PREPARE
    if view.without_account and not view.started and may_still_draw:
        return Step.ACCOUNTS
    return Step.WATCH if now >= row.opens_at else Step.WAIT


def candidates(session_id: UUID, *, actor: Actor) -> list[Candidate]:
    """Everyone admitted, by unit and name, within the actor's units."""
    rows = db.session.execute(
        _within(
            select(Sitting, Person, Unit.name, Account.username)
            .join(Person, Person.id == Sitting.person_id)
            .join(Unit, Unit.id == Sitting.unit_id)
            .outerjoin(Account, Account.person_id == Person.id)
            .where(Sitting.session_id == session_id)
            .order_by(Unit.code, Person.name, Sitting.id),
            actor,
        ),
    )
    return [_candidate(*row) for row in rows]


def candidate(
    sitting_id: UUID, *, actor: Actor, now: datetime
) -> tuple[Candidate, ExamSession, PhaseNow, list[TimeAdjustment], list[SittingEvent], list[JournalLoss]]:
    """One admitted person with the session, the clock, what the office did, and what a restored server forgot.

    Raises `NotFound`.
    """
    row = db.session.execute(
        _within(
            select(Sitting, Person, Unit.name, Account.username, ExamSession)
            .join(Person, Person.id == Sitting.person_id)
            .join(Unit, Unit.id == Sitting.unit_id)
            .join(ExamSession, ExamSession.id == Sitting.session_id)
            .outerjoin(Account, Account.person_id == Person.id)
            .where(Sitting.id == sitting_id),
            actor,
        ),
    ).first()
    if row is None:
        raise NotFound("没有这份准考记录。")
    sitting, person, unit, username, session = row
    granted = list(
        db.session.scalars(
            select(TimeAdjustment).where(TimeAdjustment.sitting_id == sitting_id).order_by(TimeAdjustment.id)
        ),
    )
    events = list(
        db.session.scalars(
            select(SittingEvent).where(SittingEvent.sitting_id == sitting_id).order_by(SittingEvent.id)
        ),
    )
    clock = clock_of(sitting, session, [Adjustment(g.seconds, g.reason) for g in granted], now)
    lost = losses(Sitting.id == sitting_id)[sitting_id]
    return _candidate(sitting, person, unit, username), session, clock, granted, events, lost


def open_sittings(session_id: UUID, *, actor: Actor) -> list[UUID]:
    """Sittings of the session that have not ended: those to which time can be given."""
    query = select(Sitting.id).where(
        Sitting.session_id == session_id,
        Sitting.state.in_((SittingState.ASSIGNED, SittingState.RUNNING)),
    )
    return list(db.session.scalars(_within(query, actor).order_by(Sitting.id)))


def board(session_id: UUID, *, actor: Actor, now: datetime) -> list[BoardLine]:
    """The running session at a glance, the worst first, in four reads."""
    session = exam_session(session_id)
    last = (
        select(AnswerEvent.sitting_id, func.max(AnswerEvent.seq).label("seq"))
        .join(Sitting, Sitting.id == AnswerEvent.sitting_id)
        .where(Sitting.session_id == session_id)
        .group_by(AnswerEvent.sitting_id, AnswerEvent.position)
        .subquery()
    )
    saved = {
        row[0]: (row[1], row[2], row[3])
        for row in db.session.execute(
            select(
                AnswerEvent.sitting_id,
                func.sum(case((AnswerEvent.choice != "", 1), else_=0)),
                func.max(AnswerEvent.recorded_at),
                func.max(AnswerEvent.seq),
            )
            .join(last, (last.c.sitting_id == AnswerEvent.sitting_id) & (last.c.seq == AnswerEvent.seq))
            .group_by(AnswerEvent.sitting_id),
        )
    }
    granted = {
        row[0]: int(row[1])
        for row in db.session.execute(
            select(TimeAdjustment.sitting_id, func.sum(TimeAdjustment.seconds))
            .join(Sitting, Sitting.id == TimeAdjustment.sitting_id)
            .where(Sitting.session_id == session_id)
            .group_by(TimeAdjustment.sitting_id),
        )
    }
    lost = losses(Sitting.session_id == session_id)
    rows = db.session.execute(
        _within(
            select(Sitting, Person.name, Unit.name)
            .join(Person, Person.id == Sitting.person_id)
            .join(Unit, Unit.id == Sitting.unit_id)
            .where(Sitting.session_id == session_id),
            actor,
        ),
    )
    lines = []
    for sitting, name, unit in rows:
        seconds = granted.get(sitting.id, 0)
        clock = clock_of(sitting, session, [Adjustment(seconds, "")] if seconds else [], now)
        count, at, last_seq = saved.get(sitting.id, (0, None, 0))
        lines.append(
            BoardLine(
                sitting.id,
                name,
                unit,
                mood_of(sitting, clock, at, now),
                int(count),
                sitting.question_count,
                at,
                sitting.started_at,
                sitting.sealed_at,
                clock.remaining,
                seconds,
                last_seq,
                lost[sitting.id],
            ),
        )
    order = list(Mood)
    return sorted(lines, key=lambda line: (order.index(line.mood), line.last_save or now, line.name))


@dataclass(frozen=True, slots=True)
class FailingLine:
    """A candidate of the session whose sign-in fails."""

    sitting_id: UUID
    name: str
    failing: Failing


def failing(session_id: UUID, *, actor: Actor, now: datetime) -> list[FailingLine]:
    """The candidates of a session whose sign-ins failed lately, the latest first."""
    rows = db.session.execute(
        _within(
            select(Account.username, Sitting.id, Person.name)
            .join(Person, Person.id == Account.person_id)
            .join(Sitting, Sitting.person_id == Person.id)
            .where(Sitting.session_id == session_id),
            actor,
        )
    )
    people = {username: (sitting_id, name) for username, sitting_id, name in rows}
    return [FailingLine(*people[one.username], one) for one in auth.failing(people, now=now)]


def losses(which: ColumnElement[bool]) -> defaultdict[UUID, list[JournalLoss]]:
    """What the pages of some sittings report that a restored server forgot, the latest first."""
    rows = db.session.scalars(
        select(JournalLoss)
        .join(Sitting, Sitting.id == JournalLoss.sitting_id)
        .where(which)
        .order_by(JournalLoss.id.desc())
    )
    found: defaultdict[UUID, list[JournalLoss]] = defaultdict(list)
    for row in rows:
        found[row.sitting_id].append(row)
    return found


_ENDED = {
    SittingState.SEALED: Mood.HANDED_IN,
    SittingState.GRADED: Mood.HANDED_IN,
    SittingState.ABSENT: Mood.ABSENT,
    SittingState.EXCUSED: Mood.EXCUSED,
    SittingState.VOID: Mood.VOID,
}


def mood_of(sitting: Sitting, clock: PhaseNow, last_save: datetime | None, now: datetime) -> Mood:
    """How a candidate stands: by state, clock, and how long nothing was saved."""
    if sitting.state in _ENDED:
        return _ENDED[sitting.state]
    if sitting.state is SittingState.RUNNING:
        if clock.phase in (Phase.OVER, Phase.GRACE):
            return Mood.OVER
        seen = last_save or sitting.started_at or now
        return Mood.IDLE if now - seen > IDLE else Mood.RUNNING
    if clock.phase is Phase.MISSED:
        return Mood.MISSED
    if not sitting.draw_number:
        return Mood.NO_PAPER
    return Mood.NOT_STARTED if clock.phase is Phase.MAY_START else Mood.WAITING


def _candidate(sitting: Sitting, person: Person, unit: str, username: str | None) -> Candidate:
    return Candidate(
        sitting.id,
        person.id,
        person.name,
        masked_id_number_of(person),
        unit,
        sitting.level,
        sitting.state,
        sitting.draw_number > 0,
        username,
    )


def _within(query: Query, actor: Actor) -> Query:
    units = actor.units_for(Permission.MANAGE_SESSIONS)
    return query if units is None else query.where(Sitting.unit_id.in_(units))
