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
from question_bank.transfer.keys import SIGNS, truth
from question_bank.transfer.rules import Raw, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_TYPES = r"(?:(?:单项?|多项?|不定项?)选?(?:择)?题?|判断题?|填空题?|简答题?|选择题)"
CHAPTER = r"第\s*+(?:[0-9０-９]{1,3}|[一二三四五六七八九十百]{1,5})\s*+(?:[章节编篇讲课套卷]|单元|部分)"
HEADING = re.compile(
    rf"(?:(?P<chapter>{CHAPTER})(?:\s*+[^\s，,。；;：:答]{{1,20}}(?=\s))?+\s*+)?+"
    r"(?:[一二三四五六七八九十附]{1,4}\s*+[、.．:：]\s*+)?+(?:[（(【\[]\s*+)?+"
    rf"(?P<type>{_TYPES})?+(?:试题|试卷|题目|题库|习题|练习|作业|自测题?|本卷|全卷)?+(?:参考|标准|正确)?答[ 　]?案"
    r"(?:及|与|和)?+(?:试题)?+(?:解析|详解)?+(?:部分|如下)?+\s*+(?:[)）】\]]\s*+)?+(?:[:：]\s*+)?+(?P<rest>.*)$"
)
RANGE = re.compile(r"(\d{1,5})\s*+[-—–~～至到]{1,5}+\s*+(\d{1,5})\s*+(?:[.．、:：)）]\s*+)?+")
_VERDICTS = rf"[{SIGNS}]|(?:正确|错误|对|错)(?![\u4e00-\u9fff])|(?:TRUE|FALSE|True|False|true|false|[TYNtyn])(?![A-Za-z])"
_ENTRY = (
    r"(?:[（(【\[]\s*+)?+(?:第\s*+)?+(?<!\d)(?P<number>\d{1,5})\s*+(?:(?:题|[.．、:：)）】\]])\s*+)?+(?:[:：]\s*+)?+"
    r"(?:[【\[]?答案[】\]]?[:：]?\s*+)?+(?:[（(【\[]\s*+)?+"
    rf"(?P<key>[A-Ha-hＡ-Ｈａ-ｈ](?:[\s、,，]?[A-Ha-hＡ-Ｈａ-ｈ])*(?![A-Za-z])|{_VERDICTS})"
)
ENTRY = re.compile(_ENTRY)
RANGE_OR_ENTRY = re.compile(
    rf"(?P<first>\d{{1,5}})\s*+[-—–~～至到]{{1,5}}+\s*+(?P<last>\d{{1,5}})\s*+(?:[.．、:：)）]\s*+)?+|{_ENTRY}"
)
NUMBER = re.compile(
    r"(?:第\s*+)?+(\d{1,5}|[一二三四五六七八九十百]{1,9})\s*+(?:题|[.．、:：)）])\s*+(?:[:：]\s*+)?+"
)
FIRST_NUMBER = re.compile(r"(?:第\s*+)?+\d{1,5}\s*+(?:题|[.．、:：)）]|[-—–~～至到]{1,5}+\s*+\d|[A-HＡ-Ｈ])")
FIRST_KEY = re.compile(rf"[A-Ha-hＡ-Ｈａ-ｈ{SIGNS}对错正TFYN]")
NUMBERS = re.compile(r"(?:题[ 　]?号|序[ 　]?号)[\s:：|]*+(\d{1,5}(?:[\s|]++\d{1,5})*+)$")
KEYS = re.compile(r"答[ 　]?案[\s:：|]*+(\S.*)$")
FIGURES = re.compile(r"\d+")
FIGURE = re.compile(r"\d")
WORDS = re.compile(r"[\s、,，;；.。|]+")
KEY_WORD = re.compile(rf"[A-H{SIGNS}对错TFYN]+|正确|错误|TRUE|FALSE")
BETWEEN_ENTRIES = " 　;；，,。.\t)）（(、[]【】"
BETWEEN_LETTERS = re.compile(r"[\s、,，]")
MOST_LINES_OF_ONE = 200
"""So many lines may explain one key."""


class Numbered(Protocol):
    """A question as a list names it."""

    number: int
    of_case: bool
    conflict: bool
    chapter: str

    @property
    def raw(self) -> Raw: ...


@dataclass(frozen=True, slots=True)
class Heading:
    """What a line that opens a list says: whose keys follow, "" where it does not say, and its first keys."""

    chapter: str
    type: str
    rest: str


class ByNumber:
    """Questions by their numbers, those of cases left out."""

    def __init__(self, items: Iterable[Numbered]) -> None:
        self._items: dict[int, list[Numbered]] = {}
        self._chapters = set[str]()
        for item in items:
            if not item.of_case:
                self._items.setdefault(item.number, []).append(item)
                self._chapters.add(item.chapter)

    def meant(self, number: int, chapter: str, section: str) -> list[Numbered]:
        """The questions with a number, in a chapter that the text has, of a type; "" for any."""
        meant = self._items.get(number, [])
        if chapter in self._chapters and chapter:
            meant = [item for item in meant if item.chapter == chapter]
        return [item for item in meant if same_type(item.raw.type, section)] if section else meant


