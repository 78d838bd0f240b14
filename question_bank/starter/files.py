"""Reading the files that ship: items (*.json), the table of laws (laws.csv). Every problem is collected."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Problem
from question_bank.items.rules import CitationDraft, Difficulty, ItemDraft, QuestionType
from question_bank.statutes.rules import KnownVersion, article_label

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class StarterItem:
    """An item of a file: its code, who wrote and who read it (labels), and the draft."""

    code: str
    author: str
    reviewer: str
    draft: ItemDraft
    file: str


@dataclass(frozen=True, slots=True)
class LawTable:
    """The laws that shipped items may cite; `titles` are the full titles by short title."""

    versions: tuple[KnownVersion, ...]
    titles: dict[str, str]

    @property
    def known(self) -> dict[tuple[str, date], KnownVersion]:
        return {(version.law, version.version): version for version in self.versions}


def read_laws(path: Path = FOLDER / "laws.csv") -> LawTable:
    """The table of laws. Raises ValueError or KeyError for a table that is not one: it ships with the code."""
    versions, titles = [], {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            titles[row["short_title"]] = row["title"]
            until = row["in_force_until"]
            versions.append(
                KnownVersion(
                    law=row["short_title"],
                    version=date.fromisoformat(row["version"]),
                    in_force_from=date.fromisoformat(row["in_force_from"]),
                    in_force_until=date.fromisoformat(until) if until else None,
                    article_count=int(row["articles"]),
                ),
            )
    return LawTable(tuple(versions), titles)


def read_items(folder: Path = FOLDER) -> tuple[list[StarterItem], list[Problem]]:
    """The items of every file of the folder, in the order of files, and what is wrong with their form."""
    items: list[StarterItem] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.json")):
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            problems.append(Problem("json", f"{path.name} 不是有效的 JSON：{error}", path.name))
            continue
        for number, entry in enumerate(entries, start=1):
            where = f"{path.name}:{entry.get('id', number) if isinstance(entry, dict) else number}"
            try:
                items.append(_item(entry, path.name))
            except (KeyError, TypeError, ValueError) as error:
                problems.append(Problem("form", f"{where} 的格式不对：{error!r}", where))
    return items, problems


def _item(entry: dict[str, Any], file: str) -> StarterItem:
    return StarterItem(
        code=str(entry["id"]),
        author=str(entry["author"]),
        reviewer=str(entry["reviewer"]),
        file=file,
        draft=ItemDraft(
            type=QuestionType(entry["type"]),
            stem=entry["stem"].strip(),
            options=tuple((option["key"], option["text"].strip()) for option in entry["options"]),
            answer="".join(sorted(entry["answer"])),
            explanation=entry["explanation"].strip(),
            difficulty=Difficulty(entry["difficulty"]),
            citations=tuple(_citations(entry["citations"])),
            part=entry.get("part", ""),
            shuffle=entry.get("shuffle", True) and entry["type"] != QuestionType.TRUE_FALSE,
        ),
    )


def _citations(entries: list[dict[str, Any]]) -> Iterator[CitationDraft]:
    for entry in entries:
        label = article_label(str(entry["article"]))
        if label is None:
            raise ValueError(f"no article number: {entry['article']}")
        yield CitationDraft(entry["law"], date.fromisoformat(entry["version"]), label, entry.get("paragraph"))
