"""Reading the files that ship: items (*.json), laws (laws.csv), enemies (enemies.csv). Every problem is collected."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Problem
from core.people.rules import UnitFamily
from question_bank.items.enemies import NewPair
from question_bank.items.rules import WITH_OPTIONS, CitationDraft, Difficulty, ItemDraft, QuestionType
from question_bank.items.wording import BLANK
from question_bank.statutes.rules import KnownVersion, article_label

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class StarterItem:
    """An item of a file: its code, who wrote and who read it (labels), and the draft.

    `reserved` items are kept for sessions.
    """

    code: str
    author: str
    reviewer: str
    draft: ItemDraft
    file: str
    reserved: bool = False


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


def read_enemies(folder: Path = FOLDER) -> list[NewPair]:
    """The pairs of items that may not be in one paper; none where the folder has no such file.

    Raises ValueError for a table without its columns: it ships with the code.
    """
    path = folder / "enemies.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != ["id", "enemy", "reason"]:
            raise ValueError(f"{path.name}: the first line should be id,enemy,reason")
        return [NewPair(*(str(row[name] or "").strip() for name in reader.fieldnames)) for row in reader]


def _item(entry: dict[str, Any], file: str) -> StarterItem:
    return StarterItem(
        code=str(entry["id"]),
        author=str(entry["author"]),
        reviewer=str(entry["reviewer"]),
        file=file,
        draft=draft_from_json(entry),
        reserved=bool(entry.get("reserved", False)),
    )


def draft_from_json(entry: dict[str, Any]) -> ItemDraft:
    """An item of a JSON file as a draft. Raises KeyError, TypeError or ValueError for what is none.

    What a question of a case leaves out (explanation, difficulty, citations) it takes from the case.
    """
    kind = QuestionType(entry["type"])
    stem = entry["stem"].strip()
    options, answer = entry.get("options", []), entry.get("answer", [])
    families = {UnitFamily(family) for family in entry.get("families", [])}
    shared = {key: entry[key] for key in ("explanation", "difficulty", "citations") if key in entry}
    return ItemDraft(
        type=kind,
        stem=_ANY_BLANK.sub(BLANK, stem) if kind is QuestionType.BLANK else stem,
        options=tuple((option["key"], option["text"].strip()) for option in options),
        answer="".join(sorted(answer)) if kind in WITH_OPTIONS else "",
        explanation=str(entry.get("explanation", "")).strip(),
        difficulty=Difficulty(entry["difficulty"]),
        citations=tuple(_citations(entry["citations"])),
        part=entry.get("part", ""),
        shuffle=bool(entry.get("shuffle", True)) and kind in {QuestionType.SINGLE, QuestionType.MULTIPLE},
        accepted=tuple(_texts(blank) for blank in answer) if kind is QuestionType.BLANK else (),
        reference="\n".join(_texts(answer)) if kind is QuestionType.SHORT else "",
        questions=tuple(draft_from_json(shared | question) for question in entry.get("items", [])),
        families=tuple(family for family in UnitFamily if family in families),
    )


_ANY_BLANK = re.compile(r"[（(]\s*[）)]|_{2,}|＿+")
"""How authors mark a blank: empty brackets, or a line."""


def _texts(texts: list[str]) -> tuple[str, ...]:
    if not isinstance(texts, list):
        raise TypeError(f"not a list of texts: {texts!r}")
    return tuple(text.strip() for text in texts)


def _citations(entries: list[dict[str, Any]]) -> Iterator[CitationDraft]:
    for entry in entries:
        label = article_label(str(entry["article"]))
        if label is None:
            raise ValueError(f"no article number: {entry['article']}")
        yield CitationDraft(entry["law"], date.fromisoformat(entry["version"]), label, entry.get("paragraph"))
