"""Taking items out of the bank, at once or in the background. Who took what out is logged: an export holds keys."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import delete

from core.actor import Actor, Permission
from core.audit.services import record
from core.clock import day_of
from core.db import transaction
from core.errors import Conflict, DomainError, Invalid, NotAllowed, Problem
from core.jobs import work
from core.jobs.models import WHOLE, JobState
from core.jobs.queries import begun_before, stored
from question_bank.items.queries import ItemFilter
from question_bank.items.rules import ItemState, QuestionType
from question_bank.transfer import queries
from question_bank.transfer.foreign import NOT_WRITTEN
from question_bank.transfer.formats import BY_NAME
from question_bank.transfer.models import ExportJob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from uuid import UUID

    from question_bank.transfer.formats import Format
    from question_bank.transfer.rows import StoredRow

MOST_ITEMS = 20_000
TOLD_EVERY = 250
LOSSES_KEPT = 1000
HOURS_KEPT = 24
INTERRUPTED = "导出时服务中断，请重新导出。"


def export_items(
    *,
    wanted: ItemFilter,
    format_name: str,
    out: BinaryIO,
    step: Callable[[int], None] = lambda _items: None,
    actor: Actor,
    now: datetime,
) -> tuple[int, list[Problem]]:
    """Write the items that match into `out`; returns how many were written, and what the format could not carry.

    `step` is told the items written. Raises `Conflict` when none match, or more than one file may hold.
    """
    chosen, _count = _checked(wanted, format_name, actor)
    written, losses = _write(wanted, chosen, out, step, now=now)
    with transaction():
        _record_export(wanted, chosen.name, written, actor=actor, now=now)
    return written, losses


def start_export(*, wanted: ItemFilter, format_name: str, actor: Actor, now: datetime) -> UUID:
    """Have an export made in the background; returns its id. Raises as `export_items` does."""
    chosen, _count = _checked(wanted, format_name, actor)
    job_id = uuid.uuid4()
    with transaction() as session:
        session.add(
            ExportJob(
                id=job_id,
                account_id=actor.account_id,
                author_label=actor.label,
                address=actor.address,
                format=chosen.name,
                law=wanted.law,
                type=wanted.type or "",
                item_state=wanted.state or "",
                state=JobState.WAITING,
                created_at=now,
            )
        )
        record("start-export", "export", job_id, actor=actor, now=now, format=chosen.name, law=wanted.law)
    return job_id


def make_export(*, job_id: UUID, now: datetime) -> None:
    """Write the file of an export and keep it. For the worker, which has set the job's state to WRITING."""
    job = _job(job_id)
    wanted = filter_of(job)
    actor = Actor(label=job.author_label, account_id=job.account_id, address=job.address)
    try:
        count = queries.count_stored(wanted)
        if not count:
            raise Conflict("没有符合条件的试题了，请重新导出。", code="nothing_to_export")
        out = BytesIO()
        written, losses = _write(wanted, BY_NAME[job.format], out, _teller(job_id, count), now=now)
        with transaction():
            job = _job(job_id)
            job.file, job.items = out.getvalue(), written
            job.losses = [{"code": loss.code, "message": loss.message} for loss in losses[:LOSSES_KEPT]]
            work.end(job, JobState.DONE, now=now)
            _record_export(wanted, job.format, written, actor=actor, now=now)
    except DomainError as error:
        fail_export(job_id=job_id, message=error.message, now=now)


def fail_export(*, job_id: UUID, message: str, now: datetime) -> None:
    """End an export that cannot be made."""
    with transaction():
        work.end(_job(job_id), JobState.FAILED, failure=message, now=now)


def stopped_words(why: work.Stop) -> str:
    """What whoever asked for an export that was ended before it was done is told."""
    if why is work.Stop.INTERRUPTED:
        return INTERRUPTED
    return f"{work.bound_words(why)}请缩小范围，分几次导出。"


def forget_exports(*, now: datetime) -> None:
    """Delete exports of more than a day ago: their files hold keys."""
    old = begun_before(ExportJob, now - timedelta(hours=HOURS_KEPT))
    if old:
        with transaction() as session:
            session.execute(delete(ExportJob).where(ExportJob.id.in_(old)))


def filter_of(job: ExportJob) -> ItemFilter:
    """The criteria of an export."""
    return ItemFilter(
        law=job.law,
        type=QuestionType(job.type) if job.type else None,
        state=ItemState(job.item_state) if job.item_state else None,
    )


def _checked(wanted: ItemFilter, format_name: str, actor: Actor) -> tuple[Format, int]:
    if not actor.may(Permission.VIEW_BANK):
        raise NotAllowed("您没有查看题库的权限。")
    chosen = BY_NAME.get(format_name)
    if chosen is None or chosen.write is None:
        raise Invalid.one("unknown_format", f"不能导出为“{format_name[:20]}”格式。", "format")
    count = queries.count_stored(wanted)
    if not count:
        raise Conflict("没有符合条件的试题，请放宽条件。", code="nothing_to_export")
    if count > MOST_ITEMS:
        raise Conflict(
            f"符合条件的试题有 {count} 道，一次最多导出 {MOST_ITEMS} 道，请缩小范围。", code="too_many"
        )
    return chosen, count


def _write(
    wanted: ItemFilter, chosen: Format, out: BinaryIO, step: Callable[[int], None], *, now: datetime
) -> tuple[int, list[Problem]]:
    """Writes the items; how many were written, and what the format could not carry, items left out included."""
    assert chosen.write is not None
    handed = 0

    def counted() -> Iterator[StoredRow]:
        nonlocal handed
        for row in queries.stored_rows(wanted):
            yield row
            handed += 1
            step(1)

    losses = chosen.write(counted(), out, queries.law_book(day_of(now)))
    return handed - sum(loss.code == NOT_WRITTEN for loss in losses), losses


def _teller(job_id: UUID, total: int) -> Callable[[int], None]:
    """Tells the job now and then how many items have been written."""
    done = 0

    def step(items: int) -> None:
        nonlocal done
        done += items
        if done % TOLD_EVERY == 0:
            with transaction():
                job = _job(job_id)
                job.items, job.share = done, min(WHOLE - 1, WHOLE * done // max(total, 1))

    return step


def _record_export(wanted: ItemFilter, name: str, count: int, *, actor: Actor, now: datetime) -> None:
    record(
        "export-items",
        "bank",
        name,
        actor=actor,
        now=now,
        items=count,
        law=wanted.law,
        type=wanted.type,
        state=wanted.state,
    )


def _job(job_id: UUID) -> ExportJob:
    return stored(ExportJob, job_id)
