"""What the bank covers: law by law and spec by spec what can be drawn, what is thin, stale or overexposed."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.db import db
from exam.papers.coverage import part_lines
from exam.papers.models import PaperQuestion
from exam.papers.queries import pool, specs
from exam.papers.rules import DEFAULT_SPEC
from exam.sittings.models import ExamSession, Sitting
from question_bank.amendments.queries import law_usage
from question_bank.items.models import Item, ItemVersion
from question_bank.items.observed import contradicted
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from exam.papers.coverage import PartLine
    from question_bank.items.pool import PoolRow

FEWEST_OF_A_LAW = 5
"""A law with fewer questions to draw is thin: who has seen a paper or two has seen them all."""

MOST_OF_PAPERS = Fraction(1, 4)
"""A question on more than a quarter of the papers is overexposed: it is learnt by heart."""

FEWEST_PAPERS = 20
"""Of fewer papers a share says nothing."""

LOOKED_BACK = timedelta(days=365)
MOST_EXPOSED = 50


@dataclass(frozen=True, slots=True)
class LawLine:
    """A law: items to draw by type, items in use, and of these what an amendment took out of the draw."""

    law: str
    types: dict[QuestionType, int]
    in_use: int
    stale: int

    @property
    def drawn(self) -> int:
        return sum(self.types.values())

    @property
    def thin(self) -> bool:
        return self.drawn < FEWEST_OF_A_LAW


@dataclass(frozen=True, slots=True)
class Exposed:
    """An item on more than its share of the papers of the last year."""

    code: str
    papers: int
    share: Fraction


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the bank covers on a day. `papers` are those of the year before it, rehearsals left out.

    `contradicted`: the codes of items whose estimated difficulty what was observed contradicts.
    """

    on: date
    laws: tuple[LawLine, ...]
    parts: tuple[PartLine, ...]
    papers: int
    exposed: tuple[Exposed, ...]
    contradicted: tuple[str, ...]


def coverage(on: date) -> Coverage:
    """What can be drawn for a session on that day. An item counts for the law of its first citation.

    A 简答题 counts for the specs that ask for such, but not for its law, which papers ask without people.
    """
    rows = pool(on)
    papers, exposed = _exposed(on)
    latest = [stored.spec for stored in specs()] or [DEFAULT_SPEC]
    parts = tuple(line for spec in latest for line in part_lines(spec, rows))
    by_machine = [row for row in rows if row.type is not QuestionType.SHORT]
    return Coverage(on, tuple(_laws(by_machine, on)), parts, papers, exposed, tuple(sorted(contradicted())))


def _laws(rows: Sequence[PoolRow], on: date) -> list[LawLine]:
    usage = law_usage(on)
    counts = Counter((row.law, row.type) for row in rows)
    return [
        LawLine(
            law,
            {kind: counts[law, kind] for kind in QuestionType if counts[law, kind]},
            usage[law].items if law in usage else 0,
            usage[law].stale if law in usage else 0,
        )
        for law in sorted({row.law for row in rows} | {law for law, used in usage.items() if used.stale})
    ]


def _exposed(on: date) -> tuple[int, tuple[Exposed, ...]]:
    """The number of papers of the last year, and the items on too many of them, the most frequent first."""
    recent = (
        ExamSession.held_on > on - LOOKED_BACK,
        ExamSession.held_on <= on,
        ExamSession.is_rehearsal.is_(False),
        Sitting.draw_number > 0,
    )
    of_session = ExamSession.id == Sitting.session_id
    papers = (
        db.session.scalar(select(func.count(Sitting.id)).join(ExamSession, of_session).where(*recent)) or 0
    )
    if papers < FEWEST_PAPERS:
        return papers, ()
    times = func.count(Sitting.id.distinct())
    found = db.session.execute(
        select(Item.code, times)
        .select_from(Sitting)
        .join(ExamSession, of_session)
        .join(
            PaperQuestion,
            (PaperQuestion.sitting_id == Sitting.id) & (PaperQuestion.draw_number == Sitting.draw_number),
        )
        .join(ItemVersion, ItemVersion.id == PaperQuestion.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(*recent)
        .group_by(Item.code)
        .having(times * MOST_OF_PAPERS.denominator > papers * MOST_OF_PAPERS.numerator)
        .order_by(times.desc(), Item.code)
        .limit(MOST_EXPOSED)
    )
    return papers, tuple(Exposed(code, count, Fraction(count, papers)) for code, count in found)


def as_json(found: Coverage) -> dict[str, Any]:
    """The coverage for `flask bank check --json`."""
    return {
        "laws": [
            {
                "law": line.law,
                "drawn": line.drawn,
                "types": {kind.value: count for kind, count in line.types.items()},
                "in_use": line.in_use,
                "stale": line.stale,
                "thin": line.thin,
            }
            for line in found.laws
        ],
        "specs": [{**asdict(line), "state": line.state} for line in found.parts],
        "papers": found.papers,
        "overexposed": [
            {"code": line.code, "papers": line.papers, "percent": f"{float(100 * line.share):.1f}"}
            for line in found.exposed
        ],
        "contradicted": list(found.contradicted),
    }


def as_lines(found: Coverage) -> list[str]:
    """The coverage for `flask bank check`: each part of each spec, and of the laws what wants a look."""
    words = {"good": "充足", "thin": "偏少", "short": "不足"}
    lines = [
        f"组卷方案：{p.spec}：{p.part}需要 {p.wanted} 题，可抽 {p.available} 题，{words[p.state]}。"
        for p in found.parts
    ]
    lines += [f"法律：《{line.law}》可抽 {line.drawn} 题，偏少。" for line in found.laws if line.thin]
    lines += [
        f"法律：《{line.law}》有 {line.stale} 题因法律修改暂停抽用。" for line in found.laws if line.stale
    ]
    lines += [f"曝光：{e.code} 出现在近一年 {found.papers} 份试卷中的 {e.papers} 份。" for e in found.exposed]
    lines += [f"难度：{code} 的估计与实测不符。" for code in found.contradicted]
    return lines
