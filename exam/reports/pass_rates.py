"""The pass rate as people ask for it: a period, a definition, a grouping, a cut-off, within one's own units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import Invalid, Problem
from core.shares import percent
from exam.reports import claims, queries
from exam.reports.rules import DEFAULT_DEFINITION, DEFINITIONS, GroupBy, digest, pass_rate

if TYPE_CHECKING:
    from datetime import date, datetime

    from core.actor import Actor
    from exam.reports.claims import Reconciliation
    from exam.reports.rules import CountedSitting, Definition, PassRate


@dataclass(frozen=True, slots=True)
class Claim:
    """A published figure and where it was published: so many sat in the period, and the rate in per cent."""

    first: date
    last: date
    sat: int
    rate: str
    source: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a report is asked: days both included, the definition, and until when recorded facts count."""

    first: date
    last: date
    known_at: datetime
    definition: str = DEFAULT_DEFINITION
    group_by: GroupBy | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The answer with what it was made of. `rows` are the counted sittings."""

    question: Question
    result: PassRate
    digest: str
    rows: tuple[CountedSitting, ...]

    @property
    def definition(self) -> Definition:
        return DEFINITIONS[self.question.definition]


def report(question: Question, *, actor: Actor) -> Report:
    """Count and divide. Raises `Invalid` for a period that ends before it begins."""
    rows = _rows(question.first, question.last, question.known_at, actor)
    return Report(
        question=question,
        result=pass_rate(rows, question.definition, question.group_by),
        digest=digest(rows, _parameters(question)),
        rows=tuple(rows),
    )


def _parameters(question: Question) -> dict[str, str]:
    """What the digest binds besides the rows. The cut-off shows in the rows: equal facts give an equal digest."""
    return {
        "definition": question.definition,
        "from": question.first.isoformat(),
        "to": question.last.isoformat(),
    }


def reconcile(
    *, sat: int, rate: str, first: date, last: date, known_at: datetime, actor: Actor
) -> Reconciliation:
    """Check a claim against the records, definition by definition. Raises `Invalid` with all its problems."""
    problems = [*_period_problems(first, last), *claims.claim_problems(sat, rate)]
    if problems:
        raise Invalid(problems)
    rows = _rows(first, last, known_at, actor)
    return claims.reconcile(sat, rate, {name: pass_rate(rows, name) for name in DEFINITIONS})


def _rows(first: date, last: date, known_at: datetime, actor: Actor) -> list[CountedSitting]:
    problems = _period_problems(first, last)
    if problems:
        raise Invalid(problems)
    return queries.counted_sittings(first=first, last=last, known_at=known_at, actor=actor)


def _period_problems(first: date, last: date) -> list[Problem]:
    if first <= last:
        return []
    return [Problem("period", "结束日期不能早于开始日期。", "last")]


def as_json(answer: Report) -> dict[str, Any]:
    """The report as the public contract writes it: rates in per cent with two decimals, null when nobody sat."""
    result = answer.result
    return {
        "definition": answer.question.definition,
        "from": answer.question.first.isoformat(),
        "to": answer.question.last.isoformat(),
        "known_at": answer.question.known_at.isoformat(),
        "sat": result.sat,
        "passed": result.passed,
        "rate": None if result.rate is None else percent(result.rate),
        "interval": None if result.interval is None else [str(end) for end in result.interval],
        "groups": [
            {"key": group.key, "sat": group.sat, "passed": group.passed, "rate": percent(group.rate)}
            for group in result.groups
        ],
        "digest": answer.digest,
    }


def reconciliation_json(found: Reconciliation) -> dict[str, Any]:
    """The check of a claim as the public contract writes it."""
    return {
        "possible_passed": list(found.possible_passed),
        "definitions": [
            {
                "name": check.name,
                "sat": check.sat,
                "passed": check.passed,
                "rate": check.rate,
                "matches": check.matches,
            }
            for check in found.definitions
        ],
        "reproduced_by": list(found.reproduced_by),
    }
