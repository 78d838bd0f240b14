"""A client that posts as a browser does, with the token of its session.

It makes the token as the pages do instead of reading a page before every post; that the pages carry one that is
accepted, tests of sign-in and of a real browser show.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

if TYPE_CHECKING:
    from werkzeug.test import TestResponse


class SiteClient(FlaskClient):
    """`page` reads a page and checks it, `send` posts a form, `send_json` posts as the scripts do."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Each request in a context of its own, as on a server, though the test has one open too."""
        with self.application.app_context():
            return super().open(*args, **kwargs)

    def token(self) -> str:
        """What Flask-WTF's `generate_csrf` gives to this session's pages."""
        with self.application.app_context(), self.session_transaction() as cookie:
            kept = cookie.setdefault("csrf_token", secrets.token_hex(20))
        return URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(kept)

    def page(self, url: str, *, status: int = 200) -> str:
        response = self.get(url)
        assert response.status_code == status, (
            f"{url}: {response.status_code}, wanted {status}: {response.text[:400]}"
        )
        return response.text

    def send(self, url: str, data: dict[str, Any] | None = None, *, status: int | None = 303) -> TestResponse:
        response = self.post(url, data={**(data or {}), "csrf_token": self.token()})
        if status is not None:
            assert response.status_code == status, f"{url}: {response.status_code}: {response.text[:2000]}"
        return response

    def send_json(self, url: str, body: object, *, status: int | None = None, **headers: str) -> TestResponse:
        response = self.post(
            url,
            json=body,
            headers={
                "X-CSRFToken": self.token(),
                "Sec-Fetch-Site": "same-origin",
                "Accept": "application/json",
                **headers,
            },
        )
        if status is not None:
            assert response.status_code == status, f"{url}: {response.status_code}: {response.text[:2000]}"
        return response

    def sign_in(self, username: str, password: str) -> TestResponse:
        return self.send("/sign-in", {"username": username, "password": password, "next": ""})
