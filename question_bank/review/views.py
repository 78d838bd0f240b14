"""The reviewers' pages, and handing an item in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.clock import day_of
from core.errors import Invalid
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from question_bank.items import queries
from question_bank.items.pages import item_context
from question_bank.items.rules import ItemState, Step
from question_bank.review import services
from question_bank.review.forms import ApproveForm, RetireForm, ReturnForm
from question_bank.review.rules import Person, follows, may_judge

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from question_bank.items.models import ItemVersion

blueprint = Blueprint("review", __name__, url_prefix="/bank/review")


@blueprint.get("")
@requires(Permission.REVIEW_ITEMS)
def inbox() -> ResponseReturnValue:
    wanted = queries.ItemFilter(state=ItemState.IN_REVIEW)
    page = queries.item_page(wanted, request.args.get("page", 1, type=int))
    return render_template("review/inbox.html", page=page, url_of=lambda n: url_for("review.inbox", page=n))


@blueprint.get("/<code>")
@requires(Permission.REVIEW_ITEMS)
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
    if form.validate_on_submit():
        try:
            services.return_with_comment(
                item_id=queries.item(code).id,
                number=form.number.data or 0,
                comment=form.comment.data or "",
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(_("试题 %(code)s 已退回命题人。", code=code), "success")
            return redirect(url_for("review.inbox"), code=303)
    return _page(code, ApproveForm(formdata=None), form)


@blueprint.route("/<code>/retire", methods=["GET", "POST"])
@requires(Permission.REVIEW_ITEMS)
def retire(code: str) -> ResponseReturnValue:
    item = queries.item(code)
    form = RetireForm()
    if form.validate_on_submit():
        try:
            services.retire(
                item_id=item.id,
                number=form.number.data or 0,
                comment=form.comment.data or "",
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        else:
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
        own=not may_judge(author=_author(latest), reviewer=_reviewer()),
    )
    return page, 422 if approve_form.errors or return_form.errors else 200


def _author(version: ItemVersion) -> Person:
    return Person(version.author_account_id, version.author_label)


def _reviewer() -> Person:
    return Person(current_actor().account_id, current_actor().label)
