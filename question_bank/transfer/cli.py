"""Commands of imports and exports; they join the group `bank`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from core import clock
from core.actor import Actor, Grant
from core.auth.queries import account_by_username
from core.commands import EXIT_NO, console, domain_errors, print_json, progress
from core.errors import Conflict, Invalid, NotFound
from core.jobs.models import WHOLE
from core.people.accounts import roles_held
from question_bank.items.queries import ItemFilter
from question_bank.items.rules import ItemState, QuestionType
from question_bank.transfer import queries, services
from question_bank.transfer.error_sheet import SheetRow, error_sheet
from question_bank.transfer.exporting import export_items
from question_bank.transfer.formats import READABLE, WRITABLE
from question_bank.transfer.intake import Choices
from question_bank.transfer.models import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from question_bank.transfer.services import Report

LINES_SHOWN = 50

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "format_name",
    type=click.Choice([f.name for f in READABLE]),
    help="By the file's name if left out.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing; tell what would be imported.")
@click.option(
    "--partial", is_flag=True, help="Take the rows that are in order and write an error sheet for the others."
)
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where the error sheet goes; FILE-导入问题.xlsx if left out.",
)
@click.option("--author", metavar="USER", help="Whose drafts they are; the console's if left out.")
@click.option(
    "--with-law",
    is_flag=True,
    help="Refuse items without a citation that the bank knows; else they wait for one as drafts.",
)
@click.option("--with-explanation", is_flag=True, help="Refuse items without an explanation likewise.")
@click.option(
    "--for-practice",
    is_flag=True,
    help="Let candidates practise the items, with their keys, but for those that FILE reserves; else all are kept for sessions.",
)
@as_json
@with_appcontext
@domain_errors
def import_command(
    file: Path,
    format_name: str | None,
    author: str | None,
    errors: Path | None,
    *,
    dry_run: bool,
    partial: bool,
    with_law: bool,
    with_explanation: bool,
    for_practice: bool,
    as_json: bool,
) -> None:
    """Bring the questions of FILE in as drafts: all of them, or none where one has a problem.

    They are kept for sessions, whatever FILE says, unless --for-practice is given.

    read = accepted + rejected + duplicates. Exit 1 when problems were found; duplicates are told among them.
    """
    now = clock.now()
    try:
        with file.open("rb") as stream, progress("导入", WHOLE) as advance:
            report = services.import_file(
                stream=stream,
                file_name=file.name,
                wanted_format=format_name or "",
                choices=Choices(with_law, with_explanation, for_practice),
                partial=partial,
                dry_run=dry_run,
                step=_stepper(advance),
                actor=_author(author, now),
                now=now,
            )
    except (Invalid, Conflict) as error:
        if not as_json:
            raise
        told = error.problems if isinstance(error, Invalid) else ()
        problems = [{"row": None, "code": p.code, "message": p.message} for p in told]
        if not told:
            problems = [{"row": None, "code": error.code, "message": error.message}]
        print_json({"read": 0, "accepted": 0, "rejected": 0, "duplicates": 0, "problems": problems})
        sys.exit(EXIT_NO)
    sheet = None
    if partial and report.has_problems and not dry_run:
        sheet = errors or file.with_name(f"{file.stem}-导入问题.xlsx")
        sheet.write_bytes(_error_sheet(report))
    if as_json:
        print_json(_plain(report, sheet, dry_run=dry_run))
    else:
        _tell(report, sheet, dry_run=dry_run)
    if report.has_problems:
        sys.exit(EXIT_NO)


def _stepper(advance: Callable[[int], None]) -> Callable[[float], None]:
    """Turns shares of the file into steps of the bar, which only goes forward."""
    done = 0

    def step(share: float) -> None:
        nonlocal done
        reached = int(WHOLE * share)
        if reached > done:
            advance(reached - done)
            done = reached

    return step


def _author(username: str | None, now: datetime) -> Actor:
    if username is None:
        return console()
    account = account_by_username(username.strip().casefold())
    if account is None:
        raise NotFound(f"没有用户名为“{username[:40]}”的账号。")
    grants = tuple(Grant(held.role) for held in roles_held(account.id, now=now))
    return Actor(label=account.username, account_id=account.id, grants=grants)


def _error_sheet(report: Report) -> bytes:
    rows = (
        SheetRow(
            verdict.row.sheet,
            verdict.row.heading,
            verdict.row.cells,
            verdict.row.label,
            verdict.outcome,
            [told.message for told in (*verdict.problems, *verdict.warnings)],
        )
        for verdict in report.verdicts
    )
    return error_sheet(rows, taken=bool(report.codes))


def _plain(report: Report, sheet: Path | None, *, dry_run: bool) -> dict[str, object]:
    def told(kind: str) -> list[dict[str, object]]:
        return [
            {"row": v.row.number, "label": v.row.label, "code": p.code, "message": p.message}
            for v in report.verdicts
            for p in getattr(v, kind)
        ]

    return {
        "read": report.read,
        "accepted": report.accepted,
        "rejected": report.rejected,
        "duplicates": report.duplicates,
        "held_back": report.held_back,
        "imported": len(report.codes),
        "dry_run": dry_run,
        "problems": told("problems"),
        "warnings": told("warnings"),
        "remarks": [{"code": remark.code, "message": remark.message} for remark in report.remarks],
        "error_sheet": str(sheet) if sheet else None,
    }


def _tell(report: Report, sheet: Path | None, *, dry_run: bool) -> None:
    for remark in report.remarks:
        click.echo(remark.message, err=True)
    lines = [
        f"{verdict.row.label}：{told.message}"
        for verdict in report.verdicts
        for told in (*verdict.problems, *verdict.warnings)
    ]
    for line in lines[:LINES_SHOWN]:
        click.echo(line, err=True)
    if len(lines) > LINES_SHOWN:
        click.echo(f"…… 另有 {len(lines) - LINES_SHOWN} 条，用 --json 查看全部。", err=True)
    verb = "可以导入" if dry_run else "已导入"
    click.echo(
        f"读取 {report.read} 题：{verb} {report.accepted}，未通过 {report.rejected}，重复 {report.duplicates}。"
    )
    if report.accepted and not dry_run:
        uses = Counter(v.row.reserved for v in report.verdicts if v.outcome is Outcome.ACCEPTED)
        click.echo(f"用途：仅供考试 {uses[True]} 题，可以练习 {uses[False]} 题。")
    if report.held_back:
        click.echo(
            f"其中 {report.held_back} 题本身没有问题，因其他题有问题而没有导入；加 --partial 可以只导入它们。"
        )
    if sheet:
        click.echo(f"问题清单：{sheet}")


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option(
    "--format",
    "format_name",
    type=click.Choice([f.name for f in WRITABLE]),
    help="By the file's name if left out.",
)
@click.option("--law", default="", help="Only items that count for this law (its short title).")
@click.option("--type", "kind", type=click.Choice([kind.value for kind in QuestionType]))
@click.option("--state", type=click.Choice([state.value for state in ItemState]))
@as_json
@with_appcontext
@domain_errors
def export_command(
    file: Path, format_name: str | None, law: str, kind: str | None, state: str | None, *, as_json: bool
) -> None:
    """Write the newest versions of the items to FILE, with their keys; tells what the format cannot carry.

    Which items are enemies, their review steps and how they fared stay in the bank, whatever the format.
    """
    ending = file.suffix.lower()
    named = format_name or next((f.name for f in WRITABLE if ending in f.endings), "")
    if not named:
        raise Invalid.one("unknown_format", f"不认识“{ending}”，请用 --format 指明格式。", "file")
    wanted = ItemFilter(
        law=law,
        type=QuestionType(kind) if kind else None,
        state=ItemState(state) if state else None,
    )
    partly = file.with_name(f".{file.name}.part")
    try:
        with partly.open("wb") as out, progress("导出", max(1, queries.count_stored(wanted))) as advance:
            count, losses = export_items(
                wanted=wanted, format_name=named, out=out, step=advance, actor=console(), now=clock.now()
            )
        partly.replace(file)
    finally:
        partly.unlink(missing_ok=True)
    if as_json:
        told = [{"item": loss.where, "code": loss.code, "message": loss.message} for loss in losses]
        print_json({"exported": count, "format": named, "file": str(file), "losses": told})
        return
    for loss in losses:
        click.echo(loss.message, err=True)
    click.echo(f"已导出 {count} 题到 {file}。")
