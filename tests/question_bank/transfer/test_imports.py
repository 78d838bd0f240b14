"""The life of an import on both databases: what is counted is what is stored, and a crash leaves nothing."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import func, select

from core.actor import Actor, Grant, Role
from core.audit.models import AuditEntry
from core.db import db
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.jobs.locks import held
from core.jobs.models import JobState
from core.jobs.work import Stop, claim
from question_bank.items import queries as items
from question_bank.items.models import Item, LikenessKey, ReviewStep
from question_bank.items.pool import pool
from question_bank.items.rules import ItemState, QuestionType
from question_bank.review.services import submit_for_review
from question_bank.transfer import exporting, formats, jobs, queries, services
from question_bank.transfer.error_sheet import error_sheet
from question_bank.transfer.formats import format_of
from question_bank.transfer.intake import Choices
from question_bank.transfer.models import ImportJob, ImportRow
from tests.factories.bank import AUTHOR, NOW, make_item, make_statute_version
from tests.question_bank.transfer.conftest import saved, workbook

HEADING = ["题型", "题干", "选项A", "选项B", "答案", "解析", "法律法规", "条款"]
ONE = Actor(label="zhao", account_id=1, grants=(Grant(Role.AUTHOR),))
OTHER = Actor(label="qian", account_id=2, grants=(Grant(Role.AUTHOR),))
NOBODY = Actor(label="sun", account_id=3, grants=(Grant(Role.REVIEWER),))


def row(number: int, **changes: object) -> list[object]:
    values = {
        "题型": "单选题",
        "题干": f"第 {number} 个问题应当怎样回答才算正确？",
        "选项A": "这样",
        "选项B": "那样",
        "答案": "A",
        "解析": "见法条。",
        "法律法规": "示例法",
        "条款": "第一条",
    }
    return [(values | changes)[title] for title in HEADING]


def sheet(*rows: list[object]) -> io.BytesIO:
    return saved(workbook([HEADING, *rows]))


def upload(
    *rows: list[object], name: str = "题.xlsx", actor: Actor = ONE, now: datetime = NOW, **choices: bool
):
    return services.start_import(
        stream=sheet(*rows), file_name=name, choices=Choices(**choices), actor=actor, now=now
    )


def stored() -> int:
    return db.session.scalar(select(func.count()).select_from(Item)) or 0


def job(job_id, actor: Actor = ONE):
    db.session.expire_all()
    return queries.job(job_id, account_id=actor.account_id)


def counts(found) -> tuple[int, int, int, int]:
    return found.read, found.accepted, found.rejected, found.duplicates


def test_from_upload_to_drafts_of_the_author(either_app):
    make_statute_version()
    job_id = upload(row(1), row(2), row(3))
    assert job(job_id).state is JobState.WAITING
    jobs.work(now=NOW)
    assert (job(job_id).state, counts(job(job_id)), stored()) == (JobState.READY, (3, 3, 0, 0), 0)
    assert list(services.folder().iterdir()) == []
    services.confirm_import(job_id=job_id, partial=False, actor=ONE, now=NOW)
    jobs.work(now=NOW)
    assert job(job_id).state is JobState.DONE
    found = db.session.scalars(select(Item).order_by(Item.id)).all()
    assert [item.state for item in found] == [ItemState.DRAFT] * 3
    (step,) = items.history(found[1].id)
    assert (step.actor, step.state) == ("zhao", ItemState.DRAFT)
    assert "题.xlsx" in step.comment
    assert "第 3 行" in step.comment
    assert items.latest_version(found[0].id).author_account_id == 1
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["start-import", "confirm-import", "import-items"]


@pytest.mark.parametrize(
    ("for_practice", "kept"), [(False, [True, True, True]), (True, [False, False, True])]
)
def test_what_comes_in_is_kept_for_sessions_unless_practice_is_chosen(either_app, for_practice, kept):
    make_statute_version()
    marked = [[*row(number), mark] for number, mark in enumerate(("", "否", "是"))]
    job_id = services.start_import(
        stream=saved(workbook([[*HEADING, "保留题"], *marked])),
        file_name="题.xlsx",
        choices=Choices(for_practice=for_practice),
        actor=ONE,
        now=NOW,
    )
    jobs.work(now=NOW)
    services.confirm_import(job_id=job_id, partial=False, actor=ONE, now=NOW)
    jobs.work(now=NOW)
    db.session.expire_all()
    assert db.session.scalars(select(Item.reserved).order_by(Item.id)).all() == kept


def test_a_repeat_of_the_confirmation_imports_once(either_app):
    make_statute_version()
    job_id = upload(row(1))
    jobs.work(now=NOW)
    for _time in range(2):
        services.confirm_import(job_id=job_id, partial=False, actor=ONE, now=NOW)
        jobs.work(now=NOW)
    assert stored() == 1


def test_every_row_has_one_outcome(either_app):
    make_statute_version()
    make_item(draft=None, stem="第 9 个问题应当怎样回答才算正确？", options=2)
    before = items.latest_version(items.item("q-00001").id)
    in_bank = row(9, 选项A=before.options[0][1], 选项B=before.options[1][1])
    rows = [
        row(1),
        row(2, 答案=""),
        row(1),
        in_bank,
        row(3, 条款="第九百条"),
        row(4),
        row(1, 选项A="那样", 选项B="这样", 答案="B"),
    ]
    job_id = upload(*rows)
    jobs.work(now=NOW)
    assert counts(job(job_id)) == (7, 2, 2, 3)
    kept = db.session.scalars(select(ImportRow).order_by(ImportRow.position, ImportRow.job_id)).all()
    assert [found.outcome.value for found in kept] == [
        "accepted",
        "rejected",
        "duplicate",
        "duplicate",
        "rejected",
        "accepted",
        "duplicate",
    ]
    assert "第 2 行" in kept[2].problems[0]["message"]
    assert "q-00001" in kept[3].problems[0]["message"]


def test_problems_keep_everything_out_unless_the_good_rows_are_wanted(either_app):
    make_statute_version()
    job_id = upload(row(1), row(2, 答案=""))
    jobs.work(now=NOW)
    with pytest.raises(Conflict):
        services.confirm_import(job_id=job_id, partial=False, actor=ONE, now=NOW)
    services.confirm_import(job_id=job_id, partial=True, actor=ONE, now=NOW)
    jobs.work(now=NOW)
    assert (counts(job(job_id)), stored()) == ((2, 1, 1, 0), 1)
    book = openpyxl.load_workbook(io.BytesIO(error_sheet(queries.sheet_rows(job_id), taken=True)))
    lines = [[cell.value for cell in cells] for cells in book["题1"].iter_rows()]
    assert lines[0] == [*HEADING, "位置", "导入结果", "导入问题"]
    assert [line[-2] for line in lines[1:]] == ["已导入", "未导入"]
    assert lines[2][1] == row(2)[1]
    assert "没有答案" in lines[2][-1]


def test_the_error_sheet_can_be_put_right_and_brought_in_again(either_app):
    make_statute_version()
    job_id = upload(row(1), row(2, 答案=""))
    jobs.work(now=NOW)
    services.confirm_import(job_id=job_id, partial=True, actor=ONE, now=NOW)
    jobs.work(now=NOW)
    book = openpyxl.load_workbook(io.BytesIO(error_sheet(queries.sheet_rows(job_id), taken=True)))
    book["题1"]["E3"] = "B"
    again = services.start_import(
        stream=saved(book), file_name="改.xlsx", choices=Choices(), actor=ONE, now=NOW
    )
    jobs.work(now=NOW)
    assert counts(job(again)) == (2, 1, 0, 1)


def test_what_the_bank_got_meanwhile_is_not_doubled(either_app):
    make_statute_version()
    first, second = upload(row(1)), upload(row(1), row(2), now=NOW + timedelta(seconds=1))
    jobs.work(now=NOW)
    for job_id in (first, second):
        services.confirm_import(job_id=job_id, partial=False, actor=ONE, now=NOW)
    jobs.work(now=NOW)
    assert (job(first).state, job(second).state, stored()) == (JobState.DONE, JobState.FAILED, 1)
    assert "题库又有变化" in job(second).failure


def test_a_crash_while_writing_leaves_nothing_and_is_told(either_app, monkeypatch):
    make_statute_version()
    job_id = upload(row(1), row(2))
    jobs.work(now=NOW)
    services.confirm_import(job_id=job_id, partial=False, actor=ONE, now=NOW)

    def die(*_arguments: object, **_named: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(services.work, "end", die)
        with pytest.raises(MemoryError):
            jobs.work(now=NOW)
    assert (job(job_id).state, stored()) == (JobState.WRITING, 0)
    jobs.work(now=NOW)
    assert (job(job_id).state, stored()) == (JobState.FAILED, 0)
    assert job(job_id).failure == services.INTERRUPTED
    assert list(services.folder().iterdir()) == []


def test_an_import_that_another_process_works_on_is_left_alone(either_app):
    make_statute_version()
    job_id = upload(row(1))
    assert claim(ImportJob, job_id, before=JobState.WAITING, during=JobState.READING)
    with pytest.raises(KeyError), held(job_id) as ours:
        assert ours
        jobs.work(now=NOW)
        assert job(job_id).state is JobState.READING
        raise KeyError  # the other process dies
    jobs.work(now=NOW)
    assert job(job_id).state is JobState.FAILED


def test_a_file_that_cannot_be_read_ends_the_import_with_its_reason(either_app):
    stream = saved(workbook([["甲", "乙"], ["1", "2"]]))
    job_id = services.start_import(stream=stream, file_name="a.xlsx", choices=Choices(), actor=ONE, now=NOW)
    jobs.work(now=NOW)
    assert job(job_id).state is JobState.FAILED
    assert "表头" in job(job_id).failure
    assert list(services.folder().iterdir()) == []


def refusal(name: str, data: bytes) -> str:
    """What the author of an upload is told, at once or on the import's page."""
    try:
        job_id = services.start_import(
            stream=io.BytesIO(data), file_name=name, choices=Choices(), actor=ONE, now=NOW
        )
    except Invalid as refused:
        return refused.message
    jobs.work(now=NOW)
    assert job(job_id).state is JobState.FAILED
    return job(job_id).failure


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("题.xls", b"\xd0\xcf\x11\xe0" + b"0" * 99, "old_format"),
        ("题.doc", b"\xd0\xcf\x11\xe0" + b"0" * 99, "old_format"),
        ("题.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        ("题.pdf", b"%PDF-1.7", "foreign_format"),
        ("题.xlsx", b"%PDF-1.7", "foreign_format"),
        ("题.exe", b"MZ", "unknown_format"),
        ("题.h5p", b"x", "unknown_format"),
        ("题", b"1. x", "unknown_format"),
        ("题.xlsx", "1. 题".encode(), "wrong_ending"),
        ("题.docx", sheet(["a"]).getvalue(), "wrong_ending"),
        ("题.txt", sheet(["a"]).getvalue(), "wrong_ending"),
        ("题.txt", b" \n", "empty_file"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
def test_files_that_are_not_what_they_should_be_are_refused_with_the_reason(app, name, data, code):
    with pytest.raises(Invalid) as caught:
        format_of(name, io.BytesIO(data))
    (told,) = caught.value.problems
    assert told.code == code
    assert refusal(name, data) == told.message
    assert list(services.folder().iterdir()) == []


def test_an_empty_upload_is_refused_at_once(app):
    with pytest.raises(Invalid) as caught:
        services.start_import(stream=io.BytesIO(), file_name="题.txt", choices=Choices(), actor=ONE, now=NOW)
    assert caught.value.problems[0].code == "empty_file"
    assert list(services.folder().iterdir()) == []


@pytest.mark.parametrize("name", ["题.xml", "题.txt", "题.json", "题.xlsx", "题.zip", "题"])
def test_an_upload_is_kept_without_a_look_into_it(app, monkeypatch, name):
    """Whatever looks into a file may take long: in the request nothing does."""

    def look(*_arguments: object) -> None:
        raise AssertionError("the request looks into the file")

    for module, function in ((services, "format_of"), (services, "read_file"), (formats, "_content")):
        monkeypatch.setattr(module, function, look)
    job_id = services.start_import(
        stream=io.BytesIO(b"<" * 5000), file_name=name, choices=Choices(), actor=ONE, now=NOW
    )
    assert job(job_id).state is JobState.WAITING


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (Stop.TIME, "超过 300 秒的限度"),
        (Stop.MEMORY, "超过 1024 MB 的限度"),
        (Stop.INTERRUPTED, "服务中断"),
    ],
)
def test_an_import_that_is_stopped_ends_with_what_to_do(app, why, said):
    job_id = upload(row(1))
    claim(ImportJob, job_id, before=JobState.WAITING, during=JobState.READING)
    jobs.IMPORTS.stop(job_id, why, now=NOW)
    assert job(job_id).state is JobState.FAILED
    assert said in job(job_id).failure
    assert "没有导入任何题目" in job(job_id).failure
    assert jobs.IMPORTS.due(now=NOW) == []
    assert list(services.folder().iterdir()) == []


