"""The markers' pages: bad input, ways on, what is shown to whom; and the candidate's before and after."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.actor import Role
from core.clock import at
from core.db import db
from exam.eligibility.services import ask
from exam.reports.queries import counted_sittings
from exam.reports.roll import _rows
from exam.results.by_people import decide_marks, give_mark
from exam.results.models import GivenMark, MarkingTask
from exam.sittings import office
from exam.sittings.models import KeyRelease, ResultRelease, Sitting
from tests.factories.bank import client_as
from tests.factories.results import (
    NOW,
    OFFICER,
    browse,
    finish_written,
    marker,
    number_of,
    void,
    written_paper,
)
from tests.factories.sittings import make_exam_session


@pytest.fixture
def waiting(app):
    """A sitting with one written answer: (sitting, candidate, its session, the answer's address)."""
    sitting_id, candidate = finish_written("听取意见。\n<b>集体</b>讨论。", name="第一场")
    task = db.session.scalars(select(MarkingTask)).one()
    return sitting_id, candidate, task.session_id, task.ref


def given():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(GivenMark))


def test_the_way_of_a_marker(app, waiting):
    _sitting, _candidate, session_id, ref = waiting
    client, address = client_as(app, "marker1", Role.MARKER), f"/marking/answers/{ref}"
    assert "第一场" in client.page("/marking")
    assert "还有 1 份" in client.page(f"/marking/{session_id}")
    assert client.get(f"/marking/{session_id}/next").location == address
    page = client.page(address)
    for words in (
        "评阅第 1 号",
        "&lt;b&gt;集体",
        "先听取意见，再作出决定。",
        "第一条",
        "没有载入",
        "autofocus",
    ):
        assert words in page, words
    for wrong in ("", "六", "5.5", "-1", "2.3", "NaN", "9" * 400):
        answer = client.send(address, {"marks": wrong}, status=422)
        assert answer.text.count("field-error") >= 1, wrong
    assert given() == 0
    answer = client.send(address, {"marks": " ４．５ "})
    assert answer.location.startswith(f"/marking/{session_id}/next?after=")
    end = client.get(answer.location, follow_redirects=True)
    for words in ("4.5 分，已记录", "没有留给您的作答了", "可以修改", address):
        assert words in end.text, words
    assert 'value="4.5"' in client.page(address)
    client.send(address, {"marks": "3"})
    other = client_as(app, "marker2", Role.MARKER)
    other.send(address, {"marks": "0"})
    assert "第二人已经评分" in client.page(address)
    assert "两人已评" in client.page(f"/marking/{session_id}")
    late = client_as(app, "marker3", Role.MARKER)
    assert "已由另外两人评过" in late.page(address)
    refused = late.get(late.send(address, {"marks": "5"}).location, follow_redirects=True)
    assert "您的评分没有记录" in refused.text
    assert given() == 3


def test_the_next_answer_offers_to_change_the_one_before(app):
    session, questions = make_exam_session(short=2), written_paper(2)
    finish_written("甲", "乙", session=session, questions=questions)
    client = client_as(app, "marker1", Role.MARKER)
    first = client.get(f"/marking/{session.id}/next").location
    after = client.get(client.send(first, {"marks": "5"}).location, follow_redirects=True)
    assert after.request.path != first
    assert f'href="{first}"' in after.text
    assert client.get(f"/marking/{session.id}/next?after=x").status_code == 303


def test_who_decides_sees_two_marks_and_says_why(app, waiting):
    _sitting, _candidate, session_id, ref = waiting
    officer, address = client_as(app, "officer1", Role.OFFICER), f"/marking/disputes/{ref}"
    assert "现在没有" in officer.page(f"/marking/{session_id}")
    assert officer.get(f"/marking/answers/{ref}").status_code == 403
    officer.page(address, status=404)
    for number, marks in enumerate((0, 5), start=1):
        give_mark(ref=ref, marks=Decimal(marks), actor=marker(number), now=NOW)
    assert client_as(app, "marker1", Role.MARKER).get(address).status_code == 403
    assert "有待裁定" in officer.page("/marking")
    page = officer.page(address)
    assert "marker-1" not in page
    for typed, words in (
        ({"marks": "3"}, "请写明裁定的理由"),
        ({"marks": "x", "reason": "按要点"}, "请填写数字"),
    ):
        assert words in officer.send(address, typed, status=422).text
    officer.send(address, {"marks": "3", "reason": "按要点"})
    again = officer.send(address, {"marks": "4", "reason": "改主意"})
    assert "先前的裁定有效" in officer.page(again.location)


