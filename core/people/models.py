from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.actor import Role
from core.append_only import RowGuard
from core.db import Base, BigId
from core.people.rules import PostLevel, UnitKind


class Unit(Base):
    """An organ or office in the tree of units."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[UnitKind]
    region_code: Mapped[str] = mapped_column(String(6))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)


class Person(Base):
    """A person, known by ID number; the number itself is kept encrypted, found by its blind index."""

    __tablename__ = "person"
    __table_args__ = (
        {
            "info": {
                "guard": RowGuard(
                    fixed=("id", "ref", "name", "recorded_at"),
                    resealed=("id_number_sealed", "id_number_index", "key_id"),
                )
            }
        },
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ref: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(50))
    id_number_sealed: Mapped[bytes]
    id_number_index: Mapped[bytes] = mapped_column(unique=True)
    key_id: Mapped[str] = mapped_column(String(8))
    recorded_at: Mapped[datetime]


class Posting(Base):
    """Where a person served from a day on, and at which level. The latest one is the present one."""

    __tablename__ = "posting"
    __table_args__ = (
        Index(None, "person_id", "starts_on", "id"),
        Index(None, "unit_id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    level: Mapped[PostLevel]
    post: Mapped[str] = mapped_column(String(50), default="")
    starts_on: Mapped[date]
    recorded_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(lazy="raise")


class Account(Base):
    """What signs in: a candidate's account belongs to a person; an office's need not."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("length(username) >= 2", name="username_length"),
        {"info": {"guard": RowGuard(fixed=("id", "username", "created_at"), once=("person_id",))}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(32), unique=True)
    display_name: Mapped[str] = mapped_column(String(50))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool]
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class RoleGrant(Base):
    """A role held from a day to a day, in a unit's subtree or (no unit) in the whole city.

    Its end may be set and brought forward; who is to hold it longer gets another grant.
    """

    __tablename__ = "role_grant"
    __table_args__ = (
        Index(None, "account_id"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="period"),
        {
            "info": {
                "guard": RowGuard(
                    fixed=("id", "account_id", "role", "unit_id", "starts_on", "recorded_at"),
                    earlier=("ends_on",),
                )
            }
        },
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[Role]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    recorded_at: Mapped[datetime]


class AccountAct(StrEnum):
    DISABLED = "disabled"
    ENABLED = "enabled"
    ROLE_ENDED = "role_ended"


class AccountEvent(Base):
    """Access taken away or given back, with the reason. A role ends on `on_day`, which is the first without it."""

    __tablename__ = "account_event"
    __table_args__ = (Index(None, "account_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    act: Mapped[AccountAct]
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("role_grant.id"))
    on_day: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(400))
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
