"""Questions in rows under a heading: how columns are named, and which rows make one item. Pure.

Both sheets and the tables of text documents are read through here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from core.errors import Invalid, Problem
from question_bank.items.rules import QuestionType
from question_bank.transfer.options import ALPHABET
from question_bank.transfer.rows import ReadRow
from question_bank.transfer.rules import Raw, is_yes, type_of, understand
from question_bank.transfer.spelling import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from question_bank.transfer.laws import LawBook

Row = TypeVar("Row")
HEADING_WITHIN = 20
OPTION_COLUMNS = 8
LAST_OPTION = 26

COLUMNS: dict[str, tuple[str, ...]] = {
    "type": ("题型", "试题类型", "题目类型", "类型", "题类", "试题题型", "question_type", "type"),
    "stem": (
        "题干",
        "题目",
        "问题",
        "试题",
        "试题内容",
        "题目内容",
        "题干内容",
        "试题题干",
        "试题题目",
        "题目描述",
        "题目名称",
        "题面",
        "question",
        "stem",
    ),
    "options": ("选项", "备选项", "备选答案", "选项内容", "全部选项", "候选项", "option_list", "options"),
    "answer": (
        "答案",
        "正确答案",
        "参考答案",
        "标准答案",
        "试题答案",
        "正确选项",
        "答案选项",
        "answer",
        "key",
    ),
    "explanation": (
        "解析",
        "答案解析",
        "试题解析",
        "题目解析",
        "解析说明",
        "解释",
        "说明",
        "analysis",
        "explanation",
    ),
    "laws": (
        "法律法规",
        "法规",
        "法律",
        "依据",
        "法条依据",
        "法律依据",
        "法规名称",
        "法规依据",
        "相关法条",
        "出处",
        "statute",
        "law",
    ),
    "articles": ("条款", "法条", "条文", "条号", "法条号", "具体条款", "article", "articles"),
    "difficulty": ("难度", "难易度", "难易程度", "难度系数", "难度等级", "difficulty", "level"),
    "part": ("部分", "清单部分", "所属部分", "part"),
    "code": ("编号", "试题编号", "题目编号", "题号编码", "code", "id"),
    "shuffle": ("选项乱序", "乱序", "可乱序", "shuffle"),
    "families": ("适用单位", "单位类别", "适用机关", "适用对象", "families"),
    "reserved": ("保留题", "留作考试", "考试专用", "保留", "reserved"),
}
"""The headings by field, the template's own first."""

PASSING = frozenset({"序号", "题号", "分值", "分数", "位置", "导入结果", "导入问题", "no", "no."})
"""Headings whose columns say nothing about the question; they are left out without a word."""

OPTION = re.compile(r"(?:选项|备选项|答案|option|option_|opt)?([a-z])(?:选项|项)?|选项(\d{1,2})")
IN_BRACKETS = re.compile(r"[(（][^()（）]*+[)）]")
CASE_QUESTION = re.compile(r"案例(?!分析$|$|题$|分析题$)[-—:：·]?(.+)")


def by_name() -> dict[str, str]:
    """The field of every heading, folded."""
    return {folded(name): key for key, names in COLUMNS.items() for name in names}


FIELDS = by_name()


@dataclass(slots=True)
class Heading:
    """Which field stands in which column. `options` are the columns of the options in the letters' order."""

    titles: tuple[str, ...]
    fields: dict[str, int] = field(default_factory=dict)
    options: dict[int, int] = field(default_factory=dict)
    double: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        """A heading names the stem and the key; everything else can be missing."""
        return "stem" in self.fields and "answer" in self.fields


def read_heading(cells: Sequence[str]) -> Heading:
    """The row as a heading; `usable` tells whether it is one."""
    heading = Heading(tuple(cells))
    for index, cell in enumerate(cells):
        name = IN_BRACKETS.sub("", folded(cell)).rstrip("*:：")
        key = FIELDS.get(name)
        option = OPTION.fullmatch(name) if key is None else None
        if option:
            number = ALPHABET.index(option[1].upper()) if option[1] else int(option[2]) - 1
            if number in heading.options or not 0 <= number < LAST_OPTION:
                heading.double.append(cell)
            heading.options.setdefault(number, index)
        elif key is None:
            if name and name not in PASSING:
                heading.unknown.append(cell)
        elif key in heading.fields:
            heading.double.append(cell)
        else:
            heading.fields[key] = index
    return heading


