from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from html import unescape

import openpyxl
import pytest
from sqlalchemy import func, select, text, update

from core import clock
from core.actor import Role
from core.audit.models import AuditEntry
from core.db import db, transaction
from core.documents.sheets import read_rows, write_sheet
from core.jobs.work import work_off
from core.people.models import Account, Person
from exam.sittings.account_views import ACCOUNT_COLUMNS
from exam.sittings.accounts import ISSUING
from exam.sittings.admission_views import LIST_COLUMNS
from exam.sittings.models import AnswerEvent, ExamSession, JournalLoss, ResultRelease, Sitting, TimeAdjustment
from exam.sittings.office import reveal_finished
from exam.sittings.rules import SittingState
from tests.factories.bank import client_as
from tests.factories.office import (
    UNIT,
    admit,
    entry,
    id_number,
    make_session,
    make_small_spec,
    make_unit,
    prepare,
)
from tests.factories.past import rewrite


@pytest.fixture
def officer(app):
    return client_as(app, "officer", Role.OFFICER)


def now():
    return clock.now()


def session_form(**changes) -> dict[str, object]:
    day = clock.day_of(now() + timedelta(days=3))
    return {
        "name": "第三场",
        "room": "市委党校一号机房",
        "held_on": day.isoformat(),
        "opens_at": "09:00",
        "last_start_at": "09:30",
        "closes_at": "11:30",
        "minutes": "90",
        "grace_seconds": "10",
        "paper_spec_id": str(make_small_spec()),
        "result_release": "by_office",
        "key_release": "never",
        **changes,
    }


def upload(client, session_id, data: bytes, name: str = "名单.xlsx"):
    body = {"file": (io.BytesIO(data), name), "csrf_token": client.token()}
    return client.post(f"/office/sessions/{session_id}/candidates/list", data=body)


def rows(*entries) -> bytes:
    return write_sheet(
        "名单", LIST_COLUMNS, [(e.id_number, e.name, e.unit, e.level, e.post) for e in entries]
    )


def words(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page))


def test_only_who_manages_sessions_comes_in(app, client):
    assert client.get("/office/sessions").status_code == 303
    auditor = client_as(app, "auditor", Role.AUDITOR)
    assert auditor.get("/office/sessions").status_code == 403
    assert auditor.get(f"/office/sessions/{make_session(now())}/roll").status_code == 403


def test_the_empty_list_says_what_to_do_and_a_session_is_planned(officer):
    assert "建立第一个场次" in officer.page("/office/sessions")
    assert "标准卷" in officer.page("/office/sessions/new")
    response = officer.send("/office/sessions/new", session_form())
    page = officer.page(response.location)
    assert "下一步：办理准考" in words(page)
    assert "09:30" in page
    assert "第三场" in officer.page("/office/sessions")
    session = db.session.scalar(select(ExamSession))
    assert clock.shanghai(session.opens_at).hour == 9


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"held_on": "2027-02-29"}, "日期不存在"),
        ({"held_on": ""}, "请填写考试日期"),
        ({"opens_at": "25:00"}, "时间不存在"),
        ({"held_on": "9999-12-31"}, "年份应当在"),
        ({"minutes": "九十"}, "请填写整数"),
        ({"minutes": "9" * 30}, "考试时长应当在"),
        ({"minutes": "-" + "9" * 30}, "考试时长应当在"),
        ({"last_start_at": "08:59"}, "最迟开考时间应当晚于开放时间"),
        ({"closes_at": "10:00"}, "最迟开考的人在结束时间之前考不满时长"),
        ({"name": "场" * 101}, "场次名称不超过 100 个字"),
        ({"room_addresses": "隔壁"}, "不是网络地址"),
        ({"result_release": "whenever"}, "field-error"),
        ({"paper_spec_id": "999"}, "field-error"),
    ],
)
def test_bad_input_is_told_kept_and_saves_nothing(officer, changes, message):
    response = officer.send("/office/sessions/new", session_form(**changes), status=422)
    assert message in response.text
    assert "市委党校一号机房" in response.text
    assert db.session.scalar(select(func.count()).select_from(ExamSession)) == 0


