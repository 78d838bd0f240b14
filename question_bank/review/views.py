"""The reviewers' pages, and handing an item in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.clock import day_of
from core.errors import Conflict, Invalid
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from core.web.viewing import shows
from question_bank.items import queries
from question_bank.items.forms import any_or, member
from question_bank.items.pages import item_context
from question_bank.items.rules import QuestionType, Step
from question_bank.review import queries as reviews
from question_bank.review import services
from question_bank.review.forms import (
    ApproveForm,
    InboxForm,
    ResumeForm,
    RetireForm,
    ReturnForm,
    StepForm,
    SuspendForm,
)
from question_bank.review.reading import reading
from question_bank.review.rules import Person, due_now, due_soon, follows, may_judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask.typing import ResponseReturnValue
    from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

    from question_bank.items.models import ItemVersion

blueprint = Blueprint("review", __name__, url_prefix="/bank/review")


@blueprint.app_context_processor
def _standing() -> dict[str, object]:
    """For the pages of an item: how it stands by its history; for an author's: how much came back."""
    return {
        "standing_of": reviews.standing,
        "count_returned": lambda: reviews.count_returned(acting()),
    }


@blueprint.get("")
@requires(Permission.REVIEW_ITEMS)
def inbox() -> ResponseReturnValue:
    today, reviewer = day_of(arrival()), acting()
    form = InboxForm(request.args)
    form.law.choices = law_choices(reviews.laws_in_review(reviewer))
    law, kind = form.law.data or "", member(QuestionType, form.type.data)
    page = reviews.inbox(reviewer, request.args.get("page", 1, type=int), law=law, type=kind)
    return render_template(
        "review/inbox.html",
        form=form,
        page=page,
        url_of=lambda n: url_for("review.inbox", law=law or None, type=kind, page=n),
        days_since=lambda instant: (today - day_of(instant)).days,
        due=sum(reviews.due_laws(due_now(today), reviewer).values()),
        soon=sum(reviews.due_laws(due_soon(today), reviewer).values()),
    )


@blueprint.get("/<code>")
@requires(Permission.REVIEW_ITEMS)
@shows("view-item", "item", by="code")
def review(code: str) -> ResponseReturnValue:
    return _page(code, ApproveForm(), ReturnForm())


@blueprint.post("/<code>/submit")
@requires(Permission.AUTHOR_ITEMS)
def submit(code: str) -> ResponseReturnValue:
    item = queries.item(code)
    number = request.form.get("number", 0, type=int)
    try:
        services.submit_for_review(item_id=item.id, number=number, actor=current_actor(), now=arrival())
    except Invalid as error:
        flash(_("还不能送审：%(why)s", why=error.message), "error")
    else:
        flash(_("已送审，请等候另一位同事审核。"), "success")
    return redirect(url_for("bank.item", code=code), code=303)


