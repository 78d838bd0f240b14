"""Applications that the tests of a worker take in turn: building one costs more than most tests do.

Its engines stay, and with them the statements that SQLAlchemy has compiled. What a test may change, its
configuration, its extensions and what it keeps in memory, is as new for the next one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import event

from core.db import WriteGate, db
from core.readiness import Readiness
from exam.app import create_app
from exam.sittings import fragments, journal
from tests.client import SiteClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from jinja2 import BytecodeCache

    from config import Settings


def build(settings: Settings, templates: BytecodeCache) -> Flask:
    """An application of its own, with templates that the worker has compiled already."""
    app = create_app(settings)
    app.jinja_env.bytecode_cache = templates
    app.test_client_class = SiteClient
    return app


def dispose(app: Flask) -> None:
    """Close its connections."""
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


class Applications:
    """Lends an application for a database; the same one again when it has been given back."""

    def __init__(self, templates: BytecodeCache) -> None:
        self._templates = templates
        self._free: dict[str, list[_Reused]] = {}

    @contextmanager
    def lent(self, settings: Settings) -> Iterator[Flask]:
        """The application with these settings, which differ from test to test in home and database alone."""
        free = self._free.setdefault("sqlite" if settings.is_sqlite else settings.database_url, [])
        reused = free.pop() if free else _Reused(build(settings, self._templates))
        reused.begin(settings)
        try:
            yield reused.app
        finally:
            reused.end()
            free.append(reused)


class _Reused:
    def __init__(self, app: Flask) -> None:
        self.app = app
        self._config = dict(app.config)
        self._extensions = dict(app.extensions)
        self._hooks = {name: list(held) for name, held in app.extensions.items() if isinstance(held, list)}
        self._file = ""
        if app.config["SETTINGS"].is_sqlite:
            with app.app_context():
                event.listen(db.engine, "do_connect", self._open_file)

    def _open_file(self, _dialect: object, _record: object, arguments: list[object], _more: object) -> None:
        """Connect to the database of this test, whatever file the engine was made for."""
        arguments[0] = self._file

    def begin(self, settings: Settings) -> None:
        app = self.app
        app.config["SETTINGS"] = settings
        app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
        app.instance_path = str(settings.home)
        settings.home.mkdir(parents=True, exist_ok=True)
        if settings.is_sqlite:
            self._file = settings.database_url.removeprefix("sqlite:///")
            app.extensions["write_gate"] = WriteGate(settings.write_lock)
        app.extensions["readiness"] = Readiness()
        app.extensions["key_ring"].confirmed = False
        fragments.init_app(app)
        journal.init_app(app)

    def end(self) -> None:
        app = self.app
        app.extensions["journal"].close()
        dispose(app)
        for kept, now in ((self._config, app.config), (self._extensions, app.extensions)):
            now.clear()
            now.update(kept)
        for name, held in self._hooks.items():
            app.extensions[name][:] = held
