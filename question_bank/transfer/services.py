"""The life of an import: uploaded, read, confirmed, written; and exports. What is imported becomes drafts.

An import is read batch by batch, each batch a transaction of its own, so that its progress shows; the items
themselves are written in one transaction with the job's end, so that a crash leaves all of them or none.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import delete, insert, update

from core.actor import Actor, Permission
from core.audit.services import record
from core.clock import day_of
from core.db import transaction
from core.errors import Conflict, DomainError, Invalid, NotAllowed, Problem
from core.jobs import work
from core.jobs.models import WHOLE, JobState
from core.jobs.queries import begun_before, stored
from question_bank.items.batches import NewItem, PreparedItems, add_items, prepare_items
from question_bank.items.indexing import index_put_off
from question_bank.transfer import queries
from question_bank.transfer.formats import BY_NAME, format_of, refuse_foreign
from question_bank.transfer.intake import BATCH, READING, Choices, Verdict, judge, near_warnings
from question_bank.transfer.json_file import draft_of_entry, entry_of
from question_bank.transfer.models import ImportJob, ImportRow, Outcome
from question_bank.transfer.text import is_assumed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO
    from uuid import UUID

    from question_bank.transfer.laws import LawBook
    from question_bank.transfer.rows import ReadRow

LONGEST_NAME = 200
LONGEST_LABEL = 200
LONGEST_COMMENT = 1000
BLOCK = 256 * 1024
DAYS_KEPT = 30
INTERRUPTED = "导入时服务中断。没有导入任何题目，请重新上传文件。"
CHANGED = "您确认期间题库又有变化，有的题目已经入库。没有导入任何题目，请重新上传文件，重复的题会被指出。"


def folder() -> Path:
    """Where uploaded files wait to be read, readable by the server's own user alone."""
    place: Path = current_app.config["SETTINGS"].imports
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def upload_of(job_id: UUID) -> Path:
    return folder() / f"{job_id}.upload"


