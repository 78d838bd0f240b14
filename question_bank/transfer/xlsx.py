"""xlsx: the template that people use, and sheets of their own with headings of their own."""

from __future__ import annotations

import io
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from core.documents.packages import Limits
from core.documents.sheets import as_text
from core.documents.workbooks import read_rows
from core.errors import Problem
from question_bank.items.rules import LETTERS, QuestionType
from question_bank.transfer.laws import law_words, place_words
from question_bank.transfer.naming import CHOICES, DIFFICULTY_NAMES, FAMILY_NAMES, TYPE_NAMES, answer_words
from question_bank.transfer.originals import read_originals
from question_bank.transfer.rows import ORIGINAL, lost
from question_bank.transfer.rules import type_of
from question_bank.transfer.tables import (
    COLUMNS,
    Heading,
    Line,
    find_table,
    no_heading,
    read_heading,
    read_lines,
    refuse_double,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from core.documents.workbooks import CellRow
    from question_bank.items.rules import ItemDraft
    from question_bank.transfer.laws import LawBook
    from question_bank.transfer.rows import ReadRow, StoredRow

LIMITS = Limits(size=64 * 1024 * 1024, unpacked=128 * 1024 * 1024, parts=2_000)
"""An upload is bounded more narrowly by its setting; these hold for commands too."""
LONGEST_CELL = 32_767
CASE_PREFIX = "案例"
TEMPLATE_ROWS = 2_000

TITLES = (
    *(COLUMNS[key][0] for key in ("code", "type", "stem")),
    *(f"选项{letter}" for letter in LETTERS),
    *(
        COLUMNS[key][0]
        for key in (
            *("answer", "explanation", "laws", "articles", "difficulty"),
            *("part", "shuffle", "families", "reserved"),
        )
    ),
)
WIDTHS = {"题干": 60, "解析": 50, "法律法规": 24, "条款": 20, "编号": 12}
PARTS = ("首要任务", "综合清单", "专业清单")
YES_NO = ("是", "否")
LAWS = COLUMNS["laws"][0]
LISTS, NOTES = "下拉项", "填写说明"
"""The template's further sheets; reading passes them over."""
EXPLAINED = {
    "题型": "单选题、多选题、判断题、填空题、简答题、案例分析题。案例分析题占几行：第一行写材料，下面各行是小题，题型写作“案例单选题”等。",
    "题干": "填空题的空格写成（　）或 ____。不要把答案写进题干。",
    "选项A…H": "一格一个选项；也可以都写在选项A一格里，如 A.… B.…。判断题、填空题、简答题留空。",
    "答案": "选择题填字母，如 A 或 AC；判断题填正确或错误；填空题一行写一个空，几种写法都可以时用 | 隔开，如 三十日|30日。没有答案的题不会导入。",
    "解析": "说明答案的依据，以及其他选项错在哪里。",
    "法律法规": "简称或全称，带不带书名号都可以；几部法规一行一部。默认为现行版本，引用其他版本时写明日期，如《行政处罚法》（2017-09-01）。",
    "条款": "如 第三十六条第一款、36、三十六条；与法规逐行对应。",
    "难度": "易、中、难；留空算中。",
    "部分": "首要任务、综合清单、专业清单；可以留空。",
    "编号": "留空则自动编号。只用小写字母、数字和连字符。",
    "选项乱序": "是、否；留空算是。选项有固定次序（如从短到长的期限）时填否。",
    "适用单位": "留空算全部适用；几类之间用顿号隔开。",
    "保留题": "填是的题不会出现在练习里。",
}


def read(stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]:
    """The items of all sheets that have a heading. Raises `Invalid` when no sheet has one."""
    found = False
    rows = _Sheets(read_rows(stream, LIMITS))
    for sheet, lines in rows:
        where = f"工作表“{sheet}”"
        first = next(lines)
        if first.cells[:1] == ORIGINAL:
            found = True
            yield from read_originals(lines, laws, sheet=sheet)
            continue
        heading, below, remarks = find_table(chain([first], lines), lambda row: row.cells, where)
        if heading is None:
            if sheet not in {LISTS, NOTES}:
                yield Problem("no_heading", f"{where}没有表头，没有读取。", sheet)
            continue
        refuse_double(heading, where)
        found = True
        yield from remarks
        marks = _Marks(sheet)
        kind = sheet if type_of(sheet) is not None else ""
        yield from read_lines(
            (marks.line(row, heading, rows) for row in below), heading, laws, sheet=sheet, kind=kind
        )
        yield from marks.remarks()
    if not found:
        raise no_heading()


class _Sheets:
    """The rows sheet by sheet, as they come."""

    def __init__(self, rows: Iterator[CellRow]) -> None:
        self._rows = rows
        self._next = next(rows, None)
        self.several = False

    def __iter__(self) -> Iterator[tuple[str, Iterator[CellRow]]]:
        while self._next is not None:
            name = self._next.sheet
            lines = self._of(name)
            yield name, lines
            for _rest in lines:
                pass
            self.several = True

    def _of(self, name: str) -> Iterator[CellRow]:
        while self._next is not None and self._next.sheet == name:
            row, self._next = self._next, next(self._rows, None)
            yield row


class _Marks:
    """What rows of a sheet show beside their texts, told beside the row or of the sheet as a whole."""

    def __init__(self, sheet: str) -> None:
        self._sheet = sheet
        self._hidden = False
        self._columns: dict[str, None] = {}

    def line(self, row: CellRow, heading: Heading, sheets: _Sheets) -> Line:
        """The row as a line of the table."""
        where = f"工作表“{row.sheet}”第 {row.number} 行" if sheets.several else f"第 {row.number} 行"
        line = Line(where, row.number, row.cells, marked=row.marked, share=row.share)

        def titles(columns: Sequence[int]) -> str:
            named = [
                heading.titles[n] if n < len(heading.titles) else "" for n in columns if n in heading.used
            ]
            return "、".join(f"“{title or '选项'}”" for title in named)

        self._hidden |= row.hidden_sheet
        self._columns |= dict.fromkeys(
            heading.titles[n] for n in row.hidden_columns if n in heading.used and n < len(heading.titles)
        )
        for code, columns, what in (
            ("formula_empty", row.uncomputed, "是公式，文件里没有保存它的结果，请改为直接填写的内容。"),
            ("error_cell", row.broken, "显示为错误值，请改正。"),
            ("picture", row.pictures, "是图片，平台只保存文字，请改写成文字。"),
        ):
            if names := titles(columns):
                line.problems.append(Problem(code, names + what))
        for code, columns, what in (
            ("formula", row.formulas, "是公式，已按保存的结果读取，请核对。"),
            ("date_cell", row.dates, "是日期格式，可能被表格软件改过，请核对。"),
            (
                "number_format",
                row.unsure,
                "的数字格式特殊，或者显示的位数比保存的少，读到的可能与所见不同，请核对。",
            ),
        ):
            if names := titles(columns):
                line.warnings.append(Problem(code, names + what))
        if row.lying:
            message = f"这一行上有 {row.lying} 张图片，没有导入，请核对这一题是否仍然完整。"
            line.warnings.append(Problem("picture", message))
        if row.hidden:
            line.warnings.append(Problem("hidden_row", "这一行在表格中是隐藏的，仍然读取，请核对。"))
        return line

    def remarks(self) -> Iterator[Problem]:
        """What is to be told of the sheet as a whole."""
        where = f"工作表“{self._sheet}”"
        if self._hidden:
            yield Problem("hidden_sheet", f"{where}是隐藏的，仍然读取，请核对。", self._sheet)
        if self._columns:
            names = "、".join(f"“{name}”" for name in self._columns)
            yield Problem("hidden_column", f"{where}的列{names}是隐藏的，仍然读取，请核对。", self._sheet)


def write(items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]:
    """A workbook in the template's form; each row is read back, and what comes out otherwise is told."""
    losses: list[Problem] = []
    heading = read_heading(TITLES)
    with _book(out, "题库", laws) as (sheet, text):
        number = 1
        for item in items:
            rows = list(_cells(item, laws))
            losses += _losses(item, rows, heading, laws)
            for cells in rows:
                for column, value in enumerate(cells):
                    if value:
                        sheet.write_string(number, column, as_text(value[: LONGEST_CELL - 1]), text)
                number += 1
    return losses


def _losses(
    item: StoredRow, rows: Sequence[tuple[str, ...]], heading: Heading, laws: LawBook
) -> Iterator[Problem]:
    lines = [Line("", 1, tuple(value.strip() for value in cells)) for cells in rows]
    drafts = [row.draft for row in read_lines(lines, heading, laws) if not isinstance(row, Problem)]
    if any(len(value) >= LONGEST_CELL for cells in rows for value in cells):
        yield lost(item.code, "有一项内容超过一个单元格能放下的长度，已截断。")
    elif drafts != [item.draft]:
        yield lost(item.code, "有的内容在表格中无法原样表示，重新导入时会有出入，请核对。")


def _cells(item: StoredRow, laws: LawBook) -> Iterator[tuple[str, ...]]:
    yield _row_of(item.draft, laws, code=item.code, reserved=item.reserved)
    for question in item.draft.questions:
        yield _row_of(question, laws, prefix=CASE_PREFIX)


def _row_of(
    draft: ItemDraft, laws: LawBook, *, code: str = "", prefix: str = "", reserved: bool = False
) -> tuple[str, ...]:
    options = dict(draft.options)
    choice = draft.type in CHOICES
    return (
        code,
        prefix + TYPE_NAMES[draft.type],
        draft.stem,
        *((options.get(letter, "") if choice else "") for letter in LETTERS),
        answer_words(draft),
        draft.explanation,
        law_words(draft.citations, laws),
        place_words(draft.citations),
        DIFFICULTY_NAMES[draft.difficulty],
        draft.part,
        ("是" if draft.shuffle else "否") if choice else "",
        "、".join(FAMILY_NAMES[family] for family in draft.families),
        "是" if reserved else "",
    )


def template(laws: LawBook) -> bytes:
    """The template to fill in: a heading with drop-downs, and a sheet that explains the columns."""
    out = io.BytesIO()
    with _book(out, "题库", laws):
        pass
    return out.getvalue()


@contextmanager
def _book(out: BinaryIO, title: str, laws: LawBook) -> Iterator[tuple[Any, Any]]:
    """The sheet of a new workbook with the template's heading and drop-downs, and the format of its texts."""
    import xlsxwriter
    from xlsxwriter.utility import xl_col_to_name

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        bold = book.add_format({"bold": True, "bottom": 1, "num_format": "@", "bg_color": "#f6f5f2"})
        sheet = book.add_worksheet(title)
        lists = book.add_worksheet(LISTS)
        for column, name in enumerate(TITLES):
            sheet.set_column(column, column, WIDTHS.get(name, 14), text)
        sheet.freeze_panes(1, 0)
        names = sorted(laws.in_force)
        choices = {
            "题型": [*TYPE_NAMES.values(), *_CASE_TYPES],
            "难度": list(DIFFICULTY_NAMES.values()),
            "部分": list(PARTS),
            "选项乱序": list(YES_NO),
            "保留题": list(YES_NO),
            LAWS: names,
        }
        for column, (name, values) in enumerate(choices.items()):
            place = TITLES.index(name)
            if not values:
                continue
            # A list of names is kept in cells: in the rule itself it may not be longer than 255 characters.
            letter = xl_col_to_name(column)
            source = f"={LISTS}!${letter}$1:${letter}${len(values)}"
            rule = {
                "validate": "list",
                "source": source,
                "error_type": "information",
                # Several laws, or a full title, are fine as well.
                "show_error": name != LAWS,
            }
            sheet.data_validation(1, place, TEMPLATE_ROWS, place, rule)
        for row in range(max(len(values) for values in choices.values())):
            for column, values in enumerate(choices.values()):
                if row < len(values):
                    lists.write_string(row, column, values[row])
        lists.hide()
        notes = book.add_worksheet(NOTES)
        notes.set_column(0, 0, 14)
        notes.set_column(1, 1, 90)
        for row, (name, words) in enumerate(EXPLAINED.items()):
            notes.write_string(row, 0, name, bold)
            notes.write_string(row, 1, words, text)
        for column, name in enumerate(TITLES):
            sheet.write_string(0, column, name, bold)
        yield sheet, text


_CASE_TYPES = tuple(
    CASE_PREFIX + TYPE_NAMES[kind]
    for kind in (
        QuestionType.SINGLE,
        QuestionType.MULTIPLE,
        QuestionType.TRUE_FALSE,
        QuestionType.BLANK,
    )
)
