"""A piece of work in a child process, within bounds that the system itself keeps.

The bounds hold whatever the child does: a signal whose disposition is the default needs no interpreter to be
obeyed, so that one long call in C, such as a regular expression that backtracks, is ended too.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.jobs.work import Stop

if TYPE_CHECKING:
    from collections.abc import Callable

FAILED = 1
OUT_OF_MEMORY = 2
WAITING_FACTOR = 4
"""A piece may take so many times its processor seconds by the clock: it waits for the disk and for others."""
PAGES_IN_USE = Path("/proc/self/statm")
SAYS_TIME = frozenset({signal.SIGXCPU, signal.SIGALRM})


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a piece of work may take: seconds of processor time, bytes beyond what the process has already."""

    seconds: int
    bytes: int

    def impose(self) -> None:
        """Bind this process for the rest of its life."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (self.seconds, self.seconds + 1))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(WAITING_FACTOR * self.seconds)
        if PAGES_IN_USE.exists():
            pages = int(PAGES_IN_USE.read_text(encoding="ascii").split()[0])
            most = pages * resource.getpagesize() + self.bytes
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


@dataclass(frozen=True, slots=True)
class Child:
    """A process that does one piece of work."""

    pid: int

    def outcome(self) -> Outcome | None:
        """How it ended; None while it is at work. Asked once more after that, it raises `ChildProcessError`."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            return Outcome(Stop.TIME if -code in SAYS_TIME else Stop.INTERRUPTED, f"signal {-code}")
        if code:
            return Outcome(Stop.MEMORY if code == OUT_OF_MEMORY else Stop.INTERRUPTED, f"exit {code}")
        return Outcome(None, "done")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child ended: `stopped` says why before its work was done, None when it was done."""

    stopped: Stop | None
    said: str


def start(act: Callable[[], None], bounds: Bounds) -> Child:
    """Have a child do it. This process must have no connection open and no other thread, which a fork would break."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Child(pid)
    code = FAILED
    try:
        bounds.impose()
        act()
        code = 0
    except MemoryError:
        code = OUT_OF_MEMORY
    except BaseException:  # noqa: BLE001  nothing may leave the child but its exit code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
