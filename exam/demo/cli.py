"""Commands of the demo; production refuses them."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import click
from flask import current_app
from flask.cli import AppGroup

from core import clock, schema
from core.commands import EXIT_USAGE, domain_errors, print_json, progress
from exam.demo import rehearsals, services

commands = AppGroup("demo", help="The invented history, its accounts, and rehearsals (never in production).")


@commands.command("load")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@domain_errors
def load(*, as_json: bool) -> None:
    """Load the demo's history, accounts and open rehearsal; a repeat changes nothing."""
    _ready_in_demo()
    demo = services.load(now=clock.now(), showing=partial(progress, "演示数据"))
    if as_json:
        print_json(asdict(demo) | {"password_file": str(demo.password_file)})
        return
    click.echo(f"演示数据：{demo.people} 人，{demo.sessions} 场，{demo.sittings} 人次。")
    click.echo(f"演示账号：{'、'.join(demo.accounts)}；密码见 {demo.password_file}")


@commands.command("session")
@click.option("--candidates", type=int, default=1, show_default=True, help="How many fresh accounts.")
@click.option("--minutes", type=int, help="Time allowed; that of the default paper unless given.")
@click.option(
    "--grace",
    "grace_seconds",
    type=int,
    default=rehearsals.GRACE_SECONDS,
    show_default=True,
    help="Seconds after the deadline in which what is on its way still counts.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@domain_errors
def session(*, candidates: int, minutes: int | None, grace_seconds: int, as_json: bool) -> None:
    """Make a rehearsal that is open now, with fresh accounts that have the demo password."""
    _ready_in_demo()
    made = rehearsals.make_rehearsal(
        candidates=candidates, minutes=minutes, grace_seconds=grace_seconds, now=clock.now()
    )
    if as_json:
        listed = [{"username": username, "sitting": str(sitting)} for username, sitting in made.candidates]
        print_json({"session": str(made.session_id), "candidates": listed})
        return
    click.echo(f"演练场次 {made.session_id}")
    for username, sitting in made.candidates:
        click.echo(f"{username}  /sittings/{sitting}")


def _ready_in_demo() -> None:
    """Refuse in production; in demo, bring an empty database up to date first."""
    if not current_app.config["SETTINGS"].is_demo:
        click.echo(
            "The demo is not available in production; set KAOFA_ENV=demo and a database of its own.", err=True
        )
        raise SystemExit(EXIT_USAGE)
    schema.bring_up_to_date()
