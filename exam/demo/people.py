"""Entering the invented units and people. Called within the transaction of a use case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from core import clock
from core.db import db
from core.people import registry
from core.people.models import Person, Posting, Unit
from core.people.queries import id_number_index
from exam.demo.population import units
from exam.policies.models import ExemptionAct, ExemptionEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from exam.demo.planning import PlannedSession
    from exam.demo.population import Cadre

AT_ONCE = 500
IN_POST_SINCE = date(2016, 9, 1)
KNOWN_SINCE = clock.at(date(2018, 1, 8), 10)
PROMOTED_BEFORE = timedelta(days=60)
"""So long before the session to which somebody was admitted on a higher level."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """The ids under which an invented person and their unit are stored."""

    id: int
    unit_id: int


def enter_people(cadres: Sequence[Cadre], sessions: Iterable[PlannedSession]) -> dict[int, DemoPerson]:
    """The stored people by number, with a posting each; makes units and people that lack.

    Who was admitted on a higher level later on gets a second posting. The times are the history's own.
    """
    unit_ids = _enter_units()
    known = _known(cadres)
    new = [cadre for cadre in cadres if cadre.number not in known]
    persons = {
        cadre.number: registry.new_person(id_number=cadre.id_number, name=cadre.name, now=KNOWN_SINCE)
        for cadre in new
    }
    db.session.add_all(persons.values())
    db.session.flush()
    known |= {number: person.id for number, person in persons.items()}
    postings = [
        _posting(known[cadre.number], unit_ids[cadre.unit.code], cadre.level, IN_POST_SINCE, KNOWN_SINCE)
        for cadre in new
    ]
    promotions = {
        planned.cadre.number: (planned, session.day - PROMOTED_BEFORE)
        for session in sessions
        for planned in reversed(session.sittings)
        if planned.level is not planned.cadre.level and planned.cadre.number in persons
    }
    for number, (planned, day) in promotions.items():
        unit_id = unit_ids[planned.cadre.unit.code]
        postings.append(_posting(known[number], unit_id, planned.level, day, clock.at(day, 15)))
    if postings:
        db.session.execute(insert(Posting), postings)
    return {cadre.number: DemoPerson(known[cadre.number], unit_ids[cadre.unit.code]) for cadre in cadres}


def exempt(people: Iterable[DemoPerson], from_day: date) -> None:
    """Exempt these people from a day on, as holders of the national legal profession qualification."""
    ids = [person.id for person in people]
    held = set(db.session.scalars(select(ExemptionEvent.person_id).where(ExemptionEvent.person_id.in_(ids))))
    for person_id in ids:
        if person_id not in held:
            db.session.add(
                ExemptionEvent(
                    person_id=person_id,
                    act=ExemptionAct.GRANTED,
                    on_day=from_day,
                    basis="持有国家统一法律职业资格证书（演示）",
                    recorded_at=clock.at(from_day, 16),
                    recorded_by="考务人员甲",
                    approved_by="考务人员乙",
                ),
            )


def _enter_units() -> dict[str, int]:
    """The ids of all invented units by code."""
    regions = registry.ensure_city_units()
    known = {unit.code: unit.id for unit in db.session.scalars(select(Unit))}
    for unit in units():
        if unit.code not in known:
            row = Unit(
                code=unit.code,
                name=unit.name,
                kind=unit.kind,
                region_code=unit.region,
                parent_id=regions[unit.region].id,
            )
            db.session.add(row)
            db.session.flush()
            known[unit.code] = row.id
    return known


def _known(cadres: Sequence[Cadre]) -> dict[int, int]:
    """The ids of those who are stored already, by number."""
    numbers = {id_number_index(cadre.id_number): cadre.number for cadre in cadres}
    indexes = list(numbers)
    found: dict[int, int] = {}
    for start in range(0, len(indexes), AT_ONCE):
        rows = db.session.execute(
            select(Person.id_number_index, Person.id).where(
                Person.id_number_index.in_(indexes[start : start + AT_ONCE])
            ),
        )
        found |= {numbers[index]: person_id for index, person_id in rows}
    return found


def _posting(
    person_id: int, unit_id: int, level: object, starts_on: date, recorded_at: datetime
) -> dict[str, object]:
    return {
        "person_id": person_id,
        "unit_id": unit_id,
        "level": level,
        "post": "",
        "starts_on": starts_on,
        "recorded_at": recorded_at,
    }
