"""Reads of people and units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from flask import current_app
from sqlalchemy import func, select

from core.db import db
from core.errors import Conflict, NotFound
from core.keys import key_ring
from core.people.models import Account, AccountEvent, Person, Posting, RoleGrant, Unit
from core.people.rules import mask_id_number, normalise_id_number, normalise_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, ScalarSelect, Select

    from core.actor import Role
    from core.keys import KeyRing
    from core.people.rules import PostLevel

UNREADABLE = "（无法解密）"
ID_NUMBER = "id-number"
ID_NUMBER_INDEX = "id-number-index"
MOST_FOUND = 50
ACCOUNTS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class PersonFound:
    """A person as lists show it; `id_number` is masked, unit, level and post are the present ones."""

    ref: UUID
    name: str
    id_number: str
    unit: str
    level: PostLevel
    post: str
    username: str | None


@dataclass(frozen=True, slots=True)
class PostingLine:
    starts_on: date
    unit: str
    level: PostLevel
    post: str


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person's page. `id_number` is masked; postings are the latest first."""

    id: int
    ref: UUID
    name: str
    id_number: str
    recorded_at: datetime
    postings: tuple[PostingLine, ...]
    account_id: int | None
    username: str | None


@dataclass(frozen=True, slots=True)
class Saves:
    """What one sign-in saved in one sitting: who sat there, from where and when. None: before this was kept."""

    session_name: str
    held_on: date
    signed_in_at: datetime | None
    address: str
    browser: str
    events: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account as lists show it; `roles` are those that hold today, each with its unit («» is the whole city)."""

    id: int
    username: str
    display_name: str
    roles: tuple[tuple[Role, str], ...]
    must_change_password: bool
    is_demo: bool
    disabled: bool
    created_at: datetime
    person_ref: UUID | None


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A role as the account's page shows it; without a unit it holds in the whole city."""

    id: int
    role: Role
    unit_code: str | None
    unit: str
    starts_on: date
    ends_on: date | None


def subtree(unit_id: int) -> frozenset[int]:
    """The unit and all below it."""
    top = select(Unit.id).where(Unit.id == unit_id).cte(recursive=True)
    tree = top.union_all(select(Unit.id).join(top, Unit.parent_id == top.c.id))
    return frozenset(db.session.scalars(select(tree.c.id)))


def present_posting_id() -> ScalarSelect[int]:
    """The id of the latest posting of the enclosing query's `Person`."""
    return (
        select(Posting.id)
        .where(Posting.person_id == Person.id)
        .order_by(Posting.starts_on.desc(), Posting.id.desc())
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )


def data_key_fits() -> bool:
    """Whether the ID numbers in the database, the first and the last, were sealed with the application's key."""
    ends = [select(end).scalar_subquery() for end in (func.min(Person.id), func.max(Person.id))]
    sealed_with = db.session.scalars(select(Person.key_id).where(Person.id.in_(ends)))
    return set(sealed_with) <= {key_ring().key_id}


def confirmed_ring() -> KeyRing:
    """The key ring, once it was seen to fit the database.

    With another key nobody would be found by number, and the same people would be entered a second time: raises
    `Conflict` instead.
    """
    ring = key_ring()
    if not ring.confirmed:
        if not data_key_fits():
            raise Conflict(
                "KAOFA_DATA_KEY 与数据库中身份证号所用的密钥不符，无法查询或登记人员。请由系统管理员改用原来的密钥。",
                code="wrong_data_key",
            )
        ring.confirmed = True
    return ring


def id_number_index(id_number: str) -> bytes:
    """The blind index under which a person with this ID number is found."""
    return confirmed_ring().blind_index(ID_NUMBER_INDEX, normalise_id_number(id_number))


def person_by_id_number(id_number: str) -> Person | None:
    return db.session.scalar(select(Person).where(Person.id_number_index == id_number_index(id_number)))


