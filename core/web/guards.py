"""Access, denied by default: a route that does not say who may enter stops the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from flask import abort, current_app, redirect, request, url_for
from flask_login import current_user

from core.audit import services
from core.errors import NotAllowed
from core.web.request_time import arrival

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.wrappers import Response

    from core.actor import Actor, Permission

    View = TypeVar("View", bound=Callable[..., object])

FRAMEWORK_ENDPOINTS = frozenset({"static", "bootstrap.static"})
OPEN_BEFORE_PASSWORD_CHANGE = frozenset({"auth.change_password", "auth.sign_out"})


@dataclass(frozen=True, slots=True)
class Access:
    """Who may enter a route. `kind` is public, signed-in, requires or self-checked."""

    kind: str
    permission: Permission | None = None
    why: str = ""

    def __str__(self) -> str:
        return str(self.permission) if self.permission else self.kind


def _mark(access: Access) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return mark


def public(why: str) -> Callable[[View], View]:
    """Anyone may enter; `why` stands in docs/access.md."""
    return _mark(Access("public", why=why))


def signed_in(why: str) -> Callable[[View], View]:
    """Anyone who is signed in may enter."""
    return _mark(Access("signed-in", why=why))


def requires(permission: Permission) -> Callable[[View], View]:
    """Whoever holds the permission may enter; which rows they see, the queries decide."""
    return _mark(Access("requires", permission))


def self_checked(why: str) -> Callable[[View], View]:
    """The route checks identity in its own statement; `why` says how."""
    return _mark(Access("self-checked", why=why))


def reads_json(view: View) -> View:
    """The view itself reads and checks the JSON that it is sent; anywhere else JSON stands in for a form's fields."""
    view.reads_json = True  # type: ignore[attr-defined]
    return view


def reads_its_json(app: Flask, endpoint: str) -> bool:
    return getattr(app.view_functions[endpoint], "reads_json", False)


def access_of(app: Flask, endpoint: str) -> Access | None:
    return cast("Access | None", getattr(app.view_functions[endpoint], "access", None))


def refuse_unmarked_routes(app: Flask) -> None:
    """Stop the start when a route does not say who may enter."""
    unmarked = sorted(
        {
            rule.endpoint
            for rule in app.url_map.iter_rules()
            if rule.endpoint not in FRAMEWORK_ENDPOINTS and access_of(app, rule.endpoint) is None
        },
    )
    if unmarked:
        raise RuntimeError("routes without @requires, @signed_in or @public: " + ", ".join(unmarked))


def check_access() -> Response | None:
    """Before each request: let in, send to the sign-in page, or refuse."""
    endpoint = request.endpoint
    if endpoint is None or endpoint in FRAMEWORK_ENDPOINTS:
        return None
    access = access_of(current_app, endpoint)
    if access is None:
        abort(403)
    if access.kind in {"public", "self-checked"}:
        return None
    if not current_user.is_authenticated:
        return cast("Response", current_app.login_manager.unauthorized())  # type: ignore[attr-defined]
    if current_user.must_change_password and endpoint not in OPEN_BEFORE_PASSWORD_CHANGE:
        return redirect(url_for("auth.change_password"), code=303)
    if access.permission is not None and not current_actor().may(access.permission):
        services.record_refusal(endpoint, actor=current_actor(), now=arrival())
        raise NotAllowed("您的账号没有使用此功能的权限。")
    return None


def current_actor() -> Actor:
    """Who acts in this request; only on routes that need a sign-in."""
    actor: Actor = current_user.actor
    return actor
