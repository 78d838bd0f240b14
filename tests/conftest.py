"""What every test stands on: a database cloned from a migrated template, an application, a client.

SQLite needs nothing. PostgreSQL is used where a server answers; where none does, its tests are skipped with
one line that says how to get it, and fail instead under KAOFA_TEST_STRICT=1.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from flask_migrate import upgrade
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import make_url

from config import Environment, Settings
from exam.app import create_app
from tests import hashing, ordering
from tests.applications import Applications, build, dispose
from tests.examples import PROFILE, examples
from tests.server import environment, python
from tests.shared import DATABASE, made_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

    from tests.client import SiteClient

pytest_plugins = ["tests.cpu"]

POSTGRES_URL = os.environ.get(
    "KAOFA_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)
MEMORY_WANTED = 2**31
STRICT = os.environ.get("KAOFA_TEST_STRICT") == "1"

hypothesis_settings.register_profile(
    "kaofa",
    max_examples=examples(),
    deadline=None,
    derandomize=PROFILE == "ci",
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("kaofa")

ordering.watch()
hashing.make_cheap()


def pytest_configure() -> None:
    """Databases of tests lie in memory where there is room: what a commit waits for is then not the disk."""
    memory = Path("/dev/shm")
    if "TMPDIR" not in os.environ and memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_WANTED:
        os.environ["TMPDIR"] = str(memory)


def missing(what: str, how: str) -> None:
    """Skip a test whose browser or server is missing, or fail it where that is not allowed."""
    sentence = f"{what} is missing: {how}"
    if STRICT:
        pytest.fail(sentence)
    pytest.skip(sentence)


def settings_for(home: Path, database_url: str | None = None) -> Settings:
    return Settings(
        environment=Environment.DEMO,
        home=home,
        database_url=database_url or f"sqlite:///{home / DATABASE}",
        secret_key="a secret for tests only, long enough",
        data_key=b"0123456789abcdef0123456789abcdef",
        testing=True,
    )


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database, made once."""

    def migrate(home: Path) -> None:
        app = create_app(settings_for(home))
        with app.app_context():
            upgrade()
        dispose(app)

    return made_once(tmp_path_factory, "empty", migrate) / DATABASE


@pytest.fixture
def sqlite_settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    shutil.copy(sqlite_template, tmp_path / DATABASE)
    return settings_for(tmp_path)


class PostgresServer:
    """Makes and drops databases with random names on the server of KAOFA_TEST_POSTGRES_URL."""

    def __init__(self) -> None:
        url = make_url(POSTGRES_URL)
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self.connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=3)
        self._made: list[str] = []

    def create(self, template: str | None = None) -> str:
        name = f"kaofa_test_{secrets.token_hex(6)}"
        self.connection.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        self._made.append(name)
        return name

    def drop(self, name: str) -> None:
        self.connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        with suppress(ValueError):
            self._made.remove(name)

    def url(self, name: str) -> str:
        return make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)

    def close(self) -> None:
        for name in list(self._made):
            self.drop(name)
        self.connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    try:
        server = PostgresServer()
    except psycopg.OperationalError:
        missing(
            "PostgreSQL", "start a server and set KAOFA_TEST_POSTGRES_URL to a role that may create databases"
        )
        raise
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    name = postgres_server.create()
    app = create_app(settings_for(tmp_path_factory.mktemp("pg"), postgres_server.url(name)))
    with app.app_context():
        upgrade()
    dispose(app)
    return name


@pytest.fixture
def two_roles(postgres_server: PostgresServer) -> Iterator[dict[str, str]]:
    """The variables of an empty PostgreSQL database that one role owns and another uses."""
    roles = {"KAOFA_OWNER_DATABASE_URL": "owner", "KAOFA_DATABASE_URL": "app"}
    roles = {variable: f"kaofa_{what}_{secrets.token_hex(4)}" for variable, what in roles.items()}
    for role in roles.values():
        postgres_server.connection.execute(f"CREATE ROLE {role} LOGIN")
    name = postgres_server.create()
    postgres_server.connection.execute(f"ALTER DATABASE {name} OWNER TO {roles['KAOFA_OWNER_DATABASE_URL']}")
    url = make_url(postgres_server.url(name))
    yield {
        variable: url.set(username=role).render_as_string(hide_password=False)
        for variable, role in roles.items()
    }
    postgres_server.drop(name)
    for role in roles.values():
        postgres_server.connection.execute(f"DROP ROLE {role}")


