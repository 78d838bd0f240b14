"""Word documents: paragraphs with their automatic numbers written out, and tables under a heading.

The text is read as a stream, part by part; python-docx would hold the whole tree of the document in memory.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree import ElementTree as ET

import docx as word
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from core.documents import packages
from core.documents.packages import Limits
from core.errors import Invalid, Problem
from question_bank.statutes.rules import chinese_number
from question_bank.transfer import key_lists
from question_bank.transfer.formatted_runs import Piece, Runs, sign_of, with_stress
from question_bank.transfer.lines import NOT_TEXT, TextLine, read_text
from question_bank.transfer.marked_options import STANDS_OUT
from question_bank.transfer.rows import lost
from question_bank.transfer.tables import Line, find_heading, heading_remarks, read_lines
from question_bank.transfer.text import is_carried, item_lines

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterable, Iterator, Sequence
    from xml.etree.ElementTree import Element

    from question_bank.transfer.laws import LawBook
    from question_bank.transfer.rows import ReadRow, StoredRow

LIMITS = Limits(size=64 * 1024 * 1024, unpacked=160 * 1024 * 1024, parts=3_000)
KIND = " .docx 文档"
DOCUMENT, NUMBERING, STYLES = "word/document.xml", "word/numbering.xml", "word/styles.xml"
MOST_SMALL_PART = 16 * 1024 * 1024
DEEPEST_LEVEL = 9
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
MEANT = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
MOST_COLUMNS = 60
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
PASSED_OVER = {f"{W}{name}" for name in ("txbxContent", "del", "moveFrom", "instrText", "rt", "pPr", "rPr")}
PASSED_OVER.add(FALLBACK)
NO_TEXT = {f"{W}{name}" for name in ("drawing", "pict", "object", "footnoteReference", "endnoteReference")}
"""Pictures, text boxes, embedded objects, notes: what a line cannot carry."""
PLACE_OF_LEVEL = re.compile(r"%([1-9])")
NUMBER_ALONE = re.compile(r"[0-9]{1,4}[.．、]?")
POINTS = ".．、"
ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def read(stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]:
    """The items of a document: those of its tables that have a heading, then those of its text."""
    try:
        with packages.opened(stream, LIMITS, part=DOCUMENT) as archive:
            blocks = list(_blocks(archive))
    except packages.Malformed as error:
        raise packages.as_invalid(error, KIND, LIMITS) from error
    except (ET.ParseError, LookupError, RecursionError, *packages.DAMAGED) as error:
        message = "文件已损坏，无法读取。请用办公软件打开后另存为 .docx，再上传。"
        raise Invalid.one("broken", message, "file") from error
    yield from _read_blocks(blocks, laws)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of a table: its lines."""

    lines: tuple[TextLine, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines).strip()


@dataclass(slots=True)
class _Table:
    rows: list[tuple[_Cell, ...]] = field(default_factory=list)


def _read_blocks(blocks: list[TextLine | _Table], laws: LawBook) -> Iterator[ReadRow | Problem]:
    text: list[TextLine] = []
    tables = 0
    for block in blocks:
        if isinstance(block, TextLine):
            text.append(block)
            continue
        rows = iter(enumerate(block.rows, start=1))
        heading, beyond = find_heading(rows, lambda row: [cell.text for cell in row[1]])
        if heading is None or heading.double:
            text += _lines_of(block)
            continue
        tables += 1
        name = f"第 {tables} 个表格"
        yield from heading_remarks(heading, name)
        lines = [
            Line(
                f"{name}第 {number} 行",
                number,
                tuple(cell.text.replace(STANDS_OUT, "") for cell in row),
                problems=_not_text(row),
                share=0.5,
            )
            for number, row in chain(beyond, rows)
            if any(cell.lines for cell in row)
        ]
        yield from read_lines(lines, heading, laws, sheet=name)
    yield from read_text(text, laws)


def _not_text(row: Sequence[_Cell]) -> list[Problem]:
    """That a row holds what no text can."""
    told = any(line.picture for cell in row for line in cell.lines)
    return [Problem("picture", NOT_TEXT, "stem")] if told else []


def _lines_of(table: _Table) -> Iterator[TextLine]:
    """A table without a heading as lines, one a cell; rows of numbers with keys below stay rows."""
    for row in table.rows:
        filled = [cell for cell in row if cell.lines]
        if not filled:
            continue
        first = filled[0].lines[0]
        joined = "\t".join(" ".join(cell.text.split()) for cell in filled)
        if key_lists.NUMBERS.match(joined) or key_lists.KEYS.match(joined):
            yield TextLine(first.number, joined, any(line.picture for cell in filled for line in cell.lines))
            continue
        lines = [line for cell in filled for line in cell.lines]
        if len(filled) > 1 and NUMBER_ALONE.fullmatch(filled[0].text):
            # The number of a question has a cell of its own.
            stem = lines[1]
            lines[:2] = [
                TextLine(first.number, f"{filled[0].text.rstrip(POINTS)}. {stem.text}", stem.picture)
            ]
        yield from lines


