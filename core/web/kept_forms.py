"""What was typed into a form whose sign-in had ended: carried along by the sign-in page, and sent again after it.

The browser carries it, signed, so that neither server nor database keeps what nobody has saved. It is taken
only from a request whose token was right, and given back only to the same account: a page of another site can
neither plant it nor have it sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from core.auth.rules import LIFETIME

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

MOST_CHARACTERS = 256 * 1024
MOST_FIELDS = 3000
NEVER_KEPT = frozenset({"csrf_token", "id_number"})
"""Tokens, which are new after signing in, and ID numbers, which stand on no page in full."""


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form as it was sent: where to, and its fields in order."""

    path: str
    fields: list[tuple[str, str]]

    @property
    def texts(self) -> list[str]:
        """What was written at some length, for its writer to see that it is there."""
        return [value for _name, value in self.fields if len(value) >= 10]


def keep(account_id: int) -> str:
    """This request's form for that account, as a signed text; empty where nothing can be carried.

    A password is never carried, nor is a file; a form with either is typed again.
    """
    if any(file.filename for file in request.files.values()):
        return ""
    fields = _fields(request.form)
    if any("password" in name for name, _value in fields):
        return ""
    length = sum(len(name) + len(value) for name, value in fields)
    if not fields or len(fields) > MOST_FIELDS or length > MOST_CHARACTERS:
        return ""
    path = request.full_path.rstrip("?")
    kept: str = _serializer().dumps({"account": account_id, "path": path, "fields": fields})
    return kept


def _fields(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.items(multi=True) if name not in NEVER_KEPT]


def kept_for(account_id: int | None, kept: str) -> KeptForm | None:
    """The form that was kept for that account; None for another's, an old one, or one that is not ours."""
    try:
        found = _serializer().loads(kept, max_age=int(LIFETIME.total_seconds()))
    except BadSignature:
        return None
    if found["account"] != account_id:
        return None
    return KeptForm(found["path"], [(name, value) for name, value in found["fields"]])


def page_of_form() -> str | None:
    """The path of the page on which the form stood, as far as the browser tells it and it is ours."""
    try:
        came_from = urlsplit(request.referrer or "")
    except ValueError:  # a header is what a client likes to write: «http://[»
        return None
    if came_from.netloc != request.host or not came_from.path.startswith("/"):
        return None
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SETTINGS"].secret_key, salt="kept-form")
