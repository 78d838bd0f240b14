"""The start page: a candidate's admissions with what came of them, and for everyone else what they may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.actor import Permission
from core.approvals import queries as approvals
from core.clock import day_of
from core.web.guards import current_actor, signed_in
from core.web.signed_in import arrival
from exam.navigation import links_for
from exam.sittings import queries
from question_bank.amendments.queries import due

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from core.actor import Actor

    ReleasedResults = Callable[[Sequence[UUID]], Mapping[UUID, "ReleasedResult"]]
    HeldCertificates = Callable[[int, datetime], Sequence[Any]]

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class ReleasedResult:
    """What a later room knows of a sitting's result, once its candidate may see it."""

    result_url: str
    passed: bool
    score_hundredths: int


@blueprint.get("/")
@signed_in("everyone's own start page")
def home() -> ResponseReturnValue:
    actor = current_actor()
    if actor.may(Permission.SIT) and actor.person_id is not None:
        return render_template("candidate/home.html", **_candidate(actor.person_id, arrival()))
    return render_template(
        "home.html",
        links=links_for(actor),
        name=current_user.display_name,
        waiting=_waiting(actor, arrival()),
    )


def _waiting(actor: Actor, now: datetime) -> dict[str, str]:
    """What waits for whoever is signed in, in words, by the address of the page where it is done."""
    waiting = {}
    if actor.may(Permission.DECIDE_PROPOSALS) and (count := approvals.waiting_for(actor, now=now)):
        waiting[url_for("approvals.proposals")] = _("%(n)s 项等待您签署", n=count)
    runs_of_unknown: Callable[[datetime], Sequence[Any]] = current_app.extensions["runs_of_unknown"]
    if actor.may(Permission.VIEW_LOOKUPS) and (found_runs := runs_of_unknown(now)):
        waiting[url_for("lookup_notices.notices")] = _("%(n)s 次连查不存在的号码", n=len(found_runs))
    if not actor.may(Permission.REVIEW_ITEMS):
        return waiting
    found = due(day_of(now))
    words = [
        _("%(n)s 题已停止抽用", n=found.suspended) if found.suspended else "",
        _("%(n)s 题将停止抽用", n=found.coming) if found.coming else "",
        _("%(n)s 部法规的条号待确认", n=found.moves) if found.moves else "",
    ]
    return waiting | {url_for("amendments.queue"): "，".join(word for word in words if word)}


def _candidate(person_id: int, now: datetime) -> dict[str, Any]:
    """Results and certificates come from rooms after this one, by the hooks that `exam/rooms.py` registers."""
    released: ReleasedResults = current_app.extensions["released_results"]
    certificates: HeldCertificates = current_app.extensions["held_certificates"]
    admissions = queries.admissions(person_id=person_id, now=now)
    results = released([line.id for line in admissions])
    return {
        "candidate_name": current_user.display_name,
        "admissions": [_line(line, results.get(line.id)) for line in admissions],
        "certificates": certificates(person_id, now),
    }


def _line(admission: queries.Admission, result: ReleasedResult | None) -> dict[str, Any]:
    nothing = {"result_url": None, "passed": None, "score_hundredths": None}
    return asdict(admission) | (asdict(result) if result else nothing)
