"""Dated versions of the exam policy, and whether a person may be admitted on a day. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from core.errors import Conflict, Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


class Outcome(StrEnum):
    """What a sitting came to. `void`: the result was taken away (cheating); `excused`: absent with leave."""

    PASSED = "passed"
    FAILED = "failed"
    VOID = "void"
    ABSENT = "absent"
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True)
class Interval:
    """Calendar days in Asia/Shanghai from `valid_from` until before `valid_until`."""

    valid_from: date
    valid_until: date

    def __post_init__(self) -> None:
        if self.valid_until <= self.valid_from:
            raise ValueError("an interval has at least one day")

    def __contains__(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_until


class NoPolicyInForce(Conflict):
    """No policy version has taken effect by the day."""

    code = "no_policy"


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the programme's figures, in force from a day until the next version.

    `pass_mark` in marks, periods in the unit that their name says. `level_change_ends_pass`: a pass does not
    hold for a higher level than the one it was sat at. `later_fail_ends_pass`: a fail ends a pass of an
    earlier day. `consequence`: the words of the local rule for who may not be proposed.
    """

    code: str
    effective_from: date
    pass_mark: Decimal
    validity_months: int = 24
    retake_interval_days: int = 30
    retakes_per_admission: int = 1
    block_days_after_last_fail: int = 180
    block_days_after_cheating: int = 365
    renewal_window_days: int = 180
    level_change_ends_pass: bool = False
    later_fail_ends_pass: bool = False
    consequence: str = "不予提拔任用"


def to_json(policy: Policy) -> dict[str, Any]:
    """The policy as JSON values: day as ISO 8601, pass mark as a decimal string; every setting is named."""
    values = {field.name: getattr(policy, field.name) for field in fields(policy)}
    return values | {"effective_from": policy.effective_from.isoformat(), "pass_mark": str(policy.pass_mark)}


def from_json(value: Mapping[str, Any]) -> Policy:
    """The policy that `to_json` wrote. Settings left out take their defaults.

    Raises `Invalid` with every unknown, missing or ill-typed setting.
    """
    known = {field.name for field in fields(Policy)}
    problems = [_problem(name, "没有这项设置，请核对名称") for name in sorted(value.keys() - known)]
    problems += [_problem(name, "缺少这项设置") for name in _REQUIRED if name not in value]
    settings: dict[str, Any] = {}
    for name in sorted(known & value.keys()):
        try:
            settings[name] = _READERS[name](value[name])
        except ValueError as error:
            problems.append(_problem(name, str(error)))
    if problems:
        raise Invalid(problems)
    return Policy(**settings)


def policy_on(policies: Iterable[Policy], day: date) -> Policy:
    """The version in force on the day: the latest `effective_from` not after it.

    Of two versions that take effect on one day the later in the sequence (recorded later) holds. Raises
    `NoPolicyInForce` when the day lies before all of them.
    """
    in_force: Policy | None = None
    for policy in policies:
        if policy.effective_from <= day and (
            in_force is None or policy.effective_from >= in_force.effective_from
        ):
            in_force = policy
    if in_force is None:
        raise NoPolicyInForce(f"{day.isoformat()} 还没有生效的考试规则，请先设置规则的生效日期。")
    return in_force


@dataclass(frozen=True, slots=True)
class PastSitting:
    """A sitting of the person: the calendar day of its session and what it came to."""

    day: date
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class History:
    """What admission looks at: past sittings in any order, and the pass that counts now, if there is one.

    A certificate that does not count (revoked, its sitting void) is left out by the caller.
    """

    sittings: tuple[PastSitting, ...] = ()
    certificate: Interval | None = None


class EntryBar(StrEnum):
    """Why a person may not be admitted to a day."""

    RETAKE_INTERVAL = "retake_interval"
    ATTEMPTS_USED = "attempts_used"
    CHEATING = "cheating"
    STILL_VALID = "still_valid"


@dataclass(frozen=True, slots=True)
class EntryReason:
    """One bar: `since` the day of what raised it, `until` the first day on which it no longer stands."""

    code: EntryBar
    since: date
    until: date
    message: str


@dataclass(frozen=True, slots=True)
class EntryDecision:
    """Whether the person may be admitted, all bars that stand, and the policy version asked."""

    allowed: bool
    reasons: tuple[EntryReason, ...]
    policy_code: str

    @property
    def allowed_from(self) -> date | None:
        """The first day on which none of the bars stands; None when there is none now."""
        return max((reason.until for reason in self.reasons), default=None)


