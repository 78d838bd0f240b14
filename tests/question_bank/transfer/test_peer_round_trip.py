"""Files of other systems: what goes out comes in again unchanged, and no bytes make a reader stumble."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from question_bank.items.rules import Difficulty, QuestionType
from question_bank.transfer import aiken, gift, moodle_xml, qti_packages, qti_writing
from question_bank.transfer.rows import ReadRow, StoredRow
from tests.examples import examples
from tests.question_bank.transfer.conftest import BOOK
from tests.question_bank.transfer.test_round_trip import drafts, rows_of, valid

NASTY = st.text(
    alphabet="{}~=#:\\/\"'<&>[]()%*-_$@.,;| \n\tnTFAB1，。：＝｛｝～＃％《》（）　\u00a0\u2028甲乙丙𠮷😀é",
    min_size=1,
    max_size=40,
) | st.sampled_from(
    [
        *(
            "%50%半",
            "[html]<b>粗</b>",
            "####",
            "->",
            "a->b",
            "::题::",
            "\\n",
            "\\\\",
            "//注释",
            "TRUE",
            "{=甲 ~乙}",
        ),
        *(
            "&lt;p&gt;",
            "<script>alert(1)</script>",
            "]]>",
            "<![CDATA[",
            "&amp;amp;",
            "=1+1",
            "A. 甲",
            "ANSWER: B",
        ),
        *(
            "甲\n\n乙",
            "甲  乙",
            "甲\n  乙",
            "%100%",
            "[plain]",
            "[tag:x]",
            "$CATEGORY: x",
            "*",
            "正确",
            "错误",
        ),
    ]
)
FORMATS = {
    "gift": (gift.read, gift.write),
    "aiken": (aiken.read, aiken.write),
    "moodle-xml": (moodle_xml.read, moodle_xml.write),
    "qti-2.1": (qti_packages.read, qti_writing.write_2_1),
    "qti-2.2": (qti_packages.read, qti_writing.write_2_2),
    "qti-3.0": (qti_packages.read, qti_writing.write_3_0),
}
ONE_GAP = {"gift", "moodle-xml"}
NO_CASES = {"gift", "moodle-xml", "qti-2.1"}
EVERY = pytest.mark.parametrize("name", [name for name in FORMATS if name != "aiken"])


def carried(name: str, row: StoredRow) -> bool:
    """What the format has a form for at all, by its own description."""
    draft = row.draft
    if draft.type is QuestionType.CASE:
        return name not in NO_CASES
    if draft.type is QuestionType.BLANK and name in ONE_GAP:
        return len(draft.accepted) == 1
    return not (draft.type is QuestionType.SHORT and name == "gift")


def out(name: str, rows: list[StoredRow]) -> tuple[bytes, set[str]]:
    stream = io.BytesIO()
    losses = FORMATS[name][1](rows, stream, BOOK)
    assert all(loss.message.endswith("。") for loss in losses)
    return stream.getvalue(), {loss.where for loss in losses}


def back(name: str, data: bytes) -> list[ReadRow]:
    return [row for row in FORMATS[name][0](io.BytesIO(data), BOOK) if isinstance(row, ReadRow)]


def read_or_refused(name: str, data: bytes) -> tuple[list[ReadRow], list[str]]:
    """The rows, or none and the messages of the refusal; any other exception is the test's."""
    try:
        return back(name, data), []
    except Invalid as error:
        return [], [problem.message for problem in error.problems]


def one_line_stem(draft) -> str:
    return " ".join(draft.stem.split("\n"))


def plain(rows) -> set[tuple[object, ...]]:
    return {(row.code, row.draft, row.reserved) for row in rows}


