"""The writer thread on SQLite: groups, order, and that nothing befalls one save for another's sake."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import pytest

from core.errors import Invalid
from exam.sittings import journal_sqlite, queries
from tests.factories.sittings import NOW, make_exam_session, make_questions, save, start_sitting


@pytest.fixture
def writer(app):
    journal = app.extensions["journal"]
    yield journal
    journal.close()


@pytest.fixture
def room():
    return {"session": make_exam_session(), "questions": make_questions()}


@pytest.fixture
def groups(writer, monkeypatch):
    """The sizes of the groups that were committed."""
    sizes = []
    write = writer._write

    def counting(group):
        sizes.append(len(group))
        write(group)

    monkeypatch.setattr(writer, "_write", counting)
    return sizes


@contextmanager
def queued(app, *saves):
    """Saves that wait, in this order, because another writer holds the gate; yields their futures."""

    def run(sitting_id, candidate, *events):
        with app.app_context():
            return save(sitting_id, candidate, *(events or [(1, 1, "A")]))

    with ThreadPoolExecutor(len(saves)) as threads:
        futures = []
        with app.extensions["write_gate"]():
            for waiting in saves:
                futures.append(threads.submit(run, *waiting))
                time.sleep(0.02)
            assert not any(future.done() for future in futures), "acknowledged before the commit"
        wait(futures)
        yield futures


def test_waiting_saves_are_committed_together(app, room, groups):
    sittings = [start_sitting(**room) for _ in range(8)]
    with queued(app, *sittings) as futures:
        assert [future.result().acknowledged for future in futures] == [1] * 8
    assert sum(groups) == 8
    assert len(groups) <= 2
    assert all(queries.journal(sitting_id) == [(1, 1, "A")] for sitting_id, _ in sittings)


def test_a_refused_save_spares_the_others_of_its_group(app, room, writer):
    (good, first), (bad, second) = start_sitting(**room), start_sitting(**room)
    with queued(app, (good, first), (bad, second, (1, 1, "A"), (2, 9, "A"))) as futures:
        assert futures[0].result().acknowledged == 1
        assert isinstance(futures[1].exception(), Invalid)
    assert queries.journal(good) == [(1, 1, "A")]
    assert queries.journal(bad) == []


def test_saves_are_served_in_the_order_of_their_coming(app, room, writer, monkeypatch):
    monkeypatch.setattr(journal_sqlite, "LARGEST_GROUP", 1)
    served = []
    real = journal_sqlite._save

    def noting(connection, waiting):
        served.append(waiting.sitting_id)
        return real(connection, waiting)

    monkeypatch.setattr(journal_sqlite, "_save", noting)
    sittings = [start_sitting(**room) for _ in range(6)]
    with queued(app, *sittings):
        pass
    assert served == [str(sitting_id) for sitting_id, _ in sittings]


def test_the_writer_outlives_a_failure(app, writer, monkeypatch):
    sitting_id, candidate = start_sitting()
    real = journal_sqlite._save
    failures = iter([OSError("disk full"), OSError("disk full")])

    def failing(connection, waiting):
        error = next(failures, None)
        if error:
            raise error
        return real(connection, waiting)

    monkeypatch.setattr(journal_sqlite, "_save", failing)
    with pytest.raises(OSError, match="disk full"):
        save(sitting_id, candidate, (1, 1, "A"))
    assert save(sitting_id, candidate, (1, 1, "A")).acknowledged == 1
    assert queries.journal(sitting_id) == [(1, 1, "A")]


def test_one_save_that_breaks_the_database_spares_the_others(app, room, writer, monkeypatch):
    (bad, first), (good, second) = start_sitting(**room), start_sitting(**room)
    real = journal_sqlite._save

    def failing(connection, waiting):
        if waiting.sitting_id == str(bad):
            raise OSError("broken page")
        return real(connection, waiting)

    monkeypatch.setattr(journal_sqlite, "_save", failing)
    with queued(app, (bad, first), (good, second)) as futures:
        assert isinstance(futures[0].exception(), OSError)
        assert futures[1].result().acknowledged == 1


def test_the_thread_ends_when_idle_and_starts_again(app, writer, monkeypatch):
    monkeypatch.setattr(journal_sqlite, "IDLE_SECONDS", 0.05)
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"))
    thread = writer._thread
    thread.join(2)
    assert not thread.is_alive()
    assert save(sitting_id, candidate, (2, 1, "B")).acknowledged == 2


def test_a_closed_journal_takes_no_more(app, writer):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"), now=NOW)
    writer.close()
    with pytest.raises(RuntimeError):
        save(sitting_id, candidate, (2, 1, "B"))
