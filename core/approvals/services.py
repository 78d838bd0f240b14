"""Proposing an act that needs two people, and deciding on it: signed, refused or withdrawn, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.approvals import queries
from core.approvals.kinds import Change, Kind, Lines, Signed, kind_of
from core.approvals.models import Proposal, ProposalDecision
from core.approvals.rules import Decider, Decision, reason_problems, state_of, why_not
from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from core.actor import Actor


def propose(
    *, kind_name: str, subject: str, wanted: Change, reason: str, actor: Actor, now: datetime
) -> UUID:
    """Propose an act; returns the proposal's id. An open one about the same subject is a `Conflict`.

    Raises `Invalid` without a reason, `NotAllowed` or `NotFound` for what the actor may not propose.
    """
    kind = kind_of(kind_name)
    problems = reason_problems(reason)
    if problems:
        raise Invalid(problems)
    if actor.account_id is None:
        raise Conflict("双人办理的事项须以个人账号发起。", code="no_account")
    _must_reach(kind, subject, actor)
    try:
        with transaction() as session:
            waiting = queries.open_about(kind, subject, now=now)
            if waiting is not None:
                raise Conflict(
                    "同一事项已经发起，正等待另一人签署。", code="proposed", proposal=str(waiting.id)
                )
            proposal = Proposal(
                kind=kind.name,
                subject=subject,
                number=queries.count_about(kind, subject) + 1,
                change=kind.describe(subject, wanted, now),
                reason=reason.strip(),
                account_id=actor.account_id,
                recorded_by=actor.label,
                recorded_at=now,
                lapses_at=now + kind.lapses_after,
            )
            session.add(proposal)
            session.flush()
            record(
                "propose",
                "proposal",
                proposal.id,
                actor=actor,
                now=now,
                kind=kind.name,
                subject=subject,
                reason=proposal.reason,
            )
    except IntegrityError as error:
        raise Conflict("另一人刚刚发起了同一事项，请刷新后查看。", code="proposed") from error
    return proposal.id


def sign(*, proposal_id: UUID, actor: Actor, now: datetime) -> Lines:
    """Sign a proposal and carry it out, in one transaction; returns what is shown to the signer once.

    Raises `Conflict` for one that is no longer open or whose change is no longer what was proposed, and for
    one's own; `NotAllowed` without the permission of its kind, `NotFound` outside the actor's units.
    """
    kind = _kind_of(proposal_id)
    ready = kind.make_ready()
    with transaction():
        proposal = _decided(proposal_id, Decision.SIGNED, "", actor, now)
        if kind.describe(proposal.subject, proposal.change, now) != proposal.change:
            raise Conflict("发起之后情况有变，与原先要办的不同。没有办理，请重新发起。", code="changed")
        return kind.carry_out(
            Signed(proposal.id, proposal.subject, proposal.change, proposal.reason, ready, actor, now)
        )


def refuse(*, proposal_id: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Refuse a proposal, with a reason; what may be raised is that of `sign`."""
    problems = reason_problems(reason)
    if problems:
        raise Invalid(problems)
    with transaction():
        _decided(proposal_id, Decision.REFUSED, reason.strip(), actor, now)


def withdraw(*, proposal_id: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Take one's own proposal back, with a reason."""
    problems = reason_problems(reason)
    if problems:
        raise Invalid(problems)
    with transaction():
        _decided(proposal_id, Decision.WITHDRAWN, reason.strip(), actor, now)


def _kind_of(proposal_id: UUID) -> Kind:
    name = db.session.scalar(select(Proposal.kind).where(Proposal.id == proposal_id))
    return kind_of(name or "")


def _decided(proposal_id: UUID, decision: Decision, reason: str, actor: Actor, now: datetime) -> Proposal:
    """Record the decision on a proposal, its row locked; within the transaction of the use case."""
    proposal = db.session.scalar(
        select(Proposal)
        .where(Proposal.id == proposal_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if proposal is None:
        raise NotFound("没有这一事项。")
    kind = kind_of(proposal.kind)
    before = db.session.get(ProposalDecision, proposal_id)
    state = state_of(before.decision if before else None, lapses_at=proposal.lapses_at, now=now)
    decider = Decider(actor.account_id, holds=actor.may(kind.permission))
    refused = why_not(decision, decider, proposed_by=proposal.account_id, state=state)
    if refused is not None:
        kind_of_error = NotAllowed if refused.code == "not_allowed" else Conflict
        raise kind_of_error(refused.message, code=refused.code)
    _must_reach(kind, proposal.subject, actor)
    assert actor.account_id is not None  # refused above otherwise
    db.session.add(
        ProposalDecision(
            proposal_id=proposal.id,
            decision=decision,
            reason=reason,
            account_id=actor.account_id,
            recorded_by=actor.label,
            recorded_at=now,
        )
    )
    detail = {"reason": reason} if reason else {}
    words = {Decision.SIGNED: "sign", Decision.REFUSED: "refuse", Decision.WITHDRAWN: "withdraw"}
    record(words[decision], "proposal", proposal.id, actor=actor, now=now, kind=kind.name, **detail)
    db.session.flush()
    return proposal


def _must_reach(kind: Kind, subject: str, actor: Actor) -> None:
    if not actor.may(kind.permission):
        raise NotAllowed("您没有办理这一事项的权限。")
    if subject not in kind.reachable({subject}, actor):
        raise NotFound("没有这一事项，或者不在您的管理范围内。")
