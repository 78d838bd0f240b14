from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people.rules import REGIONS, PostLevel, UnitKind
from core.shares import wilson
from exam.reports.rules import (
    DEFAULT_DEFINITION,
    DEFINITIONS,
    CountedSitting,
    CountedUnit,
    GroupBy,
    digest,
    pass_rate,
)


def row(
    person: int,
    day: str,
    passed: bool,
    *,
    region: str = "510502",
    kind: UnitKind = UnitKind.TOWNSHIP,
    level: PostLevel = PostLevel.DEPUTY_SECTION,
    sequence: int = 1,
) -> CountedSitting:
    number = person * 10**6 + date.fromisoformat(day).toordinal() * 10 + sequence
    return CountedSitting(
        UUID(int=number), person, date.fromisoformat(day), passed, region, kind, level, sequence
    )


@st.composite
def some_rows(draw):
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(1, 6),
                st.dates(date(2018, 1, 1), date(2020, 12, 31)) | st.just(date(2019, 6, 1)),
                st.booleans(),
                st.sampled_from(list(REGIONS)[:3]),
                st.sampled_from(UnitKind),
                st.sampled_from(PostLevel),
            ),
            max_size=15,
        )
    )
    return [
        CountedSitting(UUID(int=number), person, day, passed, region, kind, level, number)
        for number, (person, day, passed, region, kind, level) in enumerate(drawn)
    ]


# person 1 fails and then passes; 2 passes and fails the renewal; 3 passes; 4 fails
STORY = [
    row(1, "2018-03-01", False),
    row(1, "2018-05-01", True),
    row(2, "2018-03-01", True, region="510521"),
    row(2, "2020-02-01", False, region="510525", kind=UnitKind.COURT, level=PostLevel.SECTION),
    row(3, "2019-03-01", True),
    row(4, "2020-03-01", False),
]


def counts(definition, group_by=None, rows=STORY):
    result = pass_rate(rows, definition, group_by)
    return result.sat, result.passed, [(group.key, group.sat, group.passed) for group in result.groups]


@pytest.mark.parametrize(
    ("definition", "sat", "passed"),
    [("person-ever", 4, 3), ("person-first", 4, 2), ("person-latest", 4, 2), ("sitting", 6, 3)],
)
def test_the_definitions_differ(definition, sat, passed):
    result = pass_rate(STORY, definition)
    assert (result.definition, result.sat, result.passed) == (definition, sat, passed)
    assert result.rate == Fraction(passed, sat)
    assert result.interval == wilson(passed, sat)
    assert result.groups == ()


def test_every_definition_is_named_and_described():
    assert list(DEFINITIONS) == ["person-ever", "person-first", "person-latest", "sitting"]
    assert DEFAULT_DEFINITION in DEFINITIONS
    assert pass_rate(STORY).definition == DEFAULT_DEFINITION
    assert all(d.title and d.description.endswith("。") for d in DEFINITIONS.values())
    assert [d.kind for d in DEFINITIONS.values()] == [CountedUnit.PERSON] * 3 + [CountedUnit.SITTING]


def test_an_unknown_definition_is_an_error():
    with pytest.raises(KeyError):
        pass_rate(STORY, "person-best")


def test_nobody_sat():
    result = pass_rate([], "person-ever", GroupBy.REGION)
    assert (result.sat, result.passed, result.rate, result.interval, result.groups) == (0, 0, None, None, ())


def test_a_person_belongs_to_the_group_of_the_last_sitting():
    expected = [("510502", 3, 2), ("510525", 1, 1)]
    assert counts("person-ever", GroupBy.REGION)[2] == expected
    assert counts("person-latest", GroupBy.REGION)[2] == [("510502", 3, 2), ("510525", 1, 0)]


def test_but_to_that_of_the_first_where_the_first_counts():
    assert counts("person-first", GroupBy.REGION)[2] == [("510502", 3, 1), ("510521", 1, 1)]


def test_a_sitting_belongs_to_its_own_group():
    assert counts("sitting", GroupBy.REGION)[2] == [("510502", 4, 2), ("510521", 1, 1), ("510525", 1, 0)]


