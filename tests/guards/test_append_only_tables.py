"""Every table that a model marks append-only refuses changes of each of its columns, deletion and truncation."""

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
    with pytest.raises(IntegrityError, match="append-only"), connection.begin_nested():
        connection.execute(statement)


def test_some_tables_are_marked():
    assert {"answer_event", "audit_entry", "result_revision", "posting"} <= {t.name for t in TABLES}


def test_they_refuse_every_change(either_app):
    with db.engine.connect() as connection:
        loosen(connection)
        for table in TABLES:
            connection.execute(insert(table).values({c.name: value(c, 0) for c in table.columns}))
        for table in TABLES:
            for column in table.columns:
                if value(column, 0) != value(column, 1):
                    refused(connection, update(table).values({column.name: value(column, 1)}))
            refused(connection, delete(table))
            if connection.dialect.name == "postgresql":
                refused(connection, text(f"TRUNCATE {table.name}"))
        connection.rollback()


def test_every_trigger_names_its_table(either_app):
    known = set(inspect(db.engine).get_table_names())
    assert {t.name for t in TABLES} <= known
