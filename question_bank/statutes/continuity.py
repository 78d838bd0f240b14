"""Rules of citations over time: whether an article that was cited in one wording still stands on a day. Pure.

A citation of an article holds while the cited wording is in force. Afterwards it holds if every step from there
to the wording in force on the day is settled: the article is unchanged, or a person has confirmed under which
number it goes on, or a reviewer has confirmed the item itself under a later wording. All of it follows from
dates and added rows; nothing is switched on the day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from question_bank.statutes.comparison import ArticleChange

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


class Standing(StrEnum):
    """How a citation stands on a day. It holds in the first two cases only."""

    IN_FORCE = "in_force"
    CARRIED = "carried"
    NOT_YET = "not_yet"
    RENUMBERED = "renumbered"
    REWORDED = "reworded"
    GONE = "gone"
    NOT_COMPARED = "not_compared"
    REPEALED = "repealed"
    ENDED = "ended"


BROKEN_BY = {
    ArticleChange.RENUMBERED: Standing.RENUMBERED,
    ArticleChange.REWORDED: Standing.REWORDED,
    ArticleChange.GONE: Standing.GONE,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A wording and its time: in force from a day until before another; `repealed` if nothing succeeds it."""

    id: int
    version: date
    in_force_from: date
    in_force_until: date | None
    repealed: bool = False

    def in_force(self, on: date) -> bool:
        return self.in_force_from <= on and (self.in_force_until is None or on < self.in_force_until)


@dataclass(frozen=True, slots=True)
class Successor:
    """What became of an article in the next wording; `settled` if citations may pass without being looked at."""

    change: ArticleChange
    article: str | None
    settled: bool


@dataclass(frozen=True, slots=True)
class LawHistory:
    """The wordings of a law by their entry into force, and what became of each article between neighbours.

    `steps` is by (old version id, new version id), then by the old article's label; a pair whose texts were not
    compared is absent.
    """

    spans: tuple[Span, ...]
    steps: Mapping[tuple[int, int], Mapping[str, Successor]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a citation stands on a day.

    `since` is the first day on which it no longer holds. `version_id` and `article` tell where the article was
    last known to stand; `next_version_id` and `next_article` the wording that is asked for instead, and the
    article there that most probably goes on (None: unknown or none).
    """

    standing: Standing
    version_id: int
    article: str
    since: date | None = None
    next_version_id: int | None = None
    next_article: str | None = None

    @property
    def holds(self) -> bool:
        return self.standing in (Standing.IN_FORCE, Standing.CARRIED)


def judge(
    version_id: int, article: str, law: LawHistory, on: date, confirmed: Mapping[int, str] | None = None
) -> Verdict:
    """How the citation of an article of a version stands on a day.

    `confirmed` holds, by version id, the article under which a reviewer found that the item still holds; of those
    the latest that is not after the day counts, and the steps before it do not.
    """
    confirmed = confirmed or {}
    spans = law.spans
    start = next(place for place, span in enumerate(spans) if span.id == version_id)
    if spans[start].in_force(on):
        return Verdict(Standing.IN_FORCE, version_id, article)
    if on < spans[start].in_force_from:
        return Verdict(Standing.NOT_YET, version_id, article)
    target = max(place for place, span in enumerate(spans) if place >= start and span.in_force_from <= on)
    place, label = start, article
    for later in range(start + 1, target + 1):
        if spans[later].id in confirmed:
            place, label = later, confirmed[spans[later].id]
    while place < target:
        old, new = spans[place], spans[place + 1]
        successor = _successor(law, old, new, label)
        if successor is None or not successor.settled or successor.article is None:
            standing = BROKEN_BY[successor.change] if successor else Standing.NOT_COMPARED
            guess = _guess(law, place, target, label)
            return Verdict(standing, old.id, label, new.in_force_from, spans[target].id, guess)
        place, label = place + 1, successor.article
    if spans[target].in_force(on):
        return Verdict(Standing.CARRIED, spans[target].id, label)
    ended = Standing.REPEALED if spans[target].repealed else Standing.ENDED
    return Verdict(ended, spans[target].id, label, spans[target].in_force_until)


def next_suspension(
    version_id: int, article: str, law: LawHistory, today: date, confirmed: Mapping[int, str] | None = None
) -> Verdict | None:
    """How the citation fails, today or on the first later day on which it will; None if no known day ends it."""
    days = {day for span in law.spans for day in (span.in_force_from, span.in_force_until) if day}
    for day in [today, *sorted(day for day in days if day > today)]:
        verdict = judge(version_id, article, law, day, confirmed)
        if not verdict.holds and verdict.standing is not Standing.NOT_YET:
            return verdict
    return None


def _successor(law: LawHistory, old: Span, new: Span, label: str) -> Successor | None:
    """None where the two wordings were not compared; an article that the old one does not have is gone."""
    steps = law.steps.get((old.id, new.id))
    if steps is None:
        return None
    return steps.get(label, Successor(ArticleChange.GONE, None, settled=False))


def _guess(law: LawHistory, place: int, target: int, label: str) -> str | None:
    """The article of the wording at `target` that most probably goes on, settled or not."""
    guess: str | None = label
    while place < target and guess is not None:
        successor = _successor(law, law.spans[place], law.spans[place + 1], guess)
        guess = successor.article if successor else None
        place += 1
    return guess
