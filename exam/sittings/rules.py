"""The states of a sitting, and its clock: one total function from stored times to the phase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INSTANT = timedelta(microseconds=1)
"""The smallest step of stored time, on both databases."""

LONGEST_ALLOWED = timedelta(hours=24)
LONGEST_GRACE = timedelta(minutes=10)
LARGEST_ADJUSTMENT_SECONDS = 24 * 60 * 60
NOTHING = timedelta()


class SittingState(StrEnum):
    """Where a sitting stands, as recorded. What the clock makes of it is `Phase`."""

    ASSIGNED = "assigned"
    RUNNING = "running"
    SEALED = "sealed"
    GRADED = "graded"
    ABSENT = "absent"
    EXCUSED = "excused"
    VOID = "void"


class SealReason(StrEnum):
    """Why a sitting was sealed: by the candidate, by the clock, by the invigilator."""

    HANDED_IN = "handed_in"
    TIME_OVER = "time_over"
    ENDED = "ended"


TRANSITIONS: Mapping[SittingState, frozenset[SittingState]] = MappingProxyType(
    {
        SittingState.ASSIGNED: frozenset(
            {SittingState.RUNNING, SittingState.ABSENT, SittingState.EXCUSED, SittingState.VOID}
        ),
        SittingState.RUNNING: frozenset({SittingState.SEALED, SittingState.VOID}),
        SittingState.SEALED: frozenset({SittingState.GRADED, SittingState.VOID}),
        SittingState.GRADED: frozenset({SittingState.VOID}),
        # Leave papers may reach the office after the sweep has recorded the absence.
        SittingState.ABSENT: frozenset({SittingState.EXCUSED, SittingState.VOID}),
        SittingState.EXCUSED: frozenset({SittingState.VOID}),
        SittingState.VOID: frozenset(),
    }
)


def may_become(state: SittingState, to: SittingState) -> bool:
    """Whether a sitting in `state` may be put into `to`. Staying as it is is not a transition."""
    return to in TRANSITIONS[state]


def release_wanted(
    *, started_at: datetime | None, reset_at: datetime | None, released_at: datetime | None
) -> bool:
    """Whether going on in another sign-in needs the room's release as well as the password.

    It does after a reset of the password in mid-exam: whoever gave the password could sign in with it.
    """
    if started_at is None or reset_at is None or reset_at < started_at:
        return False
    return released_at is None or released_at < reset_at


@dataclass(frozen=True, slots=True)
class Window:
    """A session's window: open from `opens_at`; last start at `last_start_at`, that instant included.

    With `cap_at_close` no deadline lies after `closes_at`, and the instructions page says so.
    """

    opens_at: datetime
    last_start_at: datetime
    closes_at: datetime
    cap_at_close: bool = False


@dataclass(frozen=True, slots=True)
class Allowance:
    """The time a candidate is allowed, and the grace for what is still on its way when it ends."""

    allowed: timedelta
    grace: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Seconds given to a sitting (or, correcting a grant, taken away), with the reason that the page shows."""

    seconds: int
    reason: str

    def __post_init__(self) -> None:
        if abs(self.seconds) > LARGEST_ADJUSTMENT_SECONDS:
            raise ValueError(f"an adjustment of {self.seconds} seconds is more than a day")


class Phase(StrEnum):
    """What the clock makes of a sitting. The table is in `phase`."""

    BEFORE_OPENING = "before_opening"
    MAY_START = "may_start"
    MISSED = "missed"
    RUNNING = "running"
    GRACE = "grace"
    OVER = "over"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class PhaseNow:
    """The phase at an instant, and the instants that bound it; None where there is none.

    `changes_at` is the first instant at which the phase is another one if nobody does anything. `remaining`
    is the time left to answer, never negative; None before the start and after sealing.
    """

    phase: Phase
    deadline: datetime | None = None
    grace_until: datetime | None = None
    changes_at: datetime | None = None
    remaining: timedelta | None = None

    @property
    def saves_count(self) -> bool:
        """Whether an answer that arrives now is accepted and will be marked."""
        return self.phase in (Phase.RUNNING, Phase.GRACE)

    @property
    def is_late(self) -> bool:
        """Whether an answer that arrives now is accepted, but marked as late."""
        return self.phase is Phase.GRACE


def deadline_of(
    window: Window, allowance: Allowance, started_at: datetime, adjustments: Iterable[Adjustment] = ()
) -> datetime:
    """The last instant at which an answer is on time.

    `started_at + allowed + Σ adjustments`, never before `started_at`; not after `closes_at` where the session
    caps its deadlines there.
    """
    adjusted = allowance.allowed + timedelta(seconds=sum(a.seconds for a in adjustments))
    deadline = started_at + max(adjusted, NOTHING)
    if window.cap_at_close:
        deadline = max(min(deadline, window.closes_at), started_at)
    return deadline