def test_problems_of_fields_and_of_the_whole_plan_are_told_together(officer):
    page = officer.send("/office/sessions/new", session_form(name="", closes_at="08:00"), status=422).text
    assert "请填写场次名称" in page
    assert "结束时间不能早于最迟开考时间" in page


def test_a_session_is_changed_until_the_first_start(officer):
    session_id = make_session(now())
    (sitting_id,) = admit(session_id, now=now())
    url = f"/office/sessions/{session_id}/edit"
    page = officer.page(url)
    assert 'value="第一场"' in page
    officer.send(url, session_form(name="改过的场次", base=base_of(page)))
    assert "改过的场次" in officer.page(f"/office/sessions/{session_id}")
    with transaction() as session:
        session.execute(update(Sitting).values(state=SittingState.RUNNING, started_at=now()))
    response = officer.send(url, session_form(base=base_of(officer.page(url))))
    assert "已有考生开始作答" in officer.page(response.location)
    assert officer.get(f"/office/sessions/{sitting_id}/edit").status_code == 404


def base_of(page: str) -> str:
    """What the form of a stored thing says it was made from."""
    return re.search(r'<input[^>]*name="base"[^>]*value="([^"]*)"', page)[1]


def test_of_two_who_change_a_session_at_once_the_later_sees_both_versions(app, officer):
    session_id = make_session(now() + timedelta(days=3))
    url = f"/office/sessions/{session_id}/edit"
    seen_by_both = base_of(officer.page(url))
    colleague = client_as(app, "officer-second", Role.OFFICER)
    colleague.send(url, session_form(room="二号机房", closes_at="12:00", base=seen_by_both))
    refused = officer.send(url, session_form(name="改名", base=seen_by_both), status=422).text
    for told in ("本场已被别人修改", "二号机房", "12:00", 'value="改名"', 'value="市委党校一号机房"'):
        assert told in refused, told
    db.session.rollback()
    row = db.session.get_one(ExamSession, session_id)
    assert (row.name, row.room) == ("第三场", "二号机房")
    officer.send(url, session_form(name="改名", room="二号机房", base=base_of(refused)))
    db.session.rollback()
    assert (row.name, row.room) == ("改名", "二号机房")
    assert "已被别人修改" in officer.send(url, session_form(), status=422).text


def test_a_page_names_who_no_longer_fits_and_takes_them_out_with_a_reason(officer):
    session_id = make_session(now() + timedelta(days=40))
    (sitting_id,) = admit(session_id, [entry(name="张须等")], now=now())
    person = db.session.get_one(Sitting, sitting_id).person_id
    (before,) = admit(make_session(now(), is_rehearsal=True), [entry(name="别人")], now=now())
    rewrite(ExamSession, is_rehearsal=False)
    rewrite(Sitting, Sitting.id == before, person_id=person, state=SittingState.VOID)
    url = f"/office/sessions/{session_id}/edit"
    refused = officer.send(url, session_form(base=base_of(officer.page(url))), status=422).text
    assert "张须等共 1 人现在不符合参加本场考试的条件" in refused
    assert "成绩已作废" in refused
    sent = session_form(base=base_of(refused), removal_of=str(sitting_id), remove="y")
    without = officer.send(url, sent, status=422).text
    assert "请写明把这些人移出本场的理由" in without
    assert "张须等" in without
    assert re.search(r'name="remove"[^>]*checked|checked[^>]*name="remove"', without)
    officer.send(url, {**sent, "removal_reason": "改期后不符合条件"})
    db.session.rollback()
    assert db.session.get(Sitting, sitting_id) is None


