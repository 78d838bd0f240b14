"""Errors become answers here and nowhere else: a page for people, problem+json for scripts."""

from __future__ import annotations

import json
import sqlite3
import traceback
from typing import TYPE_CHECKING

import psycopg
from flask import Response, current_app, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InternalError, OperationalError
from werkzeug.exceptions import HTTPException

from core.db import db
from core.errors import DomainError, Invalid
from core.web.guards import reads_its_json

if TYPE_CHECKING:
    from flask import Flask

PROBLEM_JSON = "application/problem+json"


def wants_json() -> bool:
    """Whether the client speaks JSON: it sends it, or asks for it before HTML."""
    if request.is_json:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", PROBLEM_JSON])
    return best != "text/html" and bool(request.accept_mimetypes) and best is not None


def problem(status: int, code: str, detail: str, **extra: object) -> Response:
    """A problem+json answer (RFC 9457) with a stable `code`."""
    body = {"type": "about:blank", "status": status, "code": code, "detail": detail, **extra}
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=PROBLEM_JSON)


def _titles(status: int) -> tuple[str, str]:
    titles = {
        400: (_("请求有误"), _("请返回上一页重试。")),
        403: (_("没有权限"), _("您的账号没有使用此功能的权限。")),
        404: (_("没有找到"), _("这个页面不存在，或者不属于您。")),
        405: (_("不支持的操作"), _("请从页面上的按钮进入。")),
        409: (_("现在不能这样做"), _("当前状态不允许此操作。")),
        413: (_("内容过大"), _("提交的内容超过允许的大小，请减小后重试。")),
        422: (_("填写有误"), _("请更正后重新提交。")),
        503: (
            _("暂时无法读写数据"),
            _(
                "数据库没有应答，或者磁盘已满，这次操作没有保存。请稍后重试；仍然如此，请联系系统管理员。"
                "已确认保存的内容不会丢失。"
            ),
        ),
        429: (_("操作过于频繁"), _("请稍候一分钟再试。")),
    }
    return titles.get(status, (_("系统出现问题"), _("问题已记录。请稍后重试，已确认保存的内容不会丢失。")))


def _answer(status: int, code: str, detail: str, **extra: object) -> Response | tuple[str, int]:
    if wants_json():
        return problem(status, code, detail, **extra)
    title, advice = _titles(status)
    return render_template("errors/error.html", status=status, title=title, message=detail or advice), status


def _domain_error(error: DomainError) -> Response | tuple[str, int]:
    extra = dict(error.extra)
    if isinstance(error, Invalid):
        extra["problems"] = [
            {"code": p.code, "message": p.message, "where": p.where, **p.data} for p in error.problems
        ]
    return _answer(error.status, error.code, error.message, **extra)


def _csrf_error(error: CSRFError) -> Response | tuple[str, int]:
    return _answer(403, "csrf", _("页面已过期。请刷新页面后重试，已保存的内容不受影响。"))


def _unstorable(error: Exception) -> Response | tuple[str, int]:
    """A NUL, a number or a text beyond what a column can hold: what was sent is at fault, not the site."""
    db.session.rollback()
    # Should it be the site's fault after all, the log has where; the values themselves it must not have.
    where = traceback.extract_tb(error.__traceback__)[-1]
    current_app.logger.warning(
        "unstorable value on %s %s: %s at %s:%s",
        request.method,
        request.path,
        type(error).__name__,
        where.filename,
        where.lineno,
    )
    return _unstorable_answer()


def _unstorable_answer() -> Response | tuple[str, int]:
    return _answer(
        400, "unstorable", _("提交的内容含有无法处理的字符，或者数字、文字过长。没有保存任何内容。")
    )


def _unavailable(error: Exception) -> Response | tuple[str, int]:
    """The database does not answer, is read-only, or its disk is full: nothing of this request was saved."""
    db.session.rollback()
    current_app.logger.error("the database failed on %s %s", request.method, request.path, exc_info=error)
    return _answer(503, "unavailable", _titles(503)[1])


def _refuse_nul() -> Response | tuple[str, int] | None:
    """A NUL in an address: PostgreSQL refuses it, SQLite ends a search pattern there and finds everything."""
    return _unstorable_answer() if b"%00" in request.query_string else None


def _refuse_odd_json() -> Response | tuple[str, int] | None:
    """JSON in the place of a form: Flask-WTF takes it for fields, which only an object of texts can be.

    A view that is marked `@reads_json` reads its own.
    """
    if not request.is_json or request.endpoint is None or reads_its_json(current_app, request.endpoint):
        return None
    try:
        fields = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError):
        fields = None
    if isinstance(fields, dict) and all(isinstance(value, str) for value in fields.values()):
        return None
    return _answer(400, "not_fields", _("提交的 JSON 应是由文本组成的对象。没有保存任何内容。"))


def _http_error(error: HTTPException) -> Response | tuple[str, int]:
    status = error.code or 500
    if 300 <= status < 400:
        return Response(error.get_body(), status, error.get_headers())
    codes = {404: "not_found", 413: "too_large", 429: "too_many"}
    return _answer(status, codes.get(status, "http_error"), _titles(status)[1])


def _unexpected(error: Exception) -> Response | tuple[str, int]:
    current_app.logger.error("unexpected error on %s %s", request.method, request.path, exc_info=error)
    return _answer(500, "internal", _titles(500)[1])


def init_app(app: Flask) -> None:
    app.before_request(_refuse_nul)
    app.before_request(_refuse_odd_json)
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(OverflowError, _unstorable)  # what SQLite's driver raises
    for failure in (OperationalError, InternalError, sqlite3.OperationalError, psycopg.OperationalError):
        app.register_error_handler(
            failure, _unavailable
        )  # of the drivers too: answers are saved through them
    app.register_error_handler(UnicodeEncodeError, _unstorable)  # half a character, which JSON can express
    app.register_error_handler(HTTPException, _http_error)
    if not app.config["TESTING"]:
        app.register_error_handler(Exception, _unexpected)
