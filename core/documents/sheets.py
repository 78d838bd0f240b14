"""Sheets in and out: xlsx lists that people fill in, and the lists that the platform hands out.

A file from outside is measured before it is opened: its sizes, those that the archive claims for its parts
(zipfile never unpacks more than an entry claims), rows and columns. Nothing in it is calculated.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO

from core.documents import packages
from core.documents.number_formats import DIGITS_KEPT, shown
from core.errors import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from core.documents.cells import Cell, Sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MOST_BYTES = 8 * 1024 * 1024
MOST_UNZIPPED = 20 * 1024 * 1024
LIMITS = packages.Limits(size=MOST_BYTES, unpacked=MOST_UNZIPPED)
CONTENT_TYPES = "[Content_Types].xml"
MOST_ROWS = 5_000
MOST_COLUMNS = 50

HEADER_WITHIN = 10
LONGEST_CELL = 1_000
LEADING_ZEROS = re.compile(r"0{2,20}")
"""The format of numbers such as 000123."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that an office program may take for a formula, at the latest when a sheet is saved as CSV."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its heading. Reading accepts `aliases` too, and misses it only where it is `required`.

    `numeric` columns are written as numbers, in the format `number_format` where it is given, all others as text
    cells: ID numbers keep their 18 digits.
    """

    key: str
    title: str
    required: bool = True
    aliases: tuple[str, ...] = ()
    width: int = 16
    numeric: bool = False
    number_format: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row with something in it: its number in the sheet, its texts by column key ("" where empty).

    `refused` has a problem for each cell that cannot be used (a formula, an error, a number too long), by column
    key: it stands in the place of whatever a reader would say of that cell, so that the rest is looked at too.
    """

    number: int
    values: dict[str, str]
    refused: dict[str, Problem] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """As problems name the row."""
        return f"第 {self.number} 行"


def read_rows(stream: BinaryIO, columns: Sequence[Column], limit: int = MOST_ROWS) -> list[Row]:
    """The rows of the first sheet below its heading, empty ones left out; at most `limit`.

    The heading is the first row, within the first ten, that has all required columns; their order is free.
    Texts are trimmed; dates become 2026-01-31, whole numbers their digits. Cells that cannot be used are said
    with their row. Raises `Invalid` with one problem when the file cannot be read: not xlsx, broken, too large,
    no heading, no rows.
    """

    from core.documents.cells import opened_workbook

    data = io.BytesIO(stream.read(MOST_BYTES + 1))
    _check_archive(data)
    try:
        with opened_workbook(data) as sheets:
            return _rows(_filled_rows(sheets), columns, limit)
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


def _filled_rows(sheets: Sequence[Sheet]) -> Iterator[tuple[int, dict[int, Cell]]]:
    """Number and cells of each row of the first sheet that has something in it."""
    if not sheets:
        raise _unreadable("no_sheet", "文件里没有工作表，请下载模板，填写后上传。")
    for row in sheets[0].rows():
        if MOST_COLUMNS in row.cells:
            raise _unreadable("too_many_columns", f"表格超过 {MOST_COLUMNS} 列，请只保留模板中的列。")
        yield row.number, row.cells


def _rows(filled: Iterator[tuple[int, dict[int, Cell]]], columns: Sequence[Column], limit: int) -> list[Row]:
    places = _places(filled, columns)
    found: list[Row] = []
    for number, cells in filled:
        row = Row(number, dict.fromkeys((column.key for column in columns), ""))
        for index, column in places.items():
            row.values[column.key] = _text(cells.get(index), column, row)
        if any(row.values.values()):
            found.append(row)
        if len(found) > limit:
            raise _unreadable("too_many_rows", f"名单超过 {limit} 行，请分成几份上传。")
    if not found:
        raise _unreadable("no_rows", "表头下面没有内容，请填写后再上传。")
    return found


def _places(filled: Iterator[tuple[int, dict[int, Cell]]], columns: Sequence[Column]) -> dict[int, Column]:
    """Reads on to the heading, the first row that has all required columns."""
    for number, row in filled:
        places = _heading(row, columns)
        if places is not None:
            return places
        if number >= HEADER_WITHIN:
            break
    titles = "、".join(f"“{column.title}”" for column in columns if column.required)
    raise _unreadable("no_heading", f"没有找到表头，前 {HEADER_WITHIN} 行中应有一行同时含有{titles}。")


def _heading(row: dict[int, Cell], columns: Sequence[Column]) -> dict[int, Column] | None:
    """Which column stands at which index; None when the row is no heading. A heading given twice is refused."""
    by_title = {title: column for column in columns for title in (column.title, *column.aliases)}
    places: dict[int, Column] = {}
    for index, cell in sorted(row.items()):
        title = "".join(str(cell.value or "").split()).rstrip("*＊")
        column = by_title.get(title)
        if column is None:
            continue
        if column in places.values():
            raise _unreadable("double_heading", f"表头“{column.title}”出现了两次，请删去多余的一列。")
        places[index] = column
    found = set(places.values())
    return places if all(column in found for column in columns if column.required) else None


def _text(cell: Cell | None, column: Column, row: Row) -> str:
    """The cell's text; of a cell that cannot be used, a problem and «?», which keeps the row from being empty."""
    if cell is None:
        return ""
    refusal = _refusal(cell)
    if refusal is not None:
        code, why = refusal
        where = {"row": row.number, "column": column.key}
        row.refused[column.key] = Problem(code, f"“{column.title}”{why}", row.where, where)
        return "?"
    value = cell.value
    if isinstance(value, (int, float)) and LEADING_ZEROS.fullmatch(cell.number_format):
        return shown(value, cell.number_format)[0]
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    text = value.isoformat() if isinstance(value, date) else str("" if value is None else value).strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


def _refusal(cell: Cell) -> tuple[str, str] | None:
    value = cell.value
    if cell.picture:
        return "picture", "是图片，请改为直接填写的内容。"
    if cell.formula:
        return "formula", "是公式，请改为直接填写的内容。"
    if cell.kind == "e":
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
        numbers = {
            name: book.add_format({"num_format": name}) if name else None
            for name in {column.number_format for column in columns}
        }
        for index, column in enumerate(columns):
            form = numbers[column.number_format] if column.numeric else text
            sheet.set_column(index, index, column.width, form)
            sheet.write_string(top, index, column.title, heading)
        sheet.freeze_panes(top + 1, 0)
        for offset, row in enumerate(rows, start=top + 1):
            for index, (column, value) in enumerate(zip(columns, row, strict=True)):
                if value is None:
                    continue
                if column.numeric and isinstance(value, (int, float, Decimal)):
                    sheet.write_number(offset, index, float(value), numbers[column.number_format])
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
