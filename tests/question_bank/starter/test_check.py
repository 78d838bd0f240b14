"""`flask bank check` says what is wrong with the bank, and only that."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from core import clock
from core.db import transaction
from question_bank.items import queries
from question_bank.items.enemies import NewPair
from question_bank.review.services import retire
from question_bank.starter.checks import (
    enemy_problems,
    imbalances,
    shipped_problems,
    stale_citations,
    verdict_problems,
)
from question_bank.starter.files import read_enemies, read_items, read_laws
from question_bank.starter.services import load_starter
from question_bank.statutes.models import StatuteVersion
from tests.factories.bank import NOW, REVIEWER, make_item

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def shipped():
    items, problems = read_items()
    assert problems == []
    return items


def test_the_shipped_bank_is_in_order(shipped):
    assert shipped_problems(shipped, read_laws(), TODAY) == []
    assert verdict_problems(shipped) == []
    assert imbalances(shipped) == []
    assert enemy_problems(read_enemies(), {item.code for item in shipped}) == []


def test_the_shipped_bank_has_what_a_paper_needs(shipped):
    types = Counter(item.draft.type.value for item in shipped)
    wanted = {"single": 450, "multiple": 250, "true_false": 250, "case": 10}
    assert all(types[kind] >= count for kind, count in wanted.items()), types
    assert types.total() >= 1000
    laws = Counter(item.draft.citations[0].law for item in shipped)
    assert len(laws) >= 35
    assert max(laws.values()) <= 0.08 * types.total()


def test_every_kind_of_fault_is_found(shipped):
    first, second, third, fourth = [item for item in shipped if item.draft.options][:4]
    faulty = [
        first,
        replace(first, code="twin-1"),
        replace(second, reviewer=second.author),
        replace(third, draft=replace(third.draft, answer="H")),
        fourth,
        fourth,
    ]
    found = {(p.where, p.code) for p in shipped_problems(faulty, read_laws(), TODAY)}
    assert {
        ("twin-1", "duplicate"),
        (second.code, "four_eyes"),
        (third.code, "answer"),
        (fourth.code, "code"),
    } <= found


def test_every_fault_of_the_shipped_enemies_is_found():
    pairs = [
        NewPair("a-1", "a-2", "同一处"),
        NewPair("a-2", "a-1", "同一处"),
        NewPair("a-1", "a-1", "同一处"),
        NewPair("a-1", "z-9", "同一处"),
        NewPair("a-1", "a-3", ""),
    ]
    found = [(p.code, p.where) for p in enemy_problems(pairs, {"a-1", "a-2", "a-3"})]
    assert found == [
        ("enemy_twice", "enemies.csv a-2 / a-1"),
        ("enemy_self", "enemies.csv a-1 / a-1"),
        ("enemy_code", "enemies.csv a-1 / z-9"),
        ("enemy_reason", "enemies.csv a-1 / a-3"),
    ]


def test_keys_that_a_guesser_could_lean_on_are_told(shipped):
    leaning = [replace(item, draft=replace(item.draft, answer="A")) for item in shipped]
    words = [problem.message for problem in imbalances(leaning)]
    assert any(message.startswith("单选题的答案 A 占 100 %") for message in words)
    assert any(message.startswith("判断题的答案 A 占 100 %") for message in words)


def test_items_that_were_to_be_dropped_or_that_nobody_read_are_told(shipped, tmp_path):
    first, second, third = shipped[:3]
    (tmp_path / "a.csv").write_text(
        "id,reviewer,reviewed_on,verdict,note\n"
        f"{first.code},reviewer-2,2026-11-23,drop,两可\n"
        f"{second.code},{second.author},2026-11-23,keep,\n"
        f"{third.code},{third.author},2026-11-23,keep,\n{third.code},reviewer-2,2026-11-23,mend,题干\n",
        encoding="utf-8",
    )
    found = verdict_problems([first, second, third], tmp_path)
    assert [(problem.where, problem.code) for problem in found] == [
        (first.code, "dropped"),
        (second.code, "unread"),
    ]


def test_an_item_whose_law_has_ended_is_told_until_it_is_retired(either_app):
    make_item(code="a-1")
    assert stale_citations(TODAY) == []
    with transaction() as session:
        session.query(StatuteVersion).update({"in_force_until": TODAY})
    assert [(p.where, p.code) for p in stale_citations(TODAY)] == [("a-1 第 1 版", "stale")]
    retire(item_id=queries.item("a-1").id, number=1, comment="所引法规已失效", actor=REVIEWER, now=NOW)
    assert stale_citations(TODAY) == []


def test_the_command_on_the_loaded_bank(app):
    load_starter(clock.now())
    run = app.test_cli_runner().invoke(args=["bank", "check", "--json"])
    found = json.loads(run.stdout)
    assert (run.exit_code, found["problems"]) == (0, [])
    assert found["items"] == queries.item_page(queries.ItemFilter(), 1).total


def test_the_command_names_what_the_specs_cannot_draw(app):
    run = app.test_cli_runner().invoke(args=["bank", "check"])
    assert run.exit_code == 1
    assert "标准卷：第 1 部分（单选题）需要 25 题，可用的只有 0 题" in run.stdout
