"""Keys as people write them: letters, verdicts, brackets in the stem. Pure.

Nothing is guessed about a key: what cannot be read as one answer is None.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from question_bank.items.wording import comparable
from question_bank.transfer.options import ALPHABET, mark_of
from question_bank.transfer.spelling import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RIGHT_SIGNS = "√✓✔☑✅"
WRONG_SIGNS = "×✗✘╳❌☒✖✕"
SIGNS = RIGHT_SIGNS + WRONG_SIGNS
TRUE_WORDS = frozenset(
    [*RIGHT_SIGNS, "正确", "对", "是", "t", "true", "y", "yes", "对的", "正确的"],
)
FALSE_WORDS = frozenset(
    [
        *WRONG_SIGNS,
        "错误",
        "错",
        "否",
        "x",
        "f",
        "false",
        "n",
        "no",
        "不对",
        "不正确",
        "错的",
        "错误的",
        "误",
    ]
)

LETTERS_ONLY = re.compile(r"[A-Z]+")
KEY_IN_BRACKETS = re.compile(r"[(\[【]([^()\[\]【】]+)[)\]】]")
KEY_SEPARATORS = re.compile(r"[\s、,，;；/|.。．+＋和与及]+")
KEY_LEAD = re.compile(
    r"^(?:【?(?:正确|参考|标准)?答案】?|故?选(?:择)?)\s*+(?:(?:是|为)\s*+)?+(?:[:：]\s*+)?+"
)
BRACKET = re.compile(r"[（(【]([^（）()【】]{1,40})[)）】]")
EMPTY_BRACKET = re.compile(r"[（(【][\s_＿]*[)）】]|_{2}|＿{2}")
BEHIND_THE_STEM = " \u3000。.？?：:，,；;"
"""What may stand behind the place for the key at the end of a stem."""
WORDS_ALONE = frozenset(["TRUE", "FALSE", "YES", "NO"])
"""Words of letters that are verdicts, never letters of options."""
PIECES = re.compile(r"[\n;；|]+")
VERDICT_BEHIND = re.compile(r"(?<=[。．.！!？?；;])\s{0,9}(正确|错误|对|错|[TFtf])$")


@dataclass(frozen=True, slots=True)
class Bracketed:
    """A key that stands in a stem: its words, the stem with its place emptied, whether it is at the end or head."""

    key: str = ""
    emptied: str = ""
    at_edge: bool = False


NOTHING = Bracketed()


def stem_key(stem: str) -> Bracketed:
    """The letters in a bracket of the stem, «（AC）», where there is one such."""
    return _bracketed(stem, _few_letters)


def verdict_bracket(stem: str) -> Bracketed:
    """The verdict in a bracket of the stem, «（√）», or at its end, where there is one such."""
    found = _bracketed(stem, _verdict)
    if found.key or any(_verdict(bracket[1]) for bracket in BRACKET.finditer(stem)):
        return found
    bare = stem.rstrip()
    if bare[-1:] and bare[-1] in SIGNS:
        return Bracketed(bare[-1], bare[:-1].rstrip(), at_edge=True)
    behind = VERDICT_BEHIND.search(bare[-40:])
    if behind:
        return Bracketed(behind[1], bare[: -len(behind[0])], at_edge=True)
    return NOTHING


def _bracketed(stem: str, key_of: Callable[[str], str]) -> Bracketed:
    found = [(bracket, key) for bracket in BRACKET.finditer(stem) if (key := key_of(bracket[1]))]
    if len(found) != 1:
        return NOTHING
    bracket, key = found[0]
    before, behind = stem[: bracket.start()], stem[bracket.end() :]
    at_edge = not before.strip() or not behind.strip(BEHIND_THE_STEM)
    return Bracketed(key, f"{before}（　）{behind}", at_edge)


def _verdict(text: str) -> str:
    return text.strip() if truth(text) is not None else ""


def _few_letters(text: str) -> str:
    """The letters of a key, each once: «(Aaa) 级», «(B/b)» name things."""
    letters = plain_letters(text)
    return letters if set(letters) <= set(ALPHABET[:8]) and len(set(letters)) == len(letters) else ""


def plain_letters(text: str) -> str:
    """The letters of a key such as «A、C», «a c», «ＡＣ»; "" when the text is no such key."""
    joined = KEY_SEPARATORS.sub("", unicodedata.normalize("NFKC", text).upper())
    inside = KEY_IN_BRACKETS.fullmatch(joined)
    joined = inside[1] if inside else joined
    return joined if LETTERS_ONLY.fullmatch(joined) and joined not in WORDS_ALONE else ""


def key_letters(answer: str, options: Sequence[str]) -> str | None:
    """The letters of the key, which may be given as the options' texts; None when it cannot be read.

    A key that reads both as letters and as the text of another option is not decided here.
    """
    bare = KEY_LEAD.sub("", answer.strip())
    letters = plain_letters(bare)
    by_text = _letter_of(bare, options)
    if letters and by_text and by_text != letters:
        return None
    restated = _restated(bare, options)
    if letters and restated:
        return restated
    if letters or by_text:
        return letters or by_text
    named = [_letter_of(piece, options) or _marked(piece, options) for piece in _pieces(bare)]
    if not named or None in named:
        return None
    return "".join(letter for letter in named if letter)


def _pieces(text: str) -> list[str]:
    return [piece.strip() for piece in PIECES.split(text) if piece.strip()]


def _letter_of(text: str, options: Sequence[str]) -> str | None:
    """The letter of the one option with this text; None where there is none, or where there are two."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    for same in (lambda other: " ".join(unicodedata.normalize("NFKC", other).split()), comparable):
        wanted = same(plain)
        found = [
            letter
            for letter, option in zip(ALPHABET, options, strict=False)
            if wanted and same(option) == wanted
        ]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _restated(text: str, options: Sequence[str]) -> str | None:
    """The letter of «D、A和B» where «A和B», more than a letter, is the text of option D."""
    letter = _marked(text.rstrip(";；"), options)
    return letter if letter and len(comparable(options[ALPHABET.index(letter)])) > 1 else None


def _marked(piece: str, options: Sequence[str]) -> str | None:
    """The letter of «A.罚款» where that is the text of option A."""
    for letter, option in zip(ALPHABET, options, strict=False):
        found = mark_of(letter).match(piece)
        if found and option and comparable(piece[found.end() :]) == comparable(option) != "":
            return letter
    return None


def truth(text: str) -> bool | None:
    """Whether a text says 正确 or 错误, None when it says neither."""
    bare = folded(KEY_LEAD.sub("", text.strip())).strip("。.()（）[]【】")
    return True if bare in TRUE_WORDS else False if bare in FALSE_WORDS else None
