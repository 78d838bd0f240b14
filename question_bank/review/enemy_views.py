"""Which items may not be in one paper with another: added with a reason, and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.errors import Conflict, Invalid, NotFound
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from question_bank.items import queries
from question_bank.items.enemies import add_enemy, remove_enemy
from question_bank.review.forms import EnemyForm

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("enemies", __name__, url_prefix="/bank/items")

LONGEST_CODE = 40


@blueprint.app_context_processor
def _enemies() -> dict[str, object]:
    """For the page of an item: which items may not be in one paper with it."""
    return {"enemies_of": queries.enemies_of}


@blueprint.route("/<code>/enemies", methods=["GET", "POST"])
@requires(Permission.VIEW_BANK)
def add(code: str) -> ResponseReturnValue:
    item = queries.item(code)
    form = EnemyForm()
    if form.validate_on_submit():
        enemy = (form.enemy.data or "").strip().lower()[:LONGEST_CODE]
        try:
            add_enemy(
                code=code, enemy=enemy, reason=form.reason.data or "", actor=current_actor(), now=arrival()
            )
        except Invalid as error:
            show_problems(form, error)
        except Conflict as error:
            form.enemy.errors = [error.message]
        else:
            flash(_("试题 %(code)s 与 %(enemy)s 不再同卷。", code=code, enemy=enemy), "success")
            return redirect(url_for("bank.item", code=code) + "#enemies", code=303)
    page = render_template("review/enemy.html", item=item, enemies=queries.enemies_of(item.id), form=form)
    return page, 422 if form.errors else 200


@blueprint.route("/<code>/enemies/<enemy>/remove", methods=["GET", "POST"])
@requires(Permission.VIEW_BANK)
def remove(code: str, enemy: str) -> ResponseReturnValue:
    item = queries.item(code)
    if request.method == "POST":
        remove_enemy(code=code, enemy=enemy, actor=current_actor(), now=arrival())
        flash(_("试题 %(code)s 与 %(enemy)s 不再互斥。", code=code, enemy=enemy), "success")
        return redirect(url_for("bank.item", code=code) + "#enemies", code=303)
    pair = next((row for row in queries.enemies_of(item.id) if row.code == enemy), None)
    if pair is None:
        raise NotFound("这两道试题不是互斥题，可能已由他人解除。")
    return render_template("review/not_enemy.html", item=item, pair=pair)
