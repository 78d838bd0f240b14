"""The office's page of a session's keys: whether they are seen, what holds them back, and letting them be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.errors import Conflict, Invalid
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from exam.results import key_release, queries
from exam.results.key_forms import KeysForm
from exam.sittings import office_queries
from question_bank.items.uses import token_of

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

blueprint = Blueprint("keys", __name__, url_prefix="/office")


@blueprint.route("/sessions/<uuid:session_id>/keys", methods=["GET", "POST"])
@requires(Permission.MANAGE_SESSIONS)
def keys(session_id: UUID) -> ResponseReturnValue:
    row = office_queries.exam_session(session_id)
    form = KeysForm()
    if form.validate_on_submit():
        try:
            key_release.confirm_keys(
                session_id=session_id,
                seen=form.seen.data or "",
                reason=form.reason.data or "",
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        except Conflict as error:
            form.form_errors.append(error.message)
        else:
            flash(_("答案已随成绩公布，考生现在可以逐题回看。"), "success")
            return redirect(url_for("office.session", session_id=session_id), code=303)
    ahead = queries.holding_back(session_id, now=arrival())
    form.seen.data = token_of(ahead)
    page = render_template(
        "office/keys.html",
        session=row,
        form=form,
        ahead=ahead,
        sits=queries.anyone_may_sit(session_id),
        confirmed=queries.key_confirmations(session_id),
    )
    return page, 422 if form.errors else 200
