"""A reviewer's word on an item that an amendment touched. Each is a row of its own; the citation stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Permission
from core.audit.services import record
from core.clock import day_of
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from question_bank.amendments.queries import author_of, touched
from question_bank.items.models import CitationConfirmation, ItemVersion
from question_bank.items.queries import locked_item
from question_bank.review.rules import Person, may_judge
from question_bank.statutes.queries import known_versions
from question_bank.statutes.rules import article_words

if TYPE_CHECKING:
    from datetime import datetime

    from core.actor import Actor
    from question_bank.items.models import Item

LONGEST_REASON = 2000


def confirm_citation(
    *,
    item_version_id: int,
    position: int,
    statute_version_id: int,
    article: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Say that an item in use holds under an article of the later wording that the queue names.

    The article that goes on (re-confirming) or another one (re-citing); the item's own citation stays as it was
    written. Returns the item's code. Raises `NotAllowed` for the version's own author, `NotFound` when the citation
    needs no word, `Conflict` when another wording is asked for by now or the law has no later one, `Invalid` with
    every problem of article and reason.
    """
    if not actor.may(Permission.REVIEW_ITEMS):
        raise NotAllowed("您没有复核试题的权限。")
    with transaction() as session:
        item, version = _locked(item_version_id)
        found = touched(item_version_id, position, day_of(now))
        if not may_judge(author=author_of(item_version_id), reviewer=Person(actor.account_id, actor.label)):
            raise NotAllowed("复核人不能是这一版的命题人，请由他人复核。", code="own_version")
        if found.next_version is None:
            raise Conflict(f"《{found.law}》没有后续版本，请修改试题或停用。", code="no_later_wording")
        if found.next_version_id != statute_version_id:
            raise Conflict("法规又有新的版本，请重新对照后再确认。", code="newer_wording")
        later = known_versions([found.law])[found.law, found.next_version]
        problems = []
        if not later.has_article(article):
            message = f"《{found.law}》（{found.next_version}）没有{article_words(article)}，请核对条号。"
            problems.append(Problem("article", message, "article"))
        if not reason.strip():
            problems.append(Problem("reason", "请写明试题为什么仍然成立。", "reason"))
        elif len(reason) > LONGEST_REASON:
            problems.append(Problem("reason", f"理由不超过 {LONGEST_REASON} 个字。", "reason"))
        if problems:
            raise Invalid(problems)
        session.add(
            CitationConfirmation(
                item_version_id=item_version_id,
                position=position,
                statute_version_id=statute_version_id,
                article=article,
                reason=reason.strip(),
                actor_account_id=actor.account_id,
                actor_label=actor.label,
                recorded_at=now,
            )
        )
        record(
            "confirm-citation",
            "item",
            item.code,
            actor=actor,
            now=now,
            version=version.number,
            law=found.law,
            cited=[found.version.isoformat(), found.article],
            holds_under=[found.next_version.isoformat(), article],
            reason=reason.strip(),
        )
    return item.code


def _locked(item_version_id: int) -> tuple[Item, ItemVersion]:
    """The item version, its item held against a second reviewer until the transaction ends."""
    version = db.session.get(ItemVersion, item_version_id)
    if version is None:
        raise NotFound("没有这道试题。")
    return locked_item(version.item_id), version