def may_enter(history: History, on: date, policy: Policy) -> EntryDecision:
    """Whether a person may be admitted to a session on the day `on`. Sittings after that day are not looked at.

    - After a fail the next sitting lies at least `retake_interval_days` later.
    - An admission gives one sitting and `retakes_per_admission` retakes. A fail or an absence without leave
      uses one; leave uses none. When all are used, entry is barred for `block_days_after_last_fail` days,
      counted from the day after the last fail (民法典 art. 201: the day itself is not counted). Absences
      alone bar nothing: who never answered counts as not examined.
    - A pass, a void, the last attempt, or that many days without a sitting end the admission: its attempts
      count no more, so that nobody is worse off for having waited than for having failed twice.
    - A void sitting bars entry for `block_days_after_cheating` days, counted from the day after.
    - A pass that still counts is renewed at most `renewal_window_days` before its lapse.
    """
    sittings = sorted((s for s in history.sittings if s.day <= on), key=lambda s: s.day)
    bars = [
        _interval_bar(sittings, policy),
        _attempts_bar(sittings, policy),
        _cheating_bar(sittings, policy),
        _renewal_bar(history.certificate, policy),
    ]
    reasons = tuple(bar for bar in bars if bar is not None and on < bar.until)
    return EntryDecision(allowed=not reasons, reasons=reasons, policy_code=policy.code)


def _interval_bar(sittings: Sequence[PastSitting], policy: Policy) -> EntryReason | None:
    failed = _last(sittings, Outcome.FAILED)
    if failed is None:
        return None
    until = failed + timedelta(days=policy.retake_interval_days)
    message = f"{failed.isoformat()} 考试不合格，须间隔 {policy.retake_interval_days} 日，{until.isoformat()} 起可以补考。"
    return EntryReason(EntryBar.RETAKE_INTERVAL, failed, until, message)


def _attempts_bar(sittings: Sequence[PastSitting], policy: Policy) -> EntryReason | None:
    used: list[PastSitting] = []
    for sitting in sittings:
        if sitting.outcome is Outcome.EXCUSED:
            continue
        used_up = len(used) > policy.retakes_per_admission
        if used_up or (used and sitting.day >= _block_end(used[-1].day, policy.block_days_after_last_fail)):
            used = []  # this sitting belongs to a new admission
        if sitting.outcome in {Outcome.PASSED, Outcome.VOID}:
            used = []
        else:
            used.append(sitting)
    failed = _last(used, Outcome.FAILED)
    if failed is None or len(used) <= policy.retakes_per_admission:
        return None
    until = _block_end(failed, policy.block_days_after_last_fail)
    message = (
        f"本次报考的 {policy.retakes_per_admission + 1} 次机会已用完（最近一次不合格：{failed.isoformat()}），"
        f"{until.isoformat()} 起可以重新报考。"
    )
    return EntryReason(EntryBar.ATTEMPTS_USED, failed, until, message)


def _cheating_bar(sittings: Sequence[PastSitting], policy: Policy) -> EntryReason | None:
    void = _last(sittings, Outcome.VOID)
    if void is None:
        return None
    until = _block_end(void, policy.block_days_after_cheating)
    message = f"{void.isoformat()} 的考试成绩已作废，{until.isoformat()} 起可以重新报考。"
    return EntryReason(EntryBar.CHEATING, void, until, message)


def _renewal_bar(certificate: Interval | None, policy: Policy) -> EntryReason | None:
    if certificate is None:
        return None
    until = certificate.valid_until - timedelta(days=policy.renewal_window_days)
    last_day = certificate.valid_until - timedelta(days=1)
    message = f"合格成绩有效至 {last_day.isoformat()}，{until.isoformat()} 起可以续考。"
    return EntryReason(EntryBar.STILL_VALID, certificate.valid_from, until, message)


def _last(sittings: Sequence[PastSitting], outcome: Outcome) -> date | None:
    return max((s.day for s in sittings if s.outcome is outcome), default=None)


def _block_end(day: date, days: int) -> date:
    """The first free day after a block of so many days, of which the day itself is not one."""
    return day + timedelta(days=days + 1)


def _problem(name: str, message: str) -> Problem:
    return Problem("policy_setting", f"规则设置 {name}：{message}。", where=name)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("应为非空的文字")
    return value


def _day(value: object) -> date:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise ValueError("应为存在的日期，写作 2026-01-31")
    return day


def _marks(value: object) -> Decimal:
    try:
        marks = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        marks = None
    if marks is None or not marks.is_finite() or marks <= 0:
        raise ValueError('应为大于 0 的分数，写作文字，如 "60"')
    return marks


def _whole(least: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LONGEST:
            raise ValueError(f"应为 {least} 至 {_LONGEST} 的整数")
        return value

    return read


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("应为 true 或 false")  # noqa: TRY004  collected with the other problems
    return value


_LONGEST = 3660
_REQUIRED = ("code", "effective_from", "pass_mark")
_READERS: dict[str, Callable[[object], object]] = {
    "code": _text,
    "effective_from": _day,
    "pass_mark": _marks,
    "validity_months": _whole(1),
    "retake_interval_days": _whole(0),
    "retakes_per_admission": _whole(0),
    "block_days_after_last_fail": _whole(0),
    "block_days_after_cheating": _whole(0),
    "renewal_window_days": _whole(0),
    "level_change_ends_pass": _switch,
    "later_fail_ends_pass": _switch,
    "consequence": _text,
}
