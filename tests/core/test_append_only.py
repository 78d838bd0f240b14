"""Rows that the law looks back at cannot be changed, deleted or truncated, whoever asks the database."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core import clock
from core.actor import Actor
from core.audit.services import record
from core.db import db, transaction


def an_entry():
    with transaction():
        record("tested", "thing", 1, actor=Actor.command(), now=clock.now(), detail_of="the test")


def run(statement: str) -> None:
    with transaction() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'forged'", "DELETE FROM audit_entry"])
def test_a_fact_row_cannot_be_changed_or_deleted(either_app, statement):
    an_entry()
    with pytest.raises(IntegrityError, match="append-only"):
        run(statement)


def test_an_update_that_changes_nothing_passes(either_app):
    an_entry()
    run("UPDATE audit_entry SET action = action")
    assert db.session.scalar(text("SELECT action FROM audit_entry")) == "tested"


@pytest.mark.postgresql
def test_a_fact_table_cannot_be_truncated(postgres_app):
    an_entry()
    with pytest.raises(IntegrityError, match="append-only"):
        run("TRUNCATE audit_entry")
