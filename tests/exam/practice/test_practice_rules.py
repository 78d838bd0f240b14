"""What comes next in practice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from exam.practice.rules import PracticeItem, Practised, next_item, standings, weakest, wrong_items

START = datetime(2026, 11, 23, tzinfo=UTC)
ITEMS = [PracticeItem(n, f"q-{n}", "行政处罚法" if n % 2 else "行政许可法") for n in range(1, 9)]

histories = st.dictionaries(
    st.integers(1, 8),
    st.builds(
        Practised, st.booleans(), st.integers(0, 1000).map(lambda minutes: START + timedelta(minutes=minutes))
    ),
)


@given(histories, st.none() | st.integers(1, 8), st.integers())
def test_something_new_comes_first_and_nothing_twice_in_a_row(history, just_answered, seed):
    chosen = next_item(ITEMS, history, just_answered=just_answered, rng=Random(seed))
    assert chosen is not None
    assert chosen.item_id != just_answered
    others = {item.item_id for item in ITEMS} - {just_answered}
    if others - history.keys():
        assert chosen.item_id not in history
    elif any(not history[item].correct for item in others):
        assert not history[chosen.item_id].correct
    else:
        assert history[chosen.item_id].at == min(history[item].at for item in others)


def test_the_only_question_comes_again_and_of_none_comes_none():
    one = ITEMS[:1]
    history = {1: Practised(correct=True, at=START)}
    assert next_item(one, history, just_answered=1, rng=Random(1)) == one[0]
    assert next_item([], {}, just_answered=None, rng=Random(1)) is None


@given(histories)
def test_the_book_of_errors_holds_what_was_last_wrong(history):
    book = wrong_items(ITEMS, history)
    assert {item.item_id for item in book} == {n for n, last in history.items() if not last.correct}
    times = [history[item.item_id].at for item in book]
    assert times == sorted(times)


@given(histories)
def test_standings_add_up(history):
    laws = standings(ITEMS, history)
    assert [law.law for law in laws] == ["行政处罚法", "行政许可法"]
    assert sum(law.items for law in laws) == len(ITEMS)
    assert sum(law.answered for law in laws) == len(history)
    assert sum(law.wrong for law in laws) == len(wrong_items(ITEMS, history))


def test_a_weakness_needs_some_answers_an_error_and_questions_to_practise():
    rates = {"甲法": (2, 4), "乙法": (1, 3), "丙法": (0, 2), "丁法": (5, 5), "戊法": (0, 9)}
    assert weakest(rates, {"甲法", "乙法", "丙法", "丁法"}, most=3) == [("乙法", 1, 3), ("甲法", 2, 4)]
    assert weakest(rates, rates.keys(), most=1) == [("戊法", 0, 9)]
