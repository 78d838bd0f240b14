"""Every setting, typed, read once from `KAOFA_*` variables.

In production a missing secret stops the start with a sentence that says what to set. In demo the secrets
are made once in the instance folder (mode 600), so that one command opens the site.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).resolve().parent
DATA_KEY_BYTES = 32
SECRET_KEY_LENGTH = 32
FEWEST_CHARACTERS = 8
"""Different characters of a secret key: 32 random hexadecimal digits have fewer once in a million million."""
FEWEST_BYTES = 16
"""Different bytes of a data key: 32 random ones have fewer never in practice."""
MAKE_A_KEY = "python3 -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())'"
TYPED_WORDS = ("secret", "password", "change-me", "changeme", "example", "kaofa")


class Environment(StrEnum):
    DEMO = "demo"
    PRODUCTION = "production"


class ConfigurationError(Exception):
    """The environment does not allow a start; the message says what to set."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the platform needs to know of its surroundings; nothing else reads the environment."""

    environment: Environment
    home: Path
    database_url: str
    secret_key: str
    data_key: bytes
    owner_database_url: str | None = None
    public_url: str | None = None
    trusted_proxies: int = 0
    host: str = "127.0.0.1"
    port: int = 8000
    demo_expose: bool = False
    import_megabytes: int = 20
    smallest_group: int = 5
    """The fewest people or sittings for which a report's page or export shows a figure; 1 shows every figure."""
    work_seconds: int = 300
    work_megabytes: int = 1024
    lookups_a_day: int = 500
    testing: bool = False

    @property
    def is_demo(self) -> bool:
        return self.environment is Environment.DEMO

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def migration_url(self) -> str:
        """With whose rights the tables are made: the owner's where one is named, else the application's own."""
        return self.owner_database_url or self.database_url

    @property
    def session_cookie(self) -> str:
        """The cookie's name. Browsers do not tell ports apart: two sites of one host must not share it."""
        return f"kaofa_{hashlib.sha256(b'kaofa cookie' + self.secret_key.encode()).hexdigest()[:8]}"

    @property
    def write_lock(self) -> Path:
        """The file that writers of a SQLite database hold, in the server and in commands alike."""
        return self.home / "write.lock"

    @property
    def imports(self) -> Path:
        """Where uploaded question files wait until they have been read."""
        return self.home / "imports"

    @property
    def jobs(self) -> Path:
        """Where the locks of jobs that are worked on lie."""
        return self.home / "jobs"

    @property
    def import_bytes(self) -> int:
        """The size to which an uploaded question file is bounded."""
        return self.import_megabytes * 1024 * 1024

    @property
    def undeclared_proxy_mark(self) -> Path:
        """The file that tells that requests came through a proxy which the settings do not declare."""
        return self.home / "undeclared-proxy"

    @property
    def demo_password_file(self) -> Path:
        return self.home / "demo-password"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises `ConfigurationError` with all that is missing or malformed, one line each.
    """
    env = os.environ if environ is None else environ
    problems: list[str] = []
    try:
        environment = Environment(env.get("KAOFA_ENV", "demo"))
    except ValueError:
        raise ConfigurationError("KAOFA_ENV must be 'demo' or 'production'.") from None
    home = Path(env.get("KAOFA_HOME", "") or PROJECT / "instance").resolve()
    demo = environment is Environment.DEMO
    secret_key = env.get("KAOFA_SECRET_KEY", "")
    data_key = _data_key(env.get("KAOFA_DATA_KEY", ""), problems)
    public_url = env.get("KAOFA_PUBLIC_URL", "").rstrip("/") or None
    if not demo:
        problems += _secret_problems(secret_key, data_key)
        problems += _public_url_problems(public_url)
    if public_url is not None:
        problems += _address_problems(public_url)
    owner_url = env.get("KAOFA_OWNER_DATABASE_URL") or None
    database_url = env.get("KAOFA_DATABASE_URL") or f"sqlite:///{home / 'kaofa.sqlite3'}"
    if owner_url is not None and database_url.startswith("sqlite"):
        problems.append(
            "KAOFA_OWNER_DATABASE_URL goes with PostgreSQL in KAOFA_DATABASE_URL; SQLite has no roles."
        )
    port = _number(env, ("KAOFA_PORT", "PORT"), 8000, problems)
    proxies = _number(env, ("KAOFA_TRUSTED_PROXIES",), 0, problems)
    lookups = _number(env, ("KAOFA_LOOKUPS_A_DAY",), 500, problems)
    megabytes = _number(env, ("KAOFA_IMPORT_MEGABYTES",), 20, problems)
    smallest_group = _number(env, ("KAOFA_SMALLEST_GROUP",), 5, problems)
    work_seconds = _number(env, ("KAOFA_WORK_SECONDS",), 300, problems, least=1)
    work_megabytes = _number(env, ("KAOFA_WORK_MEGABYTES",), 1024, problems, least=1)
    if problems:
        raise ConfigurationError("\n".join(problems))
    if demo:
        secret_key = secret_key or _kept_secret(home / "secret-key")
        data_key = data_key or base64.b64decode(_kept_secret(home / "data-key"))
    assert data_key is not None
    expose = env.get("KAOFA_DEMO_EXPOSE") == "1"
    host = env.get("KAOFA_HOST") or env.get("HOST") or "127.0.0.1"
    if demo and not expose:
        host = "127.0.0.1"
    return Settings(
        environment=environment,
        home=home,
        database_url=database_url,
        secret_key=secret_key,
        data_key=data_key,
        owner_database_url=owner_url,
        public_url=public_url,
        trusted_proxies=proxies,
        host=host,
        port=port,
        demo_expose=expose,
        import_megabytes=megabytes,
        smallest_group=smallest_group,
        work_seconds=work_seconds,
        work_megabytes=work_megabytes,
        lookups_a_day=lookups,
    )


def _secret_problems(secret_key: str, data_key: bytes | None) -> list[str]:
    """What is wrong with the secrets of a production: missing, or of the kind that a person types."""
    problems = []
    if len(secret_key) < SECRET_KEY_LENGTH:
        problems.append("KAOFA_SECRET_KEY must be set to at least 32 random characters.")
    elif (
        _repeats(secret_key.encode())
        or len(set(secret_key)) < FEWEST_CHARACTERS
        or any(word in secret_key.casefold() for word in TYPED_WORDS)
    ):
        problems.append(f"KAOFA_SECRET_KEY can be guessed; make a random one: {MAKE_A_KEY}")
    if data_key is None:
        problems.append("KAOFA_DATA_KEY must be set to 32 random bytes in base64.")
    elif (
        _repeats(data_key)
        or len(set(data_key)) < FEWEST_BYTES
        or (data_key.isascii() and data_key.decode().isprintable())
    ):
        problems.append(f"KAOFA_DATA_KEY can be guessed; make a random one: {MAKE_A_KEY}")
    elif secret_key == base64.b64encode(data_key).decode():
        problems.append("KAOFA_SECRET_KEY and KAOFA_DATA_KEY must not be the same.")
    return problems


def _repeats(key: bytes) -> bool:
    """Whether the key is a shorter piece repeated, or its bytes go up or down in equal steps."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    return len(steps) == 1 or any(key[n:] == key[:-n] for n in range(1, len(key) // 2 + 1))


