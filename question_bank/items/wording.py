"""The text of questions as it is compared: normal forms, and when two questions ask the same. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from question_bank.items.rules import ItemDraft

BLANK = "____"
"""A blank in the stem of a 填空题."""

_PUNCTUATION = str.maketrans(
    {
        "。": ".",
        "、": ",",
        **dict.fromkeys("“”„「」『』〝〞", '"'),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("《〈", "<"),
        **dict.fromkeys("》〉", ">"),
        **dict.fromkeys("【〔〖", "["),
        **dict.fromkeys("】〕〗", "]"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("•‧∙⋅・", "·"),
    }
)
BETWEEN_FIGURES = re.compile(r"([.:/-])")
_AT_THE_END = ".,;:!?"


class _Seen(dict[int, int | None]):
    """For `str.translate`: characters that nobody sees go, such as zero-width spaces and marks of direction."""

    def __missing__(self, code: int) -> int | None:
        unseen = unicodedata.category(chr(code)) == "Cf" or code in _UNSEEN
        self[code] = None if unseen else code
        return self[code]


_UNSEEN = frozenset(
    (0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
)
"""Fillers, and choices between the shapes of a character: unseen, though Unicode does not count them as format."""
_SEEN = _Seen()


def normalised_text(text: str, *, unseen_counts: bool = False) -> str:
    """A typed answer as it is compared with the accepted ones.

    Without characters that nobody sees, NFKC (full-width forms become plain), lower case, no spaces, Chinese
    punctuation as its Western counterpart, no mark at the end. Figures in Chinese and in Arabic numerals stay
    different: whoever writes the question lists both. `unseen_counts` compares as was done before the unseen
    was left out, for results that were marked so.
    """
    if not unseen_counts:
        text = text.translate(_SEEN)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    closed = "".join(folded.translate(_PUNCTUATION).split())
    # An accent that stood on a space stands on the letter before it now.
    return unicodedata.normalize("NFKC", closed).rstrip(_AT_THE_END)


def comparable(text: str) -> str:
    """The text as duplicates are compared: NFKC, lower case, without punctuation and spaces.

    What gives a figure its meaning stays: 1.5 is not 15, 5% is not 5, ≥ is not ≤.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    pieces = BETWEEN_FIGURES.split(folded)
    for place in range(1, len(pieces), 2):
        if not (pieces[place - 1][-1:].isdigit() and pieces[place + 1][:1].isdigit()):
            pieces[place] = ""
    for place in range(0, len(pieces), 2):
        pieces[place] = pieces[place].translate(_MEANING)
    return unicodedata.normalize("NFKC", "".join(pieces))


def as_read(text: str) -> str:
    """A text as options are told apart: what differs in case, sign or punctuation is another answer.

    «-1» is not «1», «App.test.js» not «AppTest.js»; spaces, a full stop at the end and the width of letters and
    figures say nothing.
    """
    return "".join(text.split()).translate(_WIDTH).removesuffix("。")


_WIDTH = {code + 0xFEE0: code for code in range(ord("0"), ord("z") + 1) if chr(code).isalnum()}


class _Meaning(dict[int, int | None]):
    """For `str.translate`: characters that say nothing go, looked up once each: a bank is compared by the million."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        says = unicodedata.category(character)[0] not in "PZC" or character in "%‰"
        self[code] = code if says else None
        return self[code]


_MEANING = _Meaning()


def fingerprint(draft: ItemDraft) -> str:
    """SHA-256 in hex of what a question asks: equal for two items that differ in layout or option order only.

    Of a 填空题 the stem with the places of its blanks counts, of a 案例分析 the material with its questions in
    their order.
    """
    stem = BLANK.join(comparable(piece) for piece in draft.stem.split(BLANK))
    options = sorted(comparable(text) for _, text in draft.options)
    parts = [stem, *options, *(fingerprint(question) for question in draft.questions)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
