from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people.rules import (
    LONGEST_NAME,
    REGIONS,
    PostLevel,
    UnitFamily,
    UnitKind,
    id_number_problems,
    mask_id_number,
    mask_name,
    name_problems,
    normalise_id_number,
    normalise_name,
)

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
GOOD = ("510502198001010013", "510525199003150027")


def with_check_digit(body: str) -> str:
    """GB 11643-1999 by its own table of weights, not by the code under test."""
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def codes(problems):
    return [problem.code for problem in problems]


id_numbers = st.builds(
    lambda area, day, order: with_check_digit(f"{area:06}{day:%Y%m%d}{order:03}"),
    st.integers(100000, 999999),
    st.dates(date(1870, 1, 1), date(2020, 12, 31)),
    st.integers(0, 999),
)


@pytest.mark.parametrize("number", GOOD)
def test_numbers_of_the_standard_pass(number):
    assert id_number_problems(number) == []
    assert with_check_digit(number[:17]) == number


@given(id_numbers)
def test_no_number_is_refused_for_its_address_code(number):
    assert id_number_problems(number) == []


@pytest.mark.parametrize("area", ["510523", "512502", "512524", "810000", "830000", "999999"])
def test_retired_and_unknown_address_codes_pass(area):
    assert id_number_problems(with_check_digit(area + "19600101001")) == []


@given(id_numbers, st.integers(0, 17), st.sampled_from("0123456789"))
def test_a_wrong_digit_never_passes(number, place, digit):
    wrong = number[:place] + digit + number[place + 1 :]
    assert (id_number_problems(wrong) == []) == (wrong == number)


@given(id_numbers, st.integers(0, 16))
def test_two_digits_changed_about_never_pass(number, place):
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert (id_number_problems(wrong) == []) == (wrong == number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["id_number_empty"]),
        (" 　", ["id_number_empty"]),
        ("510502800101001", ["id_number_length"]),
        ("51050219800101001", ["id_number_length"]),
        ("5105021980010100133", ["id_number_length"]),
        ("51050219800101001A", ["id_number_characters"]),
        ("'510502198001010013", []),
        ("’510502198001010013’", []),
        ("510502-19800101-0013", ["id_number_characters"]),
        ("5105021980010100X3", ["id_number_characters"]),
        ("A10502198002300013", ["id_number_characters", "id_number_birth_date"]),
        ("510502198001010014", ["id_number_check_digit"]),
        (with_check_digit("51050219810229001"), ["id_number_birth_date"]),
        (with_check_digit("51050218691231001"), ["id_number_birth_date"]),
        ("510502198013010013", ["id_number_birth_date", "id_number_check_digit"]),
        ("²10502198001010013", ["id_number_characters"]),
    ],
)
def test_every_problem_of_a_number_is_told(text, expected):
    problems = id_number_problems(text)
    assert codes(problems) == expected
    assert all(normalise_id_number(text) not in p.message for p in problems if text.strip())


def test_leap_day_of_birth():
    assert id_number_problems(with_check_digit("51050220000229001")) == []
    assert codes(id_number_problems(with_check_digit("51050219000229001"))) == ["id_number_birth_date"]


def test_normalising_a_number():
    assert normalise_id_number(" 5105 0219\u00a00003 15００\u200b2ｘ\n") == "51050219000315002X"
    assert normalise_id_number("x") == normalise_id_number("Ｘ") == "X"


@given(st.text())
def test_any_text_is_judged_and_normalising_twice_changes_nothing(text):
    once = normalise_id_number(text)
    assert normalise_id_number(once) == once
    assert id_number_problems(text) == id_number_problems(once)


