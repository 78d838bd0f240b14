"""The load generator's HTTP: keep-alive connections and prepared requests, as little Python as possible."""

from __future__ import annotations

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CLIENTS = 8
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"set-cookie: *([^=]+=[^;\r]*)", re.IGNORECASE)
TOKEN = re.compile(rb'<meta name="csrf-token" content="([^"]+)"')


class Connection:
    """One keep-alive connection with a cookie, as one candidate's browser holds it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self.cookie = b""
        self.token = b""

    def send(self, method: str, path: str, body: bytes = b"", content_type: str = "") -> tuple[int, bytes]:
        """Send one request; returns status and body. Opens the connection again when the server closed it."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Accept: text/html,application/json\r\nSec-Fetch-Site: same-origin\r\nContent-Length: {len(body)}\r\n"
        ).encode()
        if content_type:
            head += f"Content-Type: {content_type}\r\n".encode()
        if self.cookie:
            head += b"Cookie: " + self.cookie + b"\r\n"
        if self.token:
            head += b"X-CSRFToken: " + self.token + b"\r\n"
        request = head + b"\r\n" + body
        try:
            return self._exchange(request)
        except (ConnectionError, TimeoutError):
            self.close()
            return self._exchange(request)

    def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ConnectionError("closed")
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        while len(body) < length:
            body += self._socket.recv(65536)
        cookie = COOKIE.search(head)
        if cookie:
            self.cookie = cookie[1]
        return int(head[9:12]), body

    def form(self, path: str, **fields: str) -> tuple[int, bytes]:
        data = {**fields, "csrf_token": self.token.decode()}
        return self.send("POST", path, urlencode(data).encode(), "application/x-www-form-urlencoded")

    def page(self, path: str) -> bytes:
        status, body = self.send("GET", path)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status}")
        found = TOKEN.search(body)
        if found:
            self.token = found[1]
        return body

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def together(work: Sequence[Callable[[], None]]) -> None:
    """Run the pieces of work on eight clients; the first error ends the run."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        for future in [pool.submit(piece) for piece in work]:
            future.result()
