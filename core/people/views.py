"""The office's pages of people: finding them, their accounts, and the locks that failures have put on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission, Role
from core.auth import queries as auth
from core.auth import services as auth_services
from core.auth.resets import propose_reset
from core.auth.rules import may_be_reset_by_office
from core.clock import day_of
from core.errors import Conflict, Invalid
from core.people import access, queries, services
from core.people.forms import (
    AccountFilterForm,
    DisableForm,
    EnableForm,
    EndRoleForm,
    IdNumberForm,
    LiftForm,
    NameForm,
    ReasonForm,
)
from core.people.rules import id_number_problems
from core.people.words import ROLE_NAMES
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from core.web.viewing import shows

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask.typing import ResponseReturnValue
    from flask_wtf import FlaskForm

    from core.people.queries import AccountLine, PersonFound

blueprint = Blueprint("people", __name__, url_prefix="/office")


def _units() -> frozenset[int] | None:
    return current_actor().units_for(Permission.MANAGE_PEOPLE)


def _viewed() -> frozenset[int] | None:
    return current_actor().units_for(Permission.VIEW_PEOPLE)


@blueprint.get("/people")
@requires(Permission.VIEW_PEOPLE)
@shows("search-people", "person")
def search() -> ResponseReturnValue:
    names = NameForm(request.args)
    name = (names.name.data or "").strip()
    found = queries.find_by_name(name, units=_viewed()) if name and names.validate() else None
    return _search_page(names, IdNumberForm(), found), 422 if names.errors else 200


@blueprint.post("/people")
@requires(Permission.VIEW_PEOPLE)
@shows("search-people", "person")
def search_by_id_number() -> ResponseReturnValue:
    form = IdNumberForm()
    found = None
    if form.validate_on_submit():
        number = form.id_number.data or ""
        problems = id_number_problems(number)
        if problems:
            form.id_number.errors = [problem.message for problem in problems]
        else:
            found = queries.find_by_id_number(number, units=_viewed())
            if len(found) == 1:
                return redirect(url_for("people.person", ref=found[0].ref), code=303)
    return _search_page(NameForm(), form, found), 422 if form.errors else 200


def _search_page(names: NameForm, form: IdNumberForm, found: list[PersonFound] | None) -> str:
    return render_template(
        "people/search.html",
        names=names,
        form=form,
        found=found,
        most=queries.MOST_FOUND,
        manages=current_actor().may(Permission.MANAGE_PEOPLE),
    )


@blueprint.get("/people/<uuid:ref>")
@requires(Permission.VIEW_PEOPLE)
@shows("view-person", "person", by="ref")
def person(ref: UUID) -> ResponseReturnValue:
    return _person_page(ref, ReasonForm())


@blueprint.post("/people/<uuid:ref>/id-number")
@requires(Permission.MANAGE_PEOPLE)
def reveal_id_number(ref: UUID) -> ResponseReturnValue:
    """Shown in the answer itself and kept nowhere: a redirect would have to carry the number."""
    form = ReasonForm()
    number = ""
    if form.validate_on_submit():
        try:
            number = services.reveal_id_number(
                ref=ref, reason=form.reason.data or "", actor=current_actor(), now=arrival()
            )
        except Invalid as error:
            show_problems(form, error)
    return _person_page(ref, form, number), 422 if form.errors else 200


def _person_page(ref: UUID, form: ReasonForm, number: str = "") -> str:
    actor = current_actor()
    view = queries.person_view(ref, units=actor.units_for(Permission.VIEW_PEOPLE))
    return render_template(
        "people/person.html",
        person=view,
        form=form,
        number=number,
        saves=queries.saves_of(view.id),
        resets=auth.resets(view.account_id) if view.account_id else [],
        manages=actor.may(Permission.MANAGE_PEOPLE),
    )


@blueprint.get("/accounts")
@requires(Permission.MANAGE_PEOPLE)
@shows("view-accounts", "account")
def accounts() -> ResponseReturnValue:
    form = AccountFilterForm(request.args)
    text = (form.text.data or "").strip()[:50]
    page = max(1, request.args.get("page", 1, type=int))
    lines, total = queries.accounts_page(text, page, units=_units(), on=day_of(arrival()))
    return render_template(
        "people/accounts.html",
        accounts=lines,
        total=total,
        form=form,
        text=text,
        page=page,
        pages=-(-total // queries.ACCOUNTS_A_PAGE),
        role_names=ROLE_NAMES,
    )


@blueprint.get("/accounts/<int:account_id>")
@requires(Permission.MANAGE_PEOPLE)
@shows("view-account", "account", by="account_id")
def account(account_id: int) -> ResponseReturnValue:
    return _account_page(account_id)


@blueprint.post("/accounts/<int:account_id>/reset-password")
@requires(Permission.MANAGE_PEOPLE)
def reset_password(account_id: int) -> ResponseReturnValue:
    """The one-time password is shown in the answer itself, once, and kept nowhere.

    Of somebody who sits an exam right now it is proposed, for another person to sign.
    """
    reason, actor, now = request.form.get("reason", ""), current_actor(), arrival()
    try:
        if auth.sits_now(account_id, now=now) is None:
            password = auth_services.reset_password(
                account_id=account_id, reason=reason, actor=actor, now=now
            )
            return _account_page(account_id, password=password)
        proposal_id = propose_reset(account_id=account_id, reason=reason, actor=actor, now=now)
    except Invalid as error:
        return _account_page(account_id, error=error.message), 422
    except Conflict as refused:
        flash(refused.message, "error")
        return redirect(url_for("people.account", account_id=account_id), code=303)
    flash(_("已发起，等待另一人签署。签署之前没有任何改动。"), "success")
    return redirect(url_for("approvals.proposal", proposal_id=proposal_id), code=303)


@blueprint.post("/accounts/<int:account_id>/disable")
@requires(Permission.MANAGE_PEOPLE)
def disable(account_id: int) -> ResponseReturnValue:
    form = DisableForm()
    return _ended(
        account_id,
        form,
        lambda: access.disable_account(
            account_id=account_id,
            reason=form.data["reason"],
            even_while_sitting=form.data["even_while_sitting"],
            actor=current_actor(),
            now=arrival(),
        ),
        said=_("账号已停用，在各处的登录已退出。"),
        disabling=form,
    )


@blueprint.post("/accounts/<int:account_id>/enable")
@requires(Permission.MANAGE_PEOPLE)
def enable(account_id: int) -> ResponseReturnValue:
    form = EnableForm()
    return _ended(
        account_id,
        form,
        lambda: access.enable_account(
            account_id=account_id, reason=form.data["reason"], actor=current_actor(), now=arrival()
        ),
        said=_("账号已恢复，可以登录。"),
        enabling=form,
    )


@blueprint.post("/accounts/<int:account_id>/end-role")
@requires(Permission.MANAGE_PEOPLE)
def end_role(account_id: int) -> ResponseReturnValue:
    form = EndRoleForm()
    form.offer(queries.grants_of(account_id, on=day_of(arrival())), arrival())
    return _ended(
        account_id,
        form,
        lambda: access.end_grant(
            account_id=account_id,
            grant_id=form.data["grant_id"],
            ends_on=form.data["ends_on"],
            reason=form.data["reason"],
            actor=current_actor(),
            now=arrival(),
        ),
        said=_("已记下角色的终止日。"),
        ending=form,
    )


def _ended(
    account_id: int, form: FlaskForm, act: Callable[[], None], *, said: str, **shown: FlaskForm
) -> ResponseReturnValue:
    """Do what a rightly filled form asks, and lead to the account's page, or show the form with what is wrong."""
    if form.validate_on_submit():
        try:
            act()
        except Invalid as error:
            show_problems(form, error)
        except Conflict as refused:
            flash(refused.message, "error")
            return redirect(url_for("people.account", account_id=account_id), code=303)
        else:
            flash(said, "success")
            return redirect(url_for("people.account", account_id=account_id), code=303)
    return _account_page(account_id, **shown), 422


