"""docs/access.md: who may enter which route, written from the route table and held current by a test."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext

from core.actor import ROLE_PERMISSIONS, Permission
from core.commands import EXIT_NO
from core.web.guards import FRAMEWORK_ENDPOINTS, Access, access_of

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

INTRODUCTION = """# Who may enter

Written by `flask --app wsgi access` from the route table; a test holds it current. A route that does not say
who may enter stops the start (ADR 6). Which rows a permission reaches is decided in queries, by the units of
the grant. Files under `/static` are public.
"""
METHODS_OF_EVERY_ROUTE = frozenset({"HEAD", "OPTIONS"})


@click.command("access")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 when the page is not current.")
@with_appcontext
def access_command(*, check: bool) -> None:
    """Write docs/access.md from the route table."""
    path = page_path()
    text = access_page(current_app)
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    if check:
        click.echo("docs/access.md is not current; run: flask --app wsgi access", err=True)
        sys.exit(EXIT_NO)
    path.write_text(text, encoding="utf-8")
    click.echo(f"written: {path}")


def page_path() -> Path:
    """Where the page lies in the running application's folder."""
    return Path(current_app.root_path) / "docs" / "access.md"


def access_page(app: Flask) -> str:
    """The whole page: every route by address, then which roles carry which permission."""
    lines = [INTRODUCTION, "## Routes", "", "| address | methods | who | why |", "|---|---|---|---|"]
    lines += [
        _route_line(app, rule) for rule in sorted(app.url_map.iter_rules(), key=_order) if _listed(rule)
    ]
    lines += ["", "## Permissions", "", "| permission | roles |", "|---|---|"]
    for permission in Permission:
        roles = ", ".join(role.value for role, held in ROLE_PERMISSIONS.items() if permission in held)
        lines.append(f"| `{permission}` | {roles} |")
    return "\n".join(lines) + "\n"


def _listed(rule: Rule) -> bool:
    return rule.endpoint not in FRAMEWORK_ENDPOINTS


def _order(rule: Rule) -> tuple[str, list[str]]:
    return rule.rule, sorted(rule.methods or ())


def _route_line(app: Flask, rule: Rule) -> str:
    access = access_of(app, rule.endpoint)
    methods = ", ".join(sorted((rule.methods or set()) - METHODS_OF_EVERY_ROUTE))
    address = rule.rule.replace("|", "\\|")
    return f"| `{address}` | {methods} | {_who(access)} | {access.why if access else ''} |"


def _who(access: Access | None) -> str:
    if access is None:
        return "**nobody**"
    return f"`{access.permission}`" if access.permission else access.kind
