"""Whether the process lives and whether it can work, for whatever watches it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, jsonify, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core import schema
from core.db import db
from core.readiness import readiness
from core.web import proxies
from core.web.guards import public
from core.web.signed_in import arrival

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public("tells that the process answers; reads nothing")
def alive() -> ResponseReturnValue:
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public(
    "tells whether the database answers, is migrated and can be written; details only to the machine itself"
)
def ready() -> ResponseReturnValue:
    details = _checks()
    fine = all(details.values())
    body: dict[str, object] = {"status": "ok" if fine else "not_ready"}
    if _from_this_machine():
        body["checks"] = details
        if proxies.undeclared():
            body["advice"] = proxies.ADVICE
    return jsonify(body), 200 if fine else 503


def _checks() -> dict[str, bool]:
    checks = {"database": False, "migrations": False, "writes": False}
    try:
        db.session.execute(text("SELECT 1"))
        checks["database"] = True
        checks["migrations"] = schema.is_current()
        checks["writes"] = checks["migrations"] and readiness().writable(now=arrival())
    except SQLAlchemyError:
        current_app.logger.warning("not ready: the database does not answer")
    return checks


def _from_this_machine() -> bool:
    """Whether the request comes from loopback, and not through a proxy that nobody told us to trust."""
    try:
        return not proxies.is_forwarded(request.environ) and ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
