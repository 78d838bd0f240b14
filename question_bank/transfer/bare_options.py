"""Options in cells, and options whose letters no mark follows: «A 警告», «A警告», written out as «A. 警告». Pure.

A letter at the start of a line can also begin a sentence («A公司起诉»). Such lines count as options only where
they follow one another from A on, and where the same question has no options with marks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from question_bank.transfer.keys import truth
from question_bank.transfer.options import ALPHABET, mark_of, split_options
from question_bank.transfer.spelling import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MARKED = re.compile(r"(?:[（(【]\s*+)?[AＡ]\s*+(?:[)）】]|[.．、:：])")
NUMBERED = re.compile(r"(?:第\s*+\d++\s*+题|[0-9]{1,5}\s*+[.．、)）]|[（(【\[]\s*+[0-9]{1,5}\s*+[)）】\]])")
DIRECT = r"(?=[一-鿿《“\"（(0-9])"
BARE = tuple(f"[{letter}{chr(ord(letter) + 0xFEE0)}](?:(?=\\s+\\S)|{DIRECT})" for letter in ALPHABET[:8])
FIRST_ON_LINE = tuple(re.compile(rf"\s*+{letter}") for letter in BARE)
FURTHER_ON_LINE = tuple(re.compile(rf"(?<=\s){letter}") for letter in BARE)
SURE = 3
"""So many letters in a row are options even where nothing stands between the letter and its text."""
SEPARATORS = (re.compile("\n"), re.compile("[|｜]"))
CLOSERS = "|｜;；"
CLOSING = [{mark} for mark in CLOSERS]
"""What stands behind each option but the last where all stand in one cell."""
WITHIN = 12
"""How many lines on a question's own options with marks are looked for."""


def with_marks(lines: Sequence[str]) -> list[str]:
    """The lines with a point behind each bare letter of an option; as many as before."""
    written = list(lines)
    position = 0
    while position < len(lines):
        run = _run(lines, position) if lines[position].lstrip()[:1] in {"A", "Ａ"} else []
        if run and not _has_marked(lines, run[-1][0] + 1):
            for index, places in run:
                written[index] = _marked(lines[index], places)
            position = run[-1][0]
        position += 1
    return written


def _run(lines: Sequence[str], start: int) -> list[tuple[int, list[int]]]:
    """The lines of options from one on, with the places behind their letters; [] when these are no options."""
    run: list[tuple[int, list[int]]] = []
    letters, spaced = 0, True
    texts: list[str] = []
    for index in range(start, len(lines)):
        if not lines[index].strip():
            continue
        places = list(_places(lines[index], letters))
        if not places:
            break
        run.append((index, places))
        letters += len(places)
        spaced = spaced and lines[index][places[0] : places[0] + 1].isspace()
        texts.append(lines[index][places[0] :].strip())
    if letters < 2:
        return []
    sure = letters >= SURE or spaced or [truth(text) for text in texts] in ([True, False], [False, True])
    return run if sure else []


def _places(line: str, first: int) -> Iterator[int]:
    """The places behind the letters of a line, which must begin with the letter of that index."""
    if first >= len(BARE):
        return
    found = FIRST_ON_LINE[first].match(line)
    while found:
        yield found.end()
        first += 1
        if first == len(BARE):
            return
        found = FURTHER_ON_LINE[first].search(line, found.end())


def _has_marked(lines: Sequence[str], start: int) -> bool:
    """Whether options with marks follow before the next question."""
    for line in lines[start : start + WITHIN]:
        text = line.lstrip()
        if NUMBERED.match(text):
            return False
        if MARKED.match(text):
            return True
    return False


def _marked(line: str, places: Sequence[int]) -> str:
    for place in reversed(places):
        line = f"{line[:place]}. {line[place:].lstrip() if place == places[-1] else line[place:]}"
    return line


def read_options(cells: Sequence[str]) -> list[str]:
    """The options' texts: cells of their own, or all in the first one; letters in front are taken away."""
    texts = [tidy(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) == 1:
        return _options_of_one(texts[0])
    marks = [mark_of(ALPHABET[index]).match(text) for index, text in enumerate(texts)]
    if texts and all(mark for mark, text in zip(marks, texts, strict=True) if text):
        return [text[mark.end() :].strip() if mark else text for mark, text in zip(marks, texts, strict=True)]
    return texts


def _options_of_one(text: str) -> list[str]:
    """The options that all stand in one text: behind their letters, on lines, or between |."""
    before, found = split_options("\n".join(with_marks(text.splitlines())))
    if len(found) > 1 and not before:
        closers = {option[-1:] for option in found[:-1]}
        return [option.rstrip(CLOSERS) for option in found] if closers in CLOSING else found
    for separator in SEPARATORS:
        pieces = [piece.strip() for piece in separator.split(text) if piece.strip()]
        if len(pieces) > 1:
            return pieces
    return [text]
