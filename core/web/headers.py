"""Security headers on every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from flask import Flask, Response

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    for name, value in HEADERS:
        headers[name] = value
    if request.endpoint not in {"static", "bootstrap.static"}:
        headers["Cache-Control"] = "no-store"
    return response


def init_app(app: Flask, *, https: bool) -> None:
    app.after_request(_add_headers)
    if https:

        @app.after_request
        def _strict_transport(response: Response) -> Response:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
            return response
