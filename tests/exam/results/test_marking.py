from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.papers.rules import OPTION_LETTERS, PaperSpec, Section
from exam.results.rules import (
    KeyedQuestion,
    from_hundredths,
    mark_paper,
    to_hundredths,
)
from question_bank.items.rules import QuestionType

SINGLE, MULTIPLE, TRUE_FALSE, *_ = QuestionType


def spec_of(pass_mark=Decimal(3), half=False):
    sections = (Section(SINGLE, 2, Decimal(2)), Section(MULTIPLE, 1, Decimal(3)))
    return PaperSpec("测试卷", sections, Decimal(pass_mark), 30, half)


def question(position, type_, order, key, *, marks="2", section=1, law="宪法"):
    return KeyedQuestion(position, section, type_, law, order, frozenset(key), Decimal(marks))


PAPER = [
    question(1, SINGLE, "CADB", "A"),
    question(2, SINGLE, "ABCD", "D", law="行政处罚法"),
    question(3, MULTIPLE, "DCBA", "ABD", marks="3", section=2),
]


def test_answers_are_letters_as_shown():
    marks = mark_paper(spec_of(), PAPER, {1: "B", 2: "D", 3: "ACD"})
    assert (marks.score, marks.total, marks.passed) == (7, 7, True)
    assert PAPER[0].shown_key() == "B"
    assert PAPER[2].shown_key() == "ACD"


def test_a_paper_is_broken_down_by_question_section_and_law():
    marks = mark_paper(spec_of(), PAPER, {1: "B", 3: "A"})
    assert [(q.position, q.awarded, q.correct, q.answered) for q in marks.questions] == [
        (1, 2, True, True),
        (2, 0, False, False),
        (3, 0, False, True),
    ]
    assert [(s.section, s.type, s.awarded, s.total, s.correct, s.asked) for s in marks.sections] == [
        (1, SINGLE, 2, 4, 1, 2),
        (2, MULTIPLE, 0, 3, 0, 1),
    ]
    assert [(rate.law, rate.correct, rate.asked) for rate in marks.laws] == [
        ("宪法", 1, 2),
        ("行政处罚法", 0, 1),
    ]


@pytest.mark.parametrize(
    ("type_", "key", "choice", "whole", "half"),
    [
        (MULTIPLE, "ABD", "ABD", "3", "3"),
        (MULTIPLE, "ABD", "AB", "0", "1.5"),
        (MULTIPLE, "ABD", "D", "0", "1.5"),
        (MULTIPLE, "ABD", "AC", "0", "0"),
        (MULTIPLE, "ABD", "ABCD", "0", "0"),
        (MULTIPLE, "ABD", "C", "0", "0"),
        (MULTIPLE, "ABD", "", "0", "0"),
        (MULTIPLE, "ABD", "AH", "0", "0"),
        (MULTIPLE, "ABD", "A?", "0", "0"),
        (SINGLE, "A", "A", "3", "3"),
        (SINGLE, "A", "B", "0", "0"),
        (SINGLE, "A", "AB", "0", "0"),
        (SINGLE, "A", "", "0", "0"),
    ],
)
def test_half_marks_are_for_an_incomplete_choice_without_error(type_, key, choice, whole, half):
    paper = [question(1, type_, "ABCD", key, marks="3")]
    for switch, expected in ((False, whole), (True, half)):
        mark = mark_paper(spec_of(half=switch), paper, {1: choice}).questions[0]
        assert mark.awarded == Decimal(expected)
        assert mark.correct == (choice == key)
        assert mark.answered == bool(choice)


def test_the_pass_mark_itself_passes():
    for pass_mark, passed in (("4", True), ("4.01", False)):
        assert mark_paper(spec_of(pass_mark), PAPER, {1: "B", 2: "D"}).passed is passed


def test_a_position_twice_and_an_impossible_key_are_refused():
    with pytest.raises(ValueError, match="twice"):
        mark_paper(spec_of(), [PAPER[0], PAPER[0]], {})
    for key in ("", "E"):
        with pytest.raises(ValueError, match="key"):
            question(1, SINGLE, "ABCD", key)


@st.composite
def papers(draw):
    """A spec, a paper, and a sheet in the author's letters."""
    questions, chosen = [], {}
    for position in range(1, draw(st.integers(1, 12)) + 1):
        type_ = draw(st.sampled_from([SINGLE, MULTIPLE, TRUE_FALSE]))
        letters = OPTION_LETTERS[: 2 if type_ is TRUE_FALSE else draw(st.integers(2, 6))]
        most = len(letters) if type_ is MULTIPLE else 1
        key = draw(st.sets(st.sampled_from(letters), min_size=1, max_size=most))
        marks = Decimal(draw(st.integers(1, 500))) * 2 / 100
        law = draw(st.sampled_from(["宪法", "监察法", "公务员法"]))
        order = "".join(draw(st.permutations(letters)))
        section = draw(st.integers(1, 2))
        questions.append(KeyedQuestion(position, section, type_, law, order, frozenset(key), marks))
        chosen[position] = draw(st.just(key) | st.sets(st.sampled_from(letters), max_size=most))
    return spec_of(Decimal(draw(st.integers(1, 3000))) / 100, draw(st.booleans())), questions, chosen


def shown(question, originals):
    return "".join(sorted(OPTION_LETTERS[question.option_order.index(letter)] for letter in originals))


