"""Saving answers on SQLite: one writer thread that commits the waiting saves in groups.

SQLite syncs the disk at each commit, and lets one writer in at a time. So requests hand their batch to the
thread and wait; it takes all that wait, checks and writes each, commits once, and then acknowledges them.
Saves are served in the order of their coming, and share the application's gate with every other write.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from core.errors import DomainError
from exam.sittings import standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Engine

    from core.db import WriteGate
    from exam.sittings.answers import Batch

LARGEST_GROUP = 64
IDLE_SECONDS = 5.0
"""The thread ends when nothing came for so long; the next save starts another."""

SHAPES = (
    "SELECT position, type, length(option_order) FROM paper_question "
    "WHERE sitting_id = ? AND draw_number = ? AND position IN (SELECT value FROM json_each(?))"
)
KEPT = "SELECT seq, position, choice, late FROM answer_event WHERE sitting_id = ? AND seq BETWEEN ? AND ?"
INSERT = (
    "INSERT INTO answer_event (sitting_id, seq, position, choice, late, sign_in_id, recorded_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


class _Waiting:
    """A save that waits for its group: afterwards either `saved` or `error` is set."""

    __slots__ = ("batch", "done", "error", "now", "saved", "sign_in_id", "sitting_id")

    def __init__(self, sitting_id: str, sign_in_id: str, batch: Batch, now: datetime) -> None:
        self.sitting_id = sitting_id
        self.sign_in_id = sign_in_id
        self.batch = batch
        self.now = now
        self.done = threading.Event()
        self.saved: standing.Saved | None = None
        self.error: BaseException | None = None

    def outcome(self) -> standing.Saved:
        if self.error is not None:
            raise self.error
        assert self.saved is not None
        return self.saved


class SqliteJournal:
    """The queue of waiting saves and the thread that serves it."""

    def __init__(self, engine: Engine, gate: WriteGate) -> None:
        self._engine = engine
        self._gate = gate
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def save(self, sitting_id: UUID, sign_in_id: str, batch: Batch, now: datetime) -> standing.Saved:
        save = _Waiting(str(sitting_id), sign_in_id, batch, now)
        if not batch.events:
            with self._connection() as connection:
                return _standing(connection, save)[1]
        with self._changed:
            if self._closed:
                raise RuntimeError("the journal is closed")
            self._waiting.append(save)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="answer-journal", daemon=True)
                self._thread.start()
            self._changed.notify()
        save.done.wait()
        return save.outcome()

    def close(self) -> None:
        """Serve what still waits, then end the thread. Saves after that are an error."""
        with self._changed:
            self._closed = True
            thread = self._thread
            self._changed.notify()
        if thread is not None:
            thread.join()

    def _serve(self) -> None:
        while group := self._next_group():
            if not self._try(group):
                for save in group:
                    self._try([save])
            for save in group:
                save.done.set()

    def _try(self, group: list[_Waiting]) -> bool:
        """Write a group. If the database itself fails, all of it is undone, and each save has that as its error."""
        try:
            self._write(group)
        except BaseException as error:  # noqa: BLE001  the thread outlives whatever befalls a group
            for save in group:
                save.saved, save.error = None, error
            return False
        return True

    def _next_group(self) -> list[_Waiting]:
        """The saves that wait, oldest first; empty when the thread shall end."""
        with self._changed:
            while not self._waiting:
                if self._closed or not (self._changed.wait(IDLE_SECONDS) or self._waiting):
                    self._thread = None
                    return []
            return [self._waiting.popleft() for _ in range(min(LARGEST_GROUP, len(self._waiting)))]

    def _write(self, group: list[_Waiting]) -> None:
        with self._gate(), self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for save in group:
                    save.error = None
                    try:
                        save.saved = _save(connection, save)
                    except DomainError as refused:  # raised before anything of this batch is written
                        save.error = refused
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        with closing(self._engine.raw_connection()) as pooled:
            yield pooled.driver_connection


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _standing(connection: Any, save: _Waiting) -> tuple[standing.Standing, standing.Saved]:
    """How the sitting stands, and the reply of a heartbeat. Raises the refusal, if there is one."""
    cursor = connection.execute(
        standing.STANDING, {"sitting_id": save.sitting_id, "sign_in_id": save.sign_in_id}
    )
    values = cursor.fetchone()
    found = None
    if values is not None:
        row = SimpleNamespace(**dict(zip((column[0] for column in cursor.description), values, strict=True)))
        found = standing.standing_of(row, sign_in_id=save.sign_in_id, now=save.now, instant=_instant)
    refused = standing.refusal(found, now=save.now)
    if refused is not None:
        raise refused
    assert found is not None
    assert found.deadline is not None
    return found, standing.Saved(found.head, [], found.deadline)


def _save(connection: Any, save: _Waiting) -> standing.Saved:
    found, reply = _standing(connection, save)
    events = save.batch.events
    first, last = events[0].seq, events[-1].seq
    positions = json.dumps([event.position for event in events])
    shapes = connection.execute(SHAPES, (save.sitting_id, found.draw_number, positions))
    faults = standing.shape_faults(events, shapes)
    if faults is not None:
        raise faults
    if first > found.head + 1:
        raise standing.sequence_gap(found.head)
    late = []
    if first <= found.head:
        sent = {event.seq: tuple(event) for event in events}
        for seq, position, choice, was_late in connection.execute(KEPT, (save.sitting_id, first, last)):
            if sent[seq] != (seq, position, choice):
                raise standing.sequence_conflict(found.head)
            if was_late:
                late.append(seq)
    is_late = save.now > reply.deadline
    at = save.now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    new = [
        (save.sitting_id, *event, is_late, save.sign_in_id, at) for event in events if event.seq > found.head
    ]
    connection.executemany(INSERT, new)
    late += [row[1] for row in new if is_late]
    return standing.Saved(max(found.head, last), sorted(late), reply.deadline)
