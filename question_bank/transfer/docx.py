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
from question_bank.transfer.lines import TextLine, read_text
from question_bank.transfer.rows import lost
from question_bank.transfer.tables import Line, find_heading, heading_remarks, read_lines
from question_bank.transfer.text import is_carried, item_lines

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterable, Iterator
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
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
PASSED_OVER = {f"{W}txbxContent", f"{W}del", f"{W}moveFrom", f"{W}instrText", FALLBACK}
PICTURES = {f"{W}drawing", f"{W}pict", f"{W}object"}
PLACE_OF_LEVEL = re.compile(r"%([1-9])")
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


@dataclass(slots=True)
class _Table:
    """A table: its rows as texts of cells. `line` is the number of the line before it."""

    line: int
    rows: list[tuple[str, ...]] = field(default_factory=list)


def _read_blocks(blocks: list[TextLine | _Table], laws: LawBook) -> Iterator[ReadRow | Problem]:
    text: list[TextLine] = []
    tables = 0
    for block in blocks:
        if isinstance(block, TextLine):
            text.append(block)
            continue
        rows = iter(enumerate(block.rows, start=1))
        heading, beyond = find_heading(rows, lambda row: row[1])
        if heading is None or heading.double:
            text += [TextLine(block.line, line) for line in _lines_of(block)]
            continue
        tables += 1
        name = f"第 {tables} 个表格"
        yield from heading_remarks(heading, name)
        lines = [
            Line(f"{name}第 {number} 行", number, row, share=0.5)
            for number, row in chain(beyond, rows)
            if any(cell.strip() for cell in row)
        ]
        yield from read_lines(lines, heading, laws, sheet=name)
    yield from read_text(text, laws)


def _lines_of(table: _Table) -> Iterator[str]:
    """A table without a heading as lines, one a cell; rows of numbers with keys below stay rows."""
    for row in table.rows:
        joined = "\t".join(" ".join(cell.split()) for cell in row if cell.strip())
        if key_lists.NUMBERS.match(joined) or key_lists.KEYS.match(joined):
            yield joined
        else:
            yield from (line for cell in row for line in cell.splitlines())


# The document as lines -----------------------------------------------------------------------------------


def _blocks(archive: zipfile.ZipFile) -> Iterator[TextLine | _Table]:
    """Lines and tables of the body in order."""
    numbers = _Numbers(_small_part(archive, NUMBERING), _small_part(archive, STYLES))
    line, depth, table = 0, 0, _Table(0)
    with archive.open(DOCUMENT) as part:
        for event, element in ET.iterparse(part, events=("start", "end")):  # noqa: S314  no document type inside
            if element.tag == f"{W}tbl":
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    table = _Table(line)
                elif event == "end" and depth == 0:
                    yield table
                    element.clear()
            elif event == "end" and element.tag == f"{W}tr" and depth == 1:
                table.rows.append(tuple(_cell(cell, numbers) for cell in element.iter(f"{W}tc")))
                element.clear()
            elif event == "end" and element.tag == f"{W}p" and depth == 0:
                for text, picture in _paragraph(element, numbers):
                    line += 1
                    yield TextLine(line, text, picture)
                element.clear()


def _small_part(archive: zipfile.ZipFile, name: str) -> Element | None:
    if name not in archive.namelist() or archive.getinfo(name).file_size > MOST_SMALL_PART:
        return None
    with archive.open(name) as part:
        return ET.parse(part).getroot()  # noqa: S314  no document type inside


def _cell(cell: Element, numbers: _Numbers) -> str:
    return "\n".join(text for p in cell.iter(f"{W}p") for text, _picture in _paragraph(p, numbers)).strip()


def _paragraph(paragraph: Element, numbers: _Numbers) -> Iterator[tuple[str, bool]]:
    """The lines of a paragraph, its number in front of the first; whether it holds what no text can."""
    pieces: list[str] = []
    picture = _collect(paragraph, pieces)
    text = "".join(pieces)
    if not text.strip() and not picture:
        yield "", False
        return
    lines = (numbers.label(paragraph) + text).split("\n")
    for index, line in enumerate(lines):
        yield line, picture and index == 0


def _collect(element: Element, pieces: list[str]) -> bool:
    """Add the visible text below an element; whether a picture or a formula is among it."""
    picture = False
    for child in element:
        tag = child.tag
        if tag in PASSED_OVER or tag == f"{W}pPr":
            continue
        if tag == f"{W}t":
            pieces.append(child.text or "")
        elif tag == f"{W}tab":
            pieces.append("\t")
        elif tag in {f"{W}br", f"{W}cr"}:
            pieces.append("\n")
        elif tag == f"{W}noBreakHyphen":
            pieces.append("-")
        elif tag in PICTURES or (isinstance(tag, str) and tag.startswith(MATH)):
            picture = True
        else:
            picture |= _collect(child, pieces)
    return picture


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
