"""On PostgreSQL the application's role owns nothing, may do what it needs, and cannot get round append-only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask_migrate import upgrade
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from core import clock, database_roles
from core.actor import Actor
from core.audit.services import record
from core.db import db, transaction
from tests.conftest import settings_for

pytestmark = pytest.mark.postgresql


@pytest.fixture
def app_of_two_roles(two_roles, tmp_path, make_app):
    """An application on a database that its owner has migrated."""
    settings = replace(
        settings_for(tmp_path, two_roles["KAOFA_DATABASE_URL"]),
        owner_database_url=two_roles["KAOFA_OWNER_DATABASE_URL"],
    )
    app = make_app(settings)
    with app.app_context():
        upgrade()
        yield app


def test_migrations_give_the_role_what_it_needs_and_no_more(app_of_two_roles):
    assert database_roles.excesses() == []
    assert database_roles.shortcomings() == []
    with transaction():
        record("tested", "thing", 1, actor=Actor.command(), now=clock.now())


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_entry_no_update ON audit_entry",
        "TRUNCATE audit_entry",
        "DELETE FROM audit_entry",
        "DROP TABLE audit_entry",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_the_role_cannot_get_round_append_only(app_of_two_roles, statement):
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        db.engine.begin() as connection,
    ):
        connection.execute(text(statement))


def test_the_command_names_what_is_too_much_and_mends_what_lacks(app_of_two_roles):
    run = app_of_two_roles.test_cli_runner().invoke
    settings = app_of_two_roles.config["SETTINGS"]
    role = make_url(settings.database_url).username
    assert run(args=["db", "grants"]).exit_code == 0
    with database_roles.owner_engine(settings).begin() as owner:
        owner.execute(text(f"GRANT TRUNCATE, DELETE ON audit_entry TO {role}"))
        owner.execute(text(f"REVOKE INSERT ON sitting FROM {role}"))
    told = run(args=["db", "grants"])
    assert told.exit_code == 1
    assert told.stdout.splitlines() == [
        f"{role} may delete audit_entry",
        f"{role} may truncate audit_entry",
        f"{role} may not insert sitting",
    ]
    assert run(args=["db", "grants", "--apply"]).exit_code == 0


def test_a_single_role_that_owns_everything_is_named(postgres_app):
    found = database_roles.excesses()
    assert "owns audit_entry" in found
    assert "is a superuser" in found
