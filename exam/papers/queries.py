"""Reads of paper specs, of the pool that papers are drawn from, and of draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.db import db
from core.errors import NotFound
from exam.papers.draw import PoolItem, PoolQuestion
from exam.papers.models import Draw, DrawReveal, PaperQuestion, PaperSpecVersion
from exam.papers.rules import from_json
from question_bank.items import pool as bank
from question_bank.items.models import ItemVersion
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime
    from uuid import UUID

    from exam.papers.rules import PaperSpec


@dataclass(frozen=True, slots=True)
class StoredSpec:
    """A version of a paper spec, as sessions refer to it."""

    id: int
    number: int
    spec: PaperSpec
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class DrawView:
    """A preparation as anyone may see it: the commitment at once, the seed (hex) once it is published."""

    id: int
    number: int
    reason: str
    law_day: date
    commitment: str
    recorded_at: datetime
    seed: str | None
    revealed_at: datetime | None


def spec(spec_id: int) -> StoredSpec:
    """A stored version of a spec; raises `NotFound`."""
    row = db.session.get(PaperSpecVersion, spec_id)
    if row is None:
        raise NotFound("没有这个组卷方案。")
    return _stored(row)


def specs() -> list[StoredSpec]:
    """The latest version of each spec, in the order in which the specs were first made."""
    latest = (
        select(PaperSpecVersion.name, func.max(PaperSpecVersion.number).label("number"))
        .group_by(PaperSpecVersion.name)
        .subquery()
    )
    rows = db.session.scalars(
        select(PaperSpecVersion)
        .join(latest, (latest.c.name == PaperSpecVersion.name) & (latest.c.number == PaperSpecVersion.number))
        .order_by(PaperSpecVersion.id),
    )
    return [_stored(row) for row in rows]


def versions(name: str) -> list[StoredSpec]:
    """Every version of the spec with that name, the latest first; none when there is no such spec."""
    rows = db.session.scalars(
        select(PaperSpecVersion)
        .where(PaperSpecVersion.name == name)
        .order_by(PaperSpecVersion.number.desc()),
    )
    return [_stored(row) for row in rows]


def _stored(row: PaperSpecVersion) -> StoredSpec:
    return StoredSpec(row.id, row.number, from_json(row.spec), row.recorded_at)


def pool(law_day: date, item_ids: Collection[int] | None = None) -> list[bank.PoolRow]:
    """Every item that may be drawn for a paper on the law of that day, in the order of the codes.

    Those to be marked by people are among them; only specs that ask for such take any. `item_ids` narrows.
    """
    return bank.pool(law_day, frozenset(QuestionType), item_ids=item_ids)


def pool_items(rows: Iterable[bank.PoolRow], spec: PaperSpec) -> tuple[PoolItem, ...]:
    """The pool as the manifest of a draw by that spec keeps it, in the same order."""
    by_part = any(section.parts for section in spec.sections)
    by_family = any(section.families for section in spec.sections)
    return tuple(
        PoolItem(
            row.item_version_id,
            row.type,
            row.law,
            row.difficulty,
            len(row.letters),
            row.shuffle,
            tuple(PoolQuestion(q.item_version_id, q.type, len(q.letters), q.shuffle) for q in row.questions),
            row.part if by_part else "",
            row.families if by_family else (),
        )
        for row in rows
    )


def enemies(rows: Iterable[bank.PoolRow]) -> list[tuple[int, int]]:
    """The pairs of versions of the pool that may not be on one paper."""
    versions = {row.item_id: row.item_version_id for row in rows}
    return sorted((versions[one], versions[other]) for one, other in bank.enemies(versions.keys()))


def draws(subject_id: UUID) -> list[DrawView]:
    """The preparations of a session in the order of their numbers."""
    rows = db.session.execute(
        select(
            Draw.id,
            Draw.number,
            Draw.reason,
            Draw.law_day,
            Draw.commitment,
            Draw.recorded_at,
            DrawReveal.seed,
            DrawReveal.recorded_at.label("revealed_at"),
        )
        .outerjoin(DrawReveal, DrawReveal.draw_id == Draw.id)
        .where(Draw.subject_id == subject_id)
        .order_by(Draw.number),
    )
    return [DrawView(*row) for row in rows]


def draw_rows(subject_id: UUID) -> list[tuple[Draw, DrawReveal | None]]:
    """The stored draws of a session with their published seeds, in the order of their numbers."""
    rows = db.session.execute(
        select(Draw, DrawReveal)
        .outerjoin(DrawReveal, DrawReveal.draw_id == Draw.id)
        .where(Draw.subject_id == subject_id)
        .order_by(Draw.number),
    )
    return [(row[0], row[1]) for row in rows]


def revealed_manifest(subject_id: UUID, number: int) -> str:
    """The manifest of a draw whose seed is published; raises `NotFound` before that."""
    manifest = db.session.scalar(
        select(Draw.manifest)
        .join(DrawReveal, DrawReveal.draw_id == Draw.id)
        .where(Draw.subject_id == subject_id, Draw.number == number),
    )
    if manifest is None:
        raise NotFound("没有这份抽题清单，或者尚未公布。")
    return manifest


def questions(sitting_ids: Iterable[UUID]) -> list[PaperQuestion]:
    """All questions ever drawn for these sittings, by sitting, draw and position."""
    found: list[PaperQuestion] = []
    ids = sorted(set(sitting_ids))
    for start in range(0, len(ids), 500):
        found += db.session.scalars(
            select(PaperQuestion)
            .where(PaperQuestion.sitting_id.in_(ids[start : start + 500]))
            .order_by(PaperQuestion.sitting_id, PaperQuestion.draw_number, PaperQuestion.position),
        )
    return found


def items_of_papers(papers: Iterable[tuple[UUID, int]]) -> dict[UUID, set[int]]:
    """The items (not versions) on these papers, each given as sitting and draw number, by sitting."""
    wanted = dict(papers)
    ids = sorted(wanted)
    items: dict[UUID, set[int]] = {}
    for start in range(0, len(ids), 500):
        rows = db.session.execute(
            select(PaperQuestion.sitting_id, PaperQuestion.draw_number, ItemVersion.item_id)
            .join(ItemVersion, ItemVersion.id == PaperQuestion.item_version_id)
            .where(PaperQuestion.sitting_id.in_(ids[start : start + 500])),
        )
        for sitting_id, number, item_id in rows:
            if wanted[sitting_id] == number:
                items.setdefault(sitting_id, set()).add(item_id)
    return items
