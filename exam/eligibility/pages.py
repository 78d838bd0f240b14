"""How an answer reads: as a sentence, as evidence in order of time, as JSON."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import gettext as _

from core.people.rules import PostLevel
from exam.eligibility import queries
from exam.eligibility.evidence import EvidenceKind
from exam.eligibility.rules import Reason
from exam.eligibility.runs import UNKNOWN_PERSON
from exam.eligibility.services import ELIGIBLE, NAME_MISMATCH
from exam.eligibility.standing import Standing
from exam.policies.rules import Outcome

if TYPE_CHECKING:
    from exam.eligibility.evidence import Evidence
    from exam.eligibility.rules import Decision
    from exam.eligibility.services import Answer

ONE_DAY = timedelta(days=1)


def as_json(answer: Answer) -> dict[str, object]:
    """The answer of the public contract; the receipt comes with signing."""
    decision = answer.decision
    return {
        "verdict": answer.verdict,
        "reason": answer.reason,
        "on": answer.on,
        "valid_until": decision.valid_until if decision else None,
        "changes_on": decision.changes_on if decision else None,
        "policy": decision.policy_code if decision else None,
        "evidence": [
            {
                "kind": evidence.kind.value,
                "day": evidence.day,
                "ref": evidence.ref,
                "recorded_at": evidence.recorded_at,
                "details": dict(evidence.details),
                "decided": evidence.decided,
            }
            for evidence in (decision.evidence if decision else ())
        ],
        "receipt": None,
    }


def answered(answer: Answer, *, asked_by: str, purpose: str) -> dict[str, Any]:
    """The context of an answer's page."""
    verdict, why = sentence(answer)
    return {
        "answer": answer,
        "verdict": verdict,
        "why": why,
        "tone": {ELIGIBLE: "good", UNKNOWN_PERSON: "warn"}.get(answer.verdict, "bad"),
        "advice": _advice(answer),
        "changes": _changes(answer),
        "timeline": _timeline(answer) if answer.decision else [],
        "asked_by": asked_by,
        "purpose": purpose,
    }


def sentence(answer: Answer) -> tuple[str, str]:
    """The verdict in two or four words, and why."""
    if answer.decision is None:
        why = _("没有查到此人。")
        if answer.reason == NAME_MISMATCH:
            why = _("姓名与身份证号不符。")
        return _("不能答复"), why
    head = _("可以提请") if answer.decision.eligible else _("不可以提请")
    return head, _why(answer.decision)


def _why(decision: Decision) -> str:
    decided = next((e for e in decision.evidence if e.decided), None)
    day = decided.day.isoformat() if decided else ""
    last = (decision.valid_until - ONE_DAY).isoformat() if decision.valid_until else ""
    words = {
        Reason.VALID_PASS: _("任前考法合格，有效至 %(day)s。", day=last),
        Reason.EXEMPT: _("免考，有效至 %(day)s。", day=last) if last else _("免考，没有期限。"),
        Reason.NEVER_SAT: _("没有参加过任前考法。"),
        Reason.ABSENT: _("未参加任前考法，%(day)s 无故缺考。", day=day),
        Reason.FAILED: _("%(day)s 的考试不合格。", day=day),
        Reason.LAPSED: _("合格成绩已失效，最后有效日是 %(day)s。", day=last),
        Reason.REVOKED: _("合格证书自 %(day)s 起被撤销。", day=day),
        Reason.VOID: _("%(day)s 的考试成绩作废。", day=day),
        Reason.LEVEL_MISMATCH: _("自 %(day)s 起职务层次高于合格时的层次。", day=day),
    }
    return str(words[decision.reason])


def _advice(answer: Answer) -> str:
    """What to do next; for an unknown person how to find out more, for an answer nothing."""
    if answer.reason == NAME_MISMATCH:
        return str(_("请核对姓名与号码。少数民族姓名请用间隔号“·”，生僻字请与身份证一致。"))
    if answer.reason == UNKNOWN_PERSON:
        return str(_("请核对号码。此人也可能不在您的管理范围内，需要时请联系考试办公室。"))
    return ""


