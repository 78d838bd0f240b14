"""What a line of running text looks like: a number, a heading of a section, the start of a case, a title. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from question_bank.statutes.rules import arabic_number
from question_bank.transfer import key_lists
from question_bank.transfer.fields import KEY_LINE, LABEL, label_of
from question_bank.transfer.options import split_options
from question_bank.transfer.rules import is_undecided, type_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPE = r"(?:单项?|多项?|不定项?)选?(?:择)?题?|判断题?|填空题?|简答题?"
STYLES = ("of", "dot", "round", "square", "han", "bare")
NUMBERED = re.compile(
    r"\s*(?:第\s*(?P<of>[0-9]{1,5}|[一二三四五六七八九十百]+)\s*题\s*[:：、.．]?"
    r"|(?P<dot>[0-9]{1,5})\s*(?:[.．](?![0-9])|[、)）])"
    r"|[（(]\s*(?P<round>[0-9]{1,5})\s*[)）]"
    r"|[【\[]\s*(?P<square>[0-9]{1,5})\s*[】\]]"
    r"|(?P<han>[一二三四五六七八九十]{1,3})\s*[、.．]"
    rf"|(?P<bare>[0-9]{{1,5}})[ 　]+(?=[【\[（(]\s*(?:{_TYPE})\s*[】\]）)]))\s*"
)
SECTION = re.compile(
    r"\s*(?:第[一二三四五六七八九十]+部分\s*[:：、]?\s*|[（(]?[一二三四五六七八九十]{1,3}[)）]?\s*[、.．]\s*|[IVX]+[.．、]\s*)?"
    r"(?P<word>[^\s:：（(，。,、]{2,10}?题?)\s*(?:[（(【].*|[:：,，].*|共.*|每.*)?$"
)
CASE_START = re.compile(
    r"\s*(?:[【\[]?\s*(?:案例|材料)\s*(?:[一二三四五六七八九十]+|[0-9]{1,3})?\s*(?:[】\]]\s*[:：]?|[:：、.．]|$)"
    r"|[（(]\s*[一二三四五六七八九十]{1,3}\s*[)）])\s*"
)
TITLE = re.compile(
    r"\s*(?:第[一二三四五六七八九十百零〇0-9]{1,5}[章节编篇部](?:分)?(?:\s|　|[:：、.．]|$).{0,40}"
    r"|[一二三四五六七八九十]{1,3}\s*[、.．]\s*[^，,。；;？?！!（）()]{1,30}"
    r"|[（(]\s*[一二三四五六七八九十]{1,3}\s*[)）]\s*[^，,。；;？?！!（）()]{1,30}"
    r"|[【［\[][^】］\]]{1,40}[】］\]]|《[^《》]{1,40}》)\s*$"
)
INLINE_TYPE = re.compile(rf"^[【\[（(]\s*({_TYPE})\s*[】\]）)]\s*|\s*[【\[（(]\s*({_TYPE})\s*[】\]）)]\s*$")
BRACKET = re.compile(
    r"[（(][\s　]*(?:[A-HＡ-Ｈ、,\s√×✓✔✗✘对错正确误]*)[)）]|_{2,}|＿{2,}|【\s*[A-HＡ-Ｈ]{1,8}\s*】|[√×✓✔✗✘]\s*$"
)
HEAD = re.compile(r"[（(【]?\s*[AＡ]\s*(?:[)）】]|[.．、:：])")
LATER_OPTION = re.compile(r"[（(]?[B-HＢ-Ｈ]\s*[)）.．、]")
LOOKED_AHEAD = 40


def number_of(found: re.Match[str]) -> tuple[str, int]:
    """The style in which a line is numbered, and its number."""
    style = next(name for name in STYLES if found[name])
    words = found[style]
    return style, int(words) if words.isdecimal() else arabic_number(words) or 0


def section_type(text: str) -> str | None:
    """The type that a heading names, such as 「一、单项选择题（每题 2 分）」; None for any other line."""
    found = SECTION.fullmatch(text) if len(text) < 80 and not LABEL.match(text) else None
    if found and (type_of(found["word"]) or (is_undecided(found["word"]) and found["word"].endswith("题"))):
        return found["word"]
    return None


def is_title(texts: Sequence[str], index: int) -> bool:
    """Whether a line is the title of a chapter: it looks like one, and a numbered line follows or another title."""
    if not TITLE.match(texts[index]) or LABEL.match(texts[index]):
        return False
    following = next((text for text in texts[index + 1 : index + 6] if text), "")
    return bool(NUMBERED.match(following) or TITLE.match(following) or section_type(following) is not None)


def asks(texts: Sequence[str], index: int, style: str = "") -> bool:
    """Whether options, a key or a bracket come before the next number of this style, "" for one of any style."""
    for offset, text in enumerate(texts[index : index + LOOKED_AHEAD]):
        numbered = NUMBERED.match(text)
        if offset and numbered and (not style or numbered[style]):
            return False
        if offset and (section_type(text) is not None or key_lists.HEADING.match(text)):
            return _is_key(text)
        if HEAD.match(text) or BRACKET.search(text) or _is_key(text):
            return True
        if offset == 0 and numbered and split_options(text[numbered.end() :])[1]:
            return True
    return False


def _is_key(text: str) -> bool:
    label = LABEL.search(text)
    return KEY_LINE.match(text) is not None or (label is not None and label_of(label) == "answer")
