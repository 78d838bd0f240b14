from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    false,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, remote

from core.append_only import RowGuard
from core.db import Base, BigId
from question_bank.items.rules import Difficulty, ItemState, QuestionType, Step
from question_bank.statutes.models import StatuteVersion


class Item(Base):
    """A question through all its versions. `code` is what people call it, such as xzcf-001.

    `published`: the key can be read by anyone. `reserved`: kept for sessions, never shown in practice.
    """

    __tablename__ = "item"
    __table_args__ = (
        Index(None, "state"),
        {"info": {"guard": RowGuard(fixed=("id", "code", "type", "created_at"))}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    type: Mapped[QuestionType]
    state: Mapped[ItemState]
    published: Mapped[bool] = mapped_column(default=False)
    reserved: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]


class ItemVersion(Base):
    """One wording of an item, or of a question of a case; never changed. A sat paper points here.

    `part_number` is 0 for the whole item and 1, 2 … for the questions of a 案例分析, in their order; the row of
    the whole holds the material as its stem, and review steps refer to it alone. `options` is a list of
    [letter, text] in the author's order, `answer` the letters of the key sorted, `accepted` for each blank of
    a 填空题 the texts that count, `reference` the answer to a 简答题, `families` values of `UnitFamily`.
    """

    __tablename__ = "item_version"
    __table_args__ = (
        UniqueConstraint("item_id", "number", "part_number"),
        Index(None, "fingerprint"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    number: Mapped[int]
    part_number: Mapped[int] = mapped_column(default=0)
    type: Mapped[QuestionType]
    stem: Mapped[str] = mapped_column(Text)
    options: Mapped[list[list[str]]] = mapped_column(JSON)
    answer: Mapped[str] = mapped_column(String(10))
    accepted: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    reference: Mapped[str] = mapped_column(Text, default="")
    explanation: Mapped[str] = mapped_column(Text)
    difficulty: Mapped[Difficulty]
    part: Mapped[str] = mapped_column(String(20))
    families: Mapped[list[str]] = mapped_column(JSON, default=list)
    shuffle: Mapped[bool]
    fingerprint: Mapped[str] = mapped_column(String(64))
    author_account_id: Mapped[int | None] = mapped_column(BigId)
    author_label: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]

    item: Mapped[Item] = relationship(lazy="raise")
    citations: Mapped[list[Citation]] = relationship(order_by="Citation.position", lazy="raise")
    questions: Mapped[list[ItemVersion]] = relationship(
        primaryjoin=lambda: and_(
            ItemVersion.item_id == foreign(remote(ItemVersion.item_id)),
            ItemVersion.number == foreign(remote(ItemVersion.number)),
            ItemVersion.part_number == 0,
            remote(ItemVersion.part_number) > 0,
        ),
        order_by=lambda: ItemVersion.part_number,
        uselist=True,
        viewonly=True,
        lazy="raise",
    )


class Citation(Base):
    """The article on which a version of an item rests; the first one names the law that it counts for."""

    __tablename__ = "citation"
    __table_args__ = (Index(None, "statute_version_id", "article"), {"info": {"append_only": True}})

    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    statute_version_id: Mapped[int] = mapped_column(ForeignKey("statute_version.id"))
    article: Mapped[str] = mapped_column(String(20))
    paragraph: Mapped[int | None]

    statute_version: Mapped[StatuteVersion] = relationship(lazy="raise")


class Wording(Base):
    """What an item asks, or asked in an earlier version, by its fingerprint: no two items ask the same.

    Gone when the item is retired.
    """

    __tablename__ = "wording"
    __table_args__ = (Index(None, "item_id"),)

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))


class LikenessKey(Base):
    """A key under which a version is found by questions much like it (`question_bank.items.likeness`)."""

    __tablename__ = "likeness_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    item_version_id: Mapped[int] = mapped_column(
        ForeignKey("item_version.id"), primary_key=True, autoincrement=False
    )


class UnindexedVersion(Base):
    """A version whose likeness keys are still to be made: those of an import follow it in small portions."""

    __tablename__ = "unindexed_version"

    item_version_id: Mapped[int] = mapped_column(
        ForeignKey("item_version.id"), primary_key=True, autoincrement=False
    )


class ReviewStep(Base):
    """What was done with a version of an item, and what it came to."""

    __tablename__ = "review_step"
    __table_args__ = (Index(None, "item_id", "id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    step: Mapped[Step]
    state: Mapped[ItemState]
    comment: Mapped[str] = mapped_column(Text, default="")
    actor_account_id: Mapped[int | None] = mapped_column(BigId)
    actor_label: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class CitationConfirmation(Base):
    """A reviewer's word that an item version holds under an article of a later wording of a law that it cites.

    The citation itself stays as it was written; of several words on one later wording the latest counts.
    """

    __tablename__ = "citation_confirmation"
    __table_args__ = (Index(None, "item_version_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    position: Mapped[int]
    statute_version_id: Mapped[int] = mapped_column(ForeignKey("statute_version.id"))
    article: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    actor_account_id: Mapped[int | None] = mapped_column(BigId)
    actor_label: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class EnemyPair(Base):
    """Two items that may never be in one paper: one gives the other's key away, or both ask for one thing.

    A pair that was undone keeps its row, with who undid it and when: loading the shipped pairs again leaves it so.
    """

    __tablename__ = "enemy_pair"
    __table_args__ = (Index(None, "enemy_id"), CheckConstraint("item_id < enemy_id", name="ordered"))

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    enemy_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(400))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None] = mapped_column(String(64))


class ItemObservation(Base):
    """How a version fared in one source, such as a session: of `answered` answers `correct` were right.

    Of several observations from one source the latest counts: a regrading records the new figures.
    """

    __tablename__ = "item_observation"
    __table_args__ = (
        Index(None, "item_version_id", "source", "id"),
        CheckConstraint("correct BETWEEN 0 AND answered", name="share"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    source: Mapped[str] = mapped_column(String(80))
    answered: Mapped[int]
    correct: Mapped[int]
    recorded_at: Mapped[datetime]
