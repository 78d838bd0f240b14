"""Reads of certificates."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.clock import day_of
from core.db import db
from core.errors import NotFound
from core.people.models import Person, Unit
from exam.certificates import rules
from exam.certificates.models import Certificate, CertificateEvent
from exam.certificates.rules import CertificateAct, CertificateState, certificate_state, standing_event
from exam.policies.rules import Interval
from exam.results.models import ResultRevision
from exam.results.queries import latest_number
from exam.sittings.models import ExamSession, ResultRelease, Sitting, SittingEvent
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Select


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate with its sitting and what the sitting came to.

    `result` is the revision that counts now. A certificate whose sitting no longer is a pass stands as revoked.
    """

    certificate: Certificate
    sitting: Sitting
    session: ExamSession
    result: ResultRevision
    person: Person
    unit: Unit
    events: tuple[rules.CertificateEvent, ...]
    unfounded_from: date | None = None

    @property
    def interval(self) -> Interval:
        return Interval(self.certificate.valid_from, self.certificate.valid_until)

    def state(self, on: date) -> CertificateState:
        if self.revoked_from(on) is not None:
            return CertificateState.REVOKED
        return certificate_state(self.interval, self.events, on)

    def revoked_from(self, on: date) -> date | None:
        """The day from which it stands revoked on `on`, by an act or because its sitting is no pass any more."""
        if self.unfounded_from is not None:
            return self.unfounded_from
        event = standing_event(self.events, on)
        return event.on if event is not None and event.act is CertificateAct.REVOKED else None


def by_number(number: str) -> Held | None:
    """The certificate of a well-formed, normalised number, whoever holds it; results not yet released are none."""
    return _one(_held().where(Certificate.number == number))


def own(number: str, *, person_id: int | None) -> Held:
    """One's own certificate. Raises `NotFound` for one that is not there, and for someone else's alike."""
    found = _one(_held().where(Certificate.number == number, Certificate.person_id == person_id))
    if found is None:
        raise NotFound("没有这份证书，或者它不属于您。")
    return found


def of_sitting(sitting_id: UUID) -> Held | None:
    return _one(_held().where(Certificate.sitting_id == sitting_id))


def of_person(person_id: int) -> list[Held]:
    """A person's certificates, the one that lasts longest first."""
    query = _held().where(Certificate.person_id == person_id)
    return _read(query.order_by(Certificate.valid_until.desc(), Certificate.id.desc()))


def passed_without_certificate(since: datetime) -> list[UUID]:
    """Passes recorded since an instant that have no certificate though their session gives them."""
    query = (
        select(Sitting.id)
        .join(ResultRevision, ResultRevision.sitting_id == Sitting.id)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .outerjoin(Certificate, Certificate.sitting_id == Sitting.id)
        .where(
            ResultRevision.recorded_at > since,
            ResultRevision.number == latest_number(),
            ResultRevision.passed,
            Sitting.state == SittingState.GRADED,
            ExamSession.is_rehearsal.is_(False) | ExamSession.is_demo,
            Certificate.id.is_(None),
        )
    )
    return list(db.session.scalars(query))


def events_of(certificate_ids: Sequence[int]) -> dict[int, list[rules.CertificateEvent]]:
    """Revocations and reinstatements by certificate, in the order of their recording."""
    found: dict[int, list[rules.CertificateEvent]] = defaultdict(list)
    for event in db.session.execute(
        select(
            CertificateEvent.certificate_id,
            CertificateEvent.act,
            CertificateEvent.on_day,
            CertificateEvent.reason,
            CertificateEvent.recorded_at,
        )
        .where(CertificateEvent.certificate_id.in_(certificate_ids))
        .order_by(CertificateEvent.id),
    ):
        found[event.certificate_id].append(
            rules.CertificateEvent(event.act, event.on_day, event.reason, event.recorded_at)
        )
    return found


def _held() -> Select[Certificate, Sitting, ExamSession, ResultRevision, Person, Unit]:
    return (
        select(Certificate, Sitting, ExamSession, ResultRevision, Person, Unit)
        .join(Sitting, Sitting.id == Certificate.sitting_id)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .join(
            ResultRevision,
            (ResultRevision.sitting_id == Sitting.id) & (ResultRevision.number == latest_number()),
        )
        .join(Person, Person.id == Certificate.person_id)
        .join(Unit, Unit.id == Sitting.unit_id)
        .where(
            (ExamSession.result_release == ResultRelease.AT_ONCE) | ExamSession.released_at.is_not(None),
        )
    )


def _one(
    query: Select[Certificate, Sitting, ExamSession, ResultRevision, Person, Unit],
) -> Held | None:
    return next(iter(_read(query)), None)


def _read(
    query: Select[Certificate, Sitting, ExamSession, ResultRevision, Person, Unit],
) -> list[Held]:
    rows = db.session.execute(query).all()
    if not rows:
        return []
    events = events_of([row[0].id for row in rows])
    voided = _voided(row[1] for row in rows)
    return [
        Held(
            *row,
            events=tuple(events.get(row[0].id, ())),
            unfounded_from=_unfounded_from(row[1], row[3], voided),
        )
        for row in rows
    ]


def _unfounded_from(sitting: Sitting, result: ResultRevision, voided: dict[UUID, datetime]) -> date | None:
    """The day on which it was recorded that the sitting is no pass; None while it is one."""
    if sitting.state is SittingState.VOID:
        return day_of(voided.get(sitting.id, result.recorded_at))
    return None if result.passed else day_of(result.recorded_at)


def _voided(sittings: Iterable[Sitting]) -> dict[UUID, datetime]:
    void = [sitting.id for sitting in sittings if sitting.state is SittingState.VOID]
    if not void:
        return {}
    rows = db.session.execute(
        select(SittingEvent.sitting_id, SittingEvent.recorded_at).where(
            SittingEvent.sitting_id.in_(void), SittingEvent.state == SittingState.VOID
        )
    )
    return {row.sitting_id: row.recorded_at for row in rows}
