from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from exam.papers.rules import (
    DEFAULT_SPEC,
    PaperSpec,
    Section,
    from_json,
    plain,
    question_count,
    spec_problems,
    to_json,
    total_marks,
)
from exam.papers.strata import shortages
from question_bank.items.rules import PARTS, Difficulty, QuestionType

SINGLE, MULTIPLE, TRUE_FALSE, _BLANK, SHORT, CASE = QuestionType
EASY, MEDIUM, HARD = Difficulty


@dataclass(frozen=True)
class Kind:
    type: QuestionType = SINGLE
    law: str = "宪法"
    difficulty: Difficulty = EASY
    questions: tuple[int, ...] = ()
    part: str = ""
    families: tuple[str, ...] = ()


def spec_of(*sections, **fields):
    return replace(DEFAULT_SPEC, sections=sections, **fields)


def test_the_default_has_45_questions_and_100_marks():
    assert question_count(DEFAULT_SPEC) == 45
    assert total_marks(DEFAULT_SPEC) == 100
    assert spec_problems(DEFAULT_SPEC) == []


@pytest.mark.parametrize(
    ("spec", "codes"),
    [
        (replace(DEFAULT_SPEC, name=" "), ["name"]),
        (replace(DEFAULT_SPEC, name="卷" * 101), ["name"]),
        (replace(DEFAULT_SPEC, minutes=0), ["minutes"]),
        (replace(DEFAULT_SPEC, pass_mark=Decimal("100.01")), ["pass_mark_above_total"]),
        (replace(DEFAULT_SPEC, pass_mark=Decimal(0)), ["pass_mark"]),
        (replace(DEFAULT_SPEC, pass_mark=Decimal("60.001")), ["pass_mark"]),
        (replace(DEFAULT_SPEC, pass_mark=Decimal("NaN")), ["pass_mark"]),
        (spec_of(), ["no_sections", "pass_mark_above_total"]),
        (spec_of(Section(SINGLE, 0, Decimal(2)), pass_mark=Decimal(1)), ["count", "pass_mark_above_total"]),
        (spec_of(Section(SINGLE, 60, Decimal("0.001"))), ["marks"]),
        (spec_of(Section(SINGLE, 60, Decimal("Infinity"))), ["marks"]),
        (spec_of(Section(SINGLE, 60, Decimal("1e30"))), ["marks"]),
        (spec_of(Section(SINGLE, 60, Decimal(1), laws=("宪法", "宪法"))), ["laws"]),
        (spec_of(Section(SINGLE, 60, Decimal(1), difficulty=((EASY, 30), (EASY, 30)))), ["difficulty"]),
        (spec_of(Section(SINGLE, 60, Decimal(1), difficulty=((EASY, 30), (HARD, 29)))), ["difficulty_sum"]),
        (spec_of(Section(SINGLE, 201, Decimal(1))), ["too_many_questions"]),
        (spec_of(Section(SHORT, 60, Decimal(1))), ["type"]),
        (spec_of(Section(SHORT, 60, Decimal(1)), most_apart=Decimal("0.5")), []),
        (spec_of(Section(SHORT, 60, Decimal("1.25")), most_apart=Decimal(0)), ["marks_by_halves"]),
        (spec_of(Section(SHORT, 60, Decimal(1)), most_apart=Decimal("0.3")), ["most_apart"]),
        (spec_of(Section(SHORT, 60, Decimal(1)), most_apart=Decimal("-0.5")), ["most_apart"]),
        (spec_of(Section(SHORT, 60, Decimal(1)), most_apart=Decimal("NaN")), ["most_apart"]),
        (spec_of(Section(SHORT, 60, Decimal(1)), most_apart=Decimal(1)), ["most_apart"]),
        (replace(DEFAULT_SPEC, most_apart=Decimal(2)), ["no_short"]),
        (spec_of(Section(SINGLE, 60, Decimal(1), parts=("综合清单", "综合清单"))), ["parts"]),
        (spec_of(Section(SINGLE, 60, Decimal(1), parts=("别的清单",))), ["parts"]),
        (spec_of(Section(SINGLE, 60, Decimal(1), families=("navy",))), ["families"]),
        (spec_of(Section(SINGLE, 60, Decimal(1), parts=PARTS, families=("court", "congress"))), []),
        (spec_of(Section(CASE, 60, Decimal(1))), ["questions"]),
        (spec_of(Section(CASE, 20, Decimal(1), questions=11)), ["questions", "too_many_questions"]),
        (spec_of(Section(SINGLE, 30, Decimal(1), questions=2)), ["questions"]),
        (spec_of(Section(CASE, 20, Decimal(1), questions=3)), []),
        (
            spec_of(Section(MULTIPLE, 60, Decimal("1.05")), half_marks_for_incomplete=True),
            ["half_marks_not_exact"],
        ),
        (spec_of(Section(SINGLE, 60, Decimal("1.05")), half_marks_for_incomplete=True), []),
        (
            PaperSpec("", (Section(SINGLE, 0, Decimal(0)), Section(SINGLE, 1, Decimal(-1))), Decimal(0), -1),
            ["name", "minutes", "count", "marks", "marks", "pass_mark"],
        ),
    ],
)
def test_spec_problems_collects_everything(spec, codes):
    assert [problem.code for problem in spec_problems(spec)] == codes