EMPTIED = """
DO $$
DECLARE
    named regclass;
    holds_rows boolean;
BEGIN
    PERFORM pg_terminate_backend(pid)
        FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
    -- Neither foreign keys nor the triggers of append-only tables stand in the way.
    SET LOCAL session_replication_role = replica;
    FOR named IN
        SELECT oid FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', named) INTO holds_rows;
        IF holds_rows THEN
            EXECUTE format('DELETE FROM %s', named);
        END IF;
    END LOOP;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
END $$
"""


@pytest.fixture(scope="session")
def postgres_emptied(
    postgres_server: PostgresServer, postgres_template: str
) -> Iterator[Callable[[], str] | None]:
    """Empties a database that the tests of a worker use in turn, and gives its name: a tenth of a new one's time.

    None where the role is not a superuser: it may not switch the triggers off.
    """
    row = postgres_server.connection.execute(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if not (row and row[0]):
        yield None
        return
    name = postgres_server.create(template=postgres_template)
    url = make_url(postgres_server.url(name)).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:

        def emptied() -> str:
            connection.execute(EMPTIED)
            return name

        yield emptied


@pytest.fixture
def postgres_settings(
    postgres_server: PostgresServer,
    postgres_template: str,
    postgres_emptied: Callable[[], str] | None,
    tmp_path: Path,
) -> Iterator[Settings]:
    """Settings for an empty PostgreSQL database; what an earlier test left open on it is closed."""
    if postgres_emptied:
        yield settings_for(tmp_path, postgres_server.url(postgres_emptied()))
        return
    name = postgres_server.create(template=postgres_template)
    yield settings_for(tmp_path, postgres_server.url(name))
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once a worker instead of once an application."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def make_app(compiled_templates: FileSystemBytecodeCache) -> Iterator[Callable[[Settings], Flask]]:
    """Builds applications of a test's own, for settings that differ, and closes their connections afterwards."""
    made: list[Flask] = []

    def make(settings: Settings, **changes: object) -> Flask:
        app = build(replace(settings, **changes) if changes else settings, compiled_templates)
        made.append(app)
        return app

    yield make
    for app in made:
        dispose(app)


@pytest.fixture(scope="session")
def applications(compiled_templates: FileSystemBytecodeCache) -> Applications:
    """One application for each database, which the tests of a worker take in turn."""
    return Applications(compiled_templates)


@pytest.fixture
def app(sqlite_settings: Settings, applications: Applications) -> Iterator[Flask]:
    """The application on an empty SQLite database, with its context pushed."""
    with applications.lent(sqlite_settings) as app, app.app_context():
        yield app


@pytest.fixture
def postgres_app(postgres_settings: Settings, applications: Applications) -> Iterator[Flask]:
    """The application on an empty PostgreSQL database, with its context pushed."""
    with applications.lent(postgres_settings) as app, app.app_context():
        yield app


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def either_app(request: pytest.FixtureRequest) -> Flask:
    """The application on each of the two databases in turn."""
    return request.getfixturevalue("app" if request.param == "sqlite" else "postgres_app")


@pytest.fixture
def client(app: Flask) -> SiteClient:
    return app.test_client()


@pytest.fixture(scope="session")
def demo_loaded_now(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance folder of a demo that its command has loaded by the present clock; to be read alone."""

    def load(home: Path) -> None:
        done = python(
            "-m", "flask", "--app", "wsgi", "demo", "load", "--json", env=environment(home), timeout=600
        )
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "demo-now", load)


@pytest.fixture(scope="session")
def demo_home(demo_loaded_now: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder of the worker's own with the demo as its command has loaded it."""
    return shutil.copytree(demo_loaded_now, tmp_path_factory.mktemp("site") / "home")
