"""The processes of a server: forked from one that has everything loaded, started again when they die.

A child is forked with the application already imported, so that its successor serves within a fraction of a
second. It holds the reading end of a pipe, the lifeline, whose other end only the parent has: however the
parent ends, the child learns of it at once, gives the port free, and ends too.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

log = logging.getLogger(__name__)

ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
WATCHED = ENDING | {signal.SIGCHLD}
SHORT_LIFE = 1.0
SHORT_LIVES_BORNE = 10
"""Children that die this often in a row within SHORT_LIFE seconds will not live, however often they are started."""
PAUSE = 0.1
LOOKS_FOR_THE_DEAD_EVERY = 0.02


class DoNotLive(Exception):
    """The children die as soon as they are started."""


def keep_alive(children: Sequence[Callable[[], None]], *, stop_within: float) -> None:
    """Run each of the functions in a process of its own, again when it dies, until SIGTERM or SIGINT.

    Raises `DoNotLive`. All children have ended when it returns or raises.
    """
    with signals_held():
        nursery = _Nursery(children)
        try:
            nursery.start_missing()
            while signal.sigwait(WATCHED) not in ENDING:
                nursery.reap()
                nursery.start_missing()
        finally:
            nursery.end(stop_within)


@contextmanager
def signals_held() -> Iterator[None]:
    """Hold the signals for which `keep_alive` waits, in this thread and in every one that it starts meanwhile.

    A thread that does not hold them may be given them instead: the end of a child would go unnoticed, and SIGTERM
    would end this process at once and leave its children.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def until_told_to_end() -> None:
    """In a child: wait until it is to end."""
    signal.sigwait(ENDING)


class _Nursery:
    def __init__(self, children: Sequence[Callable[[], None]]) -> None:
        self._children = children
        self._living: dict[int, tuple[int, float]] = {}
        self._short_lives = 0
        self._lifeline, self._held_by_parent = os.pipe()

    def start_missing(self) -> None:
        for number in set(range(len(self._children))) - {number for number, _began in self._living.values()}:
            if self._short_lives:
                time.sleep(PAUSE)
            self._living[self._fork(number)] = (number, time.monotonic())

    def _fork(self, number: int) -> int:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        child = os.fork()
        if child:
            return child
        status = 1
        try:
            os.close(self._held_by_parent)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            threading.Thread(target=self._end_with_parent, name="lifeline", daemon=True).start()
            self._children[number]()
            status = 0
        except Exception:
            log.exception("a process of the server failed")
        finally:
            logging.shutdown()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(status)

    def _end_with_parent(self) -> None:
        os.read(self._lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def reap(self) -> None:
        """Bury who has died. Raises `DoNotLive`."""
        for child, (_number, began) in list(self._living.items()):
            if os.waitpid(child, os.WNOHANG) == (0, 0):
                continue
            del self._living[child]
            self._short_lives = self._short_lives + 1 if time.monotonic() - began < SHORT_LIFE else 0
        if self._short_lives >= SHORT_LIVES_BORNE:
            raise DoNotLive

    def end(self, within: float) -> None:
        self._signal_all(signal.SIGTERM)
        ends = time.monotonic() + within
        while self._living:
            if time.monotonic() >= ends:
                self._signal_all(signal.SIGKILL)
            for child in list(self._living):
                if os.waitpid(child, os.WNOHANG) != (0, 0):
                    del self._living[child]
            time.sleep(LOOKS_FOR_THE_DEAD_EVERY)
        for end in (self._lifeline, self._held_by_parent):
            os.close(end)

    def _signal_all(self, number: signal.Signals) -> None:
        for child in self._living:
            os.kill(child, number)