# The document as lines -----------------------------------------------------------------------------------


def _blocks(archive: zipfile.ZipFile) -> Iterator[TextLine | _Table]:
    """Lines and tables of the body in order."""
    styles = _small_part(archive, STYLES)
    reader = _Reader(_Numbers(_small_part(archive, NUMBERING), styles), Runs(styles))
    depth, table = 0, _Table()
    with archive.open(DOCUMENT) as part:
        for event, element in ET.iterparse(part, events=("start", "end")):  # noqa: S314  no document type inside
            if element.tag == f"{W}tbl":
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    table = _Table()
                elif event == "end" and depth == 0:
                    yield table
                    element.clear()
            elif event == "end" and element.tag == f"{W}tr" and depth == 1:
                table.rows.append(tuple(reader.cells(element)))
                element.clear()
            elif event == "end" and element.tag == f"{W}p" and depth == 0:
                yield from reader.lines(element)
                element.clear()


def _small_part(archive: zipfile.ZipFile, name: str) -> Element | None:
    if name not in archive.namelist() or archive.getinfo(name).file_size > MOST_SMALL_PART:
        return None
    with archive.open(name) as part:
        return ET.parse(part).getroot()  # noqa: S314  no document type inside


@dataclass(slots=True)
class _Reader:
    """Paragraphs as lines, counted through the document."""

    numbers: _Numbers
    runs: Runs
    count: int = 0

    def cells(self, row: Element) -> Iterator[_Cell]:
        """The cells of a row; one that spans several columns is followed by empty ones."""
        for cell in _cells_of(row):
            found = [line for p in cell.iter(f"{W}p") for line in self.lines(p) if line.text or line.picture]
            yield _Cell(tuple(found))
            properties = cell.find(f"{W}tcPr")
            span = _value(properties, "gridSpan") if properties is not None else ""
            for _further in range(1, min(int(span), MOST_COLUMNS) if span.isdecimal() else 1):
                yield _Cell()

    def lines(self, paragraph: Element) -> Iterator[TextLine]:
        """The lines of a paragraph, its number in front of the first one."""
        pieces: list[Piece] = []
        picture = self._collect(paragraph, pieces)
        if not picture and not any(piece.text.strip() for piece in pieces):
            self.count += 1
            yield TextLine(self.count, "")
            return
        pieces.insert(0, Piece(self.numbers.label(paragraph)))
        for index, line in enumerate(with_stress(pieces)):
            self.count += 1
            yield TextLine(self.count, line, picture and index == 0)

    def _collect(self, element: Element, pieces: list[Piece]) -> bool:
        """Add the visible text below an element; whether something that is no text is among it."""
        no_text = False
        for child in element:
            tag = child.tag
            if tag in PASSED_OVER:
                continue
            if tag == f"{W}r":
                inside: list[Piece] = []
                no_text |= self._collect(child, inside)
                pieces += self.runs.pieces(child, inside)
            elif tag == f"{W}t":
                pieces.append(Piece(child.text or ""))
            elif tag in MEANT:
                pieces.append(Piece(MEANT[tag]))
            elif tag == f"{W}sym":
                sign = sign_of(child.get(f"{W}font", ""), child.get(f"{W}char", ""))
                pieces.append(Piece(sign))
                no_text |= not sign
            elif tag in NO_TEXT or (isinstance(tag, str) and tag.startswith(MATH)):
                no_text = True
            else:
                no_text |= self._collect(child, pieces)
        return no_text


def _cells_of(row: Element) -> Iterator[Element]:
    """The cells of a row itself, also those that a form field wraps; never those of a table inside a cell."""
    for child in row:
        if child.tag == f"{W}tc":
            yield child
        elif child.tag in {f"{W}sdt", f"{W}sdtContent"}:
            yield from _cells_of(child)


@dataclass(slots=True)
class _Level:
    """A level of a list: how its number is written, as «%1.» and a kind of numeral, and where it starts."""

    kind: str
    pattern: str
    start: int


