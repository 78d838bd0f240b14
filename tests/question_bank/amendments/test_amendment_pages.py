"""What reviewers do on the pages of amendments, from the start page to the item that is drawn again."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core import clock
from core.actor import Role
from core.db import db
from question_bank.amendments.queries import queue
from question_bank.items import pool
from question_bank.items.rules import QuestionType
from question_bank.statutes.queries import version_ids, version_row
from tests.factories.bank import client_as, make_draft, make_item
from tests.factories.laws import BEFORE, LAW, NEW, NEW_FROM, OLD, OLD_TEXTS, load_new, load_old


@pytest.fixture
def ids(app, tmp_path):
    load_old(tmp_path)
    for article in OLD_TEXTS:
        make_item(code=f"a-{article}", law=LAW, version=OLD, article=article, now=BEFORE)
    return load_new(tmp_path)


@pytest.fixture
def reviewer(app, ids):
    return client_as(app, "li", Role.REVIEWER)


def drawn():
    db.session.rollback()  # what the pages stored is read in a new transaction
    return [row.code for row in pool.pool(NEW_FROM)]


def ticked(page):
    return re.findall(r'name="articles"\s+value="(\w+)"\s+checked', page)


def address(code):
    db.session.rollback()
    row = next(row for row in queue(clock.day_of(clock.now())) if row.code == code)
    return f"/bank/amendments/{row.item_version_id}/{row.position}"


def test_from_the_start_page_to_an_item_that_passes(reviewer, ids):
    assert "3 题将停止抽用，1 部法规的条号待确认" in reviewer.page("/")
    page = reviewer.page("/bank/amendments")
    assert "a-3" in page
    assert f"将于 {NEW_FROM}" in page
    page = reviewer.page(address("a-3"))
    assert "十日内归还" in page
    assert "<ins>二" in page, "what the new wording adds is marked"
    form = {"version": ids[1], "article": "4", "reason": "期限改了，但本题只问能否续借"}
    reviewer.send(address("a-3"), form)
    assert "a-3" in drawn()
    assert "a-3 的这处依据已确认" in reviewer.page("/bank/amendments")
    assert "a-3" not in reviewer.page("/bank/amendments")
    page = reviewer.page("/bank/items/a-3")
    assert "依 2025-10-20 版本第四条仍成立：期限改了" in page


def test_another_article_is_shown_before_it_is_confirmed(reviewer, ids):
    here = address("a-4")
    page = reviewer.page(here)
    assert "没有对应的条文" in page
    assert "仍然成立" not in page
    page = reviewer.page(f"{here}?article=第二条")
    assert "不得自行复制" in page
    assert 'name="article" type="hidden" value="2"' in page
    assert "新版没有这一条" in reviewer.page(f"{here}?article=99")
    reviewer.send(here, {"version": ids[1], "article": "2", "reason": "改引第二条"})
    assert "a-4" in drawn()


def test_what_is_wrong_stands_on_the_page_and_what_was_typed_is_kept(reviewer, ids):
    form = {"version": ids[1], "article": "4", "reason": ""}
    assert "请写明试题为什么仍然成立" in reviewer.send(address("a-3"), form, status=422).text
    stale = {"version": ids[0], "article": "4", "reason": "已对照第四条"}
    page = reviewer.send(address("a-3"), stale, status=422).text
    assert "又有新的版本" in page
    assert "已对照第四条" in page


def test_moved_articles_are_confirmed_at_once(reviewer, ids):
    moves = f"/bank/statutes/compare/{ids[0]}/{ids[1]}/moves"
    assert ticked(reviewer.page(moves)) == []
    assert ticked(reviewer.page(f"{moves}?select=same")) == ["2"], "the one whose text is the same"
    reviewer.send(moves, {"articles": ["2"]})
    assert "a-2" in drawn()
    page = reviewer.page(moves)
    assert "li" in page
    reviewer.send(moves, {"articles": ["3"], "act": "reworded"})
    assert "有实质修改，逐题复核" in reviewer.page(moves)
    assert "a-3" not in drawn()
    assert "至少选择一条" in reviewer.send(moves, {}, status=422).text


def test_a_move_is_corrected_with_a_reason(reviewer, ids):
    one = f"/bank/statutes/compare/{ids[0]}/{ids[1]}/3"
    assert "相似度" in reviewer.page(one)
    wrong = reviewer.send(one, {"new_article": "第几条", "reason": "x"}, status=422).text
    assert "条号应写成" in wrong
    reviewer.send(one, {"new_article": "", "reason": "期限不同，不是同一条"})
    page = reviewer.page(f"/bank/statutes/compare/{ids[0]}/{ids[1]}/moves")
    assert "期限不同，不是同一条" in page
    reviewer.page(f"/bank/statutes/compare/{ids[0]}/{ids[1]}/1", status=404)


def test_a_law_its_comparison_and_an_article_show_their_history(reviewer, ids):
    page = reviewer.page("/bank/statutes?text=借阅")
    law = f"/bank/statutes/laws/{statute_id()}"
    assert law in page
    assert f"{NEW_FROM} 起有新版" in page
    page = reviewer.page(law)
    assert f"/bank/statutes/compare/{ids[0]}/{ids[1]}" in page
    assert "2 条待确认" in page
    page = reviewer.page(f"/bank/statutes/compare/{ids[0]}/{ids[1]}")
    assert "<ins>二" in page
    assert "所称借阅" not in page, "what is unchanged is counted, not shown"
    assert "所称借阅" in reviewer.page(f"/bank/statutes/compare/{ids[0]}/{ids[1]}?change=unchanged")
    assert reviewer.page(f"/bank/statutes/compare/{ids[1]}/{ids[0]}", status=404)
    page = reviewer.page(f"/bank/statutes/{ids[1]}/articles/4")
    assert f"/bank/statutes/{ids[0]}/articles/3" in page, "the article that it was before"
    reviewer.page(f"/bank/statutes/{ids[1]}/articles/77", status=404)


def statute_id():
    return version_row(version_ids([LAW])[LAW, NEW]).statute_id


def test_a_question_of_a_case_is_shown_with_its_material(app, tmp_path):
    load_old(tmp_path)
    case = make_draft(QuestionType.CASE, law=LAW, version=OLD, article="1")
    moved = make_draft(law=LAW, version=OLD, article="3")
    case = replace(case, stem="某单位借出档案一份，到期未还。", questions=(*case.questions, moved))
    make_item(code="case-1", draft=case, now=BEFORE)
    load_new(tmp_path)
    reviewer = client_as(app, "li", Role.REVIEWER)
    assert "case-1 第 3 问" in reviewer.page("/bank/amendments")
    page = reviewer.page(address("case-1"))
    assert case.stem in page
    assert moved.stem in page
    assert [row.code for row in pool.pool(NEW_FROM, {QuestionType.CASE})] == [], "the whole case waits"
    assert f"自 {NEW_FROM} 起停止抽用" in reviewer.page("/bank/items/case-1")


def test_an_author_sees_the_queue_but_settles_nothing(app, ids):
    author = client_as(app, "wang", Role.AUTHOR)
    assert "a-3" in author.page("/bank/amendments")
    page = author.page(address("a-3"))
    assert "仍然成立" not in page
    author.send(address("a-3"), {"version": ids[1], "article": "4", "reason": "x"}, status=403)
    author.page(f"/bank/statutes/compare/{ids[0]}/{ids[1]}/moves", status=403)
