"""Pass rates by named definitions: exact counts, exact rates, a digest of what was counted. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.people.rules import PostLevel, UnitKind
from core.shares import wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class CountedSitting:
    """A graded sitting, not void, of the period, with its result as it was known.

    `day` is the calendar day of its session; `sequence` orders sittings of one person on one day. Region
    (GB/T 2260 code), unit kind and level are those kept on the sitting.
    """

    sitting_id: UUID
    person_id: int
    day: date
    passed: bool
    region: str
    unit_kind: UnitKind
    level: PostLevel
    sequence: int


_Counted = tuple[CountedSitting, bool]
"""What counts, with its success: a sitting, or the one that stands for a person."""


class CountedUnit(StrEnum):
    """What a definition counts: people (人) or sittings (人次)."""

    PERSON = "person"
    SITTING = "sitting"


class GroupBy(StrEnum):
    YEAR = "year"
    REGION = "region"
    UNIT_KIND = "unit-kind"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Definition:
    """What "sat" and "passed" mean: its name, its Chinese name, one sentence, and what it counts."""

    name: str
    title: str
    description: str
    kind: CountedUnit


DEFAULT_DEFINITION = "person-ever"

DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {
        definition.name: definition
        for definition in (
            Definition(
                "person-ever",
                "按人·曾合格",
                "期内参加过考试的每人计一次，期内有一次合格即为合格。",
                CountedUnit.PERSON,
            ),
            Definition(
                "person-first",
                "按人·首次",
                "期内参加过考试的每人计一次，以期内第一次考试的结果为准。",
                CountedUnit.PERSON,
            ),
            Definition(
                "person-latest",
                "按人·末次",
                "期内参加过考试的每人计一次，以期内最后一次考试的结果为准。",
                CountedUnit.PERSON,
            ),
            Definition(
                "sitting",
                "按人次",
                "期内每参加一次考试计一次，同一人可计多次。",
                CountedUnit.SITTING,
            ),
        )
    },
)


@dataclass(frozen=True, slots=True)
class GroupRate:
    """One group's counts; `key` is the year, the region code, or the value of the unit kind or level."""

    key: str
    sat: int
    passed: int
    rate: Fraction


@dataclass(frozen=True, slots=True)
class PassRate:
    """Counts, the exact rate and its 95 % interval in per cent; both None when nobody sat.

    `groups` are in the order of their kind (years rising, regions by code); empty when none were asked for.
    """

    definition: str
    sat: int
    passed: int
    rate: Fraction | None
    interval: tuple[Decimal, Decimal] | None
    groups: tuple[GroupRate, ...] = ()


def pass_rate(
    rows: Iterable[CountedSitting],
    definition: str = DEFAULT_DEFINITION,
    group_by: GroupBy | None = None,
) -> PassRate:
    """The pass rate of the rows under a definition, whole and by group.

    A person belongs to the group of the last counted sitting (`person-first`: of the first), so that groups
    add up; `year` applies the definition to each year alone and need not. `KeyError` for an unknown
    definition.
    """
    rows = list(rows)
    counted = _COUNTED[definition](rows)
    sat, passed = len(counted), sum(success for _, success in counted)
    return PassRate(
        definition=definition,
        sat=sat,
        passed=passed,
        rate=Fraction(passed, sat) if sat else None,
        interval=wilson(passed, sat) if sat else None,
        groups=_groups(rows, counted, definition, group_by) if group_by else (),
    )


def digest(rows: Iterable[CountedSitting], parameters: Mapping[str, str]) -> str:
    """SHA-256 (hex) over what a report was made of, whatever the order of the rows.

    Hashed are lines of UTF-8 JSON without spaces, each ended by a line feed: the parameters with sorted keys,
    then the rows, sorted as bytes: [day, person_id, sequence, sitting_id, passed, region, unit_kind, level].
    """
    lines = sorted(_line(row) for row in rows)
    hashed = sha256(_json_line(dict(sorted(parameters.items()))))
    for line in lines:
        hashed.update(line)
    return hashed.hexdigest()


def _line(row: CountedSitting) -> bytes:
    values = (row.day.isoformat(), row.person_id, row.sequence, str(row.sitting_id), row.passed)
    groups = (row.region, row.unit_kind.value, row.level.value)
    return _json_line([*values, *groups])


def _json_line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _place(row: CountedSitting) -> tuple[date, int]:
    return row.day, row.sequence


def _by_person(rows: Iterable[CountedSitting]) -> list[list[CountedSitting]]:
    people: defaultdict[int, list[CountedSitting]] = defaultdict(list)
    for row in rows:
        people[row.person_id].append(row)
    return list(people.values())


def _sitting(rows: Sequence[CountedSitting]) -> list[_Counted]:
    return [(row, row.passed) for row in rows]


def _person_ever(rows: Sequence[CountedSitting]) -> list[_Counted]:
    return [(max(own, key=_place), any(row.passed for row in own)) for own in _by_person(rows)]


def _person_first(rows: Sequence[CountedSitting]) -> list[_Counted]:
    return _sitting([min(own, key=_place) for own in _by_person(rows)])


def _person_latest(rows: Sequence[CountedSitting]) -> list[_Counted]:
    return _sitting([max(own, key=_place) for own in _by_person(rows)])


_COUNTED: dict[str, Callable[[Sequence[CountedSitting]], list[_Counted]]] = {
    "person-ever": _person_ever,
    "person-first": _person_first,
    "person-latest": _person_latest,
    "sitting": _sitting,
}


def _groups(
    rows: Sequence[CountedSitting],
    counted: Sequence[_Counted],
    definition: str,
    group_by: GroupBy,
) -> tuple[GroupRate, ...]:
    if group_by is GroupBy.YEAR:
        years = {row.day.year for row in rows}
        alone = {year: _COUNTED[definition]([row for row in rows if row.day.year == year]) for year in years}
        members = {str(year): [success for _, success in alone[year]] for year in sorted(years)}
    else:
        members = defaultdict(list)
        for row, success in counted:
            members[_GROUP_KEYS[group_by](row)].append(success)
    return tuple(
        GroupRate(key, len(successes), sum(successes), Fraction(sum(successes), len(successes)))
        for key, successes in sorted(members.items(), key=lambda item: _order(item[0], group_by))
    )


_GROUP_KEYS: dict[GroupBy, Callable[[CountedSitting], str]] = {
    GroupBy.REGION: lambda row: row.region,
    GroupBy.UNIT_KIND: lambda row: row.unit_kind.value,
    GroupBy.LEVEL: lambda row: row.level.value,
}


def _order(key: str, group_by: GroupBy) -> tuple[int, str]:
    if group_by is GroupBy.UNIT_KIND:
        return UnitKind(key).code, key
    if group_by is GroupBy.LEVEL:
        return PostLevel(key).rank, key
    return 0, key
