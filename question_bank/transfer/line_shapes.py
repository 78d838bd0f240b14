"""What a line of running text looks like: a number, a heading of a section, the start of a case, a title. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from question_bank.statutes.rules import arabic_number
from question_bank.transfer import key_lists
from question_bank.transfer.fields import KEY_LINE, LABEL, label_of
from question_bank.transfer.keys import SIGNS
from question_bank.transfer.options import split_options
from question_bank.transfer.rules import is_undecided, type_of
from question_bank.transfer.spelling import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPE = r"(?:单项?选?(?:择)?题?|多项?选?(?:择)?题?|不定项?选?(?:择)?题?|判断(?:正误)?题?|是非题|填空题?|简答题?|问答题?|论述题?|选择题)"
_FIGURE = "[0-9０-９]"
_HAN = "[一二三四五六七八九十]"
LOOSE = frozenset({"tab", "space", "point", "comma", "glued", "circled"})
"""Ways to number that a line can also have by chance: they count only where the number goes on from the one before."""
STYLES = ("of", "dot", "round", "square", "han", "bare")
NUMBERED = re.compile(
    rf"(?:第\s*+(?P<of>{_FIGURE}{{1,5}}|[一二三四五六七八九十百]{{1,9}})\s*+题\s*+[:：、.．]?+"
    rf"|(?:题目?|试题|[QqＱ])\s*+(?P<named>{_FIGURE}{{1,5}})\s*+[:：、.．]"
    rf"|(?P<dot>{_FIGURE}{{1,5}})\s*+(?:[.．:：](?!{_FIGURE})|[、)）。])"
    rf"|[（(]\s*+(?P<round>{_FIGURE}{{1,5}})\s*+[)）]"
    rf"|[【\[]\s*+(?P<square>{_FIGURE}{{1,5}})\s*+[】\]]"
    rf"|(?P<han>{_HAN}{{1,3}})\s*+[、.．]"
    rf"|(?P<bare>{_FIGURE}{{1,5}})[ 　]++(?=[【\[（(]\s*+{_TYPE}\s*+[】\]）)]))\s*+"
)
LOOSELY_NUMBERED = re.compile(
    rf"(?P<figure>{_FIGURE}{{1,4}})(?:(?P<tab>\t\s*+)|(?P<space>[ 　\xa0]\s*+)|(?P<point>[.．](?={_FIGURE}))|(?P<comma>[,，](?!{_FIGURE})\s*+)"
    rf"|(?P<glued>(?=[《“【（(\u4e00-\u9fff])(?![年月日天个条款项次人名元万亿岁分秒倍级类种章节届周小时])))"
    r"|(?P<circled>[①-⑳])\s*+"
)
KEY_IN_FRONT = re.compile(
    rf"[（(【\[]\s*+(?P<key>[A-HＡ-Ｈ](?:[\s、,，]*+[A-HＡ-Ｈ])*+|[{SIGNS}]|正确|错误|对|错|[TF])?+\s*+[)）】\]]\s*+"
    rf"(?={_FIGURE}{{1,5}}\s*+(?:[.．:：](?!{_FIGURE})|[、)）]))"
)
"""The place for the key in front of the number: «（B）1. …»."""
SECTION = re.compile(
    rf"(?:第{_HAN}{{1,3}}部分\s*+(?:[:：、]\s*+)?+|[（(]?{_HAN}{{1,3}}[)）]?\s*+[、.．]\s*+|[IVX]{{1,5}}[.．、]\s*+)?+"
    r"(?P<word>[^\s:：（(，。,、【】\[\]]{2,10}?题?)\s*+(?:[（(【].*|[:：,，].*|共.*|每.*)?$"
)
LONGEST_SECTION = 80
TYPE_ALONE = re.compile(rf"[【\[（(]\s*+({_TYPE})\s*+[】\]）)]\s*+[:：]?+")
"""A mark of the type on a line of its own: «【判断题】»."""
CASE_START = re.compile(
    rf"(?:[【\[]?\s*+(?:案例|材料)\s*+(?:{_HAN}{{1,9}}|[0-9]{{1,3}})?+\s*+(?:[】\]]\s*+[:：]?|[:：、.．]|$)"
    rf"|[（(]\s*+{_HAN}{{1,3}}\s*+[)）])\s*+"
)
TITLE = re.compile(
    r"(?:第[一二三四五六七八九十百零〇0-9]{1,5}[章节编篇部](?:分)?(?:\s|　|[:：、.．]|$).{0,40}"
    rf"|{_HAN}{{1,3}}\s*+[、.．]\s*+[^，,。；;？?！!（）()]{{1,30}}"
    rf"|[（(]\s*+{_HAN}{{1,3}}\s*+[)）]\s*+[^，,。；;？?！!（）()]{{1,30}}"
    r"|[【［\[][^】］\]]{1,40}[】］\]]|《[^《》]{1,40}》)\s*+$"
)
CHAPTER = re.compile(
    r"第\s*+(?P<number>[0-9０-９]{1,3}|[一二三四五六七八九十百]{1,5})\s*+(?P<kind>[章节编篇讲课套卷]|单元|部分)"
    r"(?:\s*+[^，,。；;？?！!（）()]{0,40}+)?$"
)
INLINE_TYPE = re.compile(
    rf"^[【\[（(]\s*+({_TYPE})\s*+[】\]）)]\s*+|[【\[（(]\s*+({_TYPE})\s*+[】\]）)](?=[。.：:？?]?\s*+$)"
)
TYPE_IN_FRONT = re.compile(rf"[【\[（(]\s*+({_TYPE})\s*+[】\]）)]\s*+(?=\S)")
TYPE_INSIDE = re.compile(rf"[【\[]\s*+{_TYPE}\s*+[】\]]|^\s*+[（(]\s*+{_TYPE}\s*+[)）]", re.MULTILINE)
"""A mark of a type where none belongs: another question began there."""
BRACKET = re.compile(
    rf"[（(][A-HＡ-ＨTF、,\s{SIGNS}对错正确误]{{0,40}}[)）]|_{{2}}|＿{{2}}|【\s*+[A-HＡ-Ｈ]{{1,8}}+\s*+】|[{SIGNS}]$"
)
HEAD = re.compile(
    rf"(?:[{SIGNS}*＊○●◯□■☐]\s*+)?+(?:[（(【]\s*+)?+[AＡ]\s*+(?:[)）】]|[.．、:：])|[○●◯◎□■☐☑]|①"
)
LATER_OPTION = re.compile(r"[（(]?[B-HＢ-Ｈ]\s*+[)）.．、]")
SEPARATOR = re.compile(r"[^\w()（）【】\[\]]+")
"""A line of nothing but signs: dashes, stars, equals signs."""
INSTRUCTION = re.compile(r"[打画涂填][^，,。]{0,6}[√✓✔×✗AB]|^请|以下各题|下列各题|每[小]?题")
"""What tells how to answer the questions of a section, and is none itself."""
ORNAMENT = re.compile(r"[★☆◆◇▲△※▶►•#>]++\s*+")
"""What stands before a number or a label and says nothing."""
LOOKED_AHEAD = 40


@dataclass(frozen=True, slots=True)
class Number:
    """How a line is numbered: in which style, with which number, and where the text behind it begins."""

    style: str
    figure: int
    end: int


def plain_lines(lines: Sequence[str]) -> list[str]:
    """Lines without what nobody sees, trimmed; a line of nothing but signs says nothing."""
    return [_plain(line) for line in lines]


def _plain(line: str) -> str:
    text = visible(line).strip()
    if SEPARATOR.fullmatch(text) and not any(sign in text for sign in SIGNS):
        return ""
    ornament = ORNAMENT.match(text)
    if ornament and (LABEL.match(text[ornament.end() :]) or number_of(text[ornament.end() :])):
        return text[ornament.end() :]
    return text


def number_of(text: str) -> Number | None:
    """The number of a line that can hardly be anything else."""
    found = NUMBERED.match(text)
    if found is None:
        return None
    style = next((name for name in STYLES if found[name]), "of")
    return Number(style, _figure(found[style] or found["named"]), found.end())


def loose_number_of(text: str) -> Number | None:
    """The number of a line that may be one: «1⇥…», «1 …», «1，…», «1…», «①…»."""
    found = LOOSELY_NUMBERED.match(text)
    if found is None:
        return None
    if found["circled"]:
        return Number("circled", int(unicodedata.numeric(found["circled"])), found.end())
    style = next(name for name in ("tab", "space", "point", "comma", "glued") if found[name] is not None)
    return Number(style, int(found["figure"]), found.end())


def _figure(words: str) -> int:
    return int(words) if words.isdecimal() else arabic_number(words) or 0


def section_type(text: str) -> str | None:
    """The type that a heading names, such as 「一、单项选择题（每题 2 分）」; None for any other line."""
    alone = TYPE_ALONE.fullmatch(text)
    if alone:
        return alone[1]
    found = SECTION.fullmatch(text) if len(text) < LONGEST_SECTION and not LABEL.match(text) else None
    if found and (type_of(found["word"]) or (is_undecided(found["word"]) and found["word"].endswith("题"))):
        return found["word"]
    return None


def chapter_of(text: str) -> str:
    """The chapter that a title names, «3章» for 「第三章 听证」; "" for any other line."""
    found = CHAPTER.match(text)
    return f"{_figure(found['number'])}{found['kind']}" if found else ""


def is_title(texts: Sequence[str], index: int) -> bool:
    """Whether a line is the title of a chapter: it looks like one, and a numbered line follows or another title."""
    if not TITLE.match(texts[index]) or LABEL.match(texts[index]):
        return False
    following = next((text for text in texts[index + 1 : index + 6] if text), "")
    return bool(number_of(following) or TITLE.match(following) or section_type(following) is not None)


def asks(texts: Sequence[str], index: int, style: str = "", beyond: int = 0) -> bool:
    """Whether options, a key or a bracket come before the next number of this style, "" for one of any style.

    A line with the number `beyond` in one of the loose styles is a next one too.
    """
    for offset, text in enumerate(texts[index : index + LOOKED_AHEAD]):
        numbered = number_of(text)
        if offset and numbered and (not style or style in LOOSE or numbered.style == style):
            return False
        loose = loose_number_of(text) if offset and style in LOOSE else None
        if loose and loose.style == style and loose.figure == beyond:
            return False
        if offset and (section_type(text) is not None or key_lists.HEADING.match(text)):
            return is_key(text)
        if HEAD.match(text) or BRACKET.search(text) or is_key(text):
            return True
        if offset == 0 and numbered and split_options(text[numbered.end :])[1]:
            return True
    return False


def is_key(text: str) -> bool:
    """Whether a line gives a key behind its label."""
    label = LABEL.search(text)
    return KEY_LINE.match(text) is not None or (label is not None and label_of(label) == "answer")
