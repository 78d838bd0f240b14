"""Paper specs, and the rows of a draw.

Drawing and revealing are steps of use cases of the sittings room: the functions below that take no `actor`
run inside its transaction.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from core.actor import Actor, Permission
from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, Problem
from core.keys import key_ring
from exam.papers import queries
from exam.papers.draw import (
    SEED_BYTES,
    Manifest,
    canonical_bytes,
    commitment,
    draw_papers,
)
from exam.papers.models import Draw, DrawReveal, PaperQuestion, PaperSpecVersion
from exam.papers.rules import DEFAULT_SPEC, spec_problems, to_json
from question_bank.statutes.queries import short_titles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from exam.papers.draw import DrawnPaper, Entrant, PoolItem
    from exam.papers.rules import PaperSpec

SEED = "draw-seed"
ROWS_AT_ONCE = 5_000


def ensure_default_spec(now: datetime) -> int:
    """The id of the latest version of the 45-question preset; makes it where it is missing."""
    found = _latest(DEFAULT_SPEC.name)
    if found is not None:
        return found
    try:
        return add_spec(spec=DEFAULT_SPEC, actor=Actor.command(), now=now)
    except Conflict:
        found = _latest(DEFAULT_SPEC.name)
        assert found is not None
        return found


def create_spec(*, spec: PaperSpec, actor: Actor, now: datetime) -> int:
    """Store the first version of a spec under a name that no other has; returns its id.

    Raises `Invalid` with everything that is wrong with it; `Conflict` when the name was taken in between.
    """
    allow(actor)
    taken = [Problem("name_taken", "已有同名的组卷方案，请换一个名称，或者到该方案中存为新版。", "name")]
    _refuse(spec, taken if _latest(spec.name) is not None else [])
    return add_spec(spec=spec, actor=actor, now=now, number=1)


def revise_spec(*, base_id: int, spec: PaperSpec, actor: Actor, now: datetime) -> int:
    """Store the next version of the spec whose version `base_id` was changed; returns its id.

    Sessions that were planned with an earlier version keep it. Raises `Invalid` with everything that is wrong
    and where nothing was changed, `Conflict` `spec_changed` when `base_id` is not the latest version any more.
    """
    allow(actor)
    base = queries.spec(base_id)
    renewed = replace(spec, name=base.spec.name)
    same = [Problem("unchanged", "与现行版本相同，没有需要保存的改动。", "sections")]
    _refuse(renewed, same if renewed == base.spec else [])
    return add_spec(spec=renewed, actor=actor, now=now, number=base.number + 1)


def allow(actor: Actor) -> None:
    """Specs are kept by whoever plans sessions."""
    if not actor.may(Permission.MANAGE_SESSIONS):
        raise NotAllowed("您没有管理组卷方案的权限。")


def problems_of(spec: PaperSpec) -> list[Problem]:
    """Everything that is wrong with a spec, laws that nobody knows among it."""
    problems = spec_problems(spec)
    known = set(short_titles())
    for number, section in enumerate(spec.sections, start=1):
        unknown = [law for law in section.laws if law not in known]
        if unknown:
            text = f"第 {number} 部分：法规库中没有{'、'.join(f'《{law}》' for law in unknown)}，请核对名称。"
            problems.append(Problem("laws", text, f"sections.{number}"))
    return problems


def _refuse(spec: PaperSpec, further: Sequence[Problem]) -> None:
    problems = [*problems_of(spec), *further]
    if problems:
        raise Invalid(problems)


def _latest(name: str) -> int | None:
    return db.session.scalar(
        select(PaperSpecVersion.id)
        .where(PaperSpecVersion.name == name)
        .order_by(PaperSpecVersion.number.desc())
        .limit(1),
    )


def add_spec(*, spec: PaperSpec, actor: Actor, now: datetime, number: int | None = None) -> int:
    """Store a new version of a spec, under that number or else the next one of its name; returns its id.

    Raises `Invalid` with everything that is wrong with it; `Conflict` when another version came in between.
    """
    problems = spec_problems(spec)
    if problems:
        raise Invalid(problems)
    try:
        with transaction() as session:
            if number is None:
                last = select(func.max(PaperSpecVersion.number)).where(PaperSpecVersion.name == spec.name)
                number = (session.scalar(last) or 0) + 1
            row = PaperSpecVersion(name=spec.name, number=number, spec=to_json(spec), recorded_at=now)
            session.add(row)
            session.flush()
            record("add-spec", "paper-spec", row.id, actor=actor, now=now, name=spec.name, number=number)
    except IntegrityError as error:
        raise Conflict("组卷方案刚刚被别人修改，请在最新版本上重新修改。", code="spec_changed") from error
    return row.id


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draw as it was stored, and its papers."""

    number: int
    commitment: str
    papers: tuple[DrawnPaper, ...]


