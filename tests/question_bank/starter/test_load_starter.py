"""The shipped bank goes in once, whole, and follows its files."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pytest
from sqlalchemy import func, select

from core.db import db
from core.errors import Invalid
from question_bank.items import pool, queries
from question_bank.items.models import ItemVersion, ReviewStep
from question_bank.items.rules import ItemState
from question_bank.items.services import revise_item
from question_bank.review.services import retire
from question_bank.starter.files import FOLDER, read_items
from question_bank.starter.services import load_starter
from tests.factories.bank import AUTHOR, NOW, REVIEWER, make_draft


@pytest.fixture
def folder(tmp_path):
    """A starter folder with one small file."""
    copy = tmp_path / "starter"
    copy.mkdir()
    shutil.copy(FOLDER / "laws.csv", copy)
    shutil.copy(FOLDER / "xzcf.json", copy)
    return copy


def change(folder, **fields):
    path = folder / "xzcf.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    entries[0].update(fields)
    path.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")


def test_every_shipped_item_is_drawn_today(either_app):
    counts = load_starter(NOW)
    items, problems = read_items()
    assert problems == []
    assert (counts.items, counts.added, counts.revised) == (len(items), len(items), 0)
    rows = pool.pool(date(2026, 11, 23))
    assert [row.code for row in rows] == sorted(item.code for item in items)
    assert all(row.published for row in rows)
    shown = pool.keys([row.item_version_id for row in rows])
    assert {row.code: shown[row.item_version_id].answer for row in rows} == {
        item.code: item.draft.answer for item in items
    }


def test_a_repeat_changes_nothing(app, folder):
    load_starter(NOW, folder)
    counts = load_starter(NOW, folder)
    assert (counts.added, counts.revised) == (0, 0)
    assert db.session.scalar(select(func.count()).select_from(ItemVersion)) == counts.items


def test_author_and_reviewer_of_the_file_stand_in_the_history(app, folder):
    load_starter(NOW, folder)
    item = queries.item("xzcf-001")
    steps = db.session.scalars(
        select(ReviewStep).where(ReviewStep.item_id == item.id).order_by(ReviewStep.id)
    )
    assert [(step.state, step.actor_label) for step in steps] == [
        (ItemState.DRAFT, "author-1"),
        (ItemState.IN_REVIEW, "author-1"),
        (ItemState.APPROVED, "reviewer-2"),
    ]


def test_a_changed_text_becomes_a_new_version(app, folder):
    load_starter(NOW, folder)
    change(folder, explanation="依据第三十六条，重新说明。")
    assert load_starter(NOW, folder).revised == 1
    item = queries.item("xzcf-001")
    assert [version.number for version in queries.versions(item.id)] == [2, 1]
    assert item.state is ItemState.APPROVED


def test_what_the_office_revised_or_retired_is_left_alone(app, folder):
    load_starter(NOW, folder)
    revised, retired = queries.item("xzcf-001"), queries.item("xzcf-002")
    draft = make_draft(law="行政处罚法", version=date(2021, 1, 22))
    revise_item(item_id=revised.id, base=1, draft=draft, actor=AUTHOR, now=NOW)
    retire(item_id=retired.id, number=1, comment="不再使用", actor=REVIEWER, now=NOW)
    counts = load_starter(NOW, folder)
    assert (counts.added, counts.revised) == (0, 0)
    assert queries.item("xzcf-002").state is ItemState.RETIRED


def test_every_problem_of_the_files_is_named_and_nothing_is_loaded(app, folder):
    change(folder, answer=["F"], citations=[{"law": "不存在的法", "version": "2020-01-01", "article": "1"}])
    (folder / "broken.json").write_text("[", encoding="utf-8")
    with pytest.raises(Invalid) as refused:
        load_starter(NOW, folder)
    assert {problem.code for problem in refused.value.problems} == {"json", "answer", "citations"}
    assert pool.pool(date(2026, 11, 23)) == []


def test_the_command_loads_once_and_says_what_it_did(app):
    runner = app.test_cli_runner()
    first = json.loads(runner.invoke(args=["bank", "load-starter", "--json"]).stdout)
    assert first["items"] == first["added"] >= 240
    again = runner.invoke(args=["bank", "load-starter"])
    assert again.exit_code == 0
    assert "新增 0 题，更新 0 题" in again.stdout
    assert "答案随源代码公开" in again.stderr
