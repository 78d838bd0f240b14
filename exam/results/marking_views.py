"""The pages of marking by people (阅卷): the queues, one answer at a time, and what is disputed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.errors import Conflict, Invalid
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from core.web.viewing import shows
from exam.papers.rules import plain
from exam.results import by_people, queue, tasks
from exam.results.marking_forms import DecisionForm, MarkForm
from question_bank.statutes.queries import cited_texts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from exam.results.tasks import Answer, Dispute

blueprint = Blueprint("marking", __name__, url_prefix="/marking")


@blueprint.get("")
@requires(Permission.VIEW_MARKING)
def sessions() -> ResponseReturnValue:
    page = max(request.args.get("page", 1, type=int), 1)
    lines, pages = queue.progress(current_actor(), page)
    return render_template("marking/sessions.html", lines=lines, page=page, pages=pages)


@blueprint.get("/<uuid:session_id>")
@requires(Permission.VIEW_MARKING)
def session(session_id: UUID) -> ResponseReturnValue:
    actor = current_actor()
    page = max(request.args.get("page", 1, type=int), 1)
    progress = queue.progress_of(session_id, actor)
    return render_template(
        "marking/session.html",
        progress=progress,
        own=queue.own_lines(session_id, actor, page) if progress.mine else [],
        disputes=queue.disputes(session_id, actor) if actor.may(Permission.DECIDE_MARKS) else [],
        page=page,
        pages=queue.pages_of(progress.mine),
    )


@blueprint.get("/<uuid:session_id>/next")
@requires(Permission.MARK_ANSWERS)
def next_answer(session_id: UUID) -> ResponseReturnValue:
    """On to an answer that is left for this marker; back to the session when none is."""
    ref = queue.next_task(session_id, current_actor())
    if ref is None:
        flash(_("这个场次没有留给您的作答了。"), "success")
        return redirect(url_for(".session", session_id=session_id), code=303)
    return redirect(url_for(".answer", ref=ref, after=request.args.get("after", type=UUID)), code=303)


@blueprint.route("/answers/<uuid:ref>", methods=["GET", "POST"])
@requires(Permission.MARK_ANSWERS)
@shows("view-answer", "marking-task", by="ref")
def answer(ref: UUID) -> ResponseReturnValue:
    form = MarkForm()
    if form.validate_on_submit():
        try:
            marked = by_people.give_mark(ref=ref, marks=form.marks.data, actor=current_actor(), now=arrival())
        except Invalid as error:
            show_problems(form, error)
        except Conflict as error:
            flash(error.message, "error")
            return redirect(_onward(ref, error), code=303)
        else:
            said = _("第 %(n)s 号：%(marks)s 分，已记录。", n=marked.number, marks=plain(marked.marks))
            flash(said, "success")
            return redirect(url_for(".next_answer", session_id=marked.session_id, after=ref), code=303)
    shown = tasks.answer(ref, current_actor())
    if request.method == "GET" and shown.own is not None:
        form.marks.data = shown.own
    context = {"form": form, "after": request.args.get("after", type=UUID), **_beside(shown)}
    return render_template("marking/answer.html", **context), 422 if form.errors else 200


def _onward(ref: UUID, refused: Conflict) -> str:
    """Where marking goes on after an answer that others have marked meanwhile."""
    if refused.code == "void":
        return url_for(".sessions")
    return url_for(".next_answer", session_id=tasks.answer(ref, current_actor()).session_id)


@blueprint.route("/disputes/<uuid:ref>", methods=["GET", "POST"])
@requires(Permission.DECIDE_MARKS)
@shows("view-answer", "marking-task", by="ref")
def dispute(ref: UUID) -> ResponseReturnValue:
    form = DecisionForm()
    if form.validate_on_submit():
        try:
            done = by_people.decide_marks(
                ref=ref,
                marks=form.marks.data,
                reason=form.reason.data or "",
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        except Conflict as error:
            flash(error.message, "error")
            to = url_for(".dispute", ref=ref) if error.code == "settled" else url_for(".sessions")
            return redirect(to, code=303)
        else:
            said = _("第 %(n)s 号裁定为 %(marks)s 分。", n=done.number, marks=plain(done.marks))
            flash(said, "success")
            return redirect(url_for(".session", session_id=done.session_id), code=303)
    shown = tasks.dispute(ref, current_actor())
    return render_template("marking/dispute.html", form=form, **_beside(shown)), 422 if form.errors else 200


def _beside(shown: Answer | Dispute) -> dict[str, Any]:
    """The answer, and the texts of the articles that its reference rests on."""
    cited = {(c.law, c.version, c.article) for c in shown.solution.citations}
    return {"answer": shown, "articles": cited_texts(cited)}