@EVERY
@settings(max_examples=examples(80))
@given(made=st.lists(drafts(NASTY).filter(valid), min_size=1, max_size=4))
def test_everything_that_a_format_has_a_form_for_comes_back(name, made):
    rows = rows_of(made)
    data, left_out = out(name, rows)
    wanted = [row for row in rows if carried(name, row)]
    excused = {row.code for row in wanted} & left_out
    for row in wanted:
        if row.code in excused:
            assert any(
                mark in text for texts in row.draft.accepted for text in texts for mark in ("\\*", "->")
            )
    assert left_out - excused == {row.code for row in rows} - {row.code for row in wanted}
    read = back(name, data)
    assert plain(read) == plain(row for row in wanted if row.code not in excused)
    assert [row.warnings for row in read] == [()] * len(read)


@settings(max_examples=examples(80))
@given(made=st.lists(drafts(NASTY).filter(valid), min_size=1, max_size=4, unique_by=one_line_stem))
def test_aiken_carries_the_question_and_tells_the_rest(made):
    rows = rows_of(made)
    data, told = out("aiken", rows)
    assert told == {row.code for row in rows}
    written = {one_line_stem(row.draft): row.draft for row in rows}
    for row in back("aiken", data):
        draft = written[row.draft.stem]
        assert draft.type is QuestionType.SINGLE
        assert row.draft.answer == draft.answer
        assert [text for _letter, text in row.draft.options] == [
            " ".join(text.split("\n")) for _letter, text in draft.options
        ]


@settings(max_examples=examples(60))
@given(draft=drafts(NASTY).filter(valid).filter(lambda draft: draft.type is QuestionType.SINGLE))
def test_aiken_loses_nothing_of_a_bare_question_without_a_word(draft):
    bare = replace(
        draft,
        explanation="",
        citations=(),
        difficulty=Difficulty.MEDIUM,
        part="",
        shuffle=True,
        families=(),
    )
    data, told = out("aiken", [StoredRow("", bare)])
    assert told == {""} or [row.draft for row in back("aiken", data)] == [bare]


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=examples(150))
@given(data=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "ignore")))
def test_any_bytes_are_read_or_refused(name, data):
    rows, told = read_or_refused(name, data)
    assert all(row.draft is not None or row.problems for row in rows)
    assert all(message.endswith("。") for message in told)


PIECES = {
    "gift": [
        "::",
        "{",
        "}",
        "=",
        "~",
        "#",
        "####",
        "%50%",
        "%-x%",
        "\\",
        "\n\n",
        "\n",
        "//",
        "[html]",
        "->",
        "<b>",
        "T",
    ],
    "aiken": ["A. ", "B) ", "C.", "ANSWER: ", "ANSWER:", "A", "\n", "\n\n", "甲", "A, B", "answer：c"],
    "moodle-xml": [
        *(
            "<question>",
            "</question>",
            '<question type="multichoice">',
            '<answer fraction="x">',
            '<answer fraction="100">',
        ),
        *(
            "</answer>",
            "<text>",
            "</text>",
            '<questiontext format="html">',
            "</questiontext>",
            "&lt;b&gt;",
            "&nbsp;",
        ),
        *("<single>0</single>", "<![CDATA[<p>", "]]>", "甲", "<", '<question type="truefalse">', "nan"),
    ],
}


@pytest.mark.parametrize("name", PIECES)
@settings(max_examples=examples(200))
@given(data=st.data())
def test_any_arrangement_of_a_formats_marks_is_read_or_refused(name, data):
    text = "".join(data.draw(st.lists(st.sampled_from(PIECES[name]), max_size=40)))
    if name == "moodle-xml":
        text = f"<quiz>{text}</quiz>"
    rows, _told = read_or_refused(name, text.encode())
    assert all(row.draft is not None or row.problems for row in rows)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=examples(60))
@given(draft=drafts(NASTY).filter(valid), data=st.data())
def test_a_file_cut_or_changed_anywhere_is_read_or_refused(name, draft, data):
    written, _losses = out(name, rows_of([draft]))
    at = data.draw(st.integers(0, len(written)))
    changed = data.draw(
        st.sampled_from([written[:at], written[:at] + b"\xff" + written[at + 1 :], written[at:]])
    )
    rows, told = read_or_refused(name, changed)
    assert all(row.draft is not None or row.problems for row in rows)
    assert all(message.endswith("。") for message in told)
