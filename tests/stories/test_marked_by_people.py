"""A paper with a 简答题 from the spec to the certificate: two people mark, a third decides, and nobody knows whose it is."""

from __future__ import annotations

import re
from html import unescape

from core import clock
from core.actor import Role
from core.db import db
from exam.reports.queries import counted_sittings
from exam.sittings import queries
from exam.sittings.closing import receipt_of
from exam.sittings.models import Sitting
from exam.sittings.preparation import verify_draw
from question_bank.items.rules import QuestionType
from tests.factories.bank import client_as, make_item
from tests.factories.office import OFFICER, admit, entry, issue, make_session, prepare

PASSWORD = "Zhong-guo-1949"
NAME = "欧阳测试"
WRITTEN = "一、先听取意见；\n二、再集体讨论 <决定>。"
SPEC = {
    "name": "简答卷",
    "minutes": "30",
    "pass_mark": "5",
    "sections-0-type": "true_false",
    "sections-0-count": "1",
    "sections-0-marks": "2",
    "sections-1-type": "short",
    "sections-1-count": "1",
    "sections-1-marks": "8",
    "with_short": "y",
    "most_apart": "2",
}


def sit(app, session_id):
    """The candidate, by HTTP, from the one-time password to the receipt: (browser, sitting)."""
    [account] = issue(session_id, now=clock.now())
    client = app.test_client()
    client.sign_in(account.username, account.password)
    typed = {"current_password": account.password, "new_password": PASSWORD, "repeat_password": PASSWORD}
    client.send("/password", typed)
    sitting = re.search(r"/sittings/([0-9a-f-]{36})", client.page("/"))[1]
    url = f"/sittings/{sitting}"
    client.send(f"{url}/start")
    events = [{"seq": 1, "position": 1, "choice": ["A"]}, {"seq": 2, "position": 2, "text": WRITTEN}]
    assert client.send_json(f"{url}/answers", {"events": events}, status=200).json["acknowledged"] == 2
    client.send(f"{url}/submit")
    assert "由两名评阅人分别评分" in client.page(url)
    return client, sitting


def mark(client, session_id, marks):
    """Mark the answer that comes next; what the marker's pages said on the way."""
    page = client.get(f"/marking/{session_id}/next", follow_redirects=True)
    said = [client.page("/marking"), client.page(f"/marking/{session_id}"), page.text]
    assert "第 1 号" in page.text
    answer = client.send(page.request.path, {"marks": marks})
    return [*said, client.get(answer.location, follow_redirects=True).text]


def counted():
    db.session.rollback()
    today = clock.day_of(clock.now())
    return len(counted_sittings(first=today, last=today, known_at=clock.now(), actor=OFFICER))


def test_from_the_spec_to_the_certificate(either_app):
    for kind in (QuestionType.TRUE_FALSE, QuestionType.SHORT):
        make_item(kind, reserved=True)
    officer = client_as(either_app, "officer1", Role.OFFICER)
    spec = officer.send("/office/paper-specs/new", SPEC).location
    session_id = make_session(clock.now(), paper_spec_id=int(spec.rsplit("/", 1)[1]))
    admit(session_id, [entry(7, NAME)], now=clock.now())
    prepare(session_id, now=clock.now())
    candidate, sitting_id = sit(either_app, session_id)
    assert verify_draw(session_id, unseal=True).holds

    sitting = db.session.get(Sitting, sitting_id)
    assert queries.sheet(sitting.id).answers == {1: "A", 2: f"={WRITTEN}"}
    assert receipt_of(sitting) == sitting.receipt
    office = unescape(officer.page(f"/office/sessions/{session_id}"))
    for words in ("下一步：等候阅卷", "还有 1 人的答卷没有评完", f"/marking/{session_id}"):
        assert words in office, words
    assert "待评分 1 人" in officer.page("/office/sessions")
    assert "简答题由两名评阅人分别评分" in candidate.page(f"/results/{sitting_id}")
    assert counted() == 0

    markers = [client_as(either_app, "marker1", Role.MARKER), client_as(either_app, "marker2", Role.REVIEWER)]
    said = [
        page
        for client, marks in zip(markers, ("2", "7.5"), strict=True)
        for page in mark(client, session_id, marks)
    ]
    assert any("先听取意见，再作出决定。" in page and "&lt;决定&gt;" in page for page in said)
    for page in said:
        for secret in (NAME, "510502", sitting_id, "officer1"):
            assert secret not in page
    assert "7.5" not in markers[0].page(f"/marking/{session_id}")
    assert counted() == 0

    dispute = re.search(r"/marking/disputes/[0-9a-f-]{36}", officer.page(f"/marking/{session_id}"))[0]
    page = unescape(officer.page(dispute))
    assert re.findall(r"评阅人.</dt>\s*<dd>\s*([\d.]+) 分", page) == ["2", "7.5"]
    assert "相差 5.5 分，超过 2 分" in page
    officer.send(dispute, {"marks": "4.5", "reason": "两个要点答出一个半。"})
    assert "已裁定为 4.5 分" in officer.page(dispute)
    assert "全部评完" in officer.page(f"/marking/{session_id}")

    result = unescape(candidate.page(f"/results/{sitting_id}"))
    for words in ('verdict-figure">6.5<', "二、简答题", "第 2 题", "4.5 / 8", "证书有效至"):
        assert words in result, words
    for secret in ("marker1", "officer1", "要点答出", "先听取意见，再作出决定"):
        assert secret not in result
    assert counted() == 1
    assert "导出成绩单" in officer.page(f"/office/sessions/{session_id}")
