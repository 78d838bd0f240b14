"""The rows of an invented sitting, in the shapes that the services write, with the history's own times."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core import clock
from exam.certificates.rules import CertificateAct, certificate_number, validity
from exam.demo.answering import answers_for
from exam.demo.population import stream
from exam.papers.rules import question_count
from exam.policies.rules import Outcome, policy_on
from exam.results.rules import MARKING_VERSION, KeyedQuestion
from exam.results.services import MARKER, result_columns
from exam.sittings.closing import SWEEP
from exam.sittings.receipts import receipt_code, receipt_digest
from exam.sittings.rules import SealReason, SittingState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from exam.demo.people import DemoPerson
    from exam.demo.planning import PlannedSession, PlannedSitting
    from exam.papers.draw import DrawnPaper, NumberStream
    from exam.papers.rules import PaperSpec
    from exam.policies.rules import Policy
    from question_bank.items.pool import Keyed

Row = dict[str, Any]

OFFICER, SECOND_OFFICER = "考务人员甲", "考务人员乙"
GRACE = timedelta(seconds=10)
LAST_START_AFTER = timedelta(minutes=30)
SHORTEST = timedelta(minutes=25)
OUT_OF_TIME_ONE_IN = 25
"""Of so many candidates one works until the time is over."""

PLANNED_BEFORE, ADMITTED_BEFORE, DRAWN_BEFORE = timedelta(days=14), timedelta(days=6), timedelta(days=1)
MARKED_AFTER, ISSUED_AFTER = timedelta(seconds=1), timedelta(seconds=2)
REVEALED_AFTER = timedelta(minutes=1)

STATES = {
    Outcome.PASSED: SittingState.GRADED,
    Outcome.FAILED: SittingState.GRADED,
    Outcome.ABSENT: SittingState.ABSENT,
    Outcome.EXCUSED: SittingState.EXCUSED,
    Outcome.VOID: SittingState.VOID,
}


@dataclass(frozen=True, slots=True)
class Times:
    """The instants of an invented session: it opens at nine in the morning."""

    opens_at: datetime
    last_start_at: datetime
    closes_at: datetime

    @classmethod
    def of(cls, planned: PlannedSession, spec: PaperSpec) -> Times:
        opens_at = clock.at(planned.day, 9)
        last_start_at = opens_at + LAST_START_AFTER
        return cls(opens_at, last_start_at, last_start_at + timedelta(minutes=spec.minutes))


@dataclass(frozen=True, slots=True)
class Marking:
    """What turns a drawn paper into rows: the spec, the receipt's key, the policies; by item version keys and hardness."""

    spec: PaperSpec
    keys: Mapping[int, Keyed]
    hardness: Mapping[int, int]
    receipt_key: bytes
    policies: Sequence[Policy]


@dataclass(slots=True)
class SittingRows:
    """The rows of one sitting, by table; `result`, `certificate` and `event` where it has one.

    `marked`: whether each item version of a marked paper was answered rightly.
    """

    sitting: Row
    answers: list[Row]
    result: Row | None = None
    certificate: Row | None = None
    event: Row | None = None
    marked: dict[int, bool] = field(default_factory=dict)


