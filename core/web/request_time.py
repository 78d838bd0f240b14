"""The instant at which the request arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g

from core import clock

if TYPE_CHECKING:
    from datetime import datetime


def arrival() -> datetime:
    """The instant at which this request arrived, read once."""
    if "arrival" not in g:
        g.arrival = clock.now()
    stamped: datetime = g.arrival
    return stamped
