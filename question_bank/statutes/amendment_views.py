"""Pages of amendments as the law sees them: two wordings compared, moved articles confirmed, an article's past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.clock import day_of
from core.errors import Invalid, NotFound
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from question_bank.statutes import amending, histories, queries, words
from question_bank.statutes.comparison import SAME, ArticleChange, marked
from question_bank.statutes.forms import CorrectionForm, MovesForm
from question_bank.statutes.rules import article_label

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from question_bank.statutes.histories import ComparedArticle

PAGE_SIZE = 20
"""Articles side by side on a page: marking their differences takes time."""

blueprint = Blueprint("amended", __name__, url_prefix="/bank/statutes")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"amendment_words": words, "marked_pieces": marked}


@blueprint.get("/<int:version_id>/articles/<label>")
@requires(Permission.VIEW_BANK)
def article(version_id: int, label: str) -> ResponseReturnValue:
    row = queries.version_row(version_id)
    shown = queries.articles_by_label(version_id).get(article_label(label) or "")
    if shown is None:
        raise NotFound("这一版本没有这一条，或者条文没有载入。")
    past = histories.article_history(version_id, shown.label)
    return render_template("statutes/article.html", row=row, article=shown, past=past, on=day_of(arrival()))


@blueprint.get("/compare/<int:old_id>/<int:new_id>")
@requires(Permission.VIEW_BANK)
def compared(old_id: int, new_id: int) -> ResponseReturnValue:
    rows = _compared(old_id, new_id)
    change = next((c for c in ArticleChange if c.value == request.args.get("change")), None)
    wanted = [row for row in rows if row.change is (change or row.change)]
    if change is None:
        wanted = [row for row in rows if row.change is not ArticleChange.UNCHANGED]
    pages = max(1, -(-len(wanted) // PAGE_SIZE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    address = url_for("amended.compared", old_id=old_id, new_id=new_id, change=change)
    return render_template(
        "statutes/compared.html",
        old=queries.version_row(old_id),
        new=queries.version_row(new_id),
        rows=wanted[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        counts={each: sum(row.change is each for row in rows) for each in ArticleChange},
        open_count=sum(row.open for row in rows),
        change=change,
        page=page,
        pages=pages,
        url_of=lambda n: f"{address}{'&' if '?' in address else '?'}page={n}",
    )


@blueprint.route("/compare/<int:old_id>/<int:new_id>/moves", methods=["GET", "POST"])
@requires(Permission.REVIEW_ITEMS)
def moves(old_id: int, new_id: int) -> ResponseReturnValue:
    """The moved articles of a pair; `?select=same` ticks those whose text is the same."""
    form = MovesForm()
    settled = request.form.get("act") != "reworded"
    if form.validate_on_submit():
        try:
            count = amending.rule_on_renumbered(
                old_version_id=old_id,
                new_version_id=new_id,
                articles=form.articles.data or [],
                settled=settled,
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            words = (
                _("已确认 %(n)s 条的新条号，引用它们的试题继续抽用。", n=count)
                if settled
                else _("已认定 %(n)s 条有实质修改，引用它们的试题逐题复核。", n=count)
            )
            flash(words, "success")
            return redirect(url_for("amended.moves", old_id=old_id, new_id=new_id), code=303)
    rows = [row for row in _compared(old_id, new_id) if row.change is ArticleChange.RENUMBERED]
    ticked = (
        {row.old for row in rows if row.similarity == SAME} if request.args.get("select") == "same" else set()
    )
    page = render_template(
        "statutes/moves.html",
        old=queries.version_row(old_id),
        new=queries.version_row(new_id),
        waiting=[row for row in rows if row.open],
        settled=[row for row in rows if not row.open],
        ticked=ticked | set(form.articles.data or []),
        same=sum(row.open and row.similarity == SAME for row in rows),
        form=form,
    )
    return page, 422 if form.errors else 200


@blueprint.route("/compare/<int:old_id>/<int:new_id>/<label>", methods=["GET", "POST"])
@requires(Permission.REVIEW_ITEMS)
def move(old_id: int, new_id: int, label: str) -> ResponseReturnValue:
    """One moved article with both texts, to confirm it or to say where it went in truth."""
    row = next((row for row in _compared(old_id, new_id) if row.old == label), None)
    if row is None or row.change is not ArticleChange.RENUMBERED:
        raise NotFound("比对没有发现这一条变更条号。")
    form = CorrectionForm()
    if form.validate_on_submit():
        typed = (form.new_article.data or "").strip()
        wanted = article_label(typed)
        try:
            if typed and wanted is None:
                raise Invalid.one("article", _("条号应写成 23 或第二十三条。"), "new_article")
            amending.correct_renumbered(
                old_version_id=old_id,
                new_version_id=new_id,
                article=label,
                new_article=wanted,
                settled=bool(form.settled.data),
                reason=form.reason.data or "",
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(_("已更正。"), "success")
            return redirect(url_for("amended.moves", old_id=old_id, new_id=new_id), code=303)
    page = render_template(
        "statutes/move.html",
        old=queries.version_row(old_id),
        new=queries.version_row(new_id),
        row=row,
        form=form,
    )
    return page, 422 if form.errors else 200


def _compared(old_id: int, new_id: int) -> list[ComparedArticle]:
    rows = histories.compared_articles(old_id, new_id)
    if not rows:
        raise NotFound("这两个版本没有比对记录：条文没有都载入，或者不是前后相接的版本。")
    return rows
