"""Reads for eligibility: who is asked about, and every fact that is recorded about them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from core.db import db
from core.people.models import Person, Posting, Unit
from exam.certificates.models import Certificate
from exam.certificates.queries import events_of
from exam.eligibility.facts import (
    CertificateFact,
    ExemptionFact,
    Facts,
    LevelFact,
    OutcomeRevision,
    SittingFact,
    Withdrawal,
)
from exam.eligibility.models import EligibilityLookup
from exam.eligibility.runs import KEPT_IN_VIEW, UNKNOWN_PERSON, Run, Unknown, runs
from exam.policies.models import ExemptionAct, ExemptionEvent
from exam.policies.rules import Outcome
from exam.results.models import ResultRevision
from exam.sittings.models import ExamSession, ResultRelease, Sitting, SittingEvent
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from core.people.rules import PostLevel

STATE_OUTCOMES = {
    SittingState.VOID: Outcome.VOID,
    SittingState.ABSENT: Outcome.ABSENT,
    SittingState.EXCUSED: Outcome.EXCUSED,
}
"""What a sitting came to by an act of the office or the sweep, and not by marking."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The person asked about, with the present posting, and the levels of all postings."""

    id: int
    name: str
    unit_id: int
    unit_name: str
    level: PostLevel
    levels: tuple[LevelFact, ...]


# Statements are built once: building one anew for each lookup cost as much as running it.
_POSTINGS = (
    select(
        Person.id,
        Person.name,
        Posting.unit_id,
        Unit.name.label("unit_name"),
        Posting.level,
        Posting.starts_on,
        Posting.recorded_at,
    )
    .join(Posting, Posting.person_id == Person.id)
    .join(Unit, Unit.id == Posting.unit_id)
    .where(Person.id_number_index == bindparam("index"))
    .order_by(Posting.starts_on, Posting.id)
)

_SITTINGS = (
    select(
        Sitting.id,
        Sitting.person_id,
        Sitting.state,
        ExamSession.held_on,
        ExamSession.result_release,
        ExamSession.released_at,
        ResultRevision.passed,
        ResultRevision.recorded_at,
        Certificate.id.label("certificate_id"),
        Certificate.number,
        Certificate.level,
        Certificate.valid_from,
        Certificate.valid_until,
        Certificate.recorded_at.label("issued_at"),
    )
    .join(ExamSession, ExamSession.id == Sitting.session_id)
    .outerjoin(ResultRevision, ResultRevision.sitting_id == Sitting.id)
    .outerjoin(Certificate, Certificate.sitting_id == Sitting.id)
    .where(Sitting.person_id.in_(bindparam("person_ids")), ExamSession.is_rehearsal.is_(False))
    .order_by(Sitting.recorded_at, Sitting.id, ResultRevision.number)
)
"""A row for each sitting and each of its result revisions, with the certificate that the sitting gave."""

_EXEMPTIONS = (
    select(
        ExemptionEvent.id,
        ExemptionEvent.person_id,
        ExemptionEvent.act,
        ExemptionEvent.grant_id,
        ExemptionEvent.on_day,
        ExemptionEvent.ends_on,
        ExemptionEvent.basis,
        ExemptionEvent.recorded_at,
    )
    .where(ExemptionEvent.person_id.in_(bindparam("person_ids")))
    .order_by(ExemptionEvent.id)
)


def person_with_levels(index: bytes) -> Asked | None:
    """The person of a blind index with every posting, in one read; None when there is nobody."""
    rows = db.session.execute(_POSTINGS, {"index": index}).all()
    if not rows:
        return None
    present = rows[-1]
    levels = tuple(LevelFact(row.level, row.starts_on, row.recorded_at) for row in rows)
    return Asked(present.id, present.name, present.unit_id, present.unit_name, present.level, levels)


def facts_of(person_ids: Collection[int]) -> dict[int, Facts]:
    """All that is recorded about some persons (at most a thousand), levels aside, in at most four reads.

    Rehearsals never count. What the office releases counts as recorded at its release: until then nobody
    outside the office may know it.
    """
    rows = db.session.execute(_SITTINGS, {"person_ids": list(person_ids)}).all()
    sittings = _sittings(rows)
    certificates = _certificates(rows)
    exemptions = _exemptions(person_ids)
    return {
        person_id: Facts(
            sittings=tuple(sittings.get(person_id, ())),
            certificates=tuple(certificates.get(person_id, ())),
            exemptions=tuple(exemptions.get(person_id, ())),
        )
        for person_id in person_ids
    }


def lookups_since(since: datetime, *, account_id: int) -> int:
    """How many lookups an account has made from an instant on."""
    query = select(func.count()).where(
        EligibilityLookup.asked_by_account_id == account_id, EligibilityLookup.recorded_at >= since
    )
    return db.session.scalar(query) or 0


