"""Reads of policies and exemptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.db import db
from exam.policies import rules
from exam.policies.models import PolicyVersion

if TYPE_CHECKING:
    from datetime import date, datetime

    from exam.policies.rules import Policy


def policies(*, known_at: datetime | None = None) -> list[Policy]:
    """All versions in the order of their recording; with `known_at`, those recorded by then."""
    query = select(PolicyVersion.settings).order_by(PolicyVersion.id)
    if known_at is not None:
        query = query.where(PolicyVersion.recorded_at <= known_at)
    return [rules.from_json(settings) for settings in db.session.scalars(query)]


def policy_on(day: date) -> Policy:
    """The version in force on the day; raises `NoPolicyInForce`."""
    return rules.policy_on(policies(), day)