def find_heading(
    rows: Iterator[Row], cells_of: Callable[[Row], Sequence[str]]
) -> tuple[Heading | None, list[Row]]:
    """The heading among the first rows, and the row that was read beyond it.

    A heading may take two rows, «选项» above and «A», «B» below; both are read as one.
    """
    for row in islice(rows, HEADING_WITHIN):
        heading = read_heading(cells_of(row))
        if not heading.usable:
            continue
        following = list(islice(rows, 1))
        for below in following:
            joined = _joined(heading.titles, cells_of(below))
            if not heading.options and joined is not None:
                return joined, []
        return heading, following
    return None, []


def _joined(titles: Sequence[str], below: Sequence[str]) -> Heading | None:
    """The heading of two rows; None where the second one is no part of it."""
    width = max(len(titles), len(below))
    above, under = ([*cells, *[""] * (width - len(cells))] for cells in (titles, below))
    joined = read_heading([low or high for high, low in zip(above, under, strict=True)])
    named = {*joined.options.values(), *joined.fields.values()}
    fits = all(index in named for index, cell in enumerate(under) if cell.strip())
    return joined if joined.usable and len(joined.options) > 1 and fits else None


def raw_of(cells: Sequence[str], heading: Heading) -> Raw:
    """A row's fields."""

    def text(index: int) -> str:
        return cells[index] if index < len(cells) else ""

    raw = Raw()
    for key, index in heading.fields.items():
        if key != "options":
            setattr(raw, key, text(index))
    last = max(heading.options, default=-1)
    raw.options = [text(heading.options[n]) if n in heading.options else "" for n in range(last + 1)]
    if not any(option.strip() for option in raw.options) and "options" in heading.fields:
        raw.options = [text(heading.fields["options"])]
    return raw


@dataclass(slots=True)
class Line:
    """A row under a heading with the remarks that its cells gave rise to."""

    label: str
    number: int
    cells: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    share: float = 0.0


def read_lines(
    lines: Iterable[Line], heading: Heading, book: LawBook, *, sheet: str = ""
) -> Iterator[ReadRow]:
    """The items of rows under a heading: one a row, but a case takes the rows of its questions that follow it."""
    open_case: list[Line] = []
    for line in lines:
        raw = raw_of(line.cells, heading)
        if open_case and _is_question_of_case(raw):
            open_case.append(line)
            continue
        if open_case:
            yield _row(open_case, heading, book, sheet)
            open_case = []
        if type_of(raw.type) is QuestionType.CASE:
            open_case = [line]
        else:
            yield _row([line], heading, book, sheet)
    if open_case:
        yield _row(open_case, heading, book, sheet)


def _is_question_of_case(raw: Raw) -> bool:
    return CASE_QUESTION.fullmatch(folded(raw.type)) is not None


def _row(lines: Sequence[Line], heading: Heading, book: LawBook, sheet: str) -> ReadRow:
    first, *questions = lines
    raw = raw_of(first.cells, heading)
    for line in questions:
        question = raw_of(line.cells, heading)
        named = CASE_QUESTION.fullmatch(folded(question.type))
        question.type = named[1] if named else question.type
        raw.questions.append(question)
    understood = understand(raw, book)
    return ReadRow(
        label=first.label,
        number=first.number,
        draft=understood.draft,
        problems=(*(p for line in lines for p in line.problems), *understood.problems),
        warnings=(*(w for line in lines for w in line.warnings), *understood.warnings),
        code=raw.code.strip(),
        reserved=is_yes(raw.reserved),
        sheet=sheet,
        heading=heading.titles,
        cells=first.cells,
        share=lines[-1].share,
    )


def heading_remarks(heading: Heading, where: str) -> Iterator[Problem]:
    """What the user should know of a heading: columns that are not read."""
    if heading.unknown:
        names = "、".join(f"“{name.strip()[:20]}”" for name in heading.unknown[:10])
        yield Problem("unknown_column", f"{where}的列{names}没有对应的内容，没有读取。", where)


def refuse_double(heading: Heading, where: str) -> None:
    """Raises `Invalid` for a heading in which a field stands twice: nobody can tell which column is meant."""
    if heading.double:
        names = "、".join(f"“{name.strip()[:20]}”" for name in heading.double)
        raise Invalid.one("double_heading", f"{where}的表头{names}出现了两次，请删去一列。", "file")


def no_heading() -> Invalid:
    """That no row of a file is a heading."""
    return Invalid.one(
        "no_heading",
        f"没有找到表头：前 {HEADING_WITHIN} 行中应有一行写着“题干”和“答案”（或“题目”“正确答案”等）。请下载模板对照。",
        "file",
    )
