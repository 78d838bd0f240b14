"""Signing in and out, and changing one's password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from core.auth import services
from core.auth.forms import ChangePasswordForm, SignInForm
from core.errors import Invalid
from core.web import kept_forms
from core.web.errors import problem, wants_json
from core.web.forms import show_problems
from core.web.guards import current_actor, public, signed_in
from core.web.signed_in import arrival, client_address, forget_sign_in, remember_sign_in

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("auth", __name__)

INNER_PATH = re.compile(r"/(?![/\\])[^\x00-\x1f\x7f]*")
"""Browsers read «/\\» as «//», which begins a host, and leave tabs and line ends out before they look."""


def _inner_path(target: str | None) -> str | None:
    """The target when it is a path of this site, else None: no redirect leads away, none ends its header."""
    return target if target is not None and INNER_PATH.fullmatch(target) else None


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public("signing in")
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if request.method == "GET":
        form.next.data = request.args.get("next", "")
        if current_user.is_authenticated:
            return redirect(_inner_path(form.next.data) or url_for("home.home"), code=303)
    elif form.validate_on_submit():
        try:
            sign_in_id = services.sign_in(
                username=form.username.data or "",
                password=form.password.data or "",
                address=client_address(),
                browser=request.user_agent.string,
                now=arrival(),
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            session.clear()
            g.pop("csrf_token", None)  # the token of the session that has just ended
            remember_sign_in(sign_in_id)
            if wants_json():
                return jsonify(csrf_token=generate_csrf())
            if form.kept.data:
                return _resume(form)
            return redirect(_inner_path(form.next.data) or url_for("home.home"), code=303)
    if request.method == "POST" and wants_json():
        return problem(422, "refused", "；".join(str(e) for errors in form.errors.values() for e in errors))
    return render_template("auth/sign_in.html", form=form), 422 if form.errors else 200


def _resume(form: SignInForm) -> ResponseReturnValue:
    """What was typed before the sign-in ended, to be sent again with the new token; no answer of its own address."""
    kept = kept_forms.kept_for(current_actor().account_id, form.kept.data or "")
    if kept is None:
        flash(_("登录失效前填写的内容不属于本账号，或者已过期，没有带过来。"), "warning")
        return redirect(_inner_path(form.next.data) or url_for("home.home"), code=303)
    return render_template("auth/resume.html", kept=kept)


@blueprint.post("/sign-out")
@signed_in("ends one's own sign-in")
def sign_out() -> ResponseReturnValue:
    services.sign_out(actor=current_actor(), now=arrival())
    forget_sign_in()
    session.clear()
    flash(_("您已退出登录。"), "success")
    return redirect(url_for("auth.sign_in"), code=303)


@blueprint.route("/password", methods=["GET", "POST"])
@signed_in("changes one's own password")
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    if form.validate_on_submit():
        if form.new_password.data != form.repeat_password.data:
            form.repeat_password.errors = [_("两次输入的新密码不一致。")]
        else:
            try:
                services.change_password(
                    current=form.current_password.data or "",
                    new=form.new_password.data or "",
                    actor=current_actor(),
                    now=arrival(),
                )
            except Invalid as error:
                show_problems(form, error)
            else:
                flash(_("密码已修改。"), "success")
                return redirect(url_for("home.home"), code=303)
    return render_template("auth/change_password.html", form=form), 422 if form.errors else 200
