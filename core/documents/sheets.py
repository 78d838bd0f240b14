"""Sheets in and out: xlsx lists that people fill in, and the lists that the platform hands out.

A file from outside is measured before it is opened: its sizes, those that the archive claims for its parts
(zipfile never unpacks more than an entry claims), rows and columns. Nothing in it is calculated.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO

from core.documents import packages
from core.errors import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import openpyxl

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MOST_BYTES = 8 * 1024 * 1024
MOST_UNZIPPED = 20 * 1024 * 1024
LIMITS = packages.Limits(size=MOST_BYTES, unpacked=MOST_UNZIPPED)
CONTENT_TYPES = "[Content_Types].xml"
MOST_ROWS = 5_000
MOST_COLUMNS = 50
LAST_ROW = 1_048_576
"""The last row that an xlsx sheet can have; a file that claims more was not made by an office program."""

HEADER_WITHIN = 10
LONGEST_CELL = 1_000
DIGITS_KEPT = 10**15
"""Whole numbers from here on have lost digits: an office program keeps fifteen."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that an office program may take for a formula, at the latest when a sheet is saved as CSV."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its heading. Reading accepts `aliases` too, and misses it only where it is `required`.

    `numeric` columns are written as numbers, all others as text cells: ID numbers keep their 18 digits.
    """

    key: str
    title: str
    required: bool = True
    aliases: tuple[str, ...] = ()
    width: int = 16
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row with something in it: its number in the sheet, its texts by column key ("" where empty)."""

    number: int
    values: dict[str, str]

    @property
    def where(self) -> str:
        """As problems name the row."""
        return f"第 {self.number} 行"


