"""What examinations may draw, show and mark."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from core.people.rules import UnitFamily
from question_bank.items import pool, queries
from question_bank.items.rules import Difficulty, QuestionType
from question_bank.items.services import revise_item
from question_bank.review.services import approve, retire, submit_for_review
from tests.factories.bank import AUTHOR, NOW, REVIEWER, make_draft, make_item, make_statute_version

TODAY = date(2026, 11, 23)


def test_only_approved_items_are_drawn_in_the_order_of_their_codes(either_app):
    make_item(code="zz-1")
    make_item(code="aa-1", type=QuestionType.TRUE_FALSE, difficulty=Difficulty.HARD)
    make_item(code="mm-1", approved=False)
    rows = pool.pool(TODAY)
    assert [row.code for row in rows] == ["aa-1", "zz-1"]
    assert (rows[0].type, rows[0].difficulty, rows[0].letters) == (
        QuestionType.TRUE_FALSE,
        Difficulty.HARD,
        "AB",
    )
    assert (rows[1].law, rows[1].letters, rows[1].shuffle) == ("示例法", "ABCD", True)


def test_an_approved_version_stays_in_use_until_its_successor_is_approved(either_app):
    item, first = make_item()
    revise_item(item_id=item.id, base=1, draft=make_draft(key="C"), actor=AUTHOR, now=NOW)
    assert [row.item_version_id for row in pool.pool(TODAY)] == [first.id]
    submit_for_review(item_id=item.id, number=2, actor=AUTHOR, now=NOW)
    assert [row.item_version_id for row in pool.pool(TODAY)] == [first.id]
    approve(item_id=item.id, number=2, actor=REVIEWER, now=NOW)
    second = queries.latest_version(item.id)
    assert [row.item_version_id for row in pool.pool(TODAY)] == [second.id]
    assert pool.keys([first.id, second.id])[second.id].answer == "C"


def test_a_retired_item_is_not_drawn_but_can_still_be_shown_and_marked(either_app):
    item, version = make_item(key="B")
    retire(item_id=item.id, number=1, comment="法条已修改", actor=REVIEWER, now=NOW)
    assert pool.pool(TODAY) == []
    assert version.id in pool.contents([version.id])
    assert pool.keys([version.id])[version.id] == pool.Keyed("B", "示例法", QuestionType.SINGLE)


@pytest.mark.parametrize(
    ("day", "drawn"), [(date(2020, 6, 30), 0), (date(2020, 7, 1), 1), (date(2027, 1, 1), 0)]
)
def test_an_item_is_drawn_only_while_every_law_that_it_cites_is_in_force(either_app, day, drawn):
    make_statute_version("甲法", in_force_from=date(2020, 7, 1), in_force_until=date(2027, 1, 1))
    make_item(law="甲法")
    assert len(pool.pool(day)) == drawn


def test_what_a_candidate_is_shown_has_no_place_for_a_key(either_app):
    _, version = make_item(key="D")
    names = {field.name for field in fields(pool.Content)}
    assert names == {"item_version_id", "type", "stem", "options", "shuffle", "material_id"}
    content = pool.contents([version.id])[version.id]
    assert content.options[0] == ("A", version.options[0][1])
    assert version.explanation not in repr(content)


def test_a_solution_names_the_articles(either_app):
    _, version = make_item(key="D", article="7")
    solution = pool.solutions([version.id])[version.id]
    assert solution.answer == "D"
    assert solution.citations == (pool.CitedArticle("示例法", date(2020, 1, 1), "7", None),)


def test_papers_draw_the_other_types_only_when_asked(either_app):
    for number, kind in enumerate(QuestionType):
        make_item(kind, code=f"a-{number}")
    assert {row.type for row in pool.pool(TODAY)} == {
        QuestionType.SINGLE,
        QuestionType.MULTIPLE,
        QuestionType.TRUE_FALSE,
    }
    assert {row.type for row in pool.pool(TODAY, frozenset(QuestionType))} == set(QuestionType)


def test_a_case_is_drawn_with_its_questions_and_they_lead_to_its_material(either_app):
    draft = make_draft(QuestionType.CASE)
    _, version = make_item(draft=draft)
    (row,) = pool.pool(TODAY, {QuestionType.CASE})
    assert (row.item_version_id, row.letters) == (version.id, "")
    assert [(question.type, question.letters) for question in row.questions] == [
        (QuestionType.SINGLE, "ABCD"),
        (QuestionType.TRUE_FALSE, "AB"),
    ]
    ids = [question.item_version_id for question in row.questions]
    shown = pool.contents(ids)
    assert [shown[i].stem for i in ids] == [question.stem for question in draft.questions]
    assert {content.material_id for content in shown.values()} == {version.id}
    material = pool.contents([version.id])[version.id]
    assert (material.stem, material.material_id) == (draft.stem, None)
    keys = pool.keys(ids)
    assert [keys[i].answer for i in ids] == [question.answer for question in draft.questions]


def test_a_case_waits_for_the_law_of_each_of_its_questions(either_app):
    make_statute_version("乙法", in_force_until=date(2027, 1, 1))
    case = make_draft(QuestionType.CASE)
    make_item(draft=replace(case, questions=(*case.questions, make_draft(law="乙法"))))
    assert len(pool.pool(TODAY, {QuestionType.CASE})) == 1
    assert pool.pool(date(2027, 1, 1), {QuestionType.CASE}) == []


def test_a_fill_in_is_marked_by_what_it_accepts_and_shown_without(either_app):
    _, version = make_item(QuestionType.BLANK)
    content = pool.contents([version.id])[version.id]
    assert (content.blanks, content.options) == (2, ())
    accepted = (("三十日", "30日"), ("六十日",))
    assert pool.keys([version.id])[version.id].accepted == accepted
    assert pool.solutions([version.id])[version.id].accepted == accepted
    assert not any(text in repr(content) for texts in accepted for text in texts)


def test_a_question_to_be_marked_by_people_has_a_reference(either_app):
    _, version = make_item(QuestionType.SHORT)
    reference = pool.solutions([version.id])[version.id].reference
    assert reference
    assert reference not in repr(pool.contents([version.id])[version.id])


@pytest.mark.parametrize("kind", list(QuestionType))
def test_what_was_written_is_what_is_read(either_app, kind):
    draft = make_draft(kind)
    _, version = make_item(draft=replace(draft, families=(UnitFamily.COURT,), part="专业清单"))
    read = queries.draft_of(version)
    assert read == replace(draft, families=(UnitFamily.COURT,), part="专业清单")
    assert read.questions == draft.questions