def test_masking_a_number():
    assert mask_id_number("510502198001010013") == "510502********0013"
    assert mask_id_number("5105021980") == "**********"
    assert mask_id_number("") == ""


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  张三\n", "张三"),
        ("张　三", "张三"),
        ("张 三", "张三"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽･买买提", "阿依古丽·买买提"),
        ("阿依古丽‧买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("John   Smith", "John Smith"),
        ("John\u3000Smith", "John Smith"),
        ("\ue81e", "\u9fb4"),
        ("\ue864", "\u9fbb"),
        ("王\ue831", "王\U000215d7"),
        ("\ue78d\ue78e\ue78f\ue796", "\ufe10\ufe12\ufe11\ufe19"),
        ("\uf900", "\uf900"),  # a compatibility ideograph, which NFKC would change
        ("ﬁ", "ﬁ"),
    ],
)
def test_normalising_a_name(typed, stored):
    assert normalise_name(typed) == stored


def test_old_gb18030_bytes_become_the_characters_of_the_2022_edition():
    assert normalise_name(b"\xcd\xf5\xfe\x59".decode("gb18030")) == "王\u9fb4"
    assert normalise_name(b"\xfe\x51".decode("gb18030")) == "\U00020087"


@given(st.text())
def test_normalising_a_name_twice_changes_nothing(text):
    once = normalise_name(text)
    assert normalise_name(once) == once
    assert name_problems(text) == name_problems(once)


@pytest.mark.parametrize(
    "name",
    [
        "张三",
        "欧阳娜娜",
        "阿依古丽·买买提",
        "\U0002a6a5\U00030edd",
        "\U0002ebf0\U000323b0",
        "王〇",
        "John Smith",
        "José",
        "Jose\u0301",
        "བཀྲཤིས",
        "张" * LONGEST_NAME,
        "\U00020087" * LONGEST_NAME,
    ],
)
def test_names_that_pass(name):
    assert name_problems(name) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ["name_empty"]),
        ("　", ["name_empty"]),
        ("张" * 51, ["name_too_long"]),
        ("张\x00三", ["name_control"]),
        ("张\t三", ["name_control"]),
        ("张\u200b三", ["name_control"]),
        ("\u202e张三", ["name_control"]),
        ("张\ud800三", ["name_control"]),
        ("张三3", ["name_characters"]),
        ("张三（男）", ["name_characters"]),
        ("张三\U000e0100", ["name_characters"]),
        ("\u0301张", ["name_characters"]),
        ("张\ue000", ["name_private_use"]),
        ("张\U000f0000", ["name_private_use"]),
        ("·张三", ["name_separator"]),
        ("张三·", ["name_separator"]),
        ("买··买", ["name_separator"]),
        ("张 Smith", ["name_space"]),
        ("1" * 60 + "·", ["name_too_long", "name_characters", "name_separator"]),
    ],
)
def test_every_problem_of_a_name_is_told(name, expected):
    assert codes(name_problems(name)) == expected


def test_the_message_names_the_code_point():
    assert "U+0033" in name_problems("张3")[0].message


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("欧阳娜娜", "欧***"),
        ("\U00020087三", "\U00020087*"),
        ("张\U00020087", "张*"),
        ("阿里·买买提", "阿*·***"),
        ("John Smith", "J*** *****"),
        ("张", "*"),
        ("", ""),
    ],
)
def test_masking_a_name(name, masked):
    assert mask_name(name) == masked


def test_levels_are_ordered():
    assert [level.value for level in PostLevel] == ["below_section", "deputy_section", "section", "above"]
    assert PostLevel.SECTION.is_above(PostLevel.DEPUTY_SECTION)
    assert not PostLevel.SECTION.is_above(PostLevel.SECTION)
    assert PostLevel.SECTION.label == "乡科级正职"


def test_unit_kinds_have_the_codes_of_the_reports():
    assert [kind.code for kind in UnitKind] == list(range(1, 16))
    assert {kind.family for kind in UnitKind} == set(UnitFamily)
    assert UnitKind.COURT.family.label == UnitKind.COURT.label == "法院"


def test_regions_are_the_city_and_its_seven():
    assert len(REGIONS) == 8
    assert all(code.startswith("5105") and len(code) == 6 for code in REGIONS)
