"""The loaded demo, which is slow to make: once in a run, then copied."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.jobs import children
from core.jobs.bounds import Bounds
from core.jobs.work import Stop
from exam import background
from exam.app import create_app
from exam.background import Lane
from exam.demo import services
from tests.applications import dispose
from tests.conftest import settings_for
from tests.shared import DATABASE, made_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask

    from config import Settings
    from core.jobs.work import Work
    from tests.applications import Applications

LOADED_AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
"""Nine o'clock in Shanghai: the invented history's today."""


@pytest.fixture(scope="session")
def demo_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance folder of a demo loaded at `LOADED_AT`; to be read alone."""

    def load(home: Path) -> None:
        shutil.copy(sqlite_template, home / DATABASE)
        app = create_app(settings_for(home))
        with app.app_context():
            services.load(now=LOADED_AT)
        dispose(app)

    return made_once(tmp_path_factory, "demo", load)


@pytest.fixture
def demo_settings(demo_template: Path, tmp_path: Path) -> Settings:
    return settings_for(shutil.copytree(demo_template, tmp_path / "demo"))


@pytest.fixture
def demo_app(demo_settings: Settings, applications: Applications) -> Iterator[Flask]:
    """The application on a copy of the loaded demo, with its context pushed."""
    with applications.lent(demo_settings) as app, app.app_context():
        yield app


class DoneHere:
    """A piece of work that was done in this process, as if by a child."""

    def __init__(self, act: Callable[[], None], _bounds: Bounds) -> None:
        try:
            act()
        except MemoryError:
            self._outcome = children.Outcome(Stop.MEMORY, "no memory")
        except Exception as error:  # noqa: BLE001  whatever a child may die of
            self._outcome = children.Outcome(Stop.INTERRUPTED, str(error))
        else:
            self._outcome = children.Outcome(None, "done")

    def outcome(self) -> children.Outcome:
        return self._outcome


@pytest.fixture
def lane_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Work], Lane]:
    """The background process's lane for a kind of work, without the child."""
    name = "either_app" if "either_app" in request.fixturenames else "app"
    app = request.getfixturevalue(name)
    monkeypatch.setattr(children, "start", DoneHere)
    monkeypatch.setattr(background, "release_connections", lambda: None)  # nothing is forked
    return lambda work: Lane(app, work, Bounds(60, 1024**3))
