"""The same question is refused, whoever is quicker; questions much alike are found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from core.db import db, transaction
from core.errors import Invalid
from question_bank.items.duplicates import asked_by, near_duplicates
from question_bank.items.indexing import StoredVersion, index_versions
from question_bank.items.models import Item, ItemVersion
from question_bank.items.rules import QuestionType
from question_bank.items.services import create_item, revise_item
from question_bank.items.wording import fingerprint
from question_bank.review.services import retire
from tests.factories.bank import AUTHOR, NOW, REVIEWER, make_draft, make_item, make_statute_version

LONG = make_draft(
    stem="行政机关在作出责令停产停业的行政处罚决定之前，应当告知当事人有要求举行听证的权利，当事人要求听证的，组织听证的机关是下列哪一个？"
)


def reworded(draft, **fields):
    """Much the same question."""
    return replace(draft, stem=draft.stem.replace("下列哪一个", "以下哪个"), **fields)


def test_a_much_alike_question_is_found_with_its_score(either_app):
    make_item(code="a-1", draft=LONG)
    make_item(code="a-2")
    ((near,),) = near_duplicates([reworded(LONG)])
    assert (near.code, near.stem, near.row) == ("a-1", LONG.stem, None)
    assert 0.8 < near.score < 1
    assert near_duplicates([make_draft(stem="另一部法律另一件事，毫不相干的题干写在这里。")]) == [()]


def test_an_item_is_not_its_own_near_duplicate_but_its_older_wording_counts_for_others(either_app):
    item, _ = make_item(code="a-1", draft=LONG)
    assert near_duplicates([reworded(LONG)], except_item_id=item.id) == [()]
    revise_item(item_id=item.id, base=1, draft=make_draft(), actor=AUTHOR, now=NOW)
    ((near,),) = near_duplicates([reworded(LONG)])
    assert near.code == "a-1"


def test_a_retired_item_is_alike_to_nothing(either_app):
    item, _ = make_item(draft=LONG)
    retire(item_id=item.id, number=1, comment="重复", actor=REVIEWER, now=NOW)
    assert near_duplicates([reworded(LONG)]) == [()]


def test_a_batch_is_compared_with_itself_and_the_best_come_first(either_app):
    make_item(code="a-1", draft=LONG)
    shorter = reworded(LONG, options=LONG.options[:3])
    found = near_duplicates([make_draft(stem="与其他各题毫不相干的一道题。"), shorter, reworded(LONG)])
    assert [{near.row for near in of_draft} for of_draft in found] == [set(), {None}, {None, 1}]
    assert found[2][0].score > found[2][1].score


def test_of_very_many_alike_the_cost_is_bounded_and_some_are_told(app):
    many = [replace(LONG, stem=f"{LONG.stem}（第 {n} 稿）") for n in range(300)]
    found = near_duplicates(many)
    assert [len(of_draft) for of_draft in found[5:]] == [5] * 295


def test_cases_are_compared_with_their_questions(either_app):
    case = make_draft(QuestionType.CASE, stem="某县执法人员对一家企业的违法行为立案调查。")
    make_item(code="al-1", draft=case)
    ((near,),) = near_duplicates([replace(case, stem="某县执法人员对一家公司的违法行为立案调查。")])
    assert near.code == "al-1"


def test_the_same_question_is_named_by_its_owner(either_app):
    item, _ = make_item(code="a-1", draft=LONG)
    assert asked_by([fingerprint(LONG), fingerprint(make_draft())]) == {fingerprint(LONG): "a-1"}
    other = make_draft()
    revise_item(item_id=item.id, base=1, draft=other, actor=AUTHOR, now=NOW)
    for draft in (LONG, other):
        with pytest.raises(Invalid, match="a-1"):
            create_item(draft=draft, actor=AUTHOR, now=NOW)
    revise_item(item_id=item.id, base=2, draft=LONG, actor=AUTHOR, now=NOW)


def test_a_retired_question_may_be_asked_again(either_app):
    item, _ = make_item(draft=LONG)
    retire(item_id=item.id, number=1, comment="重做", actor=REVIEWER, now=NOW)
    make_item(code="b-1", draft=LONG)
    assert asked_by([fingerprint(LONG)]) == {fingerprint(LONG): "b-1"}


def test_a_batch_names_every_item_that_asks_the_same(either_app):
    first, version = make_item(code="a-1", draft=LONG)
    second, _ = make_item(code="a-2")
    again = StoredVersion(second.id, version.id, LONG)
    with pytest.raises(Invalid) as refused, transaction():
        index_versions([again])
    assert [(p.code, p.data["code"]) for p in refused.value.problems] == [("duplicate", "a-1")]
    new = make_draft()
    twins = [StoredVersion(first.id, version.id, new), StoredVersion(second.id, version.id, new)]
    with pytest.raises(Invalid), transaction():
        index_versions(twins)
    assert asked_by([fingerprint(new)]) == {}


def test_of_two_who_save_the_same_at_once_one_is_told(either_app):
    """Both are past the look for duplicates before either writes: the unique key decides."""
    make_statute_version()
    db.session.rollback()

    def save(number):
        with either_app.app_context():
            try:
                create_item(draft=LONG, code=f"same-{number}", actor=AUTHOR, now=NOW)
            except Invalid as error:
                return error
            finally:
                db.session.remove()
        return None

    with ThreadPoolExecutor(6) as pool:
        raised = list(pool.map(save, range(6)))
    assert sum(error is None for error in raised) == 1
    assert {p.code for error in raised if error for p in error.problems} == {"duplicate"}
    assert db.session.scalar(select(func.count()).select_from(Item)) == 1
    assert db.session.scalar(select(func.count()).select_from(ItemVersion)) == 1