def runs_of_unknown(now: datetime) -> list[Run]:
    """The runs of lookups of unknown people within the last `KEPT_IN_VIEW`, the latest first."""
    rows = db.session.execute(
        select(EligibilityLookup.asked_by, EligibilityLookup.id_number_index, EligibilityLookup.recorded_at)
        .where(
            EligibilityLookup.recorded_at > now - KEPT_IN_VIEW,
            EligibilityLookup.verdict == UNKNOWN_PERSON,
            EligibilityLookup.asked_by_account_id.is_not(None),
        )
        .order_by(EligibilityLookup.recorded_at, EligibilityLookup.id)
    )
    return runs(Unknown(*row) for row in rows)


def session_names(sitting_refs: Sequence[UUID]) -> dict[UUID, str]:
    """The names of the sessions of some sittings, for the evidence on a page."""
    rows = db.session.execute(
        select(Sitting.id, ExamSession.name)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(Sitting.id.in_(sitting_refs)),
    )
    return {row.id: row.name for row in rows}


def _sittings(rows: Sequence[Any]) -> dict[int, list[SittingFact]]:
    events = _state_events({row.id for row in rows if row.state in STATE_OUTCOMES})
    by_sitting: dict[UUID, list[OutcomeRevision]] = {}
    for row in rows:
        outcomes = by_sitting.setdefault(row.id, [])
        known_from = _known_from(row.recorded_at, row.result_release, row.released_at)
        if row.passed is not None and known_from is not None:
            outcome = Outcome.PASSED if row.passed else Outcome.FAILED
            outcomes.append(OutcomeRevision(len(outcomes) + 1, outcome, known_from))
    found: dict[int, list[SittingFact]] = defaultdict(list)
    for row in rows:
        if row.id not in by_sitting:
            continue  # a further revision of a sitting already told
        outcomes = by_sitting.pop(row.id)
        # What voids or excuses a sitting comes after its marking, and nothing after it: TRANSITIONS.
        for outcome, recorded_at in events.get(row.id, ()):
            outcomes.append(OutcomeRevision(len(outcomes) + 1, outcome, recorded_at))
        if outcomes:
            found[row.person_id].append(SittingFact(str(row.id), row.held_on, tuple(outcomes)))
    return found


def _known_from(
    recorded_at: datetime | None, release: ResultRelease, released_at: datetime | None
) -> datetime | None:
    """From when on a result (or its certificate) is known outside the office; None while it is not."""
    if recorded_at is None or release is ResultRelease.AT_ONCE:
        return recorded_at
    return max(recorded_at, released_at) if released_at is not None else None


def _state_events(sitting_ids: Collection[UUID]) -> dict[UUID, list[tuple[Outcome, datetime]]]:
    if not sitting_ids:
        return {}
    rows = db.session.execute(
        select(SittingEvent.sitting_id, SittingEvent.state, SittingEvent.recorded_at)
        .where(SittingEvent.sitting_id.in_(sitting_ids), SittingEvent.state.in_(STATE_OUTCOMES))
        .order_by(SittingEvent.id),
    )
    found: dict[UUID, list[tuple[Outcome, datetime]]] = defaultdict(list)
    for row in rows:
        found[row.sitting_id].append((STATE_OUTCOMES[row.state], row.recorded_at))
    return found


def _certificates(rows: Sequence[Any]) -> dict[int, list[CertificateFact]]:
    issued = {row.certificate_id: row for row in rows if row.certificate_id is not None}
    events = events_of(list(issued)) if issued else {}
    found: dict[int, list[CertificateFact]] = defaultdict(list)
    for certificate_id, row in issued.items():
        known_from = _known_from(row.issued_at, row.result_release, row.released_at)
        if known_from is not None:
            found[row.person_id].append(
                CertificateFact(
                    number=row.number,
                    sitting_ref=str(row.id),
                    level=row.level,
                    valid_from=row.valid_from,
                    valid_until=row.valid_until,
                    recorded_at=known_from,
                    events=tuple(events.get(certificate_id, ())),
                )
            )
    return found


def _exemptions(person_ids: Collection[int]) -> dict[int, list[ExemptionFact]]:
    """Grants with the withdrawal that ends each, if there is one."""
    rows = db.session.execute(_EXEMPTIONS, {"person_ids": list(person_ids)}).all()
    withdrawn = {
        row.grant_id: Withdrawal(row.on_day, row.recorded_at)
        for row in rows
        if row.act is ExemptionAct.WITHDRAWN
    }
    found: dict[int, list[ExemptionFact]] = defaultdict(list)
    for row in rows:
        if row.act is ExemptionAct.GRANTED:
            found[row.person_id].append(
                ExemptionFact(row.basis, row.on_day, row.ends_on, row.recorded_at, withdrawn.get(row.id))
            )
    return found
