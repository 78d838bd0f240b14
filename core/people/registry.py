"""Building the rows of persons, postings and units. Called inside the transaction of a use case.

A list of people is first checked as a whole (`check`), then entered (`register`). Both the import of people
and the admission lists of examinations go through here, so that a person exists once, by ID number.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from core.db import db
from core.errors import Problem
from core.people.models import Person, Posting, Unit
from core.people.queries import (
    ID_NUMBER,
    ID_NUMBER_INDEX,
    confirmed_ring,
    id_number_index,
    present_posting_id,
)
from core.people.rules import (
    POST_LEVEL_NAMES,
    REGIONS,
    PostLevel,
    UnitKind,
    id_number_problems,
    name_problems,
    normalise_id_number,
    normalise_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

CITY = "510500"
LONGEST_POST = 50
SUGGESTIONS = 3
NEAR = 0.6
"""The likeness (of difflib, 0 to 1) from which a unit's name or code is suggested for one that is unknown."""
LONGEST_COMPARED = 40
AT_ONCE = 500
"""Values in one IN list: well under what either database takes."""

LEVEL_WORDS = {
    **{level.value: level for level in PostLevel},
    **{name: level for level, name in POST_LEVEL_NAMES.items()},
    "科员": PostLevel.BELOW_SECTION,
    "副科": PostLevel.DEPUTY_SECTION,
    "副科级": PostLevel.DEPUTY_SECTION,
    "正科": PostLevel.SECTION,
    "正科级": PostLevel.SECTION,
    "县处级": PostLevel.ABOVE,
}
"""The words by which lists name a level."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list, as it was typed. `unit` is a code or a name; `where` names the line: «第 3 行».

    `refused` has the problems of fields whose cell could not be read, by field: nothing more is said of those.
    """

    id_number: str
    name: str
    unit: str
    level: str
    post: str = ""
    where: str = ""
    refused: Mapping[str, Problem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registration:
    """A checked line. `person` is who has this ID number already, `posting` that person's present one."""

    id_number: str
    name: str
    unit: Unit
    level: PostLevel
    post: str
    where: str
    person: Person | None
    posting: Posting | None


@dataclass(frozen=True, slots=True)
class Registered:
    """What entering a line came to. `moved`: an existing person got a new posting."""

    person: Person
    posting: Posting
    created: bool
    moved: bool


def check(
    entries: Sequence[Entry], *, units: frozenset[int] | None
) -> tuple[list[Registration], list[Problem]]:
    """Check a list of people as a whole: the lines that are fine, and every problem of the others.

    `units` are those in which the actor may enter people, None everywhere. No message repeats an ID number. Of a
    person who serves elsewhere nothing is said but that, whatever name was typed.
    """
    known = _persons([e.id_number for e in entries])
    postings = _present_postings([p.id for p in known.values()])
    units_by_word = _units_by_word(units)
    first_seen: dict[str, str] = {}
    fine: list[Registration] = []
    problems: list[Problem] = []
    for entry in entries:
        number = normalise_id_number(entry.id_number)
        person = known.get(id_number_index(number)) if number else None
        posting = postings.get(person.id) if person else None
        unit = units_by_word.only(entry.unit)
        level = LEVEL_WORDS.get("".join(entry.level.split()))
        found = {
            "id_number": id_number_problems(entry.id_number),
            "name": name_problems(entry.name),
            "unit": units_by_word.problems(entry.unit),
            "level": _level_problems(entry.level, level),
            "post": _post_problems(entry.post),
        }
        if units is not None and posting is not None and posting.unit_id not in units:
            found["unit"] = [
                Problem("person_scope", "此人现任单位不在您的管理范围内，请联系市级工作人员办理。")
            ]
        elif person is not None and not found["name"] and person.name != normalise_name(entry.name):
            found["name"] = [
                Problem("name_mismatch", "姓名与系统中该身份证号的姓名不一致，请核对号码和姓名。")
            ]
        if number and number in first_seen:
            found["id_number"].append(
                Problem("duplicate", f"与{first_seen[number] or '前面的一行'}是同一个身份证号，请删去一行。")
            )
        if "id_number" not in entry.refused:
            first_seen.setdefault(number, entry.where)
        found |= {name: [refusal] for name, refusal in entry.refused.items()}
        told = [problem for of_field in found.values() for problem in of_field]
        problems += [Problem(p.code, p.message, p.where or entry.where, p.data) for p in told]
        if not told and unit is not None and level is not None:
            fine.append(
                Registration(
                    id_number=number,
                    name=normalise_name(entry.name),
                    unit=unit,
                    level=level,
                    post=entry.post.strip(),
                    where=entry.where,
                    person=person,
                    posting=posting,
                ),
            )
    return fine, problems


def register(registrations: Iterable[Registration], *, on: date, now: datetime) -> list[Registered]:
    """Enter checked lines, in order: new persons with a posting, a new posting for who has moved since.

    A blank post leaves the known one. The caller's transaction decides a race on the same ID number
    (`IntegrityError`).
    """
    entered: list[tuple[Registration, Person]] = []
    for line in registrations:
        person = line.person
        if person is None:
            person = new_person(id_number=line.id_number, name=line.name, now=now)
            db.session.add(person)
        entered.append((line, person))
    db.session.flush()
    outcome = []
    for line, person in entered:
        present = line.posting
        post = line.post or (present.post if present else "")
        stays = present is not None and (present.unit_id, present.level, present.post) == (
            line.unit.id,
            line.level,
            post,
        )
        if not stays:
            present = new_posting(
                person_id=person.id, unit_id=line.unit.id, level=line.level, post=post, on=on, now=now
            )
            db.session.add(present)
        assert present is not None
        created = line.person is None
        outcome.append(Registered(person, present, created=created, moved=not created and not stays))
    db.session.flush()
    return outcome


def new_person(*, id_number: str, name: str, now: datetime) -> Person:
    """The row of a person: the number sealed for this row alone, and its blind index."""
    number = normalise_id_number(id_number)
    ring = confirmed_ring()
    ref = uuid4()
    return Person(
        ref=ref,
        name=normalise_name(name),
        id_number_sealed=ring.seal(ID_NUMBER, number.encode(), record=ref),
        id_number_index=ring.blind_index(ID_NUMBER_INDEX, number),
        key_id=ring.key_id,
        recorded_at=now,
    )


def new_posting(
    *, person_id: int, unit_id: int, level: PostLevel, post: str, on: date, now: datetime
) -> Posting:
    """The row of a posting that begins on a day."""
    return Posting(
        person_id=person_id, unit_id=unit_id, level=level, post=post, starts_on=on, recorded_at=now
    )


def ensure_city_units() -> dict[str, Unit]:
    """The city (510500, the root) and its seven districts and counties, by code; makes those that lack."""
    present = {u.code: u for u in db.session.scalars(select(Unit).where(Unit.code.in_(REGIONS)))}
    for code in sorted(REGIONS, key=lambda code: code != CITY):
        if code not in present:
            present[code] = Unit(
                code=code,
                name=REGIONS[code],
                kind=UnitKind.GOVERNMENT,
                region_code=code,
                parent_id=None if code == CITY else present[CITY].id,
            )
            db.session.add(present[code])
            db.session.flush()
    return present


def _persons(id_numbers: Iterable[str]) -> dict[bytes, Person]:
    indexes = list({id_number_index(number) for number in id_numbers if number.strip()})
    found: dict[bytes, Person] = {}
    for start in range(0, len(indexes), AT_ONCE):
        some = indexes[start : start + AT_ONCE]
        for person in db.session.scalars(select(Person).where(Person.id_number_index.in_(some))):
            found[person.id_number_index] = person
    return found


def _present_postings(person_ids: Sequence[int]) -> dict[int, Posting]:
    found: dict[int, Posting] = {}
    for start in range(0, len(person_ids), AT_ONCE):
        some = person_ids[start : start + AT_ONCE]
        query = (
            select(Posting)
            .join(Person, Person.id == Posting.person_id)
            .where(Person.id.in_(some), Posting.id == present_posting_id())
        )
        found.update((posting.person_id, posting) for posting in db.session.scalars(query))
    return found


class _UnitsByWord:
    """Every unit under its code, and under its name (which several may share)."""

    def __init__(self, units: Iterable[Unit], allowed: frozenset[int] | None) -> None:
        self._allowed = allowed
        self._units: dict[str, list[Unit]] = defaultdict(list)
        listed = list(units)
        for unit in listed:
            self._units[unit.name].append(unit)
        for unit in listed:
            self._units[unit.code] = [unit]
        self._suggested: dict[str, str] = {}

    def only(self, word: str) -> Unit | None:
        """The unit that the word names; None where there is none, or more than one."""
        found = self._units.get(word.strip(), [])
        return found[0] if len(found) == 1 else None

    def problems(self, word: str) -> list[Problem]:
        """What is wrong with the word as the name or code of a unit in which the actor may enter people."""
        typed = word.strip()
        if not typed:
            return [Problem("unit_empty", "单位未填写，请填写单位代码或全称。")]
        found = self._units.get(typed, [])
        if not found:
            message = f"没有单位“{typed[:40]}”，{self._suggestion(typed)}"
            return [Problem("unit_unknown", message)]
        if len(found) > 1:
            codes = "、".join(unit.code for unit in found[:5])
            return [
                Problem("unit_ambiguous", f"有 {len(found)} 个单位名为“{typed[:40]}”，请填写代码：{codes}。")
            ]
        if self._allowed is not None and found[0].id not in self._allowed:
            return [Problem("unit_scope", f"单位“{found[0].name}”不在您的管理范围内。")]
        return []

    def _suggestion(self, typed: str) -> str:
        """What to write instead; long lists repeat the same mistake, so each word is compared once."""
        if typed not in self._suggested:
            self._suggested[typed] = self._compared(typed[:LONGEST_COMPARED])
        return self._suggested[typed]

    def _compared(self, typed: str) -> str:
        near = get_close_matches(typed, self._units, n=SUGGESTIONS, cutoff=NEAR)
        meant = {unit.code: unit for word in near for unit in self._units[word] if self._within(unit)}
        if not meant:
            return "请填写单位代码或与系统一致的全称。"
        words = "、".join(f"“{unit.name}”（{unit.code}）" for unit in list(meant.values())[:SUGGESTIONS])
        return f"是否指{words}？请填写单位代码或与系统一致的全称。"

    def _within(self, unit: Unit) -> bool:
        return self._allowed is None or unit.id in self._allowed


def _units_by_word(allowed: frozenset[int] | None) -> _UnitsByWord:
    return _UnitsByWord(db.session.scalars(select(Unit).order_by(Unit.id)), allowed)


def _level_problems(word: str, level: PostLevel | None) -> list[Problem]:
    if level is not None:
        return []
    names = "、".join(POST_LEVEL_NAMES.values())
    if not word.strip():
        return [Problem("level_empty", f"职务层次未填写，请填写：{names}。")]
    return [Problem("level_unknown", f"没有职务层次“{word.strip()[:20]}”，请填写：{names}。")]


def _post_problems(post: str) -> list[Problem]:
    if len(post.strip()) <= LONGEST_POST:
        return []
    return [Problem("post_too_long", f"职务最多 {LONGEST_POST} 个字，现有 {len(post.strip())} 个。")]
