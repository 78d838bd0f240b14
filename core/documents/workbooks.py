"""Every row of every sheet of an xlsx file as people see it: merged cells filled, formulas as their values.

The workbook is read as a stream; what a sheet says of its own size is not believed. Merged areas, hidden columns
and pictures stand outside the cells that the stream yields, so each sheet is looked through once before it is
read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, BinaryIO

from core.documents import packages
from core.documents.number_formats import shown, shown_duration, shown_text
from core.documents.sheets import FORMULA_STARTS
from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.documents.cells import Cell, FilledRow, Layout, Sheet
    from core.documents.packages import Limits

KIND = " .xlsx 表格"
WORKBOOK = "xl/workbook.xml"
MOST_COLUMNS = 50
TRUTHS = {None: "", True: "TRUE", False: "FALSE"}


@dataclass(frozen=True, slots=True)
class CellRow:
    """A row with something in it: sheet, its number there, its texts ("" where empty), first column first.

    Of the columns (from 0), `formulas` are those whose text is the kept result of a formula, `uncomputed` those
    whose formula has no kept result, `broken` those that show an error value, `dates` those that hold a date,
    `unsure` those with a number that may look otherwise in the sheet, `pictures` those that show a picture
    instead of a text, `hidden_columns` those that the sheet does not show. `lying` counts the pictures that lie
    on the row. `marked` gives for a column where the stretches of its text end that are bold or coloured.
    `share` tells how much of the workbook has been read by now, from 0 to 1.
    """

    sheet: str
    number: int
    cells: tuple[str, ...]
    hidden: bool
    hidden_sheet: bool
    formulas: tuple[int, ...]
    uncomputed: tuple[int, ...]
    broken: tuple[int, ...]
    dates: tuple[int, ...]
    unsure: tuple[int, ...]
    pictures: tuple[int, ...]
    hidden_columns: tuple[int, ...]
    lying: int
    marked: dict[int, tuple[int, ...]]
    share: float


def read_rows(stream: BinaryIO, limits: Limits) -> Iterator[CellRow]:
    """The rows of all sheets in order, empty ones left out. Raises `Invalid` when the file cannot be read."""
    from core.documents.cells import opened_workbook

    try:
        with packages.opened(stream, limits, part=WORKBOOK):
            pass
        with opened_workbook(stream) as sheets:
            total, before = max(1, sum(sheet.size for sheet in sheets)), 0
            for sheet in sheets:
                yield from _sheet_rows(sheet, before / total, sheet.size / total)
                before += sheet.size
    except packages.Malformed as error:
        raise packages.as_invalid(error, KIND, limits) from error
    except Invalid:
        raise
    # A malformed part surfaces as almost any exception from within the reader.
    except Exception as error:
        message = "文件已损坏，无法读取。请用表格软件打开后另存为 .xlsx，再上传。"
        raise Invalid.one("broken", message, "file") from error


def _sheet_rows(sheet: Sheet, before: float, part: float) -> Iterator[CellRow]:
    layout = sheet.layout()
    filler = _Filler(layout)
    furthest = max((column for _top, _bottom, column in layout.merged), default=0)
    for row in sheet.rows():
        if all(isinstance(cell.value, str) and not cell.value.strip() for cell in row.cells.values()):
            continue
        last = max(row.cells)
        if last >= MOST_COLUMNS:
            message = f"工作表“{sheet.title}”超过 {MOST_COLUMNS} 列，请只保留模板中的列。"
            raise Invalid.one("too_many_columns", message, "file")
        texts = [""] * min(max(furthest, last + 1), MOST_COLUMNS)
        found = _row(sheet, row, texts, layout)
        filler.fill(row.number, texts)
        while texts and not texts[-1]:
            texts.pop()
        yield replace(found, cells=tuple(texts), share=min(1.0, before + part * row.share))


class _Filler:
    """Gives the cells below the first of a merged area its text. Across columns nothing is filled:

    a stem that was merged over the columns of options is not an option.
    """

    def __init__(self, layout: Layout) -> None:
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


def _row(sheet: Sheet, row: FilledRow, texts: list[str], layout: Layout) -> CellRow:
    """What stands in a row, its texts in `texts` too; merged cells are still to be filled."""
    unsure = []
    for column, cell in row.cells.items():
        texts[column], sure = _text(cell)
        if not sure:
            unsure.append(column)
    cells = row.cells.items()
    return CellRow(
        sheet=sheet.title,
        number=row.number,
        cells=(),
        hidden=row.hidden,
        hidden_sheet=sheet.hidden,
        formulas=tuple(at for at, cell in cells if cell.formula and cell.value is not None),
        uncomputed=tuple(at for at, cell in cells if cell.formula and cell.value is None),
        broken=tuple(at for at, cell in cells if cell.kind == "e"),
        dates=tuple(at for at, cell in cells if isinstance(cell.value, (date, time))),
        unsure=tuple(unsure),
        pictures=tuple(at for at, cell in cells if cell.picture),
        hidden_columns=tuple(at for at in row.cells if at in layout.hidden_columns),
        lying=layout.pictures.get(row.number, 0),
        marked={at: marks for at, cell in cells if (marks := _marks(cell))},
        share=0.0,
    )


def _text(cell: Cell) -> tuple[str, bool]:
    """What the cell shows, and whether that is sure: 5 % stays 5%, a 7 under the format 000 is 007."""
    value = cell.value
    match value:
        case None | bool():
            return TRUTHS[value], True
        case int() | float():
            return shown(value, cell.number_format)
        case timedelta():
            return shown_duration(value, cell.number_format)
        case date():
            return _day(value, cell.number_format), True
        case time():
            return value.isoformat("seconds" if value.second else "minutes"), True
    text = shown_text(value, cell.number_format).replace("\r\n", "\n").replace("_x000D_", "").strip()
    return (text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text), True


def _marks(cell: Cell) -> tuple[int, ...]:
    """Where the stretches that stand out end, counted in the text without the spaces before it."""
    text = cell.value if isinstance(cell.value, str) else ""
    spaces = len(text) - len(text.lstrip())
    return tuple(end - spaces for end in cell.marked)


def _day(value: date, number_format: str) -> str:
    day = value.date() if isinstance(value, datetime) else value
    words = f"{day.year}年{day.month}月{day.day}日" if "年" in number_format else day.isoformat()
    if isinstance(value, datetime) and value.time() != time():
        words += f" {value:%H:%M}"
    return words