def _account_page(
    account_id: int,
    *,
    password: str = "",
    error: str = "",
    disabling: FlaskForm | None = None,
    enabling: FlaskForm | None = None,
    ending: FlaskForm | None = None,
) -> str:
    line = queries.account_line(account_id, units=_units(), on=day_of(arrival()))
    grants = queries.grants_of(account_id, on=day_of(arrival()))
    if ending is None:
        ending = EndRoleForm(formdata=None)
        ending.offer(grants, arrival())
    return render_template(
        "people/account.html",
        account=line,
        password=password,
        error=error,
        sits=auth.sits_now(account_id, now=arrival()),
        resets=auth.resets(account_id),
        events=queries.account_events(account_id),
        grants=grants,
        disabling=disabling or DisableForm(formdata=None),
        enabling=enabling or EnableForm(formdata=None),
        ending=ending,
        own=account_id == current_actor().account_id,
        of_auditor=any(role is Role.AUDITOR for role, _unit in line.roles),
        resettable=_resettable(line),
        role_names=ROLE_NAMES,
    )


def _resettable(line: AccountLine) -> bool:
    return not line.is_demo and may_be_reset_by_office(role for role, _unit in line.roles)


@blueprint.get("/locks")
@requires(Permission.MANAGE_PEOPLE)
def locks() -> ResponseReturnValue:
    held = auth.locks(now=arrival())
    if _units() is not None:
        within = queries.usernames_within([lock.username for lock in held], units=_units())
        held = [lock for lock in held if lock.username in within]
    return render_template("people/locks.html", locks=held)


@blueprint.post("/locks/lift")
@requires(Permission.MANAGE_PEOPLE)
def lift_lock() -> ResponseReturnValue:
    form = LiftForm()
    if form.validate_on_submit():
        auth_services.lift_lock(
            username=form.username.data or "",
            address=form.address.data or "",
            actor=current_actor(),
            now=arrival(),
        )
        flash(_("已解除 %(name)s 的锁定。", name=form.username.data), "success")
    return redirect(url_for("people.locks"), code=303)