def id_number_of(person: Person) -> str:
    """The ID number in the clear: for the roll of a session and for a view with a logged reason, nothing else.

    Raises `Conflict` when it does not open: the row was tampered with.
    """
    try:
        return confirmed_ring().unseal(ID_NUMBER, person.id_number_sealed, record=person.ref).decode()
    except InvalidTag as error:
        raise Conflict(
            f"“{person.name}”的身份证号无法解密，记录可能被改动过，请联系系统管理员。", code="unreadable"
        ) from error


def masked_id_number_of(person: Person) -> str:
    """As pages show it: 510502********0013; `UNREADABLE` where it does not open."""
    try:
        return mask_id_number(id_number_of(person))
    except Conflict:
        # One damaged row must not take the others of its list along.
        current_app.logger.exception("the ID number of person %s does not open", person.ref)
        return UNREADABLE


def find_by_name(name: str, *, units: frozenset[int] | None) -> list[PersonFound]:
    """Persons whose name contains the text, within the units, by name; at most fifty."""
    pattern = normalise_name(name)
    query = _found(units).where(Person.name.contains(pattern, autoescape=True))
    return _people(query.order_by(Person.name, Person.id).limit(MOST_FOUND))


def find_by_id_number(id_number: str, *, units: frozenset[int] | None) -> list[PersonFound]:
    """The person with this ID number, if within the units."""
    return _people(_found(units).where(Person.id_number_index == id_number_index(id_number)))


def _found(units: frozenset[int] | None) -> Select[Person, Posting, str, str]:
    query = (
        select(Person, Posting, Unit.name, Account.username)
        .join(Posting, Posting.id == present_posting_id())
        .join(Unit, Unit.id == Posting.unit_id)
        .outerjoin(Account, Account.person_id == Person.id)
    )
    return query if units is None else query.where(Posting.unit_id.in_(units))


def _people(query: Select[Person, Posting, str, str]) -> list[PersonFound]:
    return [
        PersonFound(
            ref=person.ref,
            name=person.name,
            id_number=masked_id_number_of(person),
            unit=unit,
            level=posting.level,
            post=posting.post,
            username=username,
        )
        for person, posting, unit, username in db.session.execute(query)
    ]


def person_within(ref: UUID, *, units: frozenset[int] | None) -> Person:
    """The person, if now posted within the units; raises `NotFound` otherwise."""
    query = _found(units).where(Person.ref == ref)
    row = db.session.execute(query).first()
    if row is None:
        raise NotFound("没有这个人，或者不在您的管理范围内。")
    return row[0]


def person_view(ref: UUID, *, units: frozenset[int] | None) -> PersonView:
    """A person's page; raises `NotFound` outside the units."""
    person = person_within(ref, units=units)
    postings = db.session.execute(
        select(Posting, Unit.name)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Posting.person_id == person.id)
        .order_by(Posting.starts_on.desc(), Posting.id.desc())
    )
    account = db.session.scalar(select(Account).where(Account.person_id == person.id))
    return PersonView(
        id=person.id,
        ref=person.ref,
        name=person.name,
        id_number=masked_id_number_of(person),
        recorded_at=person.recorded_at,
        postings=tuple(
            PostingLine(posting.starts_on, unit, posting.level, posting.post) for posting, unit in postings
        ),
        account_id=account.id if account else None,
        username=account.username if account else None,
    )


def saves_of(person_id: int) -> list[Saves]:
    """From which sign-ins a person's answers were saved, the latest first; `exam` knows, and registers the question."""
    asked: Callable[[int], list[Saves]] = current_app.extensions["saves_of"]
    return asked(person_id)


def accounts_page(
    text: str, page: int, *, units: frozenset[int] | None, on: date
) -> tuple[list[AccountLine], int]:
    """A page of accounts whose name or display name contains the text, and how many there are in all."""
    query = _accounts(units)
    if text.strip():
        query = query.where(
            Account.username.contains(text.strip().casefold(), autoescape=True)
            | Account.display_name.contains(text.strip(), autoescape=True)
        )
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    start = (max(page, 1) - 1) * ACCOUNTS_A_PAGE
    rows = db.session.execute(query.order_by(Account.username).offset(start).limit(ACCOUNTS_A_PAGE)).all()
    roles = _roles([account.id for account, _ in rows], on=on)
    return [_account_line(account, ref, roles) for account, ref in rows], total


