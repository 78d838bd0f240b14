"""A candidate's own result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, redirect, render_template, url_for

from core.actor import Permission
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from exam.results import pages, queries
from exam.sittings.home import ReleasedResult
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    CertificateOf = Callable[[UUID], Any]

blueprint = Blueprint("results", __name__, url_prefix="/results")


@blueprint.get("/<uuid:sitting_id>")
@requires(Permission.SIT)
def result(sitting_id: UUID) -> ResponseReturnValue:
    own = queries.own_result(sitting_id, person_id=current_actor().person_id, now=arrival())
    if own.sitting.state not in {SittingState.SEALED, SittingState.GRADED}:
        return redirect(url_for("sittings.sitting", sitting_id=sitting_id), code=303)
    if own.result is None:
        marked = own.sitting.state is SittingState.GRADED
        by_people = not marked and queries.waits(sitting_id)
        return render_template("results/pending.html", **pages.head(own), marked=marked, by_people=by_people)
    # Certificates are a room after this one; exam/rooms.py says where they are found.
    certificate_of: CertificateOf = current_app.extensions["certificate_of"]
    written = queries.written_marks(own.sitting) if pages.has_written(own) else []
    reviewed = queries.review(own.sitting) if own.keys_shown else []
    return render_template(
        "results/result.html",
        **pages.result(own, certificate=certificate_of(sitting_id), written=written, reviewed=reviewed),
    )


def released_results(sitting_ids: Sequence[UUID]) -> dict[UUID, ReleasedResult]:
    """What the start page says of the sittings whose results may be seen."""
    return {
        sitting_id: ReleasedResult(
            url_for("results.result", sitting_id=sitting_id), row.passed, row.score_hundredths
        )
        for sitting_id, row in queries.released(sitting_ids).items()
    }
