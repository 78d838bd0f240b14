"""Two people, one step after another, and what happens when two reviewers click at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.actor import Actor
from core.audit.models import AuditEntry
from core.db import db
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from question_bank.items import queries
from question_bank.items.models import ReviewStep
from question_bank.items.rules import ItemState
from question_bank.items.services import create_item, revise_item
from question_bank.review.rules import Person, Step, follows, may_judge
from question_bank.review.services import approve, retire, return_with_comment, submit_for_review
from tests.factories.bank import AUTHOR, NOW, REVIEWER, make_draft, make_item, make_statute_version

PEOPLE = st.builds(Person, st.none() | st.integers(1, 3), st.sampled_from(["a", "b"]))


@given(PEOPLE, PEOPLE)
def test_who_judges_is_never_who_wrote(author, reviewer):
    assert may_judge(author=author, reviewer=reviewer) == may_judge(author=reviewer, reviewer=author)
    assert not may_judge(author=author, reviewer=author)
    if None not in (author.account_id, reviewer.account_id):
        assert may_judge(author=author, reviewer=reviewer) == (author.account_id != reviewer.account_id)


def test_the_steps_that_may_follow():
    allowed = {(step, state) for step in Step for state in ItemState if follows(step, state)}
    assert allowed == {
        (Step.SUBMIT, ItemState.DRAFT),
        (Step.APPROVE, ItemState.IN_REVIEW),
        (Step.RETURN, ItemState.IN_REVIEW),
        (Step.RETIRE, ItemState.DRAFT),
        (Step.RETIRE, ItemState.IN_REVIEW),
        (Step.RETIRE, ItemState.APPROVED),
    }


def in_review():
    item, _ = make_item(approved=False)
    submit_for_review(item_id=item.id, number=1, actor=AUTHOR, now=NOW)
    return item


def test_every_step_is_kept_with_its_person(either_app):
    item = in_review()
    return_with_comment(item_id=item.id, number=1, comment="改选项", actor=REVIEWER, now=NOW)
    revise_item(item_id=item.id, base=1, draft=make_draft(), actor=AUTHOR, now=NOW)
    submit_for_review(item_id=item.id, number=2, actor=AUTHOR, now=NOW)
    approve(item_id=item.id, number=2, actor=REVIEWER, now=NOW)
    steps = [(step.number, step.state.value, step.actor) for step in reversed(queries.history(item.id))]
    assert steps == [
        (1, "draft", "author-test"),
        (1, "in_review", "author-test"),
        (1, "draft", "reviewer-test"),
        (2, "draft", "author-test"),
        (2, "in_review", "author-test"),
        (2, "approved", "reviewer-test"),
    ]
    audited = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_id == item.code).order_by(AuditEntry.id)
    ).all()
    assert audited == [
        "create-item",
        "submit-item",
        "return-item",
        "revise-item",
        "submit-item",
        "approve-item",
    ]


def test_an_author_cannot_approve_or_return_the_own_version(app):
    item = in_review()
    with pytest.raises(NotAllowed):
        approve(item_id=item.id, number=1, actor=AUTHOR, now=NOW)
    with pytest.raises(NotAllowed):
        return_with_comment(item_id=item.id, number=1, comment="x", actor=AUTHOR, now=NOW)


def test_steps_out_of_turn_are_refused(app):
    item, _ = make_item(approved=False)
    with pytest.raises(Conflict):
        approve(item_id=item.id, number=1, actor=REVIEWER, now=NOW)
    submit_for_review(item_id=item.id, number=1, actor=AUTHOR, now=NOW)
    with pytest.raises(Conflict):
        submit_for_review(item_id=item.id, number=1, actor=AUTHOR, now=NOW)
    with pytest.raises(Conflict, match="第 1 版"):
        approve(item_id=item.id, number=2, actor=REVIEWER, now=NOW)
    with pytest.raises(NotFound):
        approve(item_id=999, number=1, actor=REVIEWER, now=NOW)


def test_an_approval_asks_the_law_of_that_day(app):
    item = in_review()
    version = make_statute_version()
    row = db.session.merge(version)
    row.in_force_until = NOW.date()
    db.session.commit()
    with pytest.raises(Invalid, match="已经失效"):
        approve(item_id=item.id, number=1, actor=REVIEWER, now=NOW)


def test_a_retired_item_stays_retired(app):
    item, _ = make_item()
    with pytest.raises(Invalid):
        retire(item_id=item.id, number=1, comment="  ", actor=REVIEWER, now=NOW)
    retire(item_id=item.id, number=1, comment="重复", actor=REVIEWER, now=NOW)
    with pytest.raises(Conflict):
        retire(item_id=item.id, number=1, comment="重复", actor=REVIEWER, now=NOW)
    with pytest.raises(Conflict):
        revise_item(item_id=item.id, base=1, draft=make_draft(), actor=AUTHOR, now=NOW)


def test_a_code_is_used_once_and_a_retired_twin_does_not_block(app):
    item, _ = make_item(code="a-1", draft=(draft := make_draft()))
    with pytest.raises(Conflict):
        create_item(draft=make_draft(), code="a-1", actor=AUTHOR, now=NOW)
    with pytest.raises(Invalid, match="a-1"):
        create_item(draft=draft, actor=AUTHOR, now=NOW)
    retire(item_id=item.id, number=1, comment="重做", actor=REVIEWER, now=NOW)
    create_item(draft=draft, actor=AUTHOR, now=NOW)


def at_once(app, acts):
    """Run the acts in parallel, each with a connection of its own; returns what each raised."""

    def run(act):
        with app.app_context():
            try:
                act()
            except Conflict as error:
                return error
            finally:
                db.session.remove()
        return None

    db.session.rollback()  # what the acts leave is read in a new transaction
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_two_approvals_at_once_one_counts(either_app):
    item_id = in_review().id
    others = [Actor(label=f"reviewer-{n}", unrestricted=True) for n in range(4)]
    raised = at_once(
        either_app,
        [lambda a=a: approve(item_id=item_id, number=1, actor=a, now=NOW) for a in others],
    )
    assert sum(error is None for error in raised) == 1
    approvals = select(func.count()).select_from(ReviewStep).where(ReviewStep.state == ItemState.APPROVED)
    assert db.session.scalar(approvals) == 1


def test_of_two_revisions_at_once_one_counts(either_app):
    item_id = make_item()[0].id
    drafts = [make_draft() for _ in range(4)]
    raised = at_once(
        either_app,
        [lambda d=d: revise_item(item_id=item_id, base=1, draft=d, actor=AUTHOR, now=NOW) for d in drafts],
    )
    assert sum(error is None for error in raised) == 1
    assert [version.number for version in queries.versions(item_id)] == [2, 1]
