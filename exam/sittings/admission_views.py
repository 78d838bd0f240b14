"""The office's pages of the people in a session: admission, accounts, one candidate's time and leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.documents.sheets import XLSX, Column, read_rows, write_sheet
from core.errors import Conflict, Invalid, Problem
from core.people.registry import Entry
from core.people.rules import POST_LEVEL_NAMES
from core.web.downloads import attachment
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from exam.sittings import accounts, admission, office_queries, services
from exam.sittings.office_forms import AdmitForm, ListForm, ReasonForm, TimeForm
from exam.sittings.office_views import blueprint as blueprint
from exam.sittings.office_views import carried_out, told
from exam.sittings.office_words import STATE_STATES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from flask import Response
    from flask.typing import ResponseReturnValue

    from exam.sittings.accounts import IssuedAccount

LIST_COLUMNS = (
    Column("id_number", "身份证号", aliases=("公民身份号码", "身份证号码"), width=24),
    Column("name", "姓名"),
    Column("unit", "单位", aliases=("单位代码", "单位名称", "工作单位"), width=28),
    Column("level", "职务层次", aliases=("级别", "职级"), width=16),
    Column("post", "职务", required=False, width=20),
)
ACCOUNT_COLUMNS = (
    Column("name", "姓名"),
    Column("id_number", "身份证号", width=24),
    Column("unit", "单位", width=28),
    Column("username", "用户名"),
    Column("password", "初始密码", width=20),
)


@blueprint.get("/sessions/<uuid:session_id>/candidates")
@requires(Permission.MANAGE_SESSIONS)
def candidates(session_id: UUID) -> ResponseReturnValue:
    return _candidates_page(session_id, AdmitForm(formdata=None), ListForm(formdata=None))


def _candidates_page(
    session_id: UUID, one: AdmitForm, many: ListForm, problems: Sequence[Problem] = ()
) -> ResponseReturnValue:
    view = office_queries.session_view(session_id, actor=current_actor())
    listed = office_queries.candidates(session_id, actor=current_actor())
    page = render_template(
        "office/candidates.html",
        view=view,
        candidates=listed,
        one=one,
        many=many,
        problems=problems,
        states=STATE_STATES,
        may_admit=arrival() <= view.session.last_start_at,
    )
    return page, 422 if one.errors or many.errors or problems else 200


@blueprint.post("/sessions/<uuid:session_id>/candidates")
@requires(Permission.MANAGE_SESSIONS)
def admit(session_id: UUID) -> ResponseReturnValue:
    form = AdmitForm()
    answer = carried_out(
        form,
        lambda: admission.admit_person(
            session_id=session_id,
            id_number=form.data["id_number"],
            name=form.data["name"],
            actor=current_actor(),
            now=arrival(),
        ),
        said=lambda _sitting: _("已准许 %(name)s 参加本场考试。", name=form.data["name"].strip()),
        to=url_for(".candidates", session_id=session_id),
    )
    return answer or _candidates_page(session_id, form, ListForm(formdata=None))


@blueprint.post("/sessions/<uuid:session_id>/candidates/list")
@requires(Permission.MANAGE_SESSIONS)
def admit_list(session_id: UUID) -> ResponseReturnValue:
    form = ListForm()
    problems: tuple[Problem, ...] = ()
    if form.validate_on_submit():
        try:
            rows = read_rows(form.file.data.stream, LIST_COLUMNS)
            done = admission.admit_list(
                session_id=session_id,
                entries=[Entry(**row.values, where=row.where) for row in rows],
                actor=current_actor(),
                now=arrival(),
            )
        except Invalid as error:
            problems = error.problems
        except Conflict as error:
            return told(error, url_for(".candidates", session_id=session_id))
        else:
            text = _(
                "已准考 %(count)s 人，其中新建人员 %(created)s 人，更新单位职务 %(moved)s 人。",
                count=len(done.sitting_ids),
                created=done.created,
                moved=done.moved,
            )
            flash(text, "success")
            return redirect(url_for(".candidates", session_id=session_id), code=303)
    return _candidates_page(session_id, AdmitForm(formdata=None), form, problems)


@blueprint.get("/candidates-template.xlsx")
@requires(Permission.MANAGE_SESSIONS)
def list_template() -> ResponseReturnValue:
    levels = "、".join(POST_LEVEL_NAMES.values())
    note = f"一行一人，从第 3 行填起。单位填代码或全称；职务层次填：{levels}。职务可以不填。"
    return _sheet("考生名单模板", write_sheet("考生名单", LIST_COLUMNS, [], note))


def _sheet(name: str, data: bytes) -> Response:
    return attachment(data, XLSX, f"{name}.xlsx")


@blueprint.post("/sessions/<uuid:session_id>/accounts")
@requires(Permission.MANAGE_SESSIONS)
def issue_accounts(session_id: UUID) -> ResponseReturnValue:
    row = office_queries.exam_session(session_id)
    try:
        issued = accounts.issue_accounts(session_id=session_id, actor=current_actor(), now=arrival())
    except Conflict as error:
        return told(error, url_for(".candidates", session_id=session_id))
    if request.form.get("as") == "xlsx":
        rows = [(a.name, a.masked_id_number, a.unit, a.username, a.password) for a in issued]
        return _sheet(f"账号-{row.name}", write_sheet("账号", ACCOUNT_COLUMNS, rows, row.name))
    return _accounts_page(row.name, issued, url_for(".candidates", session_id=session_id))


def _accounts_page(title: str, issued: Sequence[IssuedAccount], back: str) -> ResponseReturnValue:
    return render_template("office/accounts.html", title=title, issued=issued, back_url=back)


@blueprint.post("/candidates/<uuid:sitting_id>/password")
@requires(Permission.MANAGE_SESSIONS)
def reissue_password(sitting_id: UUID) -> ResponseReturnValue:
    found, row, *_rest = office_queries.candidate(sitting_id, actor=current_actor(), now=arrival())
    try:
        issued = accounts.reissue_password(sitting_id=found.sitting_id, actor=current_actor(), now=arrival())
    except Conflict as error:
        return told(error, url_for(".candidate", sitting_id=sitting_id))
    return _accounts_page(row.name, [issued], url_for(".candidate", sitting_id=sitting_id))


@blueprint.get("/candidates/<uuid:sitting_id>")
@requires(Permission.MANAGE_SESSIONS)
def candidate(sitting_id: UUID) -> ResponseReturnValue:
    return _candidate_page(sitting_id)


def _candidate_page(
    sitting_id: UUID, *, time: TimeForm | None = None, why: ReasonForm | None = None
) -> ResponseReturnValue:
    found, row, clock, granted, events = office_queries.candidate(
        sitting_id, actor=current_actor(), now=arrival()
    )
    page = render_template(
        "office/candidate.html",
        candidate=found,
        session=row,
        clock=clock,
        granted=granted,
        events=events,
        time_form=time or TimeForm(formdata=None),
        reason_form=why or ReasonForm(formdata=None),
        states=STATE_STATES,
    )
    return page, 422 if any(form is not None and form.errors for form in (time, why)) else 200


@blueprint.post("/candidates/<uuid:sitting_id>/time")
@requires(Permission.MANAGE_SESSIONS)
def grant_time(sitting_id: UUID) -> ResponseReturnValue:
    found, *_rest = office_queries.candidate(sitting_id, actor=current_actor(), now=arrival())
    form = TimeForm()
    answer = carried_out(
        form,
        lambda: services.grant_time(
            sitting_ids=[found.sitting_id],
            seconds=60 * form.data["minutes"],
            reason=form.data["reason"],
            actor=current_actor(),
            now=arrival(),
        ),
        said=lambda _changed: _("已为 %(name)s 调整时间。", name=found.name),
        to=url_for(".candidate", sitting_id=sitting_id),
    )
    return answer or _candidate_page(sitting_id, time=form)


@blueprint.post("/candidates/<uuid:sitting_id>/leave")
@requires(Permission.MANAGE_SESSIONS)
def record_leave(sitting_id: UUID) -> ResponseReturnValue:
    found, *_rest = office_queries.candidate(sitting_id, actor=current_actor(), now=arrival())
    form = ReasonForm()
    answer = carried_out(
        form,
        lambda: services.record_leave(
            sitting_id=sitting_id, reason=form.data["reason"], actor=current_actor(), now=arrival()
        ),
        said=lambda _done: _("已将 %(name)s 记为请假，不计缺考。", name=found.name),
        to=url_for(".candidate", sitting_id=sitting_id),
    )
    return answer or _candidate_page(sitting_id, why=form)


@blueprint.post("/candidates/<uuid:sitting_id>/removal")
@requires(Permission.MANAGE_SESSIONS)
def remove_admission(sitting_id: UUID) -> ResponseReturnValue:
    found, row, *_rest = office_queries.candidate(sitting_id, actor=current_actor(), now=arrival())
    form = ReasonForm()
    answer = carried_out(
        form,
        lambda: admission.remove_admission(
            sitting_id=sitting_id, reason=form.data["reason"], actor=current_actor(), now=arrival()
        ),
        said=lambda _done: _("已取消 %(name)s 的准考。", name=found.name),
        to=url_for(".candidates", session_id=row.id),
        refused_to=url_for(".candidate", sitting_id=sitting_id),
    )
    return answer or _candidate_page(sitting_id, why=form)
