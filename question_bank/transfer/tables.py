"""Questions in rows under a heading: how columns are named, and which rows make one item. Pure.

Both sheets and the tables of text documents are read through here.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from core.errors import Invalid, Problem
from question_bank.items.rules import QuestionType
from question_bank.transfer.bare_options import with_marks
from question_bank.transfer.bare_tables import inferred
from question_bank.transfer.keys import plain_letters
from question_bank.transfer.line_shapes import INLINE_TYPE, section_type
from question_bank.transfer.naming import CHOICES
from question_bank.transfer.option_cells import read_cells, translated_key
from question_bank.transfer.options import ALPHABET
from question_bank.transfer.plain import is_formatted
from question_bank.transfer.rows import ReadRow
from question_bank.transfer.rules import Raw, is_undecided, is_yes, type_of, understand
from question_bank.transfer.spelling import folded, tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from question_bank.transfer.laws import LawBook

Row = TypeVar("Row")
HEADING_WITHIN = 20
LOOKED_THROUGH = 200
"""So many rows show what stands in the columns of a sheet without a heading."""
LONGEST_HEADING = 60
OPTION_COLUMNS = 8
LAST_OPTION = 26
LABELS_TOLD = 5
LONGEST_INLINE = 20_000

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
        "试题名称",
        "试题描述",
        "question",
        "stem",
        "question_text",
    ),
    "options": (
        "选项",
        "备选项",
        "备选答案",
        "选项内容",
        "全部选项",
        "候选项",
        "option_list",
        "options",
        "choices",
    ),
    "answer": (
        "答案",
        "正确答案",
        "参考答案",
        "标准答案",
        "试题答案",
        "正确选项",
        "答案选项",
        "正答",
        "标答",
        "试题正确答案",
        "answer",
        "key",
        "answer_key",
        "correct_answer",
        "right_answer",
        "correct_option",
        "correct",
        "label",
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

OPTION = re.compile(
    r"(?:选项|备选项|备选答案|选择项?|答案选项|答案|option|opt|choice)?[(（【]?([a-z])[)）】]?[.、:：]?(?:选项|项|答案)?(?:内容)?"
    r"|(?:选项|备选项|备选答案|option|opt|choice)[(（]?(\d{1,2}|[一二三四五六七八])[)）]?(?:内容)?"
)
BRACKETED = re.compile(r"[(（][^()（）]*[)）]")
RUNNING_NUMBER = re.compile(
    r"(?:第\s{0,2}(?P<of>[0-9０-９]{1,4})\s{0,2}题\s{0,2}[.．、:：,，]?"
    r"|(?P<plain>[0-9０-９]{1,4})\s{0,2}[、.．)）]"
    r"|[（(【\[]\s{0,2}(?P<round>[0-9０-９]{1,3})\s{0,2}[)）】\]])\s{0,4}(?=[^\s0-9０-９])"
)
"""The number of a question before its stem. «2021.1.22» and «1.5 倍» are none, nor is a year in brackets."""
LATER_NUMBER = re.compile(r"(?<!\d)[（(]?(\d{1,5})\s{0,2}[、.．)）]")
CASE_QUESTION = re.compile(r"案例(?!分析$|$|题$|分析题$)[-—:：·]?(.+)")


def plain_name(name: str) -> str:
    """A heading as it is looked up: «Correct_Answer» is «correctanswer»."""
    return folded(name).replace("_", "").replace("-", "")


def by_name() -> dict[str, str]:
    """The field of every heading, as it is looked up."""
    return {plain_name(name): key for key, names in COLUMNS.items() for name in names}


FIELDS = by_name()


def option_number(name: str) -> int | None:
    """Which option a name such as «选项A», «option_2», «（C）» stands for, from 0; None for any other."""
    found = OPTION.fullmatch(plain_name(name)[:LONGEST_HEADING].rstrip("*"))
    if found is None:
        return None
    if found[1]:
        return ALPHABET.index(found[1].upper())
    number = int(found[2]) if found[2].isdecimal() else "一二三四五六七八".index(found[2]) + 1
    return number - 1 if 0 < number <= LAST_OPTION else None


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
        """A heading names the stem, and the key or the options; everything else can be missing."""
        return "stem" in self.fields and (
            "answer" in self.fields or "options" in self.fields or len(self.options) > 1
        )

    @property
    def used(self) -> set[int]:
        """The columns that are read."""
        return {*self.fields.values(), *self.options.values()}


def read_heading(cells: Sequence[str]) -> Heading:
    """The row as a heading; `usable` tells whether it is one."""
    heading = Heading(tuple(cells))
    for index, cell in enumerate(cells):
        if len(cell) > LONGEST_HEADING:
            continue
        name = BRACKETED.sub("", folded(cell)).rstrip("*:：")
        key = FIELDS.get(plain_name(name))
        # «选项（A）» is an option, «答案（必填）» the key.
        whole = FIELDS.get(plain_name(cell))
        option = option_number(cell) if whole is None and key in {None, "options"} else None
        if option is None and key is None:
            option = option_number(name)
        if option is not None:
            if option in heading.options:
                heading.double.append(cell)
            heading.options.setdefault(option, index)
        elif key is None:
            if name and name not in PASSING:
                heading.unknown.append(cell)
        elif key in heading.fields:
            heading.double.append(cell)
        else:
            heading.fields[key] = index
    _spread_options(heading)
    return heading


def _spread_options(heading: Heading) -> None:
    """«选项» over several columns: those without a heading of their own that follow it are options too."""
    first = heading.fields.get("options")
    if first is None or heading.options:
        return
    last = first + 1
    while last < len(heading.titles) and not heading.titles[last].strip():
        last += 1
    if last == len(heading.titles):
        last = first + OPTION_COLUMNS
        heading.titles += ("",) * (last - len(heading.titles))
    if last > first + 1:
        del heading.fields["options"]
        heading.options = dict(enumerate(range(first, last)))


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
            if joined is not None:
                return joined, []
        return heading, following
    return None, []


def find_table(
    rows: Iterator[Row], cells_of: Callable[[Row], Sequence[str]], where: str
) -> tuple[Heading | None, Iterator[Row], list[Problem]]:
    """The heading, the rows below it, and what is to be told of the heading.

    Where no row is one, it is inferred from what stands in the columns, if that leaves no choice.
    """
    first = list(islice(rows, LOOKED_THROUGH))
    source = iter(first)
    heading, beyond = find_heading(source, cells_of)
    if heading is not None:
        return heading, chain(beyond, source, rows), list(heading_remarks(heading, where))
    found = inferred([cells_of(row) for row in first])
    if found is None:
        return None, iter(()), []
    titles = tuple(found.titles)
    columns = "、".join(f"第 {number} 列{title}" for number, title in enumerate(titles, start=1) if title)
    message = f"{where}没有表头，按内容认作：{columns}。请核对；不对时请加上一行表头。"
    below = chain(first[found.first :], rows)
    return read_heading(titles), below, [Problem("heading_inferred", message, where)]


def _joined(titles: Sequence[str], below: Sequence[str]) -> Heading | None:
    """The heading of two rows; None where the second one is no part of it."""
    width = max(len(titles), len(below))
    above, under = ([*cells, *[""] * (width - len(cells))] for cells in (titles, below))
    joined = read_heading([low or high for high, low in zip(above, under, strict=True)])
    fits = all(index in joined.used for index, cell in enumerate(under) if cell.strip())
    letters = sum(option_number(cell) is not None for cell in under)
    return joined if joined.usable and letters > 1 and fits else None


def raw_of(cells: Sequence[str], heading: Heading) -> Raw:
    """A row's fields as they stand there; the options as their cells."""

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
    """A row under a heading with the remarks that its cells gave rise to.

    `marked` gives for a column where the stretches of its text end that are bold or coloured.
    """

    label: str
    number: int
    cells: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    marked: dict[int, tuple[int, ...]] = field(default_factory=dict)
    share: float = 0.0


