"""Reads of sittings. What a candidate's page is made of has no key: no read here touches one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, select

from core.auth.models import SignInSession
from core.auth.queries import SitsNow
from core.db import db
from core.people.models import Person, Unit
from core.people.queries import Saves
from exam.papers.models import Draw, PaperQuestion, PaperSpecVersion
from exam.papers.rules import PaperSpec, from_json
from exam.sittings import standing
from exam.sittings.answers import replay
from exam.sittings.models import (
    AnswerEvent,
    ExamSession,
    JournalLoss,
    ResultRelease,
    Sitting,
    SittingEvent,
    TimeAdjustment,
)
from exam.sittings.rules import Adjustment, Allowance, Phase, PhaseNow, SittingState, Window, phase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, ScalarSelect


@dataclass(frozen=True, slots=True)
class Found:
    """A sitting with everything that its page says and its clock needs."""

    sitting: Sitting
    session: ExamSession
    spec: PaperSpec
    person: Person
    unit: Unit
    adjustments: tuple[Adjustment, ...]
    clock: PhaseNow

    @property
    def is_over(self) -> bool:
        """Whether it runs on although its time, grace included, has passed: to be sealed by whoever looks."""
        return self.sitting.state is SittingState.RUNNING and self.clock.phase is Phase.OVER


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question of a drawn paper as it is shown: which version, its options in which order; never the key."""

    position: int
    section: int
    type: str
    item_version_id: int
    option_order: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The answer sheet: letters as shown by position (cleared ones absent), and the journal's last seq."""

    answers: dict[int, str]
    last_seq: int


@dataclass(frozen=True, slots=True)
class Admission:
    """A line of a candidate's start page."""

    id: UUID
    session_name: str
    room: str
    held_on: Any
    opens_at: datetime
    last_start_at: datetime
    question_count: int
    minutes: int
    state: str
    open: bool
    is_rehearsal: bool
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class Holder:
    """The sign-in in which a sitting runs, as its person may know it."""

    since: datetime
    address: str
    browser: str


def clock_of(
    sitting: Sitting, exam_session: ExamSession, adjustments: Iterable[Adjustment], now: datetime
) -> PhaseNow:
    """The phase of a sitting at `now`."""
    window = Window(
        exam_session.opens_at, exam_session.last_start_at, exam_session.closes_at, exam_session.cap_at_close
    )
    allowance = Allowance(
        timedelta(seconds=sitting.allowed_seconds), timedelta(seconds=exam_session.grace_seconds)
    )
    return phase(
        now,
        window,
        allowance,
        started_at=sitting.started_at,
        sealed_at=sitting.sealed_at,
        adjustments=adjustments,
    )


def keeps_signed_in(sign_in_id: str, person_id: int | None, now: datetime) -> bool:
    """Whether a sitting that runs in this sign-in, or ended minutes ago, keeps it alive."""
    held = db.session.execute(
        select(Sitting, ExamSession, adjusted_seconds())
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(Sitting.person_id == person_id, Sitting.holder_id == sign_in_id)
    )
    return any(
        standing.keeps_signed_in(clock_of(sitting, session, [Adjustment(adjusted, "")], now).grace_until, now)
        for sitting, session, adjusted in held
    )


def sits_now(person_id: int, *, now: datetime, locked: bool = False) -> SitsNow | None:
    """The sitting that a person is in the middle of; locked, none is started, taken over or sealed meanwhile."""
    query = (
        select(Sitting, ExamSession)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(
            Sitting.person_id == person_id,
            Sitting.state.in_((SittingState.ASSIGNED, SittingState.RUNNING)),
        )
        .order_by(Sitting.id)
        .execution_options(populate_existing=True)
    )
    rows = db.session.execute(query.with_for_update(of=Sitting) if locked else query).all()
    for sitting, exam_session in rows:
        if sitting.state is SittingState.RUNNING:
            clock = clock_of(sitting, exam_session, adjustments(sitting.id), now)
            if clock.phase is not Phase.OVER:
                assert sitting.started_at is not None
                return SitsNow(sitting.id, exam_session.name, exam_session.room, sitting.started_at)
    return None


def saves_of(person_id: int) -> list[Saves]:
    """From which sign-ins a person's answers were saved, by sitting, the latest first."""
    last_at = func.max(AnswerEvent.recorded_at)
    rows = db.session.execute(
        select(
            ExamSession.name,
            ExamSession.held_on,
            SignInSession.created_at,
            SignInSession.address,
            SignInSession.browser,
            func.count(),
            func.min(AnswerEvent.recorded_at),
            last_at,
        )
        .select_from(AnswerEvent)
        .join(Sitting, Sitting.id == AnswerEvent.sitting_id)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .outerjoin(SignInSession, SignInSession.id == AnswerEvent.sign_in_id)
        .where(Sitting.person_id == person_id)
        .group_by(Sitting.id, ExamSession.id, SignInSession.id)
        .order_by(last_at.desc(), Sitting.id, SignInSession.id)
    )
    return [
        Saves(name, held_on, since, address or "", browser or "", events, first_at, latest)
        for name, held_on, since, address, browser, events, first_at, latest in rows
    ]


