"""The facts that a decision rests on, and what of them was known at a moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from exam.policies.rules import Interval, Outcome

if TYPE_CHECKING:
    from datetime import date, datetime

    from core.people.rules import PostLevel
    from exam.certificates.rules import CertificateEvent


@dataclass(frozen=True, slots=True)
class OutcomeRevision:
    """What a sitting came to, as recorded under a number; a higher number corrects a lower one."""

    number: int
    outcome: Outcome
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class SittingFact:
    """A sitting, the calendar day of its session, and every outcome ever recorded for it."""

    sitting_ref: str
    day: date
    outcomes: tuple[OutcomeRevision, ...]


@dataclass(frozen=True, slots=True)
class CertificateFact:
    """A certificate, the sitting that gave it, and its revocations and reinstatements."""

    number: str
    sitting_ref: str
    level: PostLevel
    valid_from: date
    valid_until: date
    recorded_at: datetime
    events: tuple[CertificateEvent, ...] = ()

    @property
    def interval(self) -> Interval:
        return Interval(self.valid_from, self.valid_until)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An exemption taken back: `on` is the first day without it."""

    on: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class ExemptionFact:
    """An exemption from `starts_on` until before `ends_on` (None: no end). `kind` says on what ground."""

    kind: str
    starts_on: date
    ends_on: date | None
    recorded_at: datetime
    withdrawn: Withdrawal | None = None

    @property
    def until(self) -> date | None:
        """The first day without it, by its term or by withdrawal, whichever comes first."""
        ends = [self.ends_on, self.withdrawn.on if self.withdrawn else None]
        return min((day for day in ends if day is not None), default=None)

    def holds(self, day: date) -> bool:
        return self.starts_on <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class LevelFact:
    """The level of the person's post from a day on."""

    level: PostLevel
    starts_on: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is recorded about one person, in any order."""

    sittings: tuple[SittingFact, ...] = ()
    certificates: tuple[CertificateFact, ...] = ()
    exemptions: tuple[ExemptionFact, ...] = ()
    levels: tuple[LevelFact, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownSitting:
    """A sitting with the one outcome that was known."""

    ref: str
    day: date
    outcome: Outcome
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What was known at a moment. `passed` refers to the sittings that were then known to be a pass."""

    sittings: tuple[KnownSitting, ...]
    passed: frozenset[str]
    certificates: tuple[CertificateFact, ...]
    exemptions: tuple[ExemptionFact, ...]
    levels: tuple[LevelFact, ...]

    def days(self) -> set[date]:
        """Every day on which an answer can change: between two of them nothing begins, ends or happens."""
        days: set[date | None] = {sitting.day for sitting in self.sittings}
        for certificate in self.certificates:
            days |= {certificate.valid_from, certificate.valid_until}
            days |= {event.on for event in certificate.events}
        for exemption in self.exemptions:
            days |= {exemption.starts_on, exemption.until}
        days |= {level.starts_on for level in self.levels}
        return {day for day in days if day is not None}


def known_facts(facts: Facts, known_at: datetime) -> KnownFacts:
    """What was known: a fact counts only if recorded at or before `known_at`, of a sitting the latest revision."""
    sittings = []
    for sitting in facts.sittings:
        revisions = [r for r in sitting.outcomes if r.recorded_at <= known_at]
        if revisions:
            latest = max(revisions, key=lambda r: r.number)
            sittings.append(
                KnownSitting(sitting.sitting_ref, sitting.day, latest.outcome, latest.recorded_at)
            )
    certificates = tuple(
        replace(c, events=tuple(e for e in c.events if e.recorded_at <= known_at)) if c.events else c
        for c in facts.certificates
        if c.recorded_at <= known_at
    )
    return KnownFacts(
        sittings=tuple(sittings),
        passed=frozenset(s.ref for s in sittings if s.outcome is Outcome.PASSED),
        certificates=certificates,
        exemptions=tuple(
            replace(e, withdrawn=None) if e.withdrawn and e.withdrawn.recorded_at > known_at else e
            for e in facts.exemptions
            if e.recorded_at <= known_at
        ),
        levels=tuple(level for level in facts.levels if level.recorded_at <= known_at),
    )
