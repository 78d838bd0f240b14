"""Practising: the key with its reasons after an answer, the book of errors, nothing during a sitting."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import func, select

from core import clock
from core.db import db, transaction
from exam.practice.models import PracticeAnswer
from exam.sittings.closing import hand_in
from question_bank.items import queries
from question_bank.items.rules import QuestionType
from question_bank.statutes.models import Article
from tests.factories.bank import make_item, make_statute_version
from tests.factories.results import browse, finish_with
from tests.factories.sittings import (
    client_of,
    make_blank,
    make_candidate,
    make_exam_session,
    make_questions,
    make_sitting,
    start_sitting,
)

KEY_WORDS = ("正确答案", "解析", "示例法》第 ")


def practise(client, code, *letters, status=200):
    return client.send(f"/practice/questions/{code}", {"q1": list(letters)}, status=status).text


def answers():
    return db.session.scalar(select(func.count()).select_from(PracticeAnswer))


def test_an_answer_gives_key_explanation_and_the_articles_text(either_app):
    version = make_statute_version()
    with transaction() as session:
        session.add(
            Article(
                statute_version_id=version.id,
                label="1",
                position=1,
                heading="",
                text="第一款。\n第二款的规定。",
            )
        )
    item, _ = make_item(QuestionType.MULTIPLE, "AC")
    client = client_of(either_app, make_candidate(now=clock.now()))
    question = client.page(f"/practice/questions/{item.code}")
    assert not any(words in question for words in KEY_WORDS)
    page = practise(client, item.code, "A", "C")
    assert "答对了" in page
    for words in (*KEY_WORDS, "第二款的规定。", "您的答案：A、C；正确答案：A、C。"):
        assert words in page, words
    assert "答错了" in practise(client, item.code, "A")


def test_without_an_answer_no_key_is_shown(app):
    item, _ = make_item()
    client = client_of(app, make_candidate(now=clock.now()))
    for letters in ((), ("A", "B"), ("H",), ("A'",)):
        page = practise(client, item.code, *letters, status=422)
        assert not any(words in page for words in KEY_WORDS)
    assert answers() == 0


def test_what_is_kept_for_sessions_is_never_practised(app):
    make_item(code="open-1")
    make_item(code="kept-1", law="另一法", reserved=True)
    client = client_of(app, make_candidate(now=clock.now()))
    make_sitting(questions=[make_item(reserved=True)], now=clock.now())
    overview = client.page("/practice")
    assert "示例法" in overview
    assert "另一法" not in overview
    assert "暂停练习" not in overview
    assert "open-1" not in client.page("/practice/questions/kept-1", status=404)
    client.page("/practice/questions/open-1")


def test_what_stands_on_a_paper_is_not_practised_until_everybody_of_the_session_has_handed_in(either_app):
    now = clock.now()
    make_item(code="free-1", law="另一法")
    questions = make_questions()
    session = make_exam_session(now=now)
    _, early = finish_with("D", session=session, questions=questions, now=now - timedelta(minutes=20))
    running, late = start_sitting(session=session, questions=make_questions(law="第三法"), now=now)
    colleague = client_of(either_app, make_candidate(now=now))
    for person in (colleague, browse(either_app, early)):
        overview = person.page("/practice")
        assert "另一法" in overview
        assert "示例法" not in overview
        assert "第三法" not in overview
        assert "正在或即将举行的考试会用到的题，暂不用于练习" in overview
        for item, _ in questions:
            person.page(f"/practice/questions/{item.code}", status=404)
            practise(person, item.code, "A", status=404)
    hand_in(sitting_id=running, actor=late.actor, now=now)
    assert "示例法" in colleague.page("/practice")
    assert "正确答案" in practise(colleague, questions[0][0].code, "A")


def test_a_paper_that_waits_for_the_bell_closes_its_items_and_a_rehearsal_s_closes_none(app):
    now = clock.now()
    (waiting, _), (rehearsed, _) = make_item(), make_item()
    make_sitting(questions=[(waiting, queries.latest_version(waiting.id))], now=now)
    make_sitting(questions=[(rehearsed, queries.latest_version(rehearsed.id))], now=now, is_rehearsal=True)
    client = client_of(app, make_candidate(now=now))
    assert "暂停练习" in client.page("/practice")
    client.page(f"/practice/questions/{waiting.code}", status=404)
    assert "正确答案" in practise(client, rehearsed.code, "A")


def test_what_was_wrong_is_in_the_book_until_it_is_answered_rightly(app):
    first, _ = make_item()
    second, _ = make_item(law="另一法")
    client = client_of(app, make_candidate(now=clock.now()))
    assert "练错题本" not in client.page("/practice")
    practise(client, first.code, "B")
    practise(client, second.code, "A")
    overview = client.page("/practice")
    assert "练错题本（1 题）" in overview
    assert "已答 2 题，其中答对 1 题" in overview
    to = client.get("/practice/next?scope=wrong").location
    assert to == f"/practice/questions/{first.code}?scope=wrong"
    practise(client, first.code, "A")
    assert "练错题本" not in client.page("/practice")
    assert client.get("/practice/next?scope=wrong").location == "/practice"


def test_a_law_is_practised_by_itself(app):
    wanted = {make_item(law="另一法")[0].code for _ in range(2)}
    make_item()
    client = client_of(app, make_candidate(now=clock.now()))
    seen = set()
    for _ in range(2):
        seen.add(re.search(r"/questions/([^?]+)", client.get("/practice/next?law=另一法").location)[1])
        practise(client, max(seen - {None}), "A")
        seen |= {re.search(r"/questions/([^?]+)", client.get("/practice/next?law=另一法").location)[1]}
    assert seen == wanted


def test_laws_that_went_badly_in_an_exam_are_named(app):
    sitting_id, candidate = finish_with("D", "", "", "")
    assert sitting_id
    page = browse(app, candidate).page("/practice")
    assert "考试中正确率较低的法律" in page
    assert "考试中答对" in page


def test_what_is_no_practice_item_is_not_found(app):
    draft, _ = make_item(approved=False)
    client = client_of(app, make_candidate(now=clock.now()))
    client.page(f"/practice/questions/{draft.code}", status=404)
    client.page("/practice/questions/no-such-code", status=404)


def test_during_a_sitting_there_is_no_practice(either_app):
    item, _ = make_item()
    _sitting_id, candidate = start_sitting(now=clock.now())
    client = client_of(either_app, candidate)
    assert "交卷后才能练习" in client.page("/practice")
    for address in ("/practice/next", f"/practice/questions/{item.code}"):
        assert client.get(address).location == "/practice"
    assert not any(words in practise(client, item.code, "A", status=303) for words in KEY_WORDS)
    assert answers() == 0


def test_an_empty_bank_says_so(app):
    client = client_of(app, make_candidate(now=clock.now()))
    assert "还没有可以练习的试题" in client.page("/practice")
    assert client.get("/practice/next").location == "/practice"


def test_blanks_are_practised_in_words(app):
    item, _ = make_blank(("市人民政府",), ("60日", "六十日"))
    client = client_of(app, make_candidate(now=clock.now()))
    assert client.page(f"/practice/questions/{item.code}").count('class="control"') == 2
    assert "请先填写" in practise(client, item.code, " ", "", status=422)
    page = practise(client, item.code, "市人民政府", "六十 日")
    assert "答对了" in page
    assert "正确答案：市人民政府；60日 / 六十日" in page
    assert "答错了" in practise(client, item.code, "县人民政府", "60日")


def test_a_case_is_practised_whole(either_app):
    item, _ = make_item(QuestionType.CASE)
    client = client_of(either_app, make_candidate(now=clock.now()))
    assert item.code in client.get("/practice/next").location
    address = f"/practice/questions/{item.code}"
    page = client.page(address)
    assert all(words in page for words in ("依照《示例法》", 'name="q1"', 'name="q2"'))
    refused = client.send(address, {"q1": ["B"]}, status=422).text
    assert "第 2 小题：请先作答" in refused
    assert re.search(r'name="q1"\s+value="B"\s+checked', refused), "what was chosen is kept"
    assert not any(words in refused for words in KEY_WORDS)
    answered = client.send(address, {"q1": ["B"], "q2": ["A"]}, status=200).text
    assert (answered.count("答错了"), answered.count("答对了")) == (1, 1)
    assert "练错题本（1 题）" in client.page("/practice")
    client.send(address, {"q1": ["A"], "q2": ["A"]}, status=200)
    assert "练错题本" not in client.page("/practice")
