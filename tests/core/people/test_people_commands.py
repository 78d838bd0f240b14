"""The commands that put an empty database to use."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from core.audit.models import AuditEntry
from core.db import db
from core.documents.sheets import write_sheet
from core.people.cli import PEOPLE_COLUMNS, UNIT_COLUMNS
from core.people.models import Person, Posting, Unit
from core.people.queries import person_by_id_number
from tests.factories.people import LI, ZHANG

GOOD = [(ZHANG, "张三", "510502", "乡科级副职", "副局长"), (LI, "阿卜杜•热合曼", "古蔺县", "正科级", "")]


@pytest.fixture
def run(app, tmp_path):
    runner = app.test_cli_runner()

    def invoke(*arguments, rows=None, columns=PEOPLE_COLUMNS):
        if rows is not None:
            (tmp_path / "list.xlsx").write_bytes(write_sheet("名单", columns, rows))
            arguments = (*arguments, str(tmp_path / "list.xlsx"))
        return runner.invoke(args=["people", *arguments])

    return invoke


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_a_list_is_imported_once_and_a_repeat_changes_nothing(run):
    first = run("import", "--json", rows=GOOD)
    assert first.exit_code == 0
    assert json.loads(first.stdout) == {"read": 2, "added": 2, "moved": 0, "unchanged": 0, "problems": []}
    again = json.loads(run("import", "--json", rows=GOOD).stdout)
    assert again == {"read": 2, "added": 0, "moved": 0, "unchanged": 2, "problems": []}
    assert (count(Person), count(Posting)) == (2, 2)
    assert person_by_id_number(LI).name == "阿卜杜·热合曼"


def test_one_bad_line_stops_the_whole_list_and_every_problem_has_its_row(run):
    bad = [*GOOD, ("510502198001010014", "", "没有", "x", ""), (ZHANG, "张三", "510502", "乡科级副职", "")]
    result = run("import", "--json", rows=bad)
    assert result.exit_code == 1
    outcome = json.loads(result.stdout)
    assert (outcome["read"], outcome["added"]) == (4, 0)
    assert [(p["row"], p["code"]) for p in outcome["problems"]] == [
        (4, "id_number_check_digit"),
        (4, "name_empty"),
        (4, "unit_unknown"),
        (4, "level_unknown"),
        (5, "duplicate"),
    ]
    assert count(Person) == 0
    lines = run("import", rows=bad)
    assert lines.exit_code == 1
    assert lines.stderr.startswith("第 4 行：身份证号末位校验码不符")


def test_a_file_that_is_no_sheet_is_one_sentence(run, tmp_path):
    (tmp_path / "x.xlsx").write_text("hello")
    result = run("import", str(tmp_path / "x.xlsx"))
    assert result.exit_code == 1
    assert "不是 .xlsx" in result.stderr
    assert run("import", "missing.xlsx").exit_code == 2


def test_the_log_of_an_import_holds_no_number(run):
    run("import", rows=GOOD)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "import-people")).one()
    assert entry.detail == {"added": 2, "moved": 0}


def test_units_are_imported_below_those_that_exist(run):
    rows = [
        ("510502001", "江阳区司法局", "政府及工作部门", "510502"),
        ("510502001-1", "某司法所", "3", "510502001"),
    ]
    assert json.loads(run("import-units", "--json", rows=rows, columns=UNIT_COLUMNS).stdout) == {
        "read": 2,
        "added": 2,
    }
    assert json.loads(run("import-units", "--json", rows=rows, columns=UNIT_COLUMNS).stdout)["added"] == 0
    unit = db.session.scalars(select(Unit).where(Unit.code == "510502001-1")).one()
    assert unit.region_code == "510502"


def test_units_with_problems_change_nothing(run):
    rows = [
        ("510502001", "江阳区司法局", "政府及工作部门", "510502"),
        ("", "", "不明", "999"),
        ("510503", "改名", "3", "510500"),
        ("510502001", "另一个", "3", "510502"),
    ]
    result = run("import-units", rows=rows, columns=UNIT_COLUMNS)
    assert result.exit_code == 1
    assert [line[:6] for line in result.stderr.splitlines()] == ["第 3 行："] * 4 + ["第 4 行：", "第 5 行："]
    assert count(Unit) == 0


def test_an_account_gets_a_one_time_password(run, client):
    added = json.loads(run("add-account", "Officer", "--role", "officer", "--json").stdout)
    assert added["username"] == "officer"
    client.sign_in("officer", added["password"])
    assert client.get("/").location == "/password"


def test_one_more_role_keeps_the_password_and_a_conflicting_one_is_refused(run):
    run("add-account", "someone", "--role", "officer")
    more = json.loads(
        run("add-account", "someone", "--role", "personnel", "--unit", "510525", "--json").stdout
    )
    assert more["password"] is None
    refused = run("add-account", "someone", "--role", "auditor")
    assert refused.exit_code == 1
    assert "不能由同一账号兼任" in refused.stderr
    assert run("add-account", "someone", "--role", "candidate").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("x1", "--role", "officer", "--unit", "999999"), 1),
        (("1bad name", "--role", "officer"), 1),
        (("x1", "--role", "king"), 2),
        (("x1",), 2),
    ],
)
def test_a_malformed_account_is_refused(run, arguments, exit_code):
    result = run("add-account", *arguments)
    assert result.exit_code == exit_code
    assert result.stderr


def test_the_console_resets_any_password(run, client):
    run("add-account", "auditor", "--role", "auditor")
    password = json.loads(run("reset-password", "auditor", "--json").stdout)["password"]
    assert client.sign_in("auditor", password).location == "/"
    assert run("reset-password", "nobody").exit_code == 1
