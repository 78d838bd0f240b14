"""A real site and a real browser: the server that `flask serve` starts, and Debian's Chromium."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from config import PROJECT
from tests.conftest import missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def unguarded(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction in which guarded rows of a SQLite database can be given another past."""
    guards = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_guard_update'"
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        found = connection.execute(guards).fetchall()
        for name, _made in found:
            connection.execute(f"DROP TRIGGER {name}")
        yield
        for _name, made in found:
            connection.execute(made)


@dataclass(frozen=True)
class Candidate:
    username: str
    sitting: str


class Site:
    """A served demo site with its own home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {**os.environ, "KAOFA_HOME": str(home), "KAOFA_ENV": "demo"}
        self.environment.pop("KAOFA_DATABASE_URL", None)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: subprocess.Popen[bytes] | None = None

    def flask(self, *arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            cwd=PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert done.returncode == status, done.stderr.decode()
        return done.stdout.decode()

    @property
    def password(self) -> str:
        return (self.home / "demo-password").read_text(encoding="utf-8").strip()

    def candidates(self, count: int = 1, *, minutes: int = 60, grace: int = 10) -> list[Candidate]:
        """Fresh candidates of a rehearsal that is open now."""
        made = json.loads(
            self.flask(
                *("demo", "session", "--json", "--candidates", str(count)),
                *("--minutes", str(minutes), "--grace", str(grace)),
            ),
        )
        return [Candidate(entry["username"], entry["sitting"]) for entry in made["candidates"]]

    def database(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run one statement on the site's SQLite database, as an operator with the file could."""
        with (
            closing(sqlite3.connect(self.home / "kaofa.sqlite3", timeout=30)) as connection,
            unguarded(connection),
        ):
            return connection.execute(statement, values).fetchall()

    def start(self) -> None:
        with (self.home / "serve.log").open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "wsgi", "serve"],
                cwd=PROJECT,
                env={**self.environment, "KAOFA_PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        for _ in range(300):
            if self._server.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        pytest.fail(
            f"the site did not start: {(self.home / 'serve.log').read_text(encoding='utf-8')[-2000:]}"
        )

    def back_up(self) -> Path:
        """A copy of the database as it is now, as a nightly backup would make it."""
        copy = self.home / "backup.sqlite3"
        copy.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(self.home / "kaofa.sqlite3", timeout=30)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        return copy

    def restore(self, copy: Path) -> None:
        """Stop, put the copy in the database's place, and start again."""
        self.stop()
        for name in ("kaofa.sqlite3-wal", "kaofa.sqlite3-shm"):
            (self.home / name).unlink(missing_ok=True)
        shutil.copy(copy, self.home / "kaofa.sqlite3")
        self.start()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self._server is not None
        self._server.send_signal(how)
        self._server.wait(15)
        self._server = None


@pytest.fixture(scope="session")
def site(demo_home: Path) -> Iterator[Site]:
    """One served demo site for all browser tests of a worker."""
    served = Site(demo_home)
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing("Chromium", "install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def new_page(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens pages of separate browsers (contexts); fails the test on any script error or blocked resource."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(*, javascript: bool = True, width: int = 1280, height: int = 800) -> Page:
        context = browser.new_context(
            base_url=site.url,
            java_script_enabled=javascript,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                errors.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def sign_in(page: Page, username: str, password: str) -> None:
    page.goto("/sign-in")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
