"""Reads of statutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.db import db
from question_bank.statutes.models import Article, Statute, StatuteVersion
from question_bank.statutes.rules import KnownVersion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


def known_versions(laws: Iterable[str]) -> dict[tuple[str, date], KnownVersion]:
    """Every version of the laws, given by their short titles, by (short title, version)."""
    versions = db.session.execute(
        select(Statute.short_title, StatuteVersion)
        .join(StatuteVersion, StatuteVersion.statute_id == Statute.id)
        .where(Statute.short_title.in_(set(laws))),
    ).all()
    labels: dict[int, set[str]] = {}
    for version_id, label in db.session.execute(
        select(Article.statute_version_id, Article.label).where(
            Article.statute_version_id.in_([row.StatuteVersion.id for row in versions]),
        ),
    ):
        labels.setdefault(version_id, set()).add(label)
    return {
        (short_title, version.version): KnownVersion(
            law=short_title,
            version=version.version,
            in_force_from=version.in_force_from,
            in_force_until=version.in_force_until,
            article_count=version.article_count,
            articles=frozenset(labels[version.id]) if version.id in labels else None,
        )
        for short_title, version in versions
    }


def version_ids(laws: Iterable[str]) -> dict[tuple[str, date], int]:
    """The ids of every version of the laws, by (short title, version)."""
    rows = db.session.execute(
        select(Statute.short_title, StatuteVersion.version, StatuteVersion.id)
        .join(StatuteVersion, StatuteVersion.statute_id == Statute.id)
        .where(Statute.short_title.in_(set(laws))),
    )
    return {(row.short_title, row.version): row.id for row in rows}


def article_texts(laws: Iterable[str]) -> dict[tuple[str, date], dict[str, str]]:
    """The loaded texts of the laws, by (short title, version), then by label; versions without text are absent."""
    texts: dict[tuple[str, date], dict[str, str]] = {}
    for short_title, version, label, text in db.session.execute(
        select(Statute.short_title, StatuteVersion.version, Article.label, Article.text)
        .join(StatuteVersion, StatuteVersion.statute_id == Statute.id)
        .join(Article, Article.statute_version_id == StatuteVersion.id)
        .where(Statute.short_title.in_(set(laws))),
    ):
        texts.setdefault((short_title, version), {})[label] = text
    return texts
