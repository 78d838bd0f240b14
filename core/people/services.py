"""Writes of people: importing them and their units, making accounts, and opening an ID number with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.actor import Permission, Role
from core.audit.services import record
from core.auth.queries import account_by_username
from core.clock import day_of
from core.db import transaction
from core.errors import Conflict, Invalid, NotAllowed, Problem
from core.people import accounts, queries, registry
from core.people.models import Unit
from core.people.rules import REGIONS, UnitKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from core.actor import Actor
    from core.people.registry import Entry

LONGEST_REASON = 200
LONGEST_UNIT_NAME = 100
LONGEST_UNIT_CODE = 32


@dataclass(frozen=True, slots=True)
class Imported:
    """What a list of people came to. `unchanged` were there already, with the same posting."""

    read: int
    added: int
    moved: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class UnitEntry:
    """One line of a list of units, as typed; `parent` is a code, `kind` a label or a report code.

    `refused` has the problems of fields whose cell could not be read, by field.
    """

    code: str
    name: str
    kind: str
    parent: str
    where: str = ""
    refused: Mapping[str, Problem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountAdded:
    """The account, and its one-time password; None where the account existed and only got a role."""

    account_id: int
    username: str
    password: str | None


def ensure_city_units(*, now: datetime) -> dict[str, int]:
    """The ids of the city and its seven districts and counties by code; makes those that lack."""
    with transaction():
        return {code: unit.id for code, unit in registry.ensure_city_units().items()}


def import_people(*, entries: Sequence[Entry], actor: Actor, now: datetime) -> Imported:
    """Enter a list of people, all or nothing; a repeat changes nothing.

    Raises `Invalid` with every problem of every line.
    """
    _must_manage_people(actor)
    try:
        with transaction():
            registry.ensure_city_units()
            lines, problems = registry.check(entries, units=actor.units_for(Permission.MANAGE_PEOPLE))
            if problems:
                raise Invalid(problems)
            entered = registry.register(lines, on=day_of(now), now=now)
            added = sum(one.created for one in entered)
            moved = sum(one.moved for one in entered)
            if added or moved:
                record("import-people", "person", "list", actor=actor, now=now, added=added, moved=moved)
    except IntegrityError as error:
        raise Conflict("另一处正在录入同一批人员，本次没有保存，请重试。", code="busy") from error
    return Imported(len(entries), added, moved, len(entries) - added - moved)


def import_units(*, entries: Sequence[UnitEntry], actor: Actor, now: datetime) -> int:
    """Enter units below those that exist or stand earlier in the list, all or nothing; returns how many are new.

    A unit whose code exists with the same name, kind and parent is passed over. Raises `Invalid` with every
    problem of every line.
    """
    _must_manage_people(actor)
    if actor.units_for(Permission.MANAGE_PEOPLE) is not None:
        raise NotAllowed("只有管理全市人员的账号可以增加单位。")
    with transaction() as session:
        registry.ensure_city_units()
        units = {unit.code: unit for unit in session.scalars(select(Unit))}
        problems: list[Problem] = []
        added = 0
        for entry in entries:
            found, kind = _unit_entry_problems(entry, units)
            problems += [Problem(p.code, p.message, entry.where, p.data) for p in found]
            code = entry.code.strip()
            if found or kind is None or code in units:
                continue
            parent = units[entry.parent.strip()]
            units[code] = Unit(
                code=code,
                name=entry.name.strip(),
                kind=kind,
                region_code=parent.region_code,
                parent_id=parent.id,
            )
            session.add(units[code])
            session.flush()
            added += 1
        if problems:
            raise Invalid(problems)
        if added:
            record("import-units", "unit", "list", actor=actor, now=now, added=added)
    return added


def _unit_entry_problems(entry: UnitEntry, units: dict[str, Unit]) -> tuple[list[Problem], UnitKind | None]:
    code, name, parent = entry.code.strip(), entry.name.strip(), entry.parent.strip()
    found: dict[str, Problem] = {}
    if not code or len(code) > LONGEST_UNIT_CODE or not code.isascii():
        found["code"] = Problem("unit_code", f"单位代码须为 1 至 {LONGEST_UNIT_CODE} 个字母或数字。")
    elif code in units and code in REGIONS:
        found["code"] = Problem("unit_region", f"代码 {code} 是区县，不能改动。")
    if not name or len(name) > LONGEST_UNIT_NAME:
        found["name"] = Problem("unit_name", f"单位名称须为 1 至 {LONGEST_UNIT_NAME} 个字。")
    kind = UNIT_KIND_WORDS.get(entry.kind.strip())
    if kind is None:
        labels = "、".join(k.label for k in UnitKind)
        found["kind"] = Problem("unit_kind", f"没有单位类别“{entry.kind.strip()[:20]}”，请填写：{labels}。")
    if parent not in units:
        message = f"没有上级单位“{parent[:40]}”，请填写已有单位的代码，或把上级单位排在前面。"
        found["parent"] = Problem("unit_parent", message)
    found |= entry.refused
    present = units.get(code)
    if present is not None and not found:
        above = units[parent]
        if (present.name, present.kind, present.parent_id) != (name, kind, above.id):
            message = f"代码 {code} 已是另一个单位“{present.name}”，请核对代码。"
            found["code"] = Problem("unit_taken", message)
    return list(found.values()), kind


UNIT_KIND_WORDS = {
    **{kind.label: kind for kind in UnitKind},
    **{str(kind.code): kind for kind in UnitKind},
    **{kind.value: kind for kind in UnitKind},
}


def add_account(
    *, username: str, role: Role, unit_code: str | None, display_name: str, actor: Actor, now: datetime
) -> AccountAdded:
    """Make an account with a role and a one-time password, or give an existing account one more role.

    Raises `Invalid` for a malformed name, an unknown unit, or roles that one account may not hold together.
    """
    _must_manage_people(actor)
    name = username.strip().casefold()
    problems = accounts.username_problems(name)
    try:
        with transaction() as session:
            registry.ensure_city_units()
            unit_id = None
            if unit_code is not None:
                unit_id = session.scalar(select(Unit.id).where(Unit.code == unit_code.strip()))
                if unit_id is None:
                    message = f"没有代码为“{unit_code.strip()[:40]}”的单位，区县代码如 510502。"
                    problems.append(Problem("unit_unknown", message, "unit"))
            present = account_by_username(name)
            grants = accounts.roles_held(present.id, now=now) if present else []
            problems += accounts.role_problems({grant.role for grant in grants}, role)
            if problems:
                raise Invalid(problems)
            if present is None:
                made = accounts.new_account(
                    username=name, display_name=display_name or name, role=role, unit_id=unit_id, now=now
                )
                outcome = AccountAdded(made.account.id, name, made.password)
                record(
                    "add-account",
                    "account",
                    made.account.id,
                    actor=actor,
                    now=now,
                    role=role.value,
                    unit=unit_code,
                )
            else:
                outcome = AccountAdded(present.id, name, None)
                if (role, unit_id) not in {(grant.role, grant.unit_id) for grant in grants}:
                    accounts.grant_role(present, role, unit_id=unit_id, now=now)
                    record(
                        "grant-role",
                        "account",
                        present.id,
                        actor=actor,
                        now=now,
                        role=role.value,
                        unit=unit_code,
                    )
    except IntegrityError as error:
        raise Conflict("这个用户名刚刚被占用，请换一个。", code="username_taken") from error
    return outcome


def reveal_id_number(*, ref: UUID, reason: str, actor: Actor, now: datetime) -> str:
    """The full ID number of a person, for a reason that is kept in the log.

    Raises `NotFound` for a person outside the actor's units, `Invalid` without a reason.
    """
    _must_manage_people(actor)
    person = queries.person_within(ref, units=actor.units_for(Permission.MANAGE_PEOPLE))
    text = reason.strip()
    if not 2 <= len(text) <= LONGEST_REASON:
        message = f"请写明查看完整身份证号的理由，2 至 {LONGEST_REASON} 个字。"
        raise Invalid.one("reason", message, "reason")
    with transaction():
        record("view-id-number", "person", person.ref, actor=actor, now=now, reason=text)
    return queries.id_number_of(person)


def _must_manage_people(actor: Actor) -> None:
    if not actor.may(Permission.MANAGE_PEOPLE):
        raise NotAllowed("您没有管理人员的权限。")
