"""The candidate's sitting: one address that is, by state, instructions, paper or receipt; and the acts on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import ValidationError

from core.actor import Permission
from core.errors import Conflict, DomainError, Invalid, Problem
from core.web import origins
from core.web.guards import current_actor, reads_json, requires, self_checked
from core.web.signed_in import SIGN_IN_ID, arrival
from exam.sittings import closing, forms, journal, pages, queries, releases, services, standing
from exam.sittings.answers import BadBatch, Batch, parse_batch
from exam.sittings.rules import Phase, SittingState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from exam.sittings.queries import Found, QuestionRow
    from exam.sittings.standing import Saved

blueprint = Blueprint("sittings", __name__, url_prefix="/sittings")

LARGEST_SAVE = 64 * 1024
"""Bytes of a save: two hundred events with letters need a quarter of it, one with the longest text an eighth."""

LARGEST_REPORT = 1024

FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
FORM_TRIES = 3


@blueprint.get("/<uuid:sitting_id>")
@requires(Permission.SIT)
def sitting(sitting_id: UUID) -> ResponseReturnValue:
    now = arrival()
    found = _current(sitting_id, now)
    state = found.sitting.state
    if state is SittingState.RUNNING:
        return _running(found, now)
    if state in standing.ENDED:
        return _receipt(found)
    if state is SittingState.ASSIGNED and found.clock.phase is not Phase.MISSED:
        if found.sitting.question_count == 0:
            return render_template("sittings/waiting.html", **pages.waiting(found))
        commitment = queries.commitment(found.session.id, found.sitting.draw_number)
        return render_template(
            "sittings/instructions.html", **pages.instructions(found, commitment=commitment, now=now)
        )
    kind = "missed" if state is SittingState.ASSIGNED else state.value
    reason = queries.state_reason(sitting_id) if state is not SittingState.ABSENT else ""
    return render_template("sittings/ended.html", **pages.ended(found, kind=kind, reason=reason))


def _current(sitting_id: UUID, now: datetime) -> Found:
    """One's own sitting; sealed first if its time is over."""
    person_id = current_actor().person_id
    found = queries.own(sitting_id, person_id=person_id, now=now)
    if found.is_over:
        closing.seal_if_over(sitting_id=sitting_id, now=now)
        found = queries.own(sitting_id, person_id=person_id, now=now)
    return found


def _running(found: Found, now: datetime) -> ResponseReturnValue:
    sitting = found.sitting
    if sitting.holder_id != current_actor().sign_in_id:
        return render_template("sittings/held.html", **_held(found))
    questions = queries.paper(sitting.id, sitting.draw_number)
    return render_template(
        "sittings/paper.html", **pages.paper(found, questions, queries.sheet(sitting.id), now=now)
    )


def _held(found: Found, *, error: str = "") -> dict[str, Any]:
    holder, waiting = queries.holder(found.sitting.holder_id), releases.waiting(found.sitting)
    return pages.held(found, holder, waiting, error=error)


def _receipt(found: Found) -> ResponseReturnValue:
    released = found.sitting.state is SittingState.GRADED and queries.results_shown(found.session)
    return render_template(
        "sittings/receipt.html",
        **pages.receipt(
            found,
            queries.sheet(found.sitting.id),
            qr=pages.qr_of(found.sitting.receipt or ""),
            released=released,
            # The results' own room comes after this one; its address is part of the public contract.
            result_url=f"/results/{found.sitting.id}",
        ),
    )


@blueprint.post("/<uuid:sitting_id>/start")
@requires(Permission.SIT)
def start(sitting_id: UUID) -> ResponseReturnValue:
    try:
        services.start(sitting_id=sitting_id, actor=current_actor(), now=arrival())
    except Conflict as refused:
        flash(refused.message, "warning")
    return redirect(url_for("sittings.sitting", sitting_id=sitting_id), code=303)


