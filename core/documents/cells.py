"""The filled cells of an xlsx workbook as a stream: cells and rows that are only formatted cost next to nothing.

What a workbook says of its sheets, texts and styles is read by openpyxl; its own readers of sheets keep every
row that is left empty in memory, and read a sheet that names no size twice.
"""

from __future__ import annotations

import posixpath
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol
from xml.etree import ElementTree as ET
from xml.parsers import expat

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import from_excel, from_ISO8601

from core.documents import packages
from core.errors import Invalid

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator
    from datetime import date, time, timedelta

LAST_ROW = 1_048_576
"""The last row that an xlsx sheet can have; a file that claims more was not made by an office program."""
LAST_COLUMN = 16_384
MOST_MERGED = 20_000
MOST_SMALL_PART = 8 * 1024 * 1024
BLOCK = 256 * 1024
_ATTRIBUTES = rb'(?:\s++[\w:.-]{1,60}="[^"<>]*+")*+\s*+'
_PLACED = rb'(?=[^<>]*?\sr=")' + _ATTRIBUTES
"""Elements that name no place stay: they count for the place of those behind them."""
EMPTY_CELL = re.compile(rb"<(?:\w{1,20}:)?c" + _PLACED + rb"(?:/>|>\s*+</(?:\w{1,20}:)?c>)")
EMPTY_ROWS = re.compile(rb"(?:(<(?:\w{1,20}:)?row" + _PLACED + rb"(?:/>|>\s*+</(?:\w{1,20}:)?row>))\s*+)++")
COLUMN = re.compile(r"([A-Z]{1,3})\d{1,10}")
WITHIN_CELL = "DISPIMG("
"""The function by which WPS shows a picture within a cell."""
DRAWING = "/drawing"
DARK = frozenset({"FF000000", "00000000"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with something in it. `kind` is that of the file: text (s), number (n), day (d), error (e), truth (b).

    `value` is None where a formula has no kept result, or where the cell shows a picture alone. `marked` are the
    ends of the stretches of a text that are bold or coloured.
    """

    value: str | float | bool | date | time | timedelta | None
    kind: str = "n"
    number_format: str = "General"
    formula: bool = False
    picture: bool = False
    marked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FilledRow:
    """A row with its filled cells by column, from 0. `share` tells how much of the sheet has been read."""

    number: int
    cells: dict[int, Cell]
    hidden: bool
    share: float


@dataclass(slots=True)
class Layout:
    """What a sheet says beside its cells: `merged` areas of several rows as (top, bottom, column), from 1; the
    rows at which pictures begin; hidden columns from 0."""

    merged: list[tuple[int, int, int]] = field(default_factory=list)
    pictures: dict[int, int] = field(default_factory=dict)
    hidden_columns: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of an open workbook; `size` in bytes."""

    title: str
    hidden: bool
    size: int
    book: _Book
    part: str

    def layout(self) -> Layout:
        """What stands beside the cells. Raises `Invalid` for too many merged areas."""
        return _layout(self.book.archive, self.part)

    def rows(self) -> Iterator[FilledRow]:
        """The rows that have something in them. Raises `Invalid` for a row or column that no sheet has."""
        for row, share in _raw_rows(self.book.archive, self.part, self.size):
            cells = {raw.column: cell for raw in row.cells if (cell := self.book.cell(raw)) is not None}
            if cells:
                yield FilledRow(row.number, cells, row.hidden, share)


@contextmanager
def opened_workbook(stream: BinaryIO) -> Iterator[list[Sheet]]:
    """The sheets of a workbook that `packages.opened` has checked, without charts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = ExcelReader(stream, read_only=True, data_only=True, keep_links=False, rich_text=True)
        with reader.archive:
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            book = _Book(reader)
            yield [
                Sheet(
                    sheet.name,
                    sheet.state != "visible",
                    reader.archive.getinfo(rel.target).file_size,
                    book,
                    rel.target,
                )
                for sheet, rel in reader.parser.find_sheets()
                if rel.target in reader.valid_files and "chartsheet" not in rel.Type
            ]


class _Book:
    """Turns what stands in a cell's element into its value."""

    def __init__(self, reader: Any) -> None:
        self.archive: zipfile.ZipFile = reader.archive
        self._book = reader.wb
        self._texts = reader.shared_strings
        self._styles: dict[int, tuple[str, bool]] = {}

    def cell(self, raw: _RawCell) -> Cell | None:
        """The cell, None for one with nothing in it."""
        formula = raw.formula is not None
        if WITHIN_CELL in raw.value[:60] or WITHIN_CELL in (raw.formula or "")[:60] or raw.rich_value:
            return Cell(None, "s", picture=True)
        number_format, marked = self._style(raw.style)
        if not raw.value:
            return Cell(None, formula=True) if formula else None
        ends: tuple[int, ...] = ()
        value: Any = raw.value
        kind = raw.kind
        match kind:
            case "s":
                value = self._texts[int(raw.value)]
            case "n":
                kind, value = self._number(raw)
            case "b":
                value = bool(int(raw.value))
            case "d":
                value = from_ISO8601(raw.value)  # type: ignore[no-untyped-call]
            case "e":
                pass
            case _:
                kind = "s"
        if kind == "s":
            value, ends = _text_and_marks(value, whole=marked)
        return Cell(value, kind, number_format, formula, marked=ends)

    def _number(self, raw: _RawCell) -> tuple[str, Any]:
        number = float(raw.value)
        value: int | float = int(raw.value) if raw.value.lstrip("-").isdecimal() else number
        if raw.style not in self._book._date_formats:  # noqa: SLF001  styles have no other door
            return "n", value
        spans = self._book._timedelta_formats  # noqa: SLF001
        try:
            return "d", from_excel(value, self._book.epoch, timedelta=raw.style in spans)
        except (OverflowError, ValueError):
            return "e", "#VALUE!"

    def _style(self, number: int) -> tuple[str, bool]:
        """The number format of a style, and whether it stands out: bold, or in a colour."""
        if number not in self._styles:
            book = self._book
            style = book._cell_styles[number]  # noqa: SLF001
            known = style.numFmtId < BUILTIN_FORMATS_MAX_SIZE
            self._styles[number] = (
                BUILTIN_FORMATS.get(style.numFmtId, "General")
                if known
                else book._number_formats[style.numFmtId - BUILTIN_FORMATS_MAX_SIZE],  # noqa: SLF001
                _stands_out(book._fonts[style.fontId]) or _is_filled(book._fills[style.fillId]),  # noqa: SLF001
            )
        return self._styles[number]


def _stands_out(font: Any) -> bool:
    """Whether a font is bold or has a colour other than that of plain text."""
    colour = font.color
    if font.b:
        return True
    if colour is None or colour.type in {"auto", "indexed"}:
        return colour is not None and colour.type == "indexed" and colour.indexed not in {0, 8, 64}
    # The first two colours of a theme are those of paper and text.
    return colour.theme not in {0, 1} if colour.type == "theme" else colour.rgb not in DARK


def _is_filled(fill: Any) -> bool:
    return getattr(fill, "patternType", None) == "solid" and _colour(fill.fgColor) not in {"FFFFFFFF", "0"}


def _colour(colour: Any) -> str:
    return str(colour.theme if colour.type == "theme" else colour.rgb)


def _text_and_marks(text: Any, *, whole: bool) -> tuple[str, tuple[int, ...]]:
    """A text, and where those stretches of it end that stand out; the whole of it where its cell does."""
    plain = str(text)
    if not isinstance(text, CellRichText):
        return plain, (len(plain),) if whole else ()
    ends, at = [], 0
    for run in text:
        at += len(str(run))
        if isinstance(run, TextBlock) and run.text.strip() and _stands_out(run.font):
            ends.append(at - len(run.text) + len(run.text.rstrip()))
    return plain, tuple(ends)


# The parts of a sheet -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _RawCell:
    """A cell's element."""

    column: int
    kind: str
    style: int
    rich_value: bool
    value: str = ""
    formula: str | None = None


@dataclass(slots=True)
class _RawRow:
    number: int
    hidden: bool
    cells: list[_RawCell] = field(default_factory=list)


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _blocks(source: _Source) -> Iterator[tuple[bytes, int]]:
    """The bytes of a sheet without cells that hold nothing, and with one of the rows in a row that hold nothing,
    each with how many were read for it."""
    rest = b""
    while block := source.read(BLOCK):
        cut = block.rfind(b">") + 1
        whole = rest + block[:cut]
        rest = block[cut:] if cut else block
        yield (EMPTY_ROWS.sub(rb"\1", EMPTY_CELL.sub(b"", whole)) if cut else whole), len(block)
    yield rest, 0


class _Sheet:
    """Takes rows out of what the parser reports."""

    def __init__(self) -> None:
        self.done: list[_RawRow] = []
        self._row: _RawRow | None = None
        self._cell: _RawCell | None = None
        self._number = 0
        self._at = ""
        self._phonetic = False
        self._pieces: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse_document_type
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                self._number = int(attributes.get("r", self._number + 1))
                self._row = _RawRow(self._number, attributes.get("hidden") in {"1", "true"})
            case "c" if self._row is not None:
                self._cell = _RawCell(
                    self._column(attributes.get("r"), self._row),
                    attributes.get("t", "n"),
                    int(attributes.get("s", 0)),
                    "vm" in attributes,
                )
            case "v" | "f" | "t" as at if self._cell is not None and not self._phonetic:
                self._at, self._pieces = at, []
            case "rPh":
                self._phonetic = True

    def _column(self, place: str | None, row: _RawRow) -> int:
        if place is None:
            return row.cells[-1].column + 1 if row.cells else 0
        found = COLUMN.fullmatch(place)
        number = 0
        for letter in found[1] if found else "":
            number = number * 26 + ord(letter) - 64
        if not 0 < number <= LAST_COLUMN:
            raise ValueError(place)
        return number - 1

    def _text(self, text: str) -> None:
        if self._at:
            self._pieces.append(text)

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "v" | "t" if self._at and self._cell is not None:
                self._cell.value += "".join(self._pieces)
                self._at = ""
            case "f" if self._at and self._cell is not None:
                self._cell.formula = "".join(self._pieces)
                self._at = ""
            case "c" if self._cell is not None and self._row is not None:
                self._row.cells.append(self._cell)
                self._cell = None
            case "row" if self._row is not None:
                self.done.append(self._row)
                self._row = None
            case "rPh":
                self._phonetic = False


def _refuse_document_type(*_names: object) -> None:
    """A part that is not named as XML is not looked at by `packages.opened`."""
    raise packages.Malformed("document_type")


def _raw_rows(archive: zipfile.ZipFile, part: str, size: int) -> Iterator[tuple[_RawRow, float]]:
    sheet = _Sheet()
    read = 0
    with archive.open(part) as source:
        for block, length in _blocks(source):
            read += length
            sheet.parser.Parse(block, not length)
            for row in sheet.done:
                if row.number > LAST_ROW:
                    message = "表格的行号超出范围，请把内容复制到新表格后再上传。"
                    raise Invalid.one("too_many_rows", message, "file")
                yield row, read / max(size, 1)
            sheet.done.clear()


def _layout(archive: zipfile.ZipFile, part: str) -> Layout:
    layout = Layout()

    def element(name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "mergeCell":
                left, top, _right, bottom = range_boundaries(attributes["ref"])
                if left and top and bottom and bottom > top:
                    layout.merged.append((top, bottom, left))
                if len(layout.merged) > MOST_MERGED:
                    raise Invalid.one("too_many_merged", "合并单元格过多，请取消合并后再上传。", "file")
            case "col" if attributes.get("hidden") in {"1", "true"}:
                first, last = int(attributes["min"]), min(int(attributes["max"]), LAST_COLUMN)
                layout.hidden_columns.update(range(first - 1, last))

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = element
    with archive.open(part) as source:
        for block, length in _blocks(source):
            parser.Parse(block, not length)
    layout.pictures = _pictures(archive, part)
    return layout


def _pictures(archive: zipfile.ZipFile, part: str) -> dict[int, int]:
    """How many pictures lie on the cells of a sheet, by the row at which each begins."""
    found: dict[int, int] = {}
    names = set(archive.namelist())
    for drawing in _drawings(archive, part, names):
        root = ET.fromstring(_small_part(archive, drawing))  # noqa: S314  without a document type: packages.opened looked
        for anchor in root:
            start = anchor.find("{*}from/{*}row")
            if start is not None and any(str(child.tag).endswith("}pic") for child in anchor.iter()):
                row = int(start.text or 0) + 1
                found[row] = found.get(row, 0) + 1
    return found


def _drawings(archive: zipfile.ZipFile, part: str, names: set[str]) -> Iterator[str]:
    """The parts that hold the drawings of a sheet."""
    folder, _slash, name = part.rpartition("/")
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in names:
        return
    for relation in ET.fromstring(_small_part(archive, relations)):  # noqa: S314  likewise
        if relation.get("Type", "").endswith(DRAWING):
            target = relation.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            path = posixpath.normpath(path)
            if path in names and path.endswith(".xml"):
                yield path


def _small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MOST_SMALL_PART:
        raise Invalid.one("too_large_inside", "表格里的图形过多，请删去图片和图形后再上传。", "file")
    return archive.read(name)
