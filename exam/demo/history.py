"""The invented history of 2018 to 2020: who sat when, and what it came to. Pure and deterministic.

The published claim that the records are to bear out stands here and nowhere else, as the numbers of `COURSES`:
how many people went through which outcomes. A person's outcomes come first; days are then found for them that
the rules of admission allow.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.people.rules import REGIONS, PostLevel, UnitKind
from exam.certificates.rules import validity
from exam.demo.planning import PlannedSession, demo_id
from exam.demo.population import population, stream, weighted
from exam.policies.rules import History, Outcome, PastSitting, may_enter
from exam.reports.pass_rates import Claim

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from exam.demo.population import Cadre
    from exam.papers.draw import NumberStream
    from exam.policies.rules import Policy

FIRST_YEAR, LAST_YEAR = 2018, 2020

OUTCOMES = {
    "P": Outcome.PASSED,
    "F": Outcome.FAILED,
    "A": Outcome.ABSENT,
    "E": Outcome.EXCUSED,
    "V": Outcome.VOID,
}

COURSES: tuple[tuple[str, int], ...] = (
    ("P", 1915),
    ("PP", 388),
    ("AP", 83),
    ("EP", 64),
    ("VP", 6),
    ("PFP", 29),
    ("PF", 47),
    ("PFF", 12),
    ("FP", 402),
    ("EFP", 11),
    ("AFP", 19),
    ("FFP", 57),
    ("VF", 9),
    ("FV", 13),
    ("EF", 6),
    ("AF", 14),
    ("F", 118),
    ("FF", 176),
    ("AFF", 22),
    ("FFF", 31),
)
"""How many people went through which outcomes, the strongest first: P passed, F failed, A absent, E absent with
leave, V void. 3,422 people in all, of whom 3,033 passed at least once."""

PEOPLE = sum(count for _, count in COURSES)

CLAIM = Claim(
    first=date(FIRST_YEAR, 1, 1),
    last=date(LAST_YEAR, 12, 31),
    sat=PEOPLE,
    rate="88.63",
    source="四川省司法厅网站 2021 年 1 月 8 日报道；期间为推断",
)
"""The published figure, which the report page of the demo checks."""

NOISE = 1_000_000
AREA_EFFECTS: Mapping[str, int] = {
    "510500": -26_000,
    "510502": -18_000,
    "510503": 4_000,
    "510504": -8_000,
    "510521": 9_000,
    "510522": 16_000,
    "510524": 34_000,
    "510525": 27_000,
}
KIND_EFFECTS: Mapping[UnitKind, int] = {
    UnitKind.COURT: -70_000,
    UnitKind.PROCURATORATE: -65_000,
    UnitKind.SUPERVISION: -35_000,
    UnitKind.PARTY: -12_000,
    UnitKind.TOWNSHIP: 22_000,
    UnitKind.ENTERPRISE: 38_000,
    UnitKind.INSTITUTION: 18_000,
}
SECTION_EFFECT = -10_000
"""What area, unit kind and level add to a person's weakness, of which chance makes up to `NOISE`."""

BATCH_MONTHS = (3, 4, 5, 6, 7, 9, 10, 11, 12)
CITY_MONTHS = (6, 11)
CITY_WEIGHT = 3
"""How much likelier somebody is admitted to one of the city's large sessions than to a batch of the own area."""

TRIES = 60
SOON = 6
"""Who comes again is admitted to one of so many next sessions that the rules allow."""
PROMOTED_OF_TEN = 3
"""Of ten deputies who renew their pass, so many have become heads of section meanwhile."""

Way = list[tuple[PlannedSession, Outcome]]
"""The sessions that a person is admitted to, in the order of their days, each with what it comes to."""


