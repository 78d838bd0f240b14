"""Serving the site: what must hold before, the serving processes, the sweep, and what runs beside them (ADR 11)."""

from __future__ import annotations

import os
import resource
import signal
import socket
import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click
from sqlalchemy import exists, select
from sqlalchemy.exc import OperationalError

from core import clock, database_roles, schema
from core.commands import EXIT_USAGE
from core.db import db, release_connections
from core.people import queries as people
from core.people.models import Account
from core.server import processes
from core.server.bounds import Bounds
from core.server.threads import ServingThreads
from exam import background

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.cli import ScriptInfo

    from config import Settings

THREADS = 8
"""That ask the application, in each serving process."""
FILES_BESIDE_CONNECTIONS = 256
BACKLOG = 16384
BESIDE_A_FILE = 1024 * 1024
"""Bytes that a form may hold beside an uploaded file."""
SWEEP_EVERY = 1.0
STOP_WITHIN = 3.0
"""Seconds that a process may take to end before it is killed; all is over within five."""
PORT_FREE_WITHIN = 1.0
"""Seconds that the processes of a server which was just killed may take to give its port free."""


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
    """Raises `CannotServe` when nothing can listen on the address."""
    ends = time.monotonic() + PORT_FREE_WITHIN
    while True:
        try:
            listen_on(settings).close()
        except OSError as error:
            if time.monotonic() < ends:
                time.sleep(PORT_FREE_WITHIN / 20)
                continue
            raise CannotServe(
                f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}); "
                f"stop what uses it, or choose another port: KAOFA_PORT={settings.port + 1} make run"
            ) from None
        return


def listen_on(settings: Settings) -> socket.socket:
    """The listening socket of the site."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


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
    app.config["SETTINGS"].undeclared_proxy_mark.unlink(missing_ok=True)
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
    """Serve until SIGTERM or SIGINT. A dead process is started again; exit 1 when they do not stay alive."""
    usual = Bounds()
    largest = max(usual.body_bytes, settings.import_bytes + BESIDE_A_FILE)
    bounds = replace(
        usual,
        body_bytes=largest,
        held_bytes=max(usual.held_bytes, 4 * largest),
        connections=_possible_connections(usual.connections),
    )
    with processes.signals_held(), listen_on(settings) as listener, background.kept_alive():
        worker = partial(_serve_requests, listener, bounds)
        try:
            processes.keep_alive(
                [worker] * (workers or (1 if settings.is_sqlite else 2)), stop_within=STOP_WITHIN
            )
        except processes.DoNotLive:
            click.echo("The serving processes do not stay alive; see the messages above.", err=True)
            raise SystemExit(1) from None


def _serve_requests(listener: socket.socket, bounds: Bounds) -> None:
    """The whole life of a serving process."""
    from exam.served import app  # noqa: PLC0415  importing it starts the threads beside serving

    serving = ServingThreads(app, listener, threads=THREADS, bounds=bounds)
    serving.start()
    processes.until_told_to_end()
    serving.stop(STOP_WITHIN)


def _possible_connections(wished: int) -> int:
    """How many connections a process may hold, its limit on open files raised as far as may be."""
    wanted = wished + FILES_BESIDE_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < possible:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
    return min(wished, max(soft, possible) - FILES_BESIDE_CONNECTIONS)


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