def account_line(account_id: int, *, units: frozenset[int] | None, on: date) -> AccountLine:
    """One account, if within the units; raises `NotFound` otherwise."""
    row = db.session.execute(_accounts(units).where(Account.id == account_id)).first()
    if row is None:
        raise NotFound("没有这个账号，或者不在您的管理范围内。")
    return _account_line(row[0], row[1], _roles([account_id], on=on))


def usernames_within(usernames: list[str], *, units: frozenset[int] | None) -> set[str]:
    """Those of the names that are accounts within the units."""
    query = _accounts(units).where(Account.username.in_(usernames))
    return {account.username for account, _ in db.session.execute(query)}


def accounts_within(account_ids: list[int], *, units: frozenset[int] | None) -> set[int]:
    """Those of the ids that are accounts within the units."""
    query = _accounts(units).where(Account.id.in_(account_ids))
    return {account.id for account, _ in db.session.execute(query)}


def _accounts(units: frozenset[int] | None) -> Select[Account, UUID]:
    """Accounts of persons posted within the units; without a limit also those that belong to nobody."""
    query = select(Account, Person.ref).outerjoin(Person, Person.id == Account.person_id)
    if units is None:
        return query
    return query.join(Posting, Posting.id == present_posting_id()).where(Posting.unit_id.in_(units))


def holds(on: date) -> ColumnElement[bool]:
    """The condition that a `RoleGrant` holds on a day."""
    return (RoleGrant.starts_on <= on) & (RoleGrant.ends_on.is_(None) | (RoleGrant.ends_on > on))


def grants_of(account_id: int, *, on: date) -> list[GrantLine]:
    """The roles of an account that hold on a day."""
    rows = db.session.execute(
        select(RoleGrant.id, RoleGrant.role, Unit.code, Unit.name, RoleGrant.starts_on, RoleGrant.ends_on)
        .outerjoin(Unit, Unit.id == RoleGrant.unit_id)
        .where(RoleGrant.account_id == account_id, holds(on))
        .order_by(RoleGrant.id)
    )
    return [
        GrantLine(grant_id, role, code, name or "", starts_on, ends_on)
        for grant_id, role, code, name, starts_on, ends_on in rows
    ]


def account_events(account_id: int) -> list[tuple[AccountEvent, Role | None]]:
    """What was done to an account's access, the latest first, with the role that was ended."""
    rows = db.session.execute(
        select(AccountEvent, RoleGrant.role)
        .outerjoin(RoleGrant, RoleGrant.id == AccountEvent.grant_id)
        .where(AccountEvent.account_id == account_id)
        .order_by(AccountEvent.id.desc())
    )
    return [(event, role) for event, role in rows]


def _roles(account_ids: list[int], *, on: date) -> dict[int, list[tuple[Role, str]]]:
    held: dict[int, list[tuple[Role, str]]] = {}
    rows = db.session.execute(
        select(RoleGrant.account_id, RoleGrant.role, Unit.name)
        .outerjoin(Unit, Unit.id == RoleGrant.unit_id)
        .where(
            RoleGrant.account_id.in_(account_ids),
            holds(on),
        )
        .order_by(RoleGrant.id)
    )
    for account_id, role, unit in rows:
        held.setdefault(account_id, []).append((role, unit or ""))
    return held


def _account_line(
    account: Account, ref: UUID | None, roles: dict[int, list[tuple[Role, str]]]
) -> AccountLine:
    return AccountLine(
        id=account.id,
        username=account.username,
        display_name=account.display_name,
        roles=tuple(roles.get(account.id, ())),
        must_change_password=account.must_change_password,
        is_demo=account.is_demo,
        disabled=account.disabled_at is not None,
        created_at=account.created_at,
        person_ref=ref,
    )
