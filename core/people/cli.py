"""Commands of people: importing lists, making and disabling accounts, ending roles, resetting a password."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from core import clock
from core.actor import Role
from core.auth.queries import account_by_username
from core.auth.services import reset_password
from core.commands import EXIT_NO, Day, console, domain_errors, print_json
from core.documents.sheets import Column, read_rows
from core.errors import Invalid, NotFound
from core.people import access, queries, services
from core.people.registry import Entry
from core.people.services import UnitEntry

if TYPE_CHECKING:
    from datetime import date

    from core.documents.sheets import Row
    from core.people.models import Account

commands = AppGroup("people", help="People, units and accounts.")

PEOPLE_COLUMNS = (
    Column("id_number", "身份证号", aliases=("公民身份号码", "身份证号码"), width=22),
    Column("name", "姓名"),
    Column("unit", "单位", aliases=("单位代码", "单位名称", "工作单位"), width=24),
    Column("level", "职务层次", aliases=("职级", "级别")),
    Column("post", "职务", required=False),
)
UNIT_COLUMNS = (
    Column("code", "单位代码", aliases=("代码",)),
    Column("name", "单位名称", aliases=("名称",), width=24),
    Column("kind", "单位类别", aliases=("类别",)),
    Column("parent", "上级单位代码", aliases=("上级代码",)),
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
sheet = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@commands.command("import")
@sheet
@as_json
@domain_errors
def import_people(file: Path, *, as_json: bool) -> None:
    """Enter the people of an xlsx FILE (ID number, name, unit, level, post): all of them, or none."""
    rows: list[Row] = []
    try:
        rows = _rows(file, PEOPLE_COLUMNS)
        entries = [Entry(**row.values, where=row.where, refused=row.refused) for row in rows]
        outcome = services.import_people(entries=entries, actor=console(), now=clock.now())
    except Invalid as error:
        if not as_json:
            raise
        numbers = {row.where: row.number for row in rows}
        problems = [
            {"row": p.data.get("row", numbers.get(p.where)), "code": p.code, "message": p.message}
            for p in error.problems
        ]
        print_json({"read": len(rows), "added": 0, "moved": 0, "unchanged": 0, "problems": problems})
        sys.exit(EXIT_NO)
    if as_json:
        print_json({**asdict(outcome), "problems": []})
    else:
        click.echo(
            f"读取 {outcome.read} 人：新增 {outcome.added}，更新任职 {outcome.moved}，未变 {outcome.unchanged}。"
        )


@commands.command("import-units")
@sheet
@as_json
@domain_errors
def import_units(file: Path, *, as_json: bool) -> None:
    """Enter the units of an xlsx FILE (code, name, kind, code of the unit above): all of them, or none."""
    rows = _rows(file, UNIT_COLUMNS)
    entries = [UnitEntry(**row.values, where=row.where, refused=row.refused) for row in rows]
    added = services.import_units(entries=entries, actor=console(), now=clock.now())
    if as_json:
        print_json({"read": len(entries), "added": added})
    else:
        click.echo(f"读取 {len(entries)} 个单位，新增 {added} 个。")


@commands.command("add-account")
@click.argument("username")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--unit", "unit_code", metavar="CODE", help="Where the role holds; the whole city if left out.")
@click.option("--name", "display_name", default="", help="The name shown on pages; the username if left out.")
@as_json
@domain_errors
def add_account(username: str, role: str, unit_code: str | None, display_name: str, *, as_json: bool) -> None:
    """Make an account and print its one-time password, or give an existing account one more role."""
    added = services.add_account(
        username=username,
        role=Role(role),
        unit_code=unit_code,
        display_name=display_name,
        actor=console(),
        now=clock.now(),
    )
    if as_json:
        print_json({"username": added.username, "role": role, "unit": unit_code, "password": added.password})
    elif added.password is None:
        click.echo(f"账号 {added.username} 已存在，密码不变，已有角色 {role}。")
    else:
        click.echo(f"已建立账号 {added.username}，一次性密码（首次登录须修改）：{added.password}")


@commands.command("reset-password")
@click.argument("username")
@click.option("--reason", default="在服务器上重置", show_default=True, help="Why; kept in the log.")
@as_json
@domain_errors
def reset(username: str, *, reason: str, as_json: bool) -> None:
    """Give an account a new one-time password and end its sign-ins.

    Refused while its person sits an exam: that takes two people, on the page of the account.
    """
    account = _account(username)
    password = reset_password(account_id=account.id, reason=reason, actor=console(), now=clock.now())
    if as_json:
        print_json({"username": account.username, "password": password})
    else:
        click.echo(f"账号 {account.username} 的一次性密码（下次登录须修改）：{password}")


why = click.option("--reason", required=True, help="Why; kept in the log.")


@commands.command("disable")
@click.argument("username")
@why
@click.option("--even-while-sitting", is_flag=True, help="Also while its person sits an exam.")
@as_json
@domain_errors
def disable(username: str, reason: str, *, even_while_sitting: bool, as_json: bool) -> None:
    """Let nobody sign in with an account any more; its sign-ins end at once."""
    account = _account(username)
    access.disable_account(
        account_id=account.id,
        reason=reason,
        even_while_sitting=even_while_sitting,
        actor=console(),
        now=clock.now(),
    )
    _tell({"username": account.username, "disabled": True}, f"账号 {account.username} 已停用。", as_json)


@commands.command("enable")
@click.argument("username")
@why
@as_json
@domain_errors
def enable(username: str, reason: str, *, as_json: bool) -> None:
    """Let an account that was disabled sign in again."""
    account = _account(username)
    access.enable_account(account_id=account.id, reason=reason, actor=console(), now=clock.now())
    _tell({"username": account.username, "disabled": False}, f"账号 {account.username} 已恢复。", as_json)


@commands.command("end-role")
@click.argument("username")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--unit", "unit_code", metavar="CODE", help="Where it holds; the whole city if left out.")
@click.option("--on", "ends_on", type=Day(), help="The first day without it; today if left out.")
@why
@as_json
@domain_errors
def end_role(
    username: str, role: str, unit_code: str | None, ends_on: date | None, reason: str, *, as_json: bool
) -> None:
    """End a role of an account from a day on."""
    account, now = _account(username), clock.now()
    day = ends_on or clock.day_of(now)
    grants = queries.grants_of(account.id, on=clock.day_of(now))
    found = [grant for grant in grants if (grant.role, grant.unit_code) == (Role(role), unit_code)]
    if not found:
        raise NotFound(f"账号 {account.username} 现在没有这项角色。")
    access.end_grant(
        account_id=account.id, grant_id=found[0].id, ends_on=day, reason=reason, actor=console(), now=now
    )
    _tell(
        {"username": account.username, "role": role, "unit": unit_code, "ends_on": day},
        f"账号 {account.username} 的角色 {role} 自 {day} 起终止。",
        as_json,
    )


def _account(username: str) -> Account:
    account = account_by_username(username.strip().casefold())
    if account is None:
        raise NotFound(f"没有用户名为“{username[:40]}”的账号。")
    return account


def _tell(values: dict[str, object], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json(values)
    else:
        click.echo(sentence)


def _rows(file: Path, columns: tuple[Column, ...]) -> list[Row]:
    with file.open("rb") as stream:
        return read_rows(stream, columns)
