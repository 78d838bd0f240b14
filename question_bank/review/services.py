"""From draft to approval by two different people. Each step is a row of its own; none is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Permission
from core.audit.services import record
from core.db import transaction
from core.errors import Conflict, Invalid, NotAllowed
from question_bank.items import queries
from question_bank.items.services import check_draft, insert_step
from question_bank.review.rules import OUTCOME, Person, Step, follows, may_judge

if TYPE_CHECKING:
    from datetime import datetime

    from core.actor import Actor
    from question_bank.items.models import Item, ItemVersion

LONGEST_COMMENT = 2000
REFUSALS = {
    Step.SUBMIT: "只有草稿可以送审，这道试题的状态已经变化。",
    Step.APPROVE: "这道试题不在待审状态，可能已由他人处理。",
    Step.RETURN: "这道试题不在待审状态，可能已由他人处理。",
    Step.RETIRE: "这道试题已经停用。",
}


def submit_for_review(*, item_id: int, number: int, actor: Actor, now: datetime) -> None:
    """Hand the latest version, `number`, to the reviewers.

    Raises `Invalid` when it is not complete: an imported draft may still lack its citation or explanation.
    """
    _require(actor, Permission.AUTHOR_ITEMS)
    with transaction():
        item, version = _latest(item_id, number, Step.SUBMIT)
        check_draft(queries.draft_of(version), item_id=item.id, now=now)
        _take(item, version, Step.SUBMIT, comment="", actor=actor, now=now)


def approve(*, item_id: int, number: int, comment: str = "", actor: Actor, now: datetime) -> None:
    """Approve the latest version, `number`: from now on it is the one that is drawn.

    Raises `NotAllowed` for the version's own author, `Conflict` when the version is not the one under review,
    `Invalid` when the item is not in order any more, say because a cited law has lapsed since.
    """
    _require(actor, Permission.REVIEW_ITEMS)
    with transaction():
        item, version = _latest(item_id, number, Step.APPROVE)
        _refuse_own(version, actor)
        check_draft(queries.draft_of(version), item_id=item.id, now=now)
        _take(item, version, Step.APPROVE, comment=_checked(comment), actor=actor, now=now)


def return_with_comment(*, item_id: int, number: int, comment: str, actor: Actor, now: datetime) -> None:
    """Give the latest version, `number`, back to its author; the comment says what to mend."""
    _require(actor, Permission.REVIEW_ITEMS)
    if not comment.strip():
        raise Invalid.one("comment", "请写明退回的原因，说明要改什么。", "comment")
    with transaction():
        item, version = _latest(item_id, number, Step.RETURN)
        _refuse_own(version, actor)
        _take(item, version, Step.RETURN, comment=_checked(comment), actor=actor, now=now)


def retire(*, item_id: int, number: int, comment: str, actor: Actor, now: datetime) -> None:
    """Take an item out of use for good; papers that were sat with it keep it. The comment says why."""
    _require(actor, Permission.REVIEW_ITEMS)
    if not comment.strip():
        raise Invalid.one("comment", "请写明停用的原因。", "comment")
    with transaction():
        item, version = _latest(item_id, number, Step.RETIRE)
        _take(item, version, Step.RETIRE, comment=_checked(comment), actor=actor, now=now)


def _latest(item_id: int, number: int, step: Step) -> tuple[Item, ItemVersion]:
    item = queries.locked_item(item_id)
    version = queries.latest_version(item_id)
    if version.number != number:
        raise Conflict(f"这道试题已有第 {version.number} 版，请打开最新版本再处理。", code="newer_version")
    if not follows(step, item.state):
        raise Conflict(REFUSALS[step], code="wrong_state")
    return item, version


def _take(item: Item, version: ItemVersion, step: Step, *, comment: str, actor: Actor, now: datetime) -> None:
    item.state = OUTCOME[step]
    insert_step(version, item.state, comment=comment, actor=actor, now=now)
    record(f"{step}-item", "item", item.code, actor=actor, now=now, version=version.number, comment=comment)


def _refuse_own(version: ItemVersion, actor: Actor) -> None:
    author = Person(version.author_account_id, version.author_label)
    if not may_judge(author=author, reviewer=Person(actor.account_id, actor.label)):
        raise NotAllowed("审题人不能是这一版的命题人，请由他人审核。", code="own_version")


def _checked(comment: str) -> str:
    if len(comment) > LONGEST_COMMENT:
        raise Invalid.one("comment", f"意见不超过 {LONGEST_COMMENT} 个字。", "comment")
    return comment.strip()


def _require(actor: Actor, permission: Permission) -> None:
    if not actor.may(permission):
        raise NotAllowed("您没有处理试题审核的权限。")
