"""The sheet of problems of a text, a JSON or an XML file, brought in again: each row holds a question as it stood
in that file, and is read as files of its kind are."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from core.documents.trees import root_name
from core.errors import Invalid, Problem
from question_bank.transfer import aiken, gift, json_file, moodle_xml, qti_one, qti_packages, text
from question_bank.transfer.line_shapes import NUMBERED
from question_bank.transfer.rows import ORIGINAL, ReadRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.documents.workbooks import CellRow
    from question_bank.transfer.laws import LawBook
    from question_bank.transfer.rows import Reader


AROUND = {"question": "quiz", "item": qti_one.ROOT}
"""What stands around the questions of an XML file, by the name of their element."""


def read_originals(rows: Iterable[CellRow], laws: LawBook, *, sheet: str) -> Iterator[ReadRow]:
    """The questions of the rows below the heading «原文»."""
    for row in rows:
        source = row.cells[0].strip() if row.cells else ""
        if source:
            for found in _questions(source, laws):
                yield replace(
                    found,
                    label=f"第 {row.number} 行",
                    number=row.number,
                    sheet=sheet,
                    heading=ORIGINAL,
                    cells=(source,),
                    share=row.share,
                )


def _questions(source: str, laws: LawBook) -> list[ReadRow]:
    reader, whole = _reader_of(source)
    try:
        found = list(reader(io.BytesIO(whole.encode()), laws))
    except Invalid as error:
        return [ReadRow("", 0, None, tuple(error.problems))]
    rows = [row for row in found if isinstance(row, ReadRow)]
    unread = tuple(told for told in found if isinstance(told, Problem))
    if not rows:
        return [
            ReadRow(
                "", 0, None, (Problem("original_unread", "看不懂这一格的原文，未导入，请核对。"), *unread)
            )
        ]
    return [replace(row, warnings=(*row.warnings, *unread)) for row in rows]


def _reader_of(source: str) -> tuple[Reader, str]:
    """The reader that a question's text speaks for, and the text as a file of that kind."""
    root = root_name(source)
    if root:
        around = AROUND.get(root)
        reader = moodle_xml.read if root == "question" else qti_packages.read
        return reader, f"<{around}>{source}</{around}>" if around else source
    if source.startswith("{"):
        return json_file.read, f"[{source}]"
    if gift.looks_like(source):
        return gift.read, source
    if aiken.looks_like(source):
        return aiken.read, source
    # A question of a section without numbers stands alone here.
    return text.read, source if NUMBERED.match(source) else f"1. {source}"
