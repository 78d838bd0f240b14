"""Reads of how questions fared, beside what their authors expected of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.db import db
from question_bank.items.difficulty import FEWEST_ANSWERS, Fared
from question_bank.items.models import Item, ItemObservation, ItemVersion
from question_bank.items.rules import ItemState

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Select

    from question_bank.items.rules import Difficulty


def fared(item_id: int, number: int) -> list[Fared]:
    """How version `number` of an item fared; of a case each of its questions, in their order. What nobody answered is absent."""
    rows = _observed(ItemVersion.item_id == item_id, ItemVersion.number == number)
    return [_fared(*row[1:]) for row in db.session.execute(rows)]


def fared_by_code(codes: Collection[str]) -> dict[str, list[Fared]]:
    """How the newest versions of these items fared, by code; items that nobody answered are absent."""
    found: dict[str, list[Fared]] = {}
    for code, *row in db.session.execute(_observed(Item.code.in_(codes), _newest())):
        found.setdefault(code, []).append(_fared(*row))
    return found


def contradicted() -> set[str]:
    """The codes of the items that are not retired whose newest version, or a question of it, contradicts its estimate."""
    rows = _observed(_newest(), Item.state != ItemState.RETIRED)
    enough = rows.having(func.sum(ItemObservation.answered) >= FEWEST_ANSWERS)
    return {code for code, *row in db.session.execute(enough) if _fared(*row).fit.contradicts}


def _observed(*criteria: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Code and the values of `Fared` of each version observed, of each source the latest record."""
    later = aliased(ItemObservation)
    superseded = (
        select(later.id)
        .where(
            later.item_version_id == ItemObservation.item_version_id,
            later.source == ItemObservation.source,
            later.id > ItemObservation.id,
        )
        .correlate(ItemObservation)
        .exists()
    )
    versions = (
        select(ItemVersion.id, Item.code, ItemVersion.part_number, ItemVersion.difficulty)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(*criteria)
        .subquery()
    )
    told = (versions.c.code, versions.c.part_number, versions.c.difficulty)
    return (
        select(*told, func.sum(ItemObservation.answered), func.sum(ItemObservation.correct), func.count())
        .join(ItemObservation, ItemObservation.item_version_id == versions.c.id)
        .where(~superseded)
        .group_by(versions.c.id, *told)
        .order_by(versions.c.code, versions.c.part_number, versions.c.id)
    )


def _fared(part: int, estimate: Difficulty, answered: int, correct: int, sources: int) -> Fared:
    """Sums come as decimals from PostgreSQL."""
    return Fared(part, estimate, int(answered), int(correct), sources)


def _newest() -> ColumnElement[bool]:
    newest = aliased(ItemVersion)
    return ItemVersion.number == (
        select(func.max(newest.number)).where(newest.item_id == Item.id).correlate(Item).scalar_subquery()
    )
