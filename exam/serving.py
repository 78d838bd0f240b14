"""Serving the site: what must hold before, Granian, the sweep, and the background process (docs/adr, "Granian")."""

from __future__ import annotations

import os
import resource
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import click
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer
from sqlalchemy import exists, select
from sqlalchemy.exc import OperationalError

from core import clock, database_roles, schema
from core.commands import EXIT_USAGE
from core.db import db, release_connections
from core.people import queries as people
from core.people.models import Account
from exam import background

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.cli import ScriptInfo

    from config import Settings

BLOCKING_THREADS = 8
CONNECTIONS = 16384
"""Backlog and backpressure. Granian counts idle keep-alive connections too: with its default the 1,025th
browser would wait without an error."""
OPEN_FILES = CONNECTIONS + 4096
SWEEP_EVERY = 1.0
STOP_WITHIN = 3
"""Seconds that a worker may take to end before it is killed; all is over within five."""
STEADY = 30.0
SETBACKS_BORNE = 5
PAUSE = 0.5
"""Granian giving up this often in a row, each time within STEADY seconds, is no accident any more."""


class CannotServe(Exception):
    """The site cannot be opened as things stand; the message is one sentence that says what to do."""


@click.command("serve")
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Serving processes; 1 on SQLite, else 2 by default."
)
@click.pass_obj
def serve_command(info: ScriptInfo, workers: int | None) -> None:
    """Migrate, then serve the site, with the closing sweep, until SIGTERM or SIGINT."""
    app = info.load_app()
    settings: Settings = app.config["SETTINGS"]
    try:
        check_workers(settings, workers)
        check_port(settings)
        make_ready(app)
        click.echo(f"Serving on {address_of(settings)}")
    except CannotServe as error:
        click.echo(str(error), err=True)
        raise SystemExit(EXIT_USAGE) from None
    serve(settings, workers=workers)


def address_of(settings: Settings) -> str:
    """Where the site is opened in a browser."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def check_workers(settings: Settings, workers: int | None) -> None:
    """Raises `CannotServe` for more than one process on SQLite, whose writers would starve one another."""
    if settings.is_sqlite and (workers or 1) > 1:
        raise CannotServe(
            "SQLite is served by one process; leave out --workers or set KAOFA_DATABASE_URL to PostgreSQL."
        )


def check_port(settings: Settings) -> None:
    """Raises `CannotServe` when nothing can listen on the address: Granian itself would share a busy port."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotServe(
                f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}); "
                f"stop what uses it, or choose another port: KAOFA_PORT={settings.port + 1} make run"
            ) from None


def make_ready(app: Flask) -> None:
    """Migrate where needed, and look that the database fits this configuration. Raises `CannotServe`."""
    with app.app_context():
        try:
            schema.bring_up_to_date()
            refusals = list(_refusals(app.config["SETTINGS"]))
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise CannotServe(
                f"The database does not answer ({reason}); check KAOFA_DATABASE_URL and that it runs."
            ) from None
        release_connections()
    if refusals:
        raise CannotServe(refusals[0])


def _refusals(settings: Settings) -> Iterator[str]:
    """Why the site may not be opened on this database, one sentence each."""
    if not people.data_key_fits():
        yield (
            "KAOFA_DATA_KEY is not the key with which the ID numbers in this database were sealed: nobody would be "
            "found, and people would be entered twice. Set it to the original key."
        )
    if settings.is_demo:
        return
    excesses = database_roles.excesses()
    if excesses:
        yield (
            f"The role in KAOFA_DATABASE_URL may do too much ({'; '.join(excesses[:3])}): it could rewrite what must "
            "never change. Let another role own the tables (KAOFA_OWNER_DATABASE_URL, see docs/operations.md); "
            "flask --app wsgi db grants lists everything."
        )
    if db.session.scalar(select(exists().where(Account.is_demo))):
        yield (
            "This database holds demo accounts, whose password is known; production needs a database without "
            "them: set KAOFA_DATABASE_URL to an empty one, or KAOFA_ENV=demo."
        )


def serve(settings: Settings, *, workers: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT.

    A dead worker is started again. Granian gives up when one dies twice within seconds; killed workers must
    not end the site, so it is then started anew. Exit 1 when that happens again and again.
    """
    _allow_many_connections()
    with background.kept_alive():
        _serve_requests(settings, workers or (1 if settings.is_sqlite else 2))


def _serve_requests(settings: Settings, workers: int) -> None:
    setbacks = 0
    while True:
        began = time.monotonic()
        server = _server(settings, workers)
        try:
            server.serve()
        except SystemExit:
            setbacks = setbacks + 1 if time.monotonic() - began < STEADY else 1
            if setbacks == SETBACKS_BORNE:
                click.echo("The serving processes do not stay alive; see the messages above.", err=True)
                raise
            time.sleep(PAUSE)
        if server.interrupt_signal:
            return


def _server(settings: Settings, workers: int) -> MPServer:
    return MPServer(
        "exam.served:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=workers,
        blocking_threads=BLOCKING_THREADS,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=STOP_WITHIN,
        log_level=LogLevels.error,
    )


def _allow_many_connections() -> None:
    """Raise this process's limit on open files as far as it may be raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def start_sweep(app: Flask) -> threading.Thread:
    """Start the sweep beside this serving process, and end the process when its parent is gone."""
    thread = threading.Thread(target=_sweep_forever, args=(app, os.getppid()), name="sweep", daemon=True)
    thread.start()
    return thread


def _sweep_forever(app: Flask, parent: int) -> None:
    while os.getppid() == parent:
        began = time.monotonic()
        sweep(app)
        time.sleep(max(0.1, SWEEP_EVERY - (time.monotonic() - began)))
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_WITHIN)
    os.kill(os.getpid(), signal.SIGKILL)


def sweep(app: Flask) -> None:
    """Do once what is due by the clock: each of `app.extensions["sweeps"]`, by itself.

    A failure is logged and ends neither the others nor the next round.
    """
    for task in app.extensions["sweeps"]:
        with app.app_context():
            try:
                task(now=clock.now())
            except Exception:
                app.logger.exception("the sweep failed in %s", getattr(task, "__qualname__", task))
            finally:
                db.session.remove()
