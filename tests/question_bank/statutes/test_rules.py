"""Article numbers are read as people write them and written as the law does."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.statutes.rules import (
    KnownVersion,
    arabic_number,
    article_label,
    article_number,
    article_words,
    chinese_number,
    paragraphs,
)

NUMBERS = st.integers(1, 9999)
LABELS = st.builds(
    lambda number, inserted: f"{number}之{chinese_number(inserted)}" if inserted else str(number),
    NUMBERS,
    st.integers(0, 99),
)


@given(NUMBERS)
def test_chinese_numbers_come_back(number):
    assert arabic_number(chinese_number(number)) == number


@given(LABELS)
def test_a_label_comes_back_from_the_words_of_the_law(label):
    assert article_label(article_words(label)) == label
    assert article_label(label) == label


@given(st.text(max_size=12))
def test_what_is_no_article_is_told_from_what_is(text):
    label = article_label(text)
    assert label is None or article_label(article_words(label)) == label


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (105, "一百零五"),
        (110, "一百一十"),
        (120, "一百二十"),
        (1007, "一千零七"),
        (1030, "一千零三十"),
        (1242, "一千二百四十二"),
        (2000, "二千"),
    ],
)
def test_numbers_are_written_as_laws_write_them(number, words):
    assert chinese_number(number) == words


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("36", "36"),
        ("第36条", "36"),
        (" 第三十六条 ", "36"),
        ("120之一", "120之一"),
        ("120之1", "120之一"),
        ("第一百二十条之一", "120之一"),
        ("第〇条", None),
        ("0", None),
        ("三十六款", None),
        ("", None),
        ("99999", None),
    ],
)
def test_article_numbers_are_read_in_every_common_form(text, label):
    assert article_label(text) == label


def test_listed_items_belong_to_their_paragraph():
    text = "借阅应当登记。\n有下列情形之一的，应当批准：\n（一）借出的；\n（二）复制的。\n批准应当及时。"
    assert paragraphs(text) == (
        "借阅应当登记。",
        "有下列情形之一的，应当批准：\n（一）借出的；\n（二）复制的。",
        "批准应当及时。",
    )


def test_a_version_holds_from_its_first_day_until_the_day_before_its_end():
    version = KnownVersion("示例法", date(2019, 3, 1), date(2019, 5, 1), date(2026, 1, 1), 5)
    held = [date(2019, 4, 30), date(2019, 5, 1), date(2025, 12, 31), date(2026, 1, 1)]
    assert [version.in_force(day) for day in held] == [False, True, True, False]


def test_without_texts_an_article_exists_up_to_the_count_with_them_if_it_is_there():
    version = KnownVersion("示例法", date(2019, 3, 1), date(2019, 5, 1), None, 5)
    assert version.has_article("5")
    assert not version.has_article("6")
    with_texts = KnownVersion(
        "示例法", date(2019, 3, 1), date(2019, 5, 1), None, 5, frozenset({"1", "2", "2之一", "3", "4", "5"})
    )
    assert with_texts.has_article("2之一")
    assert not with_texts.has_article("3之一")
    assert article_number("2之一") == 2
