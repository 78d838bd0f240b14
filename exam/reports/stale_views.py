"""The page of papers whose items were found stale after they were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from core.actor import Permission
from core.web.guards import current_actor, requires
from exam.reports.stale_papers import stale_papers

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("stale_papers", __name__, url_prefix="/reports")


@blueprint.get("/stale-papers")
@requires(Permission.VIEW_STALE_PAPERS)
def stale() -> ResponseReturnValue:
    actor = current_actor()
    return render_template(
        "reports/stale_papers.html",
        rows=stale_papers(actor),
        may_open_session=actor.may(Permission.MANAGE_SESSIONS),
        may_open_item=actor.may(Permission.VIEW_BANK),
    )
