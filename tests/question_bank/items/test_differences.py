"""What changed between two versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from core.people.rules import UnitFamily
from question_bank.items.differences import changes
from question_bank.items.rules import CitationDraft, Difficulty, QuestionType
from tests.factories.bank import make_draft

SINGLE = make_draft(QuestionType.SINGLE)
FILL_IN = make_draft(QuestionType.BLANK)
CASE = make_draft(QuestionType.CASE)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_change_shows_both_texts_whole(before, after):
    found = {c.field: c.pieces for c in changes(replace(SINGLE, stem=before), replace(SINGLE, stem=after))}
    if before == after:
        assert found == {}
    else:
        pieces = found["stem"]
        assert "".join(text for kind, text in pieces if kind != "new") == before
        assert "".join(text for kind, text in pieces if kind != "gone") == after


def test_changes_name_the_fields_that_differ():
    after = replace(
        SINGLE, answer="C", citations=(CitationDraft("示例法", date(2020, 1, 1), "2", 1),), shuffle=False
    )
    assert [change.field for change in changes(SINGLE, after)] == ["answer", "citations", "shuffle"]


def test_accepted_answers_and_families_are_told_apart():
    after = replace(FILL_IN, accepted=(("三十日",), ("六十日",)), families=(UnitFamily.COURT,))
    assert [change.field for change in changes(FILL_IN, after)] == ["accepted", "families"]


def test_a_change_of_a_case_names_its_question():
    second = replace(CASE.questions[1], answer="B")
    after = replace(CASE, questions=(CASE.questions[0], second))
    assert [(c.question, c.field) for c in changes(CASE, after)] == [(2, "answer")]


def test_a_question_more_or_less_is_shown_whole():
    shorter = replace(CASE, questions=CASE.questions[:1])
    gone = next(c for c in changes(CASE, shorter) if c.field == "stem")
    assert (gone.question, gone.pieces) == (2, (("gone", CASE.questions[1].stem),))
    new = next(c for c in changes(shorter, CASE) if c.field == "stem")
    assert (new.question, new.pieces) == (2, (("new", CASE.questions[1].stem),))


def pieces(before, after):
    (change,) = changes(replace(SINGLE, stem=before), replace(SINGLE, stem=after))
    return change.pieces


def test_figures_and_words_are_compared_whole():
    assert pieces("应当在15日内办结。另有规定的除外。", "应当在150日内办结。另有规定的除外。") == (
        ("same", "应当在"),
        ("gone", "15"),
        ("new", "150"),
        ("same", "日内办结。另有规定的除外。"),
    )


def test_a_passage_written_anew_is_shown_whole_beside_what_stayed():
    assert pieces("前一句没有改动。申请人可以复议。", "前一句没有改动。逾期不受理任何请求。") == (
        ("same", "前一句没有改动。"),
        ("gone", "申请人可以复议。"),
        ("new", "逾期不受理任何请求。"),
    )


def test_a_value_that_is_chosen_is_shown_before_and_after():
    after = replace(SINGLE, difficulty=Difficulty.HARD, families=(UnitFamily.COURT,))
    assert [(change.field, change.pieces) for change in changes(SINGLE, after)] == [
        ("difficulty", (("gone", "medium"), ("new", "hard"))),
        ("families", (("new", "法院"),)),
    ]


def test_a_question_that_moved_is_told_by_its_places_alone():
    turned = replace(CASE, questions=CASE.questions[::-1])
    assert [(c.question, c.field, c.pieces) for c in changes(CASE, turned)] == [
        (1, "place", (("gone", "第 2"), ("new", "第 1"))),
        (2, "place", (("gone", "第 1"), ("new", "第 2"))),
    ]


def test_a_question_reworded_stays_the_same_one_though_another_came_before_it():
    second = replace(CASE.questions[1], stem=CASE.questions[1].stem.replace("正确", "恰当"))
    first = make_draft(stem="毫不相干的一道新题，问的是另一件事情。")
    after = replace(CASE, questions=(first, CASE.questions[0], second))
    found = {(c.question, c.field, c.fate) for c in changes(CASE, after)}
    assert (1, "stem", "new") in found
    assert {each for each in found if each[0] != 1} == {(3, "stem", "")}


def test_a_question_replaced_by_another_is_gone_and_the_other_new():
    other = make_draft(QuestionType.TRUE_FALSE, stem="毫不相干的一道新题，说的是另一件事情。")
    after = replace(CASE, questions=(CASE.questions[0], other))
    found = [(c.question, c.field, c.fate) for c in changes(CASE, after) if c.field == "stem"]
    assert found == [(2, "stem", "gone"), (2, "stem", "new")]


@given(st.permutations(range(5)), st.integers(0, 5))
def test_every_question_of_both_versions_is_kept_moved_gone_or_new(order, dropped):
    stems = ["受案", "立案后调查", "听证告知期限", "送达方式与回证", "强制执行的申请"]
    questions = tuple(make_draft(stem=f"{stem}：下列哪一项符合法律规定？{stem}") for stem in stems)
    before = replace(CASE, questions=questions)
    kept = [index for index in order if index != dropped]
    after = replace(CASE, questions=tuple(questions[index] for index in kept))
    found = changes(before, after)
    assert {c.question for c in found if c.fate == "gone"} == {dropped + 1} - {6}
    moved = {c.question for c in found if c.field == "place"}
    in_order = kept == sorted(kept)
    assert moved == (set() if in_order else {at + 1 for at, index in enumerate(kept) if at != index})
