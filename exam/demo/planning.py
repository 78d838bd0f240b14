"""What the invented history consists of: sessions, and in each the sittings with what they come to. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from exam.demo.population import stream

if TYPE_CHECKING:
    from datetime import date

    from core.people.rules import PostLevel
    from exam.demo.population import Cadre
    from exam.policies.rules import Outcome


def demo_id(*parts: object) -> UUID:
    """The id of something invented: always the same, so that loading again finds what is there."""
    numbers = stream("id", *parts)
    return UUID(bytes=numbers.number().to_bytes(8) + numbers.number().to_bytes(8), version=4)


@dataclass(frozen=True, slots=True)
class PlannedSitting:
    """A person's sitting, its outcome fixed beforehand. `level` is the one at admission.

    The certificate of a pass is revoked from the day `revoked_on`, where one is given.
    """

    id: UUID
    cadre: Cadre
    level: PostLevel
    outcome: Outcome
    revoked_on: date | None = None


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A session on a day; `region` is the area that it is for; None: it is for all."""

    id: UUID
    name: str
    room: str
    region: str | None
    day: date
    sittings: list[PlannedSitting] = field(default_factory=list)

    def admit(self, cadre: Cadre, level: PostLevel, outcome: Outcome, revoked_on: date | None = None) -> None:
        """Plan a sitting of the person in this session."""
        sitting_id = demo_id("sitting", self.id, cadre.number)
        self.sittings.append(PlannedSitting(sitting_id, cadre, level, outcome, revoked_on))
