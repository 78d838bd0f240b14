"""What authors and reviewers do on the bank's pages."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from core.actor import Actor, Role
from core.db import transaction
from question_bank.items import pool, queries
from question_bank.items.observing import Tally, record_observations
from question_bank.items.rules import Difficulty, ItemState, QuestionType
from question_bank.statutes.services import load_folder
from tests.factories.bank import NOW, client_as, make_item, make_statute_version

SAMPLES = Path(__file__).parents[2] / "data" / "statutes"
TODAY = date(2026, 11, 23)
FORM = {
    "code": "",
    "type": "single",
    "stem": "借阅人借出档案后，最迟应当在几日内归还？",
    "options-0": "五日",
    "options-1": "十日",
    "options-2": "十五日",
    "options-3": "二十日",
    "answer": ["C"],
    "explanation": "依照第四条，十五日内归还。",
    "difficulty": "easy",
    "shuffle": "y",
    "citations-0-law": "示例条例",
    "citations-0-article": "第四条",
}


@pytest.fixture
def author(app):
    load_folder(folder=SAMPLES, actor=Actor.command(), now=NOW)
    return client_as(app, "wang", Role.AUTHOR)


@pytest.fixture
def reviewer(app):
    return client_as(app, "li", Role.REVIEWER)


def test_from_the_empty_form_to_an_item_that_is_drawn(author, reviewer):
    shown = author.send("/bank/items/new", FORM).location
    code = shown.rpartition("/")[2]
    page = author.page(shown)
    assert "十五日内归还" in page
    assert "可以续借一次" in page, "the cited article stands beside the item"
    author.send(f"/bank/review/{code}/submit", {"number": "1"})
    assert code in reviewer.page("/bank/review")
    reviewer.page(f"/bank/review/{code}")
    reviewer.send(f"/bank/review/{code}/approve", {"number": "1", "remark": "对照第四条，无误"})
    assert "对照第四条，无误" in author.page(shown)
    assert [row.code for row in pool.pool(TODAY)] == [code]


def test_the_form_names_every_problem_beside_what_was_typed(author):
    wrong = FORM | {
        "stem": "太短",
        "options-1": "五日",
        "answer": ["A", "H"],
        "explanation": "",
        "citations-0-article": "九十九",
        "citations-1-law": "没有的法",
        "citations-1-article": "1",
        "citations-2-law": "示例条例",
        "citations-2-version": "去年",
        "citations-2-article": "2",
    }
    page = author.send("/bank/items/new", wrong, status=422).text
    for words in ("题干太短", "文字相同", "不在选项之内", "请填写解析", "没有的法", "第 3 条依据的版本"):
        assert words in page
    assert "太短" in page
    page = author.send("/bank/items/new", FORM | {"citations-0-article": "九十九"}, status=422).text
    assert "没有第九十九条" in page


def test_true_false_needs_no_options(author):
    form = {key: value for key, value in FORM.items() if not key.startswith("options")}
    shown = author.send("/bank/items/new", form | {"type": "true_false", "answer": ["B"]}).location
    version = queries.latest_version(queries.item(shown.rpartition("/")[2]).id)
    assert version.options == [["A", "正确"], ["B", "错误"]]
    assert version.shuffle is False


def test_a_law_may_be_typed_with_its_full_name_and_an_older_version_is_refused(author):
    full = {"citations-0-law": "《示例市机关档案借阅条例》", "citations-0-version": "2019-03-01"}
    page = author.send("/bank/items/new", FORM | full, status=422).text
    assert "已经失效" in page
    author.send("/bank/items/new", FORM | full | {"citations-0-version": ""})


def test_a_revision_shows_what_changed_and_a_second_editor_is_told(author):
    shown = author.send("/bank/items/new", FORM).location
    author.page(shown + "/edit")
    revised = FORM | {"stem": "借阅人借出档案后，至迟应当在几日内归还？", "base": "1"}
    author.send(shown + "/edit", revised)
    page = author.page(shown)
    assert "<del>最</del><ins>至</ins>" in page
    assert "第 2 版" in page
    page = author.send(shown + "/edit", revised | {"stem": "另一处修改的题干，同时提交。"}, status=422).text
    assert "已保存了第 2 版" in page
    assert "另一处修改的题干，同时提交。</textarea>" in page
    assert re.search(r"<del>[^<]*至迟[^<]*</del>|<del>借阅人", page)
    assert re.search(r'name="base"[^>]*value="2"', page)
    page = author.send(shown + "/edit", revised | {"base": "2"}, status=422).text
    assert "没有改动" in page


def test_the_same_question_is_refused(author):
    first = author.send("/bank/items/new", FORM).location.rpartition("/")[2]
    twin = FORM | {"options-0": "十日。", "options-1": "五日", "stem": FORM["stem"].replace("，", " , ")}
    assert f"与试题 {first}" in author.send("/bank/items/new", twin, status=422).text


def test_a_return_needs_its_reason_and_the_author_reads_it(author, reviewer):
    code = author.send("/bank/items/new", FORM).location.rpartition("/")[2]
    author.send(f"/bank/review/{code}/submit", {"number": "1"})
    page = reviewer.send(f"/bank/review/{code}/return", {"number": "1", "comment": " "}, status=422).text
    assert "请写明退回的原因" in page
    reviewer.send(f"/bank/review/{code}/return", {"number": "1", "comment": "选项 B 也说得通"})
    assert "选项 B 也说得通" in author.page(f"/bank/items/{code}")
    assert queries.item(code).state is ItemState.DRAFT


def test_nobody_judges_what_they_wrote(app, author):
    both = client_as(app, "wang", Role.REVIEWER)
    code = both.send("/bank/items/new", FORM).location.rpartition("/")[2]
    both.send(f"/bank/review/{code}/submit", {"number": "1"})
    assert "这一版是您命的题" in both.page(f"/bank/review/{code}")
    both.send(f"/bank/review/{code}/approve", {"number": "1"}, status=403)
    assert pool.pool(TODAY) == []


def test_a_retired_item_says_why(author, reviewer):
    _item, _ = make_item(code="old-1")
    reviewer.page("/bank/review/old-1/retire")
    reviewer.send("/bank/review/old-1/retire", {"number": "1", "comment": "所引条例已修改"})
    assert "所引条例已修改" in author.page("/bank/items/old-1")
    author.send("/bank/items/old-1/edit", FORM | {"base": "1"}, status=422)


def test_the_list_is_filtered_and_paged(app, author):
    for number in range(25):
        make_item(code=f"a-{number:02}", approved=number % 2 == 0)
    make_statute_version("乙法")
    make_item(
        QuestionType.MULTIPLE, law="乙法", code="b-1", stem="百分号 % 和下划线 _ 都是普通文字，这里选出两项。"
    )
    first = author.page("/bank/items")
    assert "共 26 题" in first
    assert "a-19" in first
    assert "a-20" not in first
    assert "a-20" in author.page("/bank/items?page=2")
    assert "a-20" in author.page("/bank/items?page=99")
    for query, count in (("law=乙法", 1), ("type=multiple", 1), ("state=draft", 12), ("text=B-1", 1)):
        assert f"共 {count} 题" in author.page(f"/bank/items?{query}")
    assert "共 1 题" in author.page("/bank/items?text=%25 和")
    assert "没有符合条件的试题" in author.page("/bank/items?text=%25%25")
    assert "共 26 题" in author.page("/bank/items?type=essay")


def test_what_was_observed_stands_beside_the_estimate_and_can_be_asked_for(app, author):
    _, hard = make_item(code="a-1", difficulty=Difficulty.HARD)
    _, fine = make_item(code="b-1", difficulty=Difficulty.HARD)
    make_item(code="c-1")
    tallies = {hard.id: Tally(200, 190), fine.id: Tally(200, 90)}
    with transaction():
        record_observations(source="第一场", tallies=tallies, actor=Actor.command(), now=NOW)
    page = author.page("/bank/items/a-1")
    for words in ("95.0 %", "91.0–97.3 %", "200 人次，1 场", "比估计容易", "在下一版改正难度"):
        assert words in page, words
    assert "与估计相符" in author.page("/bank/items/b-1")
    assert "还没有人在正式场次里作答过" in author.page("/bank/items/c-1")
    listed = author.page("/bank/items")
    assert "95 %" in listed
    assert "45 %" in listed
    assert "共 3 题" in listed
    asked = author.page("/bank/items?contradicted=y")
    assert "共 1 题" in asked
    assert "a-1" in asked
    many = re.search(r'href="(/bank/use\?[^"]*to=reserved[^"]*)"', asked)[1].replace("&amp;", "&")
    assert re.search(r"符合条件.*?1 道", author.page(many), re.DOTALL), "the same items, not all"
    assert "没有符合条件的试题" in author.page("/bank/items?contradicted=y&text=b-1")


def test_the_law_pages_show_versions_articles_and_who_cites_them(author):
    code = author.send("/bank/items/new", FORM).location.rpartition("/")[2]
    listed = author.page("/bank/statutes?text=示例")
    assert listed.count("示例条例</a>") == 1
    law = author.page(re.search(r'href="(/bank/statutes/laws/\d+)"', listed)[1])
    address = re.search(r'href="/bank/statutes/(\d+)">2025-10-20', law)[1]
    law = author.page(f"/bank/statutes/{address}")
    assert "第三条之一" in law
    assert code in author.page(f"/bank/citing/{address}")
    assert code in author.page(f"/bank/citing/{address}?article=4")
    assert code not in author.page(f"/bank/citing/{address}?article=5")
    author.page("/bank/statutes/99999", status=404)


@pytest.mark.parametrize("address", ["/bank/items", "/bank/items/new", "/bank/review", "/bank/statutes"])
def test_a_candidate_and_an_officer_are_kept_out(app, address):
    make_item(code="a-1")
    for name, role in (("zhao", Role.CANDIDATE), ("qian", Role.OFFICER)):
        client_as(app, name, role).page(address, status=403)


def test_an_author_does_not_review_and_a_reviewer_does_not_write(app, author, reviewer):
    make_item(code="a-1", approved=False)
    author.send("/bank/review/a-1/approve", {"number": "1"}, status=403)
    author.send("/bank/review/a-1/retire", {"number": "1", "comment": "x"}, status=403)
    reviewer.send("/bank/items/new", FORM, status=403)
    reviewer.send("/bank/items/a-1/edit", FORM | {"base": "1"}, status=403)
    reviewer.send("/bank/review/a-1/submit", {"number": "1"}, status=403)