@dataclass(slots=True)
class _Table:
    """Rows as they are read. `kind` is the word for the type of rows that name none."""

    heading: Heading
    book: LawBook
    sheet: str
    kind: str = ""
    numbered: list[str] = field(default_factory=list)
    untitled: Counter[int] = field(default_factory=Counter)

    def rows(self, lines: Iterable[Line]) -> Iterator[ReadRow | Problem]:
        open_case: list[tuple[Line, Raw]] = []
        for line in lines:
            if not self._holds_question(line):
                continue
            raw = self._raw(line)
            if open_case and _is_question_of_case(raw):
                open_case.append((line, raw))
                continue
            if open_case:
                yield self._row(open_case)
                open_case = []
            if type_of(raw.type) is QuestionType.CASE:
                open_case = [(line, raw)]
            else:
                yield self._row([(line, raw)])
        if open_case:
            yield self._row(open_case)
        yield from self._remarks()

    def _holds_question(self, line: Line) -> bool:
        """Whether a row is a question: not empty, not the heading again, not the heading of a section."""
        filled = [cell for cell in line.cells if cell.strip()]
        if len(set(filled)) == 1 and (section := section_type(filled[0].strip())) is not None:
            self.kind = section
            return False
        titles = self.heading.titles
        return line.cells[: len(titles)] != titles and any(
            line.cells[index].strip() for index in self.heading.used if index < len(line.cells)
        )

    def _raw(self, line: Line) -> Raw:
        """The fields of a row with its options apart."""
        for index, cell in enumerate(line.cells):
            titled = index < len(self.heading.titles) and self.heading.titles[index].strip()
            if cell.strip() and not titled and index not in self.heading.used:
                self.untitled[index] += 1
        raw = raw_of(line.cells, self.heading)
        if not raw.type.strip():
            raw.type = self.kind
        if without_number(raw):
            self.numbered.append(line.label)
        read_fields(raw, line.problems, line.warnings)
        if not raw.answer.strip():
            raw.answer = self._marked(line, raw)
        return raw

    def _marked(self, line: Line, raw: Raw) -> str:
        """The options that are bold or coloured while the others are not."""
        columns = [self.heading.options[number] for number in sorted(self.heading.options)]
        marked = [bool(line.marked.get(column)) for column in columns[: len(raw.options)]]
        if len(marked) < 2 or not any(marked) or all(marked[: len(raw.options)]):
            return ""
        letters = "".join(letter for letter, mark in zip(ALPHABET, marked, strict=False) if mark)
        message = f"没有答案一项，按加粗或着色的选项认作答案“{letters}”，请核对。"
        line.warnings.append(Problem("key_by_style", message, "answer"))
        return letters

    def _row(self, lines: Sequence[tuple[Line, Raw]]) -> ReadRow:
        (first, raw), *questions = lines
        for _line, question in questions:
            named = CASE_QUESTION.fullmatch(folded(question.type))
            question.type = named[1] if named else question.type
            raw.questions.append(question)
        understood = understand(raw, self.book)
        return ReadRow(
            label=first.label,
            number=first.number,
            draft=understood.draft,
            problems=(*(p for line, _raw in lines for p in line.problems), *understood.problems),
            warnings=(*(w for line, _raw in lines for w in line.warnings), *understood.warnings),
            code=raw.code.strip(),
            reserved=is_yes(raw.reserved),
            sheet=self.sheet,
            heading=self.heading.titles,
            cells=self._cells([line for line, _raw in lines]),
            share=lines[-1][0].share,
        )

    def _cells(self, lines: Sequence[Line]) -> tuple[str, ...]:
        """The cells of an item, row by row; those before the last row filled up to the width of the heading."""
        width = len(self.heading.titles)
        rows = [line.cells[:width] for line in lines]
        whole = (cell for row in rows[:-1] for cell in (*row, *[""] * (width - len(row))))
        return (*whole, *rows[-1])

    def _remarks(self) -> Iterator[Problem]:
        where = f"工作表“{self.sheet}”" if self.sheet else "文件"
        if self.numbered:
            yield number_remark(self.numbered, where)
        if self.untitled:
            columns = "、".join(f"第 {index + 1} 列" for index in sorted(self.untitled)[:10])
            message = (
                f"{where}{columns}没有表头，其中 {max(self.untitled.values())} 行有内容，没有读取，请核对。"
            )
            yield Problem("untitled_column", message, where)


