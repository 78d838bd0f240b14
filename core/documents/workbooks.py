"""Every row of every sheet of an xlsx file as people see it: merged cells filled, formulas as their values.

The workbook is read as a stream; what a sheet says of its own size is not believed. Merged areas and hidden
rows stand outside the cells that the stream yields, so each sheet is looked through once before it is read.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.parsers import expat

from core.documents import packages
from core.documents.sheets import FORMULA_STARTS, LAST_ROW
from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    import openpyxl

    from core.documents.packages import Limits

KIND = " .xlsx 表格"
WORKBOOK = "xl/workbook.xml"
MOST_COLUMNS = 50
MOST_MERGED = 20_000
BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class CellRow:
    """A row with something in it: sheet, its number there, its texts ("" where empty), first column first.

    `formulas` are the columns (from 0) whose text is the kept result of a formula, `uncomputed` those whose
    formula has no kept result, `broken` those that show an error value, `dates` those that hold a date.
    `share` tells how much of the workbook has been read by now, from 0 to 1.
    """

    sheet: str
    number: int
    cells: tuple[str, ...]
    hidden: bool = False
    formulas: tuple[int, ...] = ()
    uncomputed: tuple[int, ...] = ()
    broken: tuple[int, ...] = ()
    dates: tuple[int, ...] = ()
    share: float = 0.0


@dataclass(slots=True)
class _Layout:
    """What a sheet says beside its cells; `merged` are the areas of several rows as (top, bottom, column)."""

    rows: int = 0
    hidden: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    formulas: bool = False


def read_rows(stream: BinaryIO, limits: Limits) -> Iterator[CellRow]:
    """The rows of all sheets in order, empty ones left out. Raises `Invalid` when the file cannot be read."""
    try:
        with packages.opened(stream, limits, part=WORKBOOK):
            pass
        with _books(stream) as (values, formulas):
            layouts = [_layout(sheet) for sheet in values.worksheets]
            total, before = sum(layout.rows for layout in layouts), 0
            for index, (sheet, layout) in enumerate(zip(values.worksheets, layouts, strict=True)):
                with_formulas = formulas.worksheets[index] if layout.formulas else None
                for row in _sheet_rows(sheet, with_formulas, layout):
                    yield replace(row, share=min(1.0, (before + row.number) / total))
                before += layout.rows
    except packages.Malformed as error:
        raise packages.as_invalid(error, KIND, limits) from error
    except Invalid:
        raise
    # A malformed part surfaces as almost any exception from within the reader.
    except Exception as error:
        message = "文件已损坏，无法读取。请用表格软件打开后另存为 .xlsx，再上传。"
        raise Invalid.one("broken", message, "file") from error


@contextmanager
def _books(stream: BinaryIO) -> Iterator[tuple[openpyxl.Workbook, openpyxl.Workbook]]:
    """The workbook twice: once with the results of its formulas, once with the formulas themselves."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        books = [
            openpyxl.load_workbook(stream, read_only=True, keep_links=False, data_only=data_only)
            for data_only in (True, False)
        ]
        try:
            yield books[0], books[1]
        finally:
            for book in books:
                book.close()


def _layout(sheet: Any) -> _Layout:
    from openpyxl.utils.cell import range_boundaries

    layout = _Layout()
    row = 0

    def element(name: str, attributes: dict[str, str]) -> None:
        nonlocal row
        match name.rpartition(":")[2]:
            case "row":
                row = int(attributes.get("r", row + 1))
                layout.rows = max(layout.rows, row)
                if attributes.get("hidden") in {"1", "true"}:
                    layout.hidden.add(row)
            case "mergeCell":
                left, top, _right, bottom = range_boundaries(attributes["ref"])
                if left and top and bottom and bottom > top:
                    layout.merged.append((top, bottom, left))
                if len(layout.merged) > MOST_MERGED:
                    raise Invalid.one("too_many_merged", "合并单元格过多，请取消合并后再上传。", "file")
            case "f":
                layout.formulas = True

    parser = expat.ParserCreate()
    parser.StartElementHandler = element
    with sheet._get_source() as source:  # noqa: SLF001  the library offers no other way to the part
        while block := source.read(BLOCK):
            parser.Parse(block, False)
    return layout


