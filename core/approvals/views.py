"""The pages of acts by two people: what waits for a signature, and one proposal of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.approvals import queries, services
from core.approvals.forms import ReasonForm
from core.approvals.words import PROPOSAL_STATES
from core.errors import Conflict, Invalid
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from core.web.viewing import shows

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from core.approvals.kinds import Lines

blueprint = Blueprint("approvals", __name__, url_prefix="/approvals")


@blueprint.get("")
@requires(Permission.DECIDE_PROPOSALS)
def proposals() -> ResponseReturnValue:
    views = queries.proposals(actor=current_actor(), now=arrival())
    return render_template("approvals/proposals.html", views=views, states=PROPOSAL_STATES)


@blueprint.get("/<uuid:proposal_id>")
@requires(Permission.DECIDE_PROPOSALS)
@shows("view-proposal", "proposal", by="proposal_id")
def proposal(proposal_id: UUID) -> ResponseReturnValue:
    return _page(proposal_id, ReasonForm(formdata=None))


@blueprint.post("/<uuid:proposal_id>/sign")
@requires(Permission.DECIDE_PROPOSALS)
def sign(proposal_id: UUID) -> ResponseReturnValue:
    """What the act gives out is shown in the answer itself, once, and kept nowhere."""
    try:
        shown = services.sign(proposal_id=proposal_id, actor=current_actor(), now=arrival())
    except Conflict as refused:
        return _told(refused, proposal_id)
    return _page(proposal_id, ReasonForm(formdata=None), shown)


@blueprint.post("/<uuid:proposal_id>/refuse")
@requires(Permission.DECIDE_PROPOSALS)
def refuse(proposal_id: UUID) -> ResponseReturnValue:
    return _ended(proposal_id, services.refuse, said=_("已拒签，没有任何改动。"))


@blueprint.post("/<uuid:proposal_id>/withdraw")
@requires(Permission.DECIDE_PROPOSALS)
def withdraw(proposal_id: UUID) -> ResponseReturnValue:
    return _ended(proposal_id, services.withdraw, said=_("已撤回，没有任何改动。"))


def _ended(proposal_id: UUID, end: Callable[..., None], *, said: str) -> ResponseReturnValue:
    """End a proposal without carrying it out, for the reason that was typed."""
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            end(proposal_id=proposal_id, reason=form.reason.data or "", actor=current_actor(), now=arrival())
        except Invalid as error:
            show_problems(form, error)
        except Conflict as refused:
            return _told(refused, proposal_id)
        else:
            flash(said, "success")
            return redirect(url_for(".proposal", proposal_id=proposal_id), code=303)
    return _page(proposal_id, form)


def _told(refused: Conflict, proposal_id: UUID) -> ResponseReturnValue:
    flash(refused.message, "error")
    return redirect(url_for(".proposal", proposal_id=proposal_id), code=303)


def _page(proposal_id: UUID, form: ReasonForm, shown: Lines | None = None) -> ResponseReturnValue:
    view = queries.proposal(proposal_id, actor=current_actor(), now=arrival())
    page = render_template(
        "approvals/proposal.html", view=view, form=form, shown=shown, states=PROPOSAL_STATES
    )
    return page, 422 if form.errors else 200