# The statements of a candidate's way are built once: building one costs as much as running it.
_ADJUSTMENTS = (
    select(TimeAdjustment.seconds, TimeAdjustment.reason)
    .where(TimeAdjustment.sitting_id == bindparam("sitting_id"))
    .order_by(TimeAdjustment.id)
)
_OWN = (
    select(
        Sitting,
        ExamSession,
        PaperSpecVersion.spec,
        Person,
        Unit,
        select(TimeAdjustment.id)
        .where(TimeAdjustment.sitting_id == Sitting.id)
        .correlate(Sitting)
        .exists()
        .label("adjusted"),
    )
    .join(ExamSession, ExamSession.id == Sitting.session_id)
    .join(PaperSpecVersion, PaperSpecVersion.id == ExamSession.paper_spec_id)
    .join(Person, Person.id == Sitting.person_id)
    .join(Unit, Unit.id == Sitting.unit_id)
    .where(Sitting.id == bindparam("sitting_id"), Sitting.person_id == bindparam("person_id"))
    # What the request has read before may have been sealed by the sweep meanwhile.
    .execution_options(populate_existing=True)
)
_PAPER = (
    select(
        PaperQuestion.position,
        PaperQuestion.section,
        PaperQuestion.type,
        PaperQuestion.item_version_id,
        PaperQuestion.option_order,
    )
    .where(
        PaperQuestion.sitting_id == bindparam("sitting_id"),
        PaperQuestion.draw_number == bindparam("draw_number"),
    )
    .order_by(PaperQuestion.position)
)
_JOURNAL = (
    select(AnswerEvent.seq, AnswerEvent.position, AnswerEvent.choice)
    .where(AnswerEvent.sitting_id == bindparam("sitting_id"))
    .order_by(AnswerEvent.seq)
)


def adjustments(sitting_id: UUID) -> tuple[Adjustment, ...]:
    rows = db.session.execute(_ADJUSTMENTS, {"sitting_id": sitting_id})
    return tuple(Adjustment(seconds, reason) for seconds, reason in rows)


def own(sitting_id: UUID, *, person_id: int | None, now: datetime) -> Found:
    """One's own sitting. Raises `NotFound` for one that is not there, and for someone else's alike."""
    row = db.session.execute(_OWN, {"sitting_id": sitting_id, "person_id": person_id}).first()
    if row is None:
        raise standing.not_found()
    sitting, exam_session, spec, person, unit, adjusted = row
    granted = adjustments(sitting_id) if adjusted else ()
    clock = clock_of(sitting, exam_session, granted, now)
    return Found(sitting, exam_session, from_json(spec), person, unit, granted, clock)


def paper(sitting_id: UUID, draw_number: int) -> list[QuestionRow]:
    """The questions of the paper that was drawn under that number, by position."""
    rows = db.session.execute(_PAPER, {"sitting_id": sitting_id, "draw_number": draw_number})
    return [QuestionRow(*row) for row in rows]


def paper_of(sitting_id: UUID) -> list[QuestionRow]:
    """The questions of the paper that the sitting has now."""
    number = db.session.scalar(select(Sitting.draw_number).where(Sitting.id == sitting_id))
    return paper(sitting_id, number or 0)


def journal(sitting_id: UUID) -> list[tuple[int, int, str]]:
    """Every acknowledged event, (seq, position, choice) by seq."""
    rows = db.session.execute(_JOURNAL, {"sitting_id": sitting_id})
    return [(seq, position, choice) for seq, position, choice in rows]


def last_seq(sitting_id: UUID) -> int:
    """The last acknowledged seq, 0 when there is none."""
    found = db.session.scalar(select(func.max(AnswerEvent.seq)).where(AnswerEvent.sitting_id == sitting_id))
    return found or 0


def losses(sitting_id: UUID) -> list[tuple[int, int, str]]:
    """What the candidate's pages had acknowledged and did not find again: (known, found, receipt) as reported."""
    rows = db.session.execute(
        select(JournalLoss.known, JournalLoss.found, JournalLoss.receipt)
        .where(JournalLoss.sitting_id == sitting_id)
        .order_by(JournalLoss.id)
    )
    return [(known, found, receipt) for known, found, receipt in rows]


def results_shown(session: ExamSession) -> bool:
    """Whether candidates of the session may see their results."""
    return session.result_release is ResultRelease.AT_ONCE or session.released_at is not None


def late_seqs(sitting_id: UUID) -> list[int]:
    """The events that arrived within the grace."""
    query = select(AnswerEvent.seq).where(AnswerEvent.sitting_id == sitting_id, AnswerEvent.late)
    return list(db.session.scalars(query.order_by(AnswerEvent.seq)))


def exam_session(session_id: UUID) -> ExamSession:
    return db.session.get_one(ExamSession, session_id)


def sheet(sitting_id: UUID) -> Sheet:
    """The answer sheet as the journal replays it."""
    events = journal(sitting_id)
    return Sheet(replay(events), events[-1][0] if events else 0)


