"""Putting the shipped bank into the database."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from core.actor import Actor
from core.audit.services import record
from core.db import transaction
from core.errors import Invalid, Problem
from question_bank.items.enemies import insert_pairs
from question_bank.items.queries import drafts_by_code
from question_bank.items.rules import ItemState, Step, item_problems
from question_bank.items.services import insert_item, insert_step, insert_version
from question_bank.starter.checks import enemy_problems
from question_bank.starter.files import FOLDER, read_enemies, read_items, read_laws
from question_bank.statutes.services import insert_versions

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from question_bank.items.queries import StoredItem
    from question_bank.starter.files import StarterItem


@dataclass(frozen=True, slots=True)
class StarterCounts:
    """What loading found: items in the files, of these added now, and given a new version now; pairs of enemies added."""

    items: int
    added: int
    revised: int
    enemies: int


def load_starter(now: datetime, folder: Path = FOLDER) -> StarterCounts:
    """Load the shipped items as approved and published; a repeat changes nothing.

    An item whose text in the files is none of its stored versions gets a new, approved version; what the
    office has revised or retired stays as it is otherwise, and so does a pair of enemies that it undid. Whether a
    cited law is still in force does not matter here: the draw asks that. Raises `Invalid` with every problem of
    the files.
    """
    items, problems = read_items(folder)
    pairs = read_enemies(folder)
    problems += enemy_problems(pairs, {item.code for item in items})
    laws = read_laws(folder / "laws.csv")
    for item in items:
        problems += [
            Problem(p.code, f"{item.file} {item.code}：{p.message}", item.code)
            for p in item_problems(item.draft, laws.known, on=None)
        ]
    if problems:
        raise Invalid(problems)
    added = revised = 0
    with transaction():
        version_rows = insert_versions(laws.versions, laws.titles, now=now)
        cited = {key: row.id for key, row in version_rows.items()}
        stored = drafts_by_code([item.code for item in items])
        for item in items:
            before = stored.get(item.code)
            if before is None:
                _insert(item, cited, before=None, now=now)
                added += 1
            elif before.item.state is not ItemState.RETIRED and item.draft not in before.drafts:
                _insert(item, cited, before=before, now=now)
                revised += 1
        actor = Actor.command("starter-bank")
        enemies = insert_pairs(pairs, actor=actor, now=now)
        counts = StarterCounts(len(items), added, revised, enemies)
        if added or revised or enemies:
            record("load-starter", "bank", "starter", actor=actor, now=now, **asdict(counts))
    return counts


def _insert(
    item: StarterItem, cited: dict[tuple[str, date], int], *, before: StoredItem | None, now: datetime
) -> None:
    author, reviewer = Actor(label=item.author), Actor(label=item.reviewer)
    row = (
        before.item
        if before
        else insert_item(item.draft, code=item.code, published=True, reserved=item.reserved, now=now)
    )
    number = len(before.drafts) + 1 if before else 1
    version = insert_version(row, item.draft, number=number, cited=cited, actor=author, now=now)
    insert_step(version, Step.SAVE, actor=author, now=now)
    insert_step(version, Step.SUBMIT, actor=author, now=now)
    insert_step(version, Step.APPROVE, actor=reviewer, now=now)
    row.state = ItemState.APPROVED
