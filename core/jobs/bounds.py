"""What a process may take at most, kept by the system itself.

The bounds hold whatever the process does: a signal whose disposition is the default needs no interpreter to be
obeyed, so that one long call in C, such as a regular expression that backtracks, is ended too.
"""

from __future__ import annotations

import resource
import signal
from dataclasses import dataclass
from pathlib import Path

WAITING_FACTOR = 4
"""A piece may take so many times its processor seconds by the clock: it waits for the disk and for others."""
PAGES_IN_USE = Path("/proc/self/statm")
ENDING = frozenset({signal.SIGXCPU, signal.SIGALRM})
"""The signals that tell of time: of the processor, by the clock."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a piece of work may take: seconds of processor time, bytes beyond what the process has already."""

    seconds: int
    bytes: int

    def impose(self) -> None:
        """Bind this process for the rest of its life."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (self.seconds, self.seconds + 1))
        for number in ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        signal.alarm(WAITING_FACTOR * self.seconds)
        if PAGES_IN_USE.exists():
            pages = int(PAGES_IN_USE.read_text(encoding="ascii").split()[0])
            most = pages * resource.getpagesize() + self.bytes
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