@dataclass(slots=True)
class KeyList:
    """A list of keys. It speaks of the questions from `first` to before `end`; `chapter` and `section` (the type)
    are what it is reading."""

    first: int
    end: int
    chapter: str = ""
    section: str = ""
    keys: dict[tuple[str, str, int], Raw] = field(default_factory=dict)
    double: set[tuple[str, str, int]] = field(default_factory=set)
    missing: set[int] = field(default_factory=set)
    _last: Raw | None = None
    _at: str = "explanation"
    _lines: int = 0
    _columns: list[int] = field(default_factory=list)

    def take(self, text: str) -> list[Problem]:
        """A line: numbers in columns, ranges, entries, or more about the question named last; remarks on it."""
        columns = NUMBERS.match(text)
        if columns:
            self._columns = [int(number) for number in FIGURES.findall(columns[1])]
            return []
        if self._columns and (row := KEYS.match(text)):
            numbers, self._columns = self._columns, []
            return self._take_words(numbers, row[1])
        if RANGE_OR_ENTRY.match(text.lstrip(" 　（(")):
            return self._take_entries(text)
        numbered = NUMBER.match(text)
        if numbered:
            self._turn_to(_figure(numbered[1]))
            rest = text[numbered.end() :]
            if LABEL.match(rest):
                self._go_on(rest)
            elif self._last is not None and not self._last.answer:
                self._last.answer, self._at = rest, "answer"
        elif self._lines < MOST_LINES_OF_ONE:
            self._go_on(text)
        return []

    def _turn_to(self, number: int) -> None:
        self._last, self._lines, self._at = self._key(number), 0, "explanation"

    def _go_on(self, text: str) -> None:
        """More about the question named last: an answer in words goes on, behind a letter stands the explanation."""
        if self._last is not None:
            self._lines += 1
            more = Open(self._last, self._at)
            more.take(text)
            self._at = more.at

    def _key(self, number: int) -> Raw:
        return self.keys.setdefault((self.chapter, self.section, number), Raw())

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
        return [
            problem for number, key in zip(numbers, keys, strict=True) for problem in self._put(number, key)
        ]

    def _put(self, number: int, key: str) -> list[Problem]:
        raw = self._key(number)
        if raw.answer and _plain(raw.answer) != _plain(key):
            self.double.add((self.chapter, self.section, number))
            return [Problem("key_list", f"答案列表中第 {number} 题写了两个不同的答案，没有采用。")]
        raw.answer = key
        return []

    def _take_entries(self, text: str) -> list[Problem]:
        """«1-5 ABCDA 6-8 AB ACD BD 9.A 10.√», or one key with its explanation behind it."""
        remarks = list[Problem]()
        named = list(_separate(text))
        for entry, following in zip(named, [*named[1:], None], strict=True):
            end = following.start() if following else len(text)
            if entry["first"]:
                behind = FIGURE.search(text, entry.end(), end)
                words = text[entry.end() : behind.start() if behind else end]
                remarks += self._take_words(range(int(entry["first"]), int(entry["last"]) + 1), words)
                continue
            number = int(entry["number"])
            remarks += self._put(number, entry["key"])
            self._turn_to(number)
            rest = text[entry.end() : end].strip(BETWEEN_ENTRIES)
            if rest:
                self._go_on(rest)
        return remarks

    def give(self, items: Sequence[Numbered], everything: ByNumber) -> list[Problem]:
        """Give the keys to the questions that they name; never where a number names two questions."""
        remarks = []
        own = ByNumber(items[self.first : self.end])
        for place, key in self.keys.items():
            chapter, section, number = place
            meant = own.meant(number, chapter, section) or everything.meant(number, chapter, section)
            if len(meant) == 1:
                _give(meant[0], key)
                meant[0].conflict |= place in self.double
                continue
            if not meant:
                self.missing.add(number)
            why = "在文件中没有这一题" if not meant else f"对应文件中的 {len(meant)} 道题，请按题型分列答案"
            remarks.append(Problem("key_list", f"答案列表中的第 {number} 题{why}，没有采用。"))
        return remarks


def _separate(text: str) -> Iterator[re.Match[str]]:
    """The entries of a line; a number with a letter inside an explanation («第 36 条 A 项») is none."""
    last: re.Match[str] | None = None
    for found in RANGE_OR_ENTRY.finditer(text):
        number = int(found["first"] or found["number"])
        words = (
            last is not None and last["number"] and text[last.end() : found.start()].strip(BETWEEN_ENTRIES)
        )
        if last is None or not words or number == int(last["number"]) + 1:
            last = found
            yield found


def opened_by(text: str, following: Sequence[str], type_word: Callable[[str], str | None]) -> Heading | None:
    """What a line that opens a list of keys says, None for any other.

    `following` are the next lines that hold something; a heading alone opens a list only where keys follow.
    """
    if NUMBERS.match(text) and following and KEYS.match(following[0]):
        return Heading("", "", text)
    heading = HEADING.match(text)
    if heading is None:
        return None
    rest = heading["rest"].strip()
    if not rest:
        opens = any(_holds_keys(line) or type_word(line) is not None for line in following[:2])
    else:
        opens = _holds_keys(rest) and FIRST_NUMBER.match(rest) is not None
    return Heading(heading["chapter"] or "", heading["type"] or "", rest) if opens else None


def _holds_keys(text: str) -> bool:
    ranged = RANGE.match(text)
    if ranged:
        return FIRST_KEY.match(text, ranged.end()) is not None
    return ENTRY.match(text) is not None or NUMBERS.match(text) is not None


def _figure(words: str) -> int:
    return int(words) if words.isdecimal() else arabic_number(words) or 0


def same_type(word: str, other: str) -> bool:
    """Whether two words name the same type."""
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
    folded = BETWEEN_LETTERS.sub("", unicodedata.normalize("NFKC", answer).upper())
    return folded if verdict is None else str(verdict)
