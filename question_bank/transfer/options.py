"""Options as people mark them: «A.», «A、», «（A）», on lines, in one line, in one cell. Pure."""

from __future__ import annotations

import re

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

POINTS = {"．": ".", "：": ":", "，": ",", "）": ")"}
"""Full-width forms of what stands behind an option's letter."""
MARK = r"(?:[（(【\[]\s{{0,4}})?{letter}\s{{0,4}}(?:[)）】\]](?:\s{{0,4}}[.．、:：,，])?|[.．、:：,，])"
"""Spaces within are few: a search for them must not run over each run of spaces again and again."""


def split_options(text: str, first: int = 0) -> tuple[str, list[str]]:
    """What stands before the options of a running text, and the options: «A.… B.…».

    `first` is the index of the letter with which they must begin. No options where fewer than two follow one
    another, unless the text begins with the first one, nor where nothing stands between two letters («A、B两人»).
    """
    starts: list[tuple[int, int]] = []
    position, point = 0, ""
    for letter in ALPHABET[first:]:
        found = next((mark for mark in mark_of(letter).finditer(text, position) if _fits(mark, point)), None)
        if found is None:
            break
        starts.append(found.span())
        position, point = found.end(), POINTS.get(found[0][-1], found[0][-1])
    if not starts or (len(starts) < 2 and text[: starts[0][0]].strip()):
        return text, []
    ends = [start for start, _end in starts[1:]] + [len(text)]
    options = [text[after:end].strip() for (_start, after), end in zip(starts, ends, strict=True)]
    return (text[: starts[0][0]].strip(), options) if all(options[:-1]) else (text, [])


def _fits(mark: re.Match[str], point: str) -> bool:
    """Whether a letter is marked as the one before, or set apart by a space: «A. 甲  B、乙», but not «A. 甲和B、丙»."""
    own = POINTS.get(mark[0][-1], mark[0][-1])
    return not point or own == point or mark.start() == 0 or mark.string[mark.start() - 1].isspace()


_MARKS: dict[str, re.Pattern[str]] = {}


def mark_of(letter: str) -> re.Pattern[str]:
    """The option's letter as people mark it: A. A、 A． (A) （A）, also small or full-width."""
    if letter not in _MARKS:
        wide = chr(ord(letter) + 0xFEE0)
        kinds = f"[{letter}{wide}{letter.lower()}{wide.lower()}]"
        _MARKS[letter] = re.compile(r"(?<![A-Za-z0-9Ａ-Ｚａ-ｚ《“])" + MARK.format(letter=kinds))
    return _MARKS[letter]
