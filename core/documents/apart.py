"""Reading a list that somebody has uploaded in a process of its own, within bounds: a request only waits for it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO

from config import PROJECT
from core.documents.sheets import MOST_BYTES, Column, Row, read_rows
from core.errors import Conflict, Invalid, Problem
from core.jobs.bounds import Bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

BOUNDS = Bounds(seconds=20, bytes=512 * 1024**2)
AT_ONCE = 2
"""So many lists are read at the same time; a third would take threads that requests need."""

_slots = threading.BoundedSemaphore(AT_ONCE)


def read_rows_apart(stream: BinaryIO, columns: Sequence[Column], bounds: Bounds = BOUNDS) -> list[Row]:
    """What `read_rows` gives, or raises.

    Raises `Invalid` with `too_long` for a file that exceeds the bounds, `Conflict` while others are being read.
    """
    if not _slots.acquire(blocking=False):
        raise Conflict("正在读取其他名单，请稍等片刻再上传。", code="busy")
    try:
        asked = json.dumps([bounds.seconds, bounds.bytes, [asdict(column) for column in columns]])
        ended = subprocess.run(  # noqa: S603  our own program
            [sys.executable, "-m", "core.documents.apart", asked],
            input=stream.read(MOST_BYTES + 1),
            stdout=subprocess.PIPE,
            cwd=PROJECT,
            check=False,
        )
    finally:
        _slots.release()
    if ended.returncode:
        message = "读取表格所需的时间或内存超过限度。请把名单复制到新表格，或者分成几份，再上传。"
        raise Invalid.one("too_long", message, "file")
    answer = json.loads(ended.stdout)
    if answer["problems"]:
        raise Invalid(Problem(**problem) for problem in answer["problems"])
    return [Row(**row) for row in answer["rows"]]


def main() -> None:
    """Read the list on standard input, write what is in it, or what is wrong with it, as JSON."""
    seconds, most_bytes, asked = json.loads(sys.argv[1])
    Bounds(seconds, most_bytes).impose()
    columns = [Column(**{**column, "aliases": tuple(column["aliases"])}) for column in asked]
    rows: list[Row] = []
    problems: tuple[Problem, ...] = ()
    try:
        rows = read_rows(io.BytesIO(sys.stdin.buffer.read()), columns)
    except Invalid as error:
        if isinstance(error.__cause__, MemoryError):
            sys.exit("a list needs more memory than it may")
        problems = error.problems
    json.dump({"rows": [asdict(row) for row in rows], "problems": [asdict(p) for p in problems]}, sys.stdout)


if __name__ == "__main__":
    main()
