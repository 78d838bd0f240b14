"""Writing items: a new item, and a new version of one. What is stored is never changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.actor import Permission
from core.audit.services import record
from core.clock import day_of
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, Problem
from question_bank.items import queries
from question_bank.items.models import Citation, Item, ItemVersion, ReviewStep
from question_bank.items.rules import ItemDraft, ItemState, fingerprint, item_problems
from question_bank.statutes.queries import known_versions, version_ids

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from core.actor import Actor

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def create_item(*, draft: ItemDraft, code: str = "", actor: Actor, now: datetime) -> str:
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
            row = insert_item(draft, code=code or _next_code(), now=now)
            version = insert_version(row, draft, number=1, cited=_cited(draft), actor=actor, now=now)
            insert_step(version, ItemState.DRAFT, actor=actor, now=now)
            record("create-item", "item", row.code, actor=actor, now=now, version=1)
    except IntegrityError as error:
        raise Conflict("这个编号已经有试题使用，请换一个再保存。", code="code_taken") from error
    return row.code


def revise_item(*, item_id: int, base: int, draft: ItemDraft, actor: Actor, now: datetime) -> int:
    """Add a version to an item; returns its number. `base` is the number of the version that was edited.

    The version approved before stays in use until the new one is approved. Raises `Conflict` when somebody
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
                f"您编辑期间，{latest.author_label} 已保存了第 {latest.number} 版。请打开最新版本再修改。",
                code="newer_version",
            )
        if draft.type is not row.type:
            raise Invalid.one("type", "题型不能修改，请另建试题。", "type")
        if draft == queries.draft_of(latest, row):
            raise Invalid.one("unchanged", "内容没有改动，未保存新版本。")
        version = insert_version(row, draft, number=base + 1, cited=_cited(draft), actor=actor, now=now)
        insert_step(version, ItemState.DRAFT, actor=actor, now=now)
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
    known = known_versions(citation.law for citation in draft.citations)
    problems = item_problems(draft, known, day_of(now))
    twin = queries.same_question(fingerprint(draft.stem, draft.options), except_item_id=item_id)
    if twin is not None:
        problems.append(
            Problem("duplicate", f"与试题 {twin} 的题干和选项相同，不能重复入库。", "stem", {"code": twin})
        )
    return problems


def insert_item(draft: ItemDraft, *, code: str, published: bool = False, now: datetime) -> Item:
    """The row of a new item; inside the use case's transaction."""
    row = Item(code=code, type=draft.type, state=ItemState.DRAFT, published=published, created_at=now)
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

    `cited` are the ids of the law versions by (short title, version).
    """
    version = ItemVersion(
        item_id=row.id,
        number=number,
        stem=draft.stem,
        options=[[letter, text] for letter, text in draft.options],
        answer=draft.answer,
        explanation=draft.explanation,
        difficulty=draft.difficulty,
        part=draft.part,
        shuffle=draft.shuffle,
        fingerprint=fingerprint(draft.stem, draft.options),
        author_account_id=actor.account_id,
        author_label=actor.label,
        recorded_at=now,
    )
    version.citations = [
        Citation(
            position=position,
            statute_version_id=cited[citation.law, citation.version],
            article=citation.article,
            paragraph=citation.paragraph,
        )
        for position, citation in enumerate(draft.citations, start=1)
    ]
    db.session.add(version)
    db.session.flush()
    return version


def insert_step(
    version: ItemVersion, state: ItemState, *, comment: str = "", actor: Actor, now: datetime
) -> ReviewStep:
    """The row of a step of review; inside the use case's transaction."""
    step = ReviewStep(
        item_id=version.item_id,
        item_version_id=version.id,
        state=state,
        comment=comment,
        actor_account_id=actor.account_id,
        actor_label=actor.label,
        recorded_at=now,
    )
    db.session.add(step)
    db.session.flush()
    return step


def _cited(draft: ItemDraft) -> dict[tuple[str, date], int]:
    return version_ids(citation.law for citation in draft.citations)


def _next_code() -> str:
    highest = db.session.scalar(select(func.max(Item.id))) or 0
    return f"q-{highest + 1:05d}"


def _require_author(actor: Actor) -> None:
    if not actor.may(Permission.AUTHOR_ITEMS):
        raise NotAllowed("您没有编写试题的权限。")