def draw_for(
    subject_id: UUID,
    *,
    number: int,
    reason: str,
    law_day: date,
    spec: PaperSpec,
    pool: Sequence[PoolItem],
    entrants: Mapping[UUID, Entrant],
    enemies: Iterable[tuple[int, int]] = (),
    now: datetime,
) -> Prepared:
    """Draw a paper for each entrant, given by sitting, and add all rows; within the caller's transaction.

    The seed is random, stored sealed, and bound to its row. Raises `InsufficientPool` with every shortage.
    """
    manifest = Manifest(
        session_id=str(subject_id),
        number=number,
        spec=spec,
        law_day=law_day,
        pool=tuple(pool),
        people=tuple(entrants.values()),
        enemies=tuple(enemies),
    )
    text = canonical_bytes(manifest)
    seed = secrets.token_bytes(SEED_BYTES)
    papers = draw_papers(seed, manifest)
    ref = uuid4()
    promised = commitment(seed, text)
    db.session.add(
        Draw(
            ref=ref,
            subject_id=subject_id,
            number=number,
            reason=reason,
            law_day=law_day,
            manifest=text.decode(),
            seed_sealed=key_ring().seal(SEED, seed, record=ref),
            commitment=promised,
            recorded_at=now,
        ),
    )
    rows = list(question_rows(papers, number=number, sittings=tuple(entrants), pool=pool))
    for start in range(0, len(rows), ROWS_AT_ONCE):
        db.session.execute(insert(PaperQuestion), rows[start : start + ROWS_AT_ONCE])
    return Prepared(number, promised, papers)


def question_rows(
    papers: Iterable[DrawnPaper], *, number: int, sittings: Iterable[UUID], pool: Iterable[PoolItem]
) -> Iterator[dict[str, Any]]:
    """The `PaperQuestion` rows of drawn papers, the papers and the sittings in the same order."""
    types = {place.item_version_id: place.type.value for item in pool for place in item.places}
    for sitting_id, paper in zip(sittings, papers, strict=True):
        for question in paper.questions:
            yield {
                "sitting_id": sitting_id,
                "draw_number": number,
                "position": question.position,
                "section": question.section,
                "item_version_id": question.item_version_id,
                "type": types[question.item_version_id],
                "option_order": question.option_order,
            }


def reveal(subject_id: UUID, *, now: datetime) -> list[int]:
    """Publish the seeds of all draws of a session that are not yet; within the caller's transaction.

    Returns the numbers of the draws concerned.
    """
    published = []
    for draw, revealed in queries.draw_rows(subject_id):
        if revealed is None:
            seed = unseal_seed(draw).hex()
            db.session.add(DrawReveal(draw_id=draw.id, seed=seed, recorded_at=now))
            published.append(draw.number)
    return published


def unseal_seed(draw: Draw) -> bytes:
    """The seed of a stored draw; raises `cryptography.exceptions.InvalidTag` when its row was tampered with."""
    return key_ring().unseal(SEED, draw.seed_sealed, record=draw.ref)
