"""What is slow to make is made once in a run: the first worker that asks makes it, the others wait and read it."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

DATABASE = "kaofa.sqlite3"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder filled by `make`, which nobody may change: a test that writes takes a copy of it."""
    base = factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = run / name
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = run / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            _fold_journal(unfinished / DATABASE)
            unfinished.rename(folder)
    return folder


def _fold_journal(database: Path) -> None:
    """Bring what stands in the write-ahead log into the file, so that the file alone is the database."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
