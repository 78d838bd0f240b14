from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, BigId


class Statute(Base):
    """A law or regulation, whatever its wording; `short_title` is how questions cite it."""

    __tablename__ = "statute"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    short_title: Mapped[str] = mapped_column(String(100), unique=True)


class StatuteVersion(Base):
    """A wording of a statute: passed on `version`, in force from `in_force_from` until `in_force_until` (exclusive).

    `article_count` counts the numbered articles, without those inserted as 之一.
    """

    __tablename__ = "statute_version"
    __table_args__ = (UniqueConstraint("statute_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    statute_id: Mapped[int] = mapped_column(ForeignKey("statute.id"))
    version: Mapped[date]
    in_force_from: Mapped[date]
    in_force_until: Mapped[date | None]
    article_count: Mapped[int]
    recorded_at: Mapped[datetime]

    statute: Mapped[Statute] = relationship(lazy="raise")


class Article(Base):
    """One article of one version; `label` is its number as cited: "36", "120之一"."""

    __tablename__ = "article"
    __table_args__ = (UniqueConstraint("statute_version_id", "label"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    statute_version_id: Mapped[int] = mapped_column(ForeignKey("statute_version.id"))
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(20))
    heading: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
