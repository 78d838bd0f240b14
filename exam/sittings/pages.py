"""What the pages of a sitting show, worded and put together from what the queries found."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import segno
from flask_babel import gettext as _
from markupsafe import Markup

from core.people.queries import masked_id_number_of
from exam.papers.rules import plain, question_count, total_marks
from exam.papers.words import HEADINGS, section_note, section_title
from exam.sittings import queries
from exam.sittings.answers import TEXT_MARK
from exam.sittings.fragments import fieldsets
from exam.sittings.script_words import script_words
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from core.errors import Problem
    from core.people.queries import Saves
    from exam.papers.rules import PaperSpec
    from exam.sittings.fragments import Fieldset
    from exam.sittings.queries import Found, Holder, QuestionRow, Sheet
    from exam.sittings.releases import Waiting


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question on the paper: its fieldset, and what the answer card says of it."""

    position: int
    chosen: str
    html: Markup


@dataclass(frozen=True, slots=True)
class GroupView:
    """Questions that stand together: those of a case below its material, or any others, with none."""

    material: str
    questions: tuple[QuestionView, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    title: str
    note: str
    short: str
    number: int
    groups: tuple[GroupView, ...]

    @property
    def questions(self) -> tuple[QuestionView, ...]:
        return tuple(question for group in self.groups for question in group.questions)


def instructions(found: Found, *, commitment: str, now: datetime) -> dict[str, Any]:
    session = found.session
    return {
        "sitting": {
            **_head(found),
            "unit_name": found.unit.name,
            "room": session.room,
            "question_count": found.sitting.question_count or question_count(found.spec),
            "minutes": found.sitting.allowed_seconds // 60,
            "total_marks": plain(total_marks(found.spec)),
            "pass_marks": plain(found.spec.pass_mark),
            "opens_at": session.opens_at,
            "last_start_at": session.last_start_at,
            "closes_at": session.closes_at,
            "cap_at_close": session.cap_at_close,
        },
        "sections": [(HEADINGS[s.type], section_note(s)) for s in found.spec.sections],
        "marking_rule": marking_rule(found.spec),
        "server_time": now,
        "may_start": now >= session.opens_at,
        "commitment": commitment,
    }


def waiting(found: Found) -> dict[str, Any]:
    session = found.session
    return {
        "sitting": {
            **_head(found),
            "room": session.room,
            "opens_at": session.opens_at,
            "last_start_at": session.last_start_at,
        }
    }


def paper(
    found: Found,
    questions: list[QuestionRow],
    sheet: Sheet,
    *,
    now: datetime,
    typed: Mapping[int, str] | None = None,
    problems: Iterable[Problem] = (),
) -> dict[str, Any]:
    """The paper with the candidate's answers. `Found` and `QuestionRow` have no key, so it can show none.

    Where a form could not be saved, `typed` is what stood in it, shown in the answers' place, and `problems` say why.
    """
    unsaved = {at: choice for at, choice in (typed or {}).items() if choice != sheet.answers.get(at, "")}
    html = fieldsets(questions, {**sheet.answers, **unsaved})
    return {
        "sitting": {
            **_head(found),
            "last_seq": sheet.last_seq,
            "paper": paper_mark(questions),
            "deadline": found.clock.deadline,
            "question_count": len(questions),
            "answered": len(sheet.answers),
            "grace_seconds": found.session.grace_seconds,
        },
        "server_time": now,
        "sections": _sections(found.spec, questions, sheet.answers, html),
        "adjustments": [(plain_minutes(a.seconds), a.reason) for a in found.adjustments],
        "script_words": script_words(),
        "problems": [(p.where, p.message) for p in problems],
        "saved_answers": {
            q.position: _parts(q.type, sheet.answers.get(q.position, ""))
            for q in questions
            if q.position in unsaved
        },
    }


def _parts(kind: str, choice: str) -> list[str]:
    """An answer as the page's modules have it: letters, or the text of each field."""
    if not choice.startswith(TEXT_MARK):
        return list(choice)
    text = choice.removeprefix(TEXT_MARK)
    return text.split("\n") if kind == QuestionType.BLANK else [text]


def paper_mark(questions: Iterable[QuestionRow]) -> str:
    """Tells a paper from another: a page that outlives a new draw must not answer its questions by position."""
    shown = ";".join(f"{q.position}:{q.item_version_id}:{q.option_order}" for q in questions)
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _sections(
    spec: PaperSpec, questions: list[QuestionRow], answers: Mapping[int, str], html: Mapping[int, Fieldset]
) -> list[SectionView]:
    views = []
    for number, section in enumerate(spec.sections, start=1):
        of_section = [q.position for q in questions if q.section == number]
        groups = tuple(
            GroupView(
                html[positions[0]].material,
                tuple(QuestionView(at, answers.get(at, ""), html[at].html) for at in positions),
            )
            for _, together in groupby(of_section, key=lambda at: html[at].material_id)
            for positions in [list(together)]
        )
        title = section_title(number, section.type)
        views.append(SectionView(title, section_note(section), _short_words()[section.type], number, groups))
    return views


def hand_in(found: Found, questions: list[QuestionRow], sheet: Sheet) -> dict[str, Any]:
    return {
        "sitting": {
            **_head(found),
            "answered": len(sheet.answers),
            "question_count": len(questions),
            "deadline": found.clock.deadline,
        },
        "unanswered": [q.position for q in questions if q.position not in sheet.answers],
    }


def held(found: Found, holder: Holder | None, waiting: Waiting | None, *, error: str = "") -> dict[str, Any]:
    return {
        "waiting": waiting,
        "sitting": {**_head(found), "deadline": found.clock.deadline},
        "holder": {
            "since": holder.since if holder else None,
            "address": holder.address if holder else "—",
            "browser": browser_words(holder.browser if holder else ""),
        },
        "error": error,
    }


def saves_of(person_id: int) -> list[Saves]:
    """From which sign-ins a person's answers were saved, each browser in a few words."""
    return [
        replace(one, browser=browser_words(one.browser) if one.browser else "")
        for one in queries.saves_of(person_id)
    ]


def receipt(found: Found, sheet: Sheet, *, qr: Markup, released: bool, result_url: str) -> dict[str, Any]:
    sitting = found.sitting
    return {
        "sitting": {
            **_head(found),
            "answered": len(sheet.answers),
            "question_count": sitting.question_count,
            "started_at": sitting.started_at,
            "sealed_at": sitting.sealed_at,
            "seal_reason": sitting.seal_reason,
            "receipt": sitting.receipt,
        },
        "qr": qr,
        "result_url": result_url,
        "released": released,
        "by_people": found.spec.is_marked_by_people,
    }


def qr_of(receipt: str) -> Markup:
    """The receipt as a QR code, an inline SVG; empty when there is none."""
    if not receipt:
        return Markup()
    svg = segno.make(receipt, error="m").svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None)
    return Markup(svg)  # noqa: S704  drawn here from our own code


