"""Whether the site lives and can work, and to whom it tells why not."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from flask_migrate import downgrade
from sqlalchemy import event, select

from core import clock
from core.db import db
from core.readiness import Readiness, WriteProbe
from tests.factories.sittings import client_of, make_candidate

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_living_process_says_so(client):
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_migrated_database_is_ready(either_app):
    answer = either_app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "checks": {"database": True, "migrations": True, "writes": True},
    }


def test_details_stay_on_the_machine(client):
    assert client.get("/readyz", environ_overrides={"REMOTE_ADDR": "10.0.0.1"}).json == {"status": "ok"}
    assert client.get("/readyz", headers={"X-Forwarded-For": "10.0.0.1"}).json == {"status": "ok"}


def test_an_old_database_is_not_ready(app, client):
    downgrade(revision="base")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {
        "status": "not_ready",
        "checks": {"database": True, "migrations": False, "writes": False},
    }


@contextmanager
def nothing_can_be_written() -> Iterator[None]:
    """What a full disk or a read-only one comes to: every write fails, every read goes on."""

    def refuse_writes(connection, _record) -> None:
        connection.execute("PRAGMA query_only=ON")

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", refuse_writes)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", refuse_writes)
        db.session.remove()
        db.engine.dispose()


def test_a_database_that_cannot_be_written_is_not_ready(client):
    with nothing_can_be_written():
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"] == {"database": True, "migrations": True, "writes": False}


def test_signing_in_where_nothing_can_be_written_says_what_is_wrong(client):
    with nothing_can_be_written():
        answer = client.send("/sign-in", {"username": "nobody", "password": "wrong"}, status=503)
    assert "磁盘已满" in answer.text


def test_who_is_signed_in_reads_on_though_nothing_can_be_written(app):
    client = client_of(app, make_candidate(now=clock.now() - timedelta(minutes=5)))
    with nothing_can_be_written():
        assert "退出" in client.page("/")


def test_readiness_writes_at_most_every_few_seconds(app):
    looks = Readiness()
    now = clock.now()
    assert looks.writable(now=now)
    assert looks.writable(now=now + timedelta(seconds=1))
    assert db.session.scalar(select(WriteProbe.written_at)) == now
    assert looks.writable(now=now + timedelta(seconds=6))
    db.session.rollback()
    assert db.session.scalar(select(WriteProbe.written_at)) == now + timedelta(seconds=6)
