from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from exam.reports.claims import LARGEST_CLAIM, claim_problems, possible_numerators, reconcile
from exam.reports.rules import PassRate


def result(name: str, sat: int, passed: int) -> PassRate:
    return PassRate(name, sat, passed, Fraction(passed, sat) if sat else None, None)


def printed(passed: int, sat: int, decimals: int) -> Decimal:
    """Half up by decimal long division with digits to spare: not the way of the code under test."""
    exact = Decimal(passed * 100 * 10**30 // sat).scaleb(-30)
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


@given(st.integers(1, 1200), st.integers(0, 4), st.data())
def test_numerators_against_trying_them_all(n, decimals, data):
    passed = data.draw(st.integers(0, n))
    rate = str(printed(passed, n, decimals))
    found = possible_numerators(n, rate)
    assert found == [k for k in range(n + 1) if printed(k, n, decimals) == Decimal(rate)]
    assert passed in found


@given(st.integers(1, 500), st.integers(0, 3), st.data())
def test_numerators_of_any_rate_against_trying_them_all(n, decimals, data):
    unit = data.draw(st.integers(0, 100 * 10**decimals))
    rate = str(Decimal(unit).scaleb(-decimals).quantize(Decimal(1).scaleb(-decimals)))
    assert possible_numerators(n, rate) == [
        k for k in range(n + 1) if printed(k, n, decimals) == Decimal(rate)
    ]


@pytest.mark.parametrize(
    ("n", "rate", "expected"),
    [
        (3422, "88.63", [3033]),
        (3422, "88.63%", [3033]),
        (3422, " 88.63 ％", [3033]),
        (3422, "88.632", [3033]),
        (3422, "88.64", []),
        (8, "13", [1]),
        (8, "12", []),
        (8, "12.5", [1]),
        (8, "12.50", [1]),
        (3, "33.3", [1]),
        (3, "33", [1]),
        (200, "1", [1, 2]),
        (10, "0", [0]),
        (1000, "0", [0, 1, 2, 3, 4]),
        (1000, "100", [995, 996, 997, 998, 999, 1000]),
        (1, "100.00", [1]),
        (1, "50", []),
    ],
)
def test_numerators_of_a_claim(n, rate, expected):
    assert possible_numerators(n, rate) == expected


@pytest.mark.parametrize(
    ("n", "rate", "codes"),
    [
        (0, "50", ["claim_sat"]),
        (-3, "50", ["claim_sat"]),
        (LARGEST_CLAIM + 1, "50", ["claim_sat"]),
        (10, "100.01", ["claim_rate_over_100"]),
        (10, "101", ["claim_rate_over_100"]),
        (10, "-1", ["claim_rate"]),
        (10, "", ["claim_rate"]),
        (10, "abc", ["claim_rate"]),
        (10, "1e2", ["claim_rate"]),
        (10, "NaN", ["claim_rate"]),
        (10, "88,63", ["claim_rate"]),
        (10, "88.", ["claim_rate"]),
        (10, ".5", ["claim_rate"]),
        (10, "1/2", ["claim_rate"]),
        (10, "８８", ["claim_rate"]),
        (0, "200", ["claim_sat", "claim_rate_over_100"]),
    ],
)
def test_what_is_no_claim(n, rate, codes):
    assert [problem.code for problem in claim_problems(n, rate)] == codes
    for check in (lambda: possible_numerators(n, rate), lambda: reconcile(n, rate, {})):
        with pytest.raises(Invalid) as caught:
            check()
        assert [problem.code for problem in caught.value.problems] == codes


def test_a_claim_is_reproduced_by_the_definitions_that_give_both_figures():
    results = {
        "person-ever": result("person-ever", 3422, 3033),
        "person-first": result("person-first", 3422, 2900),
        "sitting": result("sitting", 3944, 3496),
    }
    checked = reconcile(3422, "88.63", results)
    assert checked.possible_passed == (3033,)
    assert checked.reproduced_by == ("person-ever",)
    assert [(d.name, d.sat, d.passed, d.rate, d.matches) for d in checked.definitions] == [
        ("person-ever", 3422, 3033, "88.63", True),
        ("person-first", 3422, 2900, "84.75", False),
        ("sitting", 3944, 3496, "88.64", False),
    ]


def test_the_same_rate_of_another_number_of_people_does_not_match():
    assert reconcile(100, "50", {"a": result("a", 200, 100)}).reproduced_by == ()


def test_rates_are_compared_at_the_decimals_of_the_claim():
    results = {"a": result("a", 3, 2)}
    assert reconcile(3, "67", results).reproduced_by == ("a",)
    assert reconcile(3, "66.7", results).reproduced_by == ("a",)
    assert reconcile(3, "66.667", results).definitions[0].rate == "66.667"
    assert reconcile(3, "66.66", results).reproduced_by == ()


def test_several_definitions_may_reproduce_a_claim():
    results = {name: result(name, 4, 3) for name in ("person-ever", "person-first")}
    assert reconcile(4, "75%", results).reproduced_by == ("person-ever", "person-first")


def test_where_nobody_sat_nothing_matches():
    checked = reconcile(4, "75", {"a": result("a", 0, 0)})
    assert (checked.definitions[0].rate, checked.definitions[0].matches) == (None, False)
    assert checked.reproduced_by == ()


@given(
    st.integers(1, 3000).flatmap(lambda sat: st.tuples(st.integers(0, sat), st.just(sat))), st.integers(0, 4)
)
def test_what_matches_is_always_among_the_possible(case, decimals):
    passed, sat = case
    rate = str(printed(passed, sat, decimals))
    checked = reconcile(sat, rate, {"a": result("a", sat, passed)})
    assert checked.definitions[0].matches
    assert passed in checked.possible_passed
