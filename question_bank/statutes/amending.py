"""Writing what an amendment did: the comparison of two wordings, and people's words on it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from sqlalchemy import insert, select
from sqlalchemy.orm import aliased

from core.actor import Permission
from core.audit.services import record
from core.db import db, transaction
from core.errors import Invalid, NotAllowed, NotFound, Problem
from question_bank.statutes.comparison import ArticleChange, compare
from question_bank.statutes.models import (
    Article,
    ArticleCorrespondence,
    CorrespondenceRuling,
    Statute,
    StatuteVersion,
)
from question_bank.statutes.rules import article_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from core.actor import Actor
    from question_bank.statutes.comparison import Correspondence
    from question_bank.statutes.rules import KnownVersion

    Pair = tuple[date, date]

LONGEST_REASON = 2000


def compared_pairs(laws: Iterable[str]) -> dict[str, set[Pair]]:
    """Which wordings of the laws are compared already, by short title, each pair by its versions."""
    old, new = aliased(StatuteVersion), aliased(StatuteVersion)
    rows = db.session.execute(
        select(Statute.short_title, old.version, new.version)
        .select_from(ArticleCorrespondence)
        .join(old, old.id == ArticleCorrespondence.old_version_id)
        .join(new, new.id == ArticleCorrespondence.new_version_id)
        .join(Statute, Statute.id == old.statute_id)
        .where(Statute.short_title.in_(set(laws)))
        .distinct(),
    )
    pairs: dict[str, set[Pair]] = {}
    for law, before, after in rows:
        pairs.setdefault(law, set()).add((before, after))
    return pairs


def comparisons(
    versions: Iterable[KnownVersion], texts: Mapping[date, Mapping[str, str]], done: set[Pair]
) -> dict[Pair, tuple[Correspondence, ...]]:
    """The comparisons that are due for a law: of neighbours in time whose texts are both there.

    `texts` are by version and label in the law's order; pairs that are `done` are left out.
    """
    order = [version.version for version in sorted(versions, key=lambda v: (v.in_force_from, v.version))]
    return {
        (old, new): compare(texts[old], texts[new])
        for old, new in pairwise(order)
        if (old, new) not in done and old in texts and new in texts
    }


def insert_comparisons(
    found: Mapping[Pair, tuple[Correspondence, ...]], ids: Mapping[date, int], *, now: datetime
) -> None:
    """The rows of comparisons of a law; inside the use case's transaction. `ids` are those of the versions."""
    rows = [
        {
            "old_version_id": ids[old],
            "old_article": row.old,
            "new_version_id": ids[new],
            "new_article": row.new,
            "change": row.change,
            "similarity": row.similarity,
            "recorded_at": now,
        }
        for (old, new), correspondences in found.items()
        for row in correspondences
    ]
    if rows:
        db.session.execute(insert(ArticleCorrespondence), rows)


def rule_on_renumbered(
    *,
    old_version_id: int,
    new_version_id: int,
    articles: Sequence[str],
    settled: bool,
    actor: Actor,
    now: datetime,
) -> int:
    """Say of articles that they are what the comparison proposes: only moved (`settled`), or moved and reworded.

    What cites those that only moved passes to the later wording; what cites the others is looked at item by item.
    Returns how many words are new; what was said before in the same sense is left alone. Raises `Invalid` naming
    every article for which no move is proposed.
    """
    _require(actor)
    if not articles:
        raise Invalid.one("articles", "请至少选择一条。")
    with transaction():
        proposed = _proposed(old_version_id, new_version_id)
        problems = [
            Problem("not_renumbered", f"比对没有发现{article_words(label)}变更条号，请刷新后重试。")
            for label in articles
            if label not in proposed
        ]
        if problems:
            raise Invalid(problems)
        said = _rulings(old_version_id, new_version_id)
        wanted = {
            label: proposed[label]
            for label in dict.fromkeys(articles)
            if said.get(label) != (proposed[label], settled)
        }
        for label, successor in wanted.items():
            db.session.add(
                CorrespondenceRuling(
                    old_version_id=old_version_id,
                    old_article=label,
                    new_version_id=new_version_id,
                    new_article=successor,
                    settled=settled,
                    actor_account_id=actor.account_id,
                    actor_label=actor.label,
                    recorded_at=now,
                )
            )
        if wanted:
            record(
                "rule-on-renumbered",
                "statute-version",
                new_version_id,
                actor=actor,
                now=now,
                old_version=old_version_id,
                articles=wanted,
                settled=settled,
            )
    return len(wanted)


