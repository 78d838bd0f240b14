"""What changed between two versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from core.people.rules import UnitFamily
from question_bank.items.differences import changes
from question_bank.items.rules import CitationDraft, QuestionType
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
