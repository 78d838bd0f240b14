"""Items that may never be in one paper."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from core.actor import Actor
from core.audit.models import AuditEntry
from core.db import db
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from question_bank.items import pool, queries
from question_bank.items.enemies import add_enemy, remove_enemy
from tests.factories.bank import AUTHOR, NOW, make_item


@pytest.fixture
def three(either_app):
    return [make_item(code=code)[0] for code in ("c-1", "a-1", "b-1")]


def add(code, enemy, reason="一题的题干给出了另一题的答案"):
    add_enemy(code=code, enemy=enemy, reason=reason, actor=AUTHOR, now=NOW)


def test_a_pair_is_seen_from_both_sides_and_by_the_draw(three):
    first, second, third = three
    add("b-1", "c-1")
    add("c-1", "a-1", "同一考点")
    assert [(row.code, row.reason) for row in queries.enemies_of(first.id)] == [
        ("a-1", "同一考点"),
        ("b-1", "一题的题干给出了另一题的答案"),
    ]
    assert [row.code for row in queries.enemies_of(third.id)] == ["c-1"]
    assert pool.enemies([first.id, second.id, third.id]) == {(first.id, second.id), (first.id, third.id)}
    assert pool.enemies([second.id, third.id]) == frozenset()


def test_a_pair_can_be_undone_and_both_acts_are_logged(three):
    add("a-1", "b-1")
    remove_enemy(code="b-1", enemy="a-1", actor=AUTHOR, now=NOW)
    assert queries.enemies_of(three[1].id) == []
    acts = db.session.execute(
        select(AuditEntry.action, AuditEntry.subject_id, AuditEntry.detail)
        .where(AuditEntry.action.like("%-enemy"))
        .order_by(AuditEntry.id)
    ).all()
    assert [(action, code, detail["enemy"]) for action, code, detail in acts] == [
        ("add-enemy", "a-1", "b-1"),
        ("remove-enemy", "b-1", "a-1"),
    ]
    with pytest.raises(NotFound):
        remove_enemy(code="b-1", enemy="a-1", actor=AUTHOR, now=NOW)


def test_a_pair_that_was_undone_can_be_made_again_with_another_reason(three):
    add("a-1", "b-1")
    remove_enemy(code="a-1", enemy="b-1", actor=AUTHOR, now=NOW)
    assert pool.enemies([item.id for item in three]) == frozenset()
    add("b-1", "a-1", "改题后仍然互相提示")
    [pair] = queries.enemies_of(three[1].id)
    assert (pair.code, pair.reason) == ("b-1", "改题后仍然互相提示")
    assert len(pool.enemies([item.id for item in three])) == 1


def test_of_two_that_add_a_pair_at_once_one_does(either_app, three):
    def act(code, enemy):
        with either_app.app_context():
            try:
                add(code, enemy)
            except Conflict:
                return False
            finally:
                db.session.remove()
        return True

    db.session.rollback()
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(act, ["a-1", "b-1"] * 2, ["b-1", "a-1"] * 2))
    assert done.count(True) == 1


def test_what_cannot_be_a_pair_is_refused(three):
    add("a-1", "b-1")
    with pytest.raises(Conflict):
        add("b-1", "a-1")
    with pytest.raises(Invalid, match="与自己互斥"):
        add("a-1", "a-1")
    with pytest.raises(Invalid) as refused:
        add("a-1", "z-9", " ")
    assert {problem.where for problem in refused.value.problems} == {"enemy", "reason"}
    with pytest.raises(NotAllowed):
        add_enemy(code="a-1", enemy="c-1", reason="x", actor=Actor(label="nobody"), now=NOW)
