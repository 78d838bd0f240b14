"""Keys as people write them: letters, verdicts, brackets in the stem. Pure.

Nothing is guessed about a key: what cannot be read as one answer is None.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from question_bank.items.wording import comparable
from question_bank.transfer.options import ALPHABET, mark_of
from question_bank.transfer.spelling import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

TRUE_WORDS = frozenset(["正确", "对", "是", "√", "✓", "✔", "☑", "t", "true", "y", "yes", "对的", "正确的"])
FALSE_WORDS = frozenset(
    [
        "错误",
        "错",
        "否",
        "×",
        "✗",
        "✘",
        "╳",
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
KEY_IN_BRACKETS = re.compile(r"[(\[【](.+)[)\]】]")
KEY_SEPARATORS = re.compile(r"[\s、,，;；/|.。．+＋和与及]+")
KEY_LEAD = re.compile(r"^(?:【?(?:正确|参考|标准)?答案】?|故?选(?:择)?)\s*(?:是|为)?\s*[:：]?\s*")
BRACKET = re.compile(r"[（(【]\s*([^（）()【】]{1,24}?)\s*[)）】]")
VERDICT_AT_END = re.compile(r"\s*([√×✓✔✗✘╳])\s*$")


def stem_key(stem: str) -> tuple[str, str]:
    """The stem with its bracket emptied, and the letters that stood in it: «（AC）», where there is one such."""
    found = [
        (bracket, letters)
        for bracket in BRACKET.finditer(stem)
        if (letters := plain_letters(bracket[1]))
        and set(letters) <= set(ALPHABET[:8])
        # «(Aaa) 级», «(B/b)» name things.
        and len(set(letters)) == len(letters)
    ]
    if len(found) != 1:
        return stem, ""
    bracket, letters = found[0]
    return stem[: bracket.start()] + "（　）" + stem[bracket.end() :], letters


def plain_letters(text: str) -> str:
    """The letters of a key such as «A、C», «a c», «ＡＣ»; "" when the text is no such key."""
    joined = KEY_SEPARATORS.sub("", unicodedata.normalize("NFKC", text).upper())
    inside = KEY_IN_BRACKETS.fullmatch(joined)
    joined = inside[1] if inside else joined
    return joined if LETTERS_ONLY.fullmatch(joined) else ""


def key_letters(answer: str, options: Sequence[str]) -> str | None:
    """The letters of the key, which may be given as the options' texts; None when it cannot be read.

    A key that reads both as letters and as the text of another option is not decided here.
    """
    bare = KEY_LEAD.sub("", answer.strip())
    letters = plain_letters(bare)
    texts = _letters_by_text(options)
    exact = {text.strip(): letter for letter, text in zip(ALPHABET, options, strict=False)}
    by_text = exact.get(bare) or (texts.get(comparable(bare)) if comparable(bare) else None)
    if letters and by_text and by_text != letters:
        return None
    if letters or by_text:
        return letters or by_text
    pieces = [piece for piece in re.split(r"[\n;；|]+", bare) if piece.strip()]
    named = [texts.get(comparable(piece)) or _marked(piece, texts) for piece in pieces]
    if not named or None in named:
        return None
    return "".join(letter for letter in named if letter)


def _letters_by_text(options: Sequence[str]) -> dict[str, str]:
    """The letter of each option by its comparable text, without those that are alike but for case, sign or marks."""
    alike = Counter(comparable(text) for text in options)
    pairs = ((comparable(text), letter) for letter, text in zip(ALPHABET, options, strict=False) if text)
    return {text: letter for text, letter in pairs if alike[text] == 1}


def _marked(piece: str, texts: dict[str, str]) -> str | None:
    """The letter of «A.罚款» where that is the text of option A."""
    for letter in texts.values():
        found = mark_of(letter).match(piece.strip())
        if found and texts.get(comparable(piece.strip()[found.end() :])) == letter:
            return letter
    return None


def truth(text: str) -> bool | None:
    """Whether a text says 正确 or 错误, None when it says neither."""
    bare = folded(KEY_LEAD.sub("", text.strip())).strip("。.()（）")
    return True if bare in TRUE_WORDS else False if bare in FALSE_WORDS else None


def verdict_bracket(stem: str) -> tuple[str, str]:
    """The stem with its bracket emptied, and the verdict that stood in it: «（√）», where there is one such."""
    found = [bracket for bracket in BRACKET.finditer(stem) if truth(bracket[1]) is not None]
    at_end = VERDICT_AT_END.search(stem)
    if not found and at_end:
        return stem[: at_end.start()], at_end[1]
    if len(found) != 1:
        return stem, ""
    bracket = found[0]
    return (stem[: bracket.start()] + "（　）" + stem[bracket.end() :]), bracket[1]
