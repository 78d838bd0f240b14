"""The uploaded rows again, with columns for what became of them and why: to be put right and brought in again."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from core.documents.sheets import as_text, sheet_name
from question_bank.transfer.models import Outcome
from question_bank.transfer.rows import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST_CELL = 32_767
RESULT, PROBLEMS = "导入结果", "导入问题"
"""Headings that no reader takes for a field of a question."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """An item as it stood in the file, with its outcome and what was said of it.

    The cells of an item of several rows follow one another, as many a row as there are headings.
    """

    sheet: str
    heading: Sequence[str]
    cells: Sequence[str]
    label: str
    outcome: Outcome
    messages: Sequence[str]


def error_sheet(rows: Iterable[SheetRow], *, taken: bool) -> bytes:
    """An xlsx file with the sheets and headings of the rows; `taken`: whether the accepted ones were imported."""
    import xlsxwriter

    words = {
        Outcome.ACCEPTED: "已导入" if taken else "没有问题",
        Outcome.REJECTED: "未导入",
        Outcome.DUPLICATE: "重复，未导入",
    }
    buffer = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        bold = book.add_format({"bold": True, "bottom": 1})
        bad = book.add_format(
            {"num_format": "@", "text_wrap": True, "valign": "top", "font_color": "#a4262c"}
        )
        used: set[str] = set()
        for (name, heading), group in groupby(rows, key=lambda row: (row.sheet, tuple(row.heading))):
            sheet = book.add_worksheet(_unused(sheet_name(name or "题库"), used))
            width = len(heading)
            for column, title in enumerate((*heading, "位置", RESULT, PROBLEMS)):
                sheet.write_string(0, column, as_text(title), bold)
            sheet.set_column(0, width, 60 if heading == ORIGINAL else 18)
            sheet.set_column(width + 2, width + 2, 60)
            sheet.freeze_panes(1, 0)
            number = 1
            for row in group:
                sheet.write_string(number, width, row.label, text)
                sheet.write_string(number, width + 1, words[row.outcome], text)
                sheet.write_string(number, width + 2, "\n".join(row.messages)[:LONGEST_CELL], bad)
                for place, value in enumerate(row.cells):
                    if value:
                        below, column = divmod(place, width)
                        sheet.write_string(number + below, column, as_text(value)[:LONGEST_CELL], text)
                number += max(1, -(-len(row.cells) // width))
    return buffer.getvalue()


def _unused(name: str, used: set[str]) -> str:
    """The name, or with a number where a sheet has it; names differ in more than their case."""
    number, free = 1, name
    while free.casefold() in used:
        number += 1
        free = f"{name[:27]} {number}"
    used.add(free.casefold())
    return free
