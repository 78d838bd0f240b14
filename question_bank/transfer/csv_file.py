"""CSV: a sheet as text, between commas, semicolons or tabs, in UTF-8, UTF-16 with its mark, or GB 18030. Read only.

A sheet that is handed out is .xlsx: an office program takes cells of a CSV file for formulas.
"""

from __future__ import annotations

import csv
import io
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from core.documents.sheets import FORMULA_STARTS
from core.documents.workbooks import MOST_COLUMNS
from core.errors import Invalid
from question_bank.transfer.spelling import tidy
from question_bank.transfer.tables import (
    HEADING_WITHIN,
    Line,
    find_table,
    no_heading,
    read_heading,
    read_lines,
    refuse_double,
)
from question_bank.transfer.text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from question_bank.transfer.laws import LawBook
    from question_bank.transfer.rows import ReadRow

DELIMITERS = ",\t;，；|"
LONGEST_CELL = 100_000


def looks_like(head: str) -> bool:
    """Whether a text begins with the heading of a sheet: the stem, the key and more in one line."""
    lines = [line for line in head.splitlines() if line.strip()][:HEADING_WITHIN]
    return any(_heads(line, mark) for line in lines for mark in DELIMITERS if line.count(mark) > 1)


def read(stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]:
    """The items of the rows under the heading. Raises `Invalid` for what is no text or has no heading."""
    text = decoded(stream.read())
    lines = text.count("\n") + 1
    csv.field_size_limit(LONGEST_CELL)
    try:
        rows = _rows(text)
        heading, below, remarks = find_table(rows, lambda row: row[1], "文件")
        if heading is None:
            raise no_heading()
        refuse_double(heading, "文件")
        yield from remarks
        yield from read_lines(
            (
                Line(f"第 {number} 行", number, cells, share=min(1.0, number / lines))
                for number, cells in below
            ),
            heading,
            laws,
        )
    except csv.Error as error:
        message = f"CSV 不完整：有的引号没有成对，或有一格超过 {LONGEST_CELL} 个字。请用表格软件打开后另存为 .xlsx，再上传。"
        raise Invalid.one("csv", message, "file") from error


def _rows(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each row with the number of its first line."""
    source = io.StringIO(text, newline="")
    first = source.readline()
    if first.lower().startswith("sep="):
        first = source.readline()
    # Strict: else one quotation mark too many swallows the rows up to the next one.
    reader = csv.reader(chain([first], source), delimiter=_delimiter(text[:4096]), strict=True)
    number = 1
    for row in reader:
        if len(row) > MOST_COLUMNS and any(cell.strip() for cell in row[MOST_COLUMNS:]):
            message = f"第 {number} 行超过 {MOST_COLUMNS} 列，请只保留模板中的列，并核对引号是否成对。"
            raise Invalid.one("too_many_columns", message, "file")
        yield number, tuple(_cell(cell) for cell in row[:MOST_COLUMNS])
        number = reader.line_num + 1


def _delimiter(head: str) -> str:
    """The mark that stands most often in the first lines: a heading names several columns."""
    lines = [line for line in head.splitlines() if line.strip()][:HEADING_WITHIN]
    for line in lines:
        for mark in DELIMITERS:
            if _heads(line, mark):
                return mark
    return ","


def _heads(line: str, mark: str) -> bool:
    return read_heading([cell.strip().strip('"') for cell in line.split(mark)]).usable


def _cell(text: str) -> str:
    plain = tidy(text)
    return plain[1:] if plain[:1] == "'" and plain[1:].startswith(FORMULA_STARTS) else plain
