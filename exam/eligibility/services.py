"""Asking whether a person may be proposed: the decision, and the record that it was asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import current_app

from core.actor import Permission
from core.audit.services import record
from core.clock import at, day_of
from core.db import hold, transaction
from core.errors import Invalid, NotAllowed, Problem, TooMany
from core.people.queries import id_number_index
from core.people.rules import id_number_problems, mask_id_number, normalise_id_number, normalise_name
from exam.eligibility import queries
from exam.eligibility.models import EligibilityLookup
from exam.eligibility.rules import Decision, decide
from exam.eligibility.runs import UNKNOWN_PERSON
from exam.policies import queries as policies
from exam.policies.rules import NoPolicyInForce, Policy
from exam.policies.rules import policy_on as in_force
from exam.policies.services import ensure_default_policy

if TYPE_CHECKING:
    from datetime import date, datetime

    from core.actor import Actor
    from exam.eligibility.queries import Asked

ELIGIBLE = "eligible"
NOT_ELIGIBLE = "not_eligible"
NAME_MISMATCH = "name_mismatch"
LONGEST_PURPOSE = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered. `verdict` is `eligible`, `not_eligible` or `unknown_person`.

    For an unknown person there is no `person`, no `decision` and no `policy`; `reason` is then
    `unknown_person` or `name_mismatch`. `lookup_id` is the number of the log row.
    """

    verdict: str
    reason: str
    on: date
    known_at: datetime
    masked_id: str
    lookup_id: int
    person: Asked | None = None
    decision: Decision | None = None
    policy: Policy | None = None


def ask(
    *,
    id_number: str,
    name: str | None = None,
    on: date,
    known_at: datetime | None = None,
    purpose: str,
    actor: Actor,
    now: datetime,
) -> Answer:
    """May the person be proposed on the day `on`, by what was recorded at or before `known_at` (now)?

    Every lookup is logged, whatever the answer. A person outside the actor's units is unknown, like one who
    is not there. Raises `Invalid` with every problem of the question, `NoPolicyInForce` for a day before the
    programme began, and `TooMany` when the account has asked as often as it may on one day; none is a lookup.
    """
    if not actor.may(Permission.ASK_ELIGIBILITY):
        raise NotAllowed("您没有查询任职资格的权限。")
    problems = _problems(id_number, known_at=known_at, purpose=purpose, now=now)
    if problems:
        raise Invalid(problems)
    asked_at = known_at or now
    policy = _policy(on, known_at=asked_at, now=now)
    index = id_number_index(id_number)
    masked_id = mask_id_number(normalise_id_number(id_number))
    with transaction() as session:
        _refuse_too_many(actor, now)
        person = queries.person_with_levels(index)
        refused = _refusal(person, name, actor)
        if person is None or refused:
            verdict, reason = UNKNOWN_PERSON, refused
            decision = None
        else:
            facts = replace(queries.facts_of([person.id])[person.id], levels=person.levels)
            decision = decide(facts, on, asked_at, policy)
            verdict = ELIGIBLE if decision.eligible else NOT_ELIGIBLE
            reason = decision.reason.value
        lookup = EligibilityLookup(
            person_id=person.id if person else None,
            id_number_index=index,
            on_day=on,
            known_at=asked_at,
            purpose=purpose.strip(),
            verdict=verdict,
            reason=reason,
            policy_code=policy.code,
            asked_by_account_id=actor.account_id,
            asked_by=actor.label,
            address=actor.address,
            recorded_at=now,
        )
        session.add(lookup)
        session.flush()
        record("ask-eligibility", "eligibility-lookup", lookup.id, actor=actor, now=now, verdict=verdict)
    answer = Answer(verdict, reason, on, asked_at, masked_id, lookup.id)
    return replace(answer, person=person, decision=decision, policy=policy) if decision else answer


def _refuse_too_many(actor: Actor, now: datetime) -> None:
    """Hold an account to its number of lookups on one day; commands, which ask for many, have no account."""
    if actor.account_id is None:
        return
    most: int = current_app.config["SETTINGS"].lookups_a_day
    hold(f"lookups of account {actor.account_id}")
    if queries.lookups_since(at(day_of(now), 0), account_id=actor.account_id) >= most:
        raise TooMany(f"本账号今天已查询 {most} 次，达到每日上限，请明天再查，或联系系统管理员。")


def _refusal(person: Asked | None, name: str | None, actor: Actor) -> str:
    """Why there is no answer about this person for this actor; empty when there is one."""
    units = actor.units_for(Permission.ASK_ELIGIBILITY)
    if person is None or (units is not None and person.unit_id not in units):
        return UNKNOWN_PERSON
    return NAME_MISMATCH if name and normalise_name(name) != person.name else ""


def _policy(on: date, *, known_at: datetime, now: datetime) -> Policy:
    """The version in force on the day, as known then; where none was known yet, as known today."""
    try:
        return in_force(policies.policies(known_at=known_at), on)
    except NoPolicyInForce:
        ensure_default_policy(now=now)
        return policies.policy_on(on)


def _problems(id_number: str, *, known_at: datetime | None, purpose: str, now: datetime) -> list[Problem]:
    problems = [Problem(p.code, p.message, "id_number") for p in id_number_problems(id_number)]
    if known_at is not None and known_at > now:
        message = f"截至时间不能晚于现在，今天是 {day_of(now).isoformat()}。"
        problems.append(Problem("known_at_in_future", message, "known_at"))
    if not purpose.strip():
        problems.append(Problem("purpose_missing", "请写明查询事由，事由会记入查询日志。", "purpose"))
    elif len(purpose.strip()) > LONGEST_PURPOSE:
        problems.append(Problem("purpose_too_long", f"查询事由不超过 {LONGEST_PURPOSE} 个字。", "purpose"))
    return problems
