"""Runs migrations with the rights of the tables' owner, and then gives the application's role what it needs."""

from __future__ import annotations

from alembic import context
from flask import current_app

from core.database_roles import grant, owner_engine
from core.db import db


def include_object(
    _object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object
) -> bool:
    return not (kind == "table" and name == "alembic_version")


def run() -> None:
    options = {
        k: v for k, v in current_app.extensions["migrate"].configure_args.items() if k != "render_as_batch"
    }
    settings = current_app.config["SETTINGS"]
    with owner_engine(settings).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_object=include_object,
            **options,
        )
        with context.begin_transaction():
            context.run_migrations()
            if settings.owner_database_url is not None:
                grant(connection, settings)


run()
