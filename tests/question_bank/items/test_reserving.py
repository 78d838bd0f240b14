"""Items kept for sessions: marked one by one or by a filtered list, with reason, count and trace."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from core import clock
from core.actor import Actor, Role
from core.db import db
from core.errors import Conflict, Invalid, NotAllowed
from question_bank.items import pool, queries
from question_bank.items.queries import ItemFilter
from question_bank.items.reserving import mark_item, mark_matching
from question_bank.items.rules import ItemState, QuestionType, Use
from question_bank.items.uses import Marking, marking, marks_of, sessions_ahead, token_of
from question_bank.review.services import retire
from tests.factories.bank import AUTHOR, NOW, REVIEWER, client_as, make_item
from tests.factories.sittings import make_exam_session, make_questions, make_sitting

TODAY = date(2026, 11, 23)


def uses():
    """Code → whether it is kept, of what is drawn, as everyone sees it now."""
    db.session.rollback()
    return {row.code: row.reserved for row in pool.pool(TODAY, frozenset(QuestionType))}


def mark(code, *, reserved=True, reason="本次考试要用", actor=AUTHOR):
    mark_item(item_id=queries.item(code).id, reserved=reserved, reason=reason, actor=actor, now=NOW)


def mark_law(law, expected, *, reserved=True):
    return mark_matching(
        wanted=ItemFilter(law=law),
        reserved=reserved,
        expected=expected,
        reason="整部保留",
        actor=AUTHOR,
        now=NOW,
    )


def test_an_item_is_kept_for_sessions_and_let_go_with_a_trace(either_app):
    make_item(code="a-1")
    assert uses() == {"a-1": False}
    mark("a-1")
    mark("a-1", reason="再按一次")
    assert uses() == {"a-1": True}
    with pytest.raises(Invalid, match="请写明"):
        mark("a-1", reserved=False, reason=" ")
    mark("a-1", reserved=False, reason="题目已经用过", actor=REVIEWER)
    assert uses() == {"a-1": False}
    assert [(mark.reserved, mark.reason, mark.actor) for mark in marks_of("a-1")] == [
        (False, "题目已经用过", REVIEWER.label),
        (True, "本次考试要用", AUTHOR.label),
    ]


def test_only_who_writes_or_reviews_marks_and_a_retired_item_stays(app):
    make_item(code="a-1")
    with pytest.raises(NotAllowed):
        mark("a-1", actor=Actor(label="officer"))
    retire(item_id=queries.item("a-1").id, number=1, comment="重复", actor=REVIEWER, now=NOW)
    with pytest.raises(Conflict, match="已停用"):
        mark("a-1")


def test_all_items_of_a_law_are_kept_and_no_others(either_app):
    for number in range(3):
        make_item(code=f"a-{number}", law="甲法")
    make_item(code="b-1", law="乙法")
    mark("a-0")
    assert marking(ItemFilter(law="甲法"), reserved=True) == Marking(3, 2, 0, 2)
    with pytest.raises(Conflict, match="现在是 2 道"):
        mark_law("甲法", 3)
    assert mark_law("甲法", 2) == 2
    assert uses() == {"a-0": True, "a-1": True, "a-2": True, "b-1": False}
    assert mark_law("甲法", 0) == 0
    assert [len(marks_of(code)) for code in ("a-0", "a-1", "b-1")] == [1, 1, 0]
    assert queries.item_page(ItemFilter(use=Use.RESERVED), 1).total == 3


def test_the_pages_tell_and_change_what_an_item_is_for(app):
    author = client_as(app, "wang", Role.AUTHOR)
    make_item(code="a-1")
    assert "可以练习" in author.page("/bank/items/a-1")
    assert "没有保留的题" in author.page("/bank/items/a-1/use")
    author.send("/bank/items/a-1/use", {"reserved": "y", "reason": ""})
    assert "仅供考试" in author.page("/bank/items/a-1").partition("<main")[2]
    assert "收不回" in author.page("/bank/items/a-1/use")
    refused = author.send("/bank/items/a-1/use", {"reserved": "", "reason": ""}, status=422).text
    assert "请写明为什么可以公开答案" in refused
    author.send("/bank/items/a-1/use", {"reserved": "", "reason": "已经考过"})
    assert "已经考过" in author.page("/bank/items/a-1/use")
    assert "可以练习" in author.page("/bank/items/a-1")


def test_a_filtered_list_is_marked_after_its_number_was_confirmed(app):
    reviewer = client_as(app, "li", Role.REVIEWER)
    for number in range(3):
        make_item(code=f"a-{number}", law="甲法", approved=number > 0)
    make_item(code="b-1", law="乙法")
    listed = reviewer.page("/bank/items?law=甲法")
    address = re.search(r'href="(/bank/use\?to=reserved[^"]*)"', listed)[1].replace("&amp;", "&")
    page = reviewer.page(address)
    assert "3 道，其中 2 道已通过审核" in page
    assert "《甲法》" in page
    expected = re.search(r'name="expected"[^>]*value="(\d+)"', page)[1]
    make_item(code="a-9", law="甲法")
    changed = reviewer.send(address, {"expected": expected, "reason": "春季考试"}, status=422).text
    assert "现在是 4 道" in changed
    assert re.search(r'name="expected"[^>]*value="4"', changed), "the page shows the new number to confirm"
    reviewer.send(address, {"expected": "4", "reason": "春季考试"})
    assert uses() == {"a-1": True, "a-2": True, "a-9": True, "b-1": False}
    assert "没有要改的题" in reviewer.page(address)
    assert "共 1 题" in reviewer.page("/bank/items?use=practice")
    assert "共 4 题" in reviewer.page("/bank/items?use=reserved")
    assert "没有符合条件" in reviewer.page("/bank/items?use=published")


def test_a_new_item_is_kept_unless_its_author_says_otherwise(app):
    author = client_as(app, "wang", Role.AUTHOR)
    assert " checked" in re.search(r'<input[^>]*\bname="reserved"[^>]*>', author.page("/bank/items/new"))[0]
    make_item(code="a-1")
    form = {
        "type": "true_false",
        "stem": "借出的档案可以不还。",
        "answer": "B",
        "explanation": "应当归还。",
        "difficulty": "easy",
        "citations-0-law": "示例法",
        "citations-0-article": "1",
    }
    author.send("/bank/items/new", form | {"code": "kept", "reserved": "y"})
    author.send("/bank/items/new", form | {"code": "open", "stem": "借出的档案应当归还。"})
    db.session.rollback()
    assert queries.item("kept").reserved
    assert not queries.item("open").reserved
    assert queries.item("open").state is ItemState.DRAFT


def test_of_two_who_mark_the_same_list_at_once_one_changes_it_and_the_other_is_told(either_app):
    for number in range(3):
        make_item(code=f"a-{number}", law="甲法")
    db.session.rollback()

    def mark_all(_number):
        with either_app.app_context():
            try:
                return mark_law("甲法", 3)
            except Conflict as error:
                return error.code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(mark_all, range(4)))
    assert sorted(outcomes, key=str) == [3, "changed", "changed", "changed"]
    assert [len(marks_of(f"a-{number}")) for number in range(3)] == [1, 1, 1]


def test_letting_go_what_a_session_asks_wants_that_session_seen(either_app):
    questions = make_questions(reserved=True)
    make_sitting(session=make_exam_session(name="下一场"), questions=questions)
    code = questions[0][0].code
    with pytest.raises(Conflict) as refused:
        mark(code, reserved=False)
    assert refused.value.code == "sessions_ahead"
    assert uses()[code]
    with pytest.raises(Conflict):
        mark_law("示例法", 4, reserved=False)
    (ahead,) = sessions_ahead([questions[0][0].id], now=NOW)
    assert (ahead.name, len(ahead.on_papers)) == ("下一场", 1)
    mark_item(
        item_id=questions[0][0].id,
        reserved=False,
        reason="下一场已换题",
        seen=token_of([ahead]),
        actor=AUTHOR,
        now=NOW,
    )
    assert not uses()[code]


def test_the_pages_of_use_name_the_sessions_ahead(app):
    questions = make_questions(reserved=True)
    now = clock.now()
    make_exam_session(name="将来一场", now=now)
    author = client_as(app, "wang", Role.AUTHOR)
    code = questions[0][0].code
    for url in (f"/bank/items/{code}/use", "/bank/use?to=practice"):
        page = author.page(url)
        assert "将来一场" in page
        hidden = dict(re.findall(r'<input[^>]*name="(seen|expected|reserved)"[^>]*value="([^"]*)"', page))
        blind = author.send(url, {**hidden, "seen": "", "reason": "不再使用"}, status=422).text
        assert "没有改变用途" in blind
        author.send(url, {**hidden, "reason": "不再使用"})
    assert not any(uses().values())
    assert "将来一场" not in author.page(f"/bank/items/{code}/use")
