"""Commands of the sittings."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from core import clock
from core.commands import console, domain_errors, print_json
from exam.sittings import closing, preparation

if TYPE_CHECKING:
    from uuid import UUID

commands = AppGroup("exam", help="Sittings and draws.")


@commands.command("close-overdue")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@domain_errors
def close_overdue(*, as_json: bool) -> None:
    """Seal every sitting whose time is over, and record absences. Exit 1 when one of them failed."""
    swept = closing.close_overdue(clock.now())
    if as_json:
        print_json(asdict(swept))
    else:
        click.echo(
            f"已收卷 {swept.sealed}，记缺考 {swept.absent}，补评 {swept.repaired}，失败 {swept.failed}"
        )
    if swept.failed:
        raise SystemExit(1)


@commands.command("verify-draw")
@click.argument("session", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@domain_errors
def verify_draw(session: UUID, *, as_json: bool) -> None:
    """Draw every paper of SESSION again and compare. Exit 1 on any difference.

    Takes the published seeds, and opens the sealed ones where a session has not ended yet.
    """
    found = preparation.verify_draw(session, unseal=True)
    preparation.record_verification(session, found, actor=console(), now=clock.now())
    if as_json:
        print_json(
            {
                "session": str(session),
                "verified": found.holds,
                "draws": found.draws,
                "papers": found.papers,
                "differences": [
                    {
                        "draw": d.draw_number,
                        "code": d.code,
                        "sitting": str(d.sitting_id) if d.sitting_id else None,
                        "position": d.position,
                        "message": d.message,
                    }
                    for d in found.differences
                ],
            },
        )
    else:
        for difference in found.differences:
            click.echo(difference.message, err=True)
        click.echo(f"抽题 {found.draws} 次，试卷 {found.papers} 份，不符 {len(found.differences)} 处")
    if not found.holds:
        raise SystemExit(1)
