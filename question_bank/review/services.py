"""From draft to approval by two different people, and what follows. Each step is a row of its own; none is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Permission
from core.audit.services import record
from core.clock import day_of
from core.db import transaction
from core.errors import Conflict, Invalid, NotAllowed
from question_bank.items import queries
from question_bank.items.indexing import release_wordings
from question_bank.items.rules import OUTCOME, Step
from question_bank.items.services import check_draft, insert_step
from question_bank.review.rules import DECIDES_FROM, Person, follows, may_judge

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
    Step.RECONFIRM: "这道试题没有抽用中的版本，可能已由他人处理。",
    Step.SUSPEND: "这道试题没有抽用中的版本，可能已由他人处理。",
    Step.RESUME: "这道试题没有暂停，可能已由他人处理。",
}


def submit_for_review(*, item_id: int, number: int, comment: str = "", actor: Actor, now: datetime) -> None:
    """Hand the latest version, `number`, to the reviewers; the comment is for them.

    Raises `Invalid` when it is not complete: an imported draft may still lack its citation or explanation.
    """
    _require(actor, Permission.AUTHOR_ITEMS)
    with transaction():
        item, version = _latest(item_id, number, Step.SUBMIT)
        check_draft(queries.draft_of(version), item_id=item.id, now=now)
        _take(item, version, Step.SUBMIT, comment=_checked(comment), actor=actor, now=now)


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
        release_wordings(item.id)


def suspend(*, item_id: int, number: int, comment: str, actor: Actor, now: datetime) -> None:
    """Take the version in use, `number`, out of the draw for now; the comment says why.

    Until it is resumed or a newer version is approved. Raises `Conflict` when another version, or none, is drawn.
    """
    _require(actor, Permission.REVIEW_ITEMS)
    if not comment.strip():
        raise Invalid.one("comment", "请写明暂停的原因。", "comment")
    with transaction():
        item, version = _decided(item_id, number, Step.SUSPEND)
        _take(item, version, Step.SUSPEND, comment=_checked(comment), actor=actor, now=now)


def resume(*, item_id: int, number: int, comment: str, actor: Actor, now: datetime) -> None:
    """Let the suspended version, `number`, be drawn again; the comment says why it holds.

    Raises `NotAllowed` for the version's own author, `Conflict` when it is not suspended, `Invalid` when it is
    not in order any more.
    """
    _require(actor, Permission.REVIEW_ITEMS)
    if not comment.strip():
        raise Invalid.one("comment", "请写明恢复的理由。", "comment")
    with transaction():
        item, version = _decided(item_id, number, Step.RESUME)
        _refuse_own(version, actor)
        check_draft(queries.draft_of(version), item_id=item.id, now=now)
        _take(item, version, Step.RESUME, comment=_checked(comment), actor=actor, now=now)


def reconfirm(*, item_id: int, number: int, comment: str = "", actor: Actor, now: datetime) -> None:
    """Say that the version in use, `number`, was read again and is right (复核无误).

    A repeat on the same day by the same person, with nothing new to say, changes nothing. Raises `NotAllowed` for
    the version's own author, `Conflict` when another version, or none, is drawn.
    """
    _require(actor, Permission.REVIEW_ITEMS)
    comment = _checked(comment)
    with transaction():
        item, version = _decided(item_id, number, Step.RECONFIRM)
        _refuse_own(version, actor)
        last = queries.last_decision(item_id)
        assert last is not None
        before = (last.step, last.actor, day_of(last.recorded_at))
        if before == (Step.RECONFIRM, actor.label, day_of(now)) and comment in {"", last.comment}:
            return
        _take(item, version, Step.RECONFIRM, comment=comment, actor=actor, now=now)


def _latest(item_id: int, number: int, step: Step) -> tuple[Item, ItemVersion]:
    item = queries.locked_item(item_id)
    version = queries.latest_version(item_id)
    if version.number != number:
        raise Conflict(f"这道试题已有第 {version.number} 版，请打开最新版本再处理。", code="newer_version")
    if not follows(step, item.state):
        raise Conflict(REFUSALS[step], code="wrong_state")
    return item, version


def _decided(item_id: int, number: int, step: Step) -> tuple[Item, ItemVersion]:
    """The item with the version that is drawn, or was until its suspension."""
    item = queries.locked_item(item_id)
    last = queries.last_decision(item_id)
    if last is None or last.state is not DECIDES_FROM[step]:
        raise Conflict(REFUSALS[step], code="wrong_state")
    if last.number != number:
        raise Conflict(f"现在抽用的是第 {last.number} 版，请刷新页面再处理。", code="newer_version")
    return item, queries.version_of(item_id, number)


def _take(item: Item, version: ItemVersion, step: Step, *, comment: str, actor: Actor, now: datetime) -> None:
    """Record the step. The item's state follows its latest version: a newer draft stays one."""
    if version.number == queries.latest_version(item.id).number:
        item.state = OUTCOME[step]
    insert_step(version, step, comment=comment, actor=actor, now=now)
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
