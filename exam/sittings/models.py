from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.append_only import RowGuard
from core.db import Base, BigId
from core.jobs.models import Job
from core.people.models import Person, Unit
from core.people.rules import PostLevel, UnitKind
from exam.sittings.rules import SealReason, SittingState


class KeyRelease(StrEnum):
    """When a candidate may see the keys of the paper just sat."""

    NEVER = "never"
    WITH_RESULT = "with_result"


class ResultRelease(StrEnum):
    """When a candidate may see the result: at once, or when the office releases the session."""

    AT_ONCE = "at_once"
    BY_OFFICE = "by_office"


class ExamSession(Base):
    """A session (场次): a room, a window of time, and the paper spec that all its candidates sit.

    `held_on` is the calendar day in Shanghai to which its sittings belong; `law_day` the day whose law is asked.
    `observed_at`: when the bank was last told how its items fared here; None when it is still to be told, or again.
    """

    __tablename__ = "exam_session"
    __table_args__ = (
        CheckConstraint("opens_at < last_start_at AND last_start_at <= closes_at", name="window"),
        CheckConstraint("minutes > 0 AND grace_seconds >= 0", name="time"),
        Index(None, "held_on"),
        {
            "info": {
                "guard": RowGuard(
                    fixed=("id", "is_rehearsal", "is_demo", "recorded_at"), once=("released_at",)
                )
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(100))
    room: Mapped[str] = mapped_column(String(100))
    room_addresses: Mapped[str] = mapped_column(String(400), default="")
    held_on: Mapped[date]
    law_day: Mapped[date]
    opens_at: Mapped[datetime]
    last_start_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    cap_at_close: Mapped[bool] = mapped_column(default=False)
    minutes: Mapped[int]
    grace_seconds: Mapped[int] = mapped_column(default=10)
    paper_spec_id: Mapped[int] = mapped_column(ForeignKey("paper_spec.id"))
    key_release: Mapped[KeyRelease] = mapped_column(default=KeyRelease.NEVER)
    result_release: Mapped[ResultRelease] = mapped_column(default=ResultRelease.AT_ONCE)
    released_at: Mapped[datetime | None]
    draw_number: Mapped[int] = mapped_column(default=0)
    is_rehearsal: Mapped[bool] = mapped_column(default=False)
    is_demo: Mapped[bool] = mapped_column(default=False)
    observed_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]


class Sitting(Base):
    """One person's sitting of one session, from admission to the graded paper.

    `started_at` is the only stored time from which the deadline follows. Unit, region, unit kind and level
    are those of the day of admission: statistics look back at them.
    """

    __tablename__ = "sitting"
    __table_args__ = (
        UniqueConstraint("session_id", "person_id", "attempt"),
        Index(None, "person_id"),
        Index(None, "state", "started_at"),
        CheckConstraint("(sealed_at IS NULL) = (seal_reason IS NULL)", name="seal"),
        {
            "info": {
                "guard": RowGuard(
                    fixed=(
                        "id",
                        "session_id",
                        "person_id",
                        "attempt",
                        "unit_id",
                        "region_code",
                        "unit_kind",
                        "level",
                        "recorded_at",
                    ),
                    once=("started_at", "sealed_at", "seal_reason", "receipt"),
                    deletable="OLD.state = 'assigned' AND OLD.draw_number = 0",
                )
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("exam_session.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    attempt: Mapped[int] = mapped_column(default=1)
    state: Mapped[SittingState] = mapped_column(default=SittingState.ASSIGNED)
    draw_number: Mapped[int] = mapped_column(default=0)
    question_count: Mapped[int] = mapped_column(default=0)
    allowed_seconds: Mapped[int]
    started_at: Mapped[datetime | None]
    holder_id: Mapped[str | None] = mapped_column(ForeignKey("sign_in_session.id"))
    sealed_at: Mapped[datetime | None]
    seal_reason: Mapped[SealReason | None]
    receipt: Mapped[str | None] = mapped_column(String(80))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    region_code: Mapped[str] = mapped_column(String(6))
    unit_kind: Mapped[UnitKind]
    level: Mapped[PostLevel]
    recorded_at: Mapped[datetime]

    session: Mapped[ExamSession] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
    unit: Mapped[Unit] = relationship(lazy="raise")


class AnswerEvent(Base):
    """One acknowledged change of an answer. `choice` holds the letters as shown, sorted; empty clears.

    The answer to a 填空题 or 简答题 is "=" and the text, see `exam/sittings/answers.py`.

    Written by the statement in `journal.py` alone.
    """

    __tablename__ = "answer_event"
    __table_args__ = ({"info": {"append_only": True}},)

    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int]
    choice: Mapped[str] = mapped_column(Text)
    late: Mapped[bool]
    # Who saved it, from where: a `sign_in_session`. No foreign key, whose check would cost each save a lock.
    sign_in_id: Mapped[str | None] = mapped_column(String(43))
    recorded_at: Mapped[datetime]


class UnofficialEvent(Base):
    """What arrived after the end: kept for an appeal, never replayed."""

    __tablename__ = "unofficial_event"
    __table_args__ = (Index(None, "sitting_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"))
    events: Mapped[list[Any]] = mapped_column(JSON)
    recorded_at: Mapped[datetime]


class JournalLoss(Base):
    """A candidate's page had more acknowledged than the server has now: it was restored to an older state.

    `known` is the last event that the page had acknowledged, `found` the last that it met in the journal; `receipt` is
    that of a hand-in which was forgotten, or empty. All three are what the page reports.
    """

    __tablename__ = "journal_loss"
    __table_args__ = (Index(None, "sitting_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"))
    known: Mapped[int]
    found: Mapped[int]
    receipt: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class TimeAdjustment(Base):
    """Seconds given to (or, correcting a grant, taken from) a sitting, with the reason that the page shows."""

    __tablename__ = "time_adjustment"
    __table_args__ = (Index(None, "sitting_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"))
    seconds: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200))
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class SittingEvent(Base):
    """A change of a sitting's state that is not the candidate's own act: absence, leave, voiding.

    Voiding names two people; facts about the past are dated by `recorded_at`.
    """

    __tablename__ = "sitting_event"
    __table_args__ = (Index(None, "sitting_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"))
    state: Mapped[SittingState]
    reason: Mapped[str] = mapped_column(String(200))
    recorded_by: Mapped[str] = mapped_column(String(64))
    approved_by: Mapped[str] = mapped_column(String(64), default="")
    recorded_at: Mapped[datetime]


class AccountIssue(Job):
    """Accounts for candidates of a session who have none; `again`: new passwords for those who have not signed in yet.

    Of `people`, `issued` have got theirs and `passed_over` need none any more. The list is kept until its receiver
    says that it is saved (`is_saved`), or an hour after the end; `list_deleted_at` is when it was deleted.
    """

    __tablename__ = "account_issue"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("exam_session.id"), index=True)
    again: Mapped[bool]
    people: Mapped[int]
    issued: Mapped[int] = mapped_column(default=0)
    passed_over: Mapped[int] = mapped_column(default=0)
    is_saved: Mapped[bool] = mapped_column(default=False)
    list_deleted_at: Mapped[datetime | None]


class IssuedPassword(Base):
    """A line of the list of an issue. `sealed` is the encrypted one-time password, None until it has been issued."""

    __tablename__ = "issued_password"
    __table_args__ = (UniqueConstraint("issue_id", "position"), Index(None, "person_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("account_issue.id"))
    position: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    username: Mapped[str] = mapped_column(String(32), default="")
    sealed: Mapped[bytes | None]


class TakeOverRelease(Base):
    """The room's word that a candidate whose password was reset may go on in another sign-in."""

    __tablename__ = "take_over_release"
    __table_args__ = (Index(None, "sitting_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
