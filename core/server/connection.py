"""One connection: bytes in to whole requests, whole answers to bytes out; it never waits for the client.

The grammar is llhttp's, by httptools, in its strict mode; what it lets pass and WSGI cannot express is refused
here. Nothing in this module waits: it takes what has arrived, sends what the socket takes, and says how long
the client has for the next step.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from contextlib import suppress
from enum import Enum, auto
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

if TYPE_CHECKING:
    from core.server.bounds import Bounds

RECEIVED_AT_ONCE = 64 * 1024
LEFT_TO_READ = 4 * 1024 * 1024
"""Bytes that are read and thrown away after a refusal, so that the client sees the answer, not a broken pipe."""
FAREWELL_SECONDS = 2.0


class Need(Enum):
    """What a connection waits for."""

    BYTES = auto()
    ROOM_TO_SEND = auto()
    A_THREAD = auto()
    NOTHING = auto()
    """It is over."""


class Held:
    """The bytes that a process holds for its clients' larger bodies and unread answers."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self.count = 0

    def take(self, count: int) -> bool:
        """Whether so many more may be held; if so they are."""
        with self._lock:
            if self.count + count > self._most:
                return False
            self.count += count
            return True

    def give_back(self, count: int) -> None:
        with self._lock:
            self.count -= count


class Request:
    """What a client asks, as it was sent."""

    __slots__ = (
        "body",
        "expects",
        "headers",
        "held",
        "keep_alive",
        "method",
        "size",
        "unread",
        "url",
        "version",
    )

    def __init__(self) -> None:
        self.method = self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.version = "1.1"
        self.size = 0
        self.held = 0
        self.keep_alive = False
        self.expects = False
        self.unread = False
        """Its body is larger than may be: the application is asked without it, and says so to the client."""


