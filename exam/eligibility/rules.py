"""May this person be proposed on that day, and why: `decide`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from exam.eligibility.evidence import Evidence, EvidenceKind, evidence_of
from exam.eligibility.facts import (
    CertificateFact,
    ExemptionFact,
    Facts,
    LevelFact,
    OutcomeRevision,
    SittingFact,
    Withdrawal,
    known_facts,
)
from exam.eligibility.standing import Standing, level_above, revoked_on, standing_of
from exam.policies.rules import Outcome

if TYPE_CHECKING:
    from datetime import date, datetime

    from exam.eligibility.facts import KnownFacts
    from exam.policies.rules import Policy

__all__ = [
    "CertificateFact",
    "Decision",
    "Evidence",
    "EvidenceKind",
    "ExemptionFact",
    "Facts",
    "LevelFact",
    "OutcomeRevision",
    "Reason",
    "SittingFact",
    "Withdrawal",
    "decide",
]


class Reason(StrEnum):
    """Why a person may (the first two) or may not be proposed."""

    VALID_PASS = "valid_pass"  # noqa: S105  a pass, not a password
    EXEMPT = "exempt"
    NEVER_SAT = "never_sat"
    ABSENT = "absent"
    FAILED = "failed"
    LAPSED = "lapsed"
    REVOKED = "revoked"
    VOID = "void"
    LEVEL_MISMATCH = "level_mismatch"

    @property
    def eligible(self) -> bool:
        return self in {Reason.VALID_PASS, Reason.EXEMPT}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one person and one day.

    `valid_until` (exclusive): of the pass or exemption that decides, or the day of the lapse when `lapsed`;
    else None. `changes_on`: the next day on which the answer changes by itself, given what was known and
    this policy; None if it never does.
    """

    eligible: bool
    reason: Reason
    on: date
    known_at: datetime
    valid_until: date | None
    changes_on: date | None
    policy_code: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """A reason, what decided it (kind, day and ref of the evidence), and until when it holds."""

    reason: Reason
    kind: EvidenceKind | None = None
    day: date | None = None
    ref: str = ""
    valid_until: date | None = None


def decide(facts: Facts, on: date, known_at: datetime, policy: Policy) -> Decision:
    """May the person be proposed on the day `on`, by what was recorded at or before `known_at`?

    1. A certificate that holds on the day gives `valid_pass`, else an exemption that holds gives `exempt`.
    2. Otherwise the most recent event on or before the day names the reason: a void or failed sitting (on
       its day), a revocation (on its day), a lapse (on `valid_until`), a level above that of a pass (on the
       day from which it is so). Of one day: void, revoked, failed, lapsed, level_mismatch.
    3. With none of these: `absent` after an absence without leave, else `never_sat`.

    A certificate holds from `valid_from` until before `valid_until` while the latest known outcome of its
    sitting is a pass and it is not revoked. Where the policy says so, a failed sitting of a later day ends
    it, and it does not hold on days on which the person's level is above its own. What does not hold cannot
    lapse: a certificate whose sitting was voided or regraded, that stands revoked, or that a later fail
    ended before, has no lapse; the void, the fail, the revocation is then the event. `policy` is the version
    in force on the day asked about.
    """
    known = known_facts(facts, known_at)
    verdict = _judge(known, on, policy)
    return Decision(
        eligible=verdict.reason.eligible,
        reason=verdict.reason,
        on=on,
        known_at=known_at,
        valid_until=verdict.valid_until,
        changes_on=_changes_on(known, on, policy, verdict.reason),
        policy_code=policy.code,
        evidence=evidence_of(known, on, policy, decided=(verdict.kind, verdict.day, verdict.ref)),
    )


def _changes_on(known: KnownFacts, on: date, policy: Policy, reason: Reason) -> date | None:
    later = sorted(day for day in known.days() if day > on)
    return next((day for day in later if _judge(known, day, policy).reason is not reason), None)


def _judge(known: KnownFacts, on: date, policy: Policy) -> _Verdict:
    holding, events = _claims(known, on, policy)
    if holding:
        best = max(holding, key=lambda c: (c.valid_until, c.valid_from, c.number))
        return _Verdict(
            Reason.VALID_PASS, EvidenceKind.CERTIFICATE, best.valid_from, best.number, best.valid_until
        )
    exemption = _holding_exemption(known, on)
    if exemption is not None:
        return _Verdict(
            Reason.EXEMPT, EvidenceKind.EXEMPTION, exemption.starts_on, exemption.kind, exemption.until
        )
    for sitting in known.sittings:
        if sitting.day <= on and sitting.outcome in _SITTING_REASONS:
            reason = _SITTING_REASONS[sitting.outcome]
            events.append((sitting.day, _Verdict(reason, EvidenceKind.SITTING, sitting.day, sitting.ref)))
    if events:
        return max(events, key=lambda e: (e[0], -_TIES.index(e[1].reason), e[1].ref))[1]
    absences = [s for s in known.sittings if s.day <= on and s.outcome is Outcome.ABSENT]
    if absences:
        last = max(absences, key=lambda s: (s.day, s.ref))
        return _Verdict(Reason.ABSENT, EvidenceKind.SITTING, last.day, last.ref)
    return _Verdict(Reason.NEVER_SAT)


_SITTING_REASONS = {Outcome.VOID: Reason.VOID, Outcome.FAILED: Reason.FAILED}
_TIES = (Reason.VOID, Reason.REVOKED, Reason.FAILED, Reason.LAPSED, Reason.LEVEL_MISMATCH)


def _claims(
    known: KnownFacts, on: date, policy: Policy
) -> tuple[list[CertificateFact], list[tuple[date, _Verdict]]]:
    """The certificates that hold on a day, and for the others the dated event for which they do not."""
    holding: list[CertificateFact] = []
    events: list[tuple[date, _Verdict]] = []
    for certificate in known.certificates:
        number = certificate.number
        match standing_of(certificate, known, on, policy):
            case Standing.HOLDS:
                holding.append(certificate)
            case Standing.REVOKED:
                day = revoked_on(certificate, on)
                events.append((day, _Verdict(Reason.REVOKED, EvidenceKind.REVOCATION, day, number)))
            case Standing.LAPSED:
                day = certificate.valid_until
                events.append((day, _Verdict(Reason.LAPSED, EvidenceKind.LAPSE, day, number, day)))
            case Standing.LEVEL_ABOVE:
                day, level = level_above(certificate, known, on)
                verdict = _Verdict(
                    Reason.LEVEL_MISMATCH, EvidenceKind.LEVEL, level.starts_on, level.level.value
                )
                events.append((day, verdict))
    return holding, events


def _holding_exemption(known: KnownFacts, on: date) -> ExemptionFact | None:
    """Of the exemptions that hold, the one that holds longest."""
    holding = [e for e in known.exemptions if e.holds(on)]
    return max(holding, key=lambda e: (e.until is None, e.until or on, e.starts_on, e.kind), default=None)