def test_an_upload_beyond_the_setting_is_refused(sqlite_settings, make_app):
    app = make_app(sqlite_settings, import_megabytes=1)
    with app.app_context():
        big = ("1. " + "字" * 1000 + "\n").encode() * 600
        with pytest.raises(Invalid) as caught:
            services.start_import(
                stream=io.BytesIO(big), file_name="a.txt", choices=Choices(), actor=ONE, now=NOW
            )
        assert caught.value.problems[0].code == "too_large"
        assert list(services.folder().iterdir()) == []


def test_a_name_with_a_path_is_only_a_name(app):
    make_statute_version()
    job_id = upload(row(1), name="..\\..\\etc/题 库.xlsx")
    assert job(job_id).file_name == "题 库.xlsx"
    assert {path.parent for path in services.folder().iterdir()} == {services.folder()}


def test_an_import_belongs_to_its_author(either_app):
    make_statute_version()
    job_id = upload(row(1))
    jobs.work(now=NOW)
    with pytest.raises(NotFound):
        services.confirm_import(job_id=job_id, partial=False, actor=OTHER, now=NOW)
    with pytest.raises(NotFound):
        services.cancel_import(job_id=job_id, actor=OTHER, now=NOW)
    with pytest.raises(NotAllowed):
        upload(row(1), actor=NOBODY)


