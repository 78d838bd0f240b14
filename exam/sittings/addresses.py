"""The addresses of examination rooms: many candidates sign in from one, so no limit by address holds there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select

from core.clock import day_of
from core.db import db
from core.web.signed_in import arrival, client_address
from exam.sittings.models import ExamSession
from exam.sittings.session_rules import in_room

if TYPE_CHECKING:
    from datetime import date, datetime

LOOPBACK = frozenset({"127.0.0.1", "::1"})


def is_room_address(address: str, *, on: date) -> bool:
    """Whether a session of that day is held at this address."""
    fields = db.session.scalars(
        select(ExamSession.room_addresses).where(ExamSession.held_on == on, ExamSession.room_addresses != "")
    )
    return any(in_room(field, address) for field in fields)


def is_room_now(address: str, now: datetime) -> bool:
    """Whether a session of the day of that instant is held at this address."""
    return is_room_address(address, on=day_of(now))


def is_free_of_rate(address: str, now: datetime) -> bool:
    """Whether an address is free of per-address limits: a room's of that day, or in demo the machine's own.

    A demo site is opened and rehearsed from the machine that serves it, hundreds of candidates at once.
    """
    if current_app.config["SETTINGS"].is_demo and address in LOOPBACK:
        return True
    return is_room_now(address, now)


def is_exempt() -> bool:
    """Whether the address of this request is free of per-address limits."""
    return is_free_of_rate(client_address(), arrival())
