"""How values look on pages: Shanghai time, calendar days, marks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from core import clock

if TYPE_CHECKING:
    from datetime import date, datetime

    from flask import Flask


def moment(value: datetime | None, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """An instant as the clock in Shanghai shows it; «—» when there is none."""
    return clock.shanghai(value).strftime(pattern) if value is not None else "—"


def day(value: date | None) -> str:
    """A calendar day as 2026-11-23; «—» when there is none."""
    return value.isoformat() if value is not None else "—"


def marks(hundredths: int | None) -> str:
    """Marks kept in hundredths, without trailing zeros: 8650 → 86.5."""
    if hundredths is None:
        return "—"
    text = f"{Decimal(hundredths) / 100:.2f}"
    return text.rstrip("0").rstrip(".")


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(moment=moment, day=day, marks=marks)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
