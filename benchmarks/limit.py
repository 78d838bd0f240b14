"""The limit to compare with: a bare Flask view that does one upsert and commits, on the same server.

`python -m benchmarks.limit PORT WORKERS` serves it exactly as the platform is served. `KAOFA_LIMIT_DATABASE`
names the database.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
import threading

import psycopg
from flask import Flask, request

from core.server import processes
from core.server.bounds import Bounds
from core.server.threads import ServingThreads

DATABASE = os.environ["KAOFA_LIMIT_DATABASE"]
UPSERT = (
    "INSERT INTO limit_event (sitting, seq, choice) VALUES ({0}, {0}, {0}) "
    "ON CONFLICT (sitting, seq) DO UPDATE SET choice = excluded.choice"
)
TABLE = (
    "CREATE TABLE IF NOT EXISTS limit_event (sitting INT, seq INT, choice TEXT, PRIMARY KEY (sitting, seq))"
)

app = Flask(__name__)
_local = threading.local()
_lock = threading.Lock()


def _postgresql(sitting: int, seq: int, choice: str) -> None:
    connection = getattr(_local, "connection", None)
    if connection is None:
        connection = _local.connection = psycopg.connect(DATABASE)
    with connection.transaction():
        connection.execute(UPSERT.format("%s"), (sitting, seq, choice), prepare=True)


def _sqlite(sitting: int, seq: int, choice: str) -> None:
    connection = getattr(_local, "connection", None)
    if connection is None:
        connection = _local.connection = sqlite3.connect(DATABASE, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
    with _lock:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(UPSERT.format("?"), (sitting, seq, choice))
        connection.execute("COMMIT")


def _create_table() -> None:
    if DATABASE.startswith("postgresql"):
        with psycopg.connect(DATABASE) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(1)")
            connection.execute(TABLE)
    else:
        sqlite3.connect(DATABASE).execute(TABLE)


_create_table()
_save = _postgresql if DATABASE.startswith("postgresql") else _sqlite


@app.post("/")
def save() -> dict[str, int]:
    body = request.get_json()
    _save(body["sitting"], body["seq"], body["choice"])
    return {"acknowledged": body["seq"]}


def _serve(listener: socket.socket) -> None:
    serving = ServingThreads(app, listener, threads=8, bounds=Bounds())
    serving.start()
    processes.until_told_to_end()
    serving.stop(3)


def main() -> None:
    port, workers = map(int, sys.argv[1:])
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        processes.keep_alive([lambda: _serve(listener)] * workers, stop_within=3)


if __name__ == "__main__":
    main()
