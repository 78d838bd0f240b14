"""Who works on a job holds a lock on a file of it, which the system frees when the process ends, however it ends.

A job that is said to be worked on while its lock is free was interrupted. One without a file here is worked on
by another machine.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID


def lock_of(job_id: UUID) -> Path:
    """The file that the process at work on a job holds locked."""
    place: Path = current_app.config["SETTINGS"].jobs
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place / f"{job_id}.lock"


@contextmanager
def held(job_id: UUID) -> Iterator[bool]:
    """Whether the lock is ours while the block runs.

    An error leaves the file behind, which tells that the work was interrupted.
    """
    path = lock_of(job_id)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
        path.unlink(missing_ok=True)
