"""Reads of statutes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.db import db
from core.errors import NotFound
from question_bank.statutes.models import Article, Statute, StatuteVersion
from question_bank.statutes.rules import KnownVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from sqlalchemy import Select


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
            repealed=version.repealed,
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
    """The loaded texts of the laws, by (short title, version), then by label in the law's order.

    Versions without text are absent.
    """
    texts: dict[tuple[str, date], dict[str, str]] = {}
    for short_title, version, label, text in db.session.execute(
        select(Statute.short_title, StatuteVersion.version, Article.label, Article.text)
        .join(StatuteVersion, StatuteVersion.statute_id == Statute.id)
        .join(Article, Article.statute_version_id == StatuteVersion.id)
        .where(Statute.short_title.in_(set(laws)))
        .order_by(Article.statute_version_id, Article.position, Article.id),
    ):
        texts.setdefault((short_title, version), {})[label] = text
    return texts


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a law for lists; `loaded` tells whether its text is there."""

    id: int
    law: str
    title: str
    version: date
    in_force_from: date
    in_force_until: date | None
    article_count: int
    repealed: bool
    statute_id: int
    loaded: bool

    def state(self, on: date) -> str:
        """ "coming", "in_force" or "ended" on that day."""
        if on < self.in_force_from:
            return "coming"
        return "in_force" if self.in_force_until is None or on < self.in_force_until else "ended"


def versions(text: str = "") -> list[VersionRow]:
    """The versions of the laws whose title contains the text, by law, the latest first."""
    wanted = _version_rows().where(
        Statute.title.contains(text, autoescape=True) | Statute.short_title.contains(text, autoescape=True),
    )
    rows = [VersionRow(*row) for row in db.session.execute(wanted)]
    return sorted(sorted(rows, key=lambda row: row.in_force_from, reverse=True), key=lambda row: row.law)


@dataclass(frozen=True, slots=True)
class LawRow:
    """A law for lists: its versions, the latest first, and which of them is in force and which is to come."""

    statute_id: int
    law: str
    title: str
    versions: tuple[VersionRow, ...]
    in_force: VersionRow | None
    coming: VersionRow | None


def laws(text: str, on: date) -> list[LawRow]:
    """The laws whose title contains the text, by short title; `on` decides what is in force."""
    return [_law_row(list(group), on) for _, group in groupby(versions(text), key=lambda row: row.law)]


def law_row(statute_id: int, on: date) -> LawRow:
    """One law; raises `NotFound`."""
    rows = [VersionRow(*row) for row in db.session.execute(_version_rows().where(Statute.id == statute_id))]
    if not rows:
        raise NotFound("没有这部法规。")
    return _law_row(sorted(rows, key=lambda row: row.in_force_from, reverse=True), on)


def _law_row(rows: Sequence[VersionRow], on: date) -> LawRow:
    return LawRow(
        rows[0].statute_id,
        rows[0].law,
        rows[0].title,
        tuple(rows),
        next((row for row in rows if row.state(on) == "in_force"), None),
        next((row for row in reversed(rows) if row.state(on) == "coming"), None),
    )


def version_row(version_id: int) -> VersionRow:
    """One version; raises `NotFound`."""
    row = db.session.execute(_version_rows().where(StatuteVersion.id == version_id)).first()
    if row is None:
        raise NotFound("没有这部法规的这一版本。")
    return VersionRow(*row)


def _version_rows() -> Select[int, str, str, date, date, date | None, int, bool, int, bool]:
    loaded = select(Article.id).where(Article.statute_version_id == StatuteVersion.id).exists()
    return select(
        StatuteVersion.id,
        Statute.short_title,
        Statute.title,
        StatuteVersion.version,
        StatuteVersion.in_force_from,
        StatuteVersion.in_force_until,
        StatuteVersion.article_count,
        StatuteVersion.repealed,
        StatuteVersion.statute_id,
        loaded,
    ).join(Statute, Statute.id == StatuteVersion.statute_id)


def articles(version_id: int) -> Sequence[Article]:
    """The articles of a version in order; none when its text is not loaded."""
    return db.session.scalars(
        select(Article)
        .where(Article.statute_version_id == version_id)
        .order_by(Article.position, Article.id),
    ).all()


def articles_by_label(version_id: int) -> dict[str, Article]:
    """The articles of a version by label, in order; empty when its text is not loaded."""
    return {article.label: article for article in articles(version_id)}


@dataclass(frozen=True, slots=True)
class CitedText:
    """An article's text as it is shown beside an item; `text` is None when it is not loaded."""

    version_id: int
    in_force_from: date
    in_force_until: date | None
    heading: str
    text: str | None


def cited_texts(cited: Collection[tuple[str, date, str]]) -> dict[tuple[str, date, str], CitedText]:
    """The texts of articles given as (short title, version, label); unknown versions are absent."""
    labels = {label for _, _, label in cited}
    rows = db.session.execute(
        select(Statute.short_title, StatuteVersion, Article)
        .join(StatuteVersion, StatuteVersion.statute_id == Statute.id)
        .outerjoin(Article, (Article.statute_version_id == StatuteVersion.id) & Article.label.in_(labels))
        .where(Statute.short_title.in_({law for law, _, _ in cited})),
    ).all()
    versions_found = {(law, version.version): version for law, version, _ in rows}
    texts = {(law, version.version, article.label): article for law, version, article in rows if article}
    return {
        (law, day, label): CitedText(
            version.id,
            version.in_force_from,
            version.in_force_until,
            article.heading if article else "",
            article.text if article else None,
        )
        for law, day, label in cited
        if (version := versions_found.get((law, day)))
        for article in [texts.get((law, day, label))]
    }


def short_titles() -> list[str]:
    """The short titles of all laws."""
    return sorted(db.session.scalars(select(Statute.short_title)))


def short_titles_of(names: Collection[str]) -> dict[str, str]:
    """The short titles of laws that are named by title or short title, by that name."""
    rows = db.session.execute(
        select(Statute.title, Statute.short_title).where(
            Statute.title.in_(names) | Statute.short_title.in_(names),
        ),
    ).all()
    return {row.title: row.short_title for row in rows} | {short: short for _, short in rows}


def versions_in_force(laws: Collection[str], on: date) -> dict[str, date]:
    """For each of the laws, by short title, the version in force on the day; absent when there is none."""
    rows = db.session.execute(
        select(Statute.short_title.label("law"), func.max(StatuteVersion.version).label("latest"))
        .join(StatuteVersion, StatuteVersion.statute_id == Statute.id)
        .where(
            Statute.short_title.in_(laws),
            StatuteVersion.in_force_from <= on,
            StatuteVersion.in_force_until.is_(None) | (StatuteVersion.in_force_until > on),
        )
        .group_by(Statute.short_title),
    )
    return {row.law: row.latest for row in rows}
