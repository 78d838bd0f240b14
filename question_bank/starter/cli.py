"""Commands of the bank."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import inspect

from core import clock
from core.commands import EXIT_NO, domain_errors, print_json
from core.db import db
from question_bank.items.models import Item
from question_bank.starter.checks import (
    enemy_problems,
    imbalances,
    shipped_problems,
    stale_citations,
    verdict_problems,
)
from question_bank.starter.files import read_enemies, read_items, read_laws
from question_bank.starter.services import load_starter

if TYPE_CHECKING:
    from datetime import date

    from core.errors import Problem

commands = AppGroup("bank", help="The question bank.")


@commands.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(*, as_json: bool) -> None:
    """Check the shipped bank, the citations of the items in use, and what paper specs can draw.

    Exit 1 when there are problems; warnings do not count.
    """
    today = clock.day_of(clock.now())
    items, shipped = read_items()
    shipped += shipped_problems(items, read_laws(), today) + verdict_problems(items)
    shipped += enemy_problems(read_enemies(), {item.code for item in items})
    parts = {"shipped": shipped, **_stored(today)}
    warnings = imbalances(items)
    types = Counter(str(item.draft.type) for item in items)
    # What papers can draw is the examinations' to know; exam/rooms.py says where it is asked.
    coverage = current_app.extensions["bank_coverage"]
    covered = coverage.coverage(today) if "specs" in parts else None
    laws = {item.draft.citations[0].law for item in items if item.draft.citations}
    if as_json:
        print_json(
            {
                "on": today,
                "items": len(items),
                "types": dict(types),
                "laws": len(laws),
                "problems": [_plain(p, part) for part, found in parts.items() for p in found],
                "warnings": [_plain(p, "shipped") for p in warnings],
                **({"coverage": coverage.as_json(covered)} if covered else {}),
            },
        )
    else:
        click.echo(f"随附题库：{len(items)} 题，{len(laws)} 部法规；按 {today} 的法律检查。")
        for words, found in [*((_PARTS[part], found) for part, found in parts.items()), ("提醒", warnings)]:
            for problem in found:
                click.echo(f"{words}：{problem.where}：{problem.message}")
        for line in coverage.as_lines(covered) if covered else ():
            click.echo(line)
        count = sum(map(len, parts.values()))
        click.echo(f"发现 {count} 个问题。" if count else "没有发现问题。")
        if "citations" not in parts:
            click.echo("数据库尚未建立，只检查了随附题库。", err=True)
    if any(parts.values()):
        raise SystemExit(EXIT_NO)


@commands.command("load-starter")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@domain_errors
def load(*, as_json: bool) -> None:
    """Put the shipped items into the database, approved; a repeat changes nothing.

    Their keys ship with the source: for a real session write items of your own.
    """
    counts = load_starter(clock.now())
    if as_json:
        print_json(asdict(counts))
    else:
        click.echo(
            f"随附题库 {counts.items} 题：新增 {counts.added} 题，更新 {counts.revised} 题，新增互斥题 {counts.enemies} 对。"
        )
        click.echo("随附试题的答案随源代码公开，正式考试请使用自行命制的试题。", err=True)


_PARTS = {"shipped": "随附题库", "citations": "在用试题", "specs": "组卷方案"}


def _stored(today: date) -> dict[str, list[Problem]]:
    """What the database has; nothing where it has not been made yet."""
    if not inspect(db.engine).has_table(Item.__tablename__):
        return {}
    specs = [problem for hook in current_app.extensions["bank_checks"] for problem in hook(today)]
    return {"citations": stale_citations(today), "specs": specs}


def _plain(problem: Problem, part: str) -> dict[str, object]:
    return {"part": part, "where": problem.where, "code": problem.code, "message": problem.message}
