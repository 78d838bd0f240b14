"""Reads for imports and exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.db import db
from core.errors import NotFound
from core.jobs.queries import own
from question_bank.items.models import Citation, Item, ItemVersion
from question_bank.items.queries import WHOLE, draft_of
from question_bank.statutes.models import Statute, StatuteVersion
from question_bank.statutes.queries import known_versions
from question_bank.transfer.error_sheet import SheetRow
from question_bank.transfer.laws import LawBook, plain_name
from question_bank.transfer.models import ExportJob, ImportJob, ImportRow, Outcome
from question_bank.transfer.rows import StoredRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Select

    from question_bank.items.queries import ItemFilter

AT_ONCE = 500
ROWS_A_PAGE = 50


def law_book(on: date) -> LawBook:
    """Every law that the bank knows, as files may name them."""
    names: dict[str, str] = {}
    for title, short_title in db.session.execute(select(Statute.title, Statute.short_title)):
        names[plain_name(title)] = short_title
        names[plain_name(short_title)] = short_title
    known = known_versions(set(names.values()))
    present = sorted((version.version, law) for (law, _day), version in known.items() if version.in_force(on))
    return LawBook(names, {law: version for version, law in present}, known, on)


def codes_in_use(codes: Collection[str]) -> set[str]:
    """Which of the codes items have."""
    wanted, found = sorted(codes), set[str]()
    for start in range(0, len(wanted), AT_ONCE):
        found.update(
            db.session.scalars(select(Item.code).where(Item.code.in_(wanted[start : start + AT_ONCE])))
        )
    return found


def job(job_id: UUID, *, account_id: int | None) -> ImportJob:
    """An import of this account; raises `NotFound`."""
    found = own(ImportJob, job_id, account_id=account_id)
    if found is None:
        raise NotFound("没有这次导入，或者它不是您的。")
    return found


def export_job(job_id: UUID, *, account_id: int | None) -> ExportJob:
    """An export of this account; raises `NotFound`."""
    found = own(ExportJob, job_id, account_id=account_id)
    if found is None:
        raise NotFound("没有这次导出，或者它不是您的。导出的文件只保留一天。")
    return found


def exported_file(job_id: UUID) -> bytes | None:
    """The file of an export, None while there is none."""
    return db.session.scalar(select(ExportJob.file).where(ExportJob.id == job_id))


def row_page(job_id: UUID, page: int, *, noted_only: bool) -> tuple[Sequence[ImportRow], int, int]:
    """The rows of a page (from 1), the page shown, and of how many; `noted_only`: those with problems or remarks."""
    wanted = select(ImportRow).where(ImportRow.job_id == job_id)
    if noted_only:
        wanted = wanted.where(ImportRow.noted)
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    pages = max(1, -(-total // ROWS_A_PAGE))
    page = min(max(1, page), pages)
    rows = db.session.scalars(
        wanted.order_by(ImportRow.position).limit(ROWS_A_PAGE).offset((page - 1) * ROWS_A_PAGE)
    ).all()
    return rows, page, pages


def rows_of(job_id: UUID, *outcomes: Outcome) -> Iterator[ImportRow]:
    """Every row of an import in order, of these outcomes where any are given; batch by batch."""
    last = 0
    while True:
        wanted = select(ImportRow).where(ImportRow.job_id == job_id, ImportRow.position > last)
        if outcomes:
            wanted = wanted.where(ImportRow.outcome.in_(outcomes))
        rows = db.session.scalars(wanted.order_by(ImportRow.position).limit(AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].position
        for row in rows:
            yield row
            db.session.expunge(row)


def sheet_rows(job_id: UUID) -> Iterator[SheetRow]:
    """The rows of an import as the error sheet gives them back."""
    for row in rows_of(job_id):
        messages = [told["message"] for told in (*row.problems, *row.warnings)]
        yield SheetRow(row.sheet, row.heading, row.cells, row.label, row.outcome, messages)


def stored_rows(wanted: ItemFilter) -> Iterator[StoredRow]:
    """The newest versions of the items that match, in the order of the items; batch by batch."""
    last = 0
    while True:
        rows = db.session.execute(
            matching(wanted).where(Item.id > last).order_by(Item.id).limit(AT_ONCE).options(*WHOLE)
        ).all()
        if not rows:
            return
        last = rows[-1].Item.id
        for item, version in rows:
            yield StoredRow(item.code, draft_of(version), item.reserved)
        db.session.expunge_all()


def count_stored(wanted: ItemFilter) -> int:
    """How many items match."""
    return db.session.scalar(select(func.count()).select_from(matching(wanted).subquery())) or 0


def matching(wanted: ItemFilter) -> Select[Item, ItemVersion]:
    """Items with their newest versions, by the criteria of the bank's list."""
    newest = aliased(ItemVersion)
    statement = (
        select(Item, ItemVersion)
        .join(ItemVersion, ItemVersion.item_id == Item.id)
        .where(
            ItemVersion.part_number == 0,
            ItemVersion.number
            == select(func.max(newest.number))
            .where(newest.item_id == Item.id)
            .correlate(Item)
            .scalar_subquery(),
        )
    )
    if wanted.type is not None:
        statement = statement.where(Item.type == wanted.type)
    if wanted.state is not None:
        statement = statement.where(Item.state == wanted.state)
    if wanted.difficulty is not None:
        statement = statement.where(ItemVersion.difficulty == wanted.difficulty)
    if wanted.law:
        cites = (
            select(Citation.position)
            .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
            .join(Statute, Statute.id == StatuteVersion.statute_id)
            .where(
                Citation.item_version_id == ItemVersion.id,
                Citation.position == 1,
                Statute.short_title == wanted.law,
            )
            .exists()
        )
        statement = statement.where(cites)
    return statement
