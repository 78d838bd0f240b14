"""The reviewers' pages of amendments: the queue, and a touched citation with old and new article."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.clock import day_of
from core.errors import Conflict, Invalid
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from core.web.viewing import shows
from question_bank.amendments import queries, services
from question_bank.amendments.forms import ConfirmForm
from question_bank.items import pool
from question_bank.review.rules import Person, may_judge
from question_bank.statutes.continuity import Standing
from question_bank.statutes.histories import open_moves
from question_bank.statutes.queries import articles_by_label, version_row
from question_bank.statutes.rules import article_label

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("amendments", __name__, url_prefix="/bank/amendments")


@blueprint.app_context_processor
def _touched() -> dict[str, object]:
    """For the pages of an item: what of it an amendment touches, and what reviewers have said of it."""
    return {
        "touched_by_amendment": lambda item_id: queries.touched_of(item_id, day_of(arrival())),
        "confirmed_after_amendment": queries.confirmations,
    }


@blueprint.get("")
@requires(Permission.VIEW_BANK)
def queue() -> ResponseReturnValue:
    today = day_of(arrival())
    rows = queries.queue(today)
    moved = Counter(row.law for row in rows if row.standing is Standing.RENUMBERED)
    law = request.args.get("law", "")
    wanted = [row for row in rows if law in ("", row.law)]
    pages = max(1, -(-len(wanted) // queries.PAGE_SIZE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    first = (page - 1) * queries.PAGE_SIZE
    shown = wanted[first : first + queries.PAGE_SIZE]
    return render_template(
        "amendments/queue.html",
        rows=shown,
        stems=queries.stems(shown),
        total=len(wanted),
        stopped=len({row.code for row in wanted if row.since <= today}),
        page=page,
        pages=pages,
        url_of=lambda n: url_for("amendments.queue", law=law or None, page=n),
        laws=sorted({row.law for row in rows}),
        law=law,
        moves=[(each, moved[each.law]) for each in open_moves() if each.law in moved],
        today=today,
    )


@blueprint.get("/<int:item_version_id>/<int:position>")
@requires(Permission.VIEW_BANK)
@shows("view-item", "item-version", by="item_version_id")
def citation(item_version_id: int, position: int) -> ResponseReturnValue:
    return _page(item_version_id, position, ConfirmForm(formdata=None))


@blueprint.post("/<int:item_version_id>/<int:position>")
@requires(Permission.REVIEW_ITEMS)
def confirm(item_version_id: int, position: int) -> ResponseReturnValue:
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            code = services.confirm_citation(
                item_version_id=item_version_id,
                position=position,
                statute_version_id=form.version.data or 0,
                article=article_label(form.article.data or "") or "",
                reason=form.reason.data or "",
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        except Conflict as error:
            form.form_errors.append(error.message)
        else:
            flash(_("试题 %(code)s 的这处依据已确认，新版施行后继续抽用。", code=code), "success")
            return redirect(url_for("amendments.queue"), code=303)
    return _page(item_version_id, position, form)


def _page(item_version_id: int, position: int, form: ConfirmForm) -> tuple[str, int]:
    """The touched citation; `?article=` shows another article of the later wording beside the old one."""
    today = day_of(arrival())
    row = queries.touched(item_version_id, position, today)
    typed = request.args.get("article", "").strip()
    shown = article_label(form.article.data or typed) or row.next_article
    later = articles_by_label(row.next_version_id) if row.next_version_id else {}
    form.version.data = row.next_version_id
    form.article.data = shown or ""
    content = pool.contents([item_version_id])[item_version_id]
    reviewer = Person(current_actor().account_id, current_actor().label)
    page = render_template(
        "amendments/citation.html",
        row=row,
        content=content,
        material=pool.contents([content.material_id])[content.material_id].stem
        if content.material_id
        else "",
        solution=pool.solutions([item_version_id])[item_version_id],
        old=articles_by_label(row.last_version_id).get(row.last_article),
        last=version_row(row.last_version_id),
        later=version_row(row.next_version_id) if row.next_version_id else None,
        shown=shown,
        new=later.get(shown or ""),
        labels=list(later),
        typed=typed,
        own=not may_judge(author=queries.author_of(item_version_id), reviewer=reviewer),
        form=form,
        today=today,
    )
    return page, 422 if form.errors or form.form_errors else 200