def start_import(
    *,
    stream: BinaryIO,
    file_name: str,
    wanted_format: str = "",
    choices: Choices,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Keep an uploaded file to be read; returns the import's id. Raises `Invalid` for one that is empty, too
    large, or plainly something else.

    Nothing looks into the file here: that may take long, and is the background process's.
    """
    _require_author(actor)
    name = file_name.replace("\\", "/").rpartition("/")[2].strip()[:LONGEST_NAME] or "文件"
    refuse_foreign(name, stream)
    chosen = BY_NAME.get(wanted_format)
    job_id = uuid.uuid4()
    most = current_app.config["SETTINGS"].import_bytes
    try:
        _keep(stream, upload_of(job_id), most)
        with transaction() as session:
            session.add(
                ImportJob(
                    id=job_id,
                    account_id=actor.account_id,
                    author_label=actor.label,
                    address=actor.address,
                    file_name=name,
                    format=chosen.name if chosen else "",
                    without_law=not choices.with_law,
                    without_explanation=not choices.with_explanation,
                    for_practice=choices.for_practice,
                    state=JobState.WAITING,
                    created_at=now,
                )
            )
            record("start-import", "import", job_id, actor=actor, now=now, file=name)
    except BaseException:
        upload_of(job_id).unlink(missing_ok=True)
        raise
    return job_id


def _keep(stream: BinaryIO, path: Path, most: int) -> None:
    kept = 0
    with path.open("xb") as file:
        path.chmod(0o600)
        while block := stream.read(BLOCK):
            kept += len(block)
            if kept > most:
                raise Invalid.one("too_large", f"文件超过 {most // 1024**2} MB，请分成几份。", "file")
            file.write(block)
    if not kept:
        raise Invalid.one("empty_file", "文件是空的，请选择写有试题的文件。", "file")


def read_import(*, job_id: UUID, now: datetime) -> None:
    """Read the uploaded file and keep what was found, to be shown; the file is deleted afterwards.

    For the worker, which has set the job's state to READING. A file that cannot be read ends the job.
    """
    job = _job(job_id)
    choices = Choices(not job.without_law, not job.without_explanation, job.for_practice)
    try:
        with upload_of(job_id).open("rb") as stream:
            chosen = format_of(job.file_name, stream, job.format)
            verdicts = judge(read_file(stream, chosen.name, queries.law_book(day_of(now))), choices)
            while batch := list(islice(verdicts, BATCH)):
                _keep_batch(job_id, batch)
        _compare_rows(job_id)
        with transaction():
            job = _job(job_id)
            if job.read == 0:
                raise _no_items([remark["message"] for remark in job.remarks])
            job.format, job.state, job.share = chosen.name, JobState.READY, WHOLE
    except DomainError as error:
        _fail(job_id, error.message, now=now)
    finally:
        upload_of(job_id).unlink(missing_ok=True)


def read_file(stream: BinaryIO, name: str, laws: LawBook) -> Iterator[ReadRow | Problem]:
    """The items of a file in the format of that name."""
    reader = BY_NAME[name].read
    assert reader is not None
    if is_assumed(stream.read()):
        message = "文件不是 UTF-8 编码，已按 GB 18030 读取。文字若有乱码，请另存为 UTF-8 再上传。"
        yield Problem("encoding_assumed", message)
    stream.seek(0)
    yield from reader(stream, laws)


def _keep_batch(job_id: UUID, batch: Sequence[Verdict | Problem]) -> None:
    with transaction() as session:
        job = _job(job_id)
        verdicts = [found for found in batch if isinstance(found, Verdict)]
        job.remarks = [*job.remarks, *(_plain(found) for found in batch if isinstance(found, Problem))]
        if not verdicts:
            return
        session.execute(
            insert(ImportRow),
            [_row(job_id, job.read + n, verdict) for n, verdict in enumerate(verdicts, start=1)],
        )
        outcomes = [verdict.outcome for verdict in verdicts]
        job.accepted += outcomes.count(Outcome.ACCEPTED)
        job.rejected += outcomes.count(Outcome.REJECTED)
        job.duplicates += outcomes.count(Outcome.DUPLICATE)
        job.warned += sum(bool(verdict.warnings) for verdict in verdicts)
        job.share = int(WHOLE * READING * verdicts[-1].row.share)


def _compare_rows(job_id: UUID) -> None:
    """Tell of the rows that can be taken which questions of the bank or of the file are much like them."""
    rows = [
        (row.position, row.label, row.warnings, draft_of_entry(row.entry))
        for row in queries.rows_of(job_id, Outcome.ACCEPTED)
        if row.entry is not None
    ]
    found = near_warnings([label for _position, label, _warnings, _draft in rows], [row[-1] for row in rows])
    told = zip(rows, found, strict=True)
    done = 0
    while batch := list(islice(told, BATCH)):
        done += len(batch)
        changed = [
            {
                "job_id": job_id,
                "position": position,
                "noted": True,
                "warnings": [*warnings, _plain(warning)],
            }
            for (position, _label, warnings, _draft), warning in batch
            if warning is not None
        ]
        with transaction() as session:
            job = _job(job_id)
            job.share = int(WHOLE * (READING + (1 - READING) * done / len(rows)))
            job.warned += sum(row[2] == [] and warning is not None for row, warning in batch)
            if changed:
                session.execute(update(ImportRow), changed)


def _row(job_id: UUID, position: int, verdict: Verdict) -> dict[str, object]:
    row = verdict.row
    return {
        "job_id": job_id,
        "position": position,
        "label": row.label[:LONGEST_LABEL],
        "outcome": verdict.outcome,
        "noted": bool(verdict.problems or verdict.warnings),
        "code": row.code[:40] if verdict.outcome is Outcome.ACCEPTED else "",
        "reserved": row.reserved,
        "problems": [_plain(problem) for problem in verdict.problems],
        "warnings": [_plain(warning) for warning in verdict.warnings],
        "entry": entry_of(row.draft) if row.draft is not None else None,
        "sheet": row.sheet[:100],
        "heading": list(row.heading),
        "cells": list(row.cells),
    }


def _plain(problem: Problem) -> dict[str, str]:
    return {"code": problem.code, "message": problem.message}


def confirm_import(*, job_id: UUID, partial: bool, actor: Actor, now: datetime) -> None:
    """Have the rows written that are in order; `partial` must be said where others are not. A repeat changes nothing.

    Raises `Conflict` when the import is not waiting for it, or nothing in it can be imported.
    """
    _require_author(actor)
    with transaction():
        job = queries.job(job_id, account_id=actor.account_id)
        if job.state in {JobState.CONFIRMED, JobState.WRITING, JobState.DONE}:
            return
        if job.state is not JobState.READY:
            raise Conflict("这次导入现在不能确认，请刷新页面查看状态。", code="wrong_state")
        if not job.accepted:
            raise Conflict("没有可以导入的题目，请改正后重新上传。", code="nothing_to_import")
        if job.rejected and not partial:
            raise Conflict(
                f"有 {job.rejected} 题存在问题。请改正后重新上传，或选择只导入没有问题的 {job.accepted} 题。",
                code="problems",
            )
        job.state, job.share, job.partial = JobState.CONFIRMED, 0, partial
        record("confirm-import", "import", job_id, actor=actor, now=now, items=job.accepted, partial=partial)


def cancel_import(*, job_id: UUID, actor: Actor, now: datetime) -> None:
    """Give an import up before it is written."""
    _require_author(actor)
    with transaction():
        job = queries.job(job_id, account_id=actor.account_id)
        if job.state is JobState.CANCELLED:
            return
        if job.state not in {JobState.WAITING, JobState.READY}:
            raise Conflict("这次导入正在进行或者已经结束，不能放弃。", code="wrong_state")
        work.end(job, JobState.CANCELLED, now=now)
        record("cancel-import", "import", job_id, actor=actor, now=now)
    upload_of(job_id).unlink(missing_ok=True)


def write_import(*, job_id: UUID, now: datetime) -> None:
    """Write the rows that are in order as drafts of the author, all of them or none, and end the job.

    For the worker, which has set the job's state to WRITING.
    """
    job = _job(job_id)
    rows = queries.rows_of(job_id, Outcome.ACCEPTED)
    items = [
        NewItem(
            draft_of_entry(row.entry),
            row.code,
            row.reserved,
            _comment(job.file_name, row.label, row.warnings),
        )
        for row in rows
        if row.entry is not None
    ]
    actor = Actor(label=job.author_label, account_id=job.account_id, address=job.address)
    prepared = prepare_items(items, actor=actor, now=now)
    try:
        with transaction():
            job = _job(job_id)
            _store(prepared, file_name=job.file_name, job=str(job_id), actor=actor, now=now)
            work.end(job, JobState.DONE, now=now)
    except DomainError as error:
        _fail(job_id, error.message, now=now)


@dataclass(frozen=True, slots=True)
class Report:
    """What an import by command came to: read = accepted + rejected + duplicates.

    `held_back` are the rejected rows that are in order themselves but were not taken because others are not.
    """

    read: int
    accepted: int
    rejected: int
    duplicates: int
    held_back: int
    verdicts: tuple[Verdict, ...]
    remarks: tuple[Problem, ...]
    codes: tuple[str, ...] = ()

    @property
    def has_problems(self) -> bool:
        return any(verdict.problems for verdict in self.verdicts)


def import_file(
    *,
    stream: BinaryIO,
    file_name: str,
    wanted_format: str = "",
    choices: Choices,
    partial: bool = False,
    dry_run: bool = False,
    step: Callable[[float], None] = lambda _share: None,
    actor: Actor,
    now: datetime,
) -> Report:
    """Import a file at once, for commands; `step` is told how much of the file has been judged (0 to 1).

    Without `partial` one row with a problem keeps all of them out. Raises `Invalid` for an unreadable file.
    """
    _require_author(actor)
    chosen = format_of(file_name, stream, wanted_format)
    verdicts: list[Verdict] = []
    remarks: list[Problem] = []
    for found in judge(read_file(stream, chosen.name, queries.law_book(day_of(now))), choices):
        if isinstance(found, Problem):
            remarks.append(found)
        else:
            verdicts.append(found)
            step(READING * found.row.share)
    if not verdicts:
        raise _no_items([remark.message for remark in remarks])
    _compare(verdicts, step)
    fine = [verdict for verdict in verdicts if verdict.outcome is Outcome.ACCEPTED]
    refused = sum(verdict.outcome is Outcome.REJECTED for verdict in verdicts)
    duplicates = len(verdicts) - len(fine) - refused
    codes: tuple[str, ...] = ()
    held_back = 0
    if not dry_run and refused and not partial:
        held_back, fine = len(fine), []
    elif not dry_run and fine:
        prepared = prepare_items([_new_item(verdict, file_name) for verdict in fine], actor=actor, now=now)
        with transaction():
            codes = tuple(_store(prepared, file_name=file_name, job="", actor=actor, now=now))
        index_put_off()
    return Report(
        len(verdicts),
        len(fine),
        refused + held_back,
        duplicates,
        held_back,
        tuple(verdicts),
        tuple(remarks),
        codes,
    )


def _no_items(remarks: Sequence[str]) -> Invalid:
    """That a file holds no questions, with what was said of the file as a whole: often that tells why."""
    return Invalid.one("no_items", f"文件里没有找到试题，请对照模板检查。{''.join(remarks[:5])}", "file")


def _compare(verdicts: list[Verdict], step: Callable[[float], None]) -> None:
    """Add to the rows that can be taken which questions are much like them."""
    places = [n for n, verdict in enumerate(verdicts) if verdict.outcome is Outcome.ACCEPTED]
    drafts = [draft for n in places if (draft := verdicts[n].row.draft) is not None]
    warnings = near_warnings([verdicts[n].row.label for n in places], drafts)
    for done, (place, warning) in enumerate(zip(places, warnings, strict=True), start=1):
        if warning is not None:
            verdicts[place] = replace(verdicts[place], warnings=(*verdicts[place].warnings, warning))
        step(READING + (1 - READING) * done / len(places))
    step(1)


def _new_item(verdict: Verdict, file_name: str) -> NewItem:
    row = verdict.row
    assert row.draft is not None
    warnings = [_plain(warning) for warning in verdict.warnings]
    return NewItem(row.draft, row.code, row.reserved, _comment(file_name, row.label, warnings))


def _comment(file_name: str, label: str, warnings: Sequence[dict[str, str]]) -> str:
    """What the first step of an item says: where it comes from, and the law named there that the bank lacks."""
    laws = " ".join(told["message"] for told in warnings if told["code"] == "law_unknown")
    return f"从文件“{file_name}”导入，{label}。{laws}"[:LONGEST_COMMENT]


def _store(prepared: PreparedItems, *, file_name: str, job: str, actor: Actor, now: datetime) -> list[str]:
    """The rows of new items; inside the transaction. Raises `Conflict` when one has come into the bank meanwhile."""
    if queries.codes_in_use({code for code in prepared.codes if code}):
        raise Conflict(CHANGED, code="changed")
    try:
        codes = add_items(prepared)
    except Invalid as error:
        raise Conflict(CHANGED, code="changed") from error
    record(
        "import-items",
        "import",
        job or file_name[:60],
        actor=actor,
        now=now,
        file=file_name,
        items=len(codes),
        reserved=prepared.reserved,
        first=codes[0],
        last=codes[-1],
    )
    return codes


def stopped_words(why: work.Stop) -> str:
    """What the author of an import that was ended before it was done is told."""
    if why is work.Stop.INTERRUPTED:
        return INTERRUPTED
    return f"{work.bound_words(why)}没有导入任何题目。请把文件分成几份，或者在原来的软件中另存后再上传。"


def fail_import(*, job_id: UUID, message: str, now: datetime) -> None:
    """End an import whose worker was stopped in the middle of it."""
    _fail(job_id, message, now=now)
    upload_of(job_id).unlink(missing_ok=True)


def forget_imports(*, now: datetime) -> None:
    """Delete what was kept of imports begun more than `DAYS_KEPT` days ago; the items and their steps stay."""
    old = begun_before(ImportJob, now - timedelta(days=DAYS_KEPT))
    if not old:
        return
    with transaction() as session:
        session.execute(delete(ImportRow).where(ImportRow.job_id.in_(old)))
        session.execute(delete(ImportJob).where(ImportJob.id.in_(old)))
    for job_id in old:
        upload_of(job_id).unlink(missing_ok=True)


def _fail(job_id: UUID, message: str, *, now: datetime) -> None:
    with transaction() as session:
        work.end(_job(job_id), JobState.FAILED, failure=message, now=now)
        session.execute(delete(ImportRow).where(ImportRow.job_id == job_id))


def _job(job_id: UUID) -> ImportJob:
    return stored(ImportJob, job_id)


def _require_author(actor: Actor) -> None:
    if not actor.may(Permission.AUTHOR_ITEMS):
        raise NotAllowed("您没有编写试题的权限。")
