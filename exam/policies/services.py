"""New versions of the policy, and exemptions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.actor import Actor
from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotFound
from exam.policies import rules
from exam.policies.models import ExemptionAct, ExemptionEvent, PolicyVersion

if TYPE_CHECKING:
    from datetime import datetime

    from exam.policies.rules import Policy

DEFAULT_POLICY = rules.Policy(code="default-1", effective_from=date(2018, 1, 1), pass_mark=Decimal(60))
DEFAULT_REASON = "默认政策：合格线、有效期、补考间隔等取自同类规定的常见做法，泸州市的数值待市委依法治市办、市司法局、市委组织部确认。"


def ensure_default_policy(*, now: datetime) -> None:
    """Record the default policy where there is none yet; a repeat changes nothing."""
    if db.session.scalar(select(PolicyVersion.id).limit(1)) is None:
        try:
            add_policy(policy=DEFAULT_POLICY, reason=DEFAULT_REASON, actor=Actor.command(), now=now)
        except Conflict:
            return  # another process was first


def add_policy(*, policy: Policy, reason: str, actor: Actor, now: datetime) -> None:
    """Record a version of the policy, in force from its day on. Raises `Conflict` when its code is taken."""
    if not reason.strip():
        raise Invalid.one("reason", "请写明制定或修改政策的理由。", "reason")
    try:
        with transaction() as session:
            session.add(
                PolicyVersion(
                    code=policy.code,
                    effective_from=policy.effective_from,
                    settings=rules.to_json(policy),
                    reason=reason,
                    recorded_at=now,
                ),
            )
            record("add-policy", "policy", policy.code, actor=actor, now=now)
    except IntegrityError as error:
        raise Conflict(f"政策代号 {policy.code} 已经使用。", code="policy_exists") from error


def grant_exemption(
    *,
    person_id: int,
    from_day: date,
    until: date | None,
    basis: str,
    approved_by: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Exempt a person from a day on, until before another if one is given; returns the grant's id.

    Two people: the one who acts and `approved_by`, by whose name the approval is kept.
    """
    if not basis.strip():
        raise Invalid.one("basis", "请写明免考依据，例如法律职业资格证书编号。", "basis")
    if not approved_by.strip() or approved_by.strip() == actor.label:
        raise Invalid.one("two_people", "免考须由另一人批准，请填写批准人。", "approved_by")
    if until is not None and until <= from_day:
        raise Invalid.one("period", "免考结束日期须晚于开始日期。", "until")
    with transaction() as session:
        grant = ExemptionEvent(
            person_id=person_id,
            act=ExemptionAct.GRANTED,
            on_day=from_day,
            ends_on=until,
            basis=basis.strip(),
            recorded_at=now,
            recorded_by=actor.label,
            approved_by=approved_by.strip(),
        )
        session.add(grant)
        session.flush()
        record("grant-exemption", "person", person_id, actor=actor, now=now, grant=grant.id)
    return grant.id


def withdraw_exemption(
    *, grant_id: int, on_day: date, basis: str, approved_by: str, actor: Actor, now: datetime
) -> None:
    """End an exemption: `on_day` is the first day without it. Raises `Conflict` `withdrawn` when it was ended."""
    if not basis.strip():
        raise Invalid.one("basis", "请写明撤销免考的理由。", "basis")
    if not approved_by.strip() or approved_by.strip() == actor.label:
        raise Invalid.one("two_people", "撤销免考须由另一人批准，请填写批准人。", "approved_by")
    with transaction() as session:
        grant = session.get(ExemptionEvent, grant_id, with_for_update=True)
        if grant is None or grant.act is not ExemptionAct.GRANTED:
            raise NotFound("没有这项免考。")
        withdrawn = select(ExemptionEvent.id).where(ExemptionEvent.grant_id == grant_id)
        if session.scalar(withdrawn) is not None:
            raise Conflict("这项免考已经撤销。", code="withdrawn")
        session.add(
            ExemptionEvent(
                person_id=grant.person_id,
                act=ExemptionAct.WITHDRAWN,
                grant_id=grant.id,
                on_day=on_day,
                basis=basis.strip(),
                recorded_at=now,
                recorded_by=actor.label,
                approved_by=approved_by.strip(),
            ),
        )
        record("withdraw-exemption", "person", grant.person_id, actor=actor, now=now, grant=grant.id)
