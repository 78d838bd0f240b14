"""Reads of how citations stand over time: which items a day's law takes out of the draw, and which it will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.db import db
from question_bank.items.models import Citation, CitationConfirmation, Item, ItemVersion
from question_bank.items.rules import ItemState
from question_bank.statutes.continuity import judge, next_suspension
from question_bank.statutes.histories import histories
from question_bank.statutes.models import Statute, StatuteVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement

    from question_bank.statutes.continuity import LawHistory, Verdict


@dataclass(frozen=True, slots=True)
class DatedCitation:
    """A citation of an item version; `version` is the day of the cited wording, `part` the question of a case."""

    item_id: int
    code: str
    number: int
    part: int
    item_version_id: int
    position: int
    statute_id: int
    law: str
    statute_version_id: int
    version: date
    article: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A citation with how it stands."""

    citation: DatedCitation
    verdict: Verdict


def suspended(law_day: date) -> set[tuple[int, int]]:
    """The item versions, as (item id, number), of which some citation does not hold on that day.

    Versions that were never drawn may be among them. Cited wordings that are in force need no further look: only
    the few that are not are followed through the law's later wordings.
    """
    out_of_force = (StatuteVersion.in_force_from > law_day) | (StatuteVersion.in_force_until <= law_day)
    found = judged(dated_citations(Item.state != ItemState.RETIRED, out_of_force), law_day)
    return {(each.citation.item_id, each.citation.number) for each in found if not each.verdict.holds}


def failing(today: date, *criteria: ColumnElement[bool]) -> list[Judged]:
    """Citations that do not hold, today or from a known later day on; `criteria` narrow the item versions."""
    citations = dated_citations(StatuteVersion.in_force_until.is_not(None), *criteria)
    laws, confirmed = _context(citations)
    verdicts = [
        (
            each,
            next_suspension(
                each.statute_version_id,
                each.article,
                laws[each.statute_id],
                today,
                confirmed.get((each.item_version_id, each.position)),
            ),
        )
        for each in citations
    ]
    return [Judged(each, verdict) for each, verdict in verdicts if verdict is not None]


def judged(citations: Sequence[DatedCitation], on: date) -> list[Judged]:
    """How each of the citations stands on the day."""
    laws, confirmed = _context(citations)
    return [
        Judged(
            each,
            judge(
                each.statute_version_id,
                each.article,
                laws[each.statute_id],
                on,
                confirmed.get((each.item_version_id, each.position)),
            ),
        )
        for each in citations
    ]


def dated_citations(*criteria: ColumnElement[bool]) -> list[DatedCitation]:
    """The citations that meet the criteria, by item version and position."""
    rows = db.session.execute(
        select(
            ItemVersion.item_id,
            Item.code,
            ItemVersion.number,
            ItemVersion.part_number,
            Citation.item_version_id,
            Citation.position,
            StatuteVersion.statute_id,
            Statute.short_title,
            Citation.statute_version_id,
            StatuteVersion.version,
            Citation.article,
        )
        .join(ItemVersion, ItemVersion.id == Citation.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
        .join(Statute, Statute.id == StatuteVersion.statute_id)
        .where(*criteria)
        .order_by(Citation.item_version_id, Citation.position),
    )
    return [DatedCitation(*row) for row in rows]


def _context(
    citations: Iterable[DatedCitation],
) -> tuple[dict[int, LawHistory], dict[tuple[int, int], dict[int, str]]]:
    """What judging these citations reads: their laws, and the reviewers' confirmations by citation."""
    laws = histories({each.statute_id for each in citations})
    confirmed: dict[tuple[int, int], dict[int, str]] = {}
    versions = {version.id for law in laws.values() for version in law.spans}
    for row in db.session.execute(
        select(
            CitationConfirmation.item_version_id,
            CitationConfirmation.position,
            CitationConfirmation.statute_version_id,
            CitationConfirmation.article,
        )
        .where(CitationConfirmation.statute_version_id.in_(versions))
        .order_by(CitationConfirmation.id),
    ):
        confirmed.setdefault((row.item_version_id, row.position), {})[row.statute_version_id] = row.article
    return laws, confirmed
