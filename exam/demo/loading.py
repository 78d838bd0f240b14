"""Loading the invented history: one transaction a session, papers by the real draw, marks by the real marking."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from core.actor import Actor
from core.audit.services import record
from core.db import db, transaction
from core.keys import key_ring
from exam.certificates.models import Certificate, CertificateEvent
from exam.demo.answering import hardness_of
from exam.demo.population import stream
from exam.demo.rows import DRAWN_BEFORE, PLANNED_BEFORE, REVEALED_AFTER, Marking, Times, revocation, rows_of
from exam.papers import queries as papers
from exam.papers.draw import Entrant, Manifest, canonical_bytes, commitment, draw_papers
from exam.papers.models import Draw, DrawReveal, PaperQuestion
from exam.papers.services import SEED, question_rows
from exam.policies import queries as policies
from exam.results.models import ResultRevision
from exam.results.observing import record_session
from exam.sittings.closing import RECEIPT_KEY
from exam.sittings.models import AnswerEvent, ExamSession, Sitting, SittingEvent
from question_bank.items import pool as bank
from question_bank.items.observing import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from typing import Any

    from core.db import Base
    from exam.demo.people import DemoPerson
    from exam.demo.planning import PlannedSession
    from exam.demo.rows import SittingRows
    from exam.papers.draw import DrawnPaper, PoolItem

LOADER = Actor.command("demo-load")


@dataclass(frozen=True, slots=True)
class Ground:
    """What all sessions of the history share; `previous` holds the item versions of each person's last paper."""

    spec_id: int
    law_day: date
    pool: tuple[PoolItem, ...]
    marking: Marking
    people: Mapping[int, DemoPerson]
    enemies: tuple[tuple[int, int], ...] = ()
    previous: dict[int, tuple[int, ...]] = field(default_factory=dict)


def ground(*, spec_id: int, law_day: date, people: Mapping[int, DemoPerson]) -> Ground:
    """Read the bank once: papers are drawn from today's, on the law of `law_day`."""
    spec = papers.spec(spec_id).spec
    rows = papers.pool(law_day)
    pool = papers.pool_items(rows, spec)
    marking = Marking(
        spec=spec,
        keys=bank.keys(item.item_version_id for item in pool),
        hardness={item.item_version_id: hardness_of(item.item_version_id, item.difficulty) for item in pool},
        receipt_key=key_ring().key(RECEIPT_KEY),
        policies=tuple(policies.policies()),
    )
    return Ground(spec_id, law_day, pool, marking, people, tuple(papers.enemies(rows)))


def loaded_sessions() -> set[object]:
    """The ids of the demo's sessions that are there, rehearsals left out."""
    query = select(ExamSession.id).where(ExamSession.is_demo, ExamSession.is_rehearsal.is_(False))
    return set(db.session.scalars(query))


def remember(planned: PlannedSession, shared: Ground) -> None:
    """Take note of the papers of a session that an interrupted load left behind."""
    numbers = {sitting.id: sitting.cadre.number for sitting in planned.sittings}
    drawn: dict[int, list[int]] = {}
    for question in papers.questions(numbers):
        drawn.setdefault(numbers[question.sitting_id], []).append(question.item_version_id)
    shared.previous.update((number, tuple(items)) for number, items in drawn.items())


