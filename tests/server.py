"""The real server in a process of its own, and a small HTTP client that keeps cookies and the token."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING, Self

from config import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)"')
SERVE = ("-m", "flask", "--app", "wsgi", "serve")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(home: Path, **more: str) -> dict[str, str]:
    """The variables of a site in that folder, and none of those that the tests themselves run with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAOFA_")}
    return {**kept, "KAOFA_HOME": str(home), **more}


def random_key(of: str) -> str:
    """32 bytes in base64 that a production accepts as random; the same each time."""
    return base64.b64encode(hashlib.sha256(of.encode()).digest()).decode()


def python(*arguments: str, env: Mapping[str, str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run Python in the project until it ends."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def children(pid: int) -> list[int]:
    """The processes that this one has started and that live."""
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except FileNotFoundError:
        return []
    return [int(word) for words in lists for word in words.split()]


def is_background(pid: int) -> bool:
    """Whether it is the process that `serve` keeps for background work, or a child of that."""
    try:
        return b"\0work\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, seconds: float = 20) -> None:
    """Wait for something to come true."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come true in time"
        time.sleep(0.05)


@dataclass
class Server:
    """A site being served; `arguments` are those of Python."""

    env: dict[str, str]
    arguments: tuple[str, ...] = SERVE
    port: int = field(default_factory=free_port)

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, *self.arguments],
            cwd=PROJECT,
            env={**self.env, "KAOFA_PORT": str(self.port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        until(lambda: self.answers() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.process.stdout.read()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        self.process.stdout.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> list[int]:
        """The processes that answer requests."""
        return [pid for pid in children(self.process.pid) if not is_background(pid)]

    @property
    def background(self) -> list[int]:
        """The process that works in the background, when it is there, and its children."""
        found = [pid for pid in children(self.process.pid) if is_background(pid)]
        return [*found, *(child for pid in found for child in children(pid))]

    def answers(self) -> bool:
        try:
            return Browser(self).get("/healthz")[0] == 200
        except OSError:
            return False


class Browser:
    """Keeps cookies; posts forms and JSON as the site's own pages do. Answers are (status, body)."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def _open(self, path: str, data: bytes | None = None, **headers: str) -> tuple[int, str]:
        request = urllib.request.Request(self._server.url + path, data, headers)
        try:
            with self._opener.open(request, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def get(self, path: str) -> tuple[int, str]:
        return self._open(path)

    def token(self) -> str:
        return TOKEN.search(self.get("/sign-in")[1])[1]

    def send(self, path: str, **values: str) -> tuple[int, str]:
        data = urllib.parse.urlencode({**values, "csrf_token": self.token()}).encode()
        return self._open(path, data)

    def send_json(self, path: str, body: object) -> tuple[int, dict]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Sec-Fetch-Site": "same-origin",
        }
        status, text = self._open(path, json.dumps(body).encode(), **headers, **{"X-CSRFToken": self.token()})
        return status, json.loads(text)

    def sign_in(self, username: str, password: str) -> None:
        status, text = self.send("/sign-in", username=username, password=password, next="")
        assert status == 200, text[:500]
