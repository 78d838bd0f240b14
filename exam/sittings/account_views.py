"""The office's pages of the accounts of a session: issued in the background, listed as slips, deleted once saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.documents.sheets import XLSX, Column, write_sheet
from core.errors import Conflict
from core.jobs.models import WHOLE
from core.web.downloads import attachment
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from exam.sittings import account_queries, accounts, office_queries
from exam.sittings.office_views import blueprint as blueprint
from exam.sittings.office_views import told
from exam.sittings.office_words import ISSUE_STATES

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

ACCOUNT_COLUMNS = (
    Column("name", "姓名"),
    Column("id_number", "身份证号", width=24),
    Column("unit", "单位", width=28),
    Column("username", "用户名"),
    Column("password", "初始密码", width=20),
)


def site_address() -> str:
    """Where a candidate opens the site."""
    settings = current_app.config["SETTINGS"]
    return settings.public_url or request.url_root.rstrip("/")


def sheet_answer(name: str, data: bytes) -> Response:
    """A sheet as a file to be saved."""
    return attachment(data, XLSX, f"{name}.xlsx")


@blueprint.post("/sessions/<uuid:session_id>/accounts")
@requires(Permission.MANAGE_SESSIONS)
def issue_accounts(session_id: UUID) -> ResponseReturnValue:
    try:
        issue_id = accounts.start_issue(
            session_id=session_id,
            again=request.form.get("again") == "1",
            actor=current_actor(),
            now=arrival(),
        )
    except Conflict as error:
        return told(error, url_for(".candidates", session_id=session_id))
    return redirect(url_for(".account_list", issue_id=issue_id), code=303)


@blueprint.get("/account-lists/<uuid:issue_id>")
@requires(Permission.MANAGE_SESSIONS)
def account_list(issue_id: UUID) -> ResponseReturnValue:
    actor, now = current_actor(), arrival()
    issue = account_queries.issue(issue_id, account_id=actor.account_id)
    kept = account_queries.is_kept(issue, now)
    issued = accounts.fetch_list(issue_id=issue_id, as_file=False, actor=actor, now=now) if kept else []
    return render_template(
        "office/account_list.html",
        issue=issue,
        session=office_queries.exam_session(issue.session_id),
        at_work=issue.state in account_queries.AT_WORK,
        kept=kept,
        kept_until=issue.finished_at and issue.finished_at + account_queries.LIST_KEPT,
        issued=issued,
        site=site_address(),
        states=ISSUE_STATES,
    )


@blueprint.get("/account-lists/<uuid:issue_id>/progress")
@requires(Permission.MANAGE_SESSIONS)
def account_list_progress(issue_id: UUID) -> ResponseReturnValue:
    """How far an issue is, for the page that waits for it."""
    issue = account_queries.issue(issue_id, account_id=current_actor().account_id)
    return jsonify(
        state=issue.state.value,
        words=str(ISSUE_STATES[issue.state]),
        share=issue.share / WHOLE,
        read=issue.issued,
        at_work=issue.state in account_queries.AT_WORK,
    )


@blueprint.get("/account-lists/<uuid:issue_id>/list.xlsx")
@requires(Permission.MANAGE_SESSIONS)
def account_list_file(issue_id: UUID) -> ResponseReturnValue:
    actor = current_actor()
    issue = account_queries.issue(issue_id, account_id=actor.account_id)
    try:
        issued = accounts.fetch_list(issue_id=issue_id, as_file=True, actor=actor, now=arrival())
    except Conflict as error:
        return told(error, url_for(".account_list", issue_id=issue_id))
    session = office_queries.exam_session(issue.session_id)
    rows = [(a.name, a.masked_id_number, a.unit, a.username, a.password) for a in issued]
    return sheet_answer(f"账号-{session.name}", write_sheet("账号", ACCOUNT_COLUMNS, rows, session.name))


@blueprint.post("/account-lists/<uuid:issue_id>/saved")
@requires(Permission.MANAGE_SESSIONS)
def account_list_saved(issue_id: UUID) -> ResponseReturnValue:
    url = url_for(".account_list", issue_id=issue_id)
    try:
        accounts.confirm_saved(issue_id=issue_id, actor=current_actor(), now=arrival())
    except Conflict as error:
        return told(error, url)
    flash(_("清单已删除，平台上不再有这些初始密码。"), "success")
    return redirect(url, code=303)
