"""The candidate's pages: one address by state, the save endpoint, the form without scripts; and no key anywhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from core import clock
from core.actor import Role
from core.audit.models import AuditEntry
from core.auth.models import SignInSession
from core.db import db, transaction
from core.people.models import RoleGrant
from exam.sittings import forms, queries, services
from exam.sittings.fragments import fieldsets
from exam.sittings.models import AnswerEvent, ResultRelease, Sitting
from exam.sittings.rules import SittingState
from question_bank.items.rules import LONGEST_ACCEPTED, MOST_BLANKS, QuestionType
from question_bank.items.wording import BLANK
from tests.factories.bank import make_draft, make_item
from tests.factories.past import rewrite
from tests.factories.sittings import (
    PASSWORD,
    TYPES,
    client_of,
    make_candidate,
    make_exam_session,
    make_questions,
    make_sign_in,
    make_sitting,
    save,
    start_sitting,
)

MINUTE = timedelta(minutes=1)
SENTINEL = "关键解释哨兵"
RECEIPT = re.compile(r"([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}")


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def running(either_app, now):
    sitting_id, candidate = start_sitting(now=now)
    return sitting_id, candidate, client_of(either_app, candidate), f"/sittings/{sitting_id}"


def answers(client, url, *events, status=200, **headers):
    body = {"events": [{"seq": s, "position": p, "choice": list(c)} for s, p, c in events]}
    return client.send_json(f"{url}/answers", body, status=status, **headers)


def test_a_sitting_from_home_to_receipt(either_app, now):
    sitting_id, candidate = make_sitting(now=now)
    client, url = either_app.test_client(), f"/sittings/{sitting_id}"
    client.sign_in(candidate.username, PASSWORD)
    assert f'href="{url}"' in client.page("/")
    page = client.page(url)
    assert "开始考试" in page
    assert "510502********" in page
    assert client.send(f"{url}/start").location.endswith(url)
    paper = client.page(url)
    assert '<meta name="last-seq" content="0">' in paper
    assert len(re.findall(r"<fieldset[^>]*data-position=", paper)) == 4
    saved = answers(client, url, (1, 1, "B"), (2, 3, "AC")).json
    assert (saved["acknowledged"], saved["late"], saved["state"]) == (2, [], "running")
    assert {"server_time", "deadline"} <= saved.keys()
    assert client.send(f"{url}/submit").location.endswith(url)
    assert RECEIPT.search(client.page(url))
    assert client.send(f"{url}/submit").location.endswith(url)


def test_the_page_shows_what_is_saved(running):
    sitting_id, candidate, client, url = running
    save(sitting_id, candidate, (1, 1, "B"), (2, 3, "AC"), (3, 4, "A"), (4, 4, ""), now=clock.now())
    page = client.page(url)
    assert '<meta name="last-seq" content="4">' in page
    chosen = re.findall(r'name="q(\d)"\s+value="([A-Z])"\s+checked', page)
    assert chosen == [("1", "B"), ("3", "A"), ("3", "C")]


def test_options_stand_in_the_drawn_order(either_app, now):
    _item, version = make_item(QuestionType.SINGLE)
    sitting_id, candidate = start_sitting(questions=[(_item, version)], now=now)
    page = client_of(either_app, candidate).page(f"/sittings/{sitting_id}")
    shown = re.findall(r'<span class="letter">(.)</span>\s*<span class="text">([^<]*)</span>', page)
    texts = [text for _letter, text in version.options]
    assert shown == list(zip("ABCD", reversed(texts), strict=True))


def test_a_written_answer_has_a_place_that_says_how_long_it_may_be(either_app, now):
    session = make_exam_session(short=1, now=now)
    questions = [*make_questions(), make_item(QuestionType.SHORT)]
    sitting_id, candidate = make_sitting(session=session, questions=questions, now=now)
    client, url = client_of(either_app, candidate), f"/sittings/{sitting_id}"
    assert "全部评完后才有成绩" in client.page(url)
    client.send(f"{url}/start")
    page = client.page(url)
    for words in ("四、简答题", 'maxlength="2000"', "最多 2000 字", "data-written>0<"):
        assert words in page, words
    written = "\n一、先听取意见。\r\n二、\t<再>决定。"
    client.send(f"{url}/answers", {"q5": written})
    assert queries.sheet(sitting_id).answers == {5: "=\n一、先听取意见。\n二、 <再>决定。"}
    page = client.page(url)
    assert ">\n\n一、先听取意见。\n二、 &lt;再&gt;决定。</textarea>" in page
    assert "data-written>19<" in page
    client.send(f"{url}/answers", {"q5": written})
    client.send(f"{url}/answers", {"q5": " \r\n"})
    db.session.rollback()
    assert queries.journal(sitting_id)[1:] == [(2, 5, "")]
    refused = client.send(f"{url}/answers", {"q5": "长" * 2001, "q1": "A"}, status=422)
    assert "最多写 2000 字，现有 2001 字" in refused.text
    assert len(queries.journal(sitting_id)) == 2


def test_no_page_of_a_candidate_has_a_key(either_app, now):
    def keyed(kind):
        draft = make_draft(kind, article="49")
        return make_item(draft=replace(draft, explanation=f"{SENTINEL}：{draft.explanation}"))

    sitting_id, candidate = make_sitting(questions=[keyed(kind) for kind in TYPES], now=now)
    client, url = client_of(either_app, candidate), f"/sittings/{sitting_id}"
    pages = [client.page("/"), client.page(url)]
    client.send(f"{url}/start")
    pages += [client.page(url), answers(client, url, (1, 1, "A")).text, client.page(f"{url}/hand-in")]
    pages.append(answers(client, url, (2, 1, "F"), status=422).text)
    client.send(f"{url}/submit")
    pages.append(client.page(url))
    cached = either_app.extensions["fragments"].everything()
    assert len(cached) == len(TYPES)
    for text in pages + cached:
        assert SENTINEL not in text
        assert "第 49 条" not in text
        assert not re.search(r"\b(answer|key|explanation)=", text)


def test_what_a_page_is_made_of_has_no_key():
    for kind in (queries.QuestionRow, queries.Found, queries.Sheet):
        assert not {"answer", "key", "explanation"} & set(kind.__dataclass_fields__)


def test_someone_elses_sitting_is_a_404_everywhere(running, either_app):
    sitting_id, _candidate, _client, url = running
    stranger = client_of(either_app, make_candidate(now=clock.now()))
    stranger.page(url, status=404)
    stranger.page(f"{url}/hand-in", status=404)
    assert answers(stranger, url, (1, 1, "A"), status=404).json["code"] == "not_found"
    stranger.send(f"{url}/start", status=404)
    stranger.send(f"{url}/submit", status=404)
    stranger.send(f"{url}/take-over", {"password": PASSWORD}, status=404)
    assert queries.journal(sitting_id) == []


def test_signed_out_saves_are_told_so(either_app, running):
    _sitting_id, _candidate, _client, url = running
    nobody = either_app.test_client()
    response = answers(nobody, url, (1, 1, "A"), status=401)
    assert response.json["code"] == "signed_out"
    assert response.content_type == "application/problem+json"


def test_a_save_needs_the_header_and_our_own_origin(running):
    sitting_id, _candidate, client, url = running
    body = {"events": [{"seq": 1, "position": 1, "choice": ["A"]}]}
    token = client.token()
    refused = [
        {"Sec-Fetch-Site": "same-origin"},
        {"X-CSRFToken": token, "Sec-Fetch-Site": "cross-site"},
        {"X-CSRFToken": token, "Sec-Fetch-Site": "same-site"},
        {"X-CSRFToken": token, "Origin": "https://example.com"},
        {"X-CSRFToken": token, "Origin": "null"},
        {"X-CSRFToken": "made up"},
    ]
    for headers in refused:
        response = client.post(f"{url}/answers", json=body, headers=headers)
        assert (response.status_code, response.json["code"]) == (403, "csrf"), headers
    assert queries.journal(sitting_id) == []
    for headers in (
        {"X-CSRFToken": "x", "Sec-Fetch-Site": "same-origin"},
        {"X-CSRFToken": "x", "Origin": "http://localhost"},
        {"X-CSRFToken": token},
    ):
        assert client.post(f"{url}/answers", json=body, headers=headers).status_code == 200, headers


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"events": 1}', b'{"events": [1]}', b"\xff\xfe", b'{"events": [{}]}'],
)
def test_broken_input_is_a_422_with_problems(running, body):
    sitting_id, _candidate, client, url = running
    response = client.post(
        f"{url}/answers",
        data=body,
        content_type="application/json",
        headers={"X-CSRFToken": "x", "Sec-Fetch-Site": "same-origin"},
    )
    assert response.status_code == 422
    assert response.json["problems"]
    assert queries.journal(sitting_id) == []


def test_a_bad_event_is_named(running):
    _sitting_id, _candidate, client, url = running
    problem = answers(client, url, (1, 1, "A"), (2, 9, "A"), status=422).json["problems"][0]
    assert (problem["code"], problem["index"], problem["seq"]) == ("position_unknown", 1, 2)


def test_too_large_a_body_is_a_413(running):
    _sitting_id, _candidate, client, url = running
    response = client.post(
        f"{url}/answers",
        data=b" " * 70_000,
        content_type="application/json",
        headers={"X-CSRFToken": "x", "Sec-Fetch-Site": "same-origin"},
    )
    assert response.status_code == 413


def test_refusals_are_problems_with_a_code(running):
    sitting_id, _candidate, client, url = running
    answers(client, url, (1, 1, "A"))
    gap = answers(client, url, (3, 1, "A"), status=409).json
    assert (gap["code"], gap["acknowledged"]) == ("sequence_gap", 1)
    conflict = answers(client, url, (1, 1, "B"), status=409).json
    assert (conflict["code"], conflict["acknowledged"]) == ("sequence_conflict", 1)
    rewrite(Sitting, Sitting.id == sitting_id, started_at=clock.now() - 120 * MINUTE)
    assert answers(client, url, (2, 1, "B"), status=409).json["code"] == "closed"
    assert answers(client, url, status=409).json["code"] == "closed"


def test_a_hand_in_by_script_answers_with_the_receipt(running):
    _sitting_id, _candidate, client, url = running
    answers(client, url, (1, 1, "A"))
    first = client.send_json(f"{url}/submit", {}, status=200).json
    assert first["acknowledged"] == 1
    assert first["state"] in {"sealed", "graded"}
    assert RECEIPT.fullmatch(first["receipt"])
    assert client.send_json(f"{url}/submit", {}, status=200).json["receipt"] == first["receipt"]


def test_a_look_after_the_time_seals(running):
    sitting_id, candidate, client, url = running
    save(sitting_id, candidate, (1, 1, "A"), now=clock.now())
    rewrite(Sitting, Sitting.id == sitting_id, started_at=clock.now() - 120 * MINUTE)
    assert "时间到，系统已自动交卷" in client.page(url)
    sealed = db.session.get(Sitting, sitting_id, populate_existing=True)
    assert sealed.state in {SittingState.SEALED, SittingState.GRADED}


def test_without_scripts_the_form_saves_and_hands_in(running):
    sitting_id, _candidate, client, url = running
    response = client.send(f"{url}/answers", {"q1": "B", "q3": ["C", "A"], "clear": ""})
    assert response.location.endswith(url)
    assert queries.journal(sitting_id) == [(1, 1, "B"), (2, 3, "AC")]
    page = client.page(url)
    assert "已保存" in page
    client.send(f"{url}/answers", {"q1": "B", "q3": ["A", "B"], "q4": "A", "clear": "1"})
    db.session.rollback()
    assert queries.sheet(sitting_id).answers == {3: "AB", 4: "A"}
    response = client.send(f"{url}/answers", {"q2": "D", "then": "hand-in"})
    assert response.location.endswith(f"{url}/hand-in")
    assert f'href="{url}#q1"' in client.page(f"{url}/hand-in")
    client.send(f"{url}/submit")
    assert RECEIPT.search(client.page(url))


def test_without_scripts_bad_letters_save_nothing(running):
    sitting_id, _candidate, client, url = running
    client.send(f"{url}/answers", {"q1": "Z"}, status=422)
    client.send(f"{url}/answers", {"q1": ["A", "B"]}, status=422)
    response = client.post(f"{url}/answers", data={"q1": "A"})
    assert response.status_code == 403
    assert queries.journal(sitting_id) == []


def test_without_scripts_a_lost_sign_in_leads_to_the_sign_in_page(either_app, running):
    _sitting_id, candidate, client, url = running
    token = client.token()
    with transaction() as session:
        session.execute(
            update(SignInSession).where(SignInSession.id == candidate.sign_in_id).values(ended_at=clock.now())
        )
    response = client.post(f"{url}/answers", data={"q1": "A", "csrf_token": token})
    assert response.status_code == 303
    assert "/sign-in?next=" in response.location


def test_another_machine_may_take_over_with_the_password(either_app, running):
    _sitting_id, candidate, client, url = running
    answers(client, url, (1, 1, "A"))
    other = client_of(
        either_app,
        type(candidate)(
            candidate.username,
            candidate.account_id,
            candidate.person_id,
            candidate.unit_id,
            make_sign_in(candidate.account_id, now=clock.now()),
        ),
    )
    held = other.page(url)
    assert "正在另一台设备上作答" in held
    assert "fieldset" not in held.partition("<main")[2].replace("reading", "")
    assert answers(other, url, (2, 1, "B"), status=409).json["code"] == "taken_over"
    assert "密码不正确" in other.send(f"{url}/take-over", {"password": "wrong"}, status=422).text
    other.send(f"{url}/take-over", {"password": PASSWORD})
    assert '<meta name="last-seq" content="1">' in other.page(url)
    assert answers(client, url, (2, 1, "B"), status=409).json["code"] == "taken_over"
    assert client.send_json(f"{url}/submit", {}).json["code"] == "taken_over"
    assert db.session.scalars(select(AnswerEvent)).all()[0].choice == "A"


def test_before_the_opening_and_without_a_paper(either_app, now):
    session = make_exam_session(
        now=now, opens_at=now + 10 * MINUTE, last_start_at=now + 40 * MINUTE, name="尚未开放的场次"
    )
    sitting_id, candidate = make_sitting(session=session, now=now)
    client, url = client_of(either_app, candidate), f"/sittings/{sitting_id}"
    assert re.search(r"data-start\b[^>]*disabled", client.page(url), re.DOTALL)
    client.send(f"{url}/start")
    assert "本场尚未开放" in client.page(url)
    waiting, candidate = make_sitting(now=now, drawn=False)
    client = client_of(either_app, candidate)
    assert "试卷正在准备" in client.page(f"/sittings/{waiting}")
    client.send(f"/sittings/{waiting}/start")
    assert "试卷尚未准备好" in client.page(f"/sittings/{waiting}")


def test_who_comes_too_late_reads_so(either_app, now):
    session = make_exam_session(now=now, opens_at=now - 60 * MINUTE, last_start_at=now - MINUTE)
    sitting_id, candidate = make_sitting(session=session, now=now)
    client, url = client_of(either_app, candidate), f"/sittings/{sitting_id}"
    assert "本场已不能进入" in client.page(url)
    client.send(f"{url}/start")
    assert "已过最迟开考时间" in client.page(url)
    assert "缺考" in client.page("/")


def test_results_held_back_by_the_office_are_not_linked(either_app, now):
    sitting_id, candidate = start_sitting(now=now, result_release=ResultRelease.BY_OFFICE)
    client, url = client_of(either_app, candidate), f"/sittings/{sitting_id}"
    client.send(f"{url}/submit")
    page = client.page(url)
    assert "成绩由考试办公室统一发布" in page
    assert f"/results/{sitting_id}" not in page


def test_an_office_account_has_a_start_page(either_app, now):
    candidate = make_candidate(now=now)
    rewrite(RoleGrant, RoleGrant.account_id == candidate.account_id, role=Role.OFFICER)
    client = client_of(either_app, candidate)
    assert "首页" in client.page("/")
    client.page(f"/sittings/{candidate.sign_in_id}", status=404)


def test_the_heartbeat_tells_server_time_and_deadline(running):
    _sitting_id, _candidate, client, url = running
    beat = answers(client, url).json
    assert beat["acknowledged"] == 0
    assert datetime.fromisoformat(beat["deadline"]) > datetime.fromisoformat(beat["server_time"])


def written_paper(now, shorts):
    """A running sitting whose paper has, after the four usual questions, some that ask for a longer text."""
    questions = [*make_questions(), *(make_item(QuestionType.SHORT) for _ in range(shorts))]
    return start_sitting(session=make_exam_session(short=shorts, now=now), questions=questions, now=now)


def test_without_scripts_everything_that_may_be_written_can_be_saved(either_app, now):
    sitting_id, candidate = written_paper(now, 4)
    client, url = client_of(either_app, candidate), f"/sittings/{sitting_id}"
    written = {f"q{position}": "答" * 1000 + "𠀀" * 1000 for position in (5, 6, 7, 8)}
    client.send(f"{url}/answers", written, status=303)
    db.session.rollback()
    assert queries.sheet(sitting_id).answers == {p: "=" + written[f"q{p}"] for p in (5, 6, 7, 8)}


def test_without_scripts_every_blank_takes_the_longest_answer_that_an_author_may_accept(either_app, now):
    draft = replace(
        make_draft(QuestionType.BLANK),
        stem="依次填写：" + "、".join([BLANK] * MOST_BLANKS),
        accepted=(("答",),) * MOST_BLANKS,
    )
    sitting_id, candidate = start_sitting(questions=[make_item(draft=draft)], now=now)
    client, url = client_of(either_app, candidate), f"/sittings/{sitting_id}"
    with either_app.test_request_context():
        field = fieldsets(queries.paper_of(sitting_id), {})[1].html
    assert field.count(f'maxlength="{LONGEST_ACCEPTED}"') == MOST_BLANKS
    client.send(f"{url}/answers", {"q1": ["长" * LONGEST_ACCEPTED] * MOST_BLANKS}, status=303)
    db.session.rollback()
    assert queries.sheet(sitting_id).answers[1].count("长") == LONGEST_ACCEPTED * MOST_BLANKS


def test_without_scripts_a_refused_form_comes_back_as_it_was_typed(either_app, now):
    sitting_id, candidate = written_paper(now, 2)
    client, url = client_of(either_app, candidate), f"/sittings/{sitting_id}"
    client.send(f"{url}/answers", {"q1": "A", "q6": "已保存的一段"})
    typed = {"q1": "B", "q3": ["A", "C"], "q5": "长" * 2001, "q6": "改过的一段"}
    page = client.send(f"{url}/answers", typed, status=422).text
    assert '<a href="#q5">第 5 题最多写 2000 字，现有 2001 字。</a>' in page
    assert "长" * 2001 in page
    assert "改过的一段" in page
    chosen = re.findall(r'name="q(\d)"\s+value="([A-Z])"\s+checked', page)
    assert chosen == [("1", "B"), ("3", "A"), ("3", "C")]
    assert '{"1": ["A"], "3": [], "5": [], "6": ["\\u5df2\\u4fdd\\u5b58\\u7684\\u4e00\\u6bb5"]}' in page
    assert '<meta name="last-seq" content="2">' in page
    db.session.rollback()
    assert queries.sheet(sitting_id).answers == {1: "A", 6: "=已保存的一段"}
    page = client.send(f"{url}/answers", {"q5": "长" * 200_000}, status=413).text
    assert "提交的内容过大" in page
    assert "已保存的一段" in page
    nobody = either_app.test_client()
    assert nobody.send(f"{url}/answers", typed, status=303).location.startswith("/sign-in")


def test_without_scripts_a_form_of_someone_else_shows_nothing(either_app, running):
    sitting_id, _candidate, _client, url = running
    stranger = client_of(either_app, make_candidate(now=clock.now()))
    stranger.send(f"{url}/answers", {"q1": "Z"}, status=404)
    stranger.send(f"{url}/answers", {"q1": "A"}, status=404)
    assert queries.journal(sitting_id) == []


def test_without_scripts_the_count_is_that_of_now(running):
    _sitting_id, _candidate, client, url = running
    client.send(f"{url}/answers", {"q1": "B"})
    assert "已保存，已答 1 题。" in client.page(url)
    client.send(f"{url}/answers", {"q1": "B", "q2": "C", "q3": ["A", "D"]})
    assert "已保存，已答 3 题。" in client.page(url)


def test_without_scripts_what_another_page_saved_meanwhile_is_numbered_around(running, monkeypatch):
    sitting_id, candidate, client, url = running
    numbered = forms.batch_of

    def late(form, paper, sheet):
        if not sheet.last_seq:
            save(sitting_id, candidate, (1, 2, "C"), now=clock.now())
        return numbered(form, paper, sheet)

    monkeypatch.setattr(forms, "batch_of", late)
    client.send(f"{url}/answers", {"q1": "B"}, status=303)
    db.session.rollback()
    assert queries.journal(sitting_id) == [(1, 2, "C"), (2, 1, "B")]


def test_a_hand_in_that_rests_on_more_than_the_server_has_seals_nothing(running):
    sitting_id, _candidate, client, url = running
    answers(client, url, (1, 1, "A"), (2, 2, "B"))
    headers = {"Accept": "application/json"}
    refused = client.post(
        f"{url}/submit", data={"last_seq": "3", "csrf_token": client.token()}, headers=headers
    )
    assert (refused.status_code, refused.json["code"], refused.json["acknowledged"]) == (
        409,
        "sequence_gap",
        2,
    )
    assert db.session.get(Sitting, sitting_id, populate_existing=True).state is SittingState.RUNNING
    handed_in = client.post(
        f"{url}/submit", data={"last_seq": "2", "csrf_token": client.token()}, headers=headers
    )
    assert handed_in.json["acknowledged"] == 2


def losses(sitting_id):
    db.session.rollback()
    return queries.losses(sitting_id)


def test_what_a_restored_server_forgot_is_noted_once_and_within_bounds(running):
    sitting_id, _candidate, client, url = running
    loss = {"known": 10, "found": 3, "receipt": ""}
    client.send_json(f"{url}/losses", loss, status=200)
    client.send_json(f"{url}/losses", loss, status=200)
    forgotten = {"known": 10, "found": 10, "receipt": "7Q2M-0XKD-7Q2M-0XKD-7Q2M"}
    client.send_json(f"{url}/losses", forgotten, status=200)
    noted = [(10, 3, ""), (10, 10, "7Q2M-0XKD-7Q2M-0XKD-7Q2M")]
    assert losses(sitting_id) == noted
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "report-loss")).all()
    assert [(entry.subject_id, entry.detail["known"]) for entry in entries] == [(str(sitting_id), 10)] * 2
    bad = (
        {},
        [],
        {**loss, "known": -1},
        {**loss, "found": "3"},
        {**loss, "receipt": "<b>"},
        {**loss, "known": True},
    )
    for body in bad:
        client.send_json(f"{url}/losses", body, status=422)
    headers = {"X-CSRFToken": client.token(), "Content-Type": "application/json"}
    assert client.post(f"{url}/losses", data="[" * 3000, headers=headers).status_code == 422
    for known in range(100, 130):
        client.send_json(f"{url}/losses", {**loss, "known": known}, status=200)
    assert len(losses(sitting_id)) == services.MOST_LOSSES


def test_nobody_reports_a_loss_for_another_or_before_the_start(either_app, running, now):
    sitting_id, _candidate, _client, url = running
    loss = {"known": 10, "found": 3, "receipt": ""}
    client_of(either_app, make_candidate(now=now)).send_json(f"{url}/losses", loss, status=404)
    waiting, candidate = make_sitting(now=now)
    early = client_of(either_app, candidate).send_json(f"/sittings/{waiting}/losses", loss, status=409)
    assert early.json["code"] == "not_started"
    assert losses(sitting_id) == losses(waiting) == []


def test_a_page_tells_its_paper_from_another(either_app, now):
    marks = set()
    for _ in range(2):
        sitting_id, candidate = start_sitting(questions=make_questions(), now=now)
        client = client_of(either_app, candidate)
        pages = [client.page(f"/sittings/{sitting_id}") for _ in range(2)]
        [mark] = {re.search(r'<meta name="paper" content="(\w+)">', page)[1] for page in pages}
        marks.add(mark)
    assert len(marks) == 2
