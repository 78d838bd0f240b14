"""A paper with 填空题 and a 案例分析, from the draw to the result, on both databases."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from sqlalchemy import select, update

from core import clock
from core.db import db, transaction
from exam.papers import queries as papers
from exam.papers.models import PaperQuestion
from exam.papers.rules import PaperSpec, Section
from exam.papers.services import add_spec
from exam.sittings import queries
from exam.sittings.models import KeyRelease
from exam.sittings.preparation import verify_draw
from question_bank.items.models import Item, ItemVersion
from question_bank.items.rules import QuestionType
from tests.factories.bank import fared_of, make_item
from tests.factories.office import OFFICER, admit, issue, make_session, prepare
from tests.factories.results import observe_finished

PASSWORD = "Zhong-guo-1949"
SPEC = PaperSpec(
    "案例卷",
    (
        Section(QuestionType.SINGLE, 1, Decimal(2)),
        Section(QuestionType.BLANK, 1, Decimal(4)),
        Section(QuestionType.CASE, 1, Decimal(3), questions=2),
    ),
    Decimal(6),
    minutes=30,
)


@pytest.fixture
def running(either_app):
    """A candidate's browser before the start button: (client, sitting id, address)."""
    for kind in (QuestionType.SINGLE, QuestionType.BLANK, QuestionType.CASE):
        for _ in range(2):
            make_item(kind)
    with transaction() as session:
        session.execute(update(Item).values(reserved=True))
    now = clock.now()
    spec_id = add_spec(spec=SPEC, actor=OFFICER, now=now)
    session_id = make_session(now, paper_spec_id=spec_id, key_release=KeyRelease.WITH_RESULT)
    (sitting,) = admit(session_id, 1, now=now)
    prepare(session_id, now=now)
    (account,) = issue(session_id, now=now)
    client = either_app.test_client()
    client.sign_in(account.username, account.password)
    client.send(
        "/password",
        {"current_password": account.password, "new_password": PASSWORD, "repeat_password": PASSWORD},
    )
    assert verify_draw(session_id, unseal=True).holds
    return client, sitting, f"/sittings/{sitting}"


def sheet_of(sitting):
    db.session.rollback()
    return queries.sheet(sitting).answers


def shown_single_key(sitting):
    """A, the key of the factories' 单选题, as this paper shows it; for positions 1 and 3."""
    rows = db.session.execute(
        select(PaperQuestion.position, PaperQuestion.option_order).where(PaperQuestion.sitting_id == sitting)
    )
    return {position: "ABCD"[order.index("A")] for position, order in rows if order}


def test_words_and_cases_are_saved_sealed_marked_and_shown_again(running):
    client, sitting, url = running
    instructions = unescape(client.page(url))
    for words in ("5", "满分", "1 个案例，每个 2 小题，每小题 3 分", "填空题各空全部填对才得分"):
        assert words in instructions, words
    client.send(f"{url}/start")
    page = client.page(url)
    assert re.findall(r'data-position="(\d)"\s+data-type="(\w+)"', page) == [
        ("1", "single"),
        ("2", "blank"),
        ("3", "single"),
        ("4", "true_false"),
    ]
    (case,) = re.findall(r"<section class=\"case\".*?</section>", page, re.DOTALL)
    assert case.count("<fieldset") == 2
    assert re.findall(r'class="kind">(..)<', page) == ["单选", "判断"]  # types are mixed below one material
    key = shown_single_key(sitting)
    events = [
        {"seq": 1, "position": 1, "choice": [key[1]]},
        {"seq": 2, "position": 2, "text": '三十 日\n"<六十日>'},
        {"seq": 3, "position": 2, "text": "３０日\n六十日"},
        {"seq": 4, "position": 3, "choice": [key[3]]},
    ]
    saved = client.send_json(f"{url}/answers", {"events": events}, status=200).json
    assert saved["acknowledged"] == 4
    assert re.findall(r'name="q2"\s+value="([^"]*)"', client.page(url)) == ["３０日", "六十日"]
    assert "第 4 题" not in client.page(f"{url}/hand-in").partition("<main")[0]
    client.send(f"{url}/submit")
    result = unescape(client.page(f"/results/{sitting}"))
    assert re.search(r'verdict-figure">9<', result)  # 2 + 4 + 3 of 12
    for words in ("二、填空题", "三、案例分析题", "三十日；六十日", "３０日；六十日"):
        assert words in result, words
    db.session.rollback()
    observe_finished(clock.now() + timedelta(days=1))
    asked = {question.position: question.item_version_id for question in papers.questions([sitting])}
    versions = {position: db.session.get(ItemVersion, version) for position, version in asked.items()}
    right = {position: fared_of(version).share for position, version in versions.items()}
    assert right == {1: 1, 2: 1, 3: 1, 4: 0}, "the questions of a case each by themselves"


def test_without_scripts_blanks_are_fields_of_a_plain_form(running):
    client, sitting, url = running
    client.send(f"{url}/start")
    client.send(f"{url}/answers", {"q2": ["", ""], "q1": "A"})
    assert sheet_of(sitting) == {1: "A"}
    client.send(f"{url}/answers", {"q2": ["三十日", ""]})
    assert sheet_of(sitting)[2] == "=三十日\n"
    client.send(f"{url}/answers", {"q2": ["三十日", '"六十日" <b>']})
    assert unescape(client.page(url)).count('"六十日" <b>') == 1
    client.send(f"{url}/answers", {"q2": ["三十日", "六十日"], "clear": "2"})
    assert 2 not in sheet_of(sitting)


def test_words_do_not_answer_letters_nor_letters_words(running):
    client, _sitting, url = running
    client.send(f"{url}/start")
    for event in (
        {"seq": 1, "position": 2, "choice": ["A"]},
        {"seq": 1, "position": 1, "text": "A"},
        {"seq": 1, "position": 2, "text": "长" * 1001},
    ):
        refused = client.send_json(f"{url}/answers", {"events": [event]}, status=422)
        assert refused.json["problems"][0]["seq"] == 1
    assert client.send_json(f"{url}/answers", {"events": []}, status=200).json["acknowledged"] == 0
