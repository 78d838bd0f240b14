"""No figure of a report tells the result of single people, nor can a hidden one be had from the others."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from exam.reports.disclosure import shown, tells_of_single_people
from exam.reports.rules import GroupRate, PassRate

LEAST = 5


def result_of(*counts: tuple[int, int]) -> PassRate:
    """A result of groups «0», «1» … with these (sat, passed)."""
    groups = tuple(
        GroupRate(str(number), sat, passed, Fraction(passed, sat))
        for number, (sat, passed) in enumerate(counts)
    )
    sat, passed = sum(group.sat for group in groups), sum(group.passed for group in groups)
    return PassRate("person-ever", sat, passed, Fraction(passed, sat) if sat else None, None, groups)


def hidden(*counts: tuple[int, int], least: int = LEAST) -> list[int]:
    return [int(key) for key in shown(result_of(*counts), least).hidden]


def test_large_groups_are_shown():
    assert hidden((40, 30), (5, 1), (90, 90)) == []


def test_a_small_group_hides_the_next_larger_one_with_it():
    assert hidden((40, 30), (1, 0), (12, 9), (90, 80)) == [1, 2]
    assert hidden((40, 30), (1, 0), (2, 1), (12, 9)) == [1, 2, 3]


def test_two_small_groups_that_are_enough_together_hide_no_other():
    assert hidden((3, 2), (4, 1), (60, 50)) == [0, 1]


def test_of_two_groups_one_of_which_is_small_none_is_shown():
    assert hidden((1, 0), (60, 50)) == [0, 1]


def test_a_group_in_which_nobody_passed_tells_of_each_of_them():
    assert hidden((8, 0), (20, 15), (60, 50)) == [0, 1]


def test_a_result_of_few_is_not_shown_at_all():
    for counts in (((1, 0),), ((2, 1), (2, 2)), ((9, 0),)):
        assert shown(result_of(*counts), LEAST).too_small
    assert not shown(result_of(), LEAST).too_small
    assert not shown(result_of((5, 4)), LEAST).too_small


def test_the_least_of_one_shows_everything():
    assert hidden((1, 0), (60, 50), least=1) == []
    assert not shown(result_of((1, 0)), 1).too_small


counts = st.lists(
    st.integers(1, 30).flatmap(lambda sat: st.tuples(st.just(sat), st.integers(0, sat))),
    min_size=1,
    max_size=12,
)


@given(counts, st.integers(2, 12))
def test_what_is_shown_is_large_enough_and_so_is_what_is_hidden_in_sum(counts, least):
    whole = result_of(*counts)
    seen = shown(whole, least)
    if seen.too_small:
        return
    assert not tells_of_single_people(whole.sat, whole.passed, least)
    for group in seen.result.groups:
        assert not tells_of_single_people(group.sat, group.passed, least)
    assert len(seen.result.groups) + len(seen.hidden) == len(whole.groups)
    if seen.hidden:
        sat = whole.sat - sum(group.sat for group in seen.result.groups)
        passed = whole.passed - sum(group.passed for group in seen.result.groups)
        assert not tells_of_single_people(sat, passed, least)
        assert len(seen.hidden) > 1 or len(whole.groups) == 1


@given(counts, st.integers(2, 12))
def test_who_knows_the_size_of_each_hidden_group_still_cannot_tell_how_many_of_it_passed(counts, least):
    """Unless nobody failed: then taking the shown groups from the total tells only that all have passed."""
    whole = result_of(*counts)
    seen = shown(whole, least)
    left_sat = whole.sat - sum(group.sat for group in seen.result.groups)
    left_passed = whole.passed - sum(group.passed for group in seen.result.groups)
    if seen.too_small or len(whole.groups) == 1 or left_passed == left_sat:
        return
    for size in (group.sat for group in whole.groups if group.key in seen.hidden):
        fewest, most = max(0, left_passed - (left_sat - size)), min(size, left_passed)
        assert fewest < most