def sheet_of(questions, chosen):
    return {q.position: shown(q, chosen[q.position]) for q in questions}


def with_order(question, order):
    return KeyedQuestion(
        question.position, question.section, question.type, question.law, order, question.key, question.marks
    )


@given(papers(), st.randoms())
def test_the_order_of_options_and_of_reading_does_not_change_the_marks(paper, random):
    spec, questions, chosen = paper
    moved = [with_order(q, "".join(random.sample(q.option_order, len(q.option_order)))) for q in questions]
    random.shuffle(moved)
    assert mark_paper(spec, moved, sheet_of(moved, chosen)) == mark_paper(
        spec, questions, sheet_of(questions, chosen)
    )


@given(papers())
def test_marks_add_up_and_stay_within_bounds(paper):
    spec, questions, chosen = paper
    marks = mark_paper(spec, questions, sheet_of(questions, chosen))
    assert 0 <= marks.score <= marks.total
    assert marks.score == sum(q.awarded for q in marks.questions) == sum(s.awarded for s in marks.sections)
    assert marks.total == sum(s.total for s in marks.sections)
    assert sum(rate.asked for rate in marks.laws) == len(questions)
    assert sum(rate.correct for rate in marks.laws) == sum(q.correct for q in marks.questions)
    assert marks.passed == (marks.score >= spec.pass_mark)
    assert from_hundredths(to_hundredths(marks.score)) == marks.score


@given(papers())
def test_nothing_answered_is_nothing_and_the_key_is_everything(paper):
    spec, questions, _ = paper
    assert mark_paper(spec, questions, {}).score == 0
    full = mark_paper(spec, questions, {q.position: q.shown_key() for q in questions})
    assert full.score == full.total


@given(papers(), st.data())
def test_mending_one_answer_never_lowers_the_score(paper, data):
    spec, questions, chosen = paper
    mended = data.draw(st.sampled_from(questions))
    before = mark_paper(spec, questions, sheet_of(questions, chosen))
    after = mark_paper(spec, questions, sheet_of(questions, chosen) | {mended.position: mended.shown_key()})
    assert after.score >= before.score
    assert after.passed or not before.passed


@given(st.integers(-(10**9), 10**9))
def test_hundredths_round_trip(hundredths):
    assert to_hundredths(from_hundredths(hundredths)) == hundredths


@pytest.mark.parametrize("marks", ["0.005", "1.234", "1e-9", "NaN", "Infinity"])
def test_marks_that_are_no_whole_hundredths_are_refused(marks):
    with pytest.raises(ValueError, match="hundredths"):
        to_hundredths(Decimal(marks))


def blank(position, *accepted, marks=2):
    return KeyedQuestion(
        position, 1, QuestionType.BLANK, "行政复议法", "", frozenset(), Decimal(marks), tuple(accepted)
    )


BLANK_SPEC = PaperSpec("填空卷", (Section(QuestionType.BLANK, 1, Decimal(2)),), Decimal(1), 5)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("=六十日", True),
        ("=60 日", True),
        ("=６０日。", True),
        ("=60", False),
        ("=六十日\n", False),
        ("=", False),
        ("", False),
        ("A", False),
    ],
)
def test_a_blank_counts_when_it_has_an_accepted_text(answer, right):
    sheet = {1: answer} if answer else {}
    marks = mark_paper(BLANK_SPEC, [blank(1, ("六十日", "60日"))], sheet)
    assert (marks.questions[0].correct, marks.score) == (right, Decimal(2 if right else 0))


def test_every_blank_has_to_be_right_and_in_its_place():
    question = blank(1, ("市人民政府",), ("60日", "六十日"))
    for answer, right in (
        ("=市人民政府\n60日", True),
        ("=60日\n市人民政府", False),
        ("=市人民政府", False),
        ("=市人民政府\n", False),
        ("=市人民政府\n60日\n多写", False),
    ):
        assert mark_paper(BLANK_SPEC, [question], {1: answer}).passed is right
    assert question.shown_key() == "市人民政府；60日"
    with pytest.raises(ValueError, match="accepts nothing"):
        blank(1, ("市人民政府",), ())


def test_the_section_of_cases_keeps_its_name_whatever_its_questions_are():
    spec = PaperSpec("案例卷", (Section(QuestionType.CASE, 1, Decimal(2), questions=2),), Decimal(2), 5)
    single = KeyedQuestion(1, 1, SINGLE, "宪法", "ABCD", frozenset("A"), Decimal(2))
    marks = mark_paper(spec, [single, blank(2, ("六十日",))], {1: "A", 2: "=六十日"})
    (section,) = marks.sections
    assert (section.type, section.asked, section.awarded) == (QuestionType.CASE, 2, Decimal(4))


@pytest.mark.parametrize("answer", ["=\u200b六十日", "=六\u2060十日\ufeff", "=60\u00ad日"])
def test_what_nobody_sees_does_not_count_but_in_results_that_were_marked_so(answer):
    paper = [blank(1, ("六十日", "60日"))]
    assert mark_paper(BLANK_SPEC, paper, {1: answer}).passed
    assert not mark_paper(BLANK_SPEC, paper, {1: answer}, rule_version="kaofa-marking-3").passed
    assert mark_paper(BLANK_SPEC, paper, {1: "=60日"}, rule_version="kaofa-marking-3").passed