def phase(
    now: datetime,
    window: Window,
    allowance: Allowance,
    *,
    started_at: datetime | None = None,
    sealed_at: datetime | None = None,
    adjustments: Iterable[Adjustment] = (),
) -> PhaseNow:
    """The phase of a sitting at `now`, from stored times alone. All instants are aware.

    Total: every combination has an answer, and a process that was dead in between changes nothing. Upper
    bounds are inclusive; datetimes count whole microseconds, so the next phase begins one microsecond later.

    ================ ================================= ============================ ==================
    phase            holds                             answers that arrive          changes at
    ================ ================================= ============================ ==================
    before_opening   not started, now < opens_at       refused (not started)        opens_at
    may_start        … opens_at ≤ now ≤ last_start_at  refused (not started)        last_start_at + 1 µs
    missed           … last_start_at < now             refused                      never by itself
    running          started, now ≤ deadline           accepted, on time            deadline + 1 µs
    grace            … deadline < now ≤ deadline+grace accepted, count, are late    deadline+grace + 1 µs
    over             … deadline + grace < now          refused; to be sealed now    when it is sealed
    sealed           sealed_at is set, at any `now`    refused                      never by itself
    ================ ================================= ============================ ==================

    Only `over` may be sealed by time; a hand-in seals in `running` and `grace` too. The recorded state stays
    `running` through all three. A start at or before `last_start_at` keeps its full time after it.
    """
    if started_at is None:
        if sealed_at is not None:
            return PhaseNow(Phase.SEALED)
        return _before_start(now, window)
    deadline = deadline_of(window, allowance, started_at, adjustments)
    grace_until = deadline + allowance.grace
    if sealed_at is not None:
        return PhaseNow(Phase.SEALED, deadline, grace_until)
    if now <= deadline:
        return PhaseNow(Phase.RUNNING, deadline, grace_until, deadline + INSTANT, deadline - now)
    if now <= grace_until:
        return PhaseNow(Phase.GRACE, deadline, grace_until, grace_until + INSTANT, NOTHING)
    return PhaseNow(Phase.OVER, deadline, grace_until, None, NOTHING)


def _before_start(now: datetime, window: Window) -> PhaseNow:
    if now < window.opens_at:
        return PhaseNow(Phase.BEFORE_OPENING, changes_at=window.opens_at)
    if now <= window.last_start_at:
        return PhaseNow(Phase.MAY_START, changes_at=window.last_start_at + INSTANT)
    return PhaseNow(Phase.MISSED)


def window_problems(window: Window, allowance: Allowance) -> list[Problem]:
    """Everything that is wrong with a session's times; empty when they can be used."""
    times = {
        "opens_at": window.opens_at,
        "last_start_at": window.last_start_at,
        "closes_at": window.closes_at,
    }
    problems = [
        Problem("naive_time", "时间没有时区，请重新填写。", name)
        for name, time in times.items()
        if time.utcoffset() is None
    ]
    if not NOTHING < allowance.allowed <= LONGEST_ALLOWED:
        problems.append(Problem("allowed_out_of_range", "考试时长应当大于 0、不超过 24 小时。", "allowed"))
    if not NOTHING <= allowance.grace <= LONGEST_GRACE:
        problems.append(Problem("grace_out_of_range", "宽限时间应当在 0 秒到 10 分钟之间。", "grace"))
    if any(problem.code == "naive_time" for problem in problems):
        return problems  # naive and aware times cannot be compared
    return problems + _order_problems(window, allowance)


def _order_problems(window: Window, allowance: Allowance) -> list[Problem]:
    problems = []
    if window.last_start_at <= window.opens_at:
        problems.append(
            Problem(
                "last_start_before_opening",
                "最迟开考时间应当晚于开放时间，请改后一项或前一项。",
                "last_start_at",
            )
        )
    if window.closes_at < window.last_start_at:
        problems.append(
            Problem("close_before_last_start", "结束时间不能早于最迟开考时间，请推迟结束时间。", "closes_at")
        )
    elif window.cap_at_close and window.closes_at == window.last_start_at:
        problems.append(
            Problem(
                "no_time_at_last_start", "到结束时间一律收卷时，结束时间应当晚于最迟开考时间。", "closes_at"
            )
        )
    elif (
        not window.cap_at_close and window.last_start_at + max(allowance.allowed, NOTHING) > window.closes_at
    ):
        problems.append(
            Problem(
                "time_exceeds_close",
                "最迟开考的人在结束时间之前考不满时长：请推迟结束时间、提前最迟开考时间，或者选择到结束时间一律收卷。",
                "closes_at",
            )
        )
    return problems
