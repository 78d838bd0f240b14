from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.append_only import RowGuard
from core.auth.rules import SignInEnd
from core.db import Base, BigId


class SignInSession(Base):
    """One sign-in on one browser. Its random id is all that the (signed) cookie carries."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        Index(None, "account_id"),
        {
            "info": {
                "guard": RowGuard(
                    fixed=("id", "account_id", "created_at", "address", "browser"), once=("ended_at",)
                )
            }
        },
    )

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[SignInEnd | None]
    address: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(200))


class SignInOutcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LOCKED = "locked"
    LIFTED = "lifted"


class SignInEvent(Base):
    """A password tried, at sign-in or where it is asked again, or the lifting of a lock by the office.

    `username` as typed, case-folded. `locked`: refused without looking at the password.
    """

    __tablename__ = "sign_in_event"
    __table_args__ = (
        Index(None, "username", "recorded_at"),
        Index(None, "address", "recorded_at"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[SignInOutcome]
    recorded_at: Mapped[datetime]


class OpenTry(Base):
    """A try whose password is being checked: counts as a failure until its outcome is a `SignInEvent`.

    One whose process died is left, and counts as long as a failure would.
    """

    __tablename__ = "open_try"
    __table_args__ = (Index(None, "username"), Index(None, "address"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(64))
    began_at: Mapped[datetime]


class PasswordReset(Base):
    """A one-time password given to an account: by whom (who saw it), why, and as which proposal of two people."""

    __tablename__ = "password_reset"
    __table_args__ = (Index(None, "account_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(400))
    proposal_id: Mapped[UUID | None] = mapped_column(ForeignKey("proposal.id"))
    reset_by_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
