"""Writing down how versions fared with those who answered them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from core.audit.services import record
from core.db import db
from question_bank.items.models import ItemObservation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Select

    from core.actor import Actor


@dataclass(frozen=True, slots=True)
class Tally:
    """Of `answered` answers `correct` were right. Whoever left the question out has answered it wrongly."""

    answered: int
    correct: int

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.answered:
            raise ValueError(f"{self.correct} of {self.answered} answers cannot be right")


NOTHING = Tally(0, 0)
"""What is known of a version that was never answered."""


def record_observations(*, source: str, tallies: Mapping[int, Tally], actor: Actor, now: datetime) -> int:
    """Record how versions, by id, fared in a source such as a session; returns how many records are new.

    Inside the use case's transaction. The tallies are those of the whole source so far and take the place of what
    was recorded from it before, so a repeat writes nothing and a regrading the new figures. The question of a case
    counts under its own version. `source` has at most 80 characters.
    """
    known = {
        row.item_version_id: Tally(row.answered, row.correct)
        for row in db.session.scalars(
            select(ItemObservation).where(ItemObservation.id.in_(_latest(source, tallies)))
        )
    }
    new = [
        {
            "item_version_id": version,
            "source": source,
            "answered": tally.answered,
            "correct": tally.correct,
            "recorded_at": now,
        }
        for version, tally in sorted(tallies.items())
        if known.get(version, NOTHING) != tally
    ]
    if new:
        # The table, not the model: rows by the thousand cost half as much.
        db.session.execute(insert(ItemObservation.__table__), new)  # type: ignore[arg-type]
        record("record-observations", "bank", source[:64], actor=actor, now=now, versions=len(new))
    return len(new)


def _latest(source: str, versions: Collection[int]) -> Select[int]:
    """The ids of the last record of each version from the source."""
    return (
        select(func.max(ItemObservation.id))
        .where(ItemObservation.item_version_id.in_(versions), ItemObservation.source == source)
        .group_by(ItemObservation.item_version_id)
    )
