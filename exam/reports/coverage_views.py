"""The page of what the bank covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from core.actor import Permission
from core.clock import day_of
from core.web.guards import requires
from core.web.signed_in import arrival
from exam.reports.coverage import coverage

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("coverage", __name__, url_prefix="/reports")


@blueprint.get("/bank-coverage")
@requires(Permission.VIEW_BANK)
def page() -> ResponseReturnValue:
    return render_template("reports/coverage.html", found=coverage(day_of(arrival())))
