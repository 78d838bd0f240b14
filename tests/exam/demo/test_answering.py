"""Answers drawn for an outcome come to that outcome by the real marking, whatever the paper."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exam.demo.answering import answers_for
from exam.demo.population import stream
from exam.papers.rules import DEFAULT_SPEC, PaperSpec, Section
from exam.results.rules import KeyedQuestion, mark_paper
from exam.sittings.answers import QuestionShape, parse_batch
from question_bank.items.rules import QuestionType

EQUAL = dict.fromkeys(range(1, 100), 0)


@st.composite
def papers(draw):
    """A spec, its questions with any keys, and options in any order."""
    kinds = draw(st.lists(st.sampled_from(list(QuestionType)[:3]), min_size=1, max_size=4))
    sections = tuple(
        Section(
            kind, draw(st.integers(1, 12)), draw(st.sampled_from([Decimal(1), Decimal(2), Decimal("3.5")]))
        )
        for kind in kinds
    )
    total = sum((s.count * s.marks for s in sections), Decimal())
    pass_mark = total * draw(st.sampled_from([Decimal("0.3"), Decimal("0.6"), Decimal(1)]))
    spec = PaperSpec("卷", sections, pass_mark, 90, half_marks_for_incomplete=draw(st.booleans()))
    questions = []
    for number, section in enumerate(sections, start=1):
        for _ in range(section.count):
            order = (
                "AB" if section.type is QuestionType.TRUE_FALSE else "".join(draw(st.permutations("ABCD")))
            )
            most = len(order) if section.type is QuestionType.MULTIPLE else 1
            key = draw(st.sets(st.sampled_from(order), min_size=1, max_size=most))
            questions.append(
                KeyedQuestion(
                    position=len(questions) + 1,
                    section=number,
                    type=section.type,
                    law="示例法",
                    option_order=order,
                    key=frozenset(key),
                    marks=section.marks,
                )
            )
    return spec, questions


@given(papers(), st.booleans(), st.integers(0, 10**6))
def test_the_sheet_comes_to_the_outcome_wanted(paper, passed, throw):
    spec, questions = paper
    sheet, marks = answers_for(
        passed=passed, spec=spec, questions=questions, hardness=EQUAL, numbers=stream(throw)
    )
    assert marks == mark_paper(spec, questions, sheet)
    assert marks.passed is passed


@given(papers(), st.booleans(), st.integers(0, 10**6))
def test_the_sheet_is_one_that_a_candidate_could_have_saved(paper, passed, throw):
    spec, questions = paper
    sheet, _ = answers_for(
        passed=passed, spec=spec, questions=questions, hardness=EQUAL, numbers=stream(throw)
    )
    shapes = {q.position: QuestionShape(q.type, len(q.option_order)) for q in questions}
    events = [
        {"seq": seq, "position": position, "choice": list(choice)}
        for seq, (position, choice) in enumerate(sheet.items(), start=1)
    ]
    assert len(parse_batch({"events": events}, question_types=shapes).events) == len(sheet)


def test_scores_differ_from_person_to_person():
    questions = [
        KeyedQuestion(position, 1, QuestionType.SINGLE, "示例法", "ABCD", frozenset("A"), Decimal(2))
        for position in range(1, 51)
    ]
    scores = {
        answers_for(
            passed=True, spec=DEFAULT_SPEC, questions=questions, hardness=EQUAL, numbers=stream(number)
        )[1].score
        for number in range(60)
    }
    assert len(scores) > 8
    assert all(score >= DEFAULT_SPEC.pass_mark for score in scores)


def test_what_is_harder_is_known_by_fewer():
    questions = [
        KeyedQuestion(position, 1, QuestionType.SINGLE, "示例法", "ABCD", frozenset("A"), Decimal(2))
        for position in range(1, 51)
    ]
    hard = {position: 440 if position % 2 else 0 for position in range(1, 51)}
    known = {0: 0, 1: 0}
    for number in range(40):
        sheet, _ = answers_for(
            passed=True, spec=DEFAULT_SPEC, questions=questions, hardness=hard, numbers=stream(number)
        )
        for position, choice in sheet.items():
            known[position % 2] += choice == "A"
    assert known[0] > known[1] * 1.2
