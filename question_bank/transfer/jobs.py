"""The background work of this room: imports, the likeness keys that follow them, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.jobs.models import JobState
from core.jobs.work import JobQueue, Round, Step, work_off
from question_bank.items.indexing import index_put_off, is_put_off
from question_bank.transfer import exporting, services
from question_bank.transfer.models import ExportJob, ImportJob

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from core.jobs.work import Work


def _is_uploaded_here(job_id: UUID) -> bool:
    """Whether the file lies on this machine: what was uploaded to another one is read there."""
    return services.upload_of(job_id).exists()


def _put_off(_now: datetime) -> Sequence[str]:
    return ["keys"] if is_put_off() else []


def _index(_piece: str, *, now: datetime) -> None:
    index_put_off()


IMPORTS = JobQueue(
    name="imports",
    kind=ImportJob,
    steps=(
        Step(JobState.CONFIRMED, JobState.WRITING, services.write_import),
        Step(JobState.WAITING, JobState.READING, services.read_import, _is_uploaded_here),
    ),
    messages=services.stopped_words,
    fail=services.fail_import,
    forget=services.forget_imports,
)
INDEXING = Round("likeness keys", _put_off, _index)
EXPORTS = JobQueue(
    name="exports",
    kind=ExportJob,
    steps=(Step(JobState.WAITING, JobState.WRITING, exporting.make_export),),
    messages=exporting.stopped_words,
    fail=exporting.fail_export,
    forget=exporting.forget_exports,
)
KINDS: tuple[Work, ...] = (IMPORTS, INDEXING, EXPORTS)


def work(*, now: datetime) -> None:
    """Do in this process what imports and exports wait for."""
    work_off(KINDS, now=now)