def test_a_draw_that_somebody_else_has_made_meanwhile_is_not_made_again(officer):
    session_id = make_session(now())
    admit(session_id, 2, now=now())
    url = f"/office/sessions/{session_id}/prepare"
    page = officer.page(url)
    prepare(session_id, now=now())
    day = clock.day_of(now()).isoformat()
    refused = officer.send(url, {"law_day": day, "base": base_of(page), "reason": "抽题"})
    assert "别人已经为本场抽过题" in officer.page(refused.location)
    assert "第 2 次抽题" not in officer.page(f"/office/sessions/{session_id}")
    officer.send(url, {"law_day": day, "base": base_of(officer.page(url)), "reason": "重抽"})
    assert "第 2 次抽题" in officer.page(f"/office/sessions/{session_id}")


def test_the_page_of_a_draw_names_who_no_longer_fits_and_draws_for_the_others(officer):
    session_id = make_session(now())
    barred, _ = admit(session_id, [entry(name="张须等"), entry(name="李可考")], now=now())
    (before,) = admit(make_session(now(), is_rehearsal=True), [entry(name="别人")], now=now())
    person = db.session.get_one(Sitting, barred).person_id
    rewrite(ExamSession, is_rehearsal=False)
    rewrite(Sitting, Sitting.id == before, person_id=person, state=SittingState.VOID)
    url = f"/office/sessions/{session_id}/prepare"
    sent = {"law_day": clock.day_of(now()).isoformat(), "base": "0"}
    refused = officer.send(url, sent, status=422).text
    assert "张须等" in refused
    assert "李可考" not in refused
    named = re.search(r'name="removal_of"[^>]*value="([^"]*)"', refused)[1]
    assert named == str(barred)
    officer.send(url, {**sent, "removal_of": named, "remove": "y", "removal_reason": "成绩作废未满期"})
    assert "已抽好 1 份试卷" in officer.page(f"/office/sessions/{session_id}")


