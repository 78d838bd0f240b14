"""Law files go in whole or not at all, and a stored text is never overwritten."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.actor import Actor
from core.db import db
from core.errors import Invalid
from question_bank.items import pool
from question_bank.starter.services import load_starter
from question_bank.statutes.models import Article
from question_bank.statutes.queries import known_versions
from question_bank.statutes.services import load_folder
from tests.factories.bank import NOW, make_item, make_statute_version

SAMPLES = Path(__file__).parents[2] / "data" / "statutes"
OLD, NEW = "示例条例_2019-03-01.json", "示例条例_2025-10-20.json"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(SAMPLES, tmp_path / "laws")


def load(folder):
    return load_folder(folder=folder, actor=Actor.command(), now=NOW)


def edit(path, change):
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def codes(folder):
    with pytest.raises(Invalid) as refused:
        load(folder)
    return {(problem.where, problem.code) for problem in refused.value.problems}


def test_versions_with_their_articles_are_loaded_once(either_app, folder):
    first = load(folder)
    assert (first.files, first.laws, first.new_versions) == (3, 2, 3)
    assert (
        first.new_articles == first.articles == db.session.scalar(select(func.count()).select_from(Article))
    )
    again = load(folder)
    assert (again.new_versions, again.new_articles) == (0, 0)
    known = known_versions(["示例条例"])
    new = known["示例条例", date(2025, 10, 20)]
    assert (new.article_count, new.in_force_until) == (6, None)
    assert "3之一" in new.articles


def test_a_version_ends_when_the_next_one_begins_whoever_comes_first(app, folder):
    edit(folder / OLD, lambda law: law.update(status="current") or law.pop("superseded_by"))
    later = (folder / NEW).read_text(encoding="utf-8")
    (folder / NEW).unlink()
    load(folder)
    assert known_versions(["示例条例"])["示例条例", date(2019, 3, 1)].in_force_until is None
    (folder / NEW).write_text(later, encoding="utf-8")
    load(folder)
    assert known_versions(["示例条例"])["示例条例", date(2019, 3, 1)].in_force_until == date(2026, 1, 1)


def test_a_new_version_takes_the_items_of_the_old_one_out_of_the_draw(app, folder):
    make_statute_version("示例条例", date(2019, 3, 1), in_force_from=date(2019, 5, 1), article_count=5)
    make_item(law="示例条例", version=date(2019, 3, 1), article="4")
    assert len(pool.pool(date(2026, 11, 23))) == 1
    load(folder)
    assert pool.pool(date(2026, 11, 23)) == []
    assert len(pool.pool(date(2025, 12, 31))) == 1


def test_texts_are_attached_to_the_versions_of_the_starter_table(app, folder):
    load_starter(NOW)
    counts = load(folder)
    assert counts.new_versions == 2
    assert known_versions(["重大行政决策程序暂行条例"])[
        "重大行政决策程序暂行条例", date(2019, 4, 20)
    ].articles


def test_another_text_for_a_loaded_article_is_a_problem_and_overwrites_nothing(app, folder):
    load(folder)
    edit(folder / NEW, lambda law: law["articles"][1].update(text="另一种写法。"))
    assert codes(folder) == {(NEW, "text")}
    text = db.session.scalars(select(Article.text).where(Article.text == "另一种写法。")).all()
    assert text == []


def test_every_problem_of_every_file_is_named_and_nothing_is_written(app, folder):
    edit(folder / OLD, lambda law: law.update(effective_date="2019-02-30", status="old"))
    edit(folder / NEW, lambda law: law["articles"].pop(2) and law["articles"].pop(2))
    (folder / "broken.json").write_text("{", encoding="utf-8")
    (folder / "empty.json").write_text('{"title": "甲"}', encoding="utf-8")
    found = codes(folder)
    assert {(OLD, "day"), (OLD, "status"), (NEW, "gap"), ("broken.json", "json")} <= found
    assert {code for where, code in found if where == "empty.json"} == {"missing", "day", "no_articles"}
    assert db.session.scalar(select(func.count()).select_from(Article)) == 0


def test_an_ended_law_must_say_when(app, folder):
    (folder / NEW).unlink()
    edit(folder / OLD, lambda law: law.pop("superseded_by"))
    assert codes(folder) == {(OLD, "no_end")}


def test_the_command_prints_one_json_object(app, folder):
    run = app.test_cli_runner().invoke(args=["statutes", "load", str(folder), "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["files"] == 3
    (folder / NEW).write_text("[]", encoding="utf-8")
    run = app.test_cli_runner().invoke(args=["statutes", "load", str(folder), "--json"])
    assert run.exit_code == 1
    assert {problem["file"] for problem in json.loads(run.stdout)["problems"]} == {NEW}
    assert app.test_cli_runner().invoke(args=["statutes", "load", str(folder / "no")]).exit_code == 2
