"""The commands: one object with `--json`, honest counts, exit 1 when problems were found."""

from __future__ import annotations

import json
import zipfile

import openpyxl
import pytest
from sqlalchemy import func, select

from core.actor import Role
from core.db import db
from core.people.services import add_account
from question_bank.items import queries as items
from question_bank.items.models import Item
from question_bank.items.rules import QuestionType
from question_bank.transfer import queries
from question_bank.transfer.formats import BY_NAME
from question_bank.transfer.rows import StoredRow
from tests.factories.bank import AUTHOR, NOW, make_draft, make_item, make_statute_version
from tests.question_bank.transfer.test_imports import row, sheet


@pytest.fixture
def bank(app, tmp_path):
    """Runs `flask bank …` on a sheet of rows; gives the exit code and the object printed."""
    make_statute_version()

    def run(*arguments: str, rows: list[list[object]] | None = None, name: str = "题.xlsx"):
        path = tmp_path / name
        if rows is not None:
            path.write_bytes(sheet(*rows).getvalue())
        command, *options = arguments
        result = app.test_cli_runner().invoke(args=["bank", command, str(path), *options, "--json"])
        db.session.expire_all()
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr

    run.folder = tmp_path
    return run


def stored() -> int:
    return db.session.scalar(select(func.count()).select_from(Item)) or 0


def totals(told: dict[str, object]) -> tuple[object, ...]:
    assert told["read"] == told["accepted"] + told["rejected"] + told["duplicates"]
    return told["read"], told["accepted"], told["rejected"], told["duplicates"]


GOOD_AND_BAD = [row(1), row(2, 答案=""), row(1), row(3)]


def test_a_good_file_is_imported(bank):
    code, told = bank("import", rows=[row(1), row(2)])
    assert (code, totals(told), told["problems"]) == (0, (2, 2, 0, 0), [])
    assert stored() == 2
    assert db.session.scalars(select(Item.reserved)).all() == [True, True]
    bank("import", "--for-practice", rows=[row(3)])
    assert db.session.scalars(select(Item.reserved).order_by(Item.id)).all() == [True, True, False]


def test_a_dry_run_changes_nothing_and_tells_what_would_be(bank):
    code, told = bank("import", "--dry-run", rows=GOOD_AND_BAD)
    assert (code, totals(told), stored()) == (1, (4, 2, 1, 1), 0)
    assert [(problem["row"], problem["code"]) for problem in told["problems"]] == [
        (3, "no_key"),
        (4, "duplicate"),
    ]


def test_one_problem_keeps_all_out(bank):
    code, told = bank("import", rows=GOOD_AND_BAD)
    assert (code, totals(told), told["held_back"], stored()) == (1, (4, 0, 3, 1), 2, 0)


def test_partial_takes_the_good_rows_and_writes_the_error_sheet(bank):
    code, told = bank("import", "--partial", rows=GOOD_AND_BAD)
    assert (code, totals(told), stored()) == (1, (4, 2, 1, 1), 2)
    lines = list(openpyxl.load_workbook(told["error_sheet"])["题1"].iter_rows(values_only=True))
    assert [line[-2] for line in lines[1:]] == ["已导入", "未导入", "重复，未导入", "已导入"]


def test_duplicates_alone_keep_nothing_out_but_are_told(bank):
    bank("import", rows=[row(1)])
    code, told = bank("import", rows=[row(1), row(2)])
    assert (code, totals(told), stored()) == (1, (2, 1, 0, 1), 2)


def test_the_author_is_told_and_must_be_one(bank):
    for name, role in (("zhao", Role.AUTHOR), ("qian", Role.REVIEWER)):
        add_account(username=name, role=role, unit_code=None, display_name=name, actor=AUTHOR, now=NOW)
    assert bank("import", "--author", "zhao", rows=[row(1)])[0] == 0
    assert items.latest_version(items.item("q-00001").id).author_label == "zhao"
    for name in ("qian", "nobody"):
        code, told = bank("import", "--author", name, rows=[row(2)])
        assert code == 1
        assert "没有" in str(told)
    assert stored() == 1


def test_an_unreadable_file_is_told_in_the_same_object(bank):
    (bank.folder / "题.xlsx").write_bytes(b"%PDF-1.7")
    code, told = bank("import")
    assert (code, totals(told), told["problems"][0]["code"]) == (1, (0, 0, 0, 0), "foreign_format")


