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
from core.clock import day_of
from core.db import db, transaction
from core.errors import Invalid
from core.people.models import Account
from core.people.services import add_account
from question_bank.items import queries
from question_bank.items.indexing import StoredVersion, index_versions
from question_bank.items.models import Citation, Item, ItemVersion, ReviewStep
from question_bank.items.observed import fared
from question_bank.items.rules import (
    OUTCOME,
    TRUE_FALSE_OPTIONS,
    CitationDraft,
    Difficulty,
    ItemDraft,
    ItemState,
    QuestionType,
    Step,
    item_problems,
)
from question_bank.items.services import create_item, version_values
from question_bank.statutes.models import Statute, StatuteVersion
from question_bank.statutes.queries import known_versions, version_ids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Flask

    from core.actor import Role
    from question_bank.items.difficulty import Fared
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
    if approved:
        [(item, _)] = make_items(
            [draft], code=code, reserved=reserved, author=author, reviewer=reviewer, now=now
        )
        return item, queries.latest_version(item.id)
    _make_cited([draft])
    code = create_item(draft=draft, code=code, reserved=reserved, actor=author, now=now)
    item = queries.item(code)
    return item, queries.latest_version(item.id)


def make_items(
    drafts: Sequence[ItemDraft],
    *,
    code: str = "",
    reserved: bool = False,
    author: Actor = AUTHOR,
    reviewer: Actor = REVIEWER,
    now: datetime = NOW,
) -> list[tuple[Item, ItemVersion]]:
    """Approved items with their versions, written together: most tests need many items, not their making.

    The rows are those that saving, sending to review and approving leave, without their audit.
    """
    _make_cited(drafts)
    laws = {cited.law for draft in drafts for part in (draft, *draft.questions) for cited in part.citations}
    known = known_versions(laws)
    for draft in drafts:
        if problems := item_problems(draft, known, day_of(now)):
            raise Invalid(problems)
    with transaction() as session:
        highest = session.scalar(select(func.max(Item.id))) or 0
        items = [
            Item(
                code=code or f"q-{number:05d}",
                type=draft.type,
                state=ItemState.APPROVED,
                reserved=reserved,
                created_at=now,
            )
            for number, draft in enumerate(drafts, start=highest + 1)
        ]
        session.add_all(items)
        session.flush()
        cited = version_ids(laws)
        versions = [
            [
                _version_row(item, part, part_number, cited, author=author, now=now)
                for part_number, part in enumerate((draft, *draft.questions))
            ]
            for item, draft in zip(items, drafts, strict=True)
        ]
        session.add_all([part for parts in versions for part in parts])
        session.flush()
        made = [(item, parts[0]) for item, parts in zip(items, versions, strict=True)]
        index_versions(
            [
                StoredVersion(item.id, version.id, draft)
                for (item, version), draft in zip(made, drafts, strict=True)
            ]
        )
        session.add_all(
            ReviewStep(
                item_id=item.id,
                item_version_id=version.id,
                step=step,
                state=OUTCOME[step],
                comment="",
                actor_account_id=actor.account_id,
                actor_label=actor.label,
                recorded_at=now,
            )
            for item, version in made
            for step, actor in ((Step.SAVE, author), (Step.SUBMIT, author), (Step.APPROVE, reviewer))
        )
    return made


def _version_row(
    item: Item,
    part: ItemDraft,
    part_number: int,
    cited: Mapping[tuple[str, date], int],
    *,
    author: Actor,
    now: datetime,
) -> ItemVersion:
    return ItemVersion(
        item_id=item.id,
        number=1,
        part_number=part_number,
        author_account_id=author.account_id,
        author_label=author.label,
        recorded_at=now,
        citations=[
            Citation(
                position=position,
                statute_version_id=cited[citation.law, citation.version],
                article=citation.article,
                paragraph=citation.paragraph,
            )
            for position, citation in enumerate(part.citations, start=1)
        ],
        **version_values(part),
    )


def _make_cited(drafts: Sequence[ItemDraft]) -> None:
    """The versions of the laws that the drafts cite."""
    cited = {
        (citation.law, citation.version)
        for draft in drafts
        for part in (draft, *draft.questions)
        for citation in part.citations
    }
    known = version_ids({law for law, _ in cited})
    for law, version in sorted(cited - known.keys()):
        make_statute_version(law, version)


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
