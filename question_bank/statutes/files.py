"""Reading law files, one JSON file a version of a law (docs/statutes-format.md). Every problem is collected."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from core.errors import Problem
from question_bank.statutes.rules import article_label, article_number, article_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

REPEALED = "repealed"
ENDED = ("superseded", REPEALED)
STATUSES = ("current", *ENDED)
LONGEST_SHORT_TITLE = 100
LONGEST_TITLE = 200
LONGEST_HEADING = 200
HEADING_KEYS = ("part", "subpart", "chapter", "section")


@dataclass(frozen=True, slots=True)
class ArticleText:
    """An article: its label, the headings above it joined by a full-width space, its text."""

    label: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class LawFile:
    """A version of a law as its file has it. `ends` is the first day on which it no longer holds, if told."""

    file: str
    title: str
    short_title: str
    version: date
    in_force_from: date
    ends: date | None
    status: str
    articles: tuple[ArticleText, ...]

    @property
    def article_count(self) -> int:
        """The numbered articles, without those inserted as 之一."""
        return sum(1 for article in self.articles if "之" not in article.label)


def read_folder(folder: Path) -> tuple[list[LawFile], list[Problem]]:
    """The laws of every *.json file of the folder, by name of file, and what is wrong with them."""
    laws: list[LawFile] = []
    problems: list[Problem] = []
    paths = sorted(folder.glob("*.json"))
    if not paths:
        problems.append(Problem("no_files", "文件夹里没有 .json 文件，请核对路径。", folder.name))
    for path in paths:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            problems.append(Problem("json", f"不是有效的 JSON（UTF-8）：{error}", path.name))
            continue
        reader = _Reader(path.name, data if isinstance(data, dict) else {})
        law = reader.law()
        problems += reader.problems
        if law is not None:
            laws.append(law)
    return laws, problems + _twice(laws)


def _twice(laws: Iterable[LawFile]) -> list[Problem]:
    seen: dict[tuple[str, date], str] = {}
    problems = []
    for law in laws:
        first = seen.setdefault((law.short_title, law.version), law.file)
        if first != law.file:
            message = f"与 {first} 是同一部法的同一版本，请删去一个。"
            problems.append(Problem("twice", message, law.file))
    return problems


class _Reader:
    """Reads one file and notes every problem on the way."""

    def __init__(self, file: str, data: dict[str, Any]) -> None:
        self.file = file
        self.data = data
        self.problems: list[Problem] = []

    def law(self) -> LawFile | None:
        """The law, None when the file has a problem."""
        title = self._text("title", LONGEST_TITLE)
        short_title = self._text("short_title", LONGEST_SHORT_TITLE)
        version = self._day(self.data, "version", "version")
        effective = self._day(self.data, "effective_date", "effective_date")
        status = self.data.get("status", "current")
        if status not in STATUSES:
            self._problem("status", f"status 应为 {'、'.join(STATUSES)} 之一，现为 {status!r}。")
        ends = self._ends(effective)
        articles = self._articles()
        if self.problems or version is None or effective is None:
            return None
        return LawFile(self.file, title, short_title, version, effective, ends, status, articles)

    def _problem(self, code: str, message: str) -> None:
        self.problems.append(Problem(code, message, self.file))

    def _text(self, key: str, longest: int) -> str:
        value = self.data.get(key)
        if not isinstance(value, str) or not value.strip():
            self._problem("missing", f"缺少 {key}。")
            return ""
        if len(value.strip()) > longest:
            self._problem("too_long", f"{key} 不超过 {longest} 个字。")
        return value.strip()

    def _day(self, holder: dict[str, Any], key: str, name: str) -> date | None:
        value = holder.get(key)
        try:
            return date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            self._problem("day", f"{name} 应为形如 2026-01-31 的日期，现为 {value!r}。")
            return None

    def _ends(self, effective: date | None) -> date | None:
        days = []
        for key, inner in (("superseded_by", "effective_date"), ("repealed", "on")):
            told = self.data.get(key)
            if told is None:
                continue
            day = self._day(told if isinstance(told, dict) else {}, inner, f"{key}.{inner}")
            if day is not None:
                days.append(day)
        ends = min(days, default=None)
        if ends is not None and effective is not None and ends <= effective:
            self._problem("order", f"失效日 {ends} 不晚于施行日 {effective}。")
        return ends

    def _articles(self) -> tuple[ArticleText, ...]:
        entries = self.data.get("articles")
        if not isinstance(entries, list) or not entries:
            self._problem("no_articles", "缺少 articles，或者是空的。")
            return ()
        articles: list[ArticleText] = []
        for place, entry in enumerate(entries, start=1):
            article = self._article(entry if isinstance(entry, dict) else {}, place)
            if article is not None:
                articles.append(article)
        labels = [article.label for article in articles]
        for label, times in Counter(labels).items():
            if times > 1:
                self._problem("repeated", f"{article_words(label)}出现了 {times} 次。")
        numbers = {article_number(label) for label in labels}
        gaps = sorted(set(range(1, max(numbers, default=0) + 1)) - numbers)
        if gaps:
            self._problem("gap", f"条文不连续，缺少{'、'.join(article_words(str(n)) for n in gaps[:5])}。")
        return tuple(articles)

    def _article(self, entry: dict[str, Any], place: int) -> ArticleText | None:
        label = article_label(str(entry.get("label", "")))
        if label is None:
            self._problem("label", f"第 {place} 个条文的 label {entry.get('label')!r} 不是条号。")
            return None
        text = entry.get("text")
        if not isinstance(text, str) or not text.strip():
            self._problem("empty", f"{article_words(label)}没有文字。")
            return None
        heading = "　".join(str(entry[key]).strip() for key in HEADING_KEYS if entry.get(key))
        lines = (line.strip() for line in text.splitlines())
        return ArticleText(label, heading[:LONGEST_HEADING], "\n".join(line for line in lines if line))
