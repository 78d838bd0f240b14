"""A client that behaves like a browser with a form: it carries the page's own CSRF token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask.testing import FlaskClient

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)"')


class SiteClient(FlaskClient):
    """`page` reads a page and checks it, `send` posts a form, `send_json` posts as the scripts do."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Each request in a context of its own, as on a server, though the test has one open too."""
        with self.application.app_context():
            return super().open(*args, **kwargs)

    def token(self) -> str:
        response = self.get("/sign-in", follow_redirects=True)
        found = TOKEN.search(response.text)
        assert found, "the page carries no csrf-token"
        return found[1]

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
