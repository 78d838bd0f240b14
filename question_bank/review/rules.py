"""Rules of review: who may judge a version, which step may follow which, when a look back is due. Pure."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from question_bank.items.rules import ItemState, Step

ALLOWED_FROM = {
    Step.SUBMIT: frozenset({ItemState.DRAFT}),
    Step.APPROVE: frozenset({ItemState.IN_REVIEW}),
    Step.RETURN: frozenset({ItemState.IN_REVIEW}),
    Step.RETIRE: frozenset(ItemState) - {ItemState.RETIRED},
}
"""Steps on the latest version, by the state of the item. Re-confirming, suspending and resuming ask which version
is drawn instead (`DECIDES_FROM`)."""
DECIDES_FROM = {
    Step.RECONFIRM: ItemState.APPROVED,
    Step.SUSPEND: ItemState.APPROVED,
    Step.RESUME: ItemState.SUSPENDED,
}
"""Steps on the version that is drawn, or was until its suspension, by what the last decision came to."""


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
    """Whether the step may be taken on the latest version of an item in that state."""
    return state in ALLOWED_FROM[step]


def may_judge(*, author: Person, reviewer: Person) -> bool:
    """Four eyes: nobody approves or returns what they wrote themselves."""
    return not same_person(author, reviewer)


def review_cutoff(on: date, months: int) -> date:
    """The day on or before which an approval or re-confirmation is due for a look on the day `on`.

    The corresponding day `months` earlier, or that month's last day.
    """
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))
