"""Our own JSON, and the plain shapes in which public sets of questions come."""

from __future__ import annotations

import io
import json

import pytest

from core.errors import Invalid
from question_bank.transfer import json_file
from tests.question_bank.transfer.conftest import BOOK

STEM = "下列属于国家机关的是哪些？"
OPTIONS = {"A": "市人民政府", "B": "某公司", "C": "人民法院"}


def read(content: object):
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return list(json_file.read(io.BytesIO(text.encode()), BOOK))


def one(entry: dict[str, object]):
    (row,) = read([entry])
    assert {p.code for p in row.problems} <= {"citations", "explanation"}
    return row.draft


@pytest.mark.parametrize(
    "entry",
    [
        {
            "statement": STEM,
            "option_list": OPTIONS,
            "answer": ["C", "A"],
            "id": "0_17",
            "type": "0",
            "subject": "x",
        },
        {"question": STEM, "options": OPTIONS, "answer": "AC"},
        {"question": STEM, "options": [f"{k}. {v}" for k, v in OPTIONS.items()], "answer": "A,C"},
        {"question": STEM, "choices": list(OPTIONS.values()), "answer": ["市人民政府", "人民法院"]},
        {
            "题干": STEM,
            "题型": "多选题",
            "A": OPTIONS["A"],
            "B": OPTIONS["B"],
            "C": OPTIONS["C"],
            "正确答案": "Ａ、Ｃ",
        },
        {"stem": STEM, "type": "multiple", "options": OPTIONS, "answer": "AC"},
        {
            "question": STEM,
            "options": [
                {"text": OPTIONS["A"], "is_correct": True},
                {"text": OPTIONS["B"], "is_correct": False},
                {"text": OPTIONS["C"], "is_correct": True},
            ],
        },
        {
            "title": STEM,
            "type": "多选题",
            "options": [{"label": k, "content": v} for k, v in reversed(OPTIONS.items())],
            "answer": ["A", "C"],
        },
        {"question": f"{STEM}A.市人民政府 B.某公司 C.人民法院", "answer": "正确答案：AC。"},
    ],
)
def test_plain_shapes(entry):
    draft = one(entry)
    assert (draft.type.value, draft.stem, draft.answer) == ("multiple", STEM, "AC")
    assert [text for _letter, text in draft.options] == list(OPTIONS.values())


def test_one_object_a_line():
    lines = [
        json.dumps({"statement": f"{n}{STEM}", "option_list": OPTIONS, "answer": ["A"]}) for n in range(3)
    ]
    rows = read("\n".join([lines[0], "", lines[1], '{"statement": "断了', lines[2]]))
    assert [row.number for row in rows] == [1, 3, 4, 5]
    assert [bool(row.draft) for row in rows] == [True, True, False, True]
    assert rows[2].problems[0].code == "json"


@pytest.mark.parametrize("answer", [[], "", None, "略"])
def test_an_item_without_a_key_is_refused(answer):
    (row,) = read([{"statement": STEM, "option_list": OPTIONS, "answer": answer}])
    assert row.problems[0].code in {"no_key", "answer_unread"}
    assert row.draft is None


@pytest.mark.parametrize("answer", [1, [0, 2], {"A": True}])
def test_a_key_that_could_mean_two_things_is_refused(answer):
    (row,) = read([{"question": STEM, "options": list(OPTIONS.values()), "answer": answer}])
    assert [p.code for p in row.problems if p.where == "answer"] == ["answer_unread"]


def test_letters_that_leave_one_out_are_refused():
    (row,) = read([{"question": STEM, "options": {"A": "甲", "C": "丙"}, "answer": "A"}])
    assert "options" in {p.code for p in row.problems}
    assert row.draft is None


def test_true_or_false():
    assert one({"question": "规章可以设定行政拘留。", "type": "judge", "answer": False}).answer == "B"


def test_another_kind_is_refused_by_its_name():
    (row,) = read([{"question": STEM, "type": "matching", "answer": "A"}])
    assert row.problems[0].code == "unsupported"
    assert "matching" in row.problems[0].message


@pytest.mark.parametrize("entry", [{"foo": 1}, 5, None, "x", []])
def test_what_holds_no_question_is_told_with_an_example(entry):
    (row,) = read([entry])
    assert '"stem"' in row.problems[-1].message


@pytest.mark.parametrize(
    ("content", "count"),
    [
        ({"data": [{"question": STEM, "options": OPTIONS, "answer": "A"}]}, 1),
        (
            {
                "1": {"question": STEM, "options": OPTIONS, "answer": "A"},
                "2": {"question": "x", "answer": "A"},
            },
            2,
        ),
        ({"question": STEM, "options": OPTIONS, "answer": "A"}, 1),
    ],
)
def test_where_the_list_stands(content, count):
    assert len(read(content)) == count


@pytest.mark.parametrize("content", ['"abc"', "5", '{"a": 1}', "[1, 2", '{"stem": "x"', "null"])
def test_what_is_no_list_is_refused(content):
    with pytest.raises(Invalid) as caught:
        read(content)
    assert caught.value.problems[0].code == "json"
