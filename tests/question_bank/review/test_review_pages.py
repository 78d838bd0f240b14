"""What reviewers and authors do on the pages of review: suspending, the half-yearly look, what came back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from core import clock
from core.actor import Actor, Role
from core.db import db
from question_bank.items import pool, queries
from question_bank.items.rules import QuestionType
from question_bank.review.services import reconfirm, submit_for_review
from tests.factories.bank import REVIEWER, client_as, make_item
from tests.factories.office import admit, make_session, make_small_spec, prepare

LONG_AGO = clock.now() - timedelta(days=200)
SOON = clock.now() - timedelta(days=170)


@pytest.fixture
def reviewer(app):
    return client_as(app, "li", Role.REVIEWER)


@pytest.fixture
def author(app):
    return client_as(app, "wang", Role.AUTHOR)


def drawn():
    db.session.rollback()  # what the pages have done is read in a new transaction
    return [row.code for row in pool.pool(clock.day_of(clock.now()))]


def test_suspending_says_what_it_means_and_asks_why(reviewer, author):
    make_item(code="a-1")
    assert "恢复抽用" not in reviewer.page("/bank/items/a-1")
    page = reviewer.page("/bank/review/a-1/suspend")
    assert "没有抽好而未考完的试卷用到它" in page
    refused = reviewer.send("/bank/review/a-1/suspend", {"number": "1", "comment": " "}, status=422)
    assert "请写明暂停的原因" in refused.text
    assert drawn() == ["a-1"]
    reviewer.send("/bank/review/a-1/suspend", {"number": "1", "comment": "选项 B 也说得通"})
    assert drawn() == []
    seen = author.page("/bank/items/a-1")
    assert "第 1 版已暂停抽用" in seen
    assert seen.count("选项 B 也说得通") == 2, "above, and in the history"
    assert "恢复抽用" not in seen, "who writes does not resume"
    reviewer.page("/bank/review/a-1/suspend", status=409)


def test_resuming_shows_the_doubt_beside_the_item_and_asks_why_it_does_not_hold(reviewer):
    make_item(code="a-1")
    reviewer.page("/bank/review/a-1/resume", status=409)
    reviewer.send("/bank/review/a-1/suspend", {"number": "1", "comment": "选项 B 也说得通"})
    page = reviewer.page("/bank/review/a-1/resume")
    assert "选项 B 也说得通" in page
    assert "《示例法》第一条" in page
    refused = reviewer.send("/bank/review/a-1/resume", {"number": "1", "comment": ""}, status=422)
    assert "请写明恢复的理由" in refused.text
    reviewer.send("/bank/review/a-1/resume", {"number": "1", "comment": "第二款排除了 B"})
    assert drawn() == ["a-1"]
    assert "第二款排除了 B" in reviewer.page("/bank/items/a-1")


def test_suspending_names_the_sessions_whose_papers_keep_the_item(reviewer):
    make_small_spec(spare=0)
    held = make_session(name="第三场考试")
    admit(held, 2)
    prepare(held)
    page = reviewer.page(f"/bank/review/{drawn()[0]}/suspend")
    assert "已经抽好的试卷仍会用它" in page
    assert "第三场考试" in page
    assert "2 份" in page


def test_the_inbox_leads_to_what_is_due_with_its_count(reviewer):
    assert "没有到期的试题" in reviewer.page("/bank/review")
    make_item(code="a-1", now=LONG_AGO)
    make_item(code="b-1", now=SOON)
    make_item(code="c-1")
    page = reviewer.page("/bank/review")
    assert "定期复核：1 题到期" in page
    assert "另有 1 题三十日内到期" in page
    page = reviewer.page("/bank/due")
    assert "a-1" in page
    assert "b-1" not in page
    page = reviewer.page("/bank/due?when=soon")
    assert "b-1" in page
    assert "a-1" not in page
    assert "没有到期的试题" in reviewer.page("/bank/due?law=没有这部法")


def test_one_due_item_opens_after_the_other(reviewer):
    for number, law in enumerate(["甲法", "甲法", "乙法", "甲法"]):
        make_item(code=f"a-{number}", law=law, now=LONG_AGO + timedelta(minutes=number))
    reconfirm(item_id=queries.item("a-1").id, number=1, actor=REVIEWER, now=LONG_AGO + timedelta(minutes=9))
    start = re.search(r'href="(/bank/due/[^"]+)">\s*逐题复核', reviewer.page("/bank/due?law=甲法"))[1]
    places = []
    address = start.replace("&amp;", "&")
    while address.startswith("/bank/due/"):
        page = reviewer.page(address)
        places.append((re.search(r"bank/due/([\w-]+)", address)[1], re.search(r"(\d+/\d+) ·", page)[1]))
        address = reviewer.send(address, {"number": "1", "comment": ""}).location
    assert places == [("a-0", "1/3"), ("a-3", "2/3"), ("a-1", "3/3")]
    page = reviewer.page(address)
    assert "没有到期的试题" in page
    assert "a-2" in reviewer.page("/bank/due")
    assert "复核无误" in reviewer.page("/bank/items/a-0")


def test_an_item_that_is_left_for_later_stays_due(reviewer):
    for number in range(3):
        make_item(code=f"a-{number}", now=LONG_AGO + timedelta(minutes=number))
    page = reviewer.page("/bank/due/a-0")
    skip = re.search(r'href="([^"]+)">\s*先跳过', page)[1]
    assert skip == "/bank/due/a-1"
    assert "2/3 ·" in reviewer.page(skip)
    at = reviewer.send("/bank/due/a-2", {"number": "1", "comment": ""}).location
    assert at == "/bank/due/a-0?done=1", "from the end back to what was left out"
    assert "2/3 ·" in reviewer.page(at)


def test_nobody_confirms_what_they_wrote(app):
    both = client_as(app, "zhao", Role.AUTHOR, Role.REVIEWER)
    make_item(code="a-1", author=Actor(label="zhao", unrestricted=True), now=LONG_AGO)
    page = both.page("/bank/due")
    assert "本人命题" in page
    assert "逐题复核" not in page, "there is nothing for this reviewer to begin with"
    assert "这一版是您命的题" in both.page("/bank/due/a-1")
    both.send("/bank/due/a-1", {"number": "1", "comment": ""}, status=403)


def test_what_is_not_in_use_is_not_confirmed(reviewer):
    make_item(code="a-1", approved=False)
    reviewer.page("/bank/due/a-1", status=409)
    reviewer.page("/bank/due/z-9", status=404)
    make_item(code="b-1")
    assert "/1 ·" not in reviewer.page("/bank/due/b-1"), "it is not due, but may be read again"
    assert reviewer.send("/bank/due/b-1", {"number": "1"}).location == "/bank/items/b-1"


def test_a_case_is_confirmed_with_all_its_questions(reviewer):
    make_item(QuestionType.CASE, code="al-1", now=LONG_AGO)
    page = reviewer.page("/bank/due/al-1")
    assert page.count('class="question"') == 2
    assert re.search(r"《示例法》第一条.*?第 2 小题", page, re.DOTALL), (
        "what each question cites stands beside"
    )


def test_an_author_finds_what_came_back_with_its_reason(author, reviewer):
    wang = Actor(label="wang", account_id=None, unrestricted=True)
    item, _ = make_item(code="a-1", approved=False, author=wang)
    submit_for_review(item_id=item.id, number=1, comment="请看第二款", actor=wang, now=clock.now())
    assert "退回待改（0）" in author.page("/bank/items")
    inbox = reviewer.page("/bank/review")
    for words in ("请看第二款", "今天送审", "示例法（1）"):
        assert words in inbox
    assert "请看第二款" in reviewer.page("/bank/review/a-1")
    reviewer.send("/bank/review/a-1/return", {"number": "1", "comment": "选项 B 与 C 重复"})
    assert "退回待改（1）" in author.page("/bank/items")
    page = author.page("/bank/returned")
    assert "选项 B 与 C 重复" in page
    assert "li" in page


def test_the_inbox_marks_the_own_ones(app):
    both = client_as(app, "zhao", Role.AUTHOR, Role.REVIEWER)
    zhao = Actor(label="zhao", unrestricted=True)
    item, _ = make_item(code="a-1", approved=False, author=zhao)
    submit_for_review(item_id=item.id, number=1, actor=zhao, now=clock.now() - timedelta(days=3))
    other, _ = make_item(code="b-1", approved=False)
    submit_for_review(item_id=other.id, number=1, actor=zhao, now=clock.now() - timedelta(days=3))
    page = both.page("/bank/review")
    assert "本人命题，由他人审" in page
    assert "其中 1 题是您命的" in page
    assert "3 天" in page
    assert "/bank/review/a-1" not in page
    assert "a-1" not in both.page("/bank/review?law=没有这部法")


def test_enemies_are_added_with_a_reason_seen_on_both_and_undone(author, reviewer):
    make_item(code="a-1")
    make_item(code="b-1", stem="依照《示例法》，申请人应当在几日内补正材料？")
    assert "没有互斥题" in author.page("/bank/items/a-1")
    refused = author.send("/bank/items/a-1/enemies", {"enemy": "z-9", "reason": " "}, status=422).text
    assert "没有编号为“z-9”的试题" in refused
    assert "请写明为什么不能同卷" in refused
    page = author.send("/bank/items/a-1/enemies", {"enemy": " B-1 ", "reason": "题干给出了答案"}).location
    assert page == "/bank/items/a-1#enemies"
    seen = author.page("/bank/items/a-1")
    assert "题干给出了答案" in seen
    assert "应当在几日内补正材料" in seen
    assert "题干给出了答案" in reviewer.page("/bank/items/b-1")
    again = author.send("/bank/items/b-1/enemies", {"enemy": "a-1", "reason": "x"}, status=422).text
    assert "已经是互斥题" in again
    assert "题干给出了答案" in reviewer.page("/bank/items/b-1/enemies/a-1/remove")
    reviewer.send("/bank/items/b-1/enemies/a-1/remove")
    assert "没有互斥题" in author.page("/bank/items/a-1")
    reviewer.page("/bank/items/b-1/enemies/a-1/remove", status=404)
    author.page("/bank/items/z-9/enemies", status=404)
