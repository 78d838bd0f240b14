"""Reads of drawn papers by what is on them, and of the sessions that ask an item or may still come to ask it.

Here stands whose keys stay hidden. Rehearsals hide none: they draw only items that anybody may practise.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.db import db
from exam.papers import queries as papers
from exam.papers.models import PaperQuestion
from exam.papers.strata import strata_of
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.rules import SittingState
from question_bank.items.models import Item, ItemVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.sql.selectable import Exists

    from question_bank.items.pool import PoolRow

AHEAD = (SittingState.ASSIGNED, SittingState.RUNNING)
MOST_SESSIONS = 50
AT_ONCE = 500

_ITS_PAPER = (PaperQuestion.sitting_id == Sitting.id) & (PaperQuestion.draw_number == Sitting.draw_number)
"""The question stands on the paper that the sitting has now, of those drawn anew."""


@dataclass(frozen=True, slots=True)
class SessionWithItem:
    """A session of which `papers` papers hold an item and are not sat yet, or are being sat."""

    name: str
    held_on: date
    papers: int


def sessions_ahead_with(item_id: int) -> list[SessionWithItem]:
    """The sessions whose papers hold some version of the item and have not ended, the earliest first.

    Of papers drawn anew the last alone; rehearsals are left out. At most `MOST_SESSIONS`.
    """
    papers = func.count(Sitting.id.distinct())
    rows = db.session.execute(
        select(ExamSession.name, ExamSession.held_on, papers)
        .select_from(ItemVersion)
        .join(PaperQuestion, PaperQuestion.item_version_id == ItemVersion.id)
        .join(
            Sitting,
            (Sitting.id == PaperQuestion.sitting_id) & (Sitting.draw_number == PaperQuestion.draw_number),
        )
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(
            ItemVersion.item_id == item_id,
            Sitting.state.in_(AHEAD),
            ExamSession.is_rehearsal.is_(False),
        )
        .group_by(ExamSession.id, ExamSession.name, ExamSession.held_on)
        .order_by(ExamSession.held_on, ExamSession.name, ExamSession.id)
        .limit(MOST_SESSIONS)
    )
    return [SessionWithItem(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class SessionAhead:
    """A session that is still to be sat, or being sat, and asks some items or may come to ask them.

    Of the items that were asked about, `on_papers` stand on its papers, `may_be_drawn` may still come on one.
    """

    id: UUID
    name: str
    held_on: date
    on_papers: frozenset[int]
    may_be_drawn: frozenset[int]

    @property
    def items(self) -> frozenset[int]:
        return self.on_papers | self.may_be_drawn


def items_under_way() -> frozenset[int]:
    """The items on the papers of sessions in which somebody is still to sit, or sits.

    The papers of those who have handed in count until the last of the session has: they ask the same items.
    Whoever may not read keys by their role is not shown the keys of these items, on whatever page.
    """
    sessions = _under_way()
    if not sessions:
        return frozenset()
    drawn = (
        select(PaperQuestion.item_version_id)
        .join(Sitting, _ITS_PAPER)
        .where(Sitting.session_id.in_(sessions))
    )
    rows = db.session.scalars(select(ItemVersion.item_id).where(ItemVersion.id.in_(drawn.distinct())))
    return frozenset(rows)


def is_under_way(item_id: int) -> bool:
    """Whether the item is among `items_under_way`, for less."""
    sessions = _under_way()
    drawn = (
        select(PaperQuestion.position)
        .join(Sitting, _ITS_PAPER)
        .where(PaperQuestion.item_version_id == ItemVersion.id, Sitting.session_id.in_(sessions))
        .correlate(ItemVersion)
    )
    query = select(ItemVersion.id).where(ItemVersion.item_id == item_id, drawn.exists()).limit(1)
    return bool(sessions) and db.session.scalar(query) is not None


def _under_way() -> list[UUID]:
    """The sessions, no rehearsals, in which somebody has a paper and is still to sit, or sits."""
    rows = db.session.scalars(
        select(Sitting.session_id)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(Sitting.state.in_(AHEAD), Sitting.draw_number > 0, ExamSession.is_rehearsal.is_(False))
        .distinct()
    )
    return list(rows)


def sessions_ahead(item_ids: Collection[int], *, now: datetime) -> list[SessionAhead]:
    """The sessions that ask these items or may still come to ask them, the earliest first.

    A session may come to ask what its spec takes, as long as somebody can be given a paper: before it is
    prepared, and where somebody admitted has no paper yet. Only of items that are kept for sessions: of the
    others everybody may read the key in practice until they are on a paper.
    """
    on_papers = _on_papers(item_ids)
    may_be_drawn = dict(_may_be_drawn(item_ids, now))
    sessions = db.session.execute(
        select(ExamSession.id, ExamSession.name, ExamSession.held_on)
        .where(ExamSession.id.in_(on_papers.keys() | may_be_drawn.keys()))
        .order_by(ExamSession.held_on, ExamSession.opens_at, ExamSession.id)
    )
    nothing: frozenset[int] = frozenset()
    return [
        SessionAhead(
            row.id, row.name, row.held_on, on_papers.get(row.id, nothing), may_be_drawn.get(row.id, nothing)
        )
        for row in sessions
    ]


def _on_papers(item_ids: Collection[int]) -> dict[UUID, frozenset[int]]:
    """The items on the papers of each session that is under way."""
    sessions = _under_way()
    found: defaultdict[UUID, set[int]] = defaultdict(set)
    ids = sorted(item_ids) if sessions else []
    for start in range(0, len(ids), AT_ONCE):
        rows = db.session.execute(
            select(Sitting.session_id, ItemVersion.item_id)
            .join(PaperQuestion, _ITS_PAPER)
            .join(ItemVersion, ItemVersion.id == PaperQuestion.item_version_id)
            .where(Sitting.session_id.in_(sessions), ItemVersion.item_id.in_(ids[start : start + AT_ONCE]))
            .distinct()
        )
        for session_id, item_id in rows:
            found[session_id].add(item_id)
    return {session_id: frozenset(items) for session_id, items in found.items()}


def _may_be_drawn(item_ids: Collection[int], now: datetime) -> Iterator[tuple[UUID, frozenset[int]]]:
    """The items that each session may still put on a paper, if it may put any."""
    reserved = set(_reserved(item_ids))
    if not reserved:
        return
    has_paper = Sitting.draw_number > 0
    rows = db.session.scalars(
        select(ExamSession).where(
            ExamSession.last_start_at > now,
            ExamSession.is_rehearsal.is_(False),
            ~_some_sitting(has_paper) | _some_sitting(Sitting.state.in_(AHEAD) & ~has_paper),
        )
    )
    pools: dict[date, list[PoolRow]] = {}
    for row in rows:
        if row.law_day not in pools:
            pools[row.law_day] = papers.pool(row.law_day, reserved)
        strata = strata_of(papers.spec(row.paper_spec_id).spec)
        items = frozenset(
            item.item_id for item in pools[row.law_day] if any(stratum.takes(item) for stratum in strata)
        )
        if items:
            yield row.id, items


def _reserved(item_ids: Collection[int]) -> Iterator[int]:
    ids = sorted(item_ids)
    for start in range(0, len(ids), AT_ONCE):
        yield from db.session.scalars(
            select(Item.id).where(Item.id.in_(ids[start : start + AT_ONCE]), Item.reserved)
        )


def _some_sitting(condition: ColumnElement[bool]) -> Exists:
    return (
        select(Sitting.id)
        .where(Sitting.session_id == ExamSession.id, condition)
        .correlate(ExamSession)
        .exists()
    )
