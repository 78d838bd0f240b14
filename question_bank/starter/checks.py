"""Checking the bank: the files that ship, and what the database cites today."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from core.errors import Problem
from question_bank.amendments.queries import queue
from question_bank.items.enemies import LONGEST_REASON
from question_bank.items.queries import citations_in_use
from question_bank.items.rules import QuestionType, item_problems
from question_bank.items.wording import fingerprint
from question_bank.starter.files import FOLDER
from question_bank.statutes.queries import known_versions
from question_bank.statutes.rules import article_words
from question_bank.statutes.words import STANDINGS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from pathlib import Path

    from question_bank.items.enemies import NewPair
    from question_bank.starter.files import LawTable, StarterItem

FEWEST_TO_BALANCE = 40
LETTER_PERCENT = (15, 35)
TRUE_PERCENT = (35, 65)


def shipped_problems(items: Sequence[StarterItem], laws: LawTable, on: date) -> list[Problem]:
    """What is wrong with the shipped items: each by itself on that day, and among one another."""
    problems: list[Problem] = []
    used = Counter(item.code for item in items)
    asked: dict[str, str] = {}
    for item in items:
        found = item_problems(item.draft, laws.known, on)
        problems += [Problem(p.code, p.message, item.code) for p in found]
        if item.author == item.reviewer:
            problems.append(Problem("four_eyes", "命题人和审题人是同一人。", item.code))
        if used[item.code] > 1:
            problems.append(Problem("code", "这个编号用了不止一次。", item.code))
        twin = asked.setdefault(fingerprint(item.draft), item.code)
        if twin != item.code:
            problems.append(Problem("duplicate", f"与 {twin} 问的相同。", item.code))
    return problems


def verdict_problems(items: Sequence[StarterItem], folder: Path = FOLDER / "reviews") -> list[Problem]:
    """Shipped items that nobody but their author has read, or that a reader told to drop."""
    dropped, readers = set(), defaultdict(set)
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                readers[row["id"]].add(row["reviewer"])
                if row["verdict"] == "drop":
                    dropped.add(row["id"])
    return [
        *(
            Problem("dropped", "审读意见是删去，却仍在题库中。", item.code)
            for item in items
            if item.code in dropped
        ),
        *(
            Problem("unread", "没有命题人以外的审读记录。", item.code)
            for item in items
            if not readers[item.code] - {item.author}
        ),
    ]


def enemy_problems(pairs: Sequence[NewPair], codes: Collection[str]) -> list[Problem]:
    """What is wrong with the shipped pairs of enemies; `codes` are those of the shipped items."""
    problems = []
    seen: set[frozenset[str]] = set()
    for pair in pairs:
        where = f"enemies.csv {pair.code} / {pair.enemy}"
        problems += [
            Problem("enemy_code", f"随附题库没有编号为“{code}”的试题。", where)
            for code in (pair.code, pair.enemy)
            if code not in codes
        ]
        if pair.code == pair.enemy:
            problems.append(Problem("enemy_self", "试题与自己互斥。", where))
        if not pair.reason or len(pair.reason) > LONGEST_REASON:
            problems.append(Problem("enemy_reason", f"理由要写明，并且不超过 {LONGEST_REASON} 个字。", where))
        if frozenset((pair.code, pair.enemy)) in seen:
            problems.append(Problem("enemy_twice", "这一对写了两次。", where))
        seen.add(frozenset((pair.code, pair.enemy)))
    return problems


def imbalances(items: Sequence[StarterItem]) -> list[Problem]:
    """Keys that a guesser could lean on: a letter of 单选, or a verdict of 判断, right too often or too rarely."""
    found = []
    for kind, words, letters, (low, high) in (
        (QuestionType.SINGLE, "单选题", "ABCD", LETTER_PERCENT),
        (QuestionType.TRUE_FALSE, "判断题", "A", TRUE_PERCENT),
    ):
        keys = Counter(item.draft.answer for item in items if item.draft.type is kind)
        total = keys.total()
        if total < FEWEST_TO_BALANCE:
            continue
        for letter in letters:
            if not low * total <= 100 * keys[letter] <= high * total:
                message = f"{words}的答案 {letter} 占 {100 * keys[letter] // total} %，应在 {low} % 至 {high} % 之间。"
                found.append(Problem("balance", message, words))
    return found


def stale_citations(on: date) -> list[Problem]:
    """What items in use cite though it does not hold on that day or, by the loaded texts, is not there."""
    problems = [
        Problem(
            "stale",
            f"所引《{row.law}》（{row.version}）{article_words(row.article)}：{STANDINGS[row.standing]}，"
            f"自 {row.since} 起停止抽用，请复核、修改后送审或停用。",
            f"{row.code} 第 {row.number} 版",
        )
        for row in queue(on)
        if row.since <= on
    ]
    citations = citations_in_use()
    known = known_versions({citation.law for citation in citations})
    for cited in citations:
        version = known[cited.law, cited.version]
        words = f"《{cited.law}》（{cited.version}）"
        where = f"{cited.code} 第 {cited.number} 版"
        if on < version.in_force_from:
            problems.append(Problem("stale", f"所引{words}尚未施行，施行前不抽用。", where))
        if not version.has_article(cited.article):
            problems.append(Problem("article", f"所引{words}没有{article_words(cited.article)}。", where))
    return problems
