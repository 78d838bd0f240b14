"""Commands of eligibility."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from core import clock
from core.commands import EXIT_NO, Day, Instant, console, domain_errors, print_json
from exam.eligibility.pages import as_json, sentence
from exam.eligibility.services import ELIGIBLE, ask

if TYPE_CHECKING:
    from datetime import date, datetime

    from exam.eligibility.services import Answer

commands = AppGroup("eligibility", help="May this person be proposed on that day, and why?")

NO_REASON = "命令行查询"


@commands.command("check")
@click.option("--id-number", required=True, help="The ID number, or - to read it from standard input.")
@click.option("--name", help="The name; another one than recorded answers unknown_person.")
@click.option("--on", required=True, type=Day(), help="The day on which the person would be proposed.")
@click.option("--known-at", type=Instant(), help="Answer by what was recorded until then (default: now).")
@click.option("--reason", default=NO_REASON, help="Why you ask; it is logged.")
@click.option("--json", "as_one_object", is_flag=True, help="Print one JSON object.")
@domain_errors
def check(
    *,
    id_number: str,
    name: str | None,
    on: date,
    known_at: datetime | None,
    reason: str,
    as_one_object: bool,
) -> None:
    """Answer for one person and one day. Exit 0: eligible, 1: not, or unknown."""
    if id_number == "-":
        id_number = sys.stdin.readline()
    answer = ask(
        id_number=id_number,
        name=name,
        on=on,
        known_at=known_at,
        purpose=reason,
        actor=console(),
        now=clock.now(),
    )
    if as_one_object:
        print_json(as_json(answer))
    else:
        _print(answer)
    if answer.verdict != ELIGIBLE:
        raise SystemExit(EXIT_NO)


def _print(answer: Answer) -> None:
    head, why = sentence(answer)
    click.echo(f"{head}：{why}")
    if answer.decision is not None and answer.decision.changes_on is not None:
        click.echo(f"如无新的记录，{answer.decision.changes_on.isoformat()} 起答复会改变。")
