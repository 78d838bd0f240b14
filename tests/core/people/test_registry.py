"""Entering lists of people: each once, by ID number, with every problem of the list."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core import clock
from core.db import db, transaction
from core.errors import Problem
from core.people import queries, registry
from core.people.models import Person, Posting, Unit
from core.people.registry import Entry
from core.people.rules import PostLevel, name_problems

ZHANG = "510502198001010013"
LI = "510525199003150027"
DAY = date(2026, 11, 23)


@pytest.fixture
def units(either_app) -> dict[str, Unit]:
    with transaction():
        return registry.ensure_city_units()


def entry(number=ZHANG, name="张三", unit="510502", level="乡科级副职", *, post="副局长", where="第 2 行"):
    return Entry(number, name, unit, level, post, where)


def enter(*entries, on=DAY, units=None):
    with transaction():
        fine, problems = registry.check(entries, units=units)
        assert problems == []
        return registry.register(fine, on=on, now=clock.now())


def problems_of(*entries, units=None):
    return [(p.code, p.where) for p in registry.check(entries, units=units)[1]]


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_the_city_and_its_eight_areas_are_made_once(units):
    with transaction():
        again = registry.ensure_city_units()
    assert count(Unit) == 8
    assert again["510525"].name == "古蔺县"
    assert queries.subtree(again["510500"].id) == {u.id for u in again.values()}


def test_a_new_person_is_found_by_the_number_and_kept_encrypted(units):
    [entered] = enter(entry(number="５１０５０２１９８００１０１００１３", name=" 张　三 "))
    assert entered.created
    found = queries.person_by_id_number(ZHANG)
    assert found is not None
    assert found.name == "张三"
    assert ZHANG.encode() not in found.id_number_sealed
    assert queries.id_number_of(found) == ZHANG
    assert queries.masked_id_number_of(found) == "510502********0013"


def test_the_same_list_again_changes_nothing(units):
    enter(entry(), entry(LI, "李四", "古蔺县", "正科级"))
    outcome = enter(entry(), entry(LI, "李四", "510525", "乡科级正职", post=""))
    assert [(o.created, o.moved) for o in outcome] == [(False, False)] * 2
    assert (count(Person), count(Posting)) == (2, 2)


def test_who_has_moved_gets_a_new_posting_and_keeps_the_old_one(units):
    enter(entry())
    [moved] = enter(entry(unit="泸县", level="乡科级正职"), on=date(2027, 1, 4))
    assert moved.moved
    assert not moved.created
    assert (moved.posting.unit_id, moved.posting.level) == (units["510521"].id, PostLevel.SECTION)
    assert count(Posting) == 2


def test_every_problem_is_named_with_its_row(units):
    enter(entry())
    found = problems_of(
        entry(name="李四", where="第 2 行"),
        entry("510502198001010014", "王五", "没有此单位", "皇帝", post="长" * 51, where="第 3 行"),
        entry(LI, "", "", "", where="第 4 行"),
        entry(LI, "赵六", where="第 5 行"),
    )
    assert found == [
        ("name_mismatch", "第 2 行"),
        ("id_number_check_digit", "第 3 行"),
        ("unit_unknown", "第 3 行"),
        ("level_unknown", "第 3 行"),
        ("post_too_long", "第 3 行"),
        ("name_empty", "第 4 行"),
        ("unit_empty", "第 4 行"),
        ("level_empty", "第 4 行"),
        ("duplicate", "第 5 行"),
    ]


def test_a_cell_that_cannot_be_read_hides_no_other_problem(units):
    cell = Problem("number_cell", "按数字保存", "第 2 行", {"row": 2, "column": "id_number"})
    unreadable = {"id_number": cell}
    first = Entry("?", "", "510502", "皇帝", "副局长", "第 2 行", unreadable)
    second = Entry("?", "李四", "510502", "乡科级副职", "副局长", "第 3 行", unreadable)
    assert problems_of(first, second, entry(name="", where="第 4 行")) == [
        ("number_cell", "第 2 行"),
        ("name_empty", "第 2 行"),
        ("level_unknown", "第 2 行"),
        ("number_cell", "第 2 行"),
        ("name_empty", "第 4 行"),
    ]


def test_an_apostrophe_before_the_number_is_forgiven(units):
    [entered] = enter(entry("'" + ZHANG))
    assert queries.id_number_of(entered.person) == ZHANG


def test_an_unknown_unit_is_answered_with_those_that_were_probably_meant(units):
    _, problems = registry.check([entry(unit="古藺县")], units=None)
    assert "是否指“古蔺县”（510525）" in problems[0].message
    _, problems = registry.check([entry(unit="古藺县")], units=frozenset({units["510502"].id}))
    assert "古蔺县" not in problems[0].message, "only units in which one may enter people"
    _, problems = registry.check([entry(unit="甲")], units=None)
    assert "是否指" not in problems[0].message


@pytest.mark.parametrize("typed", ["张三", "李四", "", "张三3"])
@pytest.mark.parametrize("unit", ["510525", "510502", "没有此单位"])
def test_of_a_person_who_serves_elsewhere_nothing_more_is_said_whatever_the_name(units, typed, unit):
    enter(entry())
    gulin = frozenset({units["510525"].id})
    told = problems_of(entry(name=typed, unit=unit), units=gulin)
    assert ("person_scope", "第 2 行") in told
    about_the_text = [(p.code, "第 2 行") for p in name_problems(typed)]
    assert told == [*about_the_text, ("person_scope", "第 2 行")]


def test_no_problem_repeats_an_id_number(units):
    _, problems = registry.check([entry(), entry(), entry("510502198001010014")], units=None)
    assert problems
    assert not any("19800101001" in p.message for p in problems)


def test_a_unit_name_that_two_share_asks_for_the_code(units):
    with transaction() as session:
        for code in ("510502001", "510525001"):
            session.add(
                Unit(
                    code=code,
                    name="司法局",
                    kind=units["510502"].kind,
                    region_code=code[:6],
                    parent_id=units[code[:6]].id,
                )
            )
    assert problems_of(entry(unit="司法局")) == [("unit_ambiguous", "第 2 行")]
    assert problems_of(entry(unit="510525001")) == []


def test_who_is_scoped_to_a_county_enters_nobody_elsewhere(units):
    gulin = frozenset({units["510525"].id})
    assert problems_of(entry(), units=gulin) == [("unit_scope", "第 2 行")]
    enter(entry())
    assert problems_of(entry(), units=gulin) == [("person_scope", "第 2 行")]
    assert problems_of(entry(unit="510525"), units=gulin) == [("person_scope", "第 2 行")]
    assert problems_of(entry(LI, "李四", "510525"), units=gulin) == []


def test_a_person_exists_once_whatever_two_writers_do(units):
    enter(entry())
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(registry.new_person(id_number=ZHANG, name="张三", now=clock.now()))


def test_a_long_list_is_checked_in_few_statements(units):
    from sqlalchemy import event

    statements = []
    with transaction():
        event.listen(db.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
        registry.check([entry(where=f"第 {n} 行") for n in range(2000)], units=None)
    assert len(statements) <= 4
