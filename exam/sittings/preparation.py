"""Preparing a session: papers are drawn before the bell, with a commitment that everyone can check afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select

from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotFound, Problem
from exam.papers import queries as papers
from exam.papers.draw import Entrant
from exam.papers.rules import question_count
from exam.papers.services import draw_for
from exam.papers.strata import strata_of
from exam.papers.verification import verify_draws
from exam.sittings.entry import ask_again
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.office import allow, allow_whole, locked_session
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from core.actor import Actor
    from exam.papers.verification import Verification
    from exam.sittings.entry import Removal
    from question_bank.items.pool import PoolRow

LONGEST_REASON = 400
SUPPLEMENT = "补充准考人员"
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Preparation:
    """A draw for a session: its number, the commitment to publish, how many papers it made."""

    number: int
    commitment: str
    papers: int


def prepare(
    *,
    session_id: UUID,
    reason: str = "",
    law_day: date | None = None,
    base: int | None = None,
    removal: Removal | None = None,
    actor: Actor,
    now: datetime,
) -> Preparation:
    """Draw a paper for everyone admitted, on the law of `law_day` (the session's own unless given).

    Preparing again draws everything anew under the next number, asks a reason, and is refused once anyone has
    started: `Conflict` `started`, `nobody`, `session_over`; `Invalid` (`InsufficientPool`) names what the bank
    lacks. In production a pool with published items asks a reason too (see `published_items`).

    `base` is how many draws there were when the page was shown, None for as many as there are: `Conflict`
    `changed_meanwhile` when somebody has drawn since. Who may not enter the session any more gets no paper:
    `no_longer_fit`, see `exam.sittings.entry.ask_again`.
    """
    allow(actor)
    with transaction():
        row = locked_session(session_id)
        allow_whole(row, actor)
        sittings = _locked_sittings(row.id)
        if any(sitting.started_at is not None for sitting in sittings):
            raise Conflict("已有考生开始作答，不能重新抽题。", code="started")
        if base is not None and base != row.draw_number:
            raise Conflict(
                "您打开页面之后，别人已经为本场抽过题。没有重新抽题，请核对现在的情况。",
                code="changed_meanwhile",
            )
        row.law_day = law_day or row.law_day
        published = published_items(row, row.law_day)
        problems = _reason_problems(reason, again=bool(row.draw_number), published=published)
        if problems:
            raise Invalid(problems)
        ask_again(row, removal=removal, actor=actor, now=now)
        sittings = _locked_sittings(row.id)
        return _draw(row, sittings, reason=reason.strip(), actor=actor, now=now)


def published_items(row: ExamSession, law_day: date) -> int:
    """How many items whose keys anyone can read could come into the session's papers; 0 outside production.

    The bank that ships with the platform is published, and every candidate may practise what is not kept for
    sessions: right for practice and demonstrations, and known to whoever looks for it. A rehearsal asks nothing
    else.
    """
    if current_app.config["SETTINGS"].is_demo or row.is_rehearsal:
        return 0
    strata = strata_of(papers.spec(row.paper_spec_id).spec)
    return sum(
        (item.published or not item.reserved) and any(stratum.takes(item) for stratum in strata)
        for item in papers.pool(law_day)
    )


def prepare_added(*, session_id: UUID, actor: Actor, now: datetime) -> Preparation:
    """Draw papers for those admitted after the preparation, under the next number; the others keep theirs.

    Raises `Conflict` `not_prepared` before a first preparation, `nobody` when everyone has a paper, and
    `no_longer_fit` when somebody who has not started may not enter the session any more.
    """
    allow(actor)
    with transaction():
        row = locked_session(session_id)
        allow_whole(row, actor)
        if not row.draw_number:
            raise Conflict("本场还没有抽题，请先抽题。", code="not_prepared")
        ask_again(row, removal=None, actor=actor, now=now)
        added = [sitting for sitting in _locked_sittings(row.id) if not sitting.draw_number]
        return _draw(row, added, reason=SUPPLEMENT, actor=actor, now=now)


def draw_now(row: ExamSession, sittings: Sequence[Sitting], *, reason: str, now: datetime) -> Preparation:
    """The rows of a draw for sittings of a session, within the caller's transaction.

    The session's row is locked by the caller; it and the sittings get the new draw's number.
    """
    stored = papers.spec(row.paper_spec_id)
    pool = _pool_of(row)
    versions: dict[int, int] = {item.item_id: item.item_version_id for item in pool}
    previous = _previous_items(sittings)
    entrants = {
        sitting.id: Entrant(
            str(sitting.id),
            sitting.attempt,
            tuple(sorted(versions[item] for item in previous.get(sitting.person_id, ()) if item in versions)),
        )
        for sitting in sorted(sittings, key=lambda sitting: str(sitting.id))
    }
    number = row.draw_number + 1
    drawn = draw_for(
        row.id,
        number=number,
        reason=reason,
        law_day=row.law_day,
        spec=stored.spec,
        pool=papers.pool_items(pool, stored.spec),
        entrants=entrants,
        enemies=papers.enemies(pool),
        now=now,
    )
    row.draw_number = number
    for sitting in sittings:
        sitting.draw_number = number
        sitting.question_count = question_count(stored.spec)
    db.session.flush()
    return Preparation(number, drawn.commitment, len(drawn.papers))


def _pool_of(row: ExamSession) -> list[PoolRow]:
    """What a session's papers are drawn from; for a rehearsal, whose papers are shown with their keys, only what
    anybody may practise."""
    pool = papers.pool(row.law_day)
    return [item for item in pool if not item.reserved] if row.is_rehearsal else pool


def verify_draw(session_id: UUID, *, unseal: bool = False) -> Verification:
    """Recompute every paper of a session and compare; see `exam.papers.verification.verify_draws`.

    Raises `NotFound` for an unknown session, `Conflict` where nothing was drawn yet.
    """
    exam_session = db.session.get(ExamSession, session_id)
    if exam_session is None:
        raise NotFound("没有这个场次。")
    if exam_session.draw_number == 0:
        raise Conflict("这个场次还没有抽题，没有可以复核的试卷。", code="not_drawn")
    ids = db.session.scalars(select(Sitting.id).where(Sitting.session_id == session_id)).all()
    return verify_draws(session_id, ids, unseal=unseal)


def _draw(
    row: ExamSession, sittings: Sequence[Sitting], *, reason: str, actor: Actor, now: datetime
) -> Preparation:
    waiting = [sitting for sitting in sittings if sitting.state is SittingState.ASSIGNED]
    if not waiting:
        raise Conflict("没有需要抽题的考生，请先办理准考。", code="nobody")
    if now > row.last_start_at:
        raise Conflict("最迟开考时间已过，不能再抽题。", code="session_over")
    done = draw_now(row, waiting, reason=reason, now=now)
    record(
        "prepare-session",
        "exam-session",
        row.id,
        actor=actor,
        now=now,
        number=done.number,
        papers=done.papers,
        commitment=done.commitment,
        reason=reason,
    )
    return done


def _locked_sittings(session_id: UUID) -> list[Sitting]:
    """All sittings of the session; locked, so that nobody starts on a paper that is being drawn anew."""
    return list(
        db.session.scalars(
            select(Sitting)
            .where(Sitting.session_id == session_id)
            .order_by(Sitting.id)
            .with_for_update()
            .execution_options(populate_existing=True),
        ),
    )


def _reason_problems(reason: str, *, again: bool, published: int) -> list[Problem]:
    if not reason.strip():
        if again:
            return [Problem("reason", "重新抽题须写明理由，理由与前一次抽题一并公开。", "reason")]
        if published:
            return [
                Problem(
                    "published",
                    f"可抽的试题中有 {published} 道任何人都能看到答案（答案已经公开或者可以练习）。"
                    "请改用未公开、仅供考试的试题，或者写明仍然使用的理由，理由随承诺值公开。",
                    "reason",
                )
            ]
    if len(reason.strip()) > LONGEST_REASON:
        return [Problem("too_long", f"理由不超过 {LONGEST_REASON} 个字。", "reason")]
    return []


def record_verification(session_id: UUID, found: Verification, *, actor: Actor, now: datetime) -> None:
    """Note that somebody recomputed a session's papers, which opens seeds that are still sealed, and the outcome."""
    with transaction():
        record(
            "verify-draw",
            "exam-session",
            session_id,
            actor=actor,
            now=now,
            holds=found.holds,
            draws=found.draws,
            papers=found.papers,
        )


def _previous_items(sittings: Sequence[Sitting]) -> dict[int, set[int]]:
    """The items of the last paper that each person has begun, in whatever session, by person."""
    own = {sitting.id for sitting in sittings}
    persons = sorted({sitting.person_id for sitting in sittings})
    last: dict[int, tuple[UUID, int]] = {}
    for start in range(0, len(persons), AT_ONCE):
        rows = db.session.execute(
            select(Sitting.person_id, Sitting.id, Sitting.draw_number)
            .where(
                Sitting.person_id.in_(persons[start : start + AT_ONCE]),
                Sitting.started_at.is_not(None),
                Sitting.draw_number > 0,
            )
            .order_by(Sitting.started_at, Sitting.id),
        )
        last.update({person: (sitting, number) for person, sitting, number in rows if sitting not in own})
    items = papers.items_of_papers(last.values())
    return {person: items.get(sitting, set()) for person, (sitting, _) in last.items()}
