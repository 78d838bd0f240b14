"""Two roles on PostgreSQL: one owns the tables and migrates them, the application uses another (ADR 5).

Who owns a table can switch its triggers off, truncate or drop it. So in production the application's role owns
nothing and may do no more than it needs; migrations run with the owner's rights and give it that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate.cli import db as database_commands
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import NullPool

from core.commands import EXIT_NO, EXIT_USAGE, print_json
from core.db import db

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from config import Settings

VERSION_TABLE = "alembic_version"
MAY_NOT = text("""
SELECT what FROM (
  SELECT 1 AS place, 'is a superuser' AS what FROM pg_roles WHERE rolname = current_user AND rolsuper
  UNION ALL
  SELECT 2, 'may create roles' FROM pg_roles WHERE rolname = current_user AND rolcreaterole AND NOT rolsuper
  UNION ALL
  SELECT 3, 'may create in the schema public' WHERE has_schema_privilege('public', 'CREATE')
  UNION ALL
  SELECT 4, 'owns ' || relname FROM pg_class
   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
     AND pg_has_role(relowner, 'MEMBER')
  UNION ALL
  SELECT 5, 'owns the function ' || proname FROM pg_proc
   WHERE pronamespace = 'public'::regnamespace AND pg_has_role(proowner, 'MEMBER')
  UNION ALL
  SELECT 6, 'may ' || lower(privilege) || ' ' || relname
    FROM pg_class, unnest(ARRAY['TRUNCATE', 'TRIGGER', 'DELETE']) AS privilege
   WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
     AND (privilege <> 'DELETE' OR relname = ANY(:facts))
     AND has_table_privilege(oid, privilege)
) AS excess ORDER BY place, what
""")
MISSING = text("""
SELECT 'may not ' || lower(privilege) || ' ' || relname
  FROM pg_class, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
   AND (relname <> :version OR privilege = 'SELECT')
   AND (privilege <> 'DELETE' OR NOT relname = ANY(:facts))
   AND NOT has_table_privilege(oid, privilege)
 ORDER BY 1
""")


def owner_engine(settings: Settings) -> Engine:
    """An engine with the owner's rights, or the application's where no owner is named."""
    if settings.owner_database_url is None:
        return db.engine
    return create_engine(settings.owner_database_url, poolclass=NullPool, hide_parameters=True)


def grant(connection: Connection, settings: Settings) -> None:
    """Give the application's role what it needs and take what it does not, with the owner's rights.

    UPDATE is needed on append-only tables too: a row lock asks for it, and so does the repeat of an answer that
    is saved already. Their triggers refuse every change, and only the owner could switch them off.
    """
    role = make_url(settings.database_url).username or ""
    quote = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]  # sqlalchemy's own
    name = quote(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"REVOKE INSERT, UPDATE ON {VERSION_TABLE} FROM {name}",
    ):
        connection.execute(text(statement))
    facts = set(_facts())
    present = connection.scalars(
        text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
    )
    for table in sorted(set(present) - facts):
        connection.execute(text(f"GRANT DELETE ON {quote(table)} TO {name}"))


def excesses() -> list[str]:
    """What the application's role may do beyond its need, in words; none on SQLite, which has no roles."""
    if db.engine.dialect.name == "sqlite":
        return []
    with db.engine.connect() as connection:
        return list(connection.scalars(MAY_NOT, {"facts": _facts()}))


def shortcomings() -> list[str]:
    """What the application's role needs and may not do, in words."""
    if db.engine.dialect.name == "sqlite":
        return []
    with db.engine.connect() as connection:
        return list(connection.scalars(MISSING, {"facts": _facts(), "version": VERSION_TABLE}))


def _facts() -> list[str]:
    """The tables from which the application deletes nothing."""
    append_only = [t.name for t in db.metadata.tables.values() if t.info.get("append_only")]
    return [*append_only, VERSION_TABLE]


@click.command("grants")
@click.option("--apply", is_flag=True, help="Give the application's role what it needs, as the owner.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@with_appcontext
def grants_command(*, apply: bool, as_json: bool) -> None:
    """Say what the application's database role may do that it should not, or lacks. Exit 1 if anything."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.is_sqlite:
        click.echo("SQLite has no roles; keep its file readable by the site's user alone.", err=True)
        raise SystemExit(EXIT_USAGE)
    if apply:
        if settings.owner_database_url is None:
            click.echo("Set KAOFA_OWNER_DATABASE_URL to the role that owns the tables.", err=True)
            raise SystemExit(EXIT_USAGE)
        with owner_engine(settings).begin() as connection:
            grant(connection, settings)
    role, too_much, too_little = make_url(settings.database_url).username, excesses(), shortcomings()
    if as_json:
        print_json({"role": role, "excess": too_much, "missing": too_little})
    else:
        for line in (*too_much, *too_little):
            click.echo(f"{role} {line}")
        if not (too_much or too_little):
            click.echo(f"{role} may do what the application needs and no more.")
    if too_much or too_little:
        raise SystemExit(EXIT_NO)


database_commands.add_command(grants_command)
