"""Reads of what items are for: kept for sessions, or practised; and who said so when."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from flask import current_app
from sqlalchemy import select

from core.audit.models import AuditEntry
from core.db import db
from question_bank.items.models import Item
from question_bank.items.queries import matching_items
from question_bank.items.rules import ItemState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from question_bank.items.queries import ItemFilter

ACTIONS = {True: "reserve-item", False: "release-item"}
"""The acts of the audit log by which an item is kept for sessions, and is let be practised."""


@dataclass(frozen=True, slots=True)
class Marking:
    """How many items a change of use concerns: of `matching` that are not retired `changing` have another use now.

    Of these `published` have a key that anyone can read, and `approved` are drawn.
    """

    matching: int
    changing: int
    published: int
    approved: int
    changing_ids: tuple[int, ...] = field(default=(), compare=False)


def marking(wanted: ItemFilter, *, reserved: bool) -> Marking:
    """What keeping the items that match for sessions, or letting them be practised, would change."""
    rows = matching_items(wanted, Item.id, Item.reserved, Item.published, Item.state).where(
        Item.state != ItemState.RETIRED
    )
    found = db.session.execute(rows).all()
    changing = [row for row in found if row.reserved is not reserved]
    return Marking(
        len(found),
        len(changing),
        sum(row.published for row in changing),
        sum(row.state is ItemState.APPROVED for row in changing),
        tuple(row.id for row in changing),
    )


@dataclass(frozen=True, slots=True)
class Marked:
    """That an item was kept for sessions, or let be practised; by whom, when and why."""

    reserved: bool
    reason: str
    actor: str
    recorded_at: datetime


def marks_of(code: str) -> list[Marked]:
    """Every change of an item's use, the latest first."""
    rows = db.session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject_kind == "item",
            AuditEntry.subject_id == code,
            AuditEntry.action.in_(ACTIONS.values()),
        )
        .order_by(AuditEntry.id.desc())
    )
    return [
        Marked(
            row.action == ACTIONS[True],
            str(row.detail.get("reason", "")),
            row.actor_label,
            row.recorded_at,
        )
        for row in rows
    ]


class SessionAhead(Protocol):
    """A session that is still to be sat, or being sat, and asks some items or may still come to ask them."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def held_on(self) -> date: ...
    @property
    def on_papers(self) -> frozenset[int]: ...
    @property
    def may_be_drawn(self) -> frozenset[int]: ...


def sessions_ahead(item_ids: Collection[int], *, now: datetime) -> list[SessionAhead]:
    """The sessions that ask these items or may come to ask them: whoever lets their keys be read sees them first.

    The examinations know; exam/rooms.py says where they are asked.
    """
    found: list[SessionAhead] = current_app.extensions["sessions_ahead"](item_ids, now=now)
    return found


def token_of(ahead: Sequence[SessionAhead]) -> str:
    """What a form carries to say which sessions, and how many items of each, its page has shown; "" for none."""
    if not ahead:
        return ""
    shown = sorted((str(each.id), len(each.on_papers), len(each.may_be_drawn)) for each in ahead)
    return sha256(repr(shown).encode()).hexdigest()[:32]
