"""Looks that leave a row in the log: at keys, at people and their accounts, and at what is exported of them."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, TypeVar, cast

from flask import make_response, request

from core.audit.services import record
from core.db import transaction
from core.web.guards import current_actor
from core.web.signed_in import arrival

if TYPE_CHECKING:
    from collections.abc import Callable

    View = TypeVar("View", bound=Callable[..., object])

THE_LIST = "list"
LONGEST_ASKED = 200


def shows(action: str, kind: str, by: str = "") -> Callable[[View], View]:
    """Record each page that a view shows (an answer 200): `action` on a `kind`, whose id is the argument `by`.

    Without `by` it is a list, and the row keeps what was asked of it in the address. The row is committed before
    the page leaves: what cannot be logged is not shown.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def shown(**arguments: object) -> object:
            response = make_response(view(**arguments))
            if response.status_code == 200:
                _record(action, kind, str(arguments[by]) if by else THE_LIST)
            return response

        shown.shows = action  # type: ignore[attr-defined]  # guards look for it
        return cast("View", shown)

    return mark


def _record(action: str, kind: str, subject: str) -> None:
    asked = {name: value[:LONGEST_ASKED] for name, value in request.args.items() if value}
    with transaction():
        record(
            action, kind, subject, actor=current_actor(), now=arrival(), **({"asked": asked} if asked else {})
        )
