"""The pages on which items are kept for sessions, or let be practised: one, or all of a filtered list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.errors import Conflict, Invalid
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from question_bank.items import queries, reserving, uses
from question_bank.items.forms import ItemFilterForm, UseForm, any_or, whole_number

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("reserving", __name__, url_prefix="/bank")


@blueprint.route("/items/<code>/use", methods=["GET", "POST"])
@requires(Permission.VIEW_BANK)
def one(code: str) -> ResponseReturnValue:
    """The item's other use: kept for sessions if it is practised, practised if it is kept."""
    item = queries.item(code)
    form = UseForm()
    if request.method == "GET":
        form.reserved.data = "" if item.reserved else "y"
    elif form.validate():
        reserved = form.reserved.data == "y"
        try:
            reserving.mark_item(
                item_id=item.id,
                reserved=reserved,
                reason=form.reason.data or "",
                seen=form.seen.data or "",
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        except Conflict as error:
            if error.code != "sessions_ahead":
                raise
            form.form_errors.append(error.message)
        else:
            flash(
                _("试题 %(code)s 现在仅供考试。", code=code)
                if reserved
                else _("试题 %(code)s 现在可以练习。", code=code),
                "success",
            )
            return redirect(url_for("bank.item", code=code), code=303)
    ahead = [] if form.reserved.data == "y" else uses.sessions_ahead([item.id], now=arrival())
    form.seen.data = uses.token_of(ahead)
    page = render_template("items/use.html", item=item, form=form, marks=uses.marks_of(code), ahead=ahead)
    return page, 422 if form.errors else 200


@blueprint.route("/use", methods=["GET", "POST"])
@requires(Permission.VIEW_BANK)
def many() -> ResponseReturnValue:
    """All items of the list that the address filters, as `to` says; how many is confirmed with them."""
    asked = ItemFilterForm(request.args)
    asked.law.choices = any_or({law: law for law in queries.laws_cited()})
    wanted = asked.wanted()
    reserved = request.args.get("to") != "practice"
    form = UseForm()
    if form.validate_on_submit():
        try:
            count = reserving.mark_matching(
                wanted=wanted,
                reserved=reserved,
                expected=whole_number(form.expected.data),
                reason=form.reason.data or "",
                seen=form.seen.data or "",
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        except Conflict as error:
            form.form_errors.append(error.message)
        else:
            flash(
                _("%(n)s 道题现在仅供考试。", n=count)
                if reserved
                else _("%(n)s 道题现在可以练习。", n=count),
                "success",
            )
            return redirect(url_for("bank.items", **_filter()), code=303)
    found = uses.marking(wanted, reserved=reserved)
    ahead = [] if reserved else uses.sessions_ahead(found.changing_ids, now=arrival())
    form.expected.data, form.seen.data = str(found.changing), uses.token_of(ahead)
    page = render_template(
        "items/use_many.html",
        form=form,
        wanted=wanted,
        found=found,
        ahead=ahead,
        reserved=reserved,
        list_url=url_for("bank.items", **_filter()),
    )
    return page, 422 if form.errors else 200


def _filter() -> dict[str, Any]:
    """The list's filter as the address has it."""
    return {name: value for name, value in request.args.items() if name in ItemFilterForm() and value}
