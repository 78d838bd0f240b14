"""`make run`: from a bare checkout to the open site. Migrates, loads the demo on first use, says where, serves.

Never reads stdin. In production nothing is loaded and no account is made.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from core import clock
from core.commands import EXIT_USAGE, progress
from core.db import release_connections
from exam import serving
from exam.demo.services import load
from wsgi import app

if TYPE_CHECKING:
    from config import Settings


def main() -> None:
    """Open the site; exit 2 with one sentence when it cannot be opened as things stand."""
    settings: Settings = app.config["SETTINGS"]
    try:
        serving.check_port(settings)
        serving.make_ready(app)
    except serving.CannotServe as error:
        click.echo(str(error), err=True)
        raise SystemExit(EXIT_USAGE) from None
    accounts: tuple[str, ...] = ()
    if settings.is_demo:
        with app.app_context():
            accounts = load(now=clock.now(), showing=partial(progress, "Loading the demo")).accounts
            release_connections()
    click.echo(f"考法 (kaofa) is open at {serving.address_of(settings)}")
    if accounts:
        click.echo(f"Demo accounts: {', '.join(accounts)}")
        click.echo(f"Their password is in {settings.demo_password_file}")
    click.echo("Ctrl+C ends it.")
    serving.serve(settings)


if __name__ == "__main__":
    main()
