"""What the rules of admission look at: each person's past sittings, and the pass that still counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.db import db
from exam.certificates import rules
from exam.certificates.models import Certificate, CertificateEvent
from exam.certificates.rules import CertificateState, certificate_state
from exam.policies.rules import History, Interval, Outcome, PastSitting
from exam.results.models import ResultRevision
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

WITHOUT_RESULT = {
    SittingState.VOID: Outcome.VOID,
    SittingState.ABSENT: Outcome.ABSENT,
    SittingState.EXCUSED: Outcome.EXCUSED,
}


def entry_histories(person_ids: Sequence[int], on: date) -> dict[int, History]:
    """The histories of some persons (at most a thousand) as of a day; rehearsals never count."""
    outcomes = _outcomes(person_ids)
    sittings: dict[int, list[PastSitting]] = {}
    passed: set[UUID] = set()
    for sitting_id, person_id, day, outcome in outcomes:
        sittings.setdefault(person_id, []).append(PastSitting(day, outcome))
        if outcome is Outcome.PASSED:
            passed.add(sitting_id)
    certificates = _counting(person_ids, passed, on)
    return {
        person_id: History(tuple(sittings.get(person_id, ())), certificates.get(person_id))
        for person_id in person_ids
    }


def _outcomes(person_ids: Sequence[int]) -> list[tuple[UUID, int, date, Outcome]]:
    """Sitting, person, day and outcome of all sittings that came to one."""
    latest = (
        select(func.max(ResultRevision.number))
        .where(ResultRevision.sitting_id == Sitting.id)
        .correlate(Sitting)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Sitting.id, Sitting.person_id, ExamSession.held_on, Sitting.state, ResultRevision.passed)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .outerjoin(
            ResultRevision, (ResultRevision.sitting_id == Sitting.id) & (ResultRevision.number == latest)
        )
        .where(Sitting.person_id.in_(person_ids), ExamSession.is_rehearsal.is_(False)),
    )
    found = []
    for sitting_id, person_id, day, state, passed in rows:
        outcome = WITHOUT_RESULT.get(state)
        if outcome is None and passed is not None:
            outcome = Outcome.PASSED if passed else Outcome.FAILED
        if outcome is not None:
            found.append((sitting_id, person_id, day, outcome))
    return found


def _counting(person_ids: Sequence[int], passed: set[UUID], on: date) -> dict[int, Interval]:
    """For each person the valid certificate of a pass that lasts longest."""
    events: dict[int, list[rules.CertificateEvent]] = {}
    certificates = db.session.scalars(select(Certificate).where(Certificate.person_id.in_(person_ids))).all()
    ids = [certificate.id for certificate in certificates]
    for event in db.session.scalars(
        select(CertificateEvent)
        .where(CertificateEvent.certificate_id.in_(ids))
        .order_by(CertificateEvent.id),
    ):
        act = rules.CertificateAct(event.act.value)
        events.setdefault(event.certificate_id, []).append(
            rules.CertificateEvent(act, event.on_day, event.reason, event.recorded_at)
        )
    counting: dict[int, Interval] = {}
    for certificate in certificates:
        interval = Interval(certificate.valid_from, certificate.valid_until)
        state = certificate_state(interval, events.get(certificate.id, ()), on)
        known = counting.get(certificate.person_id)
        longest = known is None or known.valid_until < interval.valid_until
        if certificate.sitting_id in passed and state is CertificateState.VALID and longest:
            counting[certificate.person_id] = interval
    return counting
