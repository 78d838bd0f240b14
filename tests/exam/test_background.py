"""The background process on a real server: bounds, kills, and that requests do not wait for it."""

from __future__ import annotations

import io
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from config import ConfigurationError, load_settings
from core import clock
from core.actor import Actor, Grant, Role
from core.db import db
from core.jobs.models import JobState
from core.jobs.work import Round, Stop
from exam.background import LONGEST_WAIT
from question_bank.transfer import queries, services
from question_bank.transfer.intake import Choices
from tests.factories.bank import make_statute_version
from tests.factories.sittings import PASSWORD, make_sitting
from tests.server import Browser, Server, alive, environment, until

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

AUTHOR = Actor(label="author", account_id=1, grants=(Grant(Role.AUTHOR),))
SECONDS = 2
"""Of processor time, for a piece of work; the file below takes several times as long."""
QUESTIONS = 8000


def long_file() -> io.BytesIO:
    text = "".join(
        f"{n}. 第 {n} 个问题应当怎样回答才算正确？\nA. 这样\nB. 那样\n答案：A\n\n"
        for n in range(1, QUESTIONS + 1)
    )
    return io.BytesIO(text.encode())


def upload() -> UUID:
    return services.start_import(
        stream=long_file(), file_name="题.txt", choices=Choices(), actor=AUTHOR, now=clock.now()
    )


def state(job_id: UUID) -> tuple[JobState, str]:
    db.session.rollback()
    found = queries.job(job_id, account_id=AUTHOR.account_id)
    return found.state, found.failure


def test_a_file_that_takes_for_ever_is_stopped_while_saves_go_on_and_a_kill_ends_its_import(
    sqlite_template: Path, tmp_path: Path, make_app
):
    (tmp_path / "kaofa.sqlite3").write_bytes(sqlite_template.read_bytes())
    env = environment(tmp_path, KAOFA_WORK_SECONDS=str(SECONDS))
    app = make_app(load_settings(env))
    with app.app_context():
        make_statute_version()
        sitting, candidate = make_sitting(now=clock.now())
        username = candidate.username
        db.session.remove()
        with Server(env) as server:
            until(lambda: server.background)
            killed = upload()
            until(lambda: state(killed)[0] is JobState.READING)
            at_work = server.background
            assert len(at_work) == 2
            os.kill(at_work[0], signal.SIGKILL)
            until(lambda: state(killed)[0] is JobState.FAILED)
            assert state(killed)[1] == services.INTERRUPTED
            assert not any(alive(pid) for pid in at_work)
            assert server.background

            browser = Browser(server)
            browser.sign_in(username, PASSWORD)
            browser.send(f"/sittings/{sitting}/start")
            endless = upload()
            until(lambda: state(endless)[0] is JobState.READING)
            saved, longest = 0, 0.0
            while state(endless)[0] is JobState.READING:
                began = time.monotonic()
                events = [{"seq": saved + 1, "position": 1, "choice": ["AB"[saved % 2]]}]
                status, body = browser.send_json(f"/sittings/{sitting}/answers", {"events": events})
                assert (status, body["acknowledged"]) == (200, saved + 1)
                assert browser.get("/healthz")[0] == 200
                saved += 1
                longest = max(longest, time.monotonic() - began)
            assert saved >= 3
            assert longest < SECONDS * 2
            ended, failure = state(endless)
            assert ended is JobState.FAILED
            assert f"超过 {SECONDS} 秒的限度" in failure
            assert "请把文件分成几份" in failure
            until(lambda: not list(services.folder().iterdir()))


@pytest.mark.parametrize("why", list(Stop))
def test_a_piece_that_fails_is_not_begun_for_ever(lane_of, monkeypatch, why):
    begun: list[str] = []

    def act(piece: str, *, now: object) -> None:
        begun.append(piece)
        if piece == "bad":
            raise MemoryError if why is Stop.MEMORY else RuntimeError

    now = [0.0]
    monkeypatch.setattr("exam.background.time.monotonic", lambda: now[0])
    lane = lane_of(Round("test", lambda _now: ["bad", "good"], act))
    for _look in range(20):
        lane.advance()
    assert begun.count("bad") == 1
    assert begun.count("good") >= 5, "what fails keeps nothing else waiting"
    for _day in range(30):
        now[0] += LONGEST_WAIT
        for _look in range(4):
            lane.advance()
    assert begun.count("bad") == 31


@pytest.mark.parametrize("name", ["KAOFA_WORK_SECONDS", "KAOFA_WORK_MEGABYTES"])
def test_a_bound_of_nothing_stops_the_start(tmp_path, name):
    with pytest.raises(ConfigurationError, match=f"{name} must be a whole number from 1"):
        load_settings({"KAOFA_HOME": str(tmp_path), name: "0"})