def committed_sheet(sitting_id: UUID) -> Sheet:
    """The answer sheet as it is committed now, whatever this request has read before.

    On SQLite a request goes on seeing the database of its first read, and saves are written by another connection.
    """
    db.session.rollback()
    return sheet(sitting_id)


def commitment(session_id: UUID, draw_number: int) -> str:
    """The commitment published for a draw of the session; empty when there is none."""
    return (
        db.session.scalar(
            select(Draw.commitment).where(Draw.subject_id == session_id, Draw.number == draw_number)
        )
        or ""
    )


def state_reason(sitting_id: UUID) -> str:
    """The reason recorded with the last change of state that was not the candidate's own act."""
    return (
        db.session.scalar(
            select(SittingEvent.reason)
            .where(SittingEvent.sitting_id == sitting_id)
            .order_by(SittingEvent.id.desc())
            .limit(1)
        )
        or ""
    )


def holder(sign_in_id: str | None) -> Holder | None:
    row = db.session.execute(
        select(SignInSession.created_at, SignInSession.address, SignInSession.browser).where(
            SignInSession.id == sign_in_id
        )
    ).first()
    return Holder(row.created_at, row.address, row.browser) if row else None


def admissions(*, person_id: int, now: datetime) -> list[Admission]:
    """A person's sittings: those still to come or running by opening time, then those past, the latest first."""
    rows = db.session.execute(
        select(Sitting, ExamSession, adjusted_seconds())
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(Sitting.person_id == person_id)
        .order_by(ExamSession.opens_at, Sitting.id)
    )
    lines = [_admission(*row, now) for row in rows]
    coming = [line for line in lines if line.state in {SittingState.ASSIGNED, SittingState.RUNNING}]
    past = [line for line in lines if line not in coming]
    return coming + past[::-1]


def _admission(sitting: Sitting, exam_session: ExamSession, adjusted: int, now: datetime) -> Admission:
    clock = clock_of(sitting, exam_session, [Adjustment(adjusted, "")], now)
    return Admission(
        id=sitting.id,
        session_name=exam_session.name,
        room=exam_session.room,
        held_on=exam_session.held_on,
        opens_at=exam_session.opens_at,
        last_start_at=exam_session.last_start_at,
        question_count=sitting.question_count,
        minutes=sitting.allowed_seconds // 60,
        state=_shown_state(sitting, clock),
        open=clock.phase is Phase.MAY_START and sitting.question_count > 0,
        is_rehearsal=exam_session.is_rehearsal,
        deadline=clock.deadline,
    )


def _shown_state(sitting: Sitting, clock: PhaseNow) -> str:
    """The state as the clock has it, where the sweep has not recorded it yet."""
    if sitting.state is SittingState.ASSIGNED and clock.phase is Phase.MISSED:
        return SittingState.ABSENT
    if sitting.state is SittingState.RUNNING and clock.phase is Phase.OVER:
        return SittingState.SEALED
    return sitting.state


def adjusted_seconds() -> ScalarSelect[int]:
    """Σ of the adjustments of the enclosing query's `Sitting`, in seconds."""
    return (
        select(func.coalesce(func.sum(TimeAdjustment.seconds), 0))
        .where(TimeAdjustment.sitting_id == Sitting.id)
        .correlate(Sitting)
        .scalar_subquery()
    )


def overdue(now: datetime) -> list[UUID]:
    """Running sittings whose deadline and grace have passed, the longest overdue first."""
    elapsed, since_close = _seconds_since(Sitting.started_at, now), _seconds_since(ExamSession.closes_at, now)
    # Not `greatest`, which SQLite has under another name.
    own_time = case(
        (Sitting.allowed_seconds + adjusted_seconds() > 0, Sitting.allowed_seconds + adjusted_seconds()),
        else_=0,
    )
    capped = ExamSession.cap_at_close & (since_close > ExamSession.grace_seconds)
    query = (
        select(Sitting.id)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(
            Sitting.state == SittingState.RUNNING,
            capped | (elapsed > own_time + ExamSession.grace_seconds),
        )
        .order_by(Sitting.started_at, Sitting.id)
    )
    return list(db.session.scalars(query))


def _seconds_since(column: Any, now: datetime) -> Any:
    """Seconds from a stored instant to `now`, in the database's own words; SQLite's are exact to a millisecond."""
    if db.engine.dialect.name == "postgresql":
        return func.extract("epoch", now - column)
    return (func.julianday(now.isoformat()) - func.julianday(column)) * 86400


def sealed_not_graded(before: datetime, waits: ColumnElement[bool]) -> list[UUID]:
    """Sittings sealed before an instant and still not graded: the chain was interrupted.

    Not those that wait for people, of which `waits` is the condition over `Sitting`.
    """
    query = select(Sitting.id).where(Sitting.state == SittingState.SEALED, Sitting.sealed_at < before, ~waits)
    return list(db.session.scalars(query))


def sessions_with_absences(before: datetime) -> list[UUID]:
    """Sessions whose last start lies before an instant and that still have admissions not taken up."""
    query = (
        select(Sitting.session_id)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(Sitting.state == SittingState.ASSIGNED, ExamSession.last_start_at < before)
        .distinct()
    )
    return list(db.session.scalars(query))