def rows_of(
    planned: PlannedSitting,
    session: PlannedSession,
    person: DemoPerson,
    paper: DrawnPaper,
    marking: Marking,
) -> SittingRows:
    """Everything that the sitting left behind. Raises ValueError where no answers come to the outcome."""
    times = Times.of(session, marking.spec)
    rows = SittingRows(_sitting_row(planned, session, person, times, marking.spec), [])
    if planned.outcome in {Outcome.ABSENT, Outcome.EXCUSED}:
        rows.event = _absence(planned, times)
        return rows
    numbers = stream("answers", planned.id)
    questions = _questions(paper, marking)
    sheet, marks = answers_for(
        passed=planned.outcome is Outcome.PASSED,
        spec=marking.spec,
        questions=questions,
        hardness={q.position: marking.hardness[q.item_version_id] for q in paper.questions},
        numbers=numbers,
    )
    started_at, sealed_at, reason = _working_time(planned, times, marking.spec, numbers)
    answered = list(sheet.items())
    if planned.outcome is Outcome.VOID:
        answered = answered[: len(answered) // 3]
    rows.answers = _events(planned, answered, started_at, sealed_at)
    events = [(row["seq"], row["position"], row["choice"]) for row in rows.answers]
    printed = [(question.item_version_id, question.option_order) for question in paper.questions]
    receipt = receipt_code(receipt_digest(planned.id, printed, events, sealed_at), marking.receipt_key)
    rows.sitting |= {
        "started_at": started_at,
        "sealed_at": sealed_at,
        "seal_reason": reason,
        "receipt": receipt,
    }
    if planned.outcome is Outcome.VOID:
        rows.event = _voiding(planned, sealed_at)
        return rows
    rows.result = {
        "sitting_id": planned.id,
        "number": 1,
        "rule_version": MARKING_VERSION,
        "reason": "",
        "recorded_by": MARKER.label,
        "recorded_at": sealed_at + MARKED_AFTER,
        **result_columns(marking.spec, marks),
    }
    versions = {question.position: question.item_version_id for question in paper.questions}
    rows.marked = {versions[mark.position]: mark.correct for mark in marks.questions}
    if marks.passed:
        rows.certificate = _certificate(planned, session, person, sealed_at, marking.policies)
    return rows


def _sitting_row(
    planned: PlannedSitting, session: PlannedSession, person: DemoPerson, times: Times, spec: PaperSpec
) -> Row:
    unit = planned.cadre.unit
    return {
        "id": planned.id,
        "session_id": session.id,
        "person_id": person.id,
        "attempt": 1,
        "state": STATES[planned.outcome],
        "draw_number": 1,
        "question_count": question_count(spec),
        "allowed_seconds": spec.minutes * 60,
        "started_at": None,
        "sealed_at": None,
        "seal_reason": None,
        "receipt": None,
        "unit_id": person.unit_id,
        "region_code": unit.region,
        "unit_kind": unit.kind,
        "level": planned.level,
        "recorded_at": times.opens_at - ADMITTED_BEFORE,
    }


def _questions(paper: DrawnPaper, marking: Marking) -> list[KeyedQuestion]:
    return [
        KeyedQuestion(
            position=question.position,
            section=question.section,
            type=marking.keys[question.item_version_id].type,
            law=marking.keys[question.item_version_id].law,
            option_order=question.option_order,
            key=frozenset(marking.keys[question.item_version_id].answer),
            marks=marking.spec.sections[question.section - 1].marks,
        )
        for question in paper.questions
    ]


def _working_time(
    planned: PlannedSitting, times: Times, spec: PaperSpec, numbers: NumberStream
) -> tuple[datetime, datetime, SealReason]:
    started_at = times.opens_at + timedelta(seconds=numbers.below(int(LAST_START_AFTER.total_seconds())))
    allowed = timedelta(minutes=spec.minutes)
    if planned.outcome is not Outcome.VOID and numbers.below(OUT_OF_TIME_ONE_IN) == 0:
        return started_at, started_at + allowed + GRACE, SealReason.TIME_OVER
    spare = max(1, int((allowed - SHORTEST).total_seconds()))
    worked = min(allowed, SHORTEST + timedelta(seconds=numbers.below(spare)))
    reason = SealReason.ENDED if planned.outcome is Outcome.VOID else SealReason.HANDED_IN
    return started_at, started_at + worked, reason


def _events(
    planned: PlannedSitting, answered: Sequence[tuple[int, str]], started_at: datetime, sealed_at: datetime
) -> list[Row]:
    """One event an answer, in the order of the paper, evenly over the time before the end."""
    step = (sealed_at - GRACE - started_at) / (len(answered) + 1)
    return [
        {
            "sitting_id": planned.id,
            "seq": seq,
            "position": position,
            "choice": choice,
            "late": False,
            "recorded_at": started_at + step * seq,
        }
        for seq, (position, choice) in enumerate(sorted(answered), start=1)
    ]


def _absence(planned: PlannedSitting, times: Times) -> Row:
    if planned.outcome is Outcome.ABSENT:
        return _event(
            planned, "已过最迟开考时间", SWEEP.label, "", times.last_start_at + timedelta(minutes=1)
        )
    return _event(planned, "因公出差，经批准请假", OFFICER, "", times.opens_at - timedelta(hours=20))


def _voiding(planned: PlannedSitting, sealed_at: datetime) -> Row:
    reason = "考试中使用手机查阅资料，经两名考务人员确认，成绩作废"
    return _event(planned, reason, OFFICER, SECOND_OFFICER, sealed_at + timedelta(hours=2))


def _event(planned: PlannedSitting, reason: str, by: str, approved_by: str, recorded_at: datetime) -> Row:
    return {
        "sitting_id": planned.id,
        "state": STATES[planned.outcome],
        "reason": reason,
        "recorded_by": by,
        "approved_by": approved_by,
        "recorded_at": recorded_at,
    }


def _certificate(
    planned: PlannedSitting,
    session: PlannedSession,
    person: DemoPerson,
    sealed_at: datetime,
    policies: Sequence[Policy],
) -> Row:
    policy = policy_on(policies, session.day)
    interval = validity(session.day, policy.validity_months)
    return {
        "number": certificate_number(session.day.year, stream("certificate", planned.id).number() >> 14),
        "sitting_id": planned.id,
        "person_id": person.id,
        "level": planned.level,
        "valid_from": interval.valid_from,
        "valid_until": interval.valid_until,
        "policy_code": policy.code,
        "recorded_at": sealed_at + ISSUED_AFTER,
    }


def revocation(planned: PlannedSitting, certificate_id: int) -> Row:
    """The row that revokes the certificate of a planned sitting, recorded on the day itself."""
    assert planned.revoked_on is not None
    return {
        "certificate_id": certificate_id,
        "act": CertificateAct.REVOKED,
        "on_day": planned.revoked_on,
        "reason": "核查发现报考信息不实，撤销证书",
        "recorded_by": OFFICER,
        "recorded_at": clock.at(planned.revoked_on, 10),
    }
