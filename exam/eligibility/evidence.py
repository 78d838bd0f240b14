"""The evidence of a decision: everything known to have happened by the day, in order. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from exam.certificates.rules import CertificateAct
from exam.eligibility.standing import Standing, standing_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from exam.eligibility.facts import CertificateFact, ExemptionFact, KnownFacts
    from exam.policies.rules import Policy


class EvidenceKind(StrEnum):
    """What happened on a day; of one day in this order."""

    LEVEL = "level"
    SITTING = "sitting"
    CERTIFICATE = "certificate"
    LAPSE = "lapse"
    REVOCATION = "revocation"
    REINSTATEMENT = "reinstatement"
    EXEMPTION = "exemption"
    EXEMPTION_END = "exemption_end"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was known to have happened by the day asked about; `decided` marks what decided.

    `ref` is the sitting's reference, the certificate's number, the exemption's kind or the level. `details`
    are codes, words and ISO days, by kind: sitting `outcome`; certificate `sitting_ref`, `level`,
    `valid_from`, `valid_until`, `standing`; revocation and reinstatement `reason`; exemption `ends_on`
    where it has an end; its end `cause` (`term` or `withdrawn`). `recorded_at` is None for what nobody
    records: a lapse, the end of a term.
    """

    kind: EvidenceKind
    day: date
    ref: str
    recorded_at: datetime | None
    details: Mapping[str, str] = field(default_factory=dict)
    decided: bool = False


def evidence_of(
    known: KnownFacts,
    on: date,
    policy: Policy,
    *,
    decided: tuple[EvidenceKind | None, date | None, str],
) -> tuple[Evidence, ...]:
    """All evidence of days up to `on`, by day, of which the first that has the `decided` identity is marked.

    Levels are evidence only where the policy looks at them.
    """
    found = [*_sittings(known), *_exemptions(known, on)]
    for certificate in known.certificates:
        standing = standing_of(certificate, known, on, policy)
        if standing is not Standing.NOT_YET:
            found += _certificate(certificate, standing)
    if policy.level_change_ends_pass:
        found += (
            Evidence(EvidenceKind.LEVEL, x.starts_on, x.level.value, x.recorded_at) for x in known.levels
        )
    found = sorted((e for e in found if e.day <= on), key=lambda e: (e.day, _ORDER[e.kind], e.ref))
    for index, evidence in enumerate(found):
        if (evidence.kind, evidence.day, evidence.ref) == decided:
            found[index] = replace(evidence, decided=True)
            break
    return tuple(found)


_ORDER = {kind: place for place, kind in enumerate(EvidenceKind)}
_ACTS = {
    CertificateAct.REVOKED: EvidenceKind.REVOCATION,
    CertificateAct.REINSTATED: EvidenceKind.REINSTATEMENT,
}


def _sittings(known: KnownFacts) -> Iterator[Evidence]:
    for sitting in known.sittings:
        details = {"outcome": sitting.outcome.value}
        yield Evidence(EvidenceKind.SITTING, sitting.day, sitting.ref, sitting.recorded_at, details)


def _exemptions(known: KnownFacts, on: date) -> Iterator[Evidence]:
    for exemption in known.exemptions:
        if exemption.starts_on > on:
            continue
        details = {"ends_on": exemption.ends_on.isoformat()} if exemption.ends_on else {}
        yield Evidence(
            EvidenceKind.EXEMPTION, exemption.starts_on, exemption.kind, exemption.recorded_at, details
        )
        if exemption.until is not None:
            yield _exemption_end(exemption, exemption.until)


def _exemption_end(exemption: ExemptionFact, until: date) -> Evidence:
    if exemption.withdrawn is not None and exemption.withdrawn.on == until:
        recorded_at, cause = exemption.withdrawn.recorded_at, "withdrawn"
        return Evidence(EvidenceKind.EXEMPTION_END, until, exemption.kind, recorded_at, {"cause": cause})
    return Evidence(EvidenceKind.EXEMPTION_END, until, exemption.kind, None, {"cause": "term"})


def _certificate(certificate: CertificateFact, standing: Standing) -> Iterator[Evidence]:
    details = {
        "sitting_ref": certificate.sitting_ref,
        "level": certificate.level.value,
        "valid_from": certificate.valid_from.isoformat(),
        "valid_until": certificate.valid_until.isoformat(),
        "standing": standing.value,
    }
    number = certificate.number
    yield Evidence(EvidenceKind.CERTIFICATE, certificate.valid_from, number, certificate.recorded_at, details)
    for event in certificate.events:
        yield Evidence(_ACTS[event.act], event.on, number, event.recorded_at, {"reason": event.reason})
    if standing is Standing.LAPSED:
        yield Evidence(EvidenceKind.LAPSE, certificate.valid_until, number, None)
