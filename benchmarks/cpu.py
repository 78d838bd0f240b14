"""CPU seconds of a tree of processes, and of the database server, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> tuple[int, float, float] | None:
    """Parent, own CPU seconds and reaped children's CPU seconds; None when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return (
        int(fields[1]),
        (int(fields[11]) + int(fields[12])) / TICKS,
        (int(fields[13]) + int(fields[14])) / TICKS,
    )


def tree(root: int) -> float:
    """CPU seconds so far of a process, its living descendants, and the dead ones they have reaped."""
    stats = {int(p.name): _stat(int(p.name)) for p in Path("/proc").iterdir() if p.name.isdecimal()}
    total, members = 0.0, {root}
    grown = True
    while grown:
        grown = False
        for pid, stat in stats.items():
            if stat is not None and pid not in members and stat[0] in members:
                members.add(pid)
                grown = True
    for pid in members:
        stat = stats.get(pid)
        if stat is not None:
            total += stat[1] + stat[2]
    return total


def postmaster(data_directory: str) -> int:
    """The process id of the PostgreSQL server with that data directory (this machine's)."""
    return int(Path(data_directory, "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
