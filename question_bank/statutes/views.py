"""Pages of statutes: the list of laws, a law through its versions, a version with its articles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, render_template, request

from core.actor import Permission
from core.clock import day_of
from core.web.guards import requires
from core.web.signed_in import arrival
from question_bank.statutes import queries
from question_bank.statutes.histories import compared_pairs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from flask.typing import ResponseReturnValue

    LawUsageOf = Callable[[date], Mapping[str, Any]]

blueprint = Blueprint("statutes", __name__, url_prefix="/bank/statutes")


@blueprint.get("")
@requires(Permission.VIEW_BANK)
def statutes() -> ResponseReturnValue:
    """How many items cite a law comes from a room after this one, by the hook that `exam/rooms.py` registers."""
    text, on = request.args.get("text", "").strip()[:100], day_of(arrival())
    usage: LawUsageOf = current_app.extensions["law_usage"]
    return render_template("statutes/list.html", rows=queries.laws(text, on), usage=usage(on), text=text)


@blueprint.get("/laws/<int:statute_id>")
@requires(Permission.VIEW_BANK)
def law(statute_id: int) -> ResponseReturnValue:
    on = day_of(arrival())
    row = queries.law_row(statute_id, on)
    usage: LawUsageOf = current_app.extensions["law_usage"]
    return render_template(
        "statutes/law.html",
        row=row,
        pairs=compared_pairs_of(statute_id),
        versions={version.id: version for version in row.versions},
        usage=usage(on).get(row.law),
        on=on,
    )


@blueprint.get("/<int:version_id>")
@requires(Permission.VIEW_BANK)
def version(version_id: int) -> ResponseReturnValue:
    row = queries.version_row(version_id)
    return render_template(
        "statutes/version.html",
        row=row,
        articles=queries.articles(version_id),
        on=day_of(arrival()),
    )
