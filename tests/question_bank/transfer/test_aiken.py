"""Aiken, with the mistakes that its writers make."""

from __future__ import annotations

import pytest

from question_bank.transfer import aiken
from tests.question_bank.transfer.foreign import faults, key, one, read, words

GOOD = "听证应当由谁主持？\nA. 本案调查人员\nB. 非本案调查人员\nC. 当事人\nANSWER: B\n"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        "\ufeff" + GOOD,
        GOOD.replace(". ", ") "),
        GOOD.replace(". ", ")"),
        GOOD.replace("\n", "\n\n"),
        GOOD.replace("ANSWER: B", "ANSWER:B"),
        GOOD.replace("ANSWER: B", "Answer：B  "),
        "  " + GOOD.replace("\n", "\n\t"),
        GOOD.replace("A. ", "a) ").replace("B. ", "b) ").replace("C. ", "c) ").replace(": B", ": b"),
    ],
)
def test_the_ways_to_write_it(text):
    row = one(aiken.read, text)
    assert (key(row), faults(row)) == ("single 本案调查人员|非本案调查人员|当事人 B", [])
    assert row.draft is not None
    assert row.draft.stem == "听证应当由谁主持？"


def test_several_questions_with_their_lines():
    rows, _remarks = read(
        aiken.read, (GOOD + "\n" + GOOD.replace("谁", "哪个").replace(": B", ": A")).encode("gb18030")
    )
    assert [(row.number, key(row)[-1]) for row in rows] == [(1, "B"), (7, "A")]


def test_several_letters_are_not_aiken():
    for answer in ("A, C", "AC", "A C", "a、c"):
        row = one(aiken.read, GOOD.replace("ANSWER: B", f"ANSWER: {answer}"))
        assert faults(row) == ["aiken_multiple"]
        assert "GIFT" in words(row)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (GOOD.replace("ANSWER: B", ""), "no_key"),
        (GOOD.replace("ANSWER: B", "ANSWER: D"), "answer_unread"),
        (GOOD.replace("ANSWER: B", "ANSWER: 非本案调查人员"), "answer_unread"),
        (GOOD.replace("ANSWER: B", "ANSWER: CAB DRIVER"), "answer_unread"),
        (GOOD.replace("B. 非", "C. 非"), "options"),
        (GOOD.replace("听证应当由谁主持？\n", ""), "no_stem"),
        (GOOD.replace("C. 当事人", "当事人"), "stray_line"),
        ("听证应当由谁主持？\nA. 一个选项\nANSWER: A", "options"),
    ],
)
def test_mistakes_are_named(text, code):
    assert code in faults(one(aiken.read, text))


def test_a_question_without_a_key_does_not_swallow_the_next():
    unfinished = GOOD.replace("ANSWER: B\n", "")
    rows, _remarks = read(aiken.read, unfinished + "\n" + GOOD.replace("谁", "何人"))
    assert [faults(row) for row in rows] == [["no_key"], []]


def test_a_stem_that_begins_like_an_option_stays_a_stem():
    row = one(aiken.read, "A.B公司应当由谁监管？\nA. 省级\nB. 市级\nANSWER: A")
    assert row.draft is not None
    assert row.draft.stem == "A.B公司应当由谁监管？"