def test_who_is_neither_sees_nothing(app, waiting):
    _sitting, candidate, session_id, ref = waiting
    addresses = ("/marking", f"/marking/{session_id}", f"/marking/answers/{ref}", f"/marking/disputes/{ref}")
    for client in (browse(app, candidate), client_as(app, "author1", Role.AUTHOR)):
        assert {client.get(address).status_code for address in addresses} == {403}
    reviewer = client_as(app, "reviewer1", Role.REVIEWER)
    for address in (f"/marking/{uuid4()}", f"/marking/answers/{uuid4()}", f"/marking/answers/{_sitting}"):
        reviewer.page(address, status=404)
    assert reviewer.get(f"/marking/{uuid4()}/next", follow_redirects=True).status_code == 404


def test_nothing_to_mark_says_so_and_what_is_void_is_gone(app, waiting):
    sitting_id, _candidate, session_id, ref = waiting
    void(sitting_id)
    client = client_as(app, "marker1", Role.MARKER)
    assert "没有需要评阅的作答" in client.page("/marking")
    client.page(f"/marking/{session_id}", status=404)
    client.page(f"/marking/answers/{ref}", status=404)
    assert client.send(f"/marking/answers/{ref}", {"marks": "3"}).location == "/marking"


def settle(ref, marks=4, now=NOW + timedelta(days=1)):
    for number in (1, 2):
        give_mark(ref=ref, marks=Decimal(marks), actor=marker(number), now=now)


def test_the_candidate_waits_and_then_sees_marks_and_no_marker(app, waiting):
    sitting_id, candidate, _session, ref = waiting
    client = browse(app, candidate)
    assert "评完后才有成绩" in client.page(f"/sittings/{sitting_id}")
    assert "简答题由两名评阅人分别评分" in client.page(f"/results/{sitting_id}")
    assert "待发布" in client.page("/")
    give_mark(ref=ref, marks=Decimal(0), actor=marker(1), now=NOW)
    give_mark(ref=ref, marks=Decimal(5), actor=marker(2), now=NOW)
    assert "正在评阅" in client.page(f"/results/{sitting_id}")
    officer = marker(1, Role.OFFICER)
    decide_marks(ref=ref, marks=Decimal("3.5"), reason="裁定的理由", actor=officer, now=NOW)
    page = client.page(f"/results/{sitting_id}")
    assert re.search(r"第 5 题</th>.*?3\.5 / 5", page, re.DOTALL)
    for secret in ("marker-", "officer-", "裁定的理由", "先听取意见"):
        assert secret not in page


def test_keys_that_are_released_show_the_reference_beside_the_answer(app):
    session, questions = make_exam_session(short=2, key_release=KeyRelease.WITH_RESULT), written_paper(2)
    sitting_id, candidate = finish_written("听取意见。", "", session=session, questions=questions)
    settle(db.session.scalars(select(MarkingTask.ref)).one())
    page = unescape(browse(app, candidate).page(f"/results/{sitting_id}"))
    for words in ("参考答案", "先听取意见，再作出决定。", "听取意见。", "得 4 分", "（未作答）", "4 / 10"):
        assert words in page, words


def test_an_office_that_releases_waits_for_the_markers(app):
    sitting_id, candidate = finish_written("听取意见。", result_release=ResultRelease.BY_OFFICE)
    session_id = db.session.get(Sitting, sitting_id).session_id
    officer = client_as(app, "officer1", Role.OFFICER)
    refused = officer.send(f"/office/sessions/{session_id}/release")
    assert "还有 1 人未考完或未评分" in officer.page(refused.location)
    settle(db.session.scalars(select(MarkingTask.ref)).one())
    assert "成绩尚未公布" in browse(app, candidate).page(f"/results/{sitting_id}")
    office.release_results(session_id=session_id, actor=OFFICER, now=NOW + timedelta(days=2))
    assert "4 / 5" in browse(app, candidate).page(f"/results/{sitting_id}")


def test_what_waits_for_people_counts_nowhere(either_app):
    day = date(2026, 3, 2)
    sitting_id, candidate = finish_written("听取意见。", now=at(day, 9))
    marked_at = at(date(2026, 3, 9), 9)

    def seen(known_at):
        rows = counted_sittings(first=day, last=day, known_at=known_at, actor=OFFICER)
        answer = ask(
            id_number=number_of(candidate),
            on=day,
            purpose="动议",
            known_at=known_at,
            actor=marker(1, Role.PERSONNEL),
            now=at(date(2026, 11, 23), 9),
        )
        return len(rows), answer.reason

    assert seen(at(date(2026, 3, 5), 9)) == (0, "never_sat")
    session_id = db.session.get(Sitting, sitting_id).session_id
    assert _rows(session_id, OFFICER)[0][5:7] == ("待评分", None)
    settle(db.session.scalars(select(MarkingTask.ref)).one(), now=marked_at)
    assert seen(at(date(2026, 3, 5), 9)) == (0, "never_sat")
    assert seen(marked_at) == (1, "valid_pass")
    assert _rows(session_id, OFFICER)[0][5:7] == ("合格", 13)
