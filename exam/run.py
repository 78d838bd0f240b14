"""`make run`: from a bare checkout to the open site. Migrates, loads the demo on first use, says where, serves.

Never reads stdin. In production nothing is loaded and no account is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import ScriptInfo
from sqlalchemy import select

from core.actor import Role
from core.commands import EXIT_USAGE
from core.db import db
from core.people.models import Account
from exam import serving
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
    if settings.is_demo:
        app.cli.main(["demo", "load"], "flask", standalone_mode=False, obj=ScriptInfo(create_app=lambda: app))
    with app.app_context():
        accounts = _demo_accounts()
    serving.release_connections(app)
    click.echo(f"\n考法 (kaofa) is open at {serving.address_of(settings)}")
    if accounts:
        click.echo(f"Demo accounts: {', '.join(accounts)}")
        click.echo(f"Their password is in {settings.demo_password_file}")
    click.echo("Ctrl+C ends it.")
    serving.serve(settings)


def _demo_accounts() -> list[str]:
    """The demo accounts that have a role's name, in the order of the roles."""
    names = [role.value for role in Role]
    found = set(
        db.session.scalars(select(Account.username).where(Account.is_demo, Account.username.in_(names)))
    )
    return [name for name in names if name in found]


if __name__ == "__main__":
    main()