def _changes(answer: Answer) -> str:
    decision = answer.decision
    if decision is None:
        return ""
    if decision.changes_on is None:
        return str(_("如无新的记录，这一答复不会自行改变。"))
    return str(
        _("如无新的记录，这一答复自 %(day)s 起改变。", day=decision.changes_on.isoformat()),
    )


def _timeline(answer: Answer) -> list[dict[str, Any]]:
    """The evidence by day with the asked day among it, the policy's first day before and the next change after."""
    decision, policy = answer.decision, answer.policy
    assert decision is not None
    assert policy is not None
    names = queries.session_names([UUID(e.ref) for e in decision.evidence if e.kind is EvidenceKind.SITTING])
    entries = [_entry(evidence, names) for evidence in decision.evidence]
    entries.append(
        _line(policy.effective_from, _("考试规则 %(code)s 起生效", code=policy.code)),
    )
    entries.sort(key=lambda entry: entry["day"])  # stable: the policy after the evidence of its day
    head, _why_not = sentence(answer)
    entries.append(_line(answer.on, _("查询日：%(verdict)s", verdict=head), now=True))
    if decision.changes_on is not None:
        entries.append(_line(decision.changes_on, _("如无新的记录，答复自此改变")))
    return entries


def _entry(evidence: Evidence, names: dict[UUID, str]) -> dict[str, Any]:
    title, text, tone = "", evidence.ref, _TONES.get(evidence.kind, "")
    match evidence.kind:
        case EvidenceKind.SITTING:
            outcome = Outcome(evidence.details["outcome"])
            title, text = _outcome_words()[outcome], names.get(UUID(evidence.ref), "")
            tone = _OUTCOME_TONES.get(outcome, "")
        case EvidenceKind.CERTIFICATE:
            title, text, tone = _certificate_words(evidence)
        case EvidenceKind.LAPSE:
            title = _("合格证书失效")
        case EvidenceKind.REVOCATION:
            title, text = _("合格证书被撤销"), evidence.details["reason"]
        case EvidenceKind.REINSTATEMENT:
            title, text = _("合格证书恢复"), evidence.details["reason"]
        case EvidenceKind.EXEMPTION:
            title = _("免考")
        case EvidenceKind.EXEMPTION_END:
            title = _("免考被撤销") if evidence.details["cause"] == "withdrawn" else _("免考到期")
        case EvidenceKind.LEVEL:
            title, text = _("任%(level)s", level=PostLevel(evidence.ref).label), ""
    if evidence.decided:
        text = f"{text} · {_('本答复的依据')}" if text else _("本答复的依据")
    return _line(evidence.day, title, text, tone=tone)


def _certificate_words(evidence: Evidence) -> tuple[str, str, str]:
    last = (date.fromisoformat(evidence.details["valid_until"]) - ONE_DAY).isoformat()
    text = _("%(number)s，有效至 %(day)s", number=evidence.ref, day=last)
    if evidence.details["standing"] == Standing.UNFOUNDED:
        return _("取得合格证书，其后成绩被更正或作废，证书不再成立"), text, "bad"
    return _("取得合格证书"), text, "good"


def _line(day: date, title: str, text: str = "", *, tone: str = "", now: bool = False) -> dict[str, Any]:
    return {"day": day.isoformat(), "title": title, "text": text, "tone": tone, "now": now}


_OUTCOME_TONES = {
    Outcome.PASSED: "good",
    Outcome.FAILED: "bad",
    Outcome.VOID: "bad",
    Outcome.ABSENT: "bad",
}
_TONES = {
    EvidenceKind.LAPSE: "bad",
    EvidenceKind.REVOCATION: "bad",
    EvidenceKind.REINSTATEMENT: "good",
    EvidenceKind.EXEMPTION: "good",
    EvidenceKind.EXEMPTION_END: "bad",
}


def _outcome_words() -> dict[Outcome, str]:
    return {
        Outcome.PASSED: _("考试合格"),
        Outcome.FAILED: _("考试不合格"),
        Outcome.VOID: _("考试成绩作废"),
        Outcome.ABSENT: _("缺考"),
        Outcome.EXCUSED: _("经批准请假"),
    }
