"""`make bench`: server CPU per operation on PostgreSQL and on SQLite, in interleaved rounds.

An operation's figure is the CPU time of all server processes, the database's included, divided by the number
of operations; the load generator is excluded. Figures are medians over the rounds. The limit is a bare Flask
view with one upsert and commit under the same server: ratios to it carry over to other machines, milliseconds
do not. Writes `build/bench.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import cpu, servers
from benchmarks.http import CLIENTS, Connection, together
from config import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS = 5
SAVES = 250
SITTINGS_A_ROUND = 40
WARM_UP = 8


@dataclass
class Candidate:
    """One candidate's browser, and how far its journal has come."""

    connection: Connection
    sitting: str
    seq: int = 0


@dataclass
class Figures:
    """CPU milliseconds and rates of each operation, a value a round."""

    cpu_ms: dict[str, list[float]] = field(default_factory=dict)
    rate: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, operations: int, cpu_seconds: float, seconds: float) -> None:
        self.cpu_ms.setdefault(name, []).append(1000 * cpu_seconds / operations)
        self.rate.setdefault(name, []).append(operations / seconds)


class Meter:
    """Reads the CPU time of everything that serves."""

    def __init__(self, roots: Sequence[int]) -> None:
        self._roots = roots

    def read(self) -> float:
        return sum(cpu.tree(root) for root in self._roots)

    def measure(
        self, figures: Figures, name: str, operations: int, work: Sequence[Callable[[], None]]
    ) -> None:
        before, began = self.read(), time.perf_counter()
        together(work)
        ended = time.perf_counter()
        figures.add(name, operations, self.read() - before, ended - began)


