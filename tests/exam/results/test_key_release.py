"""Keys are shown once no other session asks such an item, or the office has confirmed that with a reason."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from core import clock
from core.actor import Role
from core.db import db, transaction
from core.errors import Conflict, Invalid
from exam.papers.models import PaperSpecVersion
from exam.results import key_release, queries
from exam.sittings.closing import hand_in
from exam.sittings.models import KeyRelease, Sitting
from exam.sittings.services import start
from question_bank.items.uses import token_of
from tests.factories.bank import client_as
from tests.factories.results import browse, finish, finish_with
from tests.factories.sittings import (
    NOW,
    OFFICER,
    make_exam_session,
    make_questions,
    make_sitting,
    make_spec_row,
)

SOON = NOW + timedelta(hours=1)
KEY = "正确答案</strong>"


def ended(questions, **changes):
    """A finished session that releases keys with its results: its id, a sitting of it and its candidate."""
    session = make_exam_session(key_release=KeyRelease.WITH_RESULT, name="考完的一场", **changes)
    sitting_id, candidate = finish_with("D", session=session, questions=questions)
    return session.id, sitting_id, candidate


def names_holding_back(session_id, now=SOON) -> list[str]:
    return [each.name for each in queries.holding_back(session_id, now=now)]


def confirm(session_id, reason="两场之间已换题", *, seen=None, now=SOON) -> None:
    seen = token_of(queries.holding_back(session_id, now=now)) if seen is None else seen
    key_release.confirm_keys(session_id=session_id, seen=seen, reason=reason, actor=OFFICER, now=now)


def test_a_paper_of_another_session_holds_the_keys_back_until_it_is_handed_in(either_app):
    now = clock.now()
    questions = make_questions()
    _, sitting_id, candidate = ended(questions)
    client = browse(either_app, candidate)
    assert KEY in client.page(f"/results/{sitting_id}")
    later = make_exam_session(name="后一场", now=now)
    waiting, other = make_sitting(session=later, questions=questions[:1], now=now)
    page = client.page(f"/results/{sitting_id}")
    assert KEY not in page
    assert "还有其他场次的考试没有结束" in page
    assert "后一场" not in page
    start(sitting_id=waiting, actor=other.actor, now=now)
    assert KEY not in client.page(f"/results/{sitting_id}")
    hand_in(sitting_id=waiting, actor=other.actor, now=now)
    assert KEY in client.page(f"/results/{sitting_id}")


def test_a_planned_session_holds_back_what_its_spec_may_draw_of_the_reserved_items(either_app):
    reserved, open_to_all = make_questions(reserved=True), make_questions()
    held, *_ = ended(reserved)
    free, *_ = ended(open_to_all)
    make_exam_session(name="将来一场", now=SOON + timedelta(days=3))
    make_exam_session(name="将来演练", now=SOON, is_rehearsal=True)
    assert names_holding_back(held) == ["将来一场"]
    assert names_holding_back(free) == []
    assert names_holding_back(held, now=SOON + timedelta(days=4)) == []


def test_a_planned_session_holds_nothing_back_that_it_cannot_draw(app):
    with transaction() as session:
        spec_id = make_spec_row(session)
    held, *_ = ended(make_questions(reserved=True, law="示例法"))
    stored = db.session.get_one(PaperSpecVersion, spec_id).spec
    with transaction() as session:
        narrowed = {**stored, "sections": [{**one, "laws": ["另一法"]} for one in stored["sections"]]}
        row = PaperSpecVersion(name="另一法专卷", number=1, spec=narrowed, recorded_at=NOW)
        session.add(row)
        session.flush()
        narrow_id = row.id
    make_exam_session(name="专卷一场", now=SOON, paper_spec_id=narrow_id)
    assert names_holding_back(held) == []
    make_exam_session(name="通用一场", now=SOON)
    assert names_holding_back(held) == ["通用一场"]


def test_whoever_got_a_paper_of_the_reserved_items_draws_no_others(app):
    questions = make_questions(reserved=True)
    held, *_ = ended(questions)
    drawn = make_exam_session(name="已抽题的一场", now=SOON)
    make_sitting(session=drawn, questions=make_questions(), now=SOON)
    assert names_holding_back(held) == []
    make_sitting(session=drawn, drawn=False, now=SOON)
    assert names_holding_back(held) == ["已抽题的一场"]


def test_the_office_confirms_what_it_has_seen_with_a_reason(either_app):
    questions = make_questions()
    session_id, sitting_id, candidate = ended(questions)
    later = make_exam_session(name="后一场", now=SOON)
    make_sitting(session=later, questions=questions[:2], now=SOON)
    with pytest.raises(Invalid):
        confirm(session_id, " ")
    with pytest.raises(Conflict) as refused:
        confirm(session_id, seen="")
    assert refused.value.code == "changed"
    confirm(session_id)
    (kept,) = queries.key_confirmations(session_id)
    assert (kept.ahead_id, kept.items, kept.reason) == (later.id, 2, "两场之间已换题")
    assert queries.own_result(sitting_id, person_id=candidate.person_id, now=SOON).keys_shown
    another = make_exam_session(name="又一场", now=SOON)
    make_sitting(session=another, questions=questions[:1], now=SOON)
    assert not queries.own_result(sitting_id, person_id=candidate.person_id, now=SOON).keys_shown


def test_nothing_is_confirmed_that_need_not_or_must_not_be(app):
    questions = make_questions()
    session_id, *_ = ended(questions)
    silent, _ = finish(questions=questions)
    unfinished = make_exam_session(key_release=KeyRelease.WITH_RESULT, name="未完的一场")
    make_sitting(session=unfinished, questions=make_questions())
    for session, code in (
        (session_id, "not_needed"),
        (db.session.get_one(Sitting, silent).session_id, "not_released"),
        (unfinished.id, "not_finished"),
    ):
        with pytest.raises(Conflict) as refused:
            confirm(session)
        assert refused.value.code == code


def test_the_page_names_the_sessions_and_how_many_items(app):
    now = clock.now()
    questions = make_questions()
    session_id, sitting_id, candidate = ended(questions)
    officer = client_as(app, "officer", Role.OFFICER)
    url = f"/office/sessions/{session_id}/keys"
    assert "答案随成绩公布" in officer.page(url)
    make_sitting(session=make_exam_session(name="后一场", now=now), questions=questions[:3], now=now)
    assert url in officer.page(f"/office/sessions/{session_id}")
    page = officer.page(url)
    assert re.search(r"后一场.*?3 题", page, re.DOTALL)
    assert "有变化" in officer.send(url, {"reason": "没有看过"}, status=422).text
    seen = re.search(r'name="seen"[^>]*value="([^"]+)"', page)[1]
    officer.send(url, {"seen": seen, "reason": "后一场另行抽题"})
    assert KEY in browse(app, candidate).page(f"/results/{sitting_id}")
    assert "后一场另行抽题" in officer.page(url)
