"""The database's schema: whether it is the one that this code needs, and bringing it there."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import inspect, text

from core.db import db, write_gate

if TYPE_CHECKING:
    from collections.abc import Iterator

MIGRATION_LOCK = 510500
"""The advisory lock under which one of several starting nodes migrates a PostgreSQL database."""


def present_revision() -> str | None:
    """The revision that the database stands at; None when it was never migrated. One or two small reads."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def is_current() -> bool:
    """Whether the database stands at the revision that this code needs."""
    return present_revision() == _head(_directory())


def bring_up_to_date() -> bool:
    """Migrate where the database is not at the newest revision; whether anything was done."""
    if is_current():
        return False
    with _alone():
        if is_current():
            return False
        upgrade()
    return True


@contextmanager
def _alone() -> Iterator[None]:
    """No other process migrates or writes meanwhile."""
    gate = write_gate()
    if gate is not None:
        with gate():
            yield
        return
    with db.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()


def _directory() -> Path:
    return Path(current_app.extensions["migrate"].directory)


@cache
def _head(directory: Path) -> str | None:
    return ScriptDirectory(str(directory)).get_current_head()
