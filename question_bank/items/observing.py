"""Writing down how versions fared with those who answered them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from core.audit.services import record
from core.db import transaction
from question_bank.items.models import ItemObservation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.actor import Actor


@dataclass(frozen=True, slots=True)
class Tally:
    """Of `answered` answers `correct` were right. Whoever left the question out has answered it wrongly."""

    answered: int
    correct: int

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.answered:
            raise ValueError(f"{self.correct} of {self.answered} answers cannot be right")


def record_observations(*, source: str, tallies: Mapping[int, Tally], actor: Actor, now: datetime) -> int:
    """Record how versions, by id, fared in a source such as a session; returns how many records are new.

    The tallies are those of the whole source so far and take the place of what was recorded from it before, so
    a repeat writes nothing and a regrading the new figures. The question of a case counts under its own
    version. `source` has at most 80 characters.
    """
    with transaction() as session:
        latest = (
            select(func.max(ItemObservation.id))
            .where(ItemObservation.source == source)
            .group_by(ItemObservation.item_version_id)
        )
        known = {
            row.item_version_id: Tally(row.answered, row.correct)
            for row in session.scalars(select(ItemObservation).where(ItemObservation.id.in_(latest)))
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
            if known.get(version) != tally
        ]
        if new:
            session.execute(insert(ItemObservation), new)
            record("record-observations", "bank", source[:64], actor=actor, now=now, versions=len(new))
    return len(new)