@blueprint.post("/<code>/approve")
@requires(Permission.REVIEW_ITEMS)
def approve(code: str) -> ResponseReturnValue:
    form = ApproveForm()
    if form.validate_on_submit():
        try:
            services.approve(
                item_id=queries.item(code).id,
                number=form.number.data or 0,
                comment=form.remark.data or "",
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(_("试题 %(code)s 已通过，可以抽用。", code=code), "success")
            return redirect(url_for("review.inbox"), code=303)
    return _page(code, form, ReturnForm(formdata=None))


@blueprint.post("/<code>/return")
@requires(Permission.REVIEW_ITEMS)
def return_with_comment(code: str) -> ResponseReturnValue:
    form = ReturnForm()
    if taken(form, services.return_with_comment, queries.item(code).id):
        flash(_("试题 %(code)s 已退回命题人。", code=code), "success")
        return redirect(url_for("review.inbox"), code=303)
    return _page(code, ApproveForm(formdata=None), form)


@blueprint.route("/<code>/suspend", methods=["GET", "POST"])
@requires(Permission.REVIEW_ITEMS)
def suspend(code: str) -> ResponseReturnValue:
    item = queries.item(code)
    form = SuspendForm()
    if taken(form, services.suspend, item.id):
        flash(_("试题 %(code)s 已暂停抽用。", code=code), "success")
        return redirect(url_for("bank.item", code=code), code=303)
    number = queries.number_in_use(item.id)
    if number is None:
        raise Conflict(services.REFUSALS[Step.SUSPEND], code="wrong_state")
    form.number.data = number
    # Which papers hold it is the examinations' to know; exam/rooms.py says where it is asked.
    ahead = current_app.extensions["sessions_ahead_with"](item.id)
    page = render_template("review/suspend.html", item=item, number=number, ahead=ahead, form=form)
    return page, 422 if form.errors else 200


@blueprint.route("/<code>/resume", methods=["GET", "POST"])
@requires(Permission.REVIEW_ITEMS)
def resume(code: str) -> ResponseReturnValue:
    item = queries.item(code)
    form = ResumeForm()
    if taken(form, services.resume, item.id):
        flash(_("试题 %(code)s 已恢复抽用。", code=code), "success")
        return redirect(url_for("bank.item", code=code), code=303)
    standing = reviews.standing(queries.history(item.id))
    if standing is None or not standing.suspended:
        raise Conflict(services.REFUSALS[Step.RESUME], code="wrong_state")
    version = queries.version_of(item.id, standing.number)
    form.number.data = standing.number
    page = render_template(
        "review/resume.html",
        item=item,
        standing=standing,
        **reading(version),
        on=day_of(arrival()),
        own=not may_judge(author=author_of(version), reviewer=acting()),
        form=form,
    )
    return page, 422 if form.errors else 200


@blueprint.route("/<code>/retire", methods=["GET", "POST"])
@requires(Permission.REVIEW_ITEMS)
def retire(code: str) -> ResponseReturnValue:
    item = queries.item(code)
    form = RetireForm()
    if taken(form, services.retire, item.id):
        flash(_("试题 %(code)s 已停用。", code=code), "success")
        return redirect(url_for("bank.item", code=code), code=303)
    form.number.data = queries.latest_version(item.id).number
    return render_template("review/retire.html", item=item, form=form), 422 if form.errors else 200


def _page(code: str, approve_form: ApproveForm, return_form: ReturnForm) -> tuple[str, int]:
    context = item_context(code)
    latest: ItemVersion = context["latest"]  # type: ignore[assignment]
    for form in (approve_form, return_form):
        form.number.data = latest.number
    page = render_template(
        "review/review.html",
        **context,
        on=day_of(arrival()),
        approve_form=approve_form,
        return_form=return_form,
        waiting=follows(Step.APPROVE, queries.item(code).state),
        own=not may_judge(author=author_of(latest), reviewer=acting()),
    )
    return page, 422 if approve_form.errors or return_form.errors else 200


def taken(form: StepForm, take: Callable[..., None], item_id: int) -> bool:
    """Whether a step that says why was sent and taken; the reasons against it stand in the form."""
    if not form.validate_on_submit():
        return False
    try:
        take(
            item_id=item_id,
            number=form.number.data or 0,
            comment=form.comment.data or "",
            actor=current_actor(),
            now=arrival(),
        )
    except Invalid as error:
        show_problems(form, error)
        return False
    return True


def law_choices(counts: Mapping[str, int]) -> list[SelectChoice]:
    """Laws to filter by, each with how many items it has in the list, all of them first."""
    return any_or({law: _("%(law)s（%(n)s）", law=law, n=n) for law, n in counts.items()})


def author_of(version: ItemVersion) -> Person:
    """Who wrote a version."""
    return Person(version.author_account_id, version.author_label)


def acting() -> Person:
    """Who acts in this request, as the rules of review see them."""
    return Person(current_actor().account_id, current_actor().label)
