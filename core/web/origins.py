"""Where a request goes and where it comes from: only the site's own hosts are served, only its own pages may write.

Both are judged by `KAOFA_PUBLIC_URL`, never by what a request says of itself: behind a proxy the host that
reaches the application may lack the port, and a page elsewhere can have any host point here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Response, current_app, request
from flask_wtf.csrf import CSRFError

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
USUAL_PORTS = {"http": 80, "https": 443}
SAME_ORIGIN = "same-origin"


def origin_of(address: str) -> str:
    """Scheme, host and port of an address as a browser writes them; "" when it has none."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in USUAL_PORTS or not host:
        return ""
    if ":" in host:
        host = f"[{host}]"
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != USUAL_PORTS[parts.scheme] else "")


def trusted_hosts(settings: Settings) -> frozenset[str] | None:
    """The hosts under which the site is served; None for any, in an exposed demo without a public URL.

    Loopback names are always among them, for health checks and for the machine's own browser.
    """
    if settings.public_url is None and settings.demo_expose:
        return None
    configured = {settings.host.lower()}
    if settings.public_url is not None:
        configured.add(urlsplit(origin_of(settings.public_url)).netloc.rpartition("@")[2])
    return LOOPBACK_HOSTS | {_name(host) for host in configured}


@lru_cache(maxsize=256)
def _name(host: str) -> str:
    """A host without its port."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and (port.isdecimal() or not port) else host.lower()


def _refuse_other_hosts() -> Response | None:
    hosts: frozenset[str] | None = current_app.extensions["trusted_hosts"]
    if hosts is None or _name(request.environ.get("HTTP_HOST", "")) in hosts:
        return None
    return Response("此地址不是本站的地址。\n", 400, mimetype="text/plain")


def says_it_is_ours() -> bool | None:
    """Whether the browser says that a page of this site sent the request; None when the client does not say."""
    headers = request.headers
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == SAME_ORIGIN
    origin = headers.get("Origin")
    if origin is not None:
        return origin == _own_origin()
    referrer = headers.get("Referer")
    return None if referrer is None else origin_of(referrer) == _own_origin()


def _own_origin() -> str:
    """As configured. A demo without a public URL has what the request says; its host was compared before."""
    configured: str | None = current_app.extensions["own_origin"]
    return configured if configured is not None else origin_of(request.host_url)


def _refuse_other_origins() -> None:
    if request.method in WRITING and says_it_is_ours() is False:
        raise CSRFError


def init_app(app: Flask, settings: Settings) -> None:
    """Before Flask-WTF: it judges the token, not where a request comes from."""
    app.extensions["trusted_hosts"] = trusted_hosts(settings)
    app.extensions["own_origin"] = origin_of(settings.public_url) if settings.public_url else None
    app.config["WTF_CSRF_SSL_STRICT"] = False  # its own rule compares with the request's host
    app.before_request(_refuse_other_hosts)
    app.before_request(_refuse_other_origins)