def ended(found: Found, *, kind: str, reason: str) -> dict[str, Any]:
    session = found.session
    return {
        "sitting": {
            **_head(found),
            "held_on": session.held_on,
            "last_start_at": session.last_start_at,
        },
        "kind": kind,
        "reason": reason,
    }


def _head(found: Found) -> dict[str, Any]:
    return {
        "id": found.sitting.id,
        "session_name": found.session.name,
        "candidate_name": found.person.name,
        "masked_id": masked_id_number_of(found.person),
    }


def _short_words() -> dict[QuestionType, str]:
    return {
        QuestionType.SINGLE: _("单选"),
        QuestionType.MULTIPLE: _("多选"),
        QuestionType.TRUE_FALSE: _("判断"),
        QuestionType.BLANK: _("填空"),
        QuestionType.SHORT: _("简答"),
        QuestionType.CASE: _("案例"),
    }


def marking_rule(spec: PaperSpec) -> str:
    """The marking rule, a sentence for each way of marking."""
    types = {section.type for section in spec.sections}
    words = _("多选题全部选对才得分，少选、错选均不得分；其余各题选对得分，错选、不选不得分。")
    if types == {QuestionType.SHORT}:
        words = ""
    elif types.isdisjoint({QuestionType.MULTIPLE, QuestionType.CASE}):
        words = _("选对得分，选错、不选不得分。")
    elif spec.half_marks_for_incomplete:
        words = _("多选题全部选对得满分，少选且无错选得一半分；其余各题选对得分，错选、不选不得分。")
    if types & {QuestionType.BLANK, QuestionType.CASE}:
        words += _("填空题各空全部填对才得分，空格和标点的写法不影响得分。")
    if spec.is_marked_by_people:
        words += _("简答题由两名评阅人按要点分别评分，评阅人看不到考生姓名，全部评完后才有成绩。")
    return str(words)


def plain_minutes(seconds: int) -> str:
    """Seconds as minutes, without trailing zeros: 90 → 1.5, -300 → -5."""
    return f"{seconds / 60:.2f}".rstrip("0").rstrip(".")


def browser_words(user_agent: str) -> str:
    """A browser in two short words, as its person would call it."""
    systems = (
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    browsers = (
        ("Edg", "Edge"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    )
    words = [next((word for sign, word in kinds if sign in user_agent), "") for kinds in (systems, browsers)]
    return " ".join(word for word in words if word) or _("其他浏览器")
