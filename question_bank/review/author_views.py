"""What came back from review, for those who wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request, url_for

from core.actor import Permission
from core.web.guards import requires
from question_bank.review import queries
from question_bank.review.views import acting

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("returned", __name__, url_prefix="/bank/returned")


@blueprint.get("")
@requires(Permission.AUTHOR_ITEMS)
def returned() -> ResponseReturnValue:
    page = queries.returned(acting(), request.args.get("page", 1, type=int))
    return render_template(
        "review/returned.html", page=page, url_of=lambda n: url_for("returned.returned", page=n)
    )
