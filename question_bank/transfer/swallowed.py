"""Signs that a question was not read, or holds another: numbers that jump, texts far longer than their neighbours,
marks of a type where none belongs. Pure.

What is certain keeps the row out; what is likely is told beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from core.errors import Problem
from question_bank.transfer.line_shapes import TYPE_INSIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from question_bank.transfer.fields import Open
    from question_bank.transfer.rules import Raw

SURE = {
    "second_key": "这一题里有两个答案，可能并入了下一题，请核对题号和换行。",
    "second_options": "这一题里有两组选项，可能并入了下一题，请核对题号和换行。",
    "second_stem": "这一题里有两个题干，可能并入了下一题，请核对题号和换行。",
    "letters": "选项的字母不连续或有重复，请核对选项。",
    "second_question": "选项或答案后面还有一行像是另一道题，请给它编号，或与前后各题空行隔开。",
}
LIKELY = {
    "option_lines": "有一个选项占了几行，请核对是否混入了别的内容。",
    "key_alone": "选项下面单独一行的字母已当作答案，请核对。",
    "behind_key": "答案后面没有写“解析”的一行已当作解析，请核对。",
}
FEWEST_NEIGHBOURS = 5
MUCH_LONGER = 4
LONG = {"stem": 150, "explanation": 600, "answer": 300}
NAMES = {"stem": "题干", "explanation": "解析", "answer": "答案"}
MOST_NAMED = 20


def doubts_of(question: Open) -> Iterator[tuple[Problem, bool]]:
    """What is doubtful in one question; whether it keeps the question out."""
    for code in question.doubts:
        if code in SURE:
            yield Problem("swallowed", SURE[code], "stem"), True
        else:
            yield Problem(code, LIKELY[code], "stem"), False
    raw = question.raw
    if any(TYPE_INSIDE.search(text) for text in (raw.stem, *raw.options, raw.answer, raw.explanation)):
        message = "这一题里还有题型标记，可能并入了下一题，请核对题号和换行。"
        yield Problem("swallowed", message, "stem"), True


def longer_than_neighbours(questions: Sequence[Raw]) -> Iterator[tuple[int, Problem]]:
    """For questions of several lines that are far longer than is usual in the file, that they are."""
    if len(questions) < FEWEST_NEIGHBOURS:
        return
    for name, long in LONG.items():
        lengths = [len(getattr(question, name)) for question in questions]
        usual = median(length for length in lengths if length) if any(lengths) else 0
        for index, length in enumerate(lengths):
            if length > max(long, MUCH_LONGER * usual) and "\n" in getattr(questions[index], name):
                message = f"{NAMES[name]}比其他题长得多，可能并入了别的题，请核对。"
                yield index, Problem("long_text", message, name)


@dataclass(frozen=True, slots=True)
class Numbered:
    """The number of a question, 0 for none, and whether a heading stands before it."""

    number: int
    begins_section: bool


def number_jumps(questions: Sequence[Numbered]) -> tuple[list[Problem], dict[int, Problem]]:
    """Remarks on runs of numbers that leave some out, and what is told beside questions, by place.

    A number that is not higher than the one before begins a run: it should be 1, behind a heading.
    """
    remarks, beside = list[Problem](), dict[int, Problem]()
    first = last = place = 0
    missing: list[tuple[int, int]] = []
    for index, question in enumerate(questions):
        number = question.number
        if not number:
            continue
        if number <= last or not last:
            remarks += _run(first, last, missing)
            if last and not (number == 1 and question.begins_section):
                told = f"编号在第 {last} 题之后又是第 {number} 题，请核对这一题和前一题是否完整。"
                beside[index] = Problem("number_jump", told, "stem")
                beside.setdefault(place, beside[index])
            first, missing = number, []
        elif number > last + 1:
            gap = (last + 1, number - 1)
            missing.append(gap)
            told = f"这一题之后没有读到第 {_span(gap)} 题，可能并入了这一题，请核对。"
            beside[place] = Problem("number_jump", told, "stem")
        last, place = number, index
    remarks += _run(first, last, missing)
    return remarks, beside


def _run(first: int, last: int, missing: Sequence[tuple[int, int]]) -> list[Problem]:
    if not missing:
        return []
    named = "、".join(_span(gap) for gap in missing[:MOST_NAMED]) + (
        "等" if len(missing) > MOST_NAMED else ""
    )
    return [Problem("number_jump", f"编号 {first}–{last} 缺 {named}。")]


def _span(gap: tuple[int, int]) -> str:
    return str(gap[0]) if gap[0] == gap[1] else f"{gap[0]}–{gap[1]}"