def test_an_import_can_be_given_up(either_app):
    make_statute_version()
    read, waiting = upload(row(1)), upload(row(2))
    services.cancel_import(job_id=waiting, actor=ONE, now=NOW)
    jobs.work(now=NOW)
    services.cancel_import(job_id=read, actor=ONE, now=NOW)
    jobs.work(now=NOW)
    assert {job(read).state, job(waiting).state} == {JobState.CANCELLED}
    with pytest.raises(Conflict):
        services.confirm_import(job_id=read, partial=False, actor=ONE, now=NOW)
    assert stored() == 0


def test_drafts_may_lack_law_and_explanation_until_they_are_reviewed(either_app):
    make_statute_version()
    rows = [row(1, 法律法规=None, 条款=None), row(2, 解析=None), row(3, 法律法规="无此法")]
    strict, loose = upload(*rows, with_law=True, with_explanation=True), upload(*rows)
    jobs.work(now=NOW)
    assert counts(job(strict)) == (3, 0, 3, 0)
    assert counts(job(loose)) == (3, 3, 0, 0)
    assert [remark["code"] for remark in job(loose).remarks] == ["without_citations", "without_explanation"]
    services.confirm_import(job_id=loose, partial=False, actor=ONE, now=NOW)
    jobs.work(now=NOW)
    page = items.item_page(items.ItemFilter(), 1)
    assert sorted(line.law for line in page.rows) == ["", "", "示例法"]
    # The law that the bank lacks is kept in the item's history.
    assert "《无此法》第一条" in items.history(items.item("q-00003").id)[0].comment
    for line in page.rows:
        with pytest.raises(Invalid):
            submit_for_review(item_id=items.item(line.code).id, number=1, actor=ONE, now=NOW)
    assert pool(NOW.date()) == []


