"""Reads of proposals, within the kinds and the units of whoever asks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.approvals.kinds import Kind, Lines, kinds
from core.approvals.models import Proposal, ProposalDecision
from core.approvals.rules import Decider, Decision, ProposalState, state_of, why_not
from core.db import db
from core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select

    from core.actor import Actor

MOST_SHOWN = 100

Row = tuple[Proposal, ProposalDecision | None]


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal as pages show it. `may` are the decisions that are open to whoever asks."""

    proposal: Proposal
    decision: ProposalDecision | None
    kind: Kind
    state: ProposalState
    words: Lines
    may: frozenset[Decision]


def _rows() -> Select[Proposal, ProposalDecision | None]:
    return select(Proposal, ProposalDecision).outerjoin(
        ProposalDecision, ProposalDecision.proposal_id == Proposal.id
    )


def proposals(*, actor: Actor, now: datetime) -> list[ProposalView]:
    """The latest proposals that the actor may see: those that are open first."""
    held = [kind.name for kind in kinds().values() if actor.may(kind.permission)]
    query = _rows().where(Proposal.kind.in_(held)).order_by(Proposal.recorded_at.desc(), Proposal.id)
    rows = db.session.execute(query.limit(MOST_SHOWN)).all()
    views = _views([(row[0], row[1]) for row in rows], actor=actor, now=now)
    return sorted(views, key=lambda view: view.state is not ProposalState.OPEN)


def proposal(proposal_id: UUID, *, actor: Actor, now: datetime) -> ProposalView:
    """One proposal. Raises `NotFound`, also for one of a kind or of units that are not the actor's."""
    row = db.session.execute(_rows().where(Proposal.id == proposal_id)).first()
    views = _views([(row[0], row[1])], actor=actor, now=now) if row else []
    if not views:
        raise NotFound("没有这一事项，或者不在您的管理范围内。")
    return views[0]


def waiting_for(actor: Actor, *, now: datetime) -> int:
    """How many proposals the actor could sign now."""
    return sum(Decision.SIGNED in view.may for view in proposals(actor=actor, now=now))


def open_about(kind: Kind, subject: str, *, now: datetime) -> Proposal | None:
    """The open proposal of a kind about a subject, if there is one."""
    query = _rows().where(
        Proposal.kind == kind.name,
        Proposal.subject == subject,
        Proposal.lapses_at > now,
        ProposalDecision.proposal_id.is_(None),
    )
    row = db.session.execute(query).first()
    return row[0] if row else None


def count_about(kind: Kind, subject: str) -> int:
    query = select(func.count()).where(Proposal.kind == kind.name, Proposal.subject == subject)
    return db.session.scalar(query) or 0


def _views(rows: Sequence[Row], *, actor: Actor, now: datetime) -> list[ProposalView]:
    subjects = defaultdict(set)
    for proposal, _decision in rows:
        subjects[proposal.kind].add(proposal.subject)
    reached = {
        name: kind.reachable(subjects[name], actor)
        for name, kind in kinds().items()
        if name in subjects and actor.may(kind.permission)
    }
    return [_view(row, actor, now) for row in rows if row[0].subject in reached.get(row[0].kind, ())]


def _view(row: Row, actor: Actor, now: datetime) -> ProposalView:
    proposal, decision = row
    kind = kinds()[proposal.kind]
    state = state_of(decision.decision if decision else None, lapses_at=proposal.lapses_at, now=now)
    decider = Decider(actor.account_id, holds=True)
    may = (d for d in Decision if not why_not(d, decider, proposed_by=proposal.account_id, state=state))
    return ProposalView(proposal, decision, kind, state, kind.words(proposal.change), frozenset(may))
