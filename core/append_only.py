"""Triggers that refuse to change or delete what the law looks back at.

`protect_statements` makes a whole table append-only. `guard_statements` is for rows of which a part may change:
a sitting runs through its states, but its start is written once. An update that changes nothing passes: the
repeat of an acknowledged answer is an upsert of equal values.

On SQLite `REPLACE` would delete a row without asking its triggers, were not `recursive_triggers` on for each
connection (`core.db.prepare_sqlite`).
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class RowGuard:
    """What of a table's rows may never change, as its model says it under `info={"guard": …}`.

    `fixed` columns keep their first value; `once` columns change from NULL to a value and never again;
    `earlier` columns (days) may be set and then only be brought forward. `resealed` columns change together or
    not at all: they hold one secret, encrypted anew under another key. `deletable` is the condition, over `OLD`,
    under which a row may be deleted.
    """

    fixed: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    resealed: tuple[str, ...] = ()
    deletable: str = ""


def guard_statements(dialect: str, table: str, guard: RowGuard) -> list[str]:
    """The DDL, in order, that puts the guard on `table`."""
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    refused = [
        *(f'OLD."{c}" {differs} NEW."{c}"' for c in guard.fixed),
        *(f'(OLD."{c}" IS NOT NULL AND OLD."{c}" {differs} NEW."{c}")' for c in guard.once),
        *(f'(OLD."{c}" IS NOT NULL AND (NEW."{c}" IS NULL OR NEW."{c}" > OLD."{c}"))' for c in guard.earlier),
    ]
    if guard.resealed:
        changed = [f'OLD."{c}" {differs} NEW."{c}"' for c in guard.resealed]
        refused.append(f"(({' OR '.join(changed)}) AND NOT ({' AND '.join(changed)}))")
    change, deletion = " OR ".join(refused), guard.deletable and f"NOT ({guard.deletable})"
    if dialect == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, 'table {table} is append-only in part'); END"
        when = f"WHEN {deletion} " if deletion else ""
        return [
            f"CREATE TRIGGER {table}_guard_update BEFORE UPDATE ON {table} WHEN {change} {refuse}",
            f"CREATE TRIGGER {table}_guard_delete BEFORE DELETE ON {table} {when}{refuse}",
        ]
    refuse = "EXECUTE FUNCTION refuse_change()"
    when = f"WHEN ({deletion}) " if deletion else ""
    return [
        FUNCTION,
        f"CREATE TRIGGER {table}_guard_update BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({change}) {refuse}",
        f"CREATE TRIGGER {table}_guard_delete BEFORE DELETE ON {table} FOR EACH ROW {when}{refuse}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {refuse}",
    ]


def unguard_statements(dialect: str, table: str) -> list[str]:
    """The DDL that takes the guard off `table` again."""
    names = [f"{table}_guard_update", f"{table}_guard_delete"]
    if dialect == "sqlite":
        return [f"DROP TRIGGER {name}" for name in names]
    return [f"DROP TRIGGER {name} ON {table}" for name in [*names, f"{table}_no_truncate"]]
