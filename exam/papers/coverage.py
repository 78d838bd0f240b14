"""What the paper specs cannot draw from the bank, for `flask bank check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import Problem
from exam.papers.queries import pool, specs
from exam.papers.rules import DEFAULT_SPEC
from exam.papers.strata import shortages

if TYPE_CHECKING:
    from datetime import date


def uncovered(on: date) -> list[Problem]:
    """Each shortage of each spec's latest version on the law of that day; of the preset when there is no spec."""
    rows = pool(on)
    return [
        Problem("shortage", shortage.words, spec.name)
        for spec in [stored.spec for stored in specs()] or [DEFAULT_SPEC]
        for shortage in shortages(spec, rows)
    ]
