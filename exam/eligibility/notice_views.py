"""What an auditor is told of eligibility lookups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, current_app, render_template

from core.actor import Permission
from core.web.guards import requires
from core.web.signed_in import arrival
from exam.eligibility import queries
from exam.eligibility.runs import KEPT_IN_VIEW, NUMBERS_OF_A_RUN

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("lookup_notices", __name__, url_prefix="/eligibility/notices")


@blueprint.get("")
@requires(Permission.VIEW_LOOKUPS)
def notices() -> ResponseReturnValue:
    return render_template(
        "eligibility/notices.html",
        runs=queries.runs_of_unknown(arrival()),
        least=NUMBERS_OF_A_RUN,
        days=KEPT_IN_VIEW.days,
        most=current_app.config["SETTINGS"].lookups_a_day,
    )
