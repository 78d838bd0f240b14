"""The author's wizard and the page for taking items out."""

from __future__ import annotations

import io
import json
import uuid
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import func, select

from core.actor import Role
from core.db import db
from core.jobs.locks import lock_of
from core.jobs.models import JobState
from core.jobs.work import claim
from question_bank.items.models import Item
from question_bank.transfer import exporting, jobs
from question_bank.transfer.models import ExportJob
from tests.factories.bank import NOW, client_as, make_item, make_statute_version
from tests.question_bank.transfer.test_imports import row, sheet


@pytest.fixture
def author(app):
    make_statute_version()
    return client_as(app, "wang", Role.AUTHOR)


def upload(
    client, *rows: list[object], status: int = 303, name: str = "题.xlsx", data: bytes = b"", **choices: str
):
    content = data or sheet(*rows).getvalue()
    return client.send("/bank/import", {"file": (io.BytesIO(content), name), **choices}, status=status)


def work() -> None:
    """What the server's thread does, in a session that sees what the pages have committed."""
    db.session.rollback()
    jobs.work(now=NOW)


def stored() -> int:
    db.session.expire_all()
    return db.session.scalar(select(func.count()).select_from(Item)) or 0


def test_upload_preview_confirm(author):
    place = upload(author, row(1), row(2)).location
    assert "等待读取" in author.page(place)
    work()
    page = author.page(place)
    assert "2 题可以导入" in page
    assert "导入的题仅供考试" in page
    assert row(1)[1] in page
    assert stored() == 0
    author.send(f"{place}/confirm")
    assert "等待写入" in author.page(place)
    work()
    page = author.page(place)
    assert "已导入 2 题" in page
    assert stored() == 2
    assert "题.xlsx" in author.page("/bank/import")


def test_problems_stand_beside_their_rows_and_can_be_filtered(author):
    place = upload(author, row(1), row(2, 答案=""), row(1)).location
    work()
    page = author.page(place)
    assert "没有答案，未导入" in page
    assert "与第 2 行" in page
    noted = author.page(f"{place}?show=noted")
    assert row(2)[1] in noted
    assert noted.count("<tr>") < page.count("<tr>")
    author.send(f"{place}/confirm")
    assert "有 1 题存在问题" in author.page(place)
    assert stored() == 0
    author.send(f"{place}/confirm", {"partial": "1"})
    work()
    assert stored() == 1
    book = openpyxl.load_workbook(io.BytesIO(author.get(f"{place}/problems.xlsx").data))
    assert [cells[-2] for cells in book["题1"].iter_rows(min_row=2, values_only=True)] == [
        "已导入",
        "未导入",
        "重复，未导入",
    ]


def test_progress_is_told_to_the_script(author):
    place = upload(author, row(1)).location
    told = json.loads(author.page(f"{place}/progress"))
    assert told == {"state": "waiting", "words": "等待读取", "share": 0.0, "read": 0, "at_work": True}
    work()
    assert json.loads(author.page(f"{place}/progress"))["at_work"] is False


def test_long_files_are_paged(author):
    place = upload(author, *(row(n) for n in range(1, 121))).location
    work()
    assert "第 1 页，共 3 页" in author.page(place)
    assert row(120)[1] in author.page(f"{place}?page=3")
    assert "第 3 页" in author.page(f"{place}?page=99")


def test_a_file_that_is_refused_is_told_beside_its_field(author):
    page = upload(author, status=422, name="题.pdf", data=b"%PDF-1.7").text
    assert "PDF 不能导入" in page
    assert "请选择要导入的文件" in author.send("/bank/import", {}, status=422).text


def test_a_broken_file_is_told_on_its_page(author):
    place = upload(author, name="题.xlsx", data=sheet(row(1)).getvalue()[:-60], status=None).location
    if place:
        work()
        assert "没有导入" in author.page(place)


def test_markup_in_a_question_is_shown_as_text(author):
    stem = "<script>alert(1)</script><img src=x onerror=alert(2)>下列说法正确的是"
    place = upload(author, row(1, 题干=stem, 选项A="<b onclick=x>甲</b>")).location
    work()
    page = author.page(place)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_others_do_not_see_it(author, app):
    place = upload(author, row(1)).location
    other = client_as(app, "zhao", Role.AUTHOR)
    for path in (place, f"{place}/progress", f"{place}/problems.xlsx"):
        other.page(path, status=404)
    client_as(app, "qian", Role.REVIEWER).page("/bank/import", status=403)


def test_giving_an_import_up(author):
    place = upload(author, row(1)).location
    work()
    author.send(f"{place}/cancel")
    assert "已放弃这次导入" in author.page("/bank/import")
    assert "题库没有变化" in author.page(place)


