"""Papers whose items were found stale after they were drawn.

A draw takes only what holds on its law day, by what is known then. When a law that was already in force becomes
known later, or a word on an article is corrected, papers that were drawn meanwhile keep the versions that they
were drawn with; this report names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exam.reports.queries import drawn_on_ended_law
from question_bank.items.models import ItemVersion
from question_bank.items.standing import dated_citations, judged

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from core.actor import Actor
    from question_bank.items.standing import Judged
    from question_bank.statutes.continuity import Standing


@dataclass(frozen=True, slots=True)
class StalePapers:
    """An item's citation that did not hold on a session's law day: on so many papers, of which so many were begun.

    `version` and `article` are what the item cites, `since` the first day on which that no longer held.
    """

    session_id: UUID
    session: str
    held_on: date
    law_day: date
    code: str
    number: int
    law: str
    version: date
    article: str
    standing: Standing
    since: date
    papers: int
    begun: int


def stale_papers(actor: Actor) -> list[StalePapers]:
    """What the present knowledge of the law finds on drawn papers, the latest session first.

    Of papers that were drawn anew only the last counts; rehearsals never do; only sittings of units where the
    actor may see it. An item that a reviewer has confirmed under the later wording is not stale.
    """
    drawn = drawn_on_ended_law(actor)
    verdicts: dict[tuple[int, date], list[Judged]] = {}
    citations = dated_citations(ItemVersion.id.in_({row.item_version_id for row in drawn}))
    for day in {row.law_day for row in drawn}:
        on_the_day = {row.item_version_id for row in drawn if row.law_day == day}
        for each in judged([c for c in citations if c.item_version_id in on_the_day], day):
            if not each.verdict.holds and each.verdict.since is not None:
                verdicts.setdefault((each.citation.item_version_id, day), []).append(each)
    found = [
        StalePapers(
            session_id=row.session_id,
            session=row.session,
            held_on=row.held_on,
            law_day=row.law_day,
            code=row.code,
            number=row.number,
            law=each.citation.law,
            version=each.citation.version,
            article=each.citation.article,
            standing=each.verdict.standing,
            since=since,
            papers=row.papers,
            begun=row.begun,
        )
        for row in drawn
        for each in verdicts.get((row.item_version_id, row.law_day), ())
        if (since := each.verdict.since) is not None
    ]
    return sorted(found, key=lambda row: (-row.held_on.toordinal(), row.session, row.law, row.code))
