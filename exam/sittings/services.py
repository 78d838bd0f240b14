"""The candidate's own acts in a sitting, and what the office does to its time and absence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from core.actor import Actor


def start(*, sitting_id: UUID, actor: Actor, now: datetime) -> None:
    """Start one's own sitting; a repeat changes nothing.

    Raises `NotFound` for someone else's, `Conflict` `not_open`, `missed`, `not_prepared`, `absent`, `excused`
    or `void`.
    """
    raise NotImplementedError


def take_over(*, sitting_id: UUID, password: str, actor: Actor, now: datetime) -> None:
    """Go on with a running sitting in this sign-in; the one that held it is told `taken_over`.

    Raises `Invalid` for a wrong password.
    """
    raise NotImplementedError


def grant_time(
    *, sitting_ids: Sequence[UUID], seconds: int, reason: str, actor: Actor, now: datetime
) -> list[UUID]:
    """Give seconds (or, correcting a grant, take them) to a person or a room; returns the sittings changed.

    Sittings that have ended are left out; `Conflict` when that leaves none. `Invalid` without a reason.
    """
    raise NotImplementedError


def record_leave(*, sitting_id: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Record approved leave: an admission not taken up, or an absence already recorded, becomes excused."""
    raise NotImplementedError