@blueprint.post("/<uuid:sitting_id>/take-over")
@requires(Permission.SIT)
def take_over(sitting_id: UUID) -> ResponseReturnValue:
    now = arrival()
    try:
        services.take_over(
            sitting_id=sitting_id,
            password=request.form.get("password", ""),
            actor=current_actor(),
            now=now,
        )
    except Invalid as refused:
        found = _current(sitting_id, now)
        if found.sitting.state is SittingState.RUNNING:
            return render_template("sittings/held.html", **_held(found, error=refused.message)), 422
    except Conflict as refused:
        flash(refused.message, "warning")
    return redirect(url_for("sittings.sitting", sitting_id=sitting_id), code=303)


@blueprint.get("/<uuid:sitting_id>/hand-in")
@requires(Permission.SIT)
def confirm_hand_in(sitting_id: UUID) -> ResponseReturnValue:
    found = _current(sitting_id, arrival())
    if found.sitting.state is not SittingState.RUNNING:
        return redirect(url_for("sittings.sitting", sitting_id=sitting_id), code=303)
    questions = queries.paper(sitting_id, found.sitting.draw_number)
    return render_template(
        "sittings/hand_in.html", **pages.hand_in(found, questions, queries.sheet(sitting_id))
    )


@blueprint.post("/<uuid:sitting_id>/submit")
@requires(Permission.SIT)
def submit(sitting_id: UUID) -> ResponseReturnValue:
    now = arrival()
    as_json = request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    try:
        sealed = closing.hand_in(
            sitting_id=sitting_id,
            last_seq=request.form.get("last_seq", 0, type=int),
            actor=current_actor(),
            now=now,
        )
    except Conflict as refused:
        if as_json:
            raise
        flash(refused.message, "warning")
    else:
        if as_json:
            found = queries.own(sitting_id, person_id=current_actor().person_id, now=now)
            return _json(
                acknowledged=sealed.acknowledged,
                late=queries.late_seqs(sitting_id),
                state=found.sitting.state.value,
                server_time=_instant(now),
                deadline=_instant(found.clock.deadline),
                receipt=sealed.receipt,
            )
    return redirect(url_for("sittings.sitting", sitting_id=sitting_id), code=303)


@blueprint.post("/<uuid:sitting_id>/losses")
@requires(Permission.SIT)
@reads_json
def report_loss(sitting_id: UUID) -> ResponseReturnValue:
    """A page tells that this server, restored to an older state, forgot what it had acknowledged."""
    request.max_content_length = LARGEST_REPORT
    loss = forms.loss_of(_json_sent())
    services.report_loss(sitting_id=sitting_id, **loss._asdict(), actor=current_actor(), now=arrival())
    return _json()


@blueprint.post("/<uuid:sitting_id>/answers")
@self_checked("the saving statement itself checks sign-in, person, sitting and holder")
@reads_json
def answers(sitting_id: UUID) -> ResponseReturnValue:
    """Save answers: the hot path. No user is loaded, no row becomes an object."""
    now = arrival()
    if request.mimetype in FORM_TYPES:
        return _save_form(sitting_id, now)
    request.max_content_length = LARGEST_SAVE
    _check_origin()
    sign_in_id = session.get(SIGN_IN_ID)
    if sign_in_id is None:
        raise standing.signed_out()
    saved = journal.save(sitting_id=sitting_id, sign_in_id=sign_in_id, batch=_batch(), now=now)
    return _saved(saved, now)


def _batch() -> Batch:
    try:
        return parse_batch(_json_sent())
    except BadBatch as error:
        raise standing.invalid_batch(error) from None


def _json_sent() -> object:
    try:
        return json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        raise Invalid.one("not_json", "提交的内容不是有效的 JSON。", "events") from None


def _saved(saved: Saved, now: datetime) -> Response:
    return _json(
        acknowledged=saved.acknowledged,
        late=saved.late,
        state=saved.state,
        server_time=_instant(now),
        deadline=_instant(saved.deadline),
    )


def _json(**values: Any) -> Response:
    return Response(json.dumps(values), mimetype="application/json")


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")