def test_words_without_json(app, bank):
    bank("import", "--dry-run", rows=GOOD_AND_BAD)
    result = app.test_cli_runner().invoke(args=["bank", "import", str(bank.folder / "题.xlsx"), "--partial"])
    assert result.exit_code == 1
    assert "读取 4 题：已导入 2，未通过 1，重复 1。" in result.stdout
    assert "第 3 行：没有答案" in result.stderr
    assert "导入 100 %" in result.stderr


@pytest.mark.parametrize("ending", ["xlsx", "docx", "txt", "json"])
def test_export_then_import_into_an_empty_bank_is_the_same(bank, app, ending):
    made, _version = make_item(approved=False)
    draft = items.draft_of(items.latest_version(made.id))
    code, told = bank("export", name=f"out.{ending}")
    assert (code, told["exported"], told["losses"]) == (0, 1, [])
    code, told = bank("import", "--dry-run", name=f"out.{ending}")
    assert totals(told) == (1, 0, 0, 1)
    assert draft.stem in str(told) or "duplicate" in str(told)


def test_an_export_by_type_and_state(bank):
    make_item()
    make_item(approved=False)
    assert bank("export", "--state", "approved", name="a.json")[1]["exported"] == 1
    assert bank("export", "--type", "single", name="b.json")[1]["exported"] == 2
    code, told = bank("export", "--type", "multiple", name="c.json")
    assert code == 1
    assert not (bank.folder / "c.json").exists()
    assert "没有符合条件" in told


