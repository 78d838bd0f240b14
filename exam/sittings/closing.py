"""Sealing: by hand-in, by the clock; and the sweep that finishes what nobody came back for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from core.actor import Actor
    from exam.sittings.rules import SealReason


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed sitting: what the candidate keeps. `acknowledged` is the journal's last seq."""

    sitting_id: UUID
    sealed_at: datetime
    reason: SealReason
    receipt: str
    acknowledged: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did."""

    sealed: int
    absent: int
    repaired: int
    failed: int


def hand_in(*, sitting_id: UUID, actor: Actor, now: datetime) -> Sealed:
    """Hand in one's own sitting; a repeat, and a hand-in after sealing, answer with the sealed receipt.

    `now` is the arrival: up to deadline + grace it counts. Raises `NotFound`, `Conflict` `not_started`,
    `taken_over` or `void`. Marking follows at once through the hooks of `current_app.extensions["after_sealing"]`.
    """
    raise NotImplementedError


def seal_if_over(*, sitting_id: UUID, now: datetime) -> bool:
    """Seal a running sitting whose deadline and grace have passed; whether it did. Any read may ask for it."""
    raise NotImplementedError


def close_overdue(*, now: datetime) -> Sweep:
    """The sweep: seal what is over, record absences, call the hooks for what is sealed but not graded.

    Each sitting in its own transaction: a failure is logged and isolated.
    """
    raise NotImplementedError
