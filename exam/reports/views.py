"""The report page: a rate with everything that it was made of, and the check of a published one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from core import clock
from core.actor import Permission
from core.documents.sheets import XLSX
from core.errors import Invalid
from core.web.downloads import attachment
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from core.web.viewing import shows
from exam.reports import pages, pass_rates
from exam.reports.forms import ClaimForm, PassRateForm
from exam.reports.rules import DEFAULT_DEFINITION, GroupBy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from exam.reports.pass_rates import Claim, Question, Report

blueprint = Blueprint("reports", __name__, url_prefix="/reports")


@blueprint.get("/pass-rate")
@requires(Permission.VIEW_REPORTS)
def pass_rate() -> ResponseReturnValue:
    form = PassRateForm(formdata=_asked())
    answer = _answer(form)
    context = pages.shown(answer, _least()) if answer else {}
    claim_form, verdict = _claim(answer, checked=not context.get("too_small"))
    status = 422 if form.errors or claim_form.errors else 200
    page = render_template(
        "reports/pass_rate.html",
        form=form,
        claim_form=claim_form,
        verdict=verdict,
        published=_published(),
        **context,
    )
    return page, status


@blueprint.get("/pass-rate.xlsx")
@requires(Permission.VIEW_REPORTS)
@shows("export-report", "report")
def pass_rate_sheet() -> ResponseReturnValue:
    form = PassRateForm(formdata=_asked())
    answer = _answer(form)
    if answer is None:
        return pass_rate()
    data = pages.sheet(answer, least=_least(), demo=current_app.config["SETTINGS"].is_demo)
    question = answer.question
    name = (
        _("合格率 %(first)s 至 %(last)s", first=question.first.isoformat(), last=question.last.isoformat())
        + ".xlsx"
    )
    return attachment(data, XLSX, name)


def _asked() -> MultiDict[str, str]:
    """What the address asks; without anything the period of the published figure, or the present year."""
    if request.args:
        return request.args
    published = _published()
    if published is not None:
        first, last = published.first, published.last
    else:
        last = clock.day_of(arrival())
        first = last.replace(month=1, day=1)
    values = {"first": first.isoformat(), "last": last.isoformat(), "by": GroupBy.REGION.value}
    return MultiDict({**values, "definition": DEFAULT_DEFINITION})


def _least() -> int:
    least: int = current_app.config["SETTINGS"].smallest_group
    return least


def _published() -> Claim | None:
    claim: Claim | None = current_app.extensions["published_claim"]
    return claim


def _answer(form: PassRateForm) -> Report | None:
    if not form.validate():
        return None
    try:
        return pass_rates.report(_question(form), actor=current_actor())
    except Invalid as error:
        show_problems(form, error)
        return None


def _question(form: PassRateForm) -> Question:
    known_at = form.known_at.data
    assert form.first.data is not None  # both required by the form
    assert form.last.data is not None
    return pass_rates.Question(
        first=form.first.data,
        last=form.last.data,
        known_at=known_at.replace(tzinfo=clock.SHANGHAI) if known_at else arrival(),
        definition=form.definition.data,
        group_by=GroupBy(form.by.data) if form.by.data else None,
    )


def _claim(answer: Report | None, *, checked: bool) -> tuple[ClaimForm, Any]:
    """The form of the claim, and the verdict when one was given with the address.

    Figures that are not shown are not `checked` either: a claim that holds would tell them.
    """
    given = checked and answer is not None and {"sat", "rate"} & request.args.keys()
    form = ClaimForm(formdata=request.args) if given else ClaimForm(formdata=None, data=_asked().to_dict())
    if answer is None or not given or not form.validate():
        return form, None
    question = answer.question
    try:
        found = pass_rates.reconcile(
            sat=form.sat.data or 0,
            rate=form.rate.data or "",
            first=question.first,
            last=question.last,
            known_at=question.known_at,
            actor=current_actor(),
        )
    except Invalid as error:
        show_problems(form, error)
        return form, None
    return form, {"words": pages.claim_words(found), "found": found}
