"""A piece of work in a child process, within bounds."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.jobs.bounds import ENDING
from core.jobs.work import Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs.bounds import Bounds

FAILED = 1
OUT_OF_MEMORY = 2


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
            return Outcome(Stop.TIME if -code in ENDING else Stop.INTERRUPTED, f"signal {-code}")
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