def correct_renumbered(
    *,
    old_version_id: int,
    new_version_id: int,
    article: str,
    new_article: str | None,
    settled: bool,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Say otherwise than the comparison where an article went: another number, or None, it did not go on.

    `settled` as in `rule_on_renumbered`. Raises `Invalid` when no move was proposed for it, when the later wording
    has no such article, or without a reason.
    """
    _require(actor)
    if not reason.strip():
        raise Invalid.one("reason", "请写明更正的理由。", "reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid.one("reason", f"理由不超过 {LONGEST_REASON} 个字。", "reason")
    with transaction() as session:
        if article not in _proposed(old_version_id, new_version_id):
            message = f"比对没有发现{article_words(article)}变更条号，不能在此更正。"
            raise Invalid.one("not_renumbered", message)
        if new_article is not None and not session.scalar(
            select(Article.id).where(
                Article.statute_version_id == new_version_id, Article.label == new_article
            )
        ):
            raise Invalid.one("article", f"新版没有{article_words(new_article)}，请核对条号。", "new_article")
        session.add(
            CorrespondenceRuling(
                old_version_id=old_version_id,
                old_article=article,
                new_version_id=new_version_id,
                new_article=new_article,
                settled=settled and new_article is not None,
                reason=reason.strip(),
                actor_account_id=actor.account_id,
                actor_label=actor.label,
                recorded_at=now,
            )
        )
        record(
            "correct-renumbered",
            "statute-version",
            new_version_id,
            actor=actor,
            now=now,
            old_version=old_version_id,
            article=article,
            new_article=new_article,
            settled=settled,
            reason=reason.strip(),
        )


def _proposed(old_version_id: int, new_version_id: int) -> dict[str, str]:
    """The moves that the comparison proposes; held against a second person until the transaction ends.

    Raises `NotFound` when the two were not compared.
    """
    compared = db.session.scalar(
        select(ArticleCorrespondence.id)
        .where(
            ArticleCorrespondence.old_version_id == old_version_id,
            ArticleCorrespondence.new_version_id == new_version_id,
        )
        .limit(1)
    )
    if compared is None:
        raise NotFound("这两个版本没有比对记录。")
    db.session.get(StatuteVersion, new_version_id, with_for_update=True)
    rows = db.session.execute(
        select(ArticleCorrespondence.old_article, ArticleCorrespondence.new_article).where(
            ArticleCorrespondence.old_version_id == old_version_id,
            ArticleCorrespondence.new_version_id == new_version_id,
            ArticleCorrespondence.change == ArticleChange.RENUMBERED,
        )
    )
    return {old: new for old, new in rows if old is not None and new is not None}


def _rulings(old_version_id: int, new_version_id: int) -> dict[str, tuple[str | None, bool]]:
    """People's latest words on the pair: the successor and whether it only moved, by old article."""
    rows = db.session.execute(
        select(
            CorrespondenceRuling.old_article, CorrespondenceRuling.new_article, CorrespondenceRuling.settled
        )
        .where(
            CorrespondenceRuling.old_version_id == old_version_id,
            CorrespondenceRuling.new_version_id == new_version_id,
        )
        .order_by(CorrespondenceRuling.id)
    )
    return {row.old_article: (row.new_article, row.settled) for row in rows}


def _require(actor: Actor) -> None:
    if not actor.may(Permission.REVIEW_ITEMS):
        raise NotAllowed("您没有认定条号变动的权限。")