def flask(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    done = subprocess.run(  # our own command line
        command,
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"flask {' '.join(arguments)}: {done.stderr.decode()[-2000:]}")
    return done.stdout.decode()


def candidates(environment: dict[str, str], port: int, count: int) -> list[Candidate]:
    """Fresh candidates of one open rehearsal, signed in and standing before the start button."""
    session = json.loads(
        flask(environment, "demo", "session", "--candidates", str(count), "--minutes", "60", "--json")
    )
    password = Path(environment["KAOFA_HOME"], "demo-password").read_text(encoding="utf-8").strip()
    made = []
    for entry in session["candidates"]:
        connection = Connection(port)
        connection.page("/sign-in")
        status, _body = connection.form("/sign-in", username=entry["username"], password=password, next="")
        if status != 303:
            raise RuntimeError(f"sign-in of {entry['username']}: {status}")
        connection.page(f"/sittings/{entry['sitting']}")
        made.append(Candidate(connection, entry["sitting"]))
    return made


def start(candidate: Candidate) -> None:
    status, _body = candidate.connection.form(f"/sittings/{candidate.sitting}/start")
    if status != 303:
        raise RuntimeError(f"start: {status}")
    page = candidate.connection.page(f"/sittings/{candidate.sitting}")
    if b'name="last-seq"' not in page:
        raise RuntimeError("start did not lead to the paper")


def save(candidate: Candidate) -> None:
    candidate.seq += 1
    event = {"seq": candidate.seq, "position": 1 + candidate.seq % 20, "choice": ["ABCD"[candidate.seq % 4]]}
    body = json.dumps({"events": [event]}).encode()
    path = f"/sittings/{candidate.sitting}/answers"
    status, answer = candidate.connection.send("POST", path, body, "application/json")
    if status != 200 or json.loads(answer)["acknowledged"] != candidate.seq:
        raise RuntimeError(f"save: {status} {answer[:200]!r}")


def hand_in(candidate: Candidate) -> None:
    status, body = candidate.connection.form(f"/sittings/{candidate.sitting}/submit")
    if status != 303:
        raise RuntimeError(f"hand in: {status} {body[:200]!r}")


def limit_saves(connection: Connection, number: int, first: int) -> None:
    for seq in range(first, first + SAVES):
        body = json.dumps({"sitting": number, "seq": seq, "choice": "A"}).encode()
        status, _body = connection.send("POST", "/", body, "application/json")
        if status != 200:
            raise RuntimeError(f"limit: {status}")


def measure(database: str) -> dict[str, float]:
    """All figures of one database; raises when any operation failed."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kaofa-bench-")))
        environment = {"KAOFA_HOME": str(home), "KAOFA_ENV": "demo"}
        roots = []
        if database == "postgresql":
            environment["KAOFA_DATABASE_URL"] = stack.enter_context(servers.postgresql_database())
            limit_database = environment["KAOFA_DATABASE_URL"].replace("+psycopg", "")
            roots.append(cpu.postmaster(servers.postgresql_data_directory()))
        else:
            limit_database = str(home / "limit.sqlite3")
        workers = 2 if database == "postgresql" else 1
        flask(environment, "db", "upgrade")
        flask(environment, "demo", "load", "--json")
        port, limit_port = servers.free_port(), servers.free_port()
        ours = stack.enter_context(
            servers.process(
                [sys.executable, "-m", "flask", "--app", "wsgi", "serve", "--workers", str(workers)],
                port,
                {**environment, "KAOFA_PORT": str(port)},
                home / "serve.log",
            ),
        )
        limit = stack.enter_context(
            servers.process(
                servers.limit_command(limit_port, workers),
                limit_port,
                {"KAOFA_LIMIT_DATABASE": limit_database},
                home / "limit.log",
            ),
        )
        people = candidates(environment, port, ROUNDS * SITTINGS_A_ROUND + WARM_UP)
        return rounds(people, Meter([*roots, ours.pid]), Meter([*roots, limit.pid]), limit_port)


def rounds(people: list[Candidate], ours: Meter, limit: Meter, limit_port: int) -> dict[str, float]:
    figures = Figures()
    limits = [Connection(limit_port) for _ in range(CLIENTS)]
    warm, people = people[:WARM_UP], people[WARM_UP:]
    together([partial(each, [start, save, hand_in], c) for c in warm])
    together([partial(limit_saves, c, -number, 1) for number, c in enumerate(limits, 1)])
    for number in range(ROUNDS):
        group = people[number * SITTINGS_A_ROUND : (number + 1) * SITTINGS_A_ROUND]
        bare = [partial(limit_saves, c, n, 1 + number * SAVES) for n, c in enumerate(limits)]
        limit.measure(figures, "limit", CLIENTS * SAVES, bare)
        ours.measure(figures, "start", len(group), [partial(start, c) for c in group])
        saves = [partial(each, [save] * SAVES, c) for c in group[:CLIENTS]]
        ours.measure(figures, "save", CLIENTS * SAVES, saves)
        ours.measure(figures, "submit", len(group), [partial(hand_in, c) for c in group])
        print(f"  round {number + 1} of {ROUNDS}", flush=True)
    report = {f"{name}_ms": round(median(values), 3) for name, values in figures.cpu_ms.items()}
    report["saves_per_s"] = round(median(figures.rate["save"]), 1)
    report["limit_per_s"] = round(median(figures.rate["limit"]), 1)
    return report


def each(acts: Sequence[Callable[[Candidate], None]], candidate: Candidate) -> None:
    for act in acts:
        act(candidate)


def main() -> None:
    report = {}
    for database in ("postgresql", "sqlite"):
        print(f"{database}:", flush=True)
        figures = report[database] = measure(database)
        limit = figures["limit_ms"]
        for name in ("limit", "save", "start", "submit"):
            print(
                f"  {name:7} {figures[f'{name}_ms']:8.3f} ms CPU   {figures[f'{name}_ms'] / limit:6.2f} × limit"
            )
        print(f"  saves/s {figures['saves_per_s']:8.0f}, limit {figures['limit_per_s']:.0f}")
    target = PROJECT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"written: {target.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