def test_groups_come_in_the_order_of_their_codes():
    assert [g[0] for g in counts("person-ever", GroupBy.UNIT_KIND)[2]] == ["court", "township"]
    assert [g[0] for g in counts("person-ever", GroupBy.LEVEL)[2]] == ["deputy_section", "section"]
    assert [g[0] for g in counts("person-ever", GroupBy.YEAR)[2]] == ["2018", "2019", "2020"]


def test_each_year_alone():
    assert counts("person-ever", GroupBy.YEAR)[2] == [("2018", 2, 2), ("2019", 1, 1), ("2020", 2, 0)]
    assert counts("person-first", GroupBy.YEAR)[2] == [("2018", 2, 1), ("2019", 1, 1), ("2020", 2, 0)]


def test_the_sequence_orders_sittings_of_one_day():
    rows = [row(1, "2019-06-01", True, sequence=2), row(1, "2019-06-01", False, sequence=1)]
    assert counts("person-first", rows=rows)[:2] == (1, 0)
    assert counts("person-latest", rows=rows)[:2] == (1, 1)


@given(some_rows(), st.sampled_from(list(DEFINITIONS)))
def test_counts_against_a_plain_reading_of_the_definitions(rows, definition):
    tries: dict[int, list[bool]] = {}
    for one in sorted(rows, key=lambda r: (r.day, r.sequence)):
        tries.setdefault(one.person_id, []).append(one.passed)
    expected = {
        "person-ever": [any(t) for t in tries.values()],
        "person-first": [t[0] for t in tries.values()],
        "person-latest": [t[-1] for t in tries.values()],
        "sitting": [p for t in tries.values() for p in t],
    }[definition]
    result = pass_rate(rows, definition)
    assert (result.sat, result.passed) == (len(expected), sum(expected))


@given(some_rows(), st.sampled_from(list(DEFINITIONS)), st.sampled_from(GroupBy))
def test_groups_add_up_and_years_are_reports_of_their_own(rows, definition, group_by):
    result = pass_rate(rows, definition, group_by)
    if group_by is GroupBy.YEAR:
        for group in result.groups:
            alone = pass_rate([r for r in rows if r.day.year == int(group.key)], definition)
            assert (group.sat, group.passed, group.rate) == (alone.sat, alone.passed, alone.rate)
    else:
        assert sum(group.sat for group in result.groups) == result.sat
        assert sum(group.passed for group in result.groups) == result.passed
    assert len({group.key for group in result.groups}) == len(result.groups)


@given(some_rows(), st.sampled_from(list(DEFINITIONS)), st.sampled_from([None, *GroupBy]), st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows, definition, group_by, random):
    shuffled = random.sample(rows, len(rows))
    assert pass_rate(shuffled, definition, group_by) == pass_rate(rows, definition, group_by)
    assert digest(shuffled, {"from": "2018"}) == digest(rows, {"from": "2018"})


# --- digest


def test_the_digest_is_fixed():
    """Published reports are compared by it for years: a change of its form needs a new name."""
    assert digest([], {}) == "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"
    assert digest(STORY[:1], {"definition": "sitting"}) == (
        "8687526bac4bb5064eb136d0bbc513887c2dd29b4d311dee7836b49028eda3aa"
    )


def test_the_digest_sees_every_field_and_parameter():
    base = {"definition": "sitting", "from": "2018-01-01"}
    one = STORY[0]
    changes = [
        {"sitting_id": UUID(int=7)},
        {"person_id": 9},
        {"day": date(2018, 3, 2)},
        {"passed": True},
        {"region": "510504"},
        {"unit_kind": UnitKind.COURT},
        {"level": PostLevel.SECTION},
        {"sequence": 2},
    ]
    rows = [STORY, STORY[1:], [*STORY, one], *([replace(one, **change), *STORY[1:]] for change in changes)]
    digests = [digest(some, base) for some in rows]
    digests += [digest(STORY, base | {"from": "2018-01-02"}), digest(STORY, {"definition": "sitting"})]
    assert len(set(digests)) == len(digests)


def test_the_order_of_parameters_does_not_matter():
    assert digest(STORY, {"a": "1", "b": "2"}) == digest(STORY, {"b": "2", "a": "1"})


def test_interval_is_given_as_decimals():
    result = pass_rate(STORY)
    assert result.interval is not None
    assert all(isinstance(end, Decimal) and end.as_tuple().exponent == -2 for end in result.interval)
