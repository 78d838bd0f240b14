"""`make bench-bank`: what the bank's reads cost with 100,000 items, on PostgreSQL and on SQLite.

The items are made of the shipped ones: each wording with a number of its own in front, cited and approved as
theirs are; then the wording of one law ends, so that some three in a hundred wait in the queue. The figures are seconds of one
call in this process, the database's work included as time waited for; the median of three calls each. Writes
`build/bench-bank.json`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from flask_migrate import upgrade
from sqlalchemy import insert, select, text, update

from benchmarks import servers
from config import PROJECT, load_settings
from core import clock
from core.actor import Actor
from core.clock import day_of
from core.db import db, transaction
from exam.app import create_app
from exam.practice import queries as practice
from exam.reports.coverage import coverage
from question_bank.amendments import queries as amendments
from question_bank.items import duplicates, pool, queries
from question_bank.items.batches import NewItem, add_items, prepare_items
from question_bank.items.indexing import index_put_off
from question_bank.items.models import Item, ItemVersion, ReviewStep
from question_bank.items.rules import ItemState, QuestionType, Step
from question_bank.review import queries as review
from question_bank.review.rules import Person, due_now
from question_bank.starter.files import read_items, read_laws
from question_bank.statutes.models import Statute, StatuteVersion
from question_bank.statutes.services import insert_versions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from flask import Flask

    from question_bank.items.rules import ItemDraft

ITEMS = 100_000
ROUNDS = 3
AT_ONCE = 5_000
REVIEWER = Person(1, "reviewer")
ENDED_LAW = "行政处罚法"
ACTOR = Actor(label="benchmark", unrestricted=True)


def fill(count: int, now: datetime) -> list[ItemDraft]:
    """Put so many approved items into the database; returns the drafts of the last batch."""
    shipped = [item.draft for item in read_items()[0]]
    laws = read_laws()
    with transaction():
        insert_versions(laws.versions, laws.titles, now=now)
    batch: list[ItemDraft] = []
    for start in range(0, count, AT_ONCE):
        batch = [
            _numbered(shipped[number % len(shipped)], number) for number in range(start, start + AT_ONCE)
        ]
        with transaction() as session:
            add_items(prepare_items([NewItem(draft) for draft in batch], actor=ACTOR, now=now))
            _approve(session, now)
        index_put_off()
        print(f"\r  {start + AT_ONCE} items", end="", flush=True)
    print()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    return batch


def end_law(law: str, on: date) -> None:
    """Let every wording of the law end on the day."""
    with transaction() as session:
        ended = select(Statute.id).where(Statute.short_title == law)
        session.execute(
            update(StatuteVersion).where(StatuteVersion.statute_id.in_(ended)).values(in_force_until=on)
        )


def _numbered(draft: ItemDraft, number: int) -> ItemDraft:
    """The draft with words of its own: a twentieth of a stem is enough for the index, none is another's twin."""
    word = "".join(chr(0x4E00 + (number * step) % 20_000) for step in (7, 131, 1_733, 9_241, 17_389))
    return replace(draft, stem=f"{word * 4}：{draft.stem}")


def _approve(session: Any, now: datetime) -> None:
    waiting = select(Item.id).where(Item.state == ItemState.DRAFT)
    rows = session.execute(
        select(ItemVersion.item_id, ItemVersion.id).where(
            ItemVersion.item_id.in_(waiting), ItemVersion.part_number == 0
        )
    ).all()
    session.execute(
        insert(ReviewStep),
        [
            {
                "item_id": item,
                "item_version_id": version,
                "step": step,
                "state": state,
                "actor_label": "benchmark",
                "recorded_at": now,
            }
            for item, version in rows
            for step, state in ((Step.SUBMIT, ItemState.IN_REVIEW), (Step.APPROVE, ItemState.APPROVED))
        ],
    )
    session.execute(update(Item).where(Item.state == ItemState.DRAFT).values(state=ItemState.APPROVED))


def timed(work: Callable[[], object]) -> float:
    """The median of the seconds that calls of `work` took."""
    seconds = []
    for _ in range(ROUNDS):
        db.session.remove()
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def measure(app: Flask, count: int) -> dict[str, float]:
    """The figures of one database, by name."""
    now = clock.now()
    on = day_of(now)
    with app.app_context():
        upgrade()
        drafts = fill(count, now)
        end_law(ENDED_LAW, on)
        one = replace(drafts[0], stem=drafts[0].stem + "试论之")
        code = queries.item_page(queries.ItemFilter(type=QuestionType.SINGLE), 1).rows[0].code
        works: dict[str, Callable[[], object]] = {
            "pool": lambda: pool.pool(on, practice.PRACTISED),
            "amendment queue": lambda: amendments.queue(on),
            "coverage": lambda: coverage(on),
            "items, first page": lambda: queries.item_page(queries.ItemFilter(), 1),
            "items, text searched": lambda: queries.item_page(queries.ItemFilter(text="行政处罚"), 1),
            "review due": lambda: review.due(due_now(on), REVIEWER, 1),
            "near-duplicates of one": lambda: duplicates.near_duplicates([one]),
            "near-duplicates of 1,000": lambda: duplicates.near_duplicates(drafts[:1000]),
            "practice, one question": lambda: practice.one(code, on),
        }
        return {name: round(timed(work), 4) for name, work in works.items()}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS
    report = {}
    for database in ("postgresql", "sqlite"):
        print(f"{database}:", flush=True)
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kaofa-bench-")))
            environment = {"KAOFA_HOME": str(home), "KAOFA_ENV": "demo"}
            if database == "postgresql":
                environment["KAOFA_DATABASE_URL"] = stack.enter_context(servers.postgresql_database())
            report[database] = measure(create_app(load_settings(environment)), count)
        for name, seconds in report[database].items():
            print(f"  {name:26} {seconds:8.3f} s")
    target = PROJECT / "build" / "bench-bank.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"written: {target.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
