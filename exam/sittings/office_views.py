"""The office's pages of sessions: list, plan, prepare, watch, release."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.errors import Conflict, Invalid
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from exam.papers import queries as papers
from exam.papers.services import ensure_default_spec
from exam.sittings import account_queries, office, office_queries, preparation, releases, services
from exam.sittings.entry import NoLongerFit
from exam.sittings.models import KeyRelease, ResultRelease
from exam.sittings.office_forms import ChangeSessionForm, PrepareForm, SessionForm, TimeForm
from exam.sittings.office_words import MOOD_STATES, STATE_STATES, STEP_WORDS
from question_bank.items.forms import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask.typing import ResponseReturnValue
    from flask_wtf import FlaskForm

    from core.errors import DomainError
    from exam.sittings.entry import Unfit

Done = TypeVar("Done")

blueprint = Blueprint("office", __name__, url_prefix="/office")


def told(error: DomainError, url: str) -> ResponseReturnValue:
    """Back to a page with the reason why nothing was done."""
    flash(error.message, "error")
    return redirect(url, code=303)


def carried_out(
    form: FlaskForm, act: Callable[[], Done], *, said: Callable[[Done], str], to: str, refused_to: str = ""
) -> ResponseReturnValue | None:
    """Do what a rightly filled form asks and lead on; None when its page is to be shown, with what is wrong.

    What the state of things forbids is told on `refused_to`, which is `to` unless given.
    """
    if not form.validate_on_submit():
        return None
    try:
        done = act()
    except Invalid as error:
        show_problems(form, error)
        return None
    except NoLongerFit:
        raise  # its page names them
    except Conflict as error:
        return told(error, refused_to or to)
    flash(said(done), "success")
    return redirect(to, code=303)


@blueprint.get("/sessions")
@requires(Permission.MANAGE_SESSIONS)
def sessions() -> ResponseReturnValue:
    page = request.args.get("page", 1, type=int)
    lines, pages = office_queries.sessions(page)
    return render_template("office/sessions.html", lines=lines, page=page, pages=pages, now=arrival())


@blueprint.route("/sessions/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_SESSIONS)
def create_session() -> ResponseReturnValue:
    ensure_default_spec(arrival())
    form, specs = SessionForm(), papers.specs()
    form.offer(specs)
    if request.method == "GET":
        form.suggest(specs, arrival())
    elif form.validate_on_submit():
        try:
            session_id = office.create_session(
                plan=form.plan(),
                key_release=KeyRelease(form.key_release.data),
                result_release=ResultRelease(form.result_release.data),
                is_rehearsal=form.is_rehearsal.data,
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(_("场次已建立，请接着办理准考。"), "success")
            return redirect(url_for(".session", session_id=session_id), code=303)
    else:
        form.add_plan_problems(arrival())
    page = render_template("office/session_form.html", form=form, session=None, unfit=(), differences=[])
    return page, 422 if form.errors else 200


@blueprint.route("/sessions/<uuid:session_id>/edit", methods=["GET", "POST"])
@requires(Permission.MANAGE_SESSIONS)
def change_session(session_id: UUID) -> ResponseReturnValue:
    row = office_queries.exam_session(session_id)
    form, specs = ChangeSessionForm(), papers.specs()
    form.offer([*specs, *(s for s in [papers.spec(row.paper_spec_id)] if s not in specs)])
    unfit: tuple[Unfit, ...] = ()
    differences: list[tuple[str, str, str]] = []
    if request.method == "GET":
        form.show(row)
    elif form.validate_on_submit():
        try:
            office.change_session(
                session_id=session_id,
                plan=form.plan(),
                key_release=KeyRelease(form.key_release.data),
                result_release=ResultRelease(form.result_release.data),
                base=form.base.data or "",
                removal=form.removal(),
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        except NoLongerFit as error:
            unfit = error.unfit
            form.name_unfit(error)
        except Conflict as error:
            if error.code != "changed_meanwhile":
                return told(error, url_for(".session", session_id=session_id))
            form.form_errors.append(error.message)
            differences = form.differences(office_queries.exam_session(session_id))
        else:
            flash(_("场次已修改。"), "success")
            return redirect(url_for(".session", session_id=session_id), code=303)
    else:
        form.add_plan_problems(arrival())
    page = render_template(
        "office/session_form.html", form=form, session=row, unfit=unfit, differences=differences
    )
    return page, 422 if form.errors else 200


@blueprint.get("/sessions/<uuid:session_id>")
@requires(Permission.MANAGE_SESSIONS)
def session(session_id: UUID) -> ResponseReturnValue:
    view = office_queries.session_view(session_id, actor=current_actor())
    step = office_queries.next_step(view, arrival())
    return render_template(
        "office/session.html",
        view=view,
        step=step,
        step_words=STEP_WORDS[step],
        issues=account_queries.issues_to_see_to(
            session_id, account_id=current_actor().account_id, now=arrival()
        ),
        states=STATE_STATES,
        now=arrival(),
    )


@blueprint.route("/sessions/<uuid:session_id>/prepare", methods=["GET", "POST"])
@requires(Permission.MANAGE_SESSIONS)
def prepare(session_id: UUID) -> ResponseReturnValue:
    view = office_queries.session_view(session_id, actor=current_actor())
    form = PrepareForm()
    unfit: tuple[Unfit, ...] = ()
    if request.method == "GET":
        form.show(view.session)
    try:
        answer = carried_out(
            form,
            lambda: preparation.prepare(
                session_id=session_id,
                reason=form.reason.data or "",
                law_day=form.law_day.data,
                base=whole_number(form.base.data) if form.base.data else None,
                removal=form.removal(),
                actor=current_actor(),
                now=arrival(),
            ),
            said=lambda done: _("已抽好 %(count)s 份试卷，承诺值已公布。", count=done.papers),
            to=url_for(".session", session_id=session_id),
        )
    except NoLongerFit as error:
        answer, unfit = None, error.unfit
        form.name_unfit(error)
    if answer is not None:
        return answer
    published = preparation.published_items(view.session, form.law_day.data or view.session.law_day)
    page = render_template("office/prepare.html", view=view, form=form, published=published, unfit=unfit)
    return page, 422 if form.errors else 200


@blueprint.post("/sessions/<uuid:session_id>/prepare-added")
@requires(Permission.MANAGE_SESSIONS)
def prepare_added(session_id: UUID) -> ResponseReturnValue:
    url = url_for(".session", session_id=session_id)
    try:
        done = preparation.prepare_added(session_id=session_id, actor=current_actor(), now=arrival())
    except (Conflict, Invalid) as error:
        return told(error, url)
    flash(_("已为补充的 %(count)s 人抽好试卷，其他人的试卷不变。", count=done.papers), "success")
    return redirect(url, code=303)


@blueprint.get("/sessions/<uuid:session_id>/watch")
@requires(Permission.MANAGE_SESSIONS)
def watch(session_id: UUID) -> ResponseReturnValue:
    row = office_queries.exam_session(session_id)
    lines = office_queries.board(session_id, actor=current_actor(), now=arrival())
    actor = current_actor()
    return render_template(
        "office/watch.html",
        session=row,
        lines=lines,
        failing=office_queries.failing(session_id, actor=actor, now=arrival()),
        waiting=releases.waiting_in(session_id, units=actor.units_for(Permission.MANAGE_SESSIONS)),
        moods=MOOD_STATES,
        now=arrival(),
    )


@blueprint.route("/sessions/<uuid:session_id>/time", methods=["GET", "POST"])
@requires(Permission.MANAGE_SESSIONS)
def grant_time_to_all(session_id: UUID) -> ResponseReturnValue:
    row = office_queries.exam_session(session_id)
    sitting_ids = office_queries.open_sittings(session_id, actor=current_actor())
    form = TimeForm()
    answer = carried_out(
        form,
        lambda: services.grant_time(
            sitting_ids=sitting_ids,
            seconds=60 * form.data["minutes"],
            reason=form.data["reason"],
            actor=current_actor(),
            now=arrival(),
        ),
        said=lambda changed: _("已为 %(count)s 人调整时间。", count=len(changed)),
        to=url_for(".watch", session_id=session_id),
    )
    if answer is not None:
        return answer
    status = 422 if form.errors else 200
    return render_template("office/time.html", session=row, count=len(sitting_ids), form=form), status


@blueprint.post("/sessions/<uuid:session_id>/release")
@requires(Permission.MANAGE_SESSIONS)
def release(session_id: UUID) -> ResponseReturnValue:
    url = url_for(".session", session_id=session_id)
    try:
        office.release_results(session_id=session_id, actor=current_actor(), now=arrival())
    except Conflict as error:
        return told(error, url)
    flash(_("成绩已发布，考生现在可以查看。"), "success")
    return redirect(url, code=303)
