"""Issuing certificates, revoking and reinstating them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from core.actor import Actor, Permission
from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from exam.certificates import queries, rules
from exam.certificates.models import Certificate, CertificateEvent
from exam.certificates.rules import CertificateAct, CertificateState, certificate_number, validity
from exam.policies.queries import policy_on
from exam.policies.rules import Interval
from exam.policies.services import ensure_default_policy
from exam.results.models import ResultRevision
from exam.results.queries import latest_number
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

ISSUER = Actor(label="certificates")
LONGEST_REASON = 400

REPAIR_WITHIN = timedelta(days=7)
"""Issuing follows marking at once; the sweep looks this far back for passes that it missed."""


def issue_for(sitting_id: UUID, now: datetime) -> None:
    """Issue the certificate of a passed sitting; a repeat, and a sitting that is no pass, change nothing.

    It holds by the policy of the sitting day. A rehearsal gives none, except in a demo, where its page says so.
    """
    if not _deserves(sitting_id):
        return
    ensure_default_policy(now=now)
    try:
        with transaction() as session:
            sitting = session.scalar(
                select(Sitting)
                .where(Sitting.id == sitting_id)
                .with_for_update()
                .execution_options(populate_existing=True)
            )
            if sitting is None or not _deserves(sitting_id):
                return
            exam_session = session.get_one(ExamSession, sitting.session_id)
            policy = policy_on(exam_session.held_on)
            certificate = new_certificate(
                sitting,
                validity(exam_session.held_on, policy.validity_months),
                policy_code=policy.code,
                random_bits=secrets.randbits(rules.RANDOM_BITS),
                now=now,
            )
            session.add(certificate)
            session.flush()
            record("issue", "certificate", certificate.id, actor=ISSUER, now=now, sitting=str(sitting_id))
    except IntegrityError:
        # Somebody else issued it meanwhile, or, once in 2**50, the number is taken: then the sweep tries again.
        current_app.logger.info("the certificate of sitting %s was not issued twice", sitting_id)


def new_certificate(
    sitting: Sitting, interval: Interval, *, policy_code: str, random_bits: int, now: datetime
) -> Certificate:
    """The row of a certificate; its number begins with the year of the sitting day."""
    return Certificate(
        number=certificate_number(interval.valid_from.year, random_bits),
        sitting_id=sitting.id,
        person_id=sitting.person_id,
        level=sitting.level,
        valid_from=interval.valid_from,
        valid_until=interval.valid_until,
        policy_code=policy_code,
        recorded_at=now,
    )


_WITHOUT = (
    select(Sitting.state, ResultRevision.passed, ExamSession.is_rehearsal, ExamSession.is_demo)
    .join(ExamSession, ExamSession.id == Sitting.session_id)
    .join(
        ResultRevision,
        (ResultRevision.sitting_id == Sitting.id) & (ResultRevision.number == latest_number()),
    )
    .outerjoin(Certificate, Certificate.sitting_id == Sitting.id)
    .where(Sitting.id == bindparam("sitting_id"), Certificate.id.is_(None))
)


def _deserves(sitting_id: UUID) -> bool:
    """Whether the sitting is a pass that has no certificate yet."""
    row = db.session.execute(_WITHOUT, {"sitting_id": sitting_id}).first()
    if row is None:
        return False
    return row.state is SittingState.GRADED and row.passed and (row.is_demo or not row.is_rehearsal)


def issue_missing(now: datetime) -> int:
    """The sweep's part: issue what the chain after marking, or a correction of a result, left out."""
    missing = queries.passed_without_certificate(now - REPAIR_WITHIN)
    for sitting_id in missing:
        try:
            issue_for(sitting_id, now)
        except Exception:
            db.session.rollback()
            current_app.logger.exception("the certificate of sitting %s could not be issued", sitting_id)
    return len(missing)


def revoke(*, number: str, on_day: date, reason: str, actor: Actor, now: datetime) -> None:
    """Revoke a certificate: `on_day` is the first day without it.

    Raises `NotFound` outside the actor's units, `Conflict` `revoked` when it stands revoked on that day.
    """
    _change(CertificateAct.REVOKED, number=number, on_day=on_day, reason=reason, actor=actor, now=now)


def reinstate(*, number: str, on_day: date, reason: str, actor: Actor, now: datetime) -> None:
    """Give a revoked certificate back: `on_day` is the first day on which it holds again.

    Raises `NotFound` outside the actor's units, `Conflict` `not_revoked` when it does not stand revoked.
    """
    _change(CertificateAct.REINSTATED, number=number, on_day=on_day, reason=reason, actor=actor, now=now)


def _change(
    act: CertificateAct, *, number: str, on_day: date, reason: str, actor: Actor, now: datetime
) -> None:
    if not actor.may(Permission.MANAGE_SESSIONS):
        raise NotAllowed("您没有管理证书的权限。")
    problems = _reason_problems(reason)
    if problems:
        raise Invalid(problems)
    with transaction() as session:
        certificate = session.scalar(
            select(Certificate).where(Certificate.number == rules.normalise_number(number)).with_for_update()
        )
        if certificate is None or not _within_units(certificate, actor):
            raise NotFound("没有这份证书。")
        events = queries.events_of([certificate.id]).get(certificate.id, [])
        interval = Interval(certificate.valid_from, certificate.valid_until)
        revoked = rules.certificate_state(interval, events, on_day) is CertificateState.REVOKED
        if revoked and act is CertificateAct.REVOKED:
            raise Conflict("这份证书在该日已经是撤销状态。", code="revoked")
        if not revoked and act is CertificateAct.REINSTATED:
            raise Conflict("这份证书在该日没有被撤销，不需要恢复。", code="not_revoked")
        session.add(
            CertificateEvent(
                certificate_id=certificate.id,
                act=act,
                on_day=on_day,
                reason=reason.strip(),
                recorded_by=actor.label,
                recorded_at=now,
            )
        )
        record(
            act.value,
            "certificate",
            certificate.id,
            actor=actor,
            now=now,
            on=on_day.isoformat(),
            reason=reason,
        )


def _within_units(certificate: Certificate, actor: Actor) -> bool:
    units = actor.units_for(Permission.MANAGE_SESSIONS)
    if units is None:
        return True
    return db.session.scalar(select(Sitting.unit_id).where(Sitting.id == certificate.sitting_id)) in units


def _reason_problems(reason: str) -> list[Problem]:
    if not reason.strip():
        return [Problem("reason", "请写明理由，理由会记入日志。", "reason")]
    if len(reason.strip()) > LONGEST_REASON:
        return [Problem("reason", f"理由不超过 {LONGEST_REASON} 个字。", "reason")]
    return []
