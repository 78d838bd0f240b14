"""Many rows of a table at once, ready for the driver before the transaction that writes them begins.

Converting values takes longer than storing them; on SQLite every other writer waits meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, insert
from sqlalchemy.dialects import sqlite

from core.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from core.db import Base

AT_ONCE = 2000


class BulkInsert:
    """Inserts rows of these columns, all of which each row names."""

    def __init__(self, model: type[Base], columns: Iterable[str]) -> None:
        dialect = db.session.get_bind().dialect
        table = model.__table__
        assert isinstance(table, Table)
        self._columns = tuple(columns)
        self._converters: dict[str, Callable[[Any], Any]] = {}
        for name in self._columns:
            convert = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                self._converters[name] = convert
        # Both drivers take rows by name then.
        written = sqlite.dialect(paramstyle="named") if dialect.name == "sqlite" else dialect
        self._statement = str(insert(table).compile(dialect=written, column_keys=self._columns))

    def ready(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row as the driver takes it; fields that it lacks are put in before it is written."""
        return {
            name: self._converters[name](value) if name in self._converters else value
            for name, value in row.items()
        }

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Write rows that are ready and whole; inside a transaction."""
        connection = db.session.connection()
        for start in range(0, len(rows), AT_ONCE):
            connection.exec_driver_sql(self._statement, rows[start : start + AT_ONCE])
