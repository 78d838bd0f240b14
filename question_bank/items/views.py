"""The bank's pages for those who write: list, item, form. Judging is in question_bank/review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.clock import day_of
from core.errors import Conflict, Invalid
from core.shares import percent
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from core.web.viewing import shows
from question_bank.items import observed, queries, services, words
from question_bank.items.differences import changes
from question_bank.items.forms import ItemFilterForm, ItemForm, any_or, whole_number
from question_bank.items.pages import beside_form, draft_of_form, item_context
from question_bank.statutes.queries import short_titles, version_row
from question_bank.statutes.rules import (
    article_label,
    article_number,
    article_words,
    chinese_number,
    paragraphs,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from question_bank.items.differences import Change
    from question_bank.items.models import Item
    from question_bank.items.rules import ItemDraft

blueprint = Blueprint("bank", __name__, url_prefix="/bank")
blueprint.add_app_template_filter(article_words, "article_words")
blueprint.add_app_template_filter(chinese_number, "chinese_number")
blueprint.add_app_template_filter(percent, "percent")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"bank_words": words, "article_paragraphs": paragraphs, "fared": observed.fared}


@blueprint.get("/items")
@requires(Permission.VIEW_BANK)
def items() -> ResponseReturnValue:
    form = ItemFilterForm(request.args)
    form.law.choices = any_or({law: law for law in queries.laws_cited()})
    page = queries.item_page(form.wanted(), request.args.get("page", 1, type=int))
    return render_template(
        "items/list.html",
        form=form,
        page=page,
        fared=observed.fared_by_code([row.code for row in page.rows]),
        url_of=_page_address,
        asked={field.name: field.data for field in form if field.data},
    )


@blueprint.get("/items/<code>")
@requires(Permission.VIEW_BANK)
@shows("view-item", "item", by="code")
def item(code: str) -> ResponseReturnValue:
    return render_template("items/item.html", **item_context(code), on=day_of(arrival()))


@blueprint.route("/items/new", methods=["GET", "POST"])
@requires(Permission.AUTHOR_ITEMS)
def new_item() -> ResponseReturnValue:
    form = ItemForm()
    if _is_to_be_saved(form):

        def create(draft: ItemDraft) -> str:
            code, reserved = (form.code.data or "").strip(), bool(form.reserved.data)
            return services.create_item(
                draft=draft, code=code, reserved=reserved, actor=current_actor(), now=arrival()
            )

        code = _save(form, None, create)
        if code is not None:
            flash(_("试题 %(code)s 已保存为草稿。核对预览后送审。", code=code), "success")
            return redirect(url_for("bank.item", code=code), code=303)
    return _form_page(form, None)


@blueprint.route("/items/<code>/edit", methods=["GET", "POST"])
@requires(Permission.AUTHOR_ITEMS)
@shows("view-item", "item", by="code")
def edit_item(code: str) -> ResponseReturnValue:
    edited = queries.item(code)
    form = ItemForm()
    if request.method == "GET":
        latest = queries.latest_version(edited.id)
        form.show(queries.draft_of(latest), latest.number)
    elif _is_to_be_saved(form):

        def revise(draft: ItemDraft) -> str:
            base = whole_number(form.base.data)
            actor, now = current_actor(), arrival()
            return str(services.revise_item(item_id=edited.id, base=base, draft=draft, actor=actor, now=now))

        number = _save(form, edited, revise)
        if number is not None:
            flash(_("已保存第 %(n)s 版草稿。核对预览后送审。", n=number), "success")
            return redirect(url_for("bank.item", code=code), code=303)
    return _form_page(form, edited)


@blueprint.get("/items/<code>/compare")
@requires(Permission.VIEW_BANK)
@shows("view-item", "item", by="code")
def compare(code: str) -> ResponseReturnValue:
    """Any two versions of an item, the earlier one first; without numbers the last two."""
    shown = queries.item(code)
    versions = queries.versions(shown.id)
    newest = versions[0].number
    asked = (request.args.get("old", newest - 1, type=int), request.args.get("new", newest, type=int))
    old, new = (min(max(number, 1), newest) for number in sorted(asked))
    drafts = {version.number: queries.draft_of(version) for version in versions}
    return render_template(
        "items/compare.html",
        item=shown,
        versions=versions,
        old=old,
        new=new,
        changes=changes(drafts[old], drafts[new]),
    )


@blueprint.get("/citing/<int:version_id>")
@requires(Permission.VIEW_BANK)
def citing(version_id: int) -> ResponseReturnValue:
    """The items in use that cite a version of a law, by article; `article` narrows to one."""
    label = article_label(request.args.get("article", ""))
    rows = sorted(queries.citing_items(version_id, label), key=lambda row: article_number(row.article))
    return render_template("items/citing.html", row=version_row(version_id), label=label, rows=rows)


def _is_to_be_saved(form: ItemForm) -> bool:
    """Whether the form was sent to be saved and can be read; its other buttons only change or show the page."""
    return request.method == "POST" and "act" not in request.form and form.validate()


def _save(form: ItemForm, item: Item | None, save: Callable[[ItemDraft], str]) -> str | None:
    """Read the draft from the form and store it; None when it was refused, with the reasons in the form."""
    draft, unread = draft_of_form(form, now=arrival())
    if unread:
        item_id, told = item.id if item else None, {problem.where for problem in unread}
        # Where a citation could not be read, that there is none need not be said as well.
        problems = [
            problem
            for problem in services.draft_problems(draft, item_id=item_id, now=arrival())
            if not (problem.data.get("missing") and problem.where in told)
        ]
        show_problems(form, Invalid([*unread, *problems]))
        return None
    try:
        return save(draft)
    except Invalid as error:
        show_problems(form, error)
    except Conflict as error:
        form.form_errors.append(error.message)
    return None


def _form_page(form: ItemForm, item: Item | None) -> ResponseReturnValue:
    """The author's form as it was sent, its rows arranged as a button asked; of `act=beside` what stands beside it."""
    act = request.form.get("act", "")
    looked_at = form.arrange(act)
    beside = {**beside_form(form, item, now=arrival()), "on": day_of(arrival())}
    if act == "beside":
        return render_template("items/_beside.html", **beside)
    refused = request.method == "POST" and not act
    newer = _newer(form, item) if refused and item else []
    page = render_template(
        "items/edit.html",
        form=form,
        item=item,
        laws=short_titles(),
        looked_at=looked_at,
        newer=newer,
        **beside,
    )
    return page, 422 if refused else 200


def _newer(form: ItemForm, item: Item) -> list[Change]:
    """How the newest version differs from what was typed, if it came in after the form was filled.

    From now on the form counts as made from that version: its page shows it.
    """
    latest = queries.latest_version(item.id)
    if whole_number(form.base.data) == latest.number:
        return []
    form.base.data = str(latest.number)
    typed, _unread = draft_of_form(form, now=arrival())
    return changes(queries.draft_of(latest), typed)


def _page_address(page: int) -> str:
    arguments: dict[str, Any] = {**request.args.to_dict(), "page": page}
    return url_for("bank.items", **arguments)