def test_a_section_problem_names_its_section():
    spec = spec_of(Section(SINGLE, 60, Decimal(1)), Section(MULTIPLE, 0, Decimal(1)))
    (problem,) = spec_problems(spec)
    assert problem.where == "sections.2"
    assert problem.message.startswith("第 2 部分")


marks = st.integers(1, 10_000).map(lambda n: Decimal(n) / 100)
laws = st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple)
mixes = st.lists(st.tuples(st.sampled_from(Difficulty), st.integers(1, 9)), max_size=3).map(tuple)
few = st.lists(st.sampled_from(["综合清单", "court"]), max_size=2).map(tuple)
sections = st.builds(
    Section,
    st.sampled_from([SINGLE, MULTIPLE, TRUE_FALSE, SHORT]),
    st.integers(1, 50),
    marks,
    laws,
    mixes,
    parts=few,
    families=few,
)
specs = st.builds(
    PaperSpec,
    st.text(min_size=1, max_size=9),
    st.lists(sections, max_size=4).map(tuple),
    marks,
    st.integers(),
    st.booleans(),
    st.none() | marks,
)


@given(specs)
def test_json_gives_the_same_spec_back(spec):
    data = json.loads(json.dumps(to_json(spec)))
    assert from_json(data) == spec
    assert to_json(from_json(data)) == data


def test_json_does_not_depend_on_how_a_mark_was_written():
    written = [Section(SINGLE, 1, Decimal(text)) for text in ("100", "1e2", "100.00")]
    assert len({json.dumps(to_json(spec_of(section))) for section in written}) == 1


@pytest.mark.parametrize(
    ("number", "text"), [("2.50", "2.5"), ("1E+2", "100"), ("0.10", "0.1"), ("0", "0"), ("10", "10")]
)
def test_plain_numbers(number, text):
    assert plain(Decimal(number)) == text


def test_a_spec_without_people_is_written_as_it_always_was():
    """Manifests of draws hold specs to the byte."""
    assert "most_apart" not in to_json(DEFAULT_SPEC)
    assert not DEFAULT_SPEC.is_marked_by_people


GOOD = to_json(DEFAULT_SPEC)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        GOOD | {"extra": 1},
        {name: value for name, value in GOOD.items() if name != "minutes"},
        GOOD | {"minutes": "90"},
        GOOD | {"minutes": True},
        GOOD | {"pass_mark": 60},
        GOOD | {"most_apart": None},
        GOOD | {"most_apart": 2},
        GOOD | {"pass_mark": "sixty"},
        GOOD | {"sections": {}},
        GOOD | {"sections": [GOOD["sections"][0] | {"type": "essay"}]},
        GOOD | {"sections": [GOOD["sections"][0] | {"type": []}]},
        GOOD | {"sections": [GOOD["sections"][0] | {"difficulty": [["easy"]]}]},
        GOOD | {"sections": [GOOD["sections"][0] | {"difficulty": [["easy", 1, 2]]}]},
        GOOD | {"sections": [GOOD["sections"][0] | {"laws": [1]}]},
        GOOD | {"sections": [GOOD["sections"][0] | {"parts": []}]},
        GOOD | {"sections": [GOOD["sections"][0] | {"families": [1]}]},
    ],
)
def test_another_form_is_refused(data):
    with pytest.raises(Invalid) as caught:
        from_json(data)
    assert caught.value.problems[0].code == "spec_unreadable"