def read_lines(
    lines: Iterable[Line], heading: Heading, book: LawBook, *, sheet: str = "", kind: str = ""
) -> Iterator[ReadRow | Problem]:
    """The items of rows under a heading: one a row, but a case takes the rows of its questions that follow it.

    `kind` is a word for the type of rows that name none. Remarks on the table follow its rows.
    """
    yield from _Table(heading, book, sheet, kind).rows(lines)


def read_fields(raw: Raw, problems: list[Problem], warnings: list[Problem]) -> None:
    """Put the fields of a row in order: the type that its stem names, its options apart, its key in letters."""
    inline = INLINE_TYPE.match(raw.stem) if len(raw.stem) < LONGEST_INLINE else None
    if inline and inline[1] and (not raw.type.strip() or type_of(raw.type) is type_of(inline[1])):
        raw.type, raw.stem = inline[1], raw.stem[inline.end() :]
        warnings.append(Problem("type_in_stem", f"题干开头的“{inline[1]}”已作为题型取出，请核对。", "type"))
    if any(is_formatted(text) for text in (raw.stem, *raw.options)):
        warnings.append(
            Problem("markup", "题干或选项里有网页标记（如 <br>、&nbsp;），按原样保留，请核对。", "stem")
        )
    found = read_cells(raw.options)
    problems += found.problems
    warnings += found.warnings
    raw.options = found.texts
    raw.answer = translated_key(raw.answer, found)
    if found.key:
        given = plain_letters(raw.answer)
        if not raw.answer.strip():
            raw.answer = found.key
        elif given and set(given) != set(found.key):
            message = f"答案“{given[:20]}”与选项里标记的“{found.key}”不同，请核对。"
            problems.append(Problem("key_conflict", message, "answer"))
    given = plain_letters(raw.answer)
    asks_letters = bool(given) and set(given) <= set(ALPHABET[:OPTION_COLUMNS])
    if asks_letters and not raw.options and (is_undecided(raw.type) or type_of(raw.type) in CHOICES):
        raw.stem = "\n".join(with_marks(tidy(raw.stem).split("\n")))


def without_number(raw: Raw) -> bool:
    """Whether the stem began with the running number of the question; takes it off.

    A number that opens an enumeration («1、甲；2、乙…») stays.
    """
    stem = tidy(raw.stem)
    found = RUNNING_NUMBER.match(stem)
    if found is None:
        return False
    number = int(found["of"] or found["plain"] or found["round"])
    following = (int(later[1]) for later in LATER_NUMBER.finditer(stem, found.end()))
    if not found["of"] and number + 1 in following:
        return False
    raw.stem = stem[found.end() :]
    return True


def number_remark(labels: Sequence[str], where: str) -> Problem:
    """That the stems of these rows began with running numbers."""
    told = "、".join(labels[:LABELS_TOLD]) + ("等" if len(labels) > LABELS_TOLD else "")
    message = f"{where}{told}共 {len(labels)} 题，题干开头写着序号（如“1、”），已经去掉。"
    return Problem("numbers_taken_off", message, where)


def _is_question_of_case(raw: Raw) -> bool:
    return CASE_QUESTION.fullmatch(folded(raw.type)) is not None


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