def test_a_list_is_uploaded_and_the_template_fits(officer):
    make_unit()
    session_id = make_session(now())
    template = officer.get("/office/candidates-template.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(template))
    for column, value in zip("ABCD", (id_number(1), "张三", UNIT, "乡科级副职"), strict=True):
        book.active[f"{column}3"] = value
    filled = io.BytesIO()
    book.save(filled)
    response = upload(officer, session_id, filled.getvalue())
    assert response.status_code == 303
    page = officer.page(response.location)
    assert "已准考 1 人，其中新建人员 1 人" in page
    assert "张三" in page
    assert "510502********" in page
    assert id_number(1) not in page


def test_every_problem_of_a_list_stands_beside_its_row(officer):
    make_unit()
    session_id = make_session(now())
    response = upload(
        officer,
        session_id,
        rows(entry(1), entry(1), entry(2, unit="没有")),
    )
    assert response.status_code == 422
    page = words(response.text)
    assert "名单有 2 处问题，没有保存任何一行" in page
    assert re.search(r"第 3 行\s+与第 2 行是同一个身份证号", page)
    assert re.search(r"第 4 行\s+没有单位", page)
    assert id_number(1) not in page
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0


@pytest.mark.parametrize("data", [b"", b"not a sheet", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0old"])
def test_a_broken_file_is_told(officer, data):
    response = upload(officer, make_session(now()), data)
    assert response.status_code == 422
    assert "没有保存任何一行" in response.text


def test_no_file_at_all_and_one_too_large(officer):
    session_id = make_session(now())
    response = officer.send(f"/office/sessions/{session_id}/candidates/list", {}, status=422)
    assert "请选择填好的名单" in response.text
    url = f"/office/sessions/{session_id}/candidates/list"
    body = b"x" * (9 * 1024 * 1024)
    assert officer.post(url, data=body, content_type="multipart/form-data; boundary=x").status_code == 413


def test_one_person_is_admitted_and_removed(officer):
    admit(make_session(now(), name="演练", is_rehearsal=True), [entry(1, "张三")], now=now())
    session_id = make_session(now())
    url = f"/office/sessions/{session_id}/candidates"
    refused = officer.send(url, {"id_number": id_number(1)[:-1], "name": "张三"}, status=422)
    assert "身份证号应为 18 位" in refused.text
    officer.send(url, {"id_number": id_number(1), "name": "张三"})
    page = officer.page(url)
    sitting = re.search(r"/office/candidates/([0-9a-f-]{36})", page)[0]
    assert "取消准考" in officer.page(sitting)
    assert "请写明理由" in officer.send(f"{sitting}/removal", {"reason": ""}, status=422).text
    officer.send(f"{sitting}/removal", {"reason": "报名有误"})
    assert officer.get(sitting).status_code == 404


def test_the_way_from_the_list_to_the_board(officer):
    session_id = make_session(now())
    url = f"/office/sessions/{session_id}"
    (sitting_id,) = admit(session_id, [entry(1, "张三")], now=now())
    assert "下一步：抽题" in words(officer.page(url))
    officer.send(f"{url}/prepare", {"law_day": "2027-02-30"}, status=422)
    assert "可用的只有 0 题" in officer.send(f"{url}/prepare", {"law_day": "1999-01-01"}, status=422).text
    officer.send(f"{url}/prepare", {"law_day": "2026-11-23"})
    page = officer.page(url)
    commitment = re.search(r'<code class="digest">([0-9a-f]{64})</code>', page)[1]
    assert commitment in officer.page(f"/draws/{session_id}")
    assert officer.get(f"/draws/{session_id}/1/manifest.json").status_code == 404
    assert "下一步：发放账号" in words(page)
    assert (
        "重新抽题须写明理由"
        in officer.send(f"{url}/prepare", {"law_day": "2026-11-23", "reason": ""}, status=422).text
    )
    admit(session_id, [entry(2, "李四")], now=now())
    assert "补充抽题" in officer.page(url)
    officer.send(f"{url}/prepare-added")
    assert db.session.get(ExamSession, session_id).draw_number == 2
    board = words(officer.page(f"{url}/watch"))
    assert "尚未开考 2" in board
    assert str(sitting_id) in officer.page(f"{url}/watch")


def test_accounts_are_issued_once_and_their_passwords_open_the_door(app, officer):
    session_id = make_session(now())
    first, _second = admit(session_id, [entry(1, "张三"), entry(2, "李四")], now=now())
    url = f"/office/sessions/{session_id}/accounts"
    place = officer.send(url).location
    assert "等待发放" in officer.page(place)
    assert "正在发放账号" in officer.page(f"/office/sessions/{session_id}/candidates")
    assert "正在发放，请等它完成" in officer.page(officer.send(url).location)
    assert json.loads(officer.page(f"{place}/progress"))["at_work"] is True
    db.session.rollback()
    work_off([ISSUING], now=now())
    assert json.loads(officer.page(f"{place}/progress"))["read"] == 2
    assert "有一份账号清单等您保存" in officer.page(f"/office/sessions/{session_id}")
    page = officer.page(place)
    assert page == officer.page(place), "a reload loses nothing"
    assert page.count('<li class="slip">') == 2
    assert "http://localhost" in page
    response = officer.get(f"{place}/list.xlsx")
    issued = [row.values for row in read_rows(io.BytesIO(response.data), ACCOUNT_COLUMNS)]
    assert [row["name"] for row in issued] == ["张三", "李四"] or {r["name"] for r in issued} == {
        "张三",
        "李四",
    }
    assert all("********" in row["id_number"] for row in issued)
    assert {word for row in issued for word in (row["username"], row["password"])} <= set(
        re.findall(r"<code>([^<]+)</code>", page)
    )
    page = officer.page(f"/office/sessions/{session_id}/candidates")
    assert "为没有登录过的 2 人重发密码" in page
    officer.send(f"{place}/saved")
    page = officer.page(place)
    assert "清单已经交接" in page
    assert issued[0]["password"] not in page
    assert officer.get(f"{place}/list.xlsx").location.endswith(place)
    assert "等您保存" not in officer.page(f"/office/sessions/{session_id}")
    client_as(app, "another", Role.OFFICER).page(place, status=404)
    candidate = app.test_client()
    assert candidate.sign_in(issued[0]["username"], issued[0]["password"]).status_code == 303
    assert candidate.get("/").location.endswith("/password")
    again = officer.send(url)
    assert "本场考生都已有账号" in officer.page(again.location)
    account = db.session.scalar(select(Account).join(Sitting, Sitting.person_id == Account.person_id))
    assert account.must_change_password
    assert "请写明理由" in officer.send(f"/office/candidates/{first}/password", status=422).text
    page = officer.send(f"/office/candidates/{first}/password", {"reason": "忘记密码"}, status=200).text
    username, password = re.findall(r"<code>([^<]+)</code>", page)
    old = next(row for row in issued if row["username"] == username)
    assert app.test_client().sign_in(username, password).status_code == 303
    refused = app.test_client().send(
        "/sign-in", {"username": username, "password": old["password"]}, status=422
    )
    assert "用户名或密码不正确" in refused.text


def running(session_id, *numbers) -> list:
    sittings = admit(
        session_id, [entry(number, f"考生{'甲乙丙丁'[number]}") for number in numbers], now=now()
    )
    prepare(session_id, now=now())
    with transaction() as session:
        session.execute(
            update(Sitting)
            .where(Sitting.id.in_(sittings))
            .values(state=SittingState.RUNNING, started_at=now() - timedelta(minutes=10))
        )
    return sittings


def test_the_board_shows_who_saves_and_puts_the_worst_first(officer):
    session_id = make_session(now())
    busy, idle = running(session_id, 1, 2)
    with transaction() as session:
        for seq, position, choice, ago in ((1, 1, "A", 60), (2, 2, "B", 50), (3, 2, "", 40), (4, 3, "C", 30)):
            session.add(
                AnswerEvent(
                    sitting_id=busy,
                    seq=seq,
                    position=position,
                    choice=choice,
                    late=False,
                    recorded_at=now() - timedelta(seconds=ago),
                )
            )
    page = officer.page(f"/office/sessions/{session_id}/watch")
    assert page.index(f"row-{idle}") < page.index(f"row-{busy}")
    told = words(page)
    assert re.search(r"久未保存\s+考生丙\s+示例区司法局\s+0/7", told)
    assert re.search(r"作答中\s+考生乙\s+示例区司法局\s+2/7", told)
    assert re.search(r"(19|20):\d\d", told)


def test_time_is_given_to_one_and_to_all_with_a_reason(officer):
    session_id = make_session(now())
    first, _second = running(session_id, 1, 2)
    url = f"/office/candidates/{first}/time"
    assert "请写明加时的理由" in officer.send(url, {"minutes": "5", "reason": ""}, status=422).text
    officer.send(url, {"minutes": "5", "reason": "电脑重启"})
    assert "电脑重启" in officer.page(f"/office/candidates/{first}")
    officer.send(f"/office/sessions/{session_id}/time", {"minutes": "10", "reason": "停电"})
    seconds = db.session.scalars(select(TimeAdjustment.seconds).order_by(TimeAdjustment.id)).all()
    assert sorted(seconds) == [300, 600, 600]


def test_leave_is_recorded_with_a_reason(officer):
    (sitting_id,) = admit(make_session(now()), now=now())
    url = f"/office/candidates/{sitting_id}"
    officer.send(f"{url}/leave", {"reason": ""}, status=422)
    officer.send(f"{url}/leave", {"reason": "住院，有证明"})
    page = words(officer.page(url))
    assert "请假" in page
    assert "住院，有证明" in page


def test_the_roll_has_full_numbers_as_text_and_is_logged(app, officer):
    session_id = make_session(now(), name="=第一场")
    admit(session_id, [entry(1, "张三")], now=now())
    with transaction() as session:
        session.execute(text("UPDATE unit SET name = '@示例单位' WHERE code = :code"), {"code": UNIT})
    url = f"/office/sessions/{session_id}/roll"
    assert re.search(r'aria-current="page">考试场次', officer.page(url)), (
        "the menu does not say where this is"
    )
    assert id_number(1) not in officer.page(url)
    assert "请写明导出的用途" in officer.send(url, {"reason": " "}, status=422).text
    response = officer.send(url, {"reason": "报市委组织部"}, status=200)
    sheet = openpyxl.load_workbook(io.BytesIO(response.data)).active
    assert sheet["A1"].value.startswith("演示数据")
    cells = {heading.value: cell for heading, cell in zip(sheet[2], sheet[3], strict=True)}
    assert cells["身份证号"].value == id_number(1)
    assert cells["身份证号"].data_type == "s"
    assert cells["身份证号"].number_format == "@"
    assert cells["单位"].value == "'@示例单位"
    assert cells["结果"].value == "未考"
    logged = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "export-roll"))
    assert logged.detail == {"rows": 1, "reason": "报市委组织部"}
    assert logged.actor_label == "officer"


def test_results_are_released_from_the_page(officer):
    session_id = make_session(now(), result_release=ResultRelease.BY_OFFICE)
    (sitting_id,) = admit(session_id, now=now())
    response = officer.send(f"/office/sessions/{session_id}/release")
    assert "还有 1 人未考完" in officer.page(response.location)
    with transaction() as session:
        session.execute(update(Sitting).where(Sitting.id == sitting_id).values(state=SittingState.ABSENT))
    assert "下一步：发布成绩" in words(officer.page(f"/office/sessions/{session_id}"))
    officer.send(f"/office/sessions/{session_id}/release")
    assert "下一步：导出成绩单" in words(officer.page(f"/office/sessions/{session_id}"))


def test_the_seed_and_the_manifest_are_published_after_the_end(app, officer):
    session_id = make_session(now())
    (sitting_id,) = admit(session_id, now=now())
    prepare(session_id, now=now())
    with transaction() as session:
        session.execute(update(Sitting).where(Sitting.id == sitting_id).values(state=SittingState.ABSENT))
    assert reveal_finished(now()) == [session_id]
    page = app.test_client().page(f"/draws/{session_id}")
    assert len(re.findall(r'<code class="digest">[0-9a-f]{64}</code>', page)) == 2
    manifest = app.test_client().get(f"/draws/{session_id}/1/manifest.json")
    assert manifest.json["session"] == str(session_id)
    assert app.test_client().get(f"/draws/{sitting_id}").status_code == 404


def test_three_hundred_candidates_are_listed_and_watched(officer):
    session_id = make_session(now())
    admit(session_id, 300, now=now())
    assert officer.page(f"/office/sessions/{session_id}/watch").count('id="row-') == 300


def test_the_board_and_the_person_show_what_a_restored_server_forgot(officer):
    session_id = make_session(now())
    whole, gone_back = running(session_id, 1, 2)
    assert "退回" not in officer.page(f"/office/sessions/{session_id}/watch")
    with transaction() as session:
        for known, receipt in ((10, ""), (10, "7Q2M-0XKD-7Q2M-0XKD-7Q2M")):
            session.add(
                JournalLoss(sitting_id=gone_back, known=known, found=3, receipt=receipt, recorded_at=now())
            )
    told = words(officer.page(f"/office/sessions/{session_id}/watch"))
    assert "1 名考生的页面报告" in told
    assert re.search(r"交卷记录退回（原回执码 7Q2M-0XKD-7Q2M-0XKD-7Q2M）\s*，现有 0 处", told)
    person = words(officer.page(f"/office/candidates/{gone_back}"))
    assert "答题记录由 10 处退回到 3 处" in person
    assert "退回" not in words(officer.page(f"/office/candidates/{whole}"))
