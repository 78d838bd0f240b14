"""Writing items: a new item, and a new version of one. What is stored is never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.actor import Permission
from core.audit.services import record
from core.clock import day_of
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, Problem
from question_bank.items import queries
from question_bank.items.duplicates import asked_by
from question_bank.items.indexing import StoredVersion, duplicate, index_versions
from question_bank.items.models import Citation, Item, ItemVersion, ReviewStep
from question_bank.items.rules import CODE, OUTCOME, ItemDraft, ItemState, Step, item_problems
from question_bank.items.wording import fingerprint
from question_bank.statutes.queries import known_versions, version_ids

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from core.actor import Actor


def create_item(
    *, draft: ItemDraft, code: str = "", reserved: bool = False, actor: Actor, now: datetime
) -> str:
    """Store a new item as a draft; returns its code, the next free `q-…` when none is given.

    Raises `Invalid` with every problem of the draft (also when another item asks the same), `Conflict` when
    the code is taken.
    """
    _require_author(actor)
    if code and not CODE.fullmatch(code):
        raise Invalid.one("code", "编号只用小写字母、数字和连字符，不超过 40 个字符。", "code")
    check_draft(draft, now=now)
    try:
        with transaction():
            row = insert_item(draft, code=code or _next_code(), reserved=reserved, now=now)
            version = insert_version(row, draft, number=1, cited=_cited(draft), actor=actor, now=now)
            insert_step(version, Step.SAVE, actor=actor, now=now)
            record("create-item", "item", row.code, actor=actor, now=now, version=1, reserved=reserved)
    except IntegrityError as error:
        raise Conflict("这个编号已经有试题使用，请换一个再保存。", code="code_taken") from error
    return row.code


def revise_item(*, item_id: int, base: int, draft: ItemDraft, actor: Actor, now: datetime) -> int:
    """Add a version to an item; returns its number. `base` is the number of the version that was edited.

    The version approved before stays in use until the new one is approved; a suspended item stays suspended. Raises `Conflict` when somebody
    else has added a version meanwhile or the item is retired, `Invalid` for problems of the draft and when
    nothing changed.
    """
    _require_author(actor)
    check_draft(draft, item_id=item_id, now=now)
    with transaction():
        row = queries.locked_item(item_id)
        latest = queries.latest_version(item_id)
        if row.state is ItemState.RETIRED:
            raise Conflict("试题已停用，不能修改。", code="retired")
        if latest.number != base:
            raise Conflict(
                f"您编辑期间，{latest.author_label} 已保存了第 {latest.number} 版。没有保存，请核对差别后再保存。",
                code="newer_version",
            )
        if draft.type is not row.type:
            raise Invalid.one("type", "题型不能修改，请另建试题。", "type")
        if draft == queries.draft_of(latest):
            raise Invalid.one("unchanged", "内容没有改动，未保存新版本。")
        version = insert_version(row, draft, number=base + 1, cited=_cited(draft), actor=actor, now=now)
        insert_step(version, Step.SAVE, actor=actor, now=now)
        row.state = ItemState.DRAFT
        record("revise-item", "item", row.code, actor=actor, now=now, version=version.number)
    return version.number


def check_draft(draft: ItemDraft, *, item_id: int | None = None, now: datetime) -> None:
    """Raise `Invalid` with every problem of a draft on that day; `item_id` is the item that it revises."""
    problems = draft_problems(draft, item_id=item_id, now=now)
    if problems:
        raise Invalid(problems)


def draft_problems(draft: ItemDraft, *, item_id: int | None = None, now: datetime) -> list[Problem]:
    """Every problem of a draft on that day; among them that another item asks the same."""
    known = known_versions(_laws(draft))
    problems = item_problems(draft, known, day_of(now))
    twin = asked_by([fingerprint(draft)]).get(fingerprint(draft))
    if twin is not None and twin != (queries.code_of(item_id) if item_id else None):
        problems.append(duplicate(twin))
    return problems


def insert_item(
    draft: ItemDraft, *, code: str, published: bool = False, reserved: bool = False, now: datetime
) -> Item:
    """The row of a new item; inside the use case's transaction."""
    row = Item(
        code=code,
        type=draft.type,
        state=ItemState.DRAFT,
        published=published,
        reserved=reserved,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row


def insert_version(
    row: Item,
    draft: ItemDraft,
    *,
    number: int,
    cited: Mapping[tuple[str, date], int],
    actor: Actor,
    now: datetime,
) -> ItemVersion:
    """The rows of a version that has passed `item_problems`; inside the use case's transaction.

    Returns the row of the whole item; each question of a case has one of its own. `cited` are the ids of the
    law versions by (short title, version). Raises `Invalid` when another item asks the same.
    """
    parts = [
        ItemVersion(
            item_id=row.id,
            number=number,
            part_number=part_number,
            author_account_id=actor.account_id,
            author_label=actor.label,
            recorded_at=now,
            citations=_citation_rows(part, cited),
            **version_values(part),
        )
        for part_number, part in enumerate((draft, *draft.questions))
    ]
    db.session.add_all(parts)
    db.session.flush()
    index_versions([StoredVersion(row.id, parts[0].id, draft)])
    return parts[0]


def version_values(draft: ItemDraft) -> dict[str, Any]:
    """The columns of `ItemVersion` that hold what the draft says; its questions and citations are rows of their own."""
    return {
        "type": draft.type,
        "stem": draft.stem,
        "options": [[letter, text] for letter, text in draft.options],
        "answer": draft.answer,
        "accepted": [list(texts) for texts in draft.accepted],
        "reference": draft.reference,
        "explanation": draft.explanation,
        "difficulty": draft.difficulty,
        "part": draft.part,
        "families": [family.value for family in draft.families],
        "shuffle": draft.shuffle,
        "fingerprint": fingerprint(draft),
    }


def _citation_rows(draft: ItemDraft, cited: Mapping[tuple[str, date], int]) -> list[Citation]:
    return [
        Citation(
            position=position,
            statute_version_id=cited[citation.law, citation.version],
            article=citation.article,
            paragraph=citation.paragraph,
        )
        for position, citation in enumerate(draft.citations, start=1)
    ]


def insert_step(
    version: ItemVersion, step: Step, *, comment: str = "", actor: Actor, now: datetime
) -> ReviewStep:
    """The row of a step; inside the use case's transaction. `version` is the row of the whole item."""
    row = ReviewStep(
        item_id=version.item_id,
        item_version_id=version.id,
        step=step,
        state=OUTCOME[step],
        comment=comment,
        actor_account_id=actor.account_id,
        actor_label=actor.label,
        recorded_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _cited(draft: ItemDraft) -> dict[tuple[str, date], int]:
    return version_ids(_laws(draft))


def _laws(draft: ItemDraft) -> set[str]:
    return {cited.law for part in (draft, *draft.questions) for cited in part.citations}


def _next_code() -> str:
    highest = db.session.scalar(select(func.max(Item.id))) or 0
    return f"q-{highest + 1:05d}"


def _require_author(actor: Actor) -> None:
    if not actor.may(Permission.AUTHOR_ITEMS):
        raise NotAllowed("您没有编写试题的权限。")
