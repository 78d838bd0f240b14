"""The site as it is served: killed workers, signals, a busy port, many idle browsers, refusals to start."""

from __future__ import annotations

import os
import resource
import signal
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config import load_settings
from core import clock
from core.actor import Actor, Role
from core.db import db, transaction
from core.people import services as people
from core.people.models import Account
from exam import serving
from tests.factories.sittings import PASSWORD, make_sitting
from tests.server import SERVE, Browser, Server, alive, environment, python, random_key, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

IDLE_BROWSERS = 1100
STALLED_UPLOADS = 200
SECRETS = {
    "KAOFA_ENV": "production",
    "KAOFA_SECRET_KEY": random_key("sessions"),
    "KAOFA_DATA_KEY": random_key("data"),
    "KAOFA_PUBLIC_URL": "https://127.0.0.1",
}


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path) -> Path:
    (tmp_path / "kaofa.sqlite3").write_bytes(sqlite_template.read_bytes())
    return tmp_path


@dataclass
class Room:
    """A served site with a candidate who is in the middle of a paper."""

    server: Server
    browser: Browser
    sitting: UUID

    def save(self, seq: int) -> dict:
        status, body = self.browser.send_json(
            f"/sittings/{self.sitting}/answers", {"events": [{"seq": seq, "position": 1, "choice": ["A"]}]}
        )
        assert status == 200, body
        return body


@pytest.fixture
def room(home: Path, make_app) -> Iterator[Room]:
    """Rows are made by an application of the test's own, beside the server, on the same database."""
    env = environment(home)
    app = make_app(load_settings(env))
    with app.app_context():
        sitting, candidate = make_sitting(now=clock.now())
        username = candidate.username
        db.session.remove()
    with Server(env) as server:
        browser = Browser(server)
        browser.sign_in(username, PASSWORD)
        assert browser.send(f"/sittings/{sitting}/start")[0] == 200
        yield Room(server, browser, sitting)


def test_a_killed_worker_is_replaced_and_nothing_acknowledged_is_lost(room):
    assert room.save(1)["acknowledged"] == 1
    for seq in (2, 3):
        [worker] = room.server.workers
        os.kill(worker, signal.SIGKILL)
        until(lambda killed=worker: room.server.workers not in ([], [killed]) and room.server.answers())
        assert room.save(seq)["acknowledged"] == seq
    assert room.browser.send(f"/sittings/{room.sitting}/submit")[0] == 200


def test_many_idle_browsers_do_not_stall_it(room):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    idle = []
    try:
        for _ in range(IDLE_BROWSERS):
            connection = socket.create_connection(("127.0.0.1", room.server.port), timeout=10)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            idle.append(connection)
            assert connection.recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        assert room.save(1)["acknowledged"] == 1
        assert time.monotonic() - began < 5
    finally:
        for connection in idle:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_saves_go_on_beside_stalled_uploads_and_these_are_dropped(room):
    half = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 8000000\r\n\r\nusername="
    before = memory(room.server.workers[0])
    stalled = [
        socket.create_connection(("127.0.0.1", room.server.port), timeout=30) for _ in range(STALLED_UPLOADS)
    ]
    try:
        for connection in stalled:
            connection.sendall(half)
        began = time.monotonic()
        for seq in range(1, 21):
            assert room.save(seq)["acknowledged"] == seq
        assert time.monotonic() - began < 10
        assert room.server.answers()
        # The bound on what is held for all refuses most at once; the others are told when their time is over.
        answers = Counter(connection.recv(12) for connection in stalled)
        assert set(answers) == {b"HTTP/1.1 408", b"HTTP/1.1 503"}
        assert memory(room.server.workers[0]) - before < 100 * 1024 * 1024
    finally:
        for connection in stalled:
            connection.close()


def memory(process: int) -> int:
    """Bytes that a process has in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_within_five_seconds(home, ending):
    with Server(environment(home)) as server:
        until(lambda: server.background)
        workers = [*server.workers, *server.background]
        assert len(workers) == 2
        # A browser that keeps its connection open must not hold the end up.
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as idle:
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            idle.recv(12)
            server.process.send_signal(ending)
            assert server.process.wait(5) == 0
        assert not any(alive(worker) for worker in workers)


def test_no_worker_outlives_a_parent_that_was_killed(home):
    with Server(environment(home)) as server:
        until(lambda: server.background)
        workers = [*server.workers, *server.background]
        server.process.kill()
        server.process.wait(5)
        until(lambda: not any(alive(worker) for worker in workers), 10)


def test_a_busy_port_is_one_sentence(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for arguments in (SERVE, ("-m", "exam.run")):
            refused = python(*arguments, env=environment(home, KAOFA_PORT=port))
            assert refused.returncode == 2
            assert refused.stderr.count("\n") == 1
            assert f"Port {port}" in refused.stderr
            assert refused.stdout == ""


def test_sqlite_is_served_by_one_process(home):
    refused = python(*SERVE, "--workers", "2", env=environment(home))
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert python(*SERVE, "--workers", "0", env=environment(home)).returncode == 2


def test_production_without_secrets_says_what_to_set(tmp_path):
    refused = python(*SERVE, env=environment(tmp_path, KAOFA_ENV="production"))
    assert refused.returncode == 2
    lines = refused.stderr.strip().splitlines()
    assert [line.split()[0] for line in lines] == [
        "KAOFA_SECRET_KEY",
        "KAOFA_DATA_KEY",
        "KAOFA_PUBLIC_URL",
    ]


def test_production_opens_an_empty_database_and_loads_nothing(tmp_path):
    env = environment(tmp_path, **SECRETS)
    with Server(env, ("-m", "exam.run")) as server:
        status, body = Browser(server).get("/readyz")
        assert (status, '"migrations":true' in body) == (200, True)
    assert not (tmp_path / "demo-password").exists()


@pytest.mark.parametrize("arguments", [SERVE, ("-m", "exam.run")])
def test_production_refuses_a_database_with_demo_accounts(home, make_app, arguments):
    env = environment(home, **SECRETS)
    app = make_app(load_settings(env))
    with app.app_context():
        added = people.add_account(
            username="officer",
            role=Role.OFFICER,
            unit_code=None,
            display_name="",
            actor=Actor.command(),
            now=clock.now(),
        )
        with transaction() as session:
            session.get_one(Account, added.account_id).is_demo = True
    refused = python(*arguments, env={**env, "KAOFA_PORT": "0"})
    assert refused.returncode == 2
    assert "demo accounts" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path):
    env = environment(tmp_path, KAOFA_DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
    refused = python(*SERVE, env=env)
    assert refused.returncode == 2
    assert "The database does not answer" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.postgresql
def test_postgresql_is_served_by_two_processes(postgres_settings, tmp_path):
    env = environment(tmp_path, KAOFA_DATABASE_URL=postgres_settings.database_url)
    with Server(env) as server:
        until(lambda: len(server.workers) == 2)
        os.kill(server.workers[0], signal.SIGKILL)
        until(lambda: len(server.workers) == 2 and server.answers())


def test_a_failing_sweep_stops_neither_the_others_nor_the_next(app, caplog):
    done = []

    def broken(now):
        raise ValueError

    def working(now):
        done.append(now)

    app.extensions["sweeps"] = [broken, working]
    serving.sweep(app)
    serving.sweep(app)
    assert len(done) == 2
    assert sum("the sweep failed" in record.message for record in caplog.records) == 2


def test_commands_and_tests_have_no_sweep(app):
    assert "sweep" not in {thread.name for thread in threading.enumerate()}
