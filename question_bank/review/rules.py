"""Rules of review: who may judge a version, which step may follow which, when a look back is due. Pure."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

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

REVIEW_MONTHS = 6
"""A version in use is read again each half year. So often 巫山县人大 (Chongqing) renews its bank, the one comparable
programme that states a period; Shaanxi's rule for integrity tests asks for at least once a year."""
SOON = timedelta(days=30)
"""So long ahead a look back is announced: about as long as a reviewer has for a share of the bank."""


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


def due_on(looked: date, months: int = REVIEW_MONTHS) -> date:
    """The first day on which a version that was last looked at on the day `looked` is due again.

    The corresponding day `months` later, or the first of the month after where that month has no such day: the
    first day whose `review_cutoff` is not before `looked`.
    """
    year, month = divmod(looked.year * 12 + looked.month - 1 + months, 12)
    if looked.day <= calendar.monthrange(year, month + 1)[1]:
        return date(year, month + 1, looked.day)
    return date(year + (month == 11), (month + 1) % 12 + 1, 1)


class DueSpan(NamedTuple):
    """Last looks on a day after `after` (None: however long ago) and on `until` or before it."""

    after: date | None
    until: date


def due_now(on: date) -> DueSpan:
    """What is due on the day `on`."""
    return DueSpan(None, review_cutoff(on, REVIEW_MONTHS))


def due_soon(on: date) -> DueSpan:
    """What is not due on the day `on` but will be within `SOON`."""
    return DueSpan(review_cutoff(on, REVIEW_MONTHS), review_cutoff(on + SOON, REVIEW_MONTHS))
