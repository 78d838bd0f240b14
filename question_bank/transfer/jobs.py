"""Working off imports and exports beside the server: one at a time in each serving process, each by one process.

Who works on one holds a lock on a file of it, which the system frees when the process ends, however it ends.
One that is said to be worked on while its lock is free was interrupted, and ends.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from question_bank.items.indexing import index_put_off
from question_bank.transfer import exporting, queries, services
from question_bank.transfer.models import JobState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

STEPS = (
    (JobState.CONFIRMED, JobState.WRITING, services.write_import),
    (JobState.WAITING, JobState.READING, services.read_import),
)


def work(*, now: datetime) -> None:
    """Do what imports and exports wait for, see to those that were interrupted, forget those of long ago."""
    index_put_off()
    for job_id in queries.jobs_in(JobState.READING, JobState.WRITING):
        _end_if_interrupted(job_id, now=now)
    for before, during, step in STEPS:
        for job_id in queries.jobs_in(before):
            if before is JobState.WAITING and not services.upload_of(job_id).exists():
                continue  # uploaded to another node, which will read it
            with _held(services.lock_of(job_id)) as held:
                if not held:
                    continue
                if services.claim_import(job_id=job_id, before=before, after=during):
                    step(job_id=job_id, now=now)
                # An unexpected error leaves the file behind: it tells that the import was interrupted.
                services.lock_of(job_id).unlink(missing_ok=True)
    for job_id in queries.exports_in(JobState.WRITING):
        _fail_if_interrupted(job_id, now=now)
    for job_id in queries.exports_in(JobState.WAITING):
        _make_export(job_id, now=now)
    services.forget_imports(now=now)
    exporting.forget_exports(now=now)


def _make_export(job_id: UUID, *, now: datetime) -> None:
    with _held(services.lock_of(job_id)) as held:
        if held and exporting.claim_export(job_id=job_id):
            exporting.make_export(job_id=job_id, now=now)
        if held:
            services.lock_of(job_id).unlink(missing_ok=True)


def _fail_if_interrupted(job_id: UUID, *, now: datetime) -> None:
    path = services.lock_of(job_id)
    if not path.exists():
        return  # at work on another node
    with _held(path) as held:
        if held and job_id in queries.exports_in(JobState.WRITING):
            exporting.fail_export(job_id=job_id, message=exporting.INTERRUPTED, now=now)
            path.unlink(missing_ok=True)


def _end_if_interrupted(job_id: UUID, *, now: datetime) -> None:
    path = services.lock_of(job_id)
    if not path.exists():
        return  # at work on another node
    with _held(path) as held:
        if held and job_id in queries.jobs_in(JobState.READING, JobState.WRITING):
            services.interrupt_import(job_id=job_id, now=now)
            path.unlink(missing_ok=True)


@contextmanager
def _held(path: Path) -> Iterator[bool]:
    """Whether the lock is ours while the block runs."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
