"""Triggers that refuse to change or delete a row of a table that the law looks back at.

An update that changes nothing passes: the repeat of an acknowledged answer is an upsert of equal values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def protect_statements(dialect: str, table: str, columns: Sequence[str]) -> list[str]:
    """The DDL, in order, that makes `table` append-only; `columns` are all its columns."""
    if dialect == "sqlite":
        changed = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in columns)
        refuse = f"SELECT RAISE(ABORT, 'table {table} is append-only')"
        return [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN {changed} BEGIN {refuse}; END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse}; END",
        ]
    return [
        FUNCTION,
        (
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW "
            "WHEN ((OLD.*)::text IS DISTINCT FROM (NEW.*)::text) EXECUTE FUNCTION refuse_change()"
        ),
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()",
    ]
