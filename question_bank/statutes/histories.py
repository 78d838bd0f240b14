"""Reads of laws through time: the wordings of a law and what became of each article between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.db import db
from question_bank.statutes.comparison import ArticleChange
from question_bank.statutes.continuity import LawHistory, Span, Successor
from question_bank.statutes.models import (
    Article,
    ArticleCorrespondence,
    CorrespondenceRuling,
    Statute,
    StatuteVersion,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import Select


def histories(statute_ids: Collection[int]) -> dict[int, LawHistory]:
    """The wordings of the laws with their steps, by statute id."""
    spans: dict[int, list[Span]] = {}
    laws: dict[int, int] = {}
    for row in db.session.execute(
        select(
            StatuteVersion.statute_id,
            StatuteVersion.id,
            StatuteVersion.version,
            StatuteVersion.in_force_from,
            StatuteVersion.in_force_until,
            StatuteVersion.repealed,
        )
        .where(StatuteVersion.statute_id.in_(statute_ids))
        .order_by(StatuteVersion.in_force_from, StatuteVersion.version, StatuteVersion.id),
    ):
        spans.setdefault(row.statute_id, []).append(Span(*row[1:]))
        laws[row.id] = row.statute_id
    steps: dict[int, dict[tuple[int, int], dict[str, Successor]]] = {law: {} for law in spans}
    old = StatuteVersion
    for old_id, new_id, article, successor, change in db.session.execute(
        select(
            ArticleCorrespondence.old_version_id,
            ArticleCorrespondence.new_version_id,
            ArticleCorrespondence.old_article,
            ArticleCorrespondence.new_article,
            ArticleCorrespondence.change,
        )
        .join(old, old.id == ArticleCorrespondence.old_version_id)
        .where(old.statute_id.in_(statute_ids)),
    ):
        if article is not None:
            settled = change is ArticleChange.UNCHANGED
            pair = steps[laws[old_id]].setdefault((old_id, new_id), {})
            pair[article] = Successor(change, successor, settled)
    for old_id, new_id, article, successor, settled in db.session.execute(
        select(
            CorrespondenceRuling.old_version_id,
            CorrespondenceRuling.new_version_id,
            CorrespondenceRuling.old_article,
            CorrespondenceRuling.new_article,
            CorrespondenceRuling.settled,
        )
        .join(old, old.id == CorrespondenceRuling.old_version_id)
        .where(old.statute_id.in_(statute_ids))
        .order_by(CorrespondenceRuling.id),
    ):
        change = ArticleChange.RENUMBERED if settled else ArticleChange.REWORDED
        steps[laws[old_id]][old_id, new_id][article] = (
            Successor(change, successor, settled) if successor else Successor(ArticleChange.GONE, None, False)
        )
    return {law: LawHistory(tuple(found), steps[law]) for law, found in spans.items()}


@dataclass(frozen=True, slots=True)
class ComparedArticle:
    """A row of a comparison with both texts and, where a person has spoken, the latest word.

    `ruled_by` is None where nobody has; `ruled_article` None with a name beside it: it did not go on; `settled`: it
    only moved.
    """

    change: ArticleChange
    similarity: int
    old: str | None
    new: str | None
    old_text: str
    new_text: str
    ruled_article: str | None = None
    settled: bool | None = None
    ruled_by: str | None = None
    ruled_at: datetime | None = None
    ruled_reason: str = ""

    @property
    def open(self) -> bool:
        """Whether a person still has to say where the article went."""
        return self.change is ArticleChange.RENUMBERED and self.ruled_by is None


def compared_articles(old_version_id: int, new_version_id: int) -> list[ComparedArticle]:
    """The comparison of two versions, the old articles in the law's order, then the new ones; empty if none."""
    before, after = aliased(Article), aliased(Article)
    ruling = _latest_rulings().subquery()
    rows = db.session.execute(
        select(
            ArticleCorrespondence.change,
            ArticleCorrespondence.similarity,
            ArticleCorrespondence.old_article,
            ArticleCorrespondence.new_article,
            func.coalesce(before.text, ""),
            func.coalesce(after.text, ""),
            ruling.c.new_article,
            ruling.c.settled,
            ruling.c.actor_label,
            ruling.c.recorded_at,
            func.coalesce(ruling.c.reason, ""),
        )
        .outerjoin(
            before,
            (before.statute_version_id == ArticleCorrespondence.old_version_id)
            & (before.label == ArticleCorrespondence.old_article),
        )
        .outerjoin(
            after,
            (after.statute_version_id == ArticleCorrespondence.new_version_id)
            & (after.label == ArticleCorrespondence.new_article),
        )
        .outerjoin(
            ruling,
            (ruling.c.old_version_id == ArticleCorrespondence.old_version_id)
            & (ruling.c.new_version_id == ArticleCorrespondence.new_version_id)
            & (ruling.c.old_article == ArticleCorrespondence.old_article),
        )
        .where(
            ArticleCorrespondence.old_version_id == old_version_id,
            ArticleCorrespondence.new_version_id == new_version_id,
        )
        .order_by(ArticleCorrespondence.id),
    )
    return [ComparedArticle(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class PastArticle:
    """An article in one wording of its law; `change` and `similarity` tell how it came from the one before.

    `change` is None in the first wording that is known of it, or where the two wordings were not compared.
    """

    version_id: int
    version: date
    in_force_from: date
    label: str
    text: str
    change: ArticleChange | None
    similarity: int


def article_history(version_id: int, label: str) -> list[PastArticle]:
    """The article through the wordings of its law, the earliest first, by the comparison and people's words on it.

    Empty when the version has no such article.
    """
    ruled = {
        (row.old_version_id, row.new_version_id, row.old_article): row.new_article
        for row in db.session.scalars(
            _latest_rulings().where(CorrespondenceRuling.old_version_id.in_(_versions_beside(version_id)))
        )
    }
    forward: dict[tuple[int, str], tuple[int, str, ArticleChange, int]] = {}
    for row in db.session.scalars(
        select(ArticleCorrespondence)
        .where(ArticleCorrespondence.old_version_id.in_(_versions_beside(version_id)))
        .order_by(ArticleCorrespondence.id),
    ):
        if row.old_article is None:
            continue
        key = (row.old_version_id, row.new_version_id, row.old_article)
        successor = ruled.get(key, row.new_article)
        if successor is not None:
            forward[row.old_version_id, row.old_article] = (
                row.new_version_id,
                successor,
                row.change,
                row.similarity,
            )
    back = {(step[0], step[1]): start for start, step in forward.items()}
    first = (version_id, label)
    while first in back:
        first = back[first]
    chain: list[tuple[tuple[int, str], ArticleChange | None, int]] = [(first, None, 0)]
    while chain[-1][0] in forward:
        new_id, successor, change, similarity = forward[chain[-1][0]]
        chain.append(((new_id, successor), change, similarity))
    return _with_texts(chain)


def _with_texts(chain: list[tuple[tuple[int, str], ArticleChange | None, int]]) -> list[PastArticle]:
    rows = db.session.execute(
        select(
            StatuteVersion.id,
            Article.label,
            StatuteVersion.version,
            StatuteVersion.in_force_from,
            Article.text,
        )
        .join(Article, Article.statute_version_id == StatuteVersion.id)
        .where(
            StatuteVersion.id.in_({place[0] for place, _, _ in chain}),
            Article.label.in_({place[1] for place, _, _ in chain}),
        ),
    )
    texts = {(row.id, row.label): row for row in rows}
    return [
        PastArticle(row.id, row.version, row.in_force_from, row.label, row.text, change, similarity)
        for place, change, similarity in chain
        if (row := texts.get(place)) is not None
    ]


def _versions_beside(version_id: int) -> Select[int]:
    """The ids of all versions of the same law."""
    this = aliased(StatuteVersion)
    return (
        select(StatuteVersion.id)
        .join(this, this.statute_id == StatuteVersion.statute_id)
        .where(this.id == version_id)
    )


@dataclass(frozen=True, slots=True)
class PairCount:
    """How many articles of a compared pair changed in which way; `open` moves wait for a person."""

    old_version_id: int
    new_version_id: int
    changes: dict[ArticleChange, int]
    open: int


def compared_pairs_of(statute_id: int | None = None) -> list[PairCount]:
    """The compared pairs of wordings of a law, or of all laws, by the ids of their versions."""
    ruling = _latest_rulings().subquery()
    wanted = (
        select(
            ArticleCorrespondence.old_version_id,
            ArticleCorrespondence.new_version_id,
            ArticleCorrespondence.change,
            func.count().label("articles"),
            func.count(ruling.c.id).label("ruled"),
        )
        .outerjoin(
            ruling,
            (ruling.c.old_version_id == ArticleCorrespondence.old_version_id)
            & (ruling.c.new_version_id == ArticleCorrespondence.new_version_id)
            & (ruling.c.old_article == ArticleCorrespondence.old_article),
        )
        .group_by(
            ArticleCorrespondence.old_version_id,
            ArticleCorrespondence.new_version_id,
            ArticleCorrespondence.change,
        )
        .order_by(
            ArticleCorrespondence.old_version_id,
            ArticleCorrespondence.new_version_id,
            ArticleCorrespondence.change,
        )
    )
    if statute_id is not None:
        wanted = wanted.join(StatuteVersion, StatuteVersion.id == ArticleCorrespondence.old_version_id).where(
            StatuteVersion.statute_id == statute_id
        )
    pairs: dict[tuple[int, int], PairCount] = {}
    for row in db.session.execute(wanted):
        key = (row.old_version_id, row.new_version_id)
        pair = pairs.get(key, PairCount(*key, {}, 0))
        waiting = row.articles - row.ruled if row.change is ArticleChange.RENUMBERED else 0
        pairs[key] = PairCount(*key, {**pair.changes, row.change: row.articles}, pair.open + waiting)
    return list(pairs.values())


@dataclass(frozen=True, slots=True)
class OpenMoves:
    """A pair of neighbouring wordings with moved articles that nobody has confirmed yet."""

    law: str
    old_version_id: int
    new_version_id: int
    count: int
    since: date


def open_moves() -> list[OpenMoves]:
    """The laws whose moved articles wait for a person, those in force earliest first."""
    waiting = {(pair.old_version_id, pair.new_version_id): pair.open for pair in compared_pairs_of()}
    waiting = {pair: count for pair, count in waiting.items() if count}
    rows = db.session.execute(
        select(StatuteVersion.id, Statute.short_title, StatuteVersion.in_force_from)
        .join(Statute, Statute.id == StatuteVersion.statute_id)
        .where(StatuteVersion.id.in_({new for _, new in waiting})),
    )
    laws = {row.id: (row.short_title, row.in_force_from) for row in rows}
    found = [OpenMoves(laws[new][0], old, new, count, laws[new][1]) for (old, new), count in waiting.items()]
    return sorted(found, key=lambda moves: (moves.since, moves.law))


def _latest_rulings() -> Select[CorrespondenceRuling]:
    newer = aliased(CorrespondenceRuling)
    return select(CorrespondenceRuling).where(
        ~select(newer.id)
        .where(
            newer.old_version_id == CorrespondenceRuling.old_version_id,
            newer.new_version_id == CorrespondenceRuling.new_version_id,
            newer.old_article == CorrespondenceRuling.old_article,
            newer.id > CorrespondenceRuling.id,
        )
        .exists()
    )
