"""Rules of review: who may judge a version, and which step may follow which. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from question_bank.items.rules import ItemState


class Step(StrEnum):
    """What can be done with an item's latest version."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    RETIRE = "retire"


OUTCOME = {
    Step.SUBMIT: ItemState.IN_REVIEW,
    Step.APPROVE: ItemState.APPROVED,
    Step.RETURN: ItemState.DRAFT,
    Step.RETIRE: ItemState.RETIRED,
}
ALLOWED_FROM = {
    Step.SUBMIT: frozenset({ItemState.DRAFT}),
    Step.APPROVE: frozenset({ItemState.IN_REVIEW}),
    Step.RETURN: frozenset({ItemState.IN_REVIEW}),
    Step.RETIRE: frozenset({ItemState.DRAFT, ItemState.IN_REVIEW, ItemState.APPROVED}),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote or judges a version: the account, or the label where there is none (commands, shipped items)."""

    account_id: int | None
    label: str


def same_person(one: Person, other: Person) -> bool:
    """Whether both are one person: by account where both have one, else by label."""
    if one.account_id is not None and other.account_id is not None:
        return one.account_id == other.account_id
    return one.label == other.label


def follows(step: Step, state: ItemState) -> bool:
    """Whether the step may be taken in that state."""
    return state in ALLOWED_FROM[step]


def may_judge(*, author: Person, reviewer: Person) -> bool:
    """Four eyes: nobody approves or returns what they wrote themselves."""
    return not same_person(author, reviewer)
