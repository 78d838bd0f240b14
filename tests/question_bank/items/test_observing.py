"""How versions fared with those who answered them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlalchemy import func, select

from core.actor import Actor
from core.db import db, transaction
from question_bank.items.difficulty import Fared
from question_bank.items.models import ItemObservation
from question_bank.items.observing import Tally, record_observations
from question_bank.items.rules import Difficulty
from tests.factories.bank import NOW, fared_of, make_item

ACTOR = Actor.command("marking")


def record(source, tallies):
    with transaction():
        return record_observations(source=source, tallies=tallies, actor=ACTOR, now=NOW)


def rows():
    return db.session.scalar(select(func.count()).select_from(ItemObservation))


def test_shares_of_several_sources_add_up(either_app):
    (_, one), (_, other) = make_item(), make_item()
    assert record("第一场", {one.id: Tally(100, 70), other.id: Tally(100, 20)}) == 2
    record("第二场", {one.id: Tally(50, 20)})
    assert fared_of(one) == Fared(0, Difficulty.MEDIUM, 150, 90, 2)
    assert fared_of(one).share == Fraction(3, 5)
    assert fared_of(other).share == Fraction(1, 5)


def test_a_repeat_writes_nothing_and_a_regrading_the_new_figures(either_app):
    _, version = make_item()
    assert record("第一场", {version.id: Tally(100, 70)}) == 1
    assert record("第一场", {version.id: Tally(100, 70)}) == 0
    assert record("第一场", {version.id: Tally(100, 75)}) == 1
    assert rows() == 2, "what was recorded before stays"
    assert fared_of(version) == Fared(0, Difficulty.MEDIUM, 100, 75, 1)


def test_without_answers_nothing_is_recorded_and_what_no_longer_counts_is_taken_back(app):
    _, version = make_item()
    assert record("第一场", {version.id: Tally(0, 0)}) == 0
    assert fared_of(version) is None
    record("第一场", {version.id: Tally(4, 1)})
    assert record("第一场", {version.id: Tally(0, 0)}) == 1
    assert fared_of(version).share is None
    assert fared_of(version).interval is None


def test_more_right_than_answered_is_nonsense():
    with pytest.raises(ValueError, match="2 of 1"):
        Tally(1, 2)
