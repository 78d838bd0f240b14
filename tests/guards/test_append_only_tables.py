"""Every table that a model marks append-only refuses changes of each of its columns, deletion and truncation;
every table whose rows are guarded in part refuses what its guard names, and lets pass what it does not."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import JSON, Boolean, Date, Enum, Integer, LargeBinary, delete, insert, inspect, text, update
from sqlalchemy.exc import IntegrityError

from core.db import UtcDateTime, UuidText, db

TABLES = sorted(
    (table for table in db.metadata.tables.values() if table.info.get("append_only")), key=lambda t: t.name
)
GUARDED = sorted(
    (table for table in db.metadata.tables.values() if table.info.get("guard")), key=lambda t: t.name
)
REFUSED = "append-only"
VALUES = (
    (Boolean, (False, True)),
    (Integer, (1, 2)),
    (Date, (date(2026, 1, 1), date(2026, 1, 2))),
    (UtcDateTime, (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))),
    (UuidText, (uuid.UUID(int=1), uuid.UUID(int=2))),
    (LargeBinary, (b"a", b"b")),
    (JSON, ({"which": 1}, {"which": 2})),
)


def value(column, which: int):
    """One of two different values that fit the column."""
    kind = column.type
    if isinstance(kind, Enum):
        return list(kind.enum_class)[which % len(kind.enum_class)]
    for known, values in VALUES:
        if isinstance(kind, known):
            return values[which]
    return "ab"[which]


def loosen(connection) -> None:
    """Rows without their neighbours: what is tested here are the triggers alone."""
    if connection.dialect.name == "sqlite":
        for pragma in ("foreign_keys=OFF", "ignore_check_constraints=ON"):
            connection.connection.driver_connection.execute(f"PRAGMA {pragma}")
        return
    rows = connection.execute(
        text(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint "
            "WHERE contype IN ('f', 'c') AND conrelid <> 0 AND connamespace = 'public'::regnamespace"
        )
    ).all()
    for table, constraint in rows:
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"')


def refused(connection, statement) -> None:
    with pytest.raises(IntegrityError, match=REFUSED), connection.begin_nested():
        connection.execute(statement)


def first_row(table) -> dict:
    return {c.name: value(c, 0) for c in table.columns}


def change(table, **values):
    return update(table).values(values)


def test_some_tables_are_marked():
    assert {"answer_event", "audit_entry", "result_revision", "posting"} <= {t.name for t in TABLES}


def test_they_refuse_every_change(either_app):
    with db.engine.connect() as connection:
        loosen(connection)
        for table in TABLES:
            connection.execute(insert(table).values(first_row(table)))
        for table in TABLES:
            for column in table.columns:
                if value(column, 0) != value(column, 1):
                    refused(connection, update(table).values({column.name: value(column, 1)}))
            refused(connection, delete(table))
            if connection.dialect.name == "postgresql":
                refused(connection, text(f"TRUNCATE {table.name}"))
            else:
                other = {c.name: value(c, 0 if c.primary_key else 1) for c in table.columns}
                if other != first_row(table):
                    refused(connection, insert(table).prefix_with("OR REPLACE").values(other))
        connection.rollback()


def test_guarded_rows_keep_what_may_not_change(either_app):
    with db.engine.connect() as connection:
        loosen(connection)
        for table in GUARDED:
            guard = table.info["guard"]
            row = first_row(table) | dict.fromkeys((*guard.once, *guard.earlier))
            connection.execute(insert(table).values(row))
            for name in guard.fixed:
                if value(table.c[name], 0) != value(table.c[name], 1):
                    refused(connection, change(table, **{name: value(table.c[name], 1)}))
            for name in guard.once:
                connection.execute(change(table, **{name: value(table.c[name], 0)}))
                refused(connection, change(table, **{name: value(table.c[name], 1)}))
                refused(connection, change(table, **{name: None}))
            for name in guard.earlier:
                connection.execute(change(table, **{name: value(table.c[name], 1)}))
                refused(connection, change(table, **{name: None}))
                connection.execute(change(table, **{name: value(table.c[name], 0)}))
                refused(connection, change(table, **{name: value(table.c[name], 1)}))
            for name in guard.resealed:
                refused(connection, change(table, **{name: value(table.c[name], 1)}))
            if guard.resealed:
                connection.execute(change(table, **{n: value(table.c[n], 1) for n in guard.resealed}))
            free = {c.name for c in table.columns} - {
                *guard.fixed,
                *guard.once,
                *guard.earlier,
                *guard.resealed,
            }
            for name in sorted(free):
                connection.execute(change(table, **{name: value(table.c[name], 1)}))
            refused(connection, delete(table))
            if connection.dialect.name == "postgresql":
                refused(connection, text(f"TRUNCATE {table.name} CASCADE"))
        connection.rollback()


def test_sittings_persons_and_grants_are_guarded():
    names = {table.name for table in GUARDED}
    assert {"sitting", "person", "role_grant"} <= names
    assert "started_at" in db.metadata.tables["sitting"].info["guard"].once


def test_every_trigger_names_its_table(either_app):
    known = set(inspect(db.engine).get_table_names())
    assert {t.name for t in TABLES} <= known
