"""What commands share: errors of the domain in words, one JSON object, progress with and without a terminal.

Exit codes: 0 fine, 1 the answer is "no" or problems were found, 2 wrong usage (click's own).
"""

from __future__ import annotations

import functools
import json
import os
import pwd
import sys
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from core import clock
from core.actor import Actor
from core.errors import DomainError, Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    P = ParamSpec("P")
    R = TypeVar("R")

EXIT_NO = 1
EXIT_USAGE = 2
TENTHS = 10
LONGEST_LABEL = 64
"""As long as the log keeps the name of who acted."""


def domain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command end with exit 1 and one line per problem on stderr when the domain refuses."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except DomainError as error:
            for line in problem_lines(error):
                click.echo(line, err=True)
            sys.exit(EXIT_NO)

    return run


def console() -> Actor:
    """Who acts at the server's console, named by the login: `console:wang`, whatever `sudo` made of it."""
    try:
        login = os.getlogin()
    except OSError:  # no terminal: a job of the system, or a container
        login = pwd.getpwuid(os.getuid()).pw_name
    return Actor.command(f"console:{login}"[:LONGEST_LABEL])


def problem_lines(error: DomainError) -> list[str]:
    """One line per problem, each with the row where it was found; names of form fields say nothing here."""
    if not isinstance(error, Invalid):
        return [error.message]
    return [
        f"{p.where}：{p.message}" if p.where and not p.where.isascii() else p.message for p in error.problems
    ]


def print_json(value: Mapping[str, object]) -> None:
    """Print the one JSON object of a command. Days and instants in ISO 8601, exact numbers as strings."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON output")


@contextmanager
def progress(label: str, total: int, *, stream: TextIO | None = None) -> Iterator[Callable[[int], None]]:
    """Show how far something of `total` steps is; yields the function that advances by so many steps.

    On a terminal a bar; without one a line per ten per cent. It goes to stderr, so that stdout stays JSON.
    """
    out = sys.stderr if stream is None else stream
    if out.isatty():
        with click.progressbar(length=total, label=label, file=out) as bar:
            yield bar.update
        return
    done = 0

    def advance(steps: int) -> None:
        nonlocal done
        before, done = done, done + steps
        for tenth in range(TENTHS * before // total + 1, TENTHS * min(done, total) // total + 1):
            click.echo(f"{label} {tenth * 100 // TENTHS} %", file=out)

    yield advance


class Day(click.ParamType[date]):
    """A calendar day, 2026-11-23."""

    name = "day"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"“{value}”不是存在的日期，请写作 2026-11-23。", param, ctx)


class Instant(click.ParamType[datetime]):
    """An instant in ISO 8601, Shanghai time unless it says otherwise; a day alone means until its end."""

    name = "instant"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if "T" not in value and " " not in value:
                return _end_of(date.fromisoformat(value))
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"“{value}”不是存在的时间，请写作 2026-11-23 或 2026-11-23T18:00:00+08:00。", param, ctx
            )
        return instant if instant.tzinfo else instant.replace(tzinfo=clock.SHANGHAI)


def _end_of(day: date) -> datetime:
    """The day's last moment; of today, the present one."""
    now = clock.now()
    return now if day == clock.day_of(now) else clock.end_of(day) - timedelta(microseconds=1)
