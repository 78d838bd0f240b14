"""Kinds of background work, done piece by piece: jobs that people ask for, and rounds that nobody asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from flask import current_app
from sqlalchemy import update

from core.db import transaction
from core.jobs import queries
from core.jobs.locks import held, lock_of
from core.jobs.models import WHOLE, JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from core.jobs.models import Job


class Stop(StrEnum):
    """Why a piece of work was ended before it was done."""

    TIME = "time"
    MEMORY = "memory"
    INTERRUPTED = "interrupted"


class Work(Protocol):
    """A kind of work. Of each kind one piece at a time is done, in a process of its own."""

    @property
    def name(self) -> str: ...

    def tidy(self, *, now: datetime) -> None:
        """What is cheap and needs no process of its own."""

    def due(self, *, now: datetime) -> Sequence[Hashable]:
        """The pieces that wait to be done, the first one first."""

    def do(self, piece: Any, *, now: datetime) -> None:
        """Do a piece. What it stores must be whole wherever its process is killed."""

    def stop(self, piece: Any, why: Stop, *, now: datetime) -> None:
        """See to a piece that was ended before it was done, so that it is not begun for ever."""


def work_off(kinds: Iterable[Work], *, now: datetime) -> None:
    """Do in this process what is due, each piece once."""
    for work in kinds:
        work.tidy(now=now)
        for piece in work.due(now=now):
            work.do(piece, now=now)


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to a job that stands at `before`; meanwhile it stands at `during`.

    `is_here` tells whether this machine has what the step needs.
    """

    before: JobState
    during: JobState
    act: Callable[..., None]
    is_here: Callable[[UUID], bool] = lambda _job_id: True


@dataclass(frozen=True, slots=True)
class JobQueue:
    """The jobs of a kind. Each step is claimed by one process and ends by itself or as `failed`.

    `fail` ends a job that was stopped, with a message for whoever asked for it: it is told `job_id`, `message`
    and `now`. `forget` deletes what is not kept any longer.
    """

    name: str
    kind: type[Job]
    steps: tuple[Step, ...]
    messages: Callable[[Stop], str]
    fail: Callable[..., None]
    forget: Callable[..., None]

    def tidy(self, *, now: datetime) -> None:
        """End the jobs whose process died, and forget those of long ago."""
        for job_id in self._at_work():
            if not lock_of(job_id).exists():
                continue  # at work on another machine
            with held(job_id) as ours:
                if ours:
                    self.stop(job_id, Stop.INTERRUPTED, now=now)
        self.forget(now=now)

    def due(self, *, now: datetime) -> Sequence[UUID]:
        """The jobs that wait for a step."""
        return [
            job_id
            for step in self.steps
            for job_id in queries.standing(self.kind, step.before)
            if step.is_here(job_id)
        ]

    def do(self, piece: UUID, *, now: datetime) -> None:
        """Do the step that a job waits for, unless another process does."""
        with held(piece) as ours:
            for step in self.steps if ours else ():
                if claim(self.kind, piece, before=step.before, during=step.during):
                    step.act(job_id=piece, now=now)
                    break

    def stop(self, piece: UUID, why: Stop, *, now: datetime) -> None:
        """End a job whose step was ended before it was done."""
        if piece in self._at_work():
            self.fail(job_id=piece, message=self.messages(why), now=now)
        lock_of(piece).unlink(missing_ok=True)

    def _at_work(self) -> list[UUID]:
        return queries.standing(self.kind, *(step.during for step in self.steps))


@dataclass(frozen=True, slots=True)
class Round:
    """Work that nobody asked for: what is due follows from what is stored, and doing it ends that.

    A piece that was stopped stays due; it is tried again after a pause that grows.
    """

    name: str
    find: Callable[[datetime], Sequence[Hashable]]
    act: Callable[..., object]

    def tidy(self, *, now: datetime) -> None:
        pass

    def due(self, *, now: datetime) -> Sequence[Hashable]:
        return self.find(now)

    def do(self, piece: Hashable, *, now: datetime) -> None:
        self.act(piece, now=now)

    def stop(self, piece: Hashable, why: Stop, *, now: datetime) -> None:
        pass


def claim(kind: type[Job], job_id: UUID, *, before: JobState, during: JobState) -> bool:
    """Whether this process may do a step of the job now: of several that ask, one."""
    with transaction() as session:
        claimed = session.execute(
            update(kind).where(kind.id == job_id, kind.state == before).values(state=during, share=0)
        )
        return bool(claimed.rowcount)  # type: ignore[attr-defined]


def end(job: Job, state: JobState, *, failure: str = "", now: datetime) -> None:
    """Note in a job's row that it is over; inside the caller's transaction."""
    job.state, job.share, job.failure, job.finished_at = state, WHOLE, failure, now


def bound_words(why: Stop) -> str:
    """The bound that a piece of work exceeded, as the beginning of a message."""
    settings = current_app.config["SETTINGS"]
    if why is Stop.TIME:
        return f"处理用时超过 {settings.work_seconds} 秒的限度，已经停止。"
    if why is Stop.MEMORY:
        return f"处理所需内存超过 {settings.work_megabytes} MB 的限度，已经停止。"
    return "处理时服务中断。"
