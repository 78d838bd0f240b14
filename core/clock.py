"""The only reader of the clock. Below the edge, `now` and `on` are arguments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def shanghai(instant: datetime) -> datetime:
    """The instant as the wall clock in Shanghai shows it."""
    return instant.astimezone(SHANGHAI)


def day_of(instant: datetime) -> date:
    """The calendar day in Shanghai to which the instant belongs."""
    return shanghai(instant).date()


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """The instant at which a Shanghai clock shows that day and time, in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The first instant after that day in Shanghai."""
    return at(day + timedelta(days=1))