def test_old_imports_are_forgotten_and_their_items_stay(either_app):
    make_statute_version()
    job_id = upload(row(1))
    jobs.work(now=NOW)
    services.confirm_import(job_id=job_id, partial=False, actor=ONE, now=NOW)
    jobs.work(now=NOW)
    jobs.work(now=NOW + timedelta(days=services.DAYS_KEPT + 1))
    with pytest.raises(NotFound):
        job(job_id)
    assert stored() == 1
    assert db.session.scalar(select(func.count()).select_from(ImportRow)) == 0


def test_given_codes_are_kept_and_taken_ones_refused(either_app):
    make_statute_version()
    make_item(code="taken-1")
    heading = [*HEADING, "编号"]
    make_item(code="7")
    given = ["own-1", "taken-1", "own-1", "不行", None, "7"]
    rows = [[*row(number), code] for number, code in enumerate(given, start=1)]
    report = services.import_file(
        stream=saved(workbook([heading, *rows])),
        file_name="a.xlsx",
        choices=Choices(),
        partial=True,
        actor=ONE,
        now=NOW,
    )
    outcomes = [verdict.outcome.value for verdict in report.verdicts]
    assert outcomes == ["accepted", "rejected", "rejected", "accepted", "accepted", "accepted"]
    assert report.codes[0] == "own-1"
    assert all(code.startswith("q-") for code in report.codes[1:])
    told = [[warning.code for warning in verdict.warnings] for verdict in report.verdicts]
    assert (told[3][0], told[5][0]) == ("code", "code_taken")


