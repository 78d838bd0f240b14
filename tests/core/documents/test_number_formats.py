"""What cells show for their numbers, and what cannot be told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.documents.number_formats import shown, shown_duration, shown_text


@pytest.mark.parametrize(
    ("number_format", "value", "text"),
    [
        ("General", 15, "15"),
        ("General", 0.1 + 0.2, "0.3"),
        ("General", 0.00001, "0.00001"),
        ('0"日"', 15, "15日"),
        ("0日", 15, "15日"),
        ('"第"0"条"', 36, "第36条"),
        ("G/通用格式天", 60, "60天"),
        ("000", 7, "007"),
        ("0.00", 0.5, "0.50"),
        ("0%", 0.05, "5%"),
        ("#,##0", 12345, "12,345"),
        ("[$¥-804]#,##0.00", 200, "¥200.00"),
        ("0;[Red]-0", -5, "-5"),
        ("0_);(0)", -5, "(5)"),
        ("# ?/?", 0.5, "1/2"),
        ("# ?/?", 2.25, "2 1/4"),
        ("??/??", 1.5, "3/2"),
        ("# ??/??", 1 / 3, "1/3"),
        ("# ?/?", 3, "3"),
        ("0.00E+00", 12300, "1.23E+04"),
        ("@", 3, "3"),
    ],
)
def test_what_a_cell_shows_for_a_number(number_format, value, text):
    assert shown(value, number_format) == (text, True)


@pytest.mark.parametrize(
    ("number_format", "value"),
    [("[DBNum1]0", 5), ("[>3]0", 5), (";;;", 5), ("0;-0;0;@", 2.5), ("000-0000", 5), ("General", 10**15)],
)
def test_what_cannot_be_told_or_is_rounded_is_not_sure(number_format, value):
    assert shown(value, number_format)[1] is False


def test_spans_of_time_and_texts():
    assert shown_duration(timedelta(hours=36), "[h]:mm") == ("36:00", True)
    assert shown_duration(timedelta(minutes=90, seconds=5), "[mm]:ss") == ("90:05", True)
    assert shown_duration(timedelta(hours=36), "h:mm")[1] is False
    assert shown_text("三十六", '"第"@"条"') == "第三十六条"
    assert shown_text("三十六", "@") == "三十六"
