"""Every setting, typed, read once from `KAOFA_*` variables.

In production a missing secret stops the start with a sentence that says what to set. In demo the secrets
are made once in the instance folder (mode 600), so that one command opens the site.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).resolve().parent
DATA_KEY_BYTES = 32


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
    public_url: str | None = None
    trusted_proxies: int = 0
    host: str = "127.0.0.1"
    port: int = 8000
    demo_expose: bool = False
    import_megabytes: int = 20
    testing: bool = False

    @property
    def is_demo(self) -> bool:
        return self.environment is Environment.DEMO

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def write_lock(self) -> Path:
        """The file that writers of a SQLite database hold, in the server and in commands alike."""
        return self.home / "write.lock"

    @property
    def imports(self) -> Path:
        """Where uploaded question files wait until they have been read."""
        return self.home / "imports"

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
        if len(secret_key) < 32:
            problems.append("KAOFA_SECRET_KEY must be set to at least 32 random characters.")
        if data_key is None:
            problems.append("KAOFA_DATA_KEY must be set to 32 random bytes in base64.")
        if public_url is None:
            problems.append(
                "KAOFA_PUBLIC_URL must be set to the site's address, such as https://kaofa.example.cn."
            )
    if public_url is not None:
        problems += _address_problems(public_url)
    port = _number(env, ("KAOFA_PORT", "PORT"), 8000, problems)
    proxies = _number(env, ("KAOFA_TRUSTED_PROXIES",), 0, problems)
    megabytes = _number(env, ("KAOFA_IMPORT_MEGABYTES",), 20, problems)
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
        database_url=env.get("KAOFA_DATABASE_URL") or f"sqlite:///{home / 'kaofa.sqlite3'}",
        secret_key=secret_key,
        data_key=data_key,
        public_url=public_url,
        trusted_proxies=proxies,
        host=host,
        port=port,
        demo_expose=expose,
        import_megabytes=megabytes,
    )


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


def _number(env: Mapping[str, str], names: tuple[str, ...], default: int, problems: list[str]) -> int:
    for name in names:
        text = env.get(name, "")
        if text:
            if not text.isdecimal() or int(text) > 65535:
                problems.append(f"{name} must be a whole number from 0 to 65535.")
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
