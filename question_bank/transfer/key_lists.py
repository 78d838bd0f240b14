"""Keys that stand together behind the questions: «参考答案 1-5 ABCDA 6.B», also one list a section. Pure.

A number may name a question in each section. So a list speaks of the questions since the list before it, and
where a number still names two questions none gets the key.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from core.errors import Problem
from question_bank.statutes.rules import arabic_number
from question_bank.transfer.fields import LABEL, Open
from question_bank.transfer.keys import truth
from question_bank.transfer.rules import Raw, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TYPES = r"(?:(?:单项?|多项?|不定项?)选?(?:择)?题?|判断题?|填空题?|简答题?|选择题)"
HEADING = re.compile(
    r"\s*(?:[一二三四五六七八九十附]+\s*[、.．:：]\s*)?(?:[（(【\[]\s*)?"
    rf"(?P<type>{_TYPES})?(?:试题|试卷|题目|题库|习题|本卷|全卷)?(?:参考|标准|正确)?答[ 　]?案"
    r"(?:及|与|和)?(?:试题)?(?:解析|详解)?(?:部分|如下)?\s*[)）】\]]?\s*[:：]?\s*(?P<rest>.*)$"
)
RANGE = re.compile(r"(\d{1,5})\s*[-—–~～至到]+\s*(\d{1,5})\s*[.．、:：)]?\s*")
ENTRY = re.compile(
    r"(?:第\s*)?(\d{1,5})\s*(?:题|[.．、:：)）])?\s*[:：]?\s*"
    r"(?:[【\[]?答案[】\]]?[:：]?\s*)?"
    r"([A-Ha-hＡ-Ｈａ-ｈ](?:[\s、,，]?[A-Ha-hＡ-Ｈａ-ｈ])*(?![A-Za-z])|[√×✓✔✗✘]|(?:正确|错误|对|错)(?![\u4e00-\u9fff]))"
)
NUMBER = re.compile(r"\s*(?:第\s*)?(\d{1,5}|[一二三四五六七八九十百]+)\s*(?:题|[.．、:：)）])\s*[:：]?\s*")
FIRST_NUMBER = re.compile(r"(?:第\s*)?\d{1,5}\s*(?:题|[.．、:：)）]|[-—–~～至到]+\s*\d)")
FIRST_KEY = re.compile(r"[A-Ha-hＡ-Ｈａ-ｈ√×✓✔✗✘对错正]")
NUMBERS = re.compile(r"(?:题[ 　]?号|序[ 　]?号)[\s:：|]*(\d{1,5}(?:[\s|]+\d{1,5})*)$")
KEYS = re.compile(r"答[ 　]?案[\s:：|]*(.+)$")
WORDS = re.compile(r"[\s、,，;；.。|]+")
KEY_WORD = re.compile(r"[A-H√×✓✔✗✘对错TF]+")


class Numbered(Protocol):
    """A question as a list names it."""

    number: int
    of_case: bool
    conflict: bool

    @property
    def raw(self) -> Raw: ...


@dataclass(slots=True)
class KeyList:
    """A list of keys. It speaks of the questions from `first` to before `end`; `section` is what it is reading."""

    first: int
    end: int
    section: str = ""
    keys: dict[tuple[str, int], Raw] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    _last: Raw | None = None
    _columns: list[int] = field(default_factory=list)

    def take(self, text: str) -> list[Problem]:
        """A line: numbers in columns, ranges, entries, or more about the question named last; remarks on it."""
        columns = NUMBERS.match(text)
        if columns:
            self._columns = [int(number) for number in re.findall(r"\d+", columns[1])]
            return []
        if self._columns and (row := KEYS.match(text)):
            numbers, self._columns = self._columns, []
            return self._take_words(numbers, row[1])
        taken, remarks = self._take_ranges(text)
        if taken or self._take_entries(text):
            return remarks
        numbered = NUMBER.match(text)
        if numbered:
            self._last = self._key(_figure(numbered[1]))
            rest = text[numbered.end() :]
            if LABEL.match(rest):
                Open(self._last, "explanation").take(rest)
            else:
                self._last.answer = rest
        elif self._last is not None:
            Open(self._last, "explanation").take(text)
        return []

    def _key(self, number: int) -> Raw:
        return self.keys.setdefault((self.section, number), Raw())

    def _take_ranges(self, text: str) -> tuple[bool, list[Problem]]:
        """«1-5 ABCDA 6-8 AB ACD BD 9.A»: each range up to the next number; single entries may follow."""
        position, remarks = 0, list[Problem]()
        while ranged := RANGE.match(text, position):
            following = re.compile(r"\d").search(text, ranged.end())
            position = following.start() if following else len(text)
            numbers = range(int(ranged[1]), int(ranged[2]) + 1)
            remarks += self._take_words(numbers, text[ranged.end() : position])
        if 0 < position < len(text):
            self._take_entries(text[position:])
        return position > 0, remarks

    def _take_words(self, numbers: Sequence[int], text: str) -> list[Problem]:
        """«ABCDA», «AB ACD BD», «√×√»: as many keys as numbers, else a remark and none of them."""
        words = [word for word in WORDS.split(unicodedata.normalize("NFKC", text).upper()) if word]
        fine = all(KEY_WORD.fullmatch(word) for word in words)
        letters = [letter for word in words for letter in word] if fine else []
        keys = next((found for found in (words, letters) if len(found) == len(numbers)), None)
        if keys is None:
            name = f"{numbers[0]}-{numbers[-1]}" if numbers else "?"
            message = f"答案列表“{name}”应有 {len(numbers)} 个答案，与后面写的个数不符，没有采用。"
            return [Problem("key_list", message)]
        for number, key in zip(numbers, keys, strict=True):
            self._key(number).answer = key
        return []

    def _take_entries(self, text: str) -> bool:
        """«1.A 2.BC 3.√», or one key with its explanation behind it."""
        entries = list(ENTRY.finditer(text))
        if not entries or text[: entries[0].start()].strip(" 　（("):
            return False
        for entry, following in zip(entries, [*entries[1:], None], strict=True):
            rest = text[entry.end() : following.start() if following else len(text)].strip(
                " 　;；，,。.\t)）（("
            )
            self._last = raw = self._key(int(entry[1]))
            raw.answer = entry[2]
            if following is not None and rest and not LABEL.match(rest):
                raw.explanation = text[entry.end() :].strip()
                break
            if LABEL.match(rest):
                Open(raw, "explanation").take(rest)
            elif rest:
                raw.explanation = rest
        return True

    def give(self, items: Sequence[Numbered]) -> list[Problem]:
        """Give the keys to the questions that they name; never where a number names two questions."""
        remarks = []
        for (section, number), key in self.keys.items():
            meant = _meant(items[self.first : self.end], number, section) or _meant(items, number, section)
            if len(meant) == 1:
                _give(meant[0], key)
                continue
            if not meant:
                self.missing.add(number)
            why = "在文件中没有这一题" if not meant else f"对应文件中的 {len(meant)} 道题，请按题型分列答案"
            remarks.append(Problem("key_list", f"答案列表中的第 {number} 题{why}，没有采用。"))
        return remarks


def opened_by(
    text: str, following: Sequence[str], type_word: Callable[[str], str | None]
) -> tuple[str, str] | None:
    """The section and the rest of a line that opens a list of keys, None for any other.

    `following` are the next lines that hold something; a heading alone opens a list only where keys follow.
    """
    if NUMBERS.match(text) and following and KEYS.match(following[0]):
        return "", text
    heading = HEADING.match(text)
    if heading is None:
        return None
    rest = heading["rest"].strip()
    if not rest:
        opens = any(_holds_keys(line) or type_word(line) is not None for line in following[:2])
    else:
        opens = _holds_keys(rest) and FIRST_NUMBER.match(rest) is not None
    return (heading["type"] or "", rest) if opens else None


def _holds_keys(text: str) -> bool:
    ranged = RANGE.match(text)
    if ranged:
        return FIRST_KEY.match(text, ranged.end()) is not None
    return ENTRY.match(text) is not None or NUMBERS.match(text) is not None


def _figure(words: str) -> int:
    return int(words) if words.isdecimal() else arabic_number(words) or 0


def _meant(items: Sequence[Numbered], number: int, section: str) -> list[Numbered]:
    meant = [item for item in items if item.number == number and not item.of_case]
    return [item for item in meant if _same_type(item.raw.type, section)] if section else meant


def _same_type(word: str, other: str) -> bool:
    return word == other or (type_of(word) is not None and type_of(word) is type_of(other))


def _give(item: Numbered, key: Raw) -> None:
    raw = item.raw
    if raw.answer and key.answer and _plain(raw.answer) != _plain(key.answer):
        item.conflict = True
        return
    raw.answer = raw.answer or key.answer
    raw.explanation = raw.explanation or key.explanation
    raw.laws = raw.laws or key.laws
    raw.difficulty = raw.difficulty or key.difficulty


def _plain(answer: str) -> str:
    verdict = truth(answer)
    folded = re.sub(r"[\s、,，]", "", unicodedata.normalize("NFKC", answer).upper())
    return folded if verdict is None else str(verdict)
