"""Options in the cells of a sheet, one a cell or all in one: their letters and marks taken off, all or none. Pure.

What is taken off is a letter (A、 A. （A）), a number (1. ①) or a sign (□ ○) that every filled cell begins with,
each with its own. Where only some begin so, nothing is taken off and that is told. A mark that some options
carry and others do not (√ ☑ *, «（正确答案）») names the key.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import Problem
from question_bank.transfer.bare_options import with_marks
from question_bank.transfer.keys import plain_letters
from question_bank.transfer.options import ALPHABET, split_options
from question_bank.transfer.spelling import folded, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK = re.compile(
    r"(?<![A-Za-z0-9Ａ-Ｚａ-ｚ《“])[（(【\[]?[ 　]{0,2}([A-Za-zＡ-Ｚａ-ｚ])[ 　]{0,2}"
    r"(?:[)）】\]][ 　]{0,2}[.．、:：,，]?|[.．、:：,，])"
)
SPACED = re.compile(r"([A-ZＡ-Ｚ])[ 　\t]")
GLUED = re.compile(r"([A-ZＡ-Ｚ])(?=[一-鿿《“])")
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
NUMBER = re.compile(r"[（(]?(\d{1,2})(?:[)）][.、]?|[.．、](?!\d))")
EMPTY_SIGNS, FULL_SIGNS = "□○☐◯", "☑■●◉√✓✔"
BEFORE_SIGN = re.compile(f"(?=[{EMPTY_SIGNS}{FULL_SIGNS}])")
CLOSERS = "|｜;；,，、"
SPACES = (" ", "　", "\t", "\n")
FREE = (*SPACES, *CLOSERS)
STRONG = tuple(map(re.compile, ("\n", r"[|｜]", r"[;；]", r"\t", r"@@++|\$\$++|##++")))
WEAK = tuple(map(re.compile, (r"[$#]", r"[ 　]{2,}+", r"[/／]", r"[ 　]", r"、", r"[,，]")))
RIGHT_WORDS = re.compile(
    r"[（(【\[][ 　]{0,2}(?:正确答案|正确选项|正确|答案|√|✓|✔|right|correct)[ 　]{0,2}[)）】\]]",
    re.IGNORECASE,
)
RIGHT_SIGNS = "√✓✔☑★*＊"
WRONG_SIGNS = "×✗✘❌✕"
KEY_AT_END = re.compile(
    r"[（(【]?(?:正确|参考|标准|本题)?答案[】]?[ 　]{0,3}[:：是为][ 　]{0,3}"
    r"([A-Ha-hＡ-Ｈ](?:[ 、,，]{0,2}[A-Ha-hＡ-Ｈ]){0,7})[ 　]{0,3}[)）】]?[。.]?$"
)
UNUSED = re.compile(r"[|｜;；\n][ 　]{0,3}([A-ZＡ-Ｚ])$")
DANGLING = re.compile(r"[ 　]([A-ZＡ-Ｚ])$")
NOTHING = frozenset({"/", "／", "\\", "-", "—", "——", "--", "---", "n/a", "null", "none", "nan"})
"""What people and programs put into a cell that has no option."""
LONGEST_LITERAL = 10_000
GLUED_FROM = 3
"""So many cells that begin with their letters bear them as marks, even where nothing stands between."""
LAST = 8


@dataclass(slots=True)
class CellOptions:
    """The options' texts in the letters' order. `key` are the letters of those that are marked as right; `marks`
    are what the cells begin with instead of letters: «number» or «circled»."""

    texts: list[str] = field(default_factory=list)
    key: str = ""
    marks: str = ""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def refuse(self, message: str) -> None:
        self.problems.append(Problem("options", message, "options"))

    def warn(self, code: str, message: str) -> None:
        self.warnings.append(Problem(code, message, "options"))


def read_cells(cells: Sequence[str]) -> CellOptions:
    """The options that stand in these cells."""
    found = CellOptions()
    texts = [tidy(cell) for cell in cells]
    if all(text.casefold() in NOTHING for text in texts if text):
        return found
    while len(texts) > 2 and texts[-1].casefold() in {"", *NOTHING} and all(map(_is_worded, texts[:2])):
        texts.pop()
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) == 1:
        found.texts = _in_one(texts[0], found)
    elif texts:
        found.texts = _in_several(texts, found)
    while found.texts and not found.texts[-1]:
        found.texts.pop()
    _take_key(found)
    _take_signs(found)
    return found


def translated_key(answer: str, found: CellOptions) -> str:
    """A key by numbers («②», «1,3») as letters, where the options are numbered so; any other key as it is."""
    if not found.marks or tidy(answer) in found.texts:
        return answer
    bare = re.sub(r"[\s、,，;；和]", "", answer)
    if found.marks == "circled":
        numbers = [CIRCLED.find(sign) for sign in bare]
    elif len(found.texts) < 10 and bare.isascii() and bare.isdecimal():
        numbers = [int(figure) - 1 for figure in bare]
    else:
        return answer
    if not numbers or not all(0 <= number < len(found.texts) for number in numbers):
        return answer
    return "".join(ALPHABET[number] for number in numbers)


def _is_worded(text: str) -> bool:
    """Whether a text is more than a sign: beside «+» a «-» is an option."""
    return len(text) > 1 or text.isalnum()


# One option a cell ----------------------------------------------------------------------------------------


def _in_several(texts: list[str], found: CellOptions) -> list[str]:
    filled = [(index, text) for index, text in enumerate(texts) if text]
    for take, marks in ((_lettered, ""), (_numbered, "number"), (_circled, "circled")):
        own = {index: take(index, text) for index, text in filled}
        if None not in own.values():
            found.marks = marks
            return [own.get(index) or "" for index in range(len(texts))]
    joined = [text for _index, text in filled]
    if any(len(_letters(text)) > 1 for text in joined):
        together = _lettered_text("\n".join(joined), CellOptions())
        if together is not None and len(together) > len(joined):
            return together
    _tell_letters(filled, found)
    return _unglued(texts, found)


def _lettered(index: int, text: str) -> str | None:
    """The text of a cell without its own letter; "" for a letter alone, None where it does not begin with it."""
    mark = MARK.match(text) or SPACED.match(text)
    if mark and _plain(mark[1]) == ALPHABET[index]:
        return text[mark.end() :].strip()
    return "" if _plain(text) == ALPHABET[index] else None


def _numbered(index: int, text: str) -> str | None:
    mark = NUMBER.match(text)
    return text[mark.end() :].strip() if mark and int(mark[1]) == index + 1 else None


def _circled(index: int, text: str) -> str | None:
    return text[1:].lstrip("、.． 　") if text[0] == CIRCLED[index : index + 1] else None


def _plain(letter: str) -> str:
    return folded(letter).upper()


def _letters(text: str) -> list[str]:
    return [_plain(mark[1]) for mark in MARK.finditer(text)]


def _tell_letters(filled: list[tuple[int, str]], found: CellOptions) -> None:
    """Say where cells begin with letters that are not theirs, or only some with their own."""
    marks = {index: _plain(mark[1]) for index, text in filled if (mark := MARK.match(text))}
    others = [index for index, letter in marks.items() if letter != ALPHABET[index] and letter < "I"]
    if len(marks) == len(filled) and others:
        where = ALPHABET[others[0]]
        found.refuse(
            f"选项{where}一格里写的是选项{marks[others[0]]}，不知道答案按哪一个算，请核对选项的次序。"
        )
    elif any(_lettered(index, text) is not None for index, text in filled):
        found.warn("option_letters", "有的选项以自己的字母开头，有的没有，字母按原样保留，请核对。")


def _unglued(texts: list[str], found: CellOptions) -> list[str]:
    """The texts without letters that stand directly before them: «A半年», «B一年»; «A公司», «B公司» stay."""
    marks = [GLUED.match(text) for text in texts]
    if len(texts) < GLUED_FROM or not all(
        mark and _plain(mark[1]) == ALPHABET[index] for index, mark in enumerate(marks)
    ):
        return texts
    bare = [text[1:] for text in texts]
    if len({text[0] for text in bare}) < len(bare):
        return texts
    found.warn("option_letters", "各选项开头的字母（如“A”）已经去掉，请核对。")
    return bare


# All options in one cell ----------------------------------------------------------------------------------


def _in_one(text: str, found: CellOptions) -> list[str]:
    ending = KEY_AT_END.search(text)
    if ending:
        found.key, text = plain_letters(ending[1]), text[: ending.start()].rstrip()
        if not text:
            return []
    listed = _literal(text)
    if listed is not None:
        return _in_several(listed, found) if len(listed) > 1 else listed
    lettered = _lettered_text("\n".join(with_marks(text.splitlines())), found)
    if lettered is not None:
        return lettered
    for start, mark, name in ((CIRCLED[0], _circled_text, "circled"), ("", _numbered_text, "number")):
        pieces = mark(text) if text.startswith(start) else []
        if len(pieces) > 1:
            found.marks = name
            return pieces
    if text[0] in EMPTY_SIGNS + FULL_SIGNS:
        pieces = [piece.strip() for piece in BEFORE_SIGN.split(text) if piece.strip()]
        if len(pieces) > 1:
            return [piece.rstrip(CLOSERS) for piece in pieces]
    return _between(text, found)


def _literal(text: str) -> list[str] | None:
    """The texts of a list or of an object by letters, written out as programs do: ["半年", "一年"]."""
    if text[:1] + text[-1:] not in {"[]", "{}"} or len(text) > LONGEST_LITERAL:
        return None
    value: object = None
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
            break
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    if isinstance(value, dict) and [str(key) for key in value] == list(ALPHABET[: len(value)]):
        value = list(value.values())
    if isinstance(value, list) and value and all(isinstance(each, (str, int, float)) for each in value):
        return [tidy(str(each)) for each in value]
    return None


def _lettered_text(text: str, found: CellOptions) -> list[str] | None:
    """The options of a text that begins with the mark of A; None when it does not."""
    marks = list(MARK.finditer(text))
    if not marks or marks[0].start() or _plain(marks[0][1]) not in ALPHABET[:LAST]:
        return None
    strict = [mark for mark in marks if _stands_free(text, mark)]
    letters = [_plain(mark[1]) for mark in strict]
    before, in_order = split_options(text)
    count = len(in_order) if not before else 0
    # «A.见附件B、C B.乙»: one that stands free within another's text was not taken for the mark it is.
    within = any(
        mark.start() and _stands_free(piece, mark) and _plain(mark[1]) in letters
        for piece in in_order
        for mark in MARK.finditer(piece)
    )
    if count >= max(2, len(strict)) and set(letters) <= set(ALPHABET[:count]) and not within:
        return _closed(in_order, found)
    if len(letters) > 1 and sorted(letters) == list(ALPHABET[: len(letters)]):
        ends = [mark.start() for mark in strict[1:]] + [len(text)]
        pieces = [text[mark.end() : end].strip() for mark, end in zip(strict, ends, strict=True)]
        return [piece for _letter, piece in sorted(zip(letters, _closed(pieces, found), strict=True))]
    if len(marks) > 1:
        found.refuse("选项字母应从 A 起连续排列，各用一次，请核对这一格。")
    return [text]


def _stands_free(text: str, mark: re.Match[str]) -> bool:
    """Whether a mark stands at the beginning, or behind a space or a mark between options."""
    before = text[max(0, mark.start() - 1) : mark.start(1)].rstrip("（(【[")
    return not mark.start() or before[-1:] in SPACES or before[:1] in FREE


def _closed(pieces: list[str], found: CellOptions) -> list[str]:
    """The options without what stands between them, and without a last letter that has no text."""
    last = pieces[-1]
    unused = UNUSED.search(last)
    if unused and _plain(unused[1]) == ALPHABET[len(pieces) : len(pieces) + 1]:
        pieces = [*pieces[:-1], last[: unused.start()].rstrip()]
    elif (dangling := DANGLING.search(last)) and _plain(dangling[1]) == ALPHABET[
        len(pieces) : len(pieces) + 1
    ]:
        found.warn("option_letters", f"最后一个选项以字母“{dangling[1]}”结尾，请核对是否多余。")
    closers = {piece[-1:] for piece in pieces[:-1] if piece}
    if len(closers) == 1 and closers <= set(CLOSERS):
        return [piece.rstrip(CLOSERS).rstrip() for piece in pieces]
    return pieces


def _circled_text(text: str) -> list[str]:
    return _by_marks(text, [text.find(sign) for sign in CIRCLED], 1)


def _numbered_text(text: str) -> list[str]:
    """The options of «1.甲 2.乙 3.丙»: each number at the beginning, or behind a space or a mark."""
    starts: list[tuple[int, int]] = []
    for mark in NUMBER.finditer(text):
        free = not mark.start() or text[mark.start() - 1] in FREE
        if free and int(mark[1]) == len(starts) + 1:
            starts.append(mark.span())
    if not starts or starts[0][0]:
        return []
    ends = [start for start, _end in starts[1:]] + [len(text)]
    return [
        text[after:end].strip().rstrip(CLOSERS) for (_start, after), end in zip(starts, ends, strict=True)
    ]


def _by_marks(text: str, places: list[int], width: int) -> list[str]:
    """The pieces of a text between places that follow one another from its beginning."""
    starts = places[: places.index(-1)] if -1 in places else places
    if not starts or starts != sorted(starts):
        return []
    ends = [*starts[1:], len(text)]
    return [
        text[start + width : end].strip(" 　\n、.．").rstrip(CLOSERS)
        for start, end in zip(starts, ends, strict=True)
    ]


def _between(text: str, found: CellOptions) -> list[str]:
    """The options between marks that nothing else explains; weaker marks are told."""
    for separator in (*STRONG, *WEAK):
        pieces = [piece.strip() for piece in separator.split(text) if piece.strip()]
        if len(pieces) > 1:
            if separator in WEAK:
                found.warn(
                    "options_split",
                    f"选项写在一格里，没有字母，已按标点或空格拆成 {len(pieces)} 个，请核对。",
                )
            return pieces
    return [text]


# Marks of the key -----------------------------------------------------------------------------------------


def _take_key(found: CellOptions) -> None:
    """A key that is glued to the last option: «D、四年答案：B»."""
    ending = KEY_AT_END.search(found.texts[-1]) if found.texts and not found.key else None
    if ending and ending.start():
        found.key = plain_letters(ending[1])
        found.texts[-1] = found.texts[-1][: ending.start()].rstrip()
    if found.key:
        found.warn("key_in_options", f"答案“{found.key}”写在选项里，已经取出，请核对。")


def _take_signs(found: CellOptions) -> None:
    """The signs before or behind the options: those that only some bear name the key."""
    if len(found.texts) < 2 or any(text.strip(WRONG_SIGNS) == "" for text in found.texts):
        return
    if all(text[:1] in EMPTY_SIGNS + FULL_SIGNS and len(text) > 1 for text in found.texts if text):
        right = [text[:1] in FULL_SIGNS for text in found.texts]
        bare = [text[1:].strip() for text in found.texts]
    else:
        plain = [_without_sign(text) for text in found.texts]
        right = [sign for _text, sign in plain]
        bare = [text for text, _sign in plain]
    if all(right) or (not any(right) and bare == found.texts) or not all(bare):
        return
    found.texts = bare
    letters = "".join(letter for letter, sign in zip(ALPHABET, right, strict=False) if sign)
    if not letters:
        return
    if found.key and found.key != letters:
        found.problems.append(
            Problem(
                "key_conflict", f"选项里写的答案“{found.key}”与标记的选项“{letters}”不同，请核对。", "answer"
            )
        )
        return
    found.key = letters
    found.warn("key_in_options", f"按选项上的标记认作答案“{letters}”，请核对。")


def _without_sign(text: str) -> tuple[str, bool]:
    """An option without the sign that marks it as right, and whether it bears one."""
    worded = RIGHT_WORDS.sub("", text)
    if worded != text:
        return worded.strip(), True
    bare = text.strip(RIGHT_SIGNS + " 　")
    return (bare, True) if bare != text.strip() and bare else (text, False)
