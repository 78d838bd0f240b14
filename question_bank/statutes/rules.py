"""Rules of statutes: how articles are numbered, what is in force on a day. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

DIGITS = "零一二三四五六七八九"
UNITS = {"十": 10, "百": 100, "千": 1000}
HIGHEST_NUMBER = 9999
ARTICLE = re.compile(
    r"第?\s*+([0-9]++|[零〇一二两三四五六七八九十百千]++)\s*+(?:条\s*+)?+(?:之\s*+([0-9]++|[一二三四五六七八九十]++))?"
)
LIST_ITEM = re.compile(r"\s*+(?:[（(][零一二三四五六七八九十百]++[）)]|[0-9]++[.．、])")


def chinese_number(number: int) -> str:
    """A number from 1 to 9999 as articles write it: 10 → 十, 120 → 一百二十, 1007 → 一千零七.

    Raises ValueError outside that range.
    """
    if not 1 <= number <= HIGHEST_NUMBER:
        raise ValueError(f"no article has the number {number}")
    words, gap = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = number // size % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + DIGITS[digit] + unit
        gap = False
    return words[1:] if words.startswith("一十") else words


def arabic_number(words: str) -> int | None:
    """The number that Chinese numerals up to 9999 write, None when they write none."""
    total, digit = 0, 0
    for character in words.replace("〇", "零").replace("两", "二"):
        if character in UNITS:
            total += (digit or 1) * UNITS[character]
            digit = 0
        elif character in DIGITS:
            digit = DIGITS.index(character)
        else:
            return None
    return total + digit or None


def article_label(text: str) -> str | None:
    """The number under which an article is stored, "36" or "120之一"; None when the text is no article's number.

    Reads "36", "第36条", "第三十六条", "120之一", "第一百二十条之一" and "120之1".
    """
    found = ARTICLE.fullmatch(text.strip())
    if not found:
        return None
    number = _number(found[1])
    inserted = _number(found[2]) if found[2] else 0
    if number is None or inserted is None:
        return None
    return f"{number}之{chinese_number(inserted)}" if inserted else str(number)


def _number(text: str) -> int | None:
    number = int(text) if text.isascii() and len(text) <= 4 else arabic_number(text)
    return number if number is not None and 1 <= number <= HIGHEST_NUMBER else None


def article_number(label: str) -> int:
    """The number of a stored label without what was inserted: "120之一" → 120."""
    return int(label.partition("之")[0])


def article_words(label: str) -> str:
    """A stored label as the law writes it: "36" → 第三十六条, "120之一" → 第一百二十条之一."""
    number, _, inserted = label.partition("之")
    return f"第{chinese_number(int(number))}条" + (f"之{inserted}" if inserted else "")


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs (款) of an article; listed items （一）… stay with the paragraph that they belong to."""
    found: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        if found and LIST_ITEM.match(line):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """What is known of a wording of a law; `articles` are its labels, None when its text is not loaded.

    In force from `in_force_from` until `in_force_until` (exclusive; None: until further notice). `repealed`: the
    law ended with this wording.
    """

    law: str
    version: date
    in_force_from: date
    in_force_until: date | None
    article_count: int
    articles: frozenset[str] | None = None
    repealed: bool = False

    def in_force(self, on: date) -> bool:
        return self.in_force_from <= on and (self.in_force_until is None or on < self.in_force_until)

    def has_article(self, label: str) -> bool:
        """Whether the article exists; without the text, whether its number is within the count."""
        if self.articles is not None:
            return label in self.articles
        return article_number(label) <= self.article_count
