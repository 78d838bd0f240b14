"""Sheets without a heading: what stands in their columns, told by the columns' contents alone. Pure.

A column of keys and a column of stems must stand out, with the options between them or behind; where anything
else could be meant, nothing is inferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from question_bank.transfer.keys import plain_letters, truth
from question_bank.transfer.options import ALPHABET
from question_bank.transfer.rules import is_undecided, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FEWEST_CELLS = 2
"""A row with less is a title above the table."""
MOSTLY = 0.9
SHORTEST_STEM, SHORTEST_EXPLANATION = 6, 8
KEYS = frozenset(ALPHABET[:8])
LONGEST_KEY = 16


@dataclass(frozen=True, slots=True)
class Inferred:
    """The titles that the columns would have, "" for one that is not read, and the first row of the table."""

    titles: list[str]
    first: int


def inferred(rows: Sequence[Sequence[str]]) -> Inferred | None:
    """The heading that rows without one would have; None where their columns do not tell."""
    first = next((n for n, row in enumerate(rows) if sum(map(bool, row)) > FEWEST_CELLS - 1), None)
    if first is None:
        return None
    body = [row for row in rows[first:] if sum(map(bool, row)) >= FEWEST_CELLS]
    columns = [[row[n].strip() if n < len(row) else "" for row in body] for n in range(max(map(len, body)))]
    kinds = _only(columns, _is_type)
    key = _key_column([n for n in _only(columns, _is_key) if n not in kinds], columns)
    running = [n for n in _only(columns, str.isdecimal) if n != key]
    texts = [n for n, column in enumerate(columns) if n not in {key, *kinds, *running} and any(column)]
    stem = next((n for n in texts if _length(columns[n]) >= SHORTEST_STEM), None)
    if key is None or stem is None or len(kinds) > 1:
        return None
    # Options stand between the stem and the key; else they follow.
    between = list(range(stem + 1, key)) if stem < key else []
    options = between or [n for n in texts if n > max(stem, key)]
    named = {stem: "题干", key: "答案", **dict.fromkeys(kinds, "题型")}
    behind = [n for n in texts if between and n > key]
    if behind and _length(columns[behind[0]]) >= SHORTEST_EXPLANATION:
        named[behind[0]] = "解析"
    if len(options) == 1:
        named[options[0]] = "选项"
    elif len(options) <= len(KEYS):
        named |= {column: f"选项{letter}" for letter, column in zip(ALPHABET, options, strict=False)}
    else:
        return None
    if not _fits(columns[key], [columns[n] for n in options]):
        return None
    return Inferred([named.get(n, "") for n in range(len(columns))], first)


def _only(columns: Sequence[Sequence[str]], is_one: Callable[[str], bool]) -> list[int]:
    """The columns of which nearly every cell is of a kind."""
    return [n for n, column in enumerate(columns) if sum(map(is_one, column)) >= MOSTLY * len(column)]


def _is_type(text: str) -> bool:
    return bool(text) and (type_of(text) is not None or is_undecided(text))


def _is_key(text: str) -> bool:
    letters = plain_letters(text) if len(text) <= LONGEST_KEY else ""
    return (bool(letters) and set(letters) <= KEYS) or truth(text[:LONGEST_KEY]) is not None


def _key_column(candidates: Sequence[int], columns: Sequence[Sequence[str]]) -> int | None:
    """The column of keys; columns of the options 正确 and 错误 say the same in every row."""
    if len(candidates) > 1:
        candidates = [n for n in candidates if len(set(columns[n])) > 1]
    return candidates[0] if len(candidates) == 1 else None


def _length(column: Sequence[str]) -> float:
    filled = [len(text) for text in column if text]
    return sum(filled) / len(filled) if filled else 0


def _fits(keys: Sequence[str], options: Sequence[Sequence[str]]) -> bool:
    """Whether the keys name options that are there; with options in one cell or in the stem that is seen later."""
    if len(options) < 2:
        return True
    for row, key in enumerate(keys):
        count = sum(bool(column[row]) for column in options)
        if count and any(ALPHABET.index(letter) >= count for letter in plain_letters(key) if letter in KEYS):
            return False
    return True
