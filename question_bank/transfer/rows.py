"""What readers hand over and writers take: the frame into which a file format is fitted. Pure.

A format is one file of this room with a reader, a writer, or both, and one line in `formats.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from core.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from question_bank.items.rules import ItemDraft
    from question_bank.transfer.laws import LawBook


ORIGINAL = ("原文",)
"""The heading of rows that hold a question as it stood in a file without columns."""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One item as it stands in a file.

    `label` names it as the user sees it («第 12 行»), `number` is that row or line. `draft` is None when it
    could not be understood; `problems` say why, or what else is wrong; `warnings` keep nothing out. `cells`
    are what stood there, under the headings `heading` of the sheet `sheet`: the error sheet gives them back;
    an item of several rows has the cells of all of them, as many a row as there are headings.
    `share` tells how much of the file has been read by now, from 0 to 1.
    """

    label: str
    number: int
    draft: ItemDraft | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    code: str = ""
    reserved: bool = False
    sheet: str = ""
    heading: tuple[str, ...] = ORIGINAL
    cells: tuple[str, ...] = ()
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class StoredRow:
    """An item as it leaves the bank: its code, its newest version as a draft, whether it is kept for sessions."""

    code: str
    draft: ItemDraft
    reserved: bool = False


class Reader(Protocol):
    """Reads a file that can seek and is bounded in size; yields its items in order as it goes.

    A `Problem` between them is a remark on the file as a whole and keeps nothing out. Raises `Invalid` when
    the file cannot be read at all, also in the middle of it.
    """

    def __call__(self, stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]: ...


class Writer(Protocol):
    """Writes items and returns what the format could not carry, one problem an item, `where` its code."""

    def __call__(self, items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]: ...


def lost(code: str, what: str) -> Problem:
    """What a format could not carry of an item."""
    return Problem("lost", f"试题 {code}：{what}", code)
