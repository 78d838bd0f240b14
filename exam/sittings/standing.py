"""How a sitting stands towards a sign-in: what decides whether a save counts, and the refusals that it may meet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core.auth.rules import SIGN_IN_END_WORDS, SignInEnd, sign_in_ended
from core.errors import Conflict, DomainError, Invalid, NotFound, Problem
from exam.sittings.answers import TEXT_MARK, BadBatch, QuestionShape, parse_batch
from exam.sittings.rules import Allowance, SittingState, Window, deadline_of
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from exam.sittings.answers import AnswerEvent

    Instant = Callable[[Any], datetime | None]

ENDED = frozenset({SittingState.SEALED, SittingState.GRADED})

KEEP_AFTER_END = timedelta(minutes=10)
"""How long a sign-in outlives the end of its sitting: time enough to hand in and to read the receipt."""


class SignedOut(DomainError):
    """The sign-in no longer holds; what the page has not sent yet, it keeps."""

    code = "signed_out"
    status = 401


STANDING = """
SELECT i.created_at, i.last_seen_at, i.ended_at, i.ended_by, a.disabled_at,
       s.state, s.holder_id, s.draw_number, s.started_at, s.allowed_seconds,
       x.opens_at, x.last_start_at, x.closes_at, x.cap_at_close, x.grace_seconds,
       (SELECT COALESCE(SUM(t.seconds), 0) FROM time_adjustment t WHERE t.sitting_id = s.id) AS adjusted,
       (SELECT COALESCE(MAX(e.seq), 0) FROM answer_event e WHERE e.sitting_id = s.id) AS head
FROM sign_in_session i
JOIN account a ON a.id = i.account_id
LEFT JOIN sitting s ON s.id = :sitting_id AND s.person_id = a.person_id
LEFT JOIN exam_session x ON x.id = s.session_id
WHERE i.id = :sign_in_id
"""
"""Everything that decides whether a save counts. No row: no such sign-in; `state` NULL: not its own sitting."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What is durable: events 1 … `acknowledged`. `late` are the events of this batch that came in the grace."""

    acknowledged: int
    late: list[int]
    deadline: datetime
    state: str = SittingState.RUNNING.value


@dataclass(frozen=True, slots=True)
class Standing:
    """How a sitting stands towards one sign-in. `state` is None for a sitting that is not the person's own."""

    signed_in: bool
    state: SittingState | None
    held: bool
    draw_number: int
    head: int
    deadline: datetime | None
    grace_until: datetime | None
    ended_by: SignInEnd | None = None


def standing_of(row: Any, *, sign_in_id: str, now: datetime, instant: Instant) -> Standing:
    """Read a row of `STANDING`; `instant` turns a stored time into an aware one."""
    state = SittingState(row.state) if row.state is not None else None
    held = row.holder_id == sign_in_id
    deadline = grace_until = None
    if state is not None and row.started_at is not None:
        deadline = _deadline(row, instant)
        grace_until = deadline + timedelta(seconds=row.grace_seconds)
    created_at, last_seen_at = instant(row.created_at), instant(row.last_seen_at)
    assert created_at is not None
    assert last_seen_at is not None
    ended_at = instant(row.ended_at)
    ended = sign_in_ended(now=now, created_at=created_at, last_seen_at=last_seen_at, ended_at=ended_at)
    # The page of a running sitting keeps its sign-in alive, however long nothing else was clicked.
    kept = held and ended_at is None and (state is SittingState.RUNNING or keeps_signed_in(grace_until, now))
    signed_in = (kept or not ended) and row.disabled_at is None
    ended_by = SignInEnd(row.ended_by) if row.ended_by else None
    return Standing(signed_in, state, held, row.draw_number or 0, row.head, deadline, grace_until, ended_by)


