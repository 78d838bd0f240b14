"""Commands of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from core import clock
from core.commands import EXIT_NO, Day, Instant, console, domain_errors, print_json
from core.shares import percent
from exam.reports import pass_rates
from exam.reports.pages import group_label
from exam.reports.rules import DEFAULT_DEFINITION, DEFINITIONS, GroupBy

if TYPE_CHECKING:
    from datetime import date, datetime

    from exam.reports.claims import Reconciliation
    from exam.reports.pass_rates import Report

commands = AppGroup("report", help="Published figures: reproduced, and checked against the records.")


@commands.command("pass-rate")
@click.option("--from", "first", required=True, type=Day(), help="First day of the period.")
@click.option("--to", "last", required=True, type=Day(), help="Last day of the period, included.")
@click.option(
    "--definition", type=click.Choice(list(DEFINITIONS)), default=DEFAULT_DEFINITION, show_default=True
)
@click.option("--known-at", type=Instant(), help="Count what was recorded until then (default: now).")
@click.option("--by", "group_by", type=click.Choice([by.value for by in GroupBy]), help="Group by.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@domain_errors
def pass_rate(
    *,
    first: date,
    last: date,
    definition: str,
    known_at: datetime | None,
    group_by: str | None,
    as_json: bool,
) -> None:
    """The pass rate of a period under a definition."""
    question = pass_rates.Question(
        first=first,
        last=last,
        known_at=known_at or clock.now(),
        definition=definition,
        group_by=GroupBy(group_by) if group_by else None,
    )
    answer = pass_rates.report(question, actor=console())
    if as_json:
        print_json(pass_rates.as_json(answer))
    else:
        _print_report(answer)


def _print_report(answer: Report) -> None:
    result, question = answer.result, answer.question
    period = f"{question.first.isoformat()} 至 {question.last.isoformat()}"
    click.echo(f"{answer.definition.title}（{answer.definition.name}），{period}")
    if result.rate is None or result.interval is None:
        click.echo("期内没有人参加考试。")
        return
    low, high = result.interval
    click.echo(
        f"参加 {result.sat}，合格 {result.passed}，合格率 {percent(result.rate)} %"
        f"（95 % 置信区间 {low} %—{high} %）"
    )
    for group in result.groups:
        label = group_label(group.key, question.group_by)
        click.echo(f"  {label}：参加 {group.sat}，合格 {group.passed}，{percent(group.rate)} %")
    if question.group_by is GroupBy.YEAR:
        click.echo("  各年分别计算，合计不必等于各年之和。")
    click.echo(f"记录截至 {clock.shanghai(question.known_at):%Y-%m-%d %H:%M:%S}，摘要 {answer.digest}")


@commands.command("reconcile")
@click.option("--sat", required=True, type=int, help="How many sat, as published.")
@click.option("--rate", required=True, help="The rate in per cent, with the decimals as published.")
@click.option("--from", "first", required=True, type=Day(), help="First day of the period.")
@click.option("--to", "last", required=True, type=Day(), help="Last day of the period, included.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@domain_errors
def reconcile(*, sat: int, rate: str, first: date, last: date, as_json: bool) -> None:
    """Check a published claim: is it possible, and do the records bear it out? Exit 1 when nothing does."""
    found = pass_rates.reconcile(
        sat=sat, rate=rate, first=first, last=last, known_at=clock.now(), actor=console()
    )
    if as_json:
        print_json(pass_rates.reconciliation_json(found))
    else:
        _print_reconciliation(found)
    if not found.reproduced_by:
        raise SystemExit(EXIT_NO)


def _print_reconciliation(found: Reconciliation) -> None:
    possible = "、".join(str(passed) for passed in found.possible_passed) or "没有"
    click.echo(f"能得出这一合格率的合格人数：{possible}")
    for check in found.definitions:
        rate = f"{check.rate} %" if check.rate else "—"
        verdict = "相符" if check.matches else "不符"
        title = DEFINITIONS[check.name].title
        click.echo(f"  {title}（{check.name}）：参加 {check.sat}，合格 {check.passed}，{rate}，{verdict}")
