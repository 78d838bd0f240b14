"""Moving the past of a row that the database guards: what hours of waiting would make true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text, update

from core.append_only import guard_statements, unguard_statements
from core.db import transaction

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from core.db import Base


def rewrite(model: type[Base], *where: ColumnElement[bool], **values: object) -> None:
    """Set columns of a guarded table's rows whatever the guard says; it stands again afterwards."""
    with transaction() as session:
        dialect, table = session.connection().dialect.name, model.__table__
        for statement in unguard_statements(dialect, table.name):
            session.execute(text(statement))
        session.execute(update(model).where(*where).values(**values))
        for statement in guard_statements(dialect, table.name, table.info["guard"]):
            session.execute(text(statement))
