"""Migrations make exactly the models' tables, on both databases, and go back to nothing."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, update
from sqlalchemy.exc import IntegrityError

from core import schema
from core.db import db
from question_bank.items import pool, queries
from question_bank.items.models import ItemVersion
from question_bank.items.rules import QuestionType
from tests.factories.bank import NOW, make_draft, make_item


def differences() -> list[object]:
    def include(_object, name, kind, _reflected, _compared):
        return not (kind == "table" and name == "alembic_version")

    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": include, "target_metadata": db.metadata}
        )
        return compare_metadata(context, db.metadata)


def test_the_migrations_make_the_models_tables(either_app):
    assert differences() == []


def test_they_go_back_to_nothing_and_forth_again(either_app):
    downgrade(revision="base")
    db.session.remove()
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    assert not schema.is_current()
    upgrade()
    assert schema.is_current()
    assert differences() == []


def test_a_current_database_is_left_alone(either_app):
    assert schema.bring_up_to_date() is False
    downgrade(revision="base")
    assert schema.bring_up_to_date() is True
    assert schema.is_current()


def test_the_bank_comes_through_the_migrations_of_its_types(either_app):
    draft = make_draft(QuestionType.TRUE_FALSE)
    _, version = make_item(draft=draft)
    db.session.remove()  # a reader would hold the tables
    downgrade(revision="0004")
    upgrade()
    stored = queries.latest_version(version.item_id)
    assert (stored.id, queries.draft_of(stored)) == (version.id, draft)
    assert len(pool.pool(NOW.date())) == 1
    with pytest.raises(IntegrityError, match="append-only"), db.engine.begin() as connection:
        connection.execute(update(ItemVersion).values(stem="另一种写法"))
