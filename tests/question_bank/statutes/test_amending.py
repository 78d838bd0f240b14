"""Loading a wording compares it with the one before; people say what moved; items pass, or stop on the day."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from core.actor import Actor
from core.audit.models import AuditEntry
from core.clock import day_of
from core.db import db
from core.errors import Invalid, NotAllowed, NotFound
from question_bank.amendments.queries import queue
from question_bank.items import pool
from question_bank.statutes.amending import correct_renumbered, rule_on_renumbered
from question_bank.statutes.comparison import ArticleChange
from question_bank.statutes.continuity import Standing
from question_bank.statutes.histories import compared_articles, open_moves
from question_bank.statutes.models import ArticleCorrespondence, CorrespondenceRuling
from question_bank.statutes.queries import known_versions
from tests.factories.bank import REVIEWER, make_item
from tests.factories.laws import (
    BEFORE,
    LAW,
    NEW,
    NEW_FROM,
    NEW_TEXTS,
    OLD,
    OLD_FROM,
    OLD_TEXTS,
    load,
    load_new,
    load_old,
    write_law,
)

EVE = NEW_FROM - timedelta(days=1)


def drawn(day):
    return [row.code for row in pool.pool(day)]


def citing(code, article, version=OLD):
    make_item(code=code, law=LAW, version=version, article=article, now=BEFORE)


def rows(table):
    return db.session.scalar(select(func.count()).select_from(table))


def test_a_new_wording_is_compared_once(either_app, tmp_path):
    load_old(tmp_path)
    old, new = load_new(tmp_path)
    found = {row.old or f"new {row.new}": (row.change, row.new) for row in compared_articles(old, new)}
    assert found == {
        "1": (ArticleChange.UNCHANGED, "1"),
        "2": (ArticleChange.RENUMBERED, "3"),
        "3": (ArticleChange.RENUMBERED, "4"),
        "4": (ArticleChange.GONE, None),
        "new 2": (ArticleChange.NEW, "2"),
    }
    stored = rows(ArticleCorrespondence)
    assert load(tmp_path).comparisons == 0
    assert rows(ArticleCorrespondence) == stored


def test_an_earlier_wording_that_comes_later_is_put_between(app, tmp_path):
    load_old(tmp_path)
    load_new(tmp_path)
    write_law(tmp_path, date(2022, 1, 1), date(2022, 2, 1), OLD_TEXTS | {"4": "损毁档案的，依法赔偿。"})
    counts = load(tmp_path)
    assert (counts.new_versions, counts.comparisons) == (1, 2)


def test_texts_that_come_later_are_compared_then(app, tmp_path):
    write_law(tmp_path / "later", NEW, NEW_FROM, NEW_TEXTS)
    assert load(tmp_path / "later").comparisons == 0
    write_law(tmp_path / "early", OLD, OLD_FROM, OLD_TEXTS)
    assert load(tmp_path / "early").comparisons == 1


def test_only_what_is_unchanged_passes_by_itself_and_nothing_stops_before_the_day(either_app, tmp_path):
    load_old(tmp_path)
    for article in OLD_TEXTS:
        citing(f"a-{article}", article)
    load_new(tmp_path)
    assert drawn(EVE) == ["a-1", "a-2", "a-3", "a-4"]
    assert drawn(NEW_FROM) == ["a-1"]


def test_a_confirmed_move_lets_its_items_pass(either_app, tmp_path):
    load_old(tmp_path)
    citing("a-2", "2")
    old, new = load_new(tmp_path)
    assert [(moves.law, moves.count, moves.since) for moves in open_moves()] == [(LAW, 2, NEW_FROM)]
    pair = {"old_version_id": old, "new_version_id": new, "actor": REVIEWER, "now": BEFORE}
    assert rule_on_renumbered(articles=["2"], settled=True, **pair) == 1
    assert rule_on_renumbered(articles=["2"], settled=True, **pair) == 0, "a repeat adds nothing"
    assert rows(CorrespondenceRuling) == 1
    assert drawn(NEW_FROM) == ["a-2"]
    assert [moves.count for moves in open_moves()] == [1]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "rule-on-renumbered")).one()
    assert entry.detail["articles"] == {"2": "3"}


def test_a_correction_replaces_what_was_confirmed(app, tmp_path):
    load_old(tmp_path)
    citing("a-2", "2")
    old, new = load_new(tmp_path)
    pair = {"old_version_id": old, "new_version_id": new, "actor": REVIEWER, "now": BEFORE}
    rule_on_renumbered(articles=["2"], settled=True, **pair)
    correct_renumbered(article="2", new_article=None, settled=True, reason="新第三条另有所指", **pair)
    assert drawn(NEW_FROM) == []
    row = next(row for row in compared_articles(old, new) if row.old == "2")
    assert (row.ruled_article, row.ruled_by, row.open) == (None, "reviewer-test", False)
    correct_renumbered(article="2", new_article="2", settled=True, reason="并入第二条", **pair)
    assert drawn(NEW_FROM) == ["a-2"]


def test_a_move_with_a_change_of_substance_sends_its_items_to_be_looked_at(either_app, tmp_path):
    load_old(tmp_path)
    citing("a-3", "3")
    old, new = load_new(tmp_path)
    pair = {"old_version_id": old, "new_version_id": new, "actor": REVIEWER, "now": BEFORE}
    assert rule_on_renumbered(articles=["3"], settled=False, **pair) == 1
    assert drawn(NEW_FROM) == []
    (row,) = queue(day_of(BEFORE))
    assert (row.standing, row.next_article) == (Standing.REWORDED, "4")
    assert [moves.count for moves in open_moves()] == [1], "nobody is asked for the number again"
    assert rule_on_renumbered(articles=["3"], settled=True, **pair) == 1
    assert drawn(NEW_FROM) == ["a-3"]


def test_what_was_not_proposed_is_not_confirmed(app, tmp_path):
    load_old(tmp_path)
    old, new = load_new(tmp_path)
    pair = {"old_version_id": old, "new_version_id": new, "now": BEFORE}
    with pytest.raises(Invalid, match=r"第四条.*第九条"):
        rule_on_renumbered(articles=["2", "4", "9"], settled=True, actor=REVIEWER, **pair)
    assert rows(CorrespondenceRuling) == 0
    with pytest.raises(Invalid, match="至少选择一条"):
        rule_on_renumbered(articles=[], settled=True, actor=REVIEWER, **pair)
    with pytest.raises(Invalid, match="没有第九条"):
        correct_renumbered(article="2", new_article="9", settled=True, reason="x", actor=REVIEWER, **pair)
    with pytest.raises(Invalid, match="理由"):
        correct_renumbered(article="2", new_article="1", settled=True, reason=" ", actor=REVIEWER, **pair)
    with pytest.raises(Invalid, match="不能在此更正"):
        correct_renumbered(article="1", new_article="2", settled=True, reason="x", actor=REVIEWER, **pair)
    with pytest.raises(NotFound):
        rule_on_renumbered(
            old_version_id=new,
            new_version_id=old,
            articles=["2"],
            settled=True,
            actor=REVIEWER,
            now=BEFORE,
        )
    with pytest.raises(NotAllowed):
        rule_on_renumbered(articles=["2"], settled=True, actor=Actor(label="nobody"), **pair)


def test_a_repealed_law_takes_its_items_out_from_that_day(either_app, tmp_path):
    load_old(tmp_path)
    citing("a-1", "1")
    more = {"status": "repealed", "repealed": {"on": "2026-12-15"}}
    write_law(tmp_path, OLD, OLD_FROM, OLD_TEXTS, **more)
    load(tmp_path)
    assert known_versions([LAW])[LAW, OLD].repealed
    assert drawn(date(2026, 12, 14)) == ["a-1"]
    assert drawn(date(2026, 12, 15)) == []


def test_the_command_shows_the_comparison(app, tmp_path):
    load_old(tmp_path)
    load_new(tmp_path)
    run = app.test_cli_runner().invoke(
        args=["statutes", "compare", LAW, str(OLD), str(NEW), "--json"], catch_exceptions=False
    )
    assert run.exit_code == 0, run.output
    answer = json.loads(run.stdout)
    assert answer["counts"] == {"unchanged": 1, "renumbered": 2, "reworded": 0, "gone": 1, "new": 1}
    assert {"change": "renumbered", "old": "2", "new": "3", "similarity": 100} in answer["articles"]
    words = app.test_cli_runner().invoke(args=["statutes", "compare", LAW, str(OLD), str(NEW)]).output
    assert "条号变更　第二条 → 第三条　100 %" in words
    run = app.test_cli_runner().invoke(args=["statutes", "compare", LAW, str(OLD), "2020-01-01"])
    assert (run.exit_code, "2020-01-01 版本" in run.output) == (1, True)