def test_the_same_question_with_another_key_is_told(either_app):
    make_statute_version()
    rows = [row(1), row(1, 选项A="那样", 选项B="这样", 答案="B"), row(1, 答案="B"), row(1, 答案="")]
    report = services.import_file(
        stream=sheet(*rows), file_name="a.xlsx", choices=Choices(), partial=True, actor=ONE, now=NOW
    )
    assert [[p.code for p in v.problems] for v in report.verdicts] == [
        [],
        ["duplicate"],
        ["duplicate_other_key"],
        ["no_key"],
    ]
    assert (report.accepted, report.rejected, report.duplicates) == (1, 1, 2)
    again = services.import_file(
        stream=sheet(row(1, 答案="B")),
        file_name="a.xlsx",
        choices=Choices(),
        dry_run=True,
        actor=ONE,
        now=NOW,
    )
    assert again.verdicts[0].problems[0].code == "duplicate_other_key"
    assert report.codes[0] in again.verdicts[0].problems[0].message


def test_cases_and_blanks_come_through_whole(either_app):
    make_statute_version()
    heading = [*HEADING[:1], "题干", "选项A", "选项B", "答案", "解析", "法律法规", "条款"]
    rows = [
        row(1, 题型="案例分析题", 题干="某局对甲作出罚款的决定，甲不服。", 选项A=None, 选项B=None, 答案=None),
        row(2, 题型="案例单选题", 解析=None, 法律法规=None, 条款=None),
        row(
            3,
            题型="案例填空题",
            题干="应当自收到决定之日起____内提出。",
            选项A=None,
            选项B=None,
            答案="六十日|60日",
        ),
        row(
            4,
            题型="简答题",
            题干="简述申请行政复议的条件有哪些。",
            选项A=None,
            选项B=None,
            答案="一是……；二是……",
        ),
    ]
    report = services.import_file(
        stream=saved(workbook([heading, *rows])), file_name="a.xlsx", choices=Choices(), actor=ONE, now=NOW
    )
    assert not report.has_problems
    case, short = (items.draft_of(items.latest_version(items.item(code).id)) for code in report.codes)
    assert [question.type for question in case.questions] == [QuestionType.SINGLE, QuestionType.BLANK]
    assert case.questions[1].accepted == (("六十日", "60日"),)
    assert short.reference == "一是……；二是……"