def _deadline(row: Any, instant: Instant) -> datetime:
    opens_at, last_start_at, closes_at, started_at = (
        instant(at) for at in (row.opens_at, row.last_start_at, row.closes_at, row.started_at)
    )
    assert opens_at is not None
    assert last_start_at is not None
    assert closes_at is not None
    assert started_at is not None
    window = Window(opens_at, last_start_at, closes_at, cap_at_close=bool(row.cap_at_close))
    return deadline_of(window, Allowance(timedelta(seconds=row.allowed_seconds + row.adjusted)), started_at)


def keeps_signed_in(grace_until: datetime | None, now: datetime) -> bool:
    """Whether a sitting that ends at `grace_until` keeps its holder signed in: nobody is signed out for reading."""
    return grace_until is not None and now < grace_until + KEEP_AFTER_END


def signed_out(ended_by: SignInEnd | None = None) -> SignedOut:
    """With what ended the sign-in, where somebody did: the page shows it in place of its own words."""
    if ended_by in SIGN_IN_END_WORDS:
        return SignedOut(SIGN_IN_END_WORDS[ended_by], ended_by=ended_by.value)
    return SignedOut("登录已失效。已保存的答案不会丢失，请重新登录后继续作答。")


def not_found() -> NotFound:
    return NotFound("没有找到这场考试，或者它不属于您。")


def taken_over() -> Conflict:
    return Conflict("本场考试已在另一处登录中继续作答，此处不再保存。", code="taken_over")


def void() -> Conflict:
    return Conflict("本场考试已作废，请联系考务人员。", code="void")


def closed(acknowledged: int) -> Conflict:
    return Conflict(
        "考试已经结束，此次提交未计入答卷，已另行留存备查。", code="closed", acknowledged=acknowledged
    )


def not_started() -> Conflict:
    return Conflict("考试尚未开始，请先在说明页点击开始。", code="not_started")


def refusal(standing: Standing | None, *, now: datetime) -> DomainError | None:
    """Why nothing can be saved from this sign-in now; None when it can."""
    if standing is None or not standing.signed_in:
        return signed_out(standing.ended_by if standing else None)
    if standing.state is None:
        return not_found()
    if standing.state is SittingState.VOID:
        return void()
    over = standing.grace_until is not None and now > standing.grace_until
    if standing.state in ENDED or (over and standing.state is SittingState.RUNNING):
        return closed(standing.head)
    if standing.state is not SittingState.RUNNING:
        return not_started()
    return None if standing.held else taken_over()


def sequence_gap(acknowledged: int) -> Conflict:
    return Conflict(
        f"缺少第 {acknowledged + 1} 号事件，请从该号起重新提交。",
        code="sequence_gap",
        acknowledged=acknowledged,
    )


def sequence_conflict(acknowledged: int) -> Conflict:
    return Conflict(
        "同一编号下已保存了不同的答案，请刷新页面后继续作答。",
        code="sequence_conflict",
        acknowledged=acknowledged,
    )


def shape_faults(events: Iterable[AnswerEvent], shapes: Iterable[tuple[int, str, int]]) -> Invalid | None:
    """What does not fit the paper: `shapes` are (position, type, number of options)."""
    known = {position: QuestionShape(QuestionType(kind), count) for position, kind, count in shapes}
    payload = [{"seq": e.seq, "position": e.position, **_as_sent(e.choice)} for e in events]
    try:
        parse_batch({"events": payload}, question_types=known)
    except BadBatch as error:
        return invalid_batch(error)
    return None


def _as_sent(choice: str) -> dict[str, object]:
    return {"text": choice[1:]} if choice.startswith(TEXT_MARK) else {"choice": list(choice)}


def invalid_batch(error: BadBatch) -> Invalid:
    """A malformed batch as a refusal that names each bad event by index and seq."""
    return Invalid(
        Problem(
            problem.code,
            problem.message,
            "" if problem.index is None else f"events.{problem.index}",
            {"index": problem.index, "seq": problem.seq},
        )
        for problem in error.problems
    )