def read_rows(stream: BinaryIO, columns: Sequence[Column], limit: int = MOST_ROWS) -> list[Row]:
    """The rows of the first sheet below its heading, empty ones left out; at most `limit`.

    The heading is the first row, within the first ten, that has all required columns; their order is free.
    Texts are trimmed; dates become 2026-01-31, whole numbers their digits. Raises `Invalid`: with one problem
    when the file cannot be read (not xlsx, broken, too large, no heading, no rows), else with all cells that
    hold a formula, an error or a number too long for a cell.
    """
    import openpyxl

    data = io.BytesIO(stream.read(MOST_BYTES + 1))
    _check_archive(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(data, read_only=True, keep_links=False)
            try:
                return _rows(_filled_rows(book), columns, limit)
            finally:
                book.close()
    except Invalid:
        raise
    # A malformed part surfaces as almost any exception from within the reader.
    except Exception as error:
        raise _unreadable(
            "broken", "文件已损坏，无法读取。请用表格软件打开后另存为 .xlsx，再上传。"
        ) from error


def _unreadable(code: str, message: str) -> Invalid:
    return Invalid.one(code, message, "file")


def _check_archive(stream: BinaryIO) -> None:
    """Refuse what is not an xlsx file or is too large, before anything of it is unpacked."""
    if not stream.read(1):
        raise _unreadable("empty_file", "文件是空的，请选择填好的 .xlsx 表格。")
    try:
        with packages.opened(stream, LIMITS) as archive:
            if CONTENT_TYPES in archive.namelist():
                return
    except packages.Malformed as error:
        if error.code != "no_archive":
            raise packages.as_invalid(error, " .xlsx 表格", LIMITS) from error
    raise _unreadable("not_xlsx", "这不是 .xlsx 表格，请下载模板，填写后上传。")


def _filled_rows(book: openpyxl.Workbook) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Number and cells of each row of the first sheet that has something in it."""
    if not book.worksheets:
        raise _unreadable("no_sheet", "文件里没有工作表，请下载模板，填写后上传。")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what the file says of its own size may be wrong
    blank: tuple[Any, ...] = ()
    # The reader's own limit on columns keeps one far cell from widening every row.
    for number, row in enumerate(sheet.iter_rows(min_col=1, max_col=MOST_COLUMNS + 1), start=1):
        if number > LAST_ROW:
            raise _unreadable("too_many_rows", "表格的行号超出范围，请把名单复制到新表格后再上传。")
        if row is blank:
            continue
        if all(cell.value is None for cell in row):
            blank = row  # rows that the sheet leaves out arrive as one shared tuple, up to a million times
            continue
        if row[MOST_COLUMNS].value is not None:
            raise _unreadable("too_many_columns", f"表格超过 {MOST_COLUMNS} 列，请只保留模板中的列。")
        yield number, row


def _rows(filled: Iterator[tuple[int, tuple[Any, ...]]], columns: Sequence[Column], limit: int) -> list[Row]:
    places = _places(filled, columns)
    found: list[Row] = []
    problems: list[Problem] = []
    for number, row in filled:
        values = dict.fromkeys((column.key for column in columns), "")
        for index, column in places.items():
            values[column.key] = _text(row[index], column, number, problems)
        if any(values.values()):
            found.append(Row(number, values))
        if len(found) > limit:
            raise _unreadable("too_many_rows", f"名单超过 {limit} 行，请分成几份上传。")
    if problems:
        raise Invalid(problems)
    if not found:
        raise _unreadable("no_rows", "表头下面没有内容，请填写后再上传。")
    return found


def _places(filled: Iterator[tuple[int, tuple[Any, ...]]], columns: Sequence[Column]) -> dict[int, Column]:
    """Reads on to the heading, the first row that has all required columns."""
    for number, row in filled:
        places = _heading(row, columns)
        if places is not None:
            return places
        if number >= HEADER_WITHIN:
            break
    titles = "、".join(f"“{column.title}”" for column in columns if column.required)
    raise _unreadable("no_heading", f"没有找到表头，前 {HEADER_WITHIN} 行中应有一行同时含有{titles}。")


def _heading(row: Sequence[Any], columns: Sequence[Column]) -> dict[int, Column] | None:
    """Which column stands at which index; None when the row is no heading. A heading given twice is refused."""
    by_title = {title: column for column in columns for title in (column.title, *column.aliases)}
    places: dict[int, Column] = {}
    for index, cell in enumerate(row):
        title = "".join(str(cell.value or "").split()).rstrip("*＊")
        column = by_title.get(title)
        if column is None:
            continue
        if column in places.values():
            raise _unreadable("double_heading", f"表头“{column.title}”出现了两次，请删去多余的一列。")
        places[index] = column
    found = set(places.values())
    return places if all(column in found for column in columns if column.required) else None


def _text(cell: Any, column: Column, number: int, problems: list[Problem]) -> str:
    """The cell's text; of a cell that cannot be used, a problem and «?», which keeps the row from being empty."""
    refusal = _refusal(cell)
    if refusal is not None:
        code, why = refusal
        where = {"row": number, "column": column.key}
        problems.append(Problem(code, f"“{column.title}”{why}", f"第 {number} 行", where))
        return "?"
    value = cell.value
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    text = value.isoformat() if isinstance(value, date) else str("" if value is None else value).strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


def _refusal(cell: Any) -> tuple[str, str] | None:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return "formula", "是公式，请改为直接填写的内容。"
    if cell.data_type == "e":
        return "error_cell", "显示为错误值，请改正。"
    if isinstance(value, (int, float)) and not abs(value) < DIGITS_KEPT:
        return "number_cell", "按数字保存，后面几位已经丢失，请把单元格设为文本格式，再重新填写。"
    if isinstance(value, str) and len(value) > LONGEST_CELL:
        return "cell_too_long", f"超过 {LONGEST_CELL} 个字，请删减。"
    return None


def write_sheet(
    title: str, columns: Sequence[Column], rows: Iterable[Sequence[object]], note: str = ""
) -> bytes:
    """An xlsx file with one sheet: `note` above (where given), the heading, the rows in the columns' order.

    Text cells carry the format `@`. A text that an office program could take for a formula gets an apostrophe
    in front, which `read_rows` takes away again.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(sheet_name(title))
        text = book.add_format({"num_format": "@"})
        heading = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})
        top = 0
        if note:
            sheet.write_string(0, 0, as_text(note), book.add_format({"italic": True}))
            top = 1
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width, None if column.numeric else text)
            sheet.write_string(top, index, column.title, heading)
        sheet.freeze_panes(top + 1, 0)
        for offset, row in enumerate(rows, start=top + 1):
            for index, (column, value) in enumerate(zip(columns, row, strict=True)):
                if value is None:
                    continue
                if column.numeric and isinstance(value, (int, float, Decimal)):
                    sheet.write_number(offset, index, float(value))
                else:
                    sheet.write_string(offset, index, as_text(str(value)), text)
    return buffer.getvalue()


def as_text(value: str) -> str:
    """The text so that no office program takes it for a formula; readers take the apostrophe away again."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def sheet_name(title: str) -> str:
    """A name for a sheet: at most 31 characters, without those that a sheet's name cannot have."""
    name = "".join(" " if c in "[]:*?/\\'" else c for c in title).strip()
    return name[:31] or "Sheet1"
