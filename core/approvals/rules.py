"""Rules of acts by two people: how a proposal stands, and who may do what to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import Problem

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_REASON = 400


class Decision(StrEnum):
    """What ends a proposal, once."""

    SIGNED = "signed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ProposalState(StrEnum):
    OPEN = "open"
    SIGNED = "signed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Decider:
    """Who would decide. `holds` is whether the permission of the kind is theirs now, for this subject."""

    account_id: int | None
    holds: bool


def state_of(decision: Decision | None, *, lapses_at: datetime, now: datetime) -> ProposalState:
    """How a proposal stands: by its decision, and without one by the clock."""
    if decision is not None:
        return ProposalState(decision.value)
    return ProposalState.OPEN if now < lapses_at else ProposalState.LAPSED


OVER = {
    ProposalState.SIGNED: "已经签署",
    ProposalState.REFUSED: "已被拒签",
    ProposalState.WITHDRAWN: "已经撤回",
    ProposalState.LAPSED: "已过签署期限",
}


def why_not(
    decision: Decision, decider: Decider, *, proposed_by: int, state: ProposalState
) -> Problem | None:
    """Why this person may not decide so; None when they may.

    Signing and refusing are for another account than the proposer's that holds the permission now;
    withdrawing is the proposer's own.
    """
    if state is not ProposalState.OPEN:
        return Problem(state.value, f"这一事项{OVER[state]}，不能再办理。")
    if decider.account_id is None:
        return Problem("no_account", "双人办理的事项须以个人账号办理。")
    own = decider.account_id == proposed_by
    if decision is Decision.WITHDRAWN:
        return None if own else Problem("not_the_proposer", "只有发起人可以撤回。")
    if own:
        return Problem("own_proposal", "发起人不能签署或拒签自己发起的事项，须由另一人办理。")
    return None if decider.holds else Problem("not_allowed", "您没有签署这一事项的权限。")


def reason_problems(reason: str) -> list[Problem]:
    """What is wrong with a reason."""
    text = reason.strip()
    if not text:
        return [Problem("reason_missing", "请写明理由。", "reason")]
    if len(text) > LONGEST_REASON:
        return [Problem("reason_too_long", f"理由不超过 {LONGEST_REASON} 个字。", "reason")]
    return []