def history(policy: Policy) -> list[PlannedSession]:
    """The sessions of the three years with their sittings, in the order of their days."""
    sessions = calendar()
    tracks = {
        region: [session for session in sessions if session.region in {region, None}] for region in REGIONS
    }
    for cadre, course in _courses(population(range(PEOPLE))):
        way = _way(cadre, course, tracks[cadre.unit.region], policy)
        promoted = course.startswith("P") and stream("promoted", cadre.number).below(10) < PROMOTED_OF_TEN
        for index, (session, outcome) in enumerate(way):
            session.admit(cadre, PostLevel.SECTION if index and promoted else cadre.level, outcome)
    return [session for session in sessions if session.sittings]


def calendar() -> list[PlannedSession]:
    """Every session of the three years, still empty: small batches of the areas, two large ones a year."""
    sessions = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for number, month in enumerate(CITY_MONTHS, start=1):
            half = "上" if number == 1 else "下"
            name = f"{year} 年{half}半年全市集中考试"
            sessions.append(_session(name, "市委党校机考中心", None, _workday(year, month, "all")))
        for region, area in REGIONS.items():
            left_out = stream("month", year, region).below(len(BATCH_MONTHS))
            months = [month for index, month in enumerate(BATCH_MONTHS) if index != left_out]
            for number, month in enumerate(months, start=1):
                name = f"{year} 年{area}第 {number} 批"
                sessions.append(_session(name, f"{area}机考室", region, _workday(year, month, region)))
    return sorted(sessions, key=lambda session: (session.day, session.name))


def _session(name: str, room: str, region: str | None, day: date) -> PlannedSession:
    return PlannedSession(demo_id("session", name), name, room, region, day)


def _workday(year: int, month: int, what: str) -> date:
    """A working day from the 8th to the 26th: clear of the holidays that begin a month."""
    day = date(year, month, 8 + stream("day", year, month, what).below(17))
    return day + timedelta(days=8 - day.isoweekday() if day.isoweekday() > 5 else 0)


def _courses(people: Sequence[Cadre]) -> Iterator[tuple[Cadre, str]]:
    """Who goes through which course: the weaker a person, the later the course in the table."""
    courses = [course for course, count in COURSES for _ in range(count)]
    yield from zip(sorted(people, key=_weakness), courses, strict=True)


def _way(cadre: Cadre, course: str, track: Sequence[PlannedSession], policy: Policy) -> Way:
    for attempt in range(TRIES):
        way = _try_way(stream("way", cadre.number, attempt), course, track, policy)
        if way is not None:
            return way
    raise RuntimeError(f"no days were found for course {course} of demo person {cadre.number}")


def _try_way(
    numbers: NumberStream, course: str, track: Sequence[PlannedSession], policy: Policy
) -> Way | None:
    """Days for one person's outcomes, or None when the first day chosen leaves no room for the others."""
    renews = course.startswith("P") and len(course) > 1
    first = [session for session in track if not renews or session.day.year == FIRST_YEAR]
    session = weighted(numbers, first, [1 if session.region else CITY_WEIGHT for session in first])
    way = [(session, OUTCOMES[course[0]])]
    for letter in course[1:]:
        later = [
            session for session in track if session.day > way[-1][0].day and _may_enter(way, session, policy)
        ]
        if renews:
            later = [session for session in later if session.day.year == LAST_YEAR]
        if not later:
            return None
        way.append((later[numbers.below(min(SOON, len(later)))], OUTCOMES[letter]))
    return way


def _may_enter(way: Way, session: PlannedSession, policy: Policy) -> bool:
    passed = [before.day for before, outcome in way if outcome is Outcome.PASSED]
    known = History(
        sittings=tuple(PastSitting(before.day, outcome) for before, outcome in way),
        certificate=validity(passed[-1], policy.validity_months) if passed else None,
    )
    return may_enter(known, session.day, policy).allowed


def _weakness(cadre: Cadre) -> tuple[int, int]:
    effects = AREA_EFFECTS[cadre.unit.region] + KIND_EFFECTS.get(cadre.unit.kind, 0)
    effects += SECTION_EFFECT if cadre.level is PostLevel.SECTION else 0
    return stream("weakness", cadre.number).below(NOISE) + effects, cadre.number
