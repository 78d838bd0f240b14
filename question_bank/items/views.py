"""The bank's pages for those who write: list, item, form. Judging is in question_bank/review."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.clock import day_of
from core.errors import Conflict, Invalid
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from question_bank.items import queries, services, words
from question_bank.items.differences import changes
from question_bank.items.forms import ItemFilterForm, ItemForm, any_or
from question_bank.items.rules import Difficulty, ItemDraft, ItemState, QuestionType
from question_bank.statutes.queries import (
    cited_texts,
    short_titles,
    short_titles_of,
    version_row,
    versions_in_force,
)
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

Kind = TypeVar("Kind", bound=StrEnum)

blueprint = Blueprint("bank", __name__, url_prefix="/bank")
blueprint.add_app_template_filter(article_words, "article_words")
blueprint.add_app_template_filter(chinese_number, "chinese_number")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"bank_words": words, "article_paragraphs": paragraphs}


@blueprint.get("/items")
@requires(Permission.VIEW_BANK)
def items() -> ResponseReturnValue:
    form = ItemFilterForm(request.args)
    form.law.choices = any_or({law: law for law in queries.laws_cited()})
    wanted = queries.ItemFilter(
        law=form.law.data or "",
        type=member(QuestionType, form.type.data),
        difficulty=member(Difficulty, form.difficulty.data),
        state=member(ItemState, form.state.data),
        text=(form.text.data or "").strip()[:100],
    )
    page = queries.item_page(wanted, request.args.get("page", 1, type=int))
    return render_template("items/list.html", form=form, page=page, url_of=_page_address)


@blueprint.get("/items/<code>")
@requires(Permission.VIEW_BANK)
def item(code: str) -> ResponseReturnValue:
    return render_template("items/item.html", **item_context(code), on=day_of(arrival()))


@blueprint.route("/items/new", methods=["GET", "POST"])
@requires(Permission.AUTHOR_ITEMS)
def new_item() -> ResponseReturnValue:
    form = ItemForm()
    if form.validate_on_submit():

        def create(draft: ItemDraft) -> str:
            code = (form.code.data or "").strip()
            return services.create_item(draft=draft, code=code, actor=current_actor(), now=arrival())

        code = _save(form, create)
        if code is not None:
            flash(_("试题 %(code)s 已保存为草稿。核对预览后送审。", code=code), "success")
            return redirect(url_for("bank.item", code=code), code=303)
    context = {"form": form, "item": None, "laws": short_titles()}
    return render_template("items/edit.html", **context), 422 if form.errors else 200


@blueprint.route("/items/<code>/edit", methods=["GET", "POST"])
@requires(Permission.AUTHOR_ITEMS)
def edit_item(code: str) -> ResponseReturnValue:
    edited = queries.item(code)
    form = ItemForm()
    if request.method == "GET":
        latest = queries.latest_version(edited.id)
        form.show(queries.draft_of(latest), latest.number)
    elif form.validate_on_submit():

        def revise(draft: ItemDraft) -> str:
            typed = form.base.data or ""
            base = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0
            actor, now = current_actor(), arrival()
            return str(services.revise_item(item_id=edited.id, base=base, draft=draft, actor=actor, now=now))

        number = _save(form, revise)
        if number is not None:
            flash(_("已保存第 %(n)s 版草稿。核对预览后送审。", n=number), "success")
            return redirect(url_for("bank.item", code=code), code=303)
    context = {"form": form, "item": edited, "laws": short_titles()}
    return render_template("items/edit.html", **context), 422 if form.errors else 200


@blueprint.get("/citing/<int:version_id>")
@requires(Permission.VIEW_BANK)
def citing(version_id: int) -> ResponseReturnValue:
    """The items in use that cite a version of a law, by article; `article` narrows to one."""
    label = article_label(request.args.get("article", ""))
    rows = sorted(queries.citing_items(version_id, label), key=lambda row: article_number(row.article))
    return render_template("items/citing.html", row=version_row(version_id), label=label, rows=rows)


def item_context(code: str) -> dict[str, object]:
    """What the pages of an item show: versions with their changes, articles, history."""
    shown = queries.item(code)
    versions = queries.versions(shown.id)
    drafts = {version.number: queries.draft_of(version) for version in versions}
    latest = drafts[versions[0].number]
    return {
        "item": shown,
        "versions": versions,
        "latest": versions[0],
        "draft": latest,
        "preview_of": _preview(latest),
        "articles": cited_texts({(c.law, c.version, c.article) for c in latest.citations}),
        "changes": {n: changes(drafts[n - 1], draft) for n, draft in drafts.items() if n > 1},
        "in_use": queries.number_in_use(shown.id),
        "history": queries.history(shown.id),
    }


def _preview(draft: ItemDraft) -> dict[str, object]:
    return {
        "position": 1,
        "type": draft.type.value,
        "stem": draft.stem,
        "options": draft.options,
        "chosen": "",
    }


def _save(form: ItemForm, save: Callable[[ItemDraft], str]) -> str | None:
    """Read the draft from the form and store it; None when it was refused, with the reasons in the form."""
    titles = short_titles_of(form.laws())
    draft, unread = form.draft(titles, versions_in_force(set(titles.values()), day_of(arrival())))
    if unread:
        show_problems(form, Invalid([*unread, *services.draft_problems(draft, now=arrival())]))
        return None
    try:
        return save(draft)
    except Invalid as error:
        show_problems(form, error)
    except Conflict as error:
        form.form_errors.append(error.message)
    return None


def _page_address(page: int) -> str:
    arguments: dict[str, Any] = {**request.args.to_dict(), "page": page}
    return url_for("bank.items", **arguments)


def member(kind: type[Kind], value: str | None) -> Kind | None:
    """The member of an enumeration that a page sent; None for "" and for what is none of them."""
    return next((member for member in kind if member.value == value), None)