def _public_url_problems(public_url: str | None) -> list[str]:
    """In production the site is reached by HTTPS: over HTTP passwords and answers can be read on the way."""
    if public_url is None:
        return ["KAOFA_PUBLIC_URL must be set to the site's address, such as https://kaofa.example.cn."]
    if urlsplit(public_url).scheme == "http":
        return ["KAOFA_PUBLIC_URL must begin with https:// in production."]
    return []


def _data_key(text: str, problems: list[str]) -> bytes | None:
    if not text:
        return None
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != DATA_KEY_BYTES:
        problems.append("KAOFA_DATA_KEY must be 32 bytes in base64.")
        return None
    return key


def _address_problems(public_url: str) -> list[str]:
    if not public_url.startswith(("https://", "http://")):
        return ["KAOFA_PUBLIC_URL must begin with https:// or http://."]
    try:
        parts = urlsplit(public_url)
        fine = bool(parts.hostname) and parts.port != 0 and not (parts.path or parts.query or parts.username)
    except ValueError:
        fine = False
    return [] if fine else ["KAOFA_PUBLIC_URL must be a scheme, a host and perhaps a port, nothing more."]


def _number(
    env: Mapping[str, str], names: tuple[str, ...], default: int, problems: list[str], least: int = 0
) -> int:
    for name in names:
        text = env.get(name, "")
        if text:
            if not text.isdecimal() or not least <= int(text) <= 65535:
                problems.append(f"{name} must be a whole number from {least} to 65535.")
                return default
            return int(text)
    return default


def _kept_secret(path: Path) -> str:
    """A random secret that is made at the first start and kept, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(DATA_KEY_BYTES)).decode())
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip()
