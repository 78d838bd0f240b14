"""Runs of lookups of people who are not there: somebody may be trying numbers. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNKNOWN_PERSON = "unknown_person"
"""The verdict about a person who is not there, or not for whoever asks."""

NUMBERS_OF_A_RUN = 10
WITHIN = timedelta(hours=1)
KEPT_IN_VIEW = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A lookup whose answer was that the person is unknown; `number` is the blind index of what was asked."""

    asked_by: str
    number: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """Lookups of one account in which every hour or less held at least ten different unknown numbers."""

    asked_by: str
    first_at: datetime
    last_at: datetime
    numbers: int


def runs(lookups: Iterable[Unknown]) -> list[Run]:
    """The runs of each account, the latest first. `lookups` are in order of time.

    The same number asked again is a slip of the pen corrected, and counts once.
    """
    asked = defaultdict(list)
    for lookup in lookups:
        asked[lookup.asked_by].append(lookup)
    found = [run for account in asked.values() for run in _runs_of(account)]
    return sorted(found, key=lambda run: run.last_at, reverse=True)


def _runs_of(lookups: Sequence[Unknown]) -> Iterable[Run]:
    spans: list[list[int]] = []
    window: Counter[bytes] = Counter()
    begin = 0
    for end, lookup in enumerate(lookups):
        window[lookup.number] += 1
        while lookup.at - lookups[begin].at > WITHIN:
            window[lookups[begin].number] -= 1
            if not window[lookups[begin].number]:
                del window[lookups[begin].number]
            begin += 1
        if len(window) >= NUMBERS_OF_A_RUN:
            if spans and begin <= spans[-1][1]:
                spans[-1][1] = end
            else:
                spans.append([begin, end])
    for first, last in spans:
        part = lookups[first : last + 1]
        yield Run(part[0].asked_by, part[0].at, part[-1].at, len({one.number for one in part}))
