"""Sittings over real sockets: doubled requests, a deadline moved in the database, a worker killed amid saves."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from config import load_settings
from core import clock
from core.audit.models import AuditEntry
from core.db import db
from exam.sittings import queries
from exam.sittings.models import Sitting
from exam.sittings.rules import SittingState
from tests.factories.past import rewrite
from tests.factories.sittings import PASSWORD, make_sitting
from tests.server import Browser, Server, alive, environment, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from flask import Flask

    from config import Settings

AT_ONCE = 6


@dataclass
class Room:
    """A served site, the candidate's open browser, and the database beside it."""

    server: Server
    browser: Browser
    sitting: UUID

    @property
    def url(self) -> str:
        return f"/sittings/{self.sitting}"

    def save(self, seq: int) -> tuple[int, dict]:
        event = {"seq": seq, "position": 1 + seq % 2, "choice": ["ABCD"[seq % 4]]}
        return self.browser.send_json(f"{self.url}/answers", {"events": [event]})

    def at_once(self, act: Callable[[], object]) -> list:
        """The act from several connections, released together."""
        barrier = threading.Barrier(AT_ONCE)

        def run(_number: int) -> object:
            barrier.wait()
            return act()

        with ThreadPoolExecutor(AT_ONCE) as threads:
            return list(threads.map(run, range(AT_ONCE)))

    def row(self) -> Sitting:
        db.session.rollback()
        return db.session.get_one(Sitting, self.sitting, populate_existing=True)

    def audited(self, action: str) -> int:
        query = select(func.count(AuditEntry.id)).where(
            AuditEntry.subject_id == str(self.sitting), AuditEntry.action == action
        )
        return db.session.scalar(query)


@pytest.fixture(
    params=["sqlite_settings", pytest.param("postgres_settings", marks=pytest.mark.postgresql)],
    ids=["sqlite", "postgresql"],
)
def room(request, make_app) -> Iterator[Room]:
    """On SQLite one worker, on PostgreSQL two."""
    settings: Settings = request.getfixturevalue(request.param)
    postgresql = request.param == "postgres_settings"
    more = {"KAOFA_DATABASE_URL": settings.database_url} if postgresql else {}
    env = environment(settings.home, **more)
    app: Flask = make_app(load_settings(env))
    with app.app_context():
        sitting, candidate = make_sitting(now=clock.now())
        username = candidate.username
        db.session.remove()
        with Server(env) as server:
            until(lambda: len(server.workers) == 1 + postgresql)
            browser = Browser(server)
            browser.sign_in(username, PASSWORD)
            yield Room(server, browser, sitting)


def test_doubled_starts_and_hand_ins_make_one_sitting_with_one_receipt(room):
    started = room.at_once(lambda: room.browser.send(f"{room.url}/start")[0])
    assert started == [200] * AT_ONCE
    assert room.audited("start") == 1
    assert room.save(1)[0] == 200
    handed_in = room.at_once(lambda: room.browser.send_json(f"{room.url}/submit", {}))
    assert {status for status, _ in handed_in} == {200}
    assert len({body["receipt"] for _, body in handed_in}) == 1
    assert room.row().state is SittingState.GRADED
    assert room.audited("seal") == 1


def test_a_deadline_moved_in_the_database_is_obeyed(room):
    room.browser.send(f"{room.url}/start")
    status, saved = room.save(1)
    assert status == 200
    earlier = room.row().started_at - timedelta(hours=2)
    rewrite(Sitting, Sitting.id == room.sitting, started_at=earlier)
    status, refused = room.save(2)
    assert (status, refused["code"]) == (409, "closed")
    assert saved["state"] == "running"
    assert "时间到，系统已自动交卷" in room.browser.get(room.url)[1]
    assert [seq for seq, _position, _choice in queries.journal(room.sitting)] == [1]


def test_a_worker_killed_amid_saves_loses_nothing_acknowledged(room):
    room.browser.send(f"{room.url}/start")
    acknowledged, refusals, stop = [0], [], threading.Event()

    def keep_saving() -> None:
        """As the page does: the next event after an answer, the same one again after a broken connection."""
        while not stop.is_set():
            try:
                status, body = room.save(acknowledged[-1] + 1)
            except (OSError, HTTPException):
                time.sleep(0.05)
                continue
            if status != 200:
                refusals.append(body)
                return
            acknowledged.append(body["acknowledged"])

    saving = threading.Thread(target=keep_saving)
    saving.start()
    try:
        for _ in range(2):
            reached, workers = acknowledged[-1], room.server.workers
            until(lambda reached=reached: acknowledged[-1] > reached + 3)
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
            before = acknowledged[-1]
            until(lambda before=before: acknowledged[-1] > before + 3)
            until(lambda workers=workers: not set(workers) & set(room.server.workers))
    finally:
        stop.set()
        saving.join(30)
    assert refusals == []
    stored = [seq for seq, _position, _choice in queries.journal(room.sitting)]
    assert acknowledged == sorted(acknowledged)
    assert stored == list(range(1, len(stored) + 1))
    assert len(stored) >= acknowledged[-1]
    assert room.browser.send(f"{room.url}/submit")[0] == 200
    workers = room.server.workers
    room.server.process.terminate()
    assert room.server.process.wait(5) == 0
    assert not any(alive(worker) for worker in workers)
