"""Who may decide on a proposal, and how it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.approvals.rules import Decider, Decision, ProposalState, reason_problems, state_of, why_not

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PROPOSER, OTHER = 1, 2


def refusal(decision, account_id, *, holds=True, state=ProposalState.OPEN):
    problem = why_not(decision, Decider(account_id, holds=holds), proposed_by=PROPOSER, state=state)
    return problem and problem.code


@pytest.mark.parametrize("decision", [Decision.SIGNED, Decision.REFUSED])
def test_another_person_who_holds_the_permission_now_decides(decision):
    assert refusal(decision, OTHER) is None
    assert refusal(decision, PROPOSER) == "own_proposal"
    assert refusal(decision, OTHER, holds=False) == "not_allowed"
    assert refusal(decision, None) == "no_account"


def test_only_the_proposer_withdraws_even_without_the_permission():
    assert refusal(Decision.WITHDRAWN, PROPOSER, holds=False) is None
    assert refusal(Decision.WITHDRAWN, OTHER) == "not_the_proposer"


@pytest.mark.parametrize("decision", list(Decision))
@pytest.mark.parametrize("state", [state for state in ProposalState if state is not ProposalState.OPEN])
def test_what_is_over_is_decided_no_more(decision, state):
    assert refusal(decision, OTHER, state=state) == state.value


def test_the_state_follows_from_the_decision_and_the_clock():
    lapses_at = NOW + timedelta(minutes=30)
    assert (
        state_of(None, lapses_at=lapses_at, now=lapses_at - timedelta(microseconds=1)) is ProposalState.OPEN
    )
    assert state_of(None, lapses_at=lapses_at, now=lapses_at) is ProposalState.LAPSED
    for decision in Decision:
        assert state_of(decision, lapses_at=lapses_at, now=lapses_at).value == decision.value


@pytest.mark.parametrize(
    ("reason", "codes"), [(" ", ["reason_missing"]), ("由" * 401, ["reason_too_long"]), ("由", [])]
)
def test_a_reason_is_asked(reason, codes):
    assert [problem.code for problem in reason_problems(reason)] == codes
