"""Proxies in front of the site: those that are declared are believed, others are noticed."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from flask import current_app
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse

    from flask import Flask

    from config import Settings

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_PROTO")
"""What proxies add, as it stands in a request's environment."""
ADVICE = (
    "A proxy forwards requests here that KAOFA_TRUSTED_PROXIES does not declare, so that all clients are one "
    "address: five wrong passwords of anybody lock out everybody. Set it to the number of proxies (README)."
)


class UndeclaredProxy:
    """Notices a proxy that nobody declared, by what it adds; says so once, in the log, and keeps it for /readyz.

    The mark is a file, since each serving process sees requests of its own.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._inner = app.wsgi_app
        self._mark = settings.undeclared_proxy_mark
        self._noticed = False

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if not self._noticed and is_forwarded(environ) and _is_near(environ.get("REMOTE_ADDR", "")):
            self._noticed = True
            if not self._mark.exists():
                self._mark.touch()
                self._app.logger.warning(ADVICE)
        return self._inner(environ, start_response)


def is_forwarded(environ: dict[str, Any]) -> bool:
    return any(name in environ for name in FORWARDED)


def _is_near(address: str) -> bool:
    """Whether a proxy of the house may have the address; a stranger on the internet can send any header."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return False


def undeclared() -> bool:
    """Whether an undeclared proxy was noticed since the server was started."""
    settings: Settings = current_app.config["SETTINGS"]
    return not settings.trusted_proxies and settings.undeclared_proxy_mark.exists()


def init_app(app: Flask, settings: Settings) -> None:
    count = settings.trusted_proxies
    if count:
        fixed = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_port=count)
        app.wsgi_app = fixed  # type: ignore[method-assign]
    elif not settings.is_demo:
        app.wsgi_app = UndeclaredProxy(app, settings)  # type: ignore[method-assign]