class _Numbers:
    """The automatic numbers of paragraphs, which stand in no text: counted as Word counts them."""

    def __init__(self, numbering: Element | None, styles: Element | None) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._styles: dict[str, tuple[str, int]] = {}
        if numbering is not None:
            self._read_numbering(numbering)
        if styles is not None:
            for style in styles.iter(f"{W}style"):
                found = _list_of(style.find(f"{W}pPr"))
                if found and found[0]:
                    self._styles[style.get(f"{W}styleId", "")] = (found[0], found[1] or 0)

    def _read_numbering(self, numbering: Element) -> None:
        patterns: dict[str, dict[int, _Level]] = {}
        for abstract in numbering.iter(f"{W}abstractNum"):
            patterns[abstract.get(f"{W}abstractNumId", "")] = {
                int(level.get(f"{W}ilvl", "0")): _level(level) for level in abstract.iter(f"{W}lvl")
            }
        for number in numbering.iter(f"{W}num"):
            name = number.get(f"{W}numId", "")
            abstract_id = _value(number, "abstractNumId")
            levels = dict(patterns.get(abstract_id, {}))
            overridden = False
            for override in number.iter(f"{W}lvlOverride"):
                index = int(override.get(f"{W}ilvl", "0"))
                own, start = override.find(f"{W}lvl"), _value(override, "startOverride")
                if own is not None:
                    levels[index] = _level(own)
                if start.isdecimal() and index in levels:
                    levels[index] = _Level(levels[index].kind, levels[index].pattern, int(start))
                    overridden = True
            self._levels[name] = levels
            # Lists of one kind go on counting; one that starts anew has counts of its own.
            self._abstract[name] = f"{name}!" if overridden else abstract_id

    def label(self, paragraph: Element) -> str:
        """What Word prints in front of the paragraph: «1. », «A. », or nothing."""
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return ""
        name, index = _list_of(properties) or ("", None)
        styled = self._styles.get(_value(properties, "pStyle"), ("", 0))
        name, index = name or styled[0], styled[1] if index is None else index
        levels = self._levels.get(name, {})
        level = levels.get(index)
        if name == "0" or level is None or level.kind in {"bullet", "none"}:
            return ""
        counts = self._counts.setdefault(self._abstract[name], {})
        counts[index] = counts.get(index, level.start - 1) + 1
        for deeper in [other for other in counts if other > index]:
            del counts[deeper]
        return _pattern(level, levels, counts)


def _pattern(level: _Level, levels: dict[int, _Level], counts: dict[int, int]) -> str:
    def numeral(found: re.Match[str]) -> str:
        index = int(found[1]) - 1
        shown = levels.get(index, level)
        return _numeral(counts.get(index, shown.start), shown.kind)

    text = PLACE_OF_LEVEL.sub(numeral, level.pattern)
    return f"{text} " if text else ""


def _list_of(properties: Element | None) -> tuple[str, int | None] | None:
    found = properties.find(f"{W}numPr") if properties is not None else None
    if found is None:
        return None
    level = _value(found, "ilvl")
    return _value(found, "numId"), min(int(level), DEEPEST_LEVEL) if level.isdecimal() else None


def _level(level: Element) -> _Level:
    start = _value(level, "start")
    return _Level(
        _value(level, "numFmt") or "decimal",
        _value(level, "lvlText"),
        int(start) if start.isdecimal() and len(start) < 6 else 1,
    )


def _value(element: Element, name: str) -> str:
    found = element.find(f"{W}{name}")
    return found.get(f"{W}val", "") if found is not None else ""


def _numeral(number: int, kind: str) -> str:
    if kind in {"upperLetter", "lowerLetter"} and 1 <= number <= 26:
        return chr((64 if kind == "upperLetter" else 96) + number)
    if kind in {"upperRoman", "lowerRoman"} and 1 <= number < 40:
        text, left = "", number
        for value, letters in ROMAN:
            while left >= value:
                text, left = text + letters, left - value
        return text if kind == "upperRoman" else text.lower()
    if ("hinese" in kind or "ideograph" in kind or "japanese" in kind) and 1 <= number < 10_000:
        return chinese_number(number)
    return str(number)


# Writing -------------------------------------------------------------------------------------------------


def write(items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]:
    """A document of plain paragraphs, one a line; each item is read back."""
    document = word.Document()
    normal = document.styles["Normal"]
    assert normal.type == WD_STYLE_TYPE.PARAGRAPH
    normal.font.name = "Times New Roman"
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    # python-docx looks for the section's properties before each paragraph that it adds: they come last here.
    body = document.element.body
    section = body.sectPr
    body.remove(section)
    losses = []
    for number, item in enumerate(items, start=1):
        lines = list(item_lines(item, number, laws))
        if not is_carried(item, lines, laws):
            losses.append(lost(item.code, "有的内容在 Word 文档中无法原样表示，重新导入时会有出入，请核对。"))
        for line in (*"\n".join(lines).split("\n"), ""):
            body.append(_written(line))
    body.append(section)
    buffer = io.BytesIO()
    document.save(buffer)
    out.write(buffer.getvalue())
    return losses


def _written(line: str) -> Any:
    """A paragraph with the line, without characters that XML cannot hold."""
    paragraph = OxmlElement("w:p")
    if line:
        paragraph.add_r().text = _UNPRINTABLE.sub("", line)
    return paragraph


_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
