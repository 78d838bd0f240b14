"""Whether one certificate holds on a day, and what stands in its way if not. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from exam.certificates.rules import CertificateState, certificate_state, standing_event
from exam.policies.rules import Outcome

if TYPE_CHECKING:
    from datetime import date

    from exam.eligibility.facts import CertificateFact, KnownFacts, LevelFact
    from exam.policies.rules import Policy


class Standing(StrEnum):
    """How a certificate stands on a day, as far as was known. `unfounded`: its sitting is not a pass."""

    HOLDS = "holds"
    NOT_YET = "not_yet"
    UNFOUNDED = "unfounded"
    REVOKED = "revoked"
    LATER_FAIL = "later_fail"
    LAPSED = "lapsed"
    LEVEL_ABOVE = "level_above"


def standing_of(certificate: CertificateFact, known: KnownFacts, on: date, policy: Policy) -> Standing:
    """The first that applies: not begun, its sitting no pass, revoked, ended by a later fail, lapsed, level.

    The order says what cannot lapse: a pass that was taken away, or that a fail ended before.
    """
    if on < certificate.valid_from:
        return Standing.NOT_YET
    if certificate.sitting_ref not in known.passed:
        return Standing.UNFOUNDED
    state = certificate_state(certificate.interval, certificate.events, on)
    if state is CertificateState.REVOKED:
        return Standing.REVOKED
    if policy.later_fail_ends_pass and _failed_later(certificate, known, on):
        return Standing.LATER_FAIL
    if state is CertificateState.LAPSED:
        return Standing.LAPSED
    too_high = policy.level_change_ends_pass and _level_is_above(certificate, known, on)
    return Standing.LEVEL_ABOVE if too_high else Standing.HOLDS


def revoked_on(certificate: CertificateFact, on: date) -> date:
    """The day from which a certificate that stands revoked on `on` does so."""
    event = standing_event(certificate.events, on)
    if event is None:
        raise ValueError("the certificate does not stand revoked")
    return event.on


def level_above(certificate: CertificateFact, known: KnownFacts, on: date) -> tuple[date, LevelFact]:
    """The day from which the level of `on` was above that of the certificate, and the level itself."""
    level = level_on(known, on)
    if level is None:
        raise ValueError("no level is known")
    return max(level.starts_on, certificate.valid_from), level


def level_on(known: KnownFacts, on: date) -> LevelFact | None:
    """The person's level on a day: the last to have begun; of one day, the one recorded last."""
    held = [level for level in known.levels if level.starts_on <= on]
    return max(held, key=lambda level: (level.starts_on, level.recorded_at), default=None)


def _level_is_above(certificate: CertificateFact, known: KnownFacts, on: date) -> bool:
    level = level_on(known, on)
    return level is not None and level.level.is_above(certificate.level)


def _failed_later(certificate: CertificateFact, known: KnownFacts, on: date) -> bool:
    """Whether a sitting failed on a later day, but before the certificate would have lapsed anyway."""
    return any(
        sitting.outcome is Outcome.FAILED
        and certificate.valid_from < sitting.day <= on
        and sitting.day < certificate.valid_until
        for sitting in known.sittings
    )
