"""The start page: a candidate's admissions, and for everyone else what they may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from core.actor import Permission
from core.web.guards import current_actor, signed_in
from core.web.signed_in import arrival
from exam.navigation import links_for
from exam.sittings import queries

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@signed_in("everyone's own start page")
def home() -> ResponseReturnValue:
    actor = current_actor()
    if actor.may(Permission.SIT) and actor.person_id is not None:
        admissions = queries.admissions(person_id=actor.person_id, now=arrival())
        return render_template("candidate/home.html", admissions=admissions)
    return render_template("home.html", links=links_for(actor))
