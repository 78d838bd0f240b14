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
from question_bank.items.enemies import remove_enemy
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
    assert [row.code for row in rows] == sorted(item.code for item in items if item.draft.type in pool.DRAWN)
    assert all(row.published for row in rows)
    shown = pool.keys([row.item_version_id for row in rows])
    assert {row.code: shown[row.item_version_id].answer for row in rows} == {
        item.code: item.draft.answer for item in items if item.draft.type in pool.DRAWN
    }


def test_a_repeat_changes_nothing(app, folder):
    load_starter(NOW, folder)
    counts = load_starter(NOW, folder)
    assert (counts.added, counts.revised) == (0, 0)
    whole = select(func.count()).select_from(ItemVersion).where(ItemVersion.part_number == 0)
    assert db.session.scalar(whole) == counts.items


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


def pairs_in(folder, *rows):
    lines = ["id,enemy,reason", *(f"{one},{other},同一处" for one, other in rows)]
    (folder / "enemies.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def enemies_of(code):
    return [pair.code for pair in queries.enemies_of(queries.item(code).id)]


def test_shipped_enemies_come_once_and_later_rows_for_old_items_too(either_app, folder):
    pairs_in(folder, ("xzcf-001", "xzcf-002"))
    assert load_starter(NOW, folder).enemies == 1
    assert load_starter(NOW, folder).enemies == 0
    pairs_in(folder, ("xzcf-002", "xzcf-001"), ("xzcf-003", "xzcf-001"))
    assert load_starter(NOW, folder).enemies == 1
    assert enemies_of("xzcf-001") == ["xzcf-002", "xzcf-003"]


def test_a_shipped_pair_that_the_office_undid_stays_undone(either_app, folder):
    pairs_in(folder, ("xzcf-001", "xzcf-002"), ("xzcf-001", "xzcf-003"))
    load_starter(NOW, folder)
    remove_enemy(code="xzcf-001", enemy="xzcf-003", actor=REVIEWER, now=NOW)
    change(folder, explanation="依据第三十六条，重新说明。")
    counts = load_starter(NOW, folder)
    assert (counts.revised, counts.enemies) == (1, 0)
    assert enemies_of("xzcf-001") == ["xzcf-002"]


def test_enemies_of_unknown_items_keep_everything_out(app, folder):
    pairs_in(folder, ("xzcf-001", "xzcf-999"))
    with pytest.raises(Invalid, match="xzcf-999"):
        load_starter(NOW, folder)
    assert pool.pool(date(2026, 11, 23)) == []


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


CITED = [{"law": "行政处罚法", "version": "2021-01-22", "article": "36"}]
CASE = {
    "id": "xzcf-901",
    "type": "case",
    "stem": "甲县执法人员对乙公司的违法行为立案调查，材料由以下小题共用。",
    "difficulty": "hard",
    "citations": CITED,
    "explanation": "考查处罚时效。",
    "families": ["government", "congress"],
    "author": "author-1",
    "reviewer": "reviewer-2",
    "items": [
        {
            "type": "blank",
            "stem": "违法行为在（　）内未被发现的，不再给予处罚，涉及生命健康安全的延长至____年。",
            "answer": [["二年", "2年"], ["五", "5"]],
        },
        {
            "type": "true_false",
            "stem": "时效从立案之日起计算。",
            "options": [{"key": "A", "text": "正确"}, {"key": "B", "text": "错误"}],
            "answer": ["B"],
            "difficulty": "easy",
            "explanation": "从违法行为发生之日起计算。",
        },
    ],
}
SHORT = {
    "id": "xzcf-902",
    "type": "short",
    "reserved": True,
    "stem": "简述处罚时效的起算。",
    "answer": ["从行为发生之日起，", "连续或者继续的从终了之日起。"],
    "difficulty": "medium",
    "citations": CITED,
    "explanation": "第三十六条第二款。",
    "author": "author-1",
    "reviewer": "reviewer-2",
}


def test_cases_fill_ins_and_short_answers_are_read_from_a_file(either_app, folder):
    (folder / "al.json").write_text(json.dumps([CASE, SHORT], ensure_ascii=False), encoding="utf-8")
    load_starter(NOW, folder)
    case = queries.draft_of(queries.latest_version(queries.item("xzcf-901").id))
    fill_in, verdict = case.questions
    assert fill_in.stem.count("____") == 2
    assert fill_in.accepted == (("二年", "2年"), ("五", "5"))
    assert (fill_in.explanation, fill_in.difficulty) == (case.explanation, case.difficulty)
    assert (verdict.explanation, verdict.difficulty.value) == ("从违法行为发生之日起计算。", "easy")
    assert fill_in.citations == verdict.citations == case.citations
    assert [family.value for family in case.families] == ["congress", "government"]
    short = queries.item("xzcf-902")
    assert short.reserved
    assert queries.latest_version(short.id).reference == "从行为发生之日起，\n连续或者继续的从终了之日起。"
    assert load_starter(NOW, folder).revised == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "essay"},
        {"answer": "三十日"},
        {"answer": ["三十日"]},
        {"items": [{"type": "single"}]},
        {"families": ["navy"]},
    ],
)
def test_an_entry_of_another_form_is_named(app, folder, fields):
    entry = {**CASE["items"][0], "id": "xzcf-903", "explanation": "见条文。", "difficulty": "easy"}
    entry |= {"citations": CITED, "author": "author-1", "reviewer": "reviewer-2"}
    for written, count in ((entry, 0), (entry | fields, 1)):
        (folder / "al.json").write_text(json.dumps([written], ensure_ascii=False), encoding="utf-8")
        assert len(read_items(folder)[1]) == count


def test_the_command_loads_once_and_says_what_it_did(app):
    runner = app.test_cli_runner()
    first = json.loads(runner.invoke(args=["bank", "load-starter", "--json"]).stdout)
    assert first["items"] == first["added"] >= 240
    assert first["enemies"] >= 7
    again = runner.invoke(args=["bank", "load-starter"])
    assert again.exit_code == 0
    assert "新增 0 题，更新 0 题，新增互斥题 0 对" in again.stdout
    assert "答案随源代码公开" in again.stderr