def test_a_draft_without_law_is_listed_shown_and_not_handed_in(author):
    place = upload(author, row(1, 法律法规=None, 条款=None)).location
    work()
    author.send(f"{place}/confirm")
    work()
    assert "q-00001" in author.page("/bank/items")
    author.page("/bank/items/q-00001")
    author.send("/bank/review/q-00001/submit", {"number": "1"})
    assert "请至少引用一条法律依据" in author.page("/bank/items/q-00001")
    author.page("/bank/items/q-00001/edit")


def test_the_template(author):
    answer = author.get("/bank/import/template.xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert openpyxl.load_workbook(io.BytesIO(answer.data)).sheetnames[0] == "题库"


def post_body(client, body: bytes, length: int | None = None) -> int:
    """Send a form as it goes over the line; `length` is what its header claims."""
    answer = client.post(
        "/bank/import",
        input_stream=io.BytesIO(body),
        environ_overrides={"CONTENT_LENGTH": str(length or len(body))},
        content_type="multipart/form-data; boundary=b",
    )
    return answer.status_code


def test_a_larger_file_than_other_uploads_is_taken_and_one_beyond_the_setting_is_not(author):
    def part(name: str, value: bytes, more: str = "") -> bytes:
        return (
            f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"
        )

    text = (
        "1. 第一个问题应当怎样回答？\nA. 甲\nB. 乙\n答案：A\n解析：略。\n" + "说明\n" * 1_400_000
    ).encode()
    assert len(text) > 8 * 1024 * 1024
    token = part("csrf_token", author.token().encode())
    body = token + part("file", text, '; filename="a.txt"') + b"--b--\r\n"
    assert post_body(author, body) == 303
    assert post_body(author, body, length=21 * 1024 * 1024) == 413


def test_export_by_filter(author, app):
    make_item(law="甲法", code="a-1")
    make_item(law="乙法", code="b-1")
    assert "互斥关系、审核记录和实测答对率留在题库里" in author.page("/bank/export")
    place = author.send("/bank/export", {"format": "json", "law": "甲法", "type": "", "state": ""}).location
    work()
    answer = author.get(f"{place}/file")
    assert [entry["id"] for entry in json.loads(answer.data)] == ["a-1"]
    nothing = {"format": "json", "law": "甲法", "type": "multiple", "state": ""}
    assert "没有符合条件" in author.send("/bank/export", nothing, status=409).text
    client_as(app, "sun", Role.OFFICER).page("/bank/export", status=403)


def test_what_a_format_cannot_carry_is_told_before_the_file_is_given(author):
    make_item(stem="下列说法正确的是\n答案：藏在题干里的一行\n哪一项", code="a-1")
    form = {"format": "txt", "law": "", "type": "", "state": ""}
    place = author.send("/bank/export", form).location
    assert author.get(f"{place}/file").location.endswith(place)
    work()
    page = author.page(place)
    assert "试题 a-1" in page
    assert "仍可下载" in page
    answer = author.get(f"{place}/file")
    assert answer.headers["Content-Disposition"].startswith("attachment")


FORM = {"format": "txt", "law": "", "type": "", "state": ""}


@pytest.fixture
def many(author, monkeypatch):
    """More items than an export writes before it tells how far it is."""
    monkeypatch.setattr(exporting, "TOLD_EVERY", 2)
    for number in range(1, 4):
        make_item(law="甲法", code=f"a-{number}", stem=f"第 {number} 个问题应当怎样回答？")
    return author


def test_an_export_is_made_in_the_background(many, app):
    place = many.send("/bank/export", FORM).location
    assert "等待导出" in many.page(place)
    assert json.loads(many.page(f"{place}/progress"))["at_work"] is True
    assert many.get(f"{place}/file").location.endswith(place)
    work()
    told = json.loads(many.page(f"{place}/progress"))
    assert (told["at_work"], told["read"], told["share"]) == (False, 3, 1)
    assert "共 3 题，内容完整" in many.page(place)
    answer = many.get(f"{place}/file")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.text.count("答案：") == 3
    assert "可以下载" in many.page("/bank/export")
    other = client_as(app, "zhou", Role.AUTHOR)
    for page in (place, f"{place}/progress", f"{place}/file"):
        other.page(page, status=404)


def test_an_export_tells_what_it_could_not_carry(many):
    place = many.send("/bank/export", {**FORM, "format": "aiken"}).location
    work()
    page = many.page(place)
    assert "3 题在这种格式中会有出入" in page
    assert "解析" in page


def test_an_export_that_was_interrupted_ends_and_an_old_one_is_forgotten(many):
    place = many.send("/bank/export", FORM).location
    job_id = uuid.UUID(place.rpartition("/")[2])
    db.session.rollback()
    assert claim(ExportJob, job_id, before=JobState.WAITING, during=JobState.WRITING)
    work()
    assert "正在写入" in many.page(place)  # at work on another node
    lock_of(job_id).touch()
    work()
    assert "服务中断" in many.page(place)
    db.session.rollback()
    jobs.work(now=NOW + timedelta(hours=exporting.HOURS_KEPT, days=366000))
    many.page(place, status=404)