def _sheet_rows(sheet: Any, with_formulas: Any, layout: _Layout) -> Iterator[CellRow]:
    sources = [sheet] if with_formulas is None else [sheet, with_formulas]
    for source in sources:
        source.reset_dimensions()
    filler = _Filler(layout)
    furthest = max((column for _top, _bottom, column in layout.merged), default=0)
    rows = zip_longest(*(source.iter_rows(max_col=MOST_COLUMNS + 1) for source in sources))
    blank: tuple[Any, ...] = ()
    for number, pair in enumerate(rows, start=1):
        row = pair[0]
        if number > LAST_ROW:
            raise Invalid.one("too_many_rows", "表格的行号超出范围，请把内容复制到新表格后再上传。", "file")
        if row is blank and len(pair) == 1:
            continue
        written = pair[-1] or row
        if all(
            cell.value is None or (isinstance(cell.value, str) and not cell.value.strip()) for cell in written
        ):
            blank = row  # rows that the sheet leaves out arrive as one shared tuple, up to a million times
            continue
        if written[MOST_COLUMNS].value is not None:
            message = f"工作表“{sheet.title}”超过 {MOST_COLUMNS} 列，请只保留模板中的列。"
            raise Invalid.one("too_many_columns", message, "file")
        # A row comes with fifty cells, most of them empty.
        width = max(furthest, _width(written), _width(row))
        yield _row(sheet.title, number, row[:width], written[:width], filler, hidden=number in layout.hidden)


def _width(row: tuple[Any, ...]) -> int:
    """How many cells there are up to the last one with something in it."""
    return next((index for index in range(len(row), 0, -1) if row[index - 1].value is not None), 0)


class _Filler:
    """Gives the cells below the first of a merged area its text. Across columns nothing is filled:

    a stem that was merged over the columns of options is not an option.
    """

    def __init__(self, layout: _Layout) -> None:
        self._waiting = sorted(layout.merged, reverse=True)
        self._open: dict[int, tuple[int, str]] = {}

    def fill(self, number: int, cells: list[str]) -> None:
        while self._waiting and self._waiting[-1][0] <= number:
            top, bottom, column = self._waiting.pop()
            if top == number and column <= len(cells):
                self._open[column] = (bottom, cells[column - 1])
        for column, (bottom, text) in list(self._open.items()):
            if number > bottom:
                del self._open[column]
            elif not cells[column - 1]:
                cells[column - 1] = text


def _row(
    sheet: str, number: int, row: tuple[Any, ...], written: tuple[Any, ...], filler: _Filler, *, hidden: bool
) -> CellRow:
    is_formula = [index for index, cell in enumerate(written) if cell.data_type == "f"]
    cells = [_text(cell) for cell in row]
    filler.fill(number, cells)
    while cells and not cells[-1]:
        cells.pop()
    return CellRow(
        sheet=sheet,
        number=number,
        cells=tuple(cells),
        hidden=hidden,
        formulas=tuple(index for index in is_formula if row[index].value is not None),
        uncomputed=tuple(index for index in is_formula if row[index].value is None),
        broken=tuple(index for index, cell in enumerate(row) if cell.data_type == "e"),
        dates=tuple(index for index, cell in enumerate(row) if isinstance(cell.value, (date, time))),
    )


def _text(cell: Any) -> str:
    """What the cell shows, as far as its meaning goes: 5 % stays 5%, 0.5 stays 0.5, a day its figures."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        if "%" in cell.number_format:
            return f"{value * 100:.10g}%"
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, (date, time)):
        return _day(value, cell.number_format) if isinstance(value, date) else value.isoformat("minutes")
    text = str(value).replace("\r\n", "\n").replace("_x000D_", "").strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


def _day(value: date, number_format: str) -> str:
    day = value.date() if isinstance(value, datetime) else value
    words = f"{day.year}年{day.month}月{day.day}日" if "年" in number_format else day.isoformat()
    if isinstance(value, datetime) and value.time() != time():
        words += f" {value:%H:%M}"
    return words