class Connection:
    """The state of one client's connection. One thread at a time works on it."""

    __slots__ = (
        "_began",
        "_bounds",
        "_held",
        "_parser",
        "_received",
        "_refusal",
        "_request",
        "_unsent",
        "_unsent_held",
        "address",
        "deadline",
        "is_idle",
        "is_sending",
        "leaving",
        "port",
        "ready",
        "sock",
    )

    def __init__(self, sock: socket.socket, address: tuple[str, int], bounds: Bounds, held: Held) -> None:
        self.sock = sock
        self.address, self.port = address[:2]
        self.ready: deque[Request] = deque()
        self.leaving = False
        self.is_idle = True
        self.is_sending = False
        self.deadline = time.monotonic() + bounds.head_seconds
        self._bounds = bounds
        self._held = held
        self._parser = HttpRequestParser(self)
        self._request: Request | None = None
        self._refusal: HTTPStatus | None = None
        self._began = 0.0
        self._received = 0
        self._unsent = memoryview(b"")
        self._unsent_held = 0

    # What the parser calls, in the order of a request.

    def on_message_begin(self) -> None:
        # What follows a request that is refused is not looked at.
        self._request = Request() if self._refusal is None else None

    def on_url(self, part: bytes) -> None:
        if self._request is not None:
            self._request.url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        # Once the headers are complete the method is known; what follows a body is no header of the request.
        if self._request is not None and not self._request.method:
            self._request.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        request = self._request
        if request is None:
            return
        request.method = self._parser.get_method()
        request.version = self._parser.get_http_version()
        request.keep_alive = request.version == "1.1" and self._parser.should_keep_alive()
        self._refusal = _refused_head(request, self._bounds.head_bytes)
        length = next((int(value) for name, value in request.headers if name == b"content-length"), 0)
        if length > self._bounds.body_bytes:
            request.unread, request.keep_alive = True, False
            self.on_message_complete()
        elif length and not self._may_hold(request, length):
            self._refusal = HTTPStatus.SERVICE_UNAVAILABLE
        # The time of a body begins with it.
        self._began = time.monotonic()

    def on_body(self, part: bytes) -> None:
        request = self._request
        if request is None or self._refusal is not None:
            return
        request.size += len(part)
        if request.size > self._bounds.body_bytes:
            self._refusal = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        elif not self._may_hold(request, request.size):
            self._refusal = HTTPStatus.SERVICE_UNAVAILABLE
        else:
            request.body.append(part)

    def on_message_complete(self) -> None:
        if self._request is not None and self._refusal is None:
            self.ready.append(self._request)
            self._request = None

    def _may_hold(self, request: Request, size: int) -> bool:
        more = size - request.held
        if size <= self._bounds.small_body or more <= 0:
            return True
        if not self._held.take(more):
            return False
        request.held = size
        return True

    # What the threads of the server call.

    def receive(self) -> Need:
        """Take what has arrived, once."""
        try:
            data = self.sock.recv(RECEIVED_AT_ONCE)
        except BlockingIOError:
            return Need.BYTES
        except OSError:
            return Need.NOTHING
        if not data:
            return Need.NOTHING
        self._received += len(data)
        if self.leaving:
            return Need.BYTES if self._received < LEFT_TO_READ else Need.NOTHING
        now = time.monotonic()
        if self.is_idle:
            self.is_idle, self._began, self._received = False, now, len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            # No other protocol is spoken here: the request is answered as if it had not asked for one.
            if self.ready:
                self.ready[-1].keep_alive = False
        except HttpParserError:
            self._refusal = HTTPStatus.BAD_REQUEST
        if self.ready:
            self.deadline = float("inf")
            return Need.A_THREAD
        return self._await_more(now)

    def _await_more(self, now: float) -> Need:
        request, bounds = self._request, self._bounds
        in_body = request is not None and request.method
        if self._refusal is None and not in_body and self._received > bounds.head_bytes:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        if self._refusal is not None:
            return self.refuse(self._refusal)
        if request is None or not in_body:
            self.deadline = self._began + bounds.head_seconds
            return Need.BYTES
        whole = self._began + bounds.body_seconds + request.size / bounds.slowest
        self.deadline = min(now + bounds.body_seconds, whole)
        if request.expects and not request.size:
            request.expects = False
            return self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Need.BYTES

    def refuse(self, status: HTTPStatus) -> Need:
        """Answer what cannot be handed to the application, and close."""
        self._forget(self._request)
        self._request = None
        text = f"{status.value} {status.phrase}\n".encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n"
        )
        self.leaving = True
        return self.send(head.encode(), text)

    def answer(self, request: Request, head: bytes, body: bytes) -> Need:
        """Send the application's answer to a request; what comes next on this connection."""
        self._forget(request)
        self.leaving = not request.keep_alive
        return self.send(head, body)

    def send(self, head: bytes, body: bytes = b"") -> Need:
        """Send what the socket takes, and keep the rest."""
        try:
            sent = self.sock.sendmsg((head, body))
        except BlockingIOError:
            sent = 0
        except OSError:
            return Need.NOTHING
        if sent == len(head) + len(body):
            return self._after_sending()
        rest = len(head) + len(body) - sent
        if not self._held.take(rest):
            return Need.NOTHING
        self._unsent_held = rest
        self._unsent = memoryview(head + body)[sent:]
        self.deadline = time.monotonic() + self._bounds.unread_seconds
        return Need.ROOM_TO_SEND

    def go_on_sending(self) -> Need:
        """There is room in the socket."""
        if self._unsent:
            try:
                sent = self.sock.send(self._unsent)
            except BlockingIOError:
                return Need.ROOM_TO_SEND
            except OSError:
                return Need.NOTHING
            self._unsent = self._unsent[sent:]
            if self._unsent:
                self.deadline = time.monotonic() + self._bounds.unread_seconds
                return Need.ROOM_TO_SEND
            self._held.give_back(self._unsent_held)
            self._unsent_held = 0
            return self._after_sending()
        return Need.A_THREAD if self.ready else Need.BYTES

    def _after_sending(self) -> Need:
        now = time.monotonic()
        if self.leaving:
            return self._farewell(now)
        if self.ready:
            # The next request is already here; others have their turn before it.
            return Need.ROOM_TO_SEND
        if self._refusal is not None:
            return self.refuse(self._refusal)
        if self._request is None:
            self.is_idle = True
            self.deadline = now + self._bounds.idle_seconds
        else:
            self.is_idle, self._received = False, 0
            self._began = now
            self.deadline = now + self._bounds.body_seconds
        return Need.BYTES

    def _farewell(self, now: float) -> Need:
        """Everything is sent: say so, and let the client read it before the connection is closed."""
        self.ready.clear()
        self._received = 0
        self.deadline = now + FAREWELL_SECONDS
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return Need.NOTHING
        return Need.BYTES

    def time_is_over(self) -> None:
        """Tell a client that sent half a request, and wake the connection up to be closed. From any thread."""
        with suppress(OSError):
            if not self.is_idle and not self.leaving and not self._unsent:
                self.sock.send(
                    b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._forget(self._request)
        for request in self.ready:
            self._forget(request)
        self._held.give_back(self._unsent_held)
        self._unsent_held = 0
        self.sock.close()
        del self._parser  # it holds this object, and so keeps it alive

    def _forget(self, request: Request | None) -> None:
        if request is not None:
            self._held.give_back(request.held)
            request.held = 0
            request.body = []


def _refused_head(request: Request, most: int) -> HTTPStatus | None:
    """What the grammar allows and this server does not."""
    hosts, size = 0, len(request.url)
    for name, value in request.headers:
        size += len(name) + len(value)
        if name == b"host":
            hosts += 1
        elif name == b"transfer-encoding" and value.strip().lower() != b"chunked":
            return HTTPStatus.NOT_IMPLEMENTED
        elif name == b"content-length" and len(value) > 15:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        elif name == b"expect":
            if value.lower() != b"100-continue":
                return HTTPStatus.EXPECTATION_FAILED
            request.expects = request.version == "1.1"
    if size > most:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if hosts > 1 or (hosts == 0 and request.version == "1.1"):
        return HTTPStatus.BAD_REQUEST
    return None
