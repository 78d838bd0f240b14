"""A citation passes from wording to wording through settled steps only, and never before its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from question_bank.statutes.comparison import ArticleChange
from question_bank.statutes.continuity import (
    LawHistory,
    Span,
    Standing,
    Successor,
    judge,
    next_suspension,
)

FIRST, SECOND, THIRD = date(2010, 1, 1), date(2020, 1, 1), date(2030, 1, 1)
SPANS = (
    Span(1, FIRST, FIRST, SECOND),
    Span(2, SECOND, SECOND, THIRD),
    Span(3, THIRD, THIRD, None),
)
UNCHANGED = Successor(ArticleChange.UNCHANGED, "5", settled=True)
MOVED = Successor(ArticleChange.RENUMBERED, "6", settled=True)
PROPOSED = Successor(ArticleChange.RENUMBERED, "6", settled=False)
REWORDED = Successor(ArticleChange.REWORDED, "5", settled=False)
GONE = Successor(ArticleChange.GONE, None, settled=False)


def law(first=None, second=None, spans=SPANS):
    steps = {}
    if first:
        steps[1, 2] = first
    if second:
        steps[2, 3] = second
    return LawHistory(spans, steps)


@pytest.mark.parametrize(
    ("step", "standing", "guess"),
    [
        (UNCHANGED, Standing.CARRIED, None),
        (MOVED, Standing.CARRIED, None),
        (PROPOSED, Standing.RENUMBERED, "6"),
        (REWORDED, Standing.REWORDED, "5"),
        (GONE, Standing.GONE, None),
    ],
)
def test_a_step_decides_from_the_day_of_the_new_wording(step, standing, guess):
    history = law({"5": step})
    before = judge(1, "5", history, SECOND - timedelta(days=1))
    assert (before.standing, before.since) == (Standing.IN_FORCE, None)
    on = judge(1, "5", history, SECOND)
    assert on.standing is standing
    if not on.holds:
        assert (on.since, on.next_version_id, on.next_article) == (SECOND, 2, guess)


def test_a_chain_follows_the_new_numbers():
    history = law({"5": MOVED}, {"5": GONE, "6": replace(UNCHANGED, article="6")})
    verdict = judge(1, "5", history, THIRD)
    assert (verdict.standing, verdict.version_id, verdict.article) == (Standing.CARRIED, 3, "6")
    assert judge(2, "5", history, THIRD).standing is Standing.GONE


def test_the_wording_in_force_is_what_is_asked_for_when_the_chain_broke_earlier():
    verdict = judge(1, "5", law({"5": PROPOSED}, {"6": replace(UNCHANGED, article="6")}), THIRD)
    assert (verdict.since, verdict.next_version_id, verdict.next_article) == (SECOND, 3, "6")


def test_texts_that_are_not_loaded_let_nothing_pass():
    verdict = judge(1, "5", law(), SECOND)
    assert (verdict.standing, verdict.next_version_id, verdict.next_article) == (
        Standing.NOT_COMPARED,
        2,
        None,
    )


def test_a_reviewers_word_replaces_the_steps_before_it():
    history = law({"5": GONE}, {"9": replace(UNCHANGED, article="9"), "5": REWORDED})
    assert judge(1, "5", history, THIRD, {2: "9"}).holds
    assert judge(1, "5", history, SECOND, {3: "9"}).standing is Standing.GONE
    assert judge(1, "5", history, THIRD, {3: "7"}).article == "7"
    assert judge(1, "5", history, THIRD, {2: "5"}).standing is Standing.REWORDED


def test_a_law_that_ends_takes_its_citations_along():
    ended = (*SPANS[:1], replace(SPANS[1], repealed=True))
    history = law({"5": UNCHANGED}, spans=ended)
    assert judge(1, "5", history, THIRD - timedelta(days=1)).holds
    verdict = judge(1, "5", history, THIRD)
    assert (verdict.standing, verdict.since, verdict.next_version_id) == (Standing.REPEALED, THIRD, None)
    unknown = law({"5": UNCHANGED}, spans=(SPANS[0], SPANS[1]))
    assert judge(1, "5", unknown, THIRD).standing is Standing.ENDED


def test_what_will_fail_is_told_with_its_day_and_a_wording_to_come_is_held_ready():
    history = law({"5": UNCHANGED}, {"5": REWORDED})
    verdict = next_suspension(1, "5", history, date(2025, 1, 1))
    assert (verdict.standing, verdict.since) == (Standing.REWORDED, THIRD)
    assert next_suspension(1, "5", history, date(2025, 1, 1), {3: "5"}) is None
    assert judge(3, "5", history, date(2025, 1, 1)).standing is Standing.NOT_YET
    assert next_suspension(3, "5", history, date(2025, 1, 1)) is None


ARTICLES = st.sampled_from(["1", "2", "3"])
STEPS = st.dictionaries(
    ARTICLES,
    st.builds(
        Successor,
        st.sampled_from([ArticleChange.RENUMBERED, ArticleChange.REWORDED]),
        st.none() | ARTICLES,
        st.booleans(),
    ),
)


@st.composite
def laws(draw):
    """A law of two to five wordings, each in force until the next one; some pairs were not compared."""
    lengths = draw(st.lists(st.integers(1, 20), min_size=2, max_size=5))
    days = [FIRST]
    for length in lengths:
        days.append(days[-1] + timedelta(days=length))
    last = len(lengths) - 1
    spans = tuple(
        Span(place, day, day, None if place == last else days[place + 1])
        for place, day in enumerate(days[:-1])
    )
    steps = {(place, place + 1): draw(STEPS) for place in range(last) if draw(st.booleans())}
    return LawHistory(spans, steps)


def naive(law, version, article, on, confirmed):
    """The rule as it is said: one step after another, a confirmation starting anew at its wording."""
    for later in law.spans[version + 1 :]:
        if later.in_force_from > on:
            break
        step = law.steps.get((later.id - 1, later.id), {}).get(article) if article else None
        article = confirmed.get(later.id) or (step.article if step and step.settled else None)
    return article


@given(laws(), st.integers(0, 4), ARTICLES, st.integers(0, 110), st.dictionaries(st.integers(0, 4), ARTICLES))
def test_it_holds_exactly_when_every_step_is_settled(history, version, article, days, confirmed):
    assume(version < len(history.spans))
    on = history.spans[version].in_force_from + timedelta(days=days)
    expected = naive(history, version, article, on, confirmed)
    verdict = judge(version, article, history, on, confirmed)
    assert verdict.holds == (expected is not None)
    if verdict.holds and verdict.standing is Standing.CARRIED:
        assert verdict.article == expected
    if not verdict.holds:
        assert verdict.since <= on
        failing = next_suspension(version, article, history, on, confirmed)
        assert failing == verdict


@given(laws(), ARTICLES, st.integers(0, 110), STEPS)
def test_a_wording_that_is_loaded_for_later_changes_nothing_before_its_day(history, article, days, step):
    """The future is held ready: adding a wording leaves every earlier day as it was."""
    coming = history.spans[-1]
    without = LawHistory(
        (*history.spans[:-2], replace(history.spans[-2], in_force_until=None)),
        {pair: found for pair, found in history.steps.items() if coming.id not in pair},
    )
    on = FIRST + timedelta(days=days)
    assume(on < coming.in_force_from)
    assert judge(0, article, history, on) == judge(0, article, without, on)