def test_more_rows_than_a_batch_are_read_and_written_in_order(either_app):
    make_statute_version()
    report = services.import_file(
        stream=sheet(*(row(n) for n in range(1, 1_203))),
        file_name="a.xlsx",
        choices=Choices(),
        actor=ONE,
        now=NOW,
    )
    assert (report.read, report.accepted, len(report.codes)) == (1_202, 1_202, 1_202)
    stems = [items.latest_version(items.item(code).id).stem for code in (report.codes[0], report.codes[-1])]
    assert stems == [row(1)[1], row(1_202)[1]]
    assert db.session.scalar(select(func.count()).select_from(ReviewStep)) == 1_202


def test_the_reviewers_may_export_and_it_is_logged(either_app):
    make_item(law="甲法")
    make_item(law="乙法", approved=False)
    out = io.BytesIO()
    count, losses = exporting.export_items(
        wanted=items.ItemFilter(law="甲法"), format_name="json", out=out, actor=NOBODY, now=NOW
    )
    assert (count, losses) == (1, [])
    (entry,) = json.loads(out.getvalue())
    assert entry["citations"][0]["law"] == "甲法"
    assert "export-items" in db.session.scalars(select(AuditEntry.action)).all()
    with pytest.raises(Conflict):
        exporting.export_items(
            wanted=items.ItemFilter(law="丙法"), format_name="json", out=out, actor=AUTHOR, now=NOW
        )
    with pytest.raises(NotAllowed):
        exporting.export_items(
            wanted=items.ItemFilter(), format_name="json", out=out, actor=Actor(label="x"), now=NOW
        )


def test_questions_much_alike_are_taken_and_told_with_their_likeness(either_app):
    make_statute_version()
    stem = "某县人民政府拟制定限制车辆通行的规范性文件，依照规定应当履行的程序是哪一项？"
    make_item(stem=stem.replace("某县", "某市"), code="near-1")
    rows = [row(1, 题干=stem), row(2), row(3, 题干=stem.replace("车辆", "货车"))]
    job_id = upload(*rows)
    jobs.work(now=NOW)
    assert (counts(job(job_id)), job(job_id).warned) == ((3, 3, 0, 0), 2)
    kept = db.session.scalars(select(ImportRow).order_by(ImportRow.position, ImportRow.job_id)).all()
    told = [[warning["message"] for warning in found.warnings] for found in kept]
    assert "试题 near-1" in told[0][0]
    assert "%" in told[0][0]
    assert told[1] == []
    assert "第 2 行" in told[2][0]
    report = services.import_file(
        stream=sheet(*rows), file_name="a.xlsx", choices=Choices(), dry_run=True, actor=ONE, now=NOW
    )
    assert [[w.code for w in v.warnings] for v in report.verdicts] == [
        ["near_duplicate"],
        [],
        ["near_duplicate"],
    ]
    assert not report.has_problems


def test_likeness_keys_follow_the_items_and_a_crash_between_is_made_good(either_app, monkeypatch):
    make_statute_version()
    first = row(1, 题干="某镇人民政府拟对沿街商铺统一更换招牌，商户提出异议的，应当怎样处理？")
    job_id = upload(first)
    jobs.work(now=NOW)
    services.confirm_import(job_id=job_id, partial=False, actor=ONE, now=NOW)

    def crash() -> None:
        raise RuntimeError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "index_put_off", crash)
        with pytest.raises(RuntimeError):
            jobs.work(now=NOW)
    assert job(job_id).state is JobState.DONE
    assert stored() == 1
    assert db.session.scalar(select(func.count()).select_from(LikenessKey)) == 0
    for _ in range(2):
        jobs.work(now=NOW)
        assert db.session.scalar(select(func.count()).select_from(LikenessKey)) == 20
    second = row(2, 题干="某镇人民政府拟对沿街商铺统一更换招牌，商户提出异议的，应当如何处理？")
    report = services.import_file(
        stream=sheet(second), file_name="a.xlsx", choices=Choices(), actor=ONE, now=NOW
    )
    assert [warning.code for warning in report.verdicts[0].warnings] == ["near_duplicate"]
