"""The database: base class, column types, and the one way to write.

Two databases are served, SQLite and PostgreSQL. On SQLite several writers starve one another, so every
write goes through one gate: a fair queue inside the process and a lock file between processes
(docs/adr, "two databases").
"""

from __future__ import annotations

import enum
import fcntl
import hashlib
import os
import threading
import uuid
from collections import deque
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    DateTime,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    Uuid,
    event,
    func,
    select,
)
from sqlalchemy.orm import DeclarativeBase, registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask_sqlalchemy.session import Session
    from sqlalchemy import Connection, Dialect, Engine
    from sqlalchemy.orm import scoped_session
    from sqlalchemy.types import TypeEngine

BigId = BigInteger().with_variant(Integer, "sqlite")
"""Row numbers: 64 bits; on SQLite the rowid, which is INTEGER by name."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC (on SQLite as text that sorts by time)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class UuidText(TypeDecorator[uuid.UUID]):
    """A UUID: native on PostgreSQL, on SQLite the 36 characters that people see in the address."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(36) if dialect.name == "sqlite" else Uuid())

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> Any:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        return uuid.UUID(value) if isinstance(value, str) else value


NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
COLUMN_TYPES: dict[Any, TypeEngine[Any]] = {
    datetime: UtcDateTime(),
    uuid.UUID: UuidText(),
    bytes: LargeBinary(),
    enum.StrEnum: Enum(
        enum.StrEnum,
        native_enum=False,
        length=32,
        create_constraint=False,
        values_callable=lambda kind: [member.value for member in kind],
    ),
}


class Base(DeclarativeBase):
    """What every model derives from: names of constraints, and column types by annotation."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING_CONVENTION), type_annotation_map=COLUMN_TYPES
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": False})

PRIVATE = 0o600
SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "busy_timeout=10000",
)

_writing: ContextVar[bool] = ContextVar("writing", default=False)


class FairLock:
    """A mutex that serves its waiters in the order of their coming."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._waiters: deque[threading.Event] = deque()

    def acquire(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiters.append(turn)
        turn.wait()

    def release(self) -> None:
        with self._guard:
            if self._waiters:
                self._waiters.popleft().set()
            else:
                self._held = False


class WriteGate:
    """The one door for writers of a SQLite database: fair in the process, a file lock between processes."""

    def __init__(self, lock_file: Path) -> None:
        self._queue = FairLock()
        self._lock_file = lock_file

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self._queue.acquire()
        try:
            with self._lock_file.open("a") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        finally:
            self._queue.release()


def write_gate() -> WriteGate | None:
    """The running application's gate; None on PostgreSQL, which queues writers itself."""
    gate: WriteGate | None = current_app.extensions["write_gate"]
    return gate


@contextmanager
def transaction() -> Iterator[scoped_session[Session]]:
    """One use case: everything in the block is committed together, or nothing.

    Ends the read transaction that the request may have open, so that the block sees what is committed now.
    Use cases do not nest: a nested block raises `RuntimeError`.
    """
    if _writing.get():
        raise RuntimeError("use cases do not nest: a service must not call another service's transaction")
    session = db.session
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside a transaction() block")
    session.commit()
    gate = write_gate()
    if gate is None:
        with _write(session):
            yield session
    else:
        with gate(), _write(session):
            yield session


def hold(name: str) -> None:
    """Make other transactions that hold the same name wait until this one ends; read what it guards after this.

    For what no row stands for yet. On SQLite the transaction has the database for itself already.
    """
    if write_gate() is None:
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        db.session.execute(select(func.pg_advisory_xact_lock(key)))


@contextmanager
def _write(session: scoped_session[Session]) -> Iterator[None]:
    token = _writing.set(True)
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _writing.reset(token)


def _keep_to_owner(path: str) -> None:
    """Make the file of a database readable by its owner alone, and so what SQLite puts beside it."""
    if path == ":memory:":
        return
    with suppress(FileNotFoundError, PermissionError):  # connecting says what is wrong with the place
        file = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            if os.fstat(file).st_mode & ~PRIVATE & 0o777:
                os.fchmod(file, PRIVATE)
        finally:
            os.close(file)


def prepare_sqlite(engine: Engine) -> None:
    """Durable WAL, foreign keys, and transactions that begin when we say so (not when pysqlite guesses).

    `recursive_triggers` lets `REPLACE` ask the triggers of the row that it would delete: without it an
    append-only table could be rewritten by one word.
    """

    @event.listens_for(engine, "do_connect")
    def _private(_dialect: Any, _record: Any, arguments: Any, _options: Any) -> None:
        _keep_to_owner(arguments[0])

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


def release_connections() -> None:
    """Close every connection of this process: one that is about to fork must not hand any on."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()