EVERY_TYPE = [make_draft(kind) for kind in QuestionType]
LEFT_OUT = {
    "gift": {QuestionType.BLANK, QuestionType.SHORT, QuestionType.CASE},
    "moodle-xml": {QuestionType.BLANK, QuestionType.CASE},
    "qti-2.1": {QuestionType.CASE},
    "qti": set(),
    "qti-3.0": set(),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_files_of_other_systems_become_the_same_drafts(bank, name):
    chosen = BY_NAME[name]
    made = [StoredRow(f"cf-{number}", draft) for number, draft in enumerate(EVERY_TYPE)]
    file = f"a{chosen.endings[0]}"
    with (bank.folder / file).open("wb") as out:
        losses = chosen.write(made, out, queries.law_book(NOW.date()))
    wanted = [one for one in made if one.draft.type not in LEFT_OUT[name]]
    assert {loss.where for loss in losses} == {one.code for one in made} - {one.code for one in wanted}
    code, told = bank("import", name=file)
    assert (code, totals(told), told["problems"]) == (0, (len(wanted), len(wanted), 0, 0), [])
    assert {one.code: items.draft_of(items.latest_version(items.item(one.code).id)) for one in wanted} == {
        one.code: one.draft for one in wanted
    }


@pytest.mark.parametrize("name", [*LEFT_OUT, "aiken"])
def test_what_the_bank_gives_out_it_knows_again(bank, name):
    make_item()
    code, told = bank("export", "--format", name, name="out.txt")
    assert (code, told["exported"]) == (0, 1)
    file = (bank.folder / "out.txt").rename(bank.folder / f"back{BY_NAME[name].endings[0]}")
    code, told = bank("import", name=file.name)
    assert (totals(told), [problem["code"] for problem in told["problems"]]) == ((1, 0, 0, 1), ["duplicate"])


GIFT = "// 备注\n::一::由谁主持听证？{=甲 ~乙}\n\n配对：{=甲->一 =乙->二}\n\n::三::何时举行听证？{=七日内 ~十日内}\n"
AIKEN = "由谁主持听证？\nA. 甲\nB. 乙\nANSWER: A\n\n何时举行听证？\nA. 七日内\nB. 十日内\nANSWER: A, B\n"


@pytest.mark.parametrize(
    ("file", "content", "counts", "said"),
    [
        ("题.txt", GIFT, (3, 2, 1, 0), "matching"),
        ("题.gift", GIFT, (3, 2, 1, 0), "matching"),
        ("题.txt", AIKEN, (2, 1, 1, 0), "Aiken 只有单选题"),
    ],
)
def test_foreign_text_files_are_known_by_what_stands_in_them(bank, file, content, counts, said):
    (bank.folder / file).write_bytes(content.encode("gb18030"))
    options = ("--partial",)
    code, told = bank("import", *options, name=file)
    assert (code, totals(told), stored()) == (1, counts, counts[1])
    assert said in told["problems"][0]["message"]
    lines = list(openpyxl.load_workbook(told["error_sheet"]).worksheets[0].iter_rows(values_only=True))
    assert [line[-2] for line in lines[1:]].count("未导入") == counts[2]


def test_law_and_explanation_are_asked_for_only_where_that_was_chosen(bank):
    (bank.folder / "题.txt").write_text("由谁主持听证？{=甲 ~乙}")
    code, told = bank("import", "--with-law", "--with-explanation", name="题.txt")
    assert (code, totals(told), {problem["code"] for problem in told["problems"]}) == (
        1,
        (1, 0, 1, 0),
        {"citations", "explanation"},
    )
    code, told = bank("import", name="题.txt")
    assert (code, told["imported"], told["problems"]) == (0, 1, [])
    assert [remark["code"] for remark in told["remarks"]] == ["without_citations", "without_explanation"]


def test_a_file_in_another_format_than_was_said_is_refused_in_one_object(bank):
    (bank.folder / "a.xml").write_text("<quiz/>")
    code, told = bank("import", "--format", "qti", name="a.xml")
    assert (code, totals(told), told["problems"][0]["code"]) == (1, (0, 0, 0, 0), "other_root")
    code, told = bank("import", name="a.xml")
    assert (code, told["problems"][0]["code"]) == (1, "no_items")


def test_a_file_without_questions_says_what_was_in_it(bank):
    older = '<manifest><resources><resource type="imsqti_xmlv1p2" href="a.xml"/></resources></manifest>'
    with zipfile.ZipFile(bank.folder / "a.zip", "w") as archive:
        archive.writestr("imsmanifest.xml", older)
    code, told = bank("import", name="a.zip")
    assert (code, told["problems"][0]["code"]) == (1, "no_items")
    assert "QTI 1.x" in told["problems"][0]["message"]


def test_an_encoding_that_was_assumed_is_told(bank):
    (bank.folder / "题.txt").write_bytes("1. 听证应当怎样举行？\nA. 公开\nB. 秘密\n答案：A\n".encode("gbk"))
    _code, told = bank("import", "--dry-run", name="题.txt")
    assert "encoding_assumed" in {remark["code"] for remark in told["remarks"]}


SHEET = "题干,选项A,选项B,答案\n听证应当怎样举行？,公开,秘密,A\n"
LINE = '{"question": "听证应当怎样举行？", "options": ["公开", "秘密"], "answer": "A"}\n'
QUIZ = (
    "<quiz><question type='truefalse'><questiontext><text>听证应当公开举行。</text></questiontext>"
    "<answer fraction='100'><text>true</text></answer><answer fraction='0'><text>false</text></answer></question></quiz>"
)


@pytest.mark.parametrize("content", [SHEET, LINE, f"[{LINE}]", QUIZ])
def test_a_text_in_another_format_is_known_by_what_stands_in_it(bank, content):
    (bank.folder / "题.txt").write_text(content)
    code, told = bank("import", "--dry-run", name="题.txt")
    assert (code, totals(told)) == (0, (1, 1, 0, 0))


def test_a_file_without_an_ending_is_known_by_its_content(bank):
    assert bank("import", "--dry-run", rows=[row(1)], name="题")[0] == 0


def test_an_export_counts_what_was_written(bank):
    make_item()
    make_item(QuestionType.SHORT)
    code, told = bank("export", "--format", "aiken", name="a.txt")
    assert (code, told["exported"]) == (0, 1)
    assert "not_written" in {loss["code"] for loss in told["losses"]}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("题.xls", "<html><table><tr><td>题干</td></tr></table></html>", "网页"),
        ("题.xlsx", "<!DOCTYPE html>\n<html></html>", "网页"),
        ("题.xml", "\ufeff<!DOCTYPE html PUBLIC '-//W3C//DTD'><html/>", "网页"),
        ("题.txt", "<meta charset='utf-8'><p>1. 题</p>", "网页"),
        ("题.doc", "MIME-Version: 1.0\nContent-Type: multipart/related;\n", "MHTML"),
        (
            "题.xml",
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "XML 表格",
        ),
        ("题.docx", "{\\rtf1 题}", ".rtf"),
    ],
)
def test_a_file_of_another_program_is_refused_by_its_right_name(bank, name, content, words):
    (bank.folder / name).write_text(content)
    code, told = bank("import", name=name)
    assert (code, told["problems"][0]["code"]) == (1, "foreign_format")
    assert words in told["problems"][0]["message"]
    assert "实体" not in told["problems"][0]["message"]
