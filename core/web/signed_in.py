"""The one place that touches Flask-Login: from the cookie's sign-in id to the actor of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import LoginManager, UserMixin, login_user, logout_user

from core.auth import queries, services
from core.auth.forms import SignInForm
from core.auth.rules import SIGN_IN_END_WORDS, sign_in_ended
from core.web import kept_forms
from core.web.errors import problem, wants_json
from core.web.request_time import arrival as arrival

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flask import Flask
    from werkzeug.wrappers import Response as AnyResponse

    from core.actor import Actor

    Keeper = Callable[[str, int | None, datetime], bool]
    """Whether something keeps a person's sign-in (its id, the person's id) alive at that instant."""


SIGN_IN_ID = "_user_id"
"""Where Flask-Login puts the sign-in session's id into the signed cookie."""


class SignedInUser(UserMixin):  # type: ignore[misc]  # flask-login publishes no types
    """What Flask-Login holds for a request: the sign-in session and the actor."""

    def __init__(self, found: queries.SignIn, actor: Actor) -> None:
        self.sign_in_id = found.id
        self.display_name = found.display_name
        self.must_change_password = found.must_change_password
        self.actor = actor

    def get_id(self) -> str:
        return self.sign_in_id


def client_address() -> str:
    return request.remote_addr or ""


def _load(sign_in_id: str) -> SignedInUser | None:
    now = arrival()
    found = queries.sign_in(sign_in_id, now=now)
    if found is None or found.disabled_at is not None or _ended(found, now):
        return None
    actor = queries.actor_of(found, address=client_address())
    services.touch(sign_in_id=found.id, last_seen_at=found.last_seen_at, now=now)
    return SignedInUser(found, actor)


def _ended(found: queries.SignIn, now: datetime) -> bool:
    """Whether the sign-in no longer holds; what its person is in the middle of may keep it alive."""
    if not sign_in_ended(
        now=now, created_at=found.created_at, last_seen_at=found.last_seen_at, ended_at=found.ended_at
    ):
        return False
    keepers: list[Keeper] = current_app.extensions["keeps_signed_in"]
    return found.ended_at is not None or not any(keeps(found.id, found.person_id, now) for keeps in keepers)


def _unauthorized() -> AnyResponse:
    """To the sign-in page, with what ended the sign-in and with the form that was sent, where there are such."""
    ended = queries.ended_sign_in(session[SIGN_IN_ID]) if SIGN_IN_ID in session else None
    account_id, ended_by = ended or (None, None)
    words = SIGN_IN_END_WORDS.get(ended_by) if ended_by else None
    if wants_json():
        return problem(401, "signed_out", words or "登录已失效，请重新登录。")
    if words:
        flash(words, "warning")
    if request.method == "GET":
        return redirect(url_for("auth.sign_in", next=request.full_path.rstrip("?")), code=303)
    page = kept_forms.page_of_form()
    kept = kept_forms.keep(account_id) if account_id is not None else ""
    if not kept:
        return redirect(url_for("auth.sign_in", next=page), code=303)
    form = SignInForm(formdata=None, next=page, kept=kept)
    return Response(render_template("auth/sign_in.html", form=form), 401)


def remember_sign_in(sign_in_id: str) -> None:
    """Put the sign-in session's id into the cookie."""
    user = _load(sign_in_id)
    assert user is not None
    login_user(user)


def forget_sign_in() -> None:
    logout_user()


def init_app(app: Flask) -> None:
    app.extensions["keeps_signed_in"] = []
    manager = LoginManager(app)
    manager.session_protection = None  # sign-in sessions live on the server; an exit address may change
    manager.user_loader(_load)
    manager.unauthorized_handler(_unauthorized)
