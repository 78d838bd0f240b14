"""The threads of a serving process: each waits for the next connection with something to do, and does it.

All wait on one epoll. A connection is told to one thread at a time (EPOLLONESHOT), which reads what has
arrived; only when a request is whole does it ask the application. So nothing is handed from thread to thread,
which on Python costs more than the reading, and a client that stalls costs its connection's memory alone.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from typing import TYPE_CHECKING

from core import clock
from core.server.connection import Connection, Held, Need
from core.server.gateway import Gateway

if TYPE_CHECKING:
    import socket
    from wsgiref.types import WSGIApplication

    from core.server.bounds import Bounds

log = logging.getLogger(__name__)

ONCE = select.EPOLLONESHOT
WAITS_FOR = {Need.BYTES: select.EPOLLIN | ONCE, Need.ROOM_TO_SEND: select.EPOLLOUT | ONCE}
ACCEPTED_AT_ONCE = 64
LOOKS_AT_DEADLINES_EVERY = 0.5
OUT_OF_FILES_PAUSE = 0.1


class ServingThreads:
    """Serves one application on one listening socket until it is told to stop."""

    def __init__(
        self, application: WSGIApplication, listener: socket.socket, *, threads: int, bounds: Bounds
    ) -> None:
        self._gateway = Gateway(application, listener.getsockname()[:2], clock.now)
        self._listener = listener
        self._bounds = bounds
        self._held = Held(bounds.held_bytes)
        self._connections: dict[int, Connection] = {}
        self._epoll = select.epoll()
        self._stopping = threading.Event()
        self._waking, self._wake = os.pipe()
        self._threads = [
            threading.Thread(target=self._work, name=f"serving-{number}", daemon=True)
            for number in range(1, threads + 1)
        ]
        self._timer = threading.Thread(target=self._watch_deadlines, name="deadlines", daemon=True)

    def start(self) -> None:
        self._listener.setblocking(False)
        self._epoll.register(self._listener, WAITS_FOR[Need.BYTES])
        self._epoll.register(self._waking, select.EPOLLIN)
        for thread in [*self._threads, self._timer]:
            thread.start()

    def stop(self, within: float) -> None:
        """Take no more connections, finish the requests at work, and return after so many seconds at most."""
        self._stopping.set()
        self._epoll.unregister(self._listener)
        self._listener.close()
        os.write(self._wake, b".")  # never read: every thread wakes
        ends = time.monotonic() + within
        for thread in [*self._threads, self._timer]:
            thread.join(max(0.0, ends - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            return  # its connections are still in use; they end with the process
        for descriptor in list(self._connections):
            self._close(descriptor)
        self._epoll.close()
        for end in (self._waking, self._wake):
            os.close(end)

    def _work(self) -> None:
        while not self._stopping.is_set():
            for descriptor, _event in self._epoll.poll(-1, 1):
                if descriptor == self._waking:
                    return
                try:
                    self._turn_to(descriptor)
                except Exception:
                    log.exception("a connection failed")
                    self._close(descriptor)

    def _turn_to(self, descriptor: int) -> None:
        connection = self._connections.get(descriptor)
        if connection is None:
            self._accept()
            return
        need = connection.go_on_sending() if connection.is_sending else connection.receive()
        if need is Need.A_THREAD:
            request = connection.ready.popleft()
            need = connection.answer(request, *self._gateway.ask(connection, request))
        if need is Need.NOTHING:
            self._close(descriptor)
        else:
            connection.is_sending = need is Need.ROOM_TO_SEND
            self._epoll.modify(descriptor, WAITS_FOR[need])

    def _accept(self) -> None:
        try:
            for _ in range(ACCEPTED_AT_ONCE):
                sock, address = self._listener.accept()
                if len(self._connections) >= self._bounds.connections:
                    sock.close()
                    continue
                sock.setblocking(False)
                connection = Connection(sock, address, self._bounds, self._held)
                self._connections[sock.fileno()] = connection
                self._epoll.register(sock, WAITS_FOR[Need.BYTES])
        except BlockingIOError:
            pass
        except OSError as error:
            if self._stopping.is_set():
                return
            log.warning("no further connection can be taken: %s", error.strerror)
            time.sleep(OUT_OF_FILES_PAUSE)
        if not self._stopping.is_set():
            self._epoll.modify(self._listener, WAITS_FOR[Need.BYTES])

    def _close(self, descriptor: int) -> None:
        # Closing a socket takes it out of the epoll; its number may then come again.
        connection = self._connections.pop(descriptor, None)
        if connection is not None:
            connection.close()

    def _watch_deadlines(self) -> None:
        """Wake the connections up whose time is over; the thread to which they are then told closes them."""
        while not self._stopping.wait(LOOKS_AT_DEADLINES_EVERY):
            now = time.monotonic()
            connections = list(self._connections.values())
            for connection in connections:
                if connection.deadline < now:
                    connection.deadline = float("inf")
                    connection.time_is_over()
            if len(connections) > self._bounds.connections * 3 // 4:
                self._make_room(connections)

    def _make_room(self, connections: list[Connection]) -> None:
        """Close the idle connections that have least time left, before new ones must be refused."""
        idle = sorted((c for c in connections if c.is_idle), key=lambda connection: connection.deadline)
        for connection in idle[: self._bounds.connections // 4]:
            connection.time_is_over()
