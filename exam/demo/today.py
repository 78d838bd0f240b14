"""Sixty further people, outside the three years: between them they show every reason that holds today. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from exam.demo.history import PEOPLE
from exam.demo.planning import PlannedSession, demo_id
from exam.demo.population import population
from exam.eligibility.rules import Reason
from exam.policies.rules import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from exam.demo.population import Cadre

DAYS_AGO = {"long-ago": 820, "renewed": 560, "last-year": 300, "spring": 120, "recent": 45}
"""The sessions, by the days between them and today: a pass of the first has lapsed, of the others it holds."""

PASSED, FAILED, ABSENT, EXCUSED, VOID = (
    Outcome.PASSED,
    Outcome.FAILED,
    Outcome.ABSENT,
    Outcome.EXCUSED,
    Outcome.VOID,
)
Steps = tuple[tuple[str, Outcome], ...]

CASES: tuple[tuple[Reason, int, Steps], ...] = (
    (Reason.VALID_PASS, 5, (("last-year", PASSED),)),
    (Reason.VALID_PASS, 3, (("renewed", PASSED),)),
    (Reason.VALID_PASS, 2, (("long-ago", PASSED), ("spring", PASSED))),
    (Reason.VALID_PASS, 2, (("last-year", FAILED), ("spring", PASSED))),
    (Reason.VALID_PASS, 2, (("spring", ABSENT), ("recent", PASSED))),
    (Reason.EXEMPT, 4, ()),
    (Reason.EXEMPT, 2, (("spring", FAILED),)),
    (Reason.NEVER_SAT, 5, ()),
    (Reason.NEVER_SAT, 3, (("recent", EXCUSED),)),
    (Reason.ABSENT, 6, (("spring", ABSENT),)),
    (Reason.FAILED, 4, (("recent", FAILED),)),
    (Reason.FAILED, 2, (("last-year", FAILED), ("spring", FAILED))),
    (Reason.FAILED, 2, (("long-ago", PASSED), ("recent", FAILED))),
    (Reason.LAPSED, 8, (("long-ago", PASSED),)),
    (Reason.REVOKED, 5, (("last-year", PASSED),)),
    (Reason.VOID, 5, (("spring", VOID),)),
)
"""So many people came to a reason by these steps; under the default policy, which ends no pass on a change of level."""

TODAYS_PEOPLE = sum(count for _, count, _ in CASES)
REVOKED_AFTER_DAYS = 90
EXEMPT_FOR_DAYS = 400


@dataclass(frozen=True, slots=True)
class Case:
    """A person of today and the reason that an eligibility check on the day of loading gives."""

    cadre: Cadre
    reason: Reason


@dataclass(frozen=True, slots=True)
class Today:
    """The people of today, the sessions that they were admitted to, and from which day on the exempt ones are so."""

    cases: tuple[Case, ...]
    sessions: tuple[PlannedSession, ...]
    exempt_from: date

    @property
    def exempt(self) -> list[Cadre]:
        """Who holds an exemption."""
        return [case.cadre for case in self.cases if case.reason is Reason.EXEMPT]


def session_ids() -> list[UUID]:
    """The ids of the sessions, which are the same whatever the day."""
    return [demo_id("today", key) for key in DAYS_AGO]


def cases() -> Iterator[Case]:
    """Who has which reason; this does not depend on the day."""
    people = iter(population(range(PEOPLE, PEOPLE + TODAYS_PEOPLE)))
    for reason, count, _ in CASES:
        for _person in range(count):
            yield Case(next(people), reason)


def todays_people(today: date) -> Today:
    """The people of today and what led to their reasons, given the day."""
    sessions = {}
    for key, days in DAYS_AGO.items():
        day = _workday_until(today - timedelta(days=days))
        name = f"{day.year} 年 {day.month} 月全市集中考试"
        sessions[key] = PlannedSession(demo_id("today", key), name, "市委党校机考中心", None, day)
    listed = tuple(cases())
    steps_of = [steps for _, count, steps in CASES for _ in range(count)]
    for case, steps in zip(listed, steps_of, strict=True):
        for key, outcome in steps:
            session = sessions[key]
            revoked_on = session.day + timedelta(days=REVOKED_AFTER_DAYS)
            session.admit(
                case.cadre,
                case.cadre.level,
                outcome,
                revoked_on=revoked_on if case.reason is Reason.REVOKED else None,
            )
    return Today(listed, tuple(sessions.values()), today - timedelta(days=EXEMPT_FOR_DAYS))


def _workday_until(day: date) -> date:
    return day - timedelta(days=max(0, day.isoweekday() - 5))
