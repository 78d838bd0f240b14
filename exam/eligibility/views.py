"""The lookup page: may this person be proposed on that day, and why?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template
from flask_login import current_user

from core.actor import Permission
from core.clock import SHANGHAI, day_of
from core.errors import Invalid, TooMany
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from exam.eligibility import pages
from exam.eligibility.forms import AskForm
from exam.eligibility.services import ask as ask_eligibility
from exam.policies.rules import NoPolicyInForce

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from exam.eligibility.services import Answer

blueprint = Blueprint("eligibility", __name__, url_prefix="/eligibility")


@blueprint.route("", methods=["GET", "POST"])
@requires(Permission.ASK_ELIGIBILITY)
def ask() -> ResponseReturnValue:
    """No redirect after a question: an answer has no address of its own, and asking again is logged again."""
    form = AskForm()
    if form.on.data is None and not form.on.errors:
        form.on.data = day_of(arrival())
    if form.validate_on_submit():
        try:
            answer = _answer(form)
        except TooMany as error:
            form.form_errors.append(error.message)
            return render_template("eligibility/ask.html", form=form), 429
        if answer is not None:
            form.id_number.data = ""
            context = pages.answered(
                answer, asked_by=current_user.display_name, purpose=form.purpose.data or ""
            )
            return render_template("eligibility/answer.html", form=form, **context)
    return render_template("eligibility/ask.html", form=form), 422 if form.errors else 200


def _answer(form: AskForm) -> Answer | None:
    known_at = form.known_at.data
    assert form.on.data is not None  # required by the form
    try:
        return ask_eligibility(
            id_number=form.id_number.data or "",
            name=form.name.data or None,
            on=form.on.data,
            known_at=known_at.replace(tzinfo=SHANGHAI) if known_at else None,
            purpose=form.purpose.data or "",
            actor=current_actor(),
            now=arrival(),
        )
    except Invalid as error:
        show_problems(form, error)
    except NoPolicyInForce as error:
        form.on.errors = [error.message]
    return None