def _check_origin() -> None:
    """Refuse a request that another site's page could have sent.

    A browser cannot be made to send the header across origins without asking us first, and says itself where
    a request comes from (another origin was refused before); only a client that says nothing has its token
    verified.
    """
    token = request.headers.get("X-CSRFToken")
    if not token:
        raise CSRFError
    if origins.says_it_is_ours() is None:
        _check_token(token)


def _check_token(token: str | None) -> None:
    try:
        validate_csrf(token)
    except ValidationError as error:
        raise CSRFError(str(error)) from error


def _save_form(sitting_id: UUID, now: datetime) -> ResponseReturnValue:
    """The page without scripts: save what the form changes; the server gives the seq."""
    sign_in_id = session.get(SIGN_IN_ID)
    try:
        if sign_in_id is None:
            raise standing.signed_out()
        return _save_posted(sitting_id, sign_in_id, now)
    except standing.SignedOut as refused:
        flash(refused.message, "warning")
        return redirect(url_for("auth.sign_in", next=f"/sittings/{sitting_id}"), code=303)
    except Conflict as refused:
        flash(refused.message, "warning")
        return redirect(url_for("sittings.sitting", sitting_id=sitting_id), code=303)


def _save_posted(sitting_id: UUID, sign_in_id: str, now: datetime) -> ResponseReturnValue:
    """Save the posted form and lead on; what cannot be saved comes back with what was typed."""
    questions = queries.paper_of(sitting_id)
    request.max_content_length = request.max_form_memory_size = forms.largest_form(questions)
    try:
        form = request.form
    except RequestEntityTooLarge:
        message = _(
            "提交的内容过大，没有读取，这一次没有保存；以前保存的答案都在下面。请缩短后重新填写并保存。"
        )
        problem = Problem("too_large", message)
        return _paper_again(sitting_id, sign_in_id, questions, [problem], now), 413
    _check_token(form.get("csrf_token"))
    try:
        count = _save_form_once(sitting_id, questions, sign_in_id, now)
    except BadBatch as error:
        problems = [
            Problem(p.code, p.fault, "" if p.position is None else f"q{p.position}") for p in error.problems
        ]
        typed = forms.typed_in(form, questions)
        return _paper_again(sitting_id, sign_in_id, questions, problems, now, typed=typed), 422
    if form.get("then") == "hand-in":
        return redirect(url_for("sittings.confirm_hand_in", sitting_id=sitting_id), code=303)
    flash(_("已保存，已答 %(n)s 题。", n=count), "success")
    return redirect(url_for("sittings.sitting", sitting_id=sitting_id), code=303)


def _save_form_once(
    sitting_id: UUID, questions: Sequence[QuestionRow], sign_in_id: str, now: datetime
) -> int:
    """Save the posted form; how many questions are answered now."""
    for remaining in reversed(range(FORM_TRIES)):
        batch = forms.batch_of(request.form, questions, queries.committed_sheet(sitting_id))
        try:
            journal.save(sitting_id=sitting_id, sign_in_id=sign_in_id, batch=batch, now=now)
        except DomainError as refused:
            # Another page of the same candidate saved in between: number the changes anew.
            if remaining and refused.code in {"sequence_conflict", "sequence_gap"}:
                continue
            raise
        break
    return len(queries.committed_sheet(sitting_id).answers)


def _paper_again(
    sitting_id: UUID,
    sign_in_id: str,
    questions: list[QuestionRow],
    problems: Sequence[Problem],
    now: datetime,
    *,
    typed: Mapping[int, str] | None = None,
) -> str:
    """The paper once more, with what is wrong on top and what was typed in its fields; nothing of it is saved.

    Refuses whom a save would refuse.
    """
    journal.save(sitting_id=sitting_id, sign_in_id=sign_in_id, batch=Batch(()), now=now)
    sheet = queries.committed_sheet(sitting_id)
    found = queries.own(sitting_id, person_id=current_actor().person_id, now=now)
    context = pages.paper(found, questions, sheet, now=now, typed=typed, problems=problems)
    return render_template("sittings/paper.html", **context)