def load_session(planned: PlannedSession, shared: Ground, *, now: datetime) -> None:
    """Enter a session with everything that its sittings left behind.

    The rows carry the history's own times; the audit row tells when they were made.
    """
    times = Times.of(planned, shared.marking.spec)
    with transaction():
        exam_session = _session_row(planned, shared, times)
        db.session.add(exam_session)
        db.session.flush()
        drawn = _draw(planned, shared, times)
        rows = [
            rows_of(sitting, planned, shared.people[sitting.cadre.number], paper, shared.marking)
            for sitting, paper in zip(planned.sittings, drawn, strict=True)
        ]
        _insert(Sitting, (row.sitting for row in rows))
        number = question_rows(drawn, number=1, sittings=[s.id for s in planned.sittings], pool=shared.pool)
        _insert(PaperQuestion, number)
        _insert(AnswerEvent, (event for row in rows for event in row.answers))
        _insert(SittingEvent, (row.event for row in rows if row.event))
        _insert(ResultRevision, (row.result for row in rows if row.result))
        _insert(Certificate, (row.certificate for row in rows if row.certificate))
        _revoke(planned)
        record_session(exam_session, _tallies(rows), now=now)
        record(
            "load-demo-session",
            "exam-session",
            planned.id,
            actor=LOADER,
            now=now,
            sittings=len(rows),
            passed=sum(row.certificate is not None for row in rows),
        )


def _tallies(rows: Iterable[SittingRows]) -> dict[int, Tally]:
    """What `exam.results.observing.tallies` counts, from what marking has just given."""
    answered: Counter[int] = Counter()
    right: Counter[int] = Counter()
    for row in rows:
        answered.update(row.marked.keys())
        right.update(version for version, correct in row.marked.items() if correct)
    return {version: Tally(count, right[version]) for version, count in answered.items()}


def _session_row(planned: PlannedSession, shared: Ground, times: Times) -> ExamSession:
    return ExamSession(
        id=planned.id,
        name=planned.name,
        room=planned.room,
        held_on=planned.day,
        law_day=shared.law_day,
        opens_at=times.opens_at,
        last_start_at=times.last_start_at,
        closes_at=times.closes_at,
        minutes=shared.marking.spec.minutes,
        paper_spec_id=shared.spec_id,
        draw_number=1,
        is_demo=True,
        recorded_at=times.opens_at - PLANNED_BEFORE,
    )


def _draw(planned: PlannedSession, shared: Ground, times: Times) -> tuple[DrawnPaper, ...]:
    """Draw the papers and enter the draw; nobody gets an item of their previous paper while the pool allows it."""
    entrants = tuple(
        Entrant(str(sitting.id), 1, shared.previous.get(sitting.cadre.number, ()))
        for sitting in planned.sittings
    )
    manifest = Manifest(
        session_id=str(planned.id),
        number=1,
        spec=shared.marking.spec,
        law_day=shared.law_day,
        pool=shared.pool,
        people=entrants,
        enemies=shared.enemies,
    )
    text = canonical_bytes(manifest)
    numbers = stream("seed", planned.id)
    seed = b"".join(numbers.number().to_bytes(8) for _ in range(4))
    draw = Draw(
        subject_id=planned.id,
        ref=planned.id,
        number=1,
        law_day=shared.law_day,
        manifest=text.decode(),
        seed_sealed=key_ring().seal(SEED, seed, record=planned.id),
        commitment=commitment(seed, text),
        recorded_at=times.opens_at - DRAWN_BEFORE,
    )
    db.session.add(draw)
    db.session.flush()
    db.session.add(DrawReveal(draw_id=draw.id, seed=seed.hex(), recorded_at=times.closes_at + REVEALED_AFTER))
    drawn = draw_papers(seed, manifest)
    for sitting, paper in zip(planned.sittings, drawn, strict=True):
        shared.previous[sitting.cadre.number] = tuple(q.item_version_id for q in paper.questions)
    return drawn


def _insert(model: type[Base], rows: Iterable[dict[str, Any] | None]) -> None:
    listed = list(rows)
    if listed:
        db.session.execute(insert(model.__table__), listed)  # type: ignore[arg-type]


def _revoke(planned: PlannedSession) -> None:
    revoked = {sitting.id: sitting for sitting in planned.sittings if sitting.revoked_on}
    ids = db.session.execute(
        select(Certificate.sitting_id, Certificate.id).where(Certificate.sitting_id.in_(revoked)),
    )
    _insert(CertificateEvent, (revocation(revoked[sitting_id], number) for sitting_id, number in ids))
