"""Which figures of a report are too small to be shown: they would tell the result of single people. Pure.

Whoever may read reports is not thereby someone who may ask for a person's result; that is a lookup, with a purpose
and a row of its own. So a figure stands for at least `least` people or sittings, and a hidden one cannot be had by
taking the shown ones from the total.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exam.reports.rules import GroupRate, PassRate


@dataclass(frozen=True, slots=True)
class Shown:
    """A result as it may be shown: without the groups whose keys are `hidden`; `too_small`: nothing of it may be."""

    result: PassRate
    hidden: tuple[str, ...] = ()
    too_small: bool = False


def tells_of_single_people(sat: int, passed: int, least: int) -> bool:
    """Whether a count gives away results: of fewer than `least`, or because nobody of them passed.

    Nobody's own result follows from «none sat». With `least` at 1 everything is shown.
    """
    return least > 1 and sat > 0 and (sat < least or passed == 0)


def shown(result: PassRate, least: int) -> Shown:
    """What of a result may be shown.

    A group that is too small is hidden. The groups of a table and its total are known together, so what is hidden
    is known in sum: it must be two groups or more, and their sum not too small either. Groups are added to the
    hidden ones, the smallest first, until that holds; of years likewise, though they need not add up exactly.
    """
    if tells_of_single_people(result.sat, result.passed, least):
        return Shown(result, too_small=True)
    hidden = [group for group in result.groups if tells_of_single_people(group.sat, group.passed, least)]
    others = sorted(
        (group for group in result.groups if group not in hidden), key=lambda group: (group.sat, group.key)
    )
    while hidden and others and not _safe_in_sum(hidden, least):
        hidden.append(others.pop(0))
    keys = {group.key for group in hidden}
    kept = tuple(group for group in result.groups if group.key not in keys)
    names = tuple(group.key for group in result.groups if group.key in keys)
    return Shown(replace(result, groups=kept), names)


def _safe_in_sum(hidden: Sequence[GroupRate], least: int) -> bool:
    sat, passed = sum(group.sat for group in hidden), sum(group.passed for group in hidden)
    return len(hidden) > 1 and not tells_of_single_people(sat, passed, least)
