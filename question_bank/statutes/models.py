from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, BigId
from question_bank.statutes.comparison import ArticleChange


class Statute(Base):
    """A law or regulation, whatever its wording; `short_title` is how questions cite it."""

    __tablename__ = "statute"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    short_title: Mapped[str] = mapped_column(String(100), unique=True)


class StatuteVersion(Base):
    """A wording of a statute: passed on `version`, in force from `in_force_from` until `in_force_until` (exclusive).

    `article_count` counts the numbered articles, without those inserted as 之一. `repealed`: the law ended with
    this wording.
    """

    __tablename__ = "statute_version"
    __table_args__ = (UniqueConstraint("statute_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    statute_id: Mapped[int] = mapped_column(ForeignKey("statute.id"))
    version: Mapped[date]
    in_force_from: Mapped[date]
    in_force_until: Mapped[date | None]
    article_count: Mapped[int]
    repealed: Mapped[bool] = mapped_column(default=False, server_default=false())
    recorded_at: Mapped[datetime]

    statute: Mapped[Statute] = relationship(lazy="raise")


class Article(Base):
    """One article of one version; `label` is its number as cited: "36", "120之一"."""

    __tablename__ = "article"
    __table_args__ = (UniqueConstraint("statute_version_id", "label"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    statute_version_id: Mapped[int] = mapped_column(ForeignKey("statute_version.id"))
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(20))
    heading: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)


class ArticleCorrespondence(Base):
    """What the comparison of two wordings found for an article: `question_bank.statutes.comparison`, as recorded.

    `old_article` is NULL for a new article, `new_article` for one that is gone; `similarity` in hundredths.
    """

    __tablename__ = "article_correspondence"
    __table_args__ = (
        UniqueConstraint("old_version_id", "new_version_id", "old_article"),
        UniqueConstraint("old_version_id", "new_version_id", "new_article"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    old_version_id: Mapped[int] = mapped_column(ForeignKey("statute_version.id"))
    old_article: Mapped[str | None] = mapped_column(String(20))
    new_version_id: Mapped[int] = mapped_column(ForeignKey("statute_version.id"))
    new_article: Mapped[str | None] = mapped_column(String(20))
    change: Mapped[ArticleChange]
    similarity: Mapped[int]
    recorded_at: Mapped[datetime]


class CorrespondenceRuling(Base):
    """A person's word on where an article went; the latest one counts. `new_article` NULL: it did not go on.

    `settled`: it only moved, so that citations pass; otherwise its substance changed and each item is looked at.
    """

    __tablename__ = "correspondence_ruling"
    __table_args__ = (
        Index(None, "old_version_id", "new_version_id", "old_article"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    old_version_id: Mapped[int] = mapped_column(ForeignKey("statute_version.id"))
    old_article: Mapped[str] = mapped_column(String(20))
    new_version_id: Mapped[int] = mapped_column(ForeignKey("statute_version.id"))
    new_article: Mapped[str | None] = mapped_column(String(20))
    settled: Mapped[bool] = mapped_column(default=True, server_default=true())
    reason: Mapped[str] = mapped_column(Text, default="")
    actor_account_id: Mapped[int | None] = mapped_column(BigId)
    actor_label: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
