"""The bounds of a piece of work, kept by the system whatever the child does."""

from __future__ import annotations

import os

import pytest

from tests.server import python

PROGRAM = """
import os, re, signal, sys, time
from core.jobs.bounds import Bounds
from core.jobs.children import start

def burn(): re.match(r"(a+)+$", "a" * 60 + "b")
def sleep(): time.sleep(60)
def hoard(): kept = [bytearray(1024 ** 2) for _ in range(4096)]
def die(): os.kill(os.getpid(), signal.SIGKILL)
def fail(): raise ValueError("what went wrong")
def done(): pass

child = start(globals()[sys.argv[1]], Bounds(int(sys.argv[2]), 64 * 1024 ** 2))
while (outcome := child.outcome()) is None:
    time.sleep(0.02)
print(outcome.stopped)
"""


@pytest.mark.parametrize(
    ("act", "seconds", "stopped"),
    [
        ("burn", 1, "time"),
        ("sleep", 1, "time"),
        ("hoard", 60, "memory"),
        ("die", 60, "interrupted"),
        ("fail", 60, "interrupted"),
        ("done", 60, "None"),
    ],
)
def test_a_piece_of_work_is_ended_by_its_bounds(act, seconds, stopped):
    ended = python("-c", PROGRAM, act, str(seconds), env=dict(os.environ))
    assert ended.stdout.strip() == stopped, ended.stderr
    assert ("what went wrong" in ended.stderr) is (act == "fail")
