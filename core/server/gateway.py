"""Between HTTP and WSGI (PEP 3333): a request as the application's environment, its answer as bytes."""

from __future__ import annotations

import logging
import sys
from email.utils import format_datetime
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from wsgiref.types import WSGIApplication

    from core.server.connection import Connection, Request

log = logging.getLogger(__name__)

WITHOUT_BODY = frozenset({204, 304})
CONTENT_NAMES = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


class Gateway:
    """Asks one application; an answer is gathered whole before its first byte is sent."""

    def __init__(
        self, application: WSGIApplication, address: tuple[str, int], now: Callable[[], datetime]
    ) -> None:
        self._application = application
        self._now = now
        self._always: dict[str, Any] = {
            "SCRIPT_NAME": "",
            "SERVER_NAME": address[0],
            "SERVER_PORT": str(address[1]),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            # The input ends where the body does, also where no length was sent.
            "wsgi.input_terminated": True,
        }

    def ask(self, connection: Connection, request: Request) -> tuple[bytes, bytes]:
        """The head and the body of the answer."""
        try:
            status, headers, body = self._ask(self.environment(connection, request))
            head = _head(request, status, headers, len(body), self._now())
        except Exception:
            log.exception("the application failed on %s", request.method.decode("latin-1"))
            request.keep_alive = False
            status, body = "500 Internal Server Error", b""
            head = _head(request, status, [], 0, self._now())
        return head, b"" if _is_bodiless(request, status) else body

    def environment(self, connection: Connection, request: Request) -> dict[str, Any]:
        """What PEP 3333 asks for. Of a header whose name holds «_» nothing is passed on: it could pose as another."""
        target, _, query = request.url.partition(b"?")
        environment = self._always.copy()
        if not target.startswith(b"/"):
            target, host = _absolute(target)
            request.headers = [
                *(header for header in request.headers if header[0] != b"host"),
                (b"host", host),
            ]
        environment["REQUEST_METHOD"] = request.method.decode("latin-1")
        environment["PATH_INFO"] = (unquote_to_bytes(target) if b"%" in target else target).decode("latin-1")
        environment["QUERY_STRING"] = query.decode("latin-1")
        environment["SERVER_PROTOCOL"] = f"HTTP/{request.version}"
        environment["REMOTE_ADDR"], environment["REMOTE_PORT"] = connection.address, str(connection.port)
        body = b"" if request.unread else b"".join(request.body)
        environment["wsgi.input"] = BytesIO(body)
        for name, value in request.headers:
            key = _key(name)
            if not key:
                continue
            text = value.decode("latin-1").strip()
            if key in environment:
                text = f"{environment[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
            environment[key] = text
        return environment

    def _ask(self, environment: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _error: object = None
        ) -> Callable[[bytes], object]:
            started[:] = [(status, headers)]
            return written.append

        answer: Iterable[bytes] = self._application(environment, start_response)
        try:
            body = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        status, headers = started[0]
        return status, headers, b"".join(written) + body if written else body


@lru_cache(maxsize=512)
def _key(name: bytes) -> str:
    """The variable of a header; "" when it is not passed on."""
    if b"_" in name:
        return ""
    return CONTENT_NAMES.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")


def _absolute(target: bytes) -> tuple[bytes, bytes]:
    """Path and host of «http://host/path», which proxies may send; the path «*» of OPTIONS stays what it is."""
    _scheme, found, rest = target.partition(b"://")
    if not found:
        return target, b""
    host, slash, path = rest.partition(b"/")
    return slash + path or b"/", host


def _is_bodiless(request: Request, status: str) -> bool:
    return request.method == b"HEAD" or int(status[:3]) in WITHOUT_BODY


def _head(request: Request, status: str, headers: list[tuple[str, str]], length: int, now: datetime) -> bytes:
    """Raises `ValueError` for a header with a line break, which would end it and begin another."""
    lines = [f"HTTP/1.1 {status}", f"Date: {_date(now.replace(microsecond=0))}"]
    lengths = [f"Content-Length: {length}"]
    for name, value in headers:
        lowered = name.lower()
        if lowered == "content-length":
            # To HEAD the application tells the length of what it does not send.
            lengths = [f"Content-Length: {value}"] if request.method == b"HEAD" else lengths
        elif lowered not in {"transfer-encoding", "connection"}:
            lines.append(f"{name}: {value}")
    if int(status[:3]) not in WITHOUT_BODY:
        lines += lengths
    if not request.keep_alive:
        lines.append("Connection: close")
    text = "\n".join(lines)
    if text.count("\n") != len(lines) - 1 or "\r" in text:
        raise ValueError("a header with a line break")
    return text.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n"


@lru_cache(maxsize=2)
def _date(second: datetime) -> str:
    return format_datetime(second, usegmt=True)
