"""The page that exports the roll of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, current_app, render_template

from core.actor import Permission
from core.documents.sheets import XLSX
from core.errors import Invalid
from core.web.downloads import attachment
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from exam.reports.roll import export_roll
from exam.sittings.office_forms import RollForm
from exam.sittings.office_queries import session_view

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

blueprint = Blueprint("roll", __name__, url_prefix="/office")


@blueprint.route("/sessions/<uuid:session_id>/roll", methods=["GET", "POST"])
@requires(Permission.MANAGE_SESSIONS)
def export(session_id: UUID) -> ResponseReturnValue:
    view = session_view(session_id, actor=current_actor())
    form = RollForm()
    if form.validate_on_submit():
        try:
            roll = export_roll(
                session_id=session_id,
                reason=form.data["reason"],
                demo=current_app.config["SETTINGS"].is_demo,
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            return attachment(roll.data, XLSX, f"{roll.name}.xlsx")
    return render_template("office/roll.html", view=view, form=form), 422 if form.errors else 200
