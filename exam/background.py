"""The background process: reads files, writes exports, counts answers, so that the serving threads never do.

`serve` starts it and starts it again when it dies. It does no work itself: each piece is done by a child of its
own, which the system ends when it takes more than its bounds (docs/adr, "A process of its own").
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from config import PROJECT
from core import clock
from core.db import db, release_connections
from core.jobs import children
from core.jobs.bounds import Bounds

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from flask import Flask
    from flask.cli import ScriptInfo

    from core.jobs.children import Child
    from core.jobs.work import Work

LOOK_EVERY = 1.0
LOOK_AT_WORK_EVERY = 0.1
TIDY_EVERY = 10.0
SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY = 30.0
"""A background process that lived so long is started again at once, without a growing pause."""
FIRST_WAIT = 60.0
LONGEST_WAIT = 24 * 3600.0
"""How long a piece that failed waits before it is begun again: twice as long each time, up to a day."""


@contextmanager
def kept_alive() -> Iterator[None]:
    """Have a background process while the block runs; afterwards it and all that it started are gone."""
    keeper = _Keeper()
    keeper.start()
    try:
        yield
    finally:
        keeper.end()


class _Keeper(threading.Thread):
    """Starts the background process, and another one whenever it has died.

    The serving processes are forked from this one. The lock keeps a fork from happening while the background process
    is being started: the worker would inherit the open end of a pipe for whose closing the start waits.
    """

    def __init__(self) -> None:
        super().__init__(name="background-keeper", daemon=True)
        self._over = threading.Event()
        self._starting = threading.Lock()
        os.register_at_fork(
            before=self._starting.acquire,
            after_in_parent=self._starting.release,
            after_in_child=self._starting.release,
        )
        self._process = self._start_process()

    def run(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            began = time.monotonic()
            self._process.wait()
            _end_group(self._process.pid)
            lived = time.monotonic() - began
            pause = SHORTEST_PAUSE if lived > STEADY else min(2 * pause, LONGEST_PAUSE)
            if self._over.wait(pause):
                return
            with self._starting:
                if self._over.is_set():
                    return
                self._process = self._start_process()

    def end(self) -> None:
        with self._starting:
            self._over.set()
        _end_group(self._process.pid)
        self.join()

    @staticmethod
    def _start_process() -> subprocess.Popen[bytes]:
        """In a group of its own: a Ctrl+C at the terminal is for `serve`, which ends the group."""
        program = ("-m", "flask", "--app", str(PROJECT / "wsgi.py"), "work", str(os.getpid()))
        arguments = [sys.executable, *program]  # nothing from outside
        return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603


def _end_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return  # all of it is gone


@click.command("work", hidden=True)
@click.argument("parent", type=int)
@click.pass_obj
def work_command(info: ScriptInfo, parent: int) -> None:
    """Do the background work while the process PARENT, which has started this one, lives. For `serve`."""
    app = info.load_app()
    settings = app.config["SETTINGS"]
    bounds = Bounds(settings.work_seconds, settings.work_megabytes * 1024**2)
    lanes = [Lane(app, work, bounds) for work in app.extensions["work"]]
    while os.getppid() == parent:
        at_work = [lane.advance() for lane in lanes]
        time.sleep(LOOK_AT_WORK_EVERY if any(at_work) else LOOK_EVERY)
    _end_group(os.getpgrp())


class Lane:
    """One kind of work: at most one piece of it is being done."""

    def __init__(self, app: Flask, work: Work, bounds: Bounds) -> None:
        self._app = app
        self._work = work
        self._bounds = bounds
        self._piece: Hashable = None
        self._child: Child | None = None
        self._tidy_at = 0.0
        self._waits: dict[Hashable, tuple[float, float]] = {}

    def advance(self) -> bool:
        """See whether the piece at work is done, begin the next one; whether one is being done.

        A failure is logged and ends neither the other lanes nor the next look.
        """
        with self._app.app_context():
            try:
                if self._child is None:
                    self._begin()
                elif outcome := self._child.outcome():
                    self._child = None
                    self._see_to(outcome)
            except Exception:
                self._app.logger.exception("background work: %s", self._work.name)
            finally:
                db.session.remove()
        return self._child is not None

    def _begin(self) -> None:
        now = clock.now()
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_EVERY
            self._work.tidy(now=now)
        piece = next((piece for piece in self._work.due(now=now) if self._may_begin(piece)), None)
        if piece is None:
            return
        release_connections()
        self._piece = piece
        self._child = children.start(lambda: self._work.do(piece, now=clock.now()), self._bounds)

    def _may_begin(self, piece: Hashable) -> bool:
        _wait, until = self._waits.get(piece, (0.0, 0.0))
        return time.monotonic() >= until

    def _see_to(self, outcome: children.Outcome) -> None:
        if outcome.stopped is None:
            self._waits.pop(self._piece, None)
            return
        self._app.logger.error(
            "background work: %s, %s was stopped (%s)", self._work.name, self._piece, outcome.said
        )
        wait, _until = self._waits.get(self._piece, (FIRST_WAIT / 2, 0.0))
        wait = min(2 * wait, LONGEST_WAIT)
        self._waits[self._piece] = wait, time.monotonic() + wait
        self._work.stop(self._piece, outcome.stopped, now=clock.now())
