"""The application factory: configuration, extensions, rooms, commands, and the chain after sealing."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect

from config import PROJECT, Settings, load_settings
from core.db import WriteGate, db, prepare_sqlite
from core.keys import KeyRing
from core.readiness import Readiness
from core.web import errors, guards, headers, origins, proxies, signed_in, templating
from exam import navigation, rooms
from exam.sittings import journal
from exam.sittings.journal import JOURNAL_ENGINE

UPLOAD_LIMIT = 8 * 1024 * 1024
FORM_MEMORY_LIMIT = 1024 * 1024

csrf = CSRFProtect()
migrate = Migrate(directory=str(PROJECT / "migrations"))


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application.

    Raises `ConfigurationError` when the environment lacks what a start needs, and `RuntimeError` when a
    route does not say who may enter.
    """
    settings = settings or load_settings()
    app = Flask(
        "kaofa",
        root_path=str(PROJECT),
        template_folder="templates",
        static_folder="static",
        instance_path=str(settings.home),
    )
    _configure(app, settings)
    limiter = Limiter(get_remote_address, storage_uri="memory://", default_limits=[])
    app.extensions["rate_limiter"] = limiter  # its decorators refer to it only weakly
    _extend(app, settings, limiter)
    rooms.register(app, csrf=csrf, limiter=limiter)
    app.before_request(guards.check_access)
    guards.refuse_unmarked_routes(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    https = settings.public_url is not None and settings.public_url.startswith("https://")
    app.config.from_mapping(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        SQLALCHEMY_BINDS={} if settings.is_sqlite else {JOURNAL_ENGINE: _journal_engine(settings)},
        MAX_CONTENT_LENGTH=UPLOAD_LIMIT,
        MAX_FORM_MEMORY_SIZE=FORM_MEMORY_LIMIT,
        SESSION_COOKIE_NAME=settings.session_cookie,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,
        # What is exempt from the automatic check verifies the token itself: see the answers endpoint.
        WTF_CSRF_CHECK_DEFAULT=True,
        BABEL_DEFAULT_LOCALE="zh_CN",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BOOTSTRAP_SERVE_LOCAL=True,
        RATELIMIT_ENABLED=not settings.testing,
    )
    proxies.init_app(app, settings)
    origins.init_app(app, settings)
    app.extensions["key_ring"] = KeyRing(settings.data_key)
    app.extensions["readiness"] = Readiness()
    app.extensions["write_gate"] = WriteGate(settings.write_lock) if settings.is_sqlite else None
    headers.init_app(app, https=https)


def _journal_engine(settings: Settings) -> dict[str, Any]:
    """Answers are saved by one autocommitted statement: no BEGIN, no COMMIT, no reset, each a round trip less."""
    return {
        "url": settings.database_url,
        "isolation_level": "AUTOCOMMIT",
        "pool_reset_on_return": None,
        # The statement is planned once: planning it anew costs more than running it.
        "connect_args": {"options": "-c plan_cache_mode=force_generic_plan"},
        "pool_size": 10,
        "max_overflow": 10,
    }


def _engine_options(settings: Settings) -> dict[str, Any]:
    """Statements' values stay out of error messages, and so out of logs: they may be personal data."""
    pool = {} if settings.is_sqlite else {"pool_size": 10, "max_overflow": 10}
    return {"hide_parameters": True, **pool}


def _extend(app: Flask, settings: Settings, limiter: Limiter) -> None:
    db.init_app(app)
    if settings.is_sqlite:
        with app.app_context():
            prepare_sqlite(db.engine)
    migrate.init_app(app, db, render_as_batch=False, compare_type=True)
    csrf.init_app(app)
    limiter.init_app(app)
    _limit_only_what_asks_for_it(app, limiter)
    Babel(app)
    Bootstrap5(app)
    signed_in.init_app(app)
    errors.init_app(app)
    templating.init_app(app)
    navigation.init_app(app)
    journal.init_app(app)


def _limit_only_what_asks_for_it(app: Flask, limiter: Limiter) -> None:
    """Take the limiter out of the way of every other request: a limited view checks for itself when it is called.

    There are no limits but those of single views; looking for others costs a save a fifth of its time.
    """
    tables = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    for hooks in cast("tuple[dict[Any, list[Any]], ...]", tables):
        hooks[None] = [hook for hook in hooks.get(None, []) if not _belongs_to(hook, limiter)]


def _belongs_to(hook: object, limiter: Limiter) -> bool:
    bound_to = getattr(hook, "__self__", None)
    arguments = getattr(hook, "args", ())
    return bound_to is limiter or limiter in arguments