def test_a_sufficient_pool_has_no_shortages():
    pool = [Kind(SINGLE)] * 25 + [Kind(MULTIPLE)] * 10 + [Kind(TRUE_FALSE)] * 10
    assert shortages(DEFAULT_SPEC, pool) == ()


def test_every_shortage_is_told_with_numbers():
    pool = [Kind(SINGLE)] * 20 + [Kind(MULTIPLE)] * 10 + [Kind(TRUE_FALSE)] * 3
    assert [(s.sections, s.wanted, s.available) for s in shortages(DEFAULT_SPEC, pool)] == [
        ((1,), 25, 20),
        ((3,), 10, 3),
    ]
    assert shortages(DEFAULT_SPEC, pool)[1].words == "第 3 部分（判断题）需要 10 题，可用的只有 3 题。"


def test_laws_and_difficulty_are_minded():
    spec = spec_of(Section(SINGLE, 4, Decimal(2), ("宪法",), ((EASY, 2), (HARD, 2))))
    pool = [Kind()] * 9 + [Kind(difficulty=HARD)] + [Kind(law="监察法", difficulty=HARD)] * 9
    (short,) = shortages(spec, pool)
    assert (short.wanted, short.available) == (2, 1)
    assert short.words == "第 1 部分（单选题，难度难，《宪法》）需要 2 题，可用的只有 1 题。"


def test_parts_and_families_are_minded():
    section = Section(SINGLE, 3, Decimal(2), parts=("综合清单",), families=("court", "supervision"))
    pool = [
        Kind(part="综合清单"),
        Kind(part="综合清单", families=("court",)),
        Kind(part="综合清单", families=("congress",)),
        Kind(part="专业清单", families=("court",)),
        Kind(),
    ]
    (short,) = shortages(spec_of(section), pool)
    assert short.words == "第 1 部分（单选题，综合清单，适用法院、监委）需要 3 题，可用的只有 2 题。"


def test_sections_that_share_a_pool_are_counted_together():
    spec = spec_of(Section(SINGLE, 3, Decimal(2)), Section(SINGLE, 3, Decimal(2), ("宪法",)))
    assert shortages(spec, [Kind()] * 3 + [Kind(law="监察法")] * 3) == ()
    (few_of_one_law,) = shortages(spec, [Kind()] * 2 + [Kind(law="监察法")] * 9)
    assert (few_of_one_law.sections, few_of_one_law.wanted, few_of_one_law.available) == ((2,), 3, 2)
    (few_together,) = shortages(spec, [Kind()] * 5)
    assert (few_together.sections, few_together.wanted, few_together.available) == ((1, 2), 6, 5)
    assert "合计需要 6 题" in few_together.words


small_sections = st.builds(
    Section,
    st.just(SINGLE),
    st.integers(1, 3),
    st.just(Decimal(1)),
    st.lists(st.sampled_from("甲乙丙"), unique=True, max_size=2).map(tuple),
)
kinds = st.builds(Kind, st.just(SINGLE), st.sampled_from("甲乙丙丁"), st.just(EASY))


def can_fill(places, pool):
    """Brute force: give each place in turn every item that fits it."""
    if not places:
        return True
    laws, rest = places[0], places[1:]
    return any(
        can_fill(rest, pool[:i] + pool[i + 1 :])
        for i, item in enumerate(pool)
        if not laws or item.law in laws
    )


@given(st.lists(small_sections, min_size=1, max_size=3), st.lists(kinds, max_size=6))
def test_a_shortage_is_told_exactly_when_no_paper_can_be_made(parts, pool):
    found = shortages(spec_of(*parts), pool)
    places = [section.laws for section in parts for _ in range(section.count)]
    assert (not found) == (len(places) <= len(pool) and can_fill(places, pool))
    for short in found:
        fit = [item for item in pool if any(stratum.takes(item) for stratum in short.strata)]
        assert short.available == len(fit) < short.wanted == sum(stratum.wanted for stratum in short.strata)


def test_a_section_of_cases_counts_its_questions_and_reads_back():
    spec = spec_of(Section(CASE, 2, Decimal("2.5"), questions=4), Section(SINGLE, 10, Decimal(2)))
    assert (question_count(spec), total_marks(spec)) == (18, Decimal(40))
    assert from_json(to_json(spec)) == spec
    assert "questions" not in to_json(spec)["sections"][1]
