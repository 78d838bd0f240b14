"""The kinds of acts by two people: each is declared by the room that carries it out, and registered in `exam/rooms.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app

from core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime, timedelta
    from uuid import UUID

    from core.actor import Actor, Permission

Change = dict[str, Any]
"""JSON values that say exactly what an act will do."""

Lines = list[tuple[str, str]]
"""Terms with their values, as a page shows them."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a kind carries out: the proposal with its change, and who signed it when."""

    proposal_id: UUID
    subject: str
    change: Change
    reason: str
    ready: Any
    actor: Actor
    now: datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of act.

    `describe(subject, wanted, now)` tells exactly what the act would do now; `wanted` is what the proposer
    chose or, at the signature, the change as it was proposed. It raises `NotFound` or `Conflict` where there
    is nothing to do. What it tells at the signature must be what was proposed, else nothing is signed.

    `carry_out(signed)` does it, inside the transaction of the second signature, and must change nothing when
    it is done already; it returns what is shown to the signer once and kept nowhere. `make_ready()` makes
    beforehand what takes long and rests on nothing.

    `reachable(subjects, actor)` are those of the subjects that lie within the actor's units.
    """

    name: str
    title: Any
    permission: Permission
    lapses_after: timedelta
    describe: Callable[[str, Change, datetime], Change]
    words: Callable[[Change], Lines]
    consequence: Any
    carry_out: Callable[[Signed], Lines]
    reachable: Callable[[Collection[str], Actor], set[str]]
    make_ready: Callable[[], Any] = lambda: None


def kinds() -> Mapping[str, Kind]:
    registered: Mapping[str, Kind] = current_app.extensions["approval_kinds"]
    return registered


def kind_of(name: str) -> Kind:
    """The kind of that name; raises `NotFound`."""
    found = kinds().get(name)
    if found is None:
        raise NotFound("没有这一事项。")
    return found
