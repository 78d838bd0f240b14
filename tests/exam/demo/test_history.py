"""The plan of the invented history, before any row of it is written."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import pytest

from core.people.rules import REGIONS, PostLevel, UnitKind, id_number_problems, name_problems
from core.shares import percent
from exam.certificates.rules import validity
from exam.demo.history import CLAIM, COURSES, calendar, history
from exam.demo.population import population
from exam.demo.today import cases, session_ids, todays_people
from exam.policies.rules import History, Outcome, PastSitting, may_enter
from exam.policies.services import DEFAULT_POLICY
from exam.reports.rules import DEFINITIONS, CountedSitting, pass_rate


@pytest.fixture(scope="module")
def planned():
    return history(DEFAULT_POLICY)


@pytest.fixture(scope="module")
def ways(planned):
    """Each person's sittings in order: day and outcome."""
    found = defaultdict(list)
    for session in planned:
        for sitting in session.sittings:
            found[sitting.cadre.number].append((session.day, sitting.outcome))
    return found


def test_the_definitions_give_different_figures_and_one_of_them_the_published_one(planned):
    rows = [
        CountedSitting(
            sitting_id=sitting.id,
            person_id=sitting.cadre.number,
            day=session.day,
            passed=sitting.outcome is Outcome.PASSED,
            region=sitting.cadre.unit.region,
            unit_kind=sitting.cadre.unit.kind,
            level=sitting.level,
            sequence=0,
        )
        for session in planned
        for sitting in session.sittings
        if sitting.outcome in {Outcome.PASSED, Outcome.FAILED}
    ]
    results = {name: pass_rate(rows, name) for name in DEFINITIONS}
    assert (results["person-ever"].sat, results["person-ever"].passed) == (3422, 3033)
    assert percent(results["person-ever"].rate) == CLAIM.rate == "88.63"
    assert len({(result.sat, result.passed) for result in results.values()}) == len(DEFINITIONS)


def test_everybody_goes_through_the_course_laid_down(ways):
    letters = {Outcome.PASSED: "P", Outcome.FAILED: "F", Outcome.ABSENT: "A", Outcome.EXCUSED: "E"}
    courses = Counter("".join(letters.get(outcome, "V") for _, outcome in way) for way in ways.values())
    assert courses == Counter(dict(COURSES))


def test_every_admission_is_one_that_the_rules_allow(ways):
    for way in ways.values():
        for index, (day, _) in enumerate(way):
            before = tuple(PastSitting(*past) for past in way[:index])
            passed = [past.day for past in before if past.outcome is Outcome.PASSED]
            certificate = validity(passed[-1], DEFAULT_POLICY.validity_months) if passed else None
            assert may_enter(History(before, certificate), day, DEFAULT_POLICY).allowed
        assert all(one < two for (one, _), (two, _) in pairwise(way))


def test_some_who_passed_in_2018_sit_again_in_2020_and_some_of_those_fail(ways):
    renewals = [way for way in ways.values() if way[0][1] is Outcome.PASSED and len(way) > 1]
    assert {way[0][0].year for way in renewals} == {2018}
    assert {day.year for way in renewals for day, _ in way[1:]} == {2020}
    assert {way[1][1] for way in renewals} == {Outcome.PASSED, Outcome.FAILED}


def test_sessions_lie_on_working_days_small_and_large(planned):
    days = [session.day for session in planned]
    assert days == sorted(days)
    assert {day.year for day in days} == {2018, 2019, 2020}
    assert all(day.isoweekday() <= 5 for day in days)
    sizes = [len(session.sittings) for session in planned]
    assert min(sizes) < 10
    assert max(sizes) > 200
    assert len(planned) == len(calendar())


def test_the_people_spread_over_areas_kinds_and_two_levels(planned):
    cadres = {s.cadre.number: s.cadre for session in planned for s in session.sittings}.values()
    assert {cadre.unit.region for cadre in cadres} == set(REGIONS)
    assert {cadre.unit.kind for cadre in cadres} == set(UnitKind)
    assert {cadre.level for cadre in cadres} == {PostLevel.SECTION, PostLevel.DEPUTY_SECTION}


def test_nobody_living_has_these_numbers_and_names_are_wellformed():
    people = population(range(3600))
    assert len({cadre.id_number for cadre in people}) == len(people)
    for cadre in people:
        assert id_number_problems(cadre.id_number) == []
        assert 1870 <= int(cadre.id_number[6:10]) <= 1899
        assert name_problems(cadre.name) == []
    assert any("·" in cadre.name for cadre in people)
    assert any(ord(character) > 0xFFFF for cadre in people for character in cadre.name)


def test_the_plan_is_the_same_each_time(planned):
    assert history(DEFAULT_POLICY) == planned
    assert population(range(40, 50)) == population(range(50))[40:]


def test_today_s_people_are_sixty_others_with_the_same_sessions_whatever_the_day():
    one, other = todays_people(date(2026, 11, 24)), todays_people(date(2027, 2, 28))
    assert len(list(cases())) == 60
    assert min(case.cadre.number for case in cases()) >= 3422
    assert [session.id for session in one.sessions] == [session.id for session in other.sessions]
    assert session_ids() == [session.id for session in one.sessions]
    assert all(2024 <= session.day.year <= 2026 for session in one.sessions)
    assert all(session.day.isoweekday() <= 5 for session in [*one.sessions, *other.sessions])
