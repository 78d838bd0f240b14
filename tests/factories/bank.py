"""Statutes and items for tests, made by the real use cases."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core import clock
from core.actor import Actor
from core.auth.models import SignInSession
from core.db import db, transaction
from core.people.models import Account
from core.people.services import add_account
from question_bank.items import queries
from question_bank.items.models import Item
from question_bank.items.observed import fared
from question_bank.items.rules import (
    TRUE_FALSE_OPTIONS,
    CitationDraft,
    Difficulty,
    ItemDraft,
    ItemState,
    QuestionType,
    Step,
)
from question_bank.items.services import check_draft, create_item, insert_item, insert_step, insert_version
from question_bank.statutes.models import Statute, StatuteVersion
from question_bank.statutes.queries import version_ids

if TYPE_CHECKING:
    from flask import Flask

    from core.actor import Role
    from question_bank.items.difficulty import Fared
    from question_bank.items.models import ItemVersion
    from tests.client import SiteClient

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
AUTHOR = Actor(label="author-test", unrestricted=True)
REVIEWER = Actor(label="reviewer-test", unrestricted=True)
_serial = count(1)


def make_statute_version(
    law: str = "示例法",
    version: date = date(2020, 1, 1),
    *,
    in_force_from: date | None = None,
    in_force_until: date | None = None,
    article_count: int = 50,
    now: datetime = NOW,
) -> StatuteVersion:
    """The version of the law, in force from its own day unless told; the one there is when there is one."""
    known = db.session.scalar(
        select(StatuteVersion)
        .join(Statute, Statute.id == StatuteVersion.statute_id)
        .where(Statute.short_title == law, StatuteVersion.version == version),
    )
    if known is not None:
        return known
    with transaction() as session:
        statute = session.scalar(select(Statute).where(Statute.short_title == law))
        if statute is None:
            statute = Statute(title=f"中华人民共和国{law}", short_title=law)
            session.add(statute)
            session.flush()
        row = StatuteVersion(
            statute_id=statute.id,
            version=version,
            in_force_from=in_force_from or version,
            in_force_until=in_force_until,
            article_count=article_count,
            recorded_at=now,
        )
        session.add(row)
    return row


def make_draft(
    type: QuestionType = QuestionType.SINGLE,  # noqa: A002  the bank's own word
    key: str | None = None,
    *,
    stem: str | None = None,
    options: int = 4,
    law: str = "示例法",
    version: date = date(2020, 1, 1),
    article: str = "1",
    difficulty: Difficulty = Difficulty.MEDIUM,
    shuffle: bool = True,
) -> ItemDraft:
    """A complete draft with a stem of its own; the key is A, for 多选 AB, unless told. A case has two questions."""
    number = next(_serial)
    texts = tuple((letter, f"第 {number} 题的选项 {letter}") for letter in "ABCDEFGH"[:options])
    stem = stem or f"依照《{law}》的规定，下列说法正确的是哪一项？（第 {number} 题）"
    draft = ItemDraft(
        type=type,
        stem=stem,
        options=texts,
        answer=key or "A",
        explanation=f"《{law}》第 {article} 条。",
        difficulty=difficulty,
        citations=(CitationDraft(law, version, article),),
        shuffle=shuffle,
    )
    without = replace(draft, options=(), answer="", shuffle=False)
    match type:
        case QuestionType.MULTIPLE:
            return replace(draft, answer=key or "AB")
        case QuestionType.TRUE_FALSE:
            return replace(draft, options=TRUE_FALSE_OPTIONS, shuffle=False)
        case QuestionType.BLANK:
            stem = f"第 {number} 题：应当自受理之日起____内办结，至迟不超过____。"
            return replace(without, stem=stem, accepted=(("三十日", "30日"), ("六十日",)))
        case QuestionType.SHORT:
            return replace(without, reference="先听取意见，再作出决定。")
        case QuestionType.CASE:
            law_and_article = {"law": law, "version": version, "article": article}
            questions = (
                make_draft(**law_and_article),
                make_draft(QuestionType.TRUE_FALSE, **law_and_article),
            )
            return replace(without, questions=questions)
        case _:
            return draft


def make_item(
    type: QuestionType = QuestionType.SINGLE,  # noqa: A002  the bank's own word
    key: str | None = None,
    *,
    approved: bool = True,
    code: str = "",
    reserved: bool = False,
    author: Actor = AUTHOR,
    reviewer: Actor = REVIEWER,
    now: datetime = NOW,
    draft: ItemDraft | None = None,
    **wording: object,
) -> tuple[Item, ItemVersion]:
    """An item with its one version, approved unless told; further arguments are those of `make_draft`."""
    draft = draft or make_draft(type, key, **wording)
    for part in (draft, *draft.questions):
        for citation in part.citations:
            make_statute_version(citation.law, citation.version)
    if approved:
        code = _insert_approved(
            draft, code=code, reserved=reserved, author=author, reviewer=reviewer, now=now
        )
    else:
        code = create_item(draft=draft, code=code, reserved=reserved, actor=author, now=now)
    item = queries.item(code)
    return item, queries.latest_version(item.id)


def _insert_approved(
    draft: ItemDraft, *, code: str, reserved: bool, author: Actor, reviewer: Actor, now: datetime
) -> str:
    """Three use cases in one transaction, as the starter bank comes in: most tests need many items, not their making."""
    check_draft(draft, now=now)
    with transaction() as session:
        highest = session.scalar(select(func.max(Item.id))) or 0
        item = insert_item(draft, code=code or f"q-{highest + 1:05d}", reserved=reserved, now=now)
        cited = version_ids({cited.law for part in (draft, *draft.questions) for cited in part.citations})
        version = insert_version(item, draft, number=1, cited=cited, actor=author, now=now)
        for step, actor in ((Step.SAVE, author), (Step.SUBMIT, author), (Step.APPROVE, reviewer)):
            insert_step(version, step, actor=actor, now=now)
        item.state = ItemState.APPROVED
    return item.code


def fared_of(version: ItemVersion) -> Fared | None:
    """How a version, or a question of a case, fared in all sources; None when nobody answered it."""
    found = fared(version.item_id, version.number)
    return next((one for one in found if one.part == version.part_number), None)


def client_as(app: Flask, username: str, *roles: Role) -> SiteClient:
    """A browser in which an account of the bank is signed in; made with these roles when it is not there."""
    now = clock.now()
    for role in roles:
        add_account(
            username=username,
            role=role,
            unit_code=None,
            display_name=username,
            actor=Actor.command(),
            now=now,
        )
    sign_in_id = secrets.token_urlsafe(32)
    with transaction() as session:
        account = session.scalars(select(Account).where(Account.username == username)).one()
        account.must_change_password = False
        session.add(
            SignInSession(
                id=sign_in_id, account_id=account.id, created_at=now, last_seen_at=now, address="", browser=""
            )
        )
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = sign_in_id
    return client
