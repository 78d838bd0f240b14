"""Transactions, instants and UUIDs as both databases keep them."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text

from core.actor import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.db import FairLock, db, transaction

MOMENT = datetime(2026, 11, 23, 8, 30, 15, 123456, tzinfo=UTC)


def write(now=MOMENT):
    with transaction():
        record("tested", "thing", 1, actor=Actor.command(), now=now)


def test_an_instant_comes_back_aware_and_exact(either_app):
    write(MOMENT.astimezone(timezone(timedelta(hours=8))))
    db.session.expire_all()
    assert db.session.query(AuditEntry).one().recorded_at == MOMENT
    assert db.session.query(AuditEntry).one().recorded_at.tzinfo is not None


def test_a_naive_datetime_is_refused(either_app):
    with pytest.raises(Exception, match="naive datetime"):
        write(MOMENT.replace(tzinfo=None))


def test_a_failed_use_case_leaves_nothing(either_app):
    with pytest.raises(LookupError), transaction():
        record("tested", "thing", 1, actor=Actor.command(), now=MOMENT)
        db.session.flush()
        raise LookupError
    assert db.session.scalar(text("SELECT count(*) FROM audit_entry")) == 0


def test_use_cases_do_not_nest(app):
    with transaction(), pytest.raises(RuntimeError, match="do not nest"), transaction():
        pass


def test_writers_on_sqlite_all_get_through(app):
    errors = []

    def writer():
        try:
            with app.app_context():
                for _ in range(5):
                    write()
        except Exception as error:  # noqa: BLE001  the test reports whatever a writer met
            errors.append(error)

    threads = [threading.Thread(target=writer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert db.session.scalar(text("SELECT count(*) FROM audit_entry")) == 40


def test_the_fair_lock_serves_in_order_of_coming():
    lock = FairLock()
    lock.acquire()
    served = []

    def wait(number):
        lock.acquire()
        served.append(number)
        lock.release()

    threads = []
    for number in range(5):
        thread = threading.Thread(target=wait, args=(number,))
        thread.start()
        threads.append(thread)
        while len(lock._waiters) <= number:
            time.sleep(0.001)
    lock.release()
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4]


def test_the_file_of_a_database_is_for_its_owner_alone(tmp_path, sqlite_settings, make_app):
    file = tmp_path / "kaofa.sqlite3"
    file.chmod(0o644)
    app = make_app(sqlite_settings)
    with app.app_context(), transaction() as session:
        session.execute(text("INSERT INTO statute (title, short_title) VALUES ('示例法', '示例法')"))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("kaofa.sqlite3*")} == {0o600}
