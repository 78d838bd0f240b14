"""Two people, one step after another, and what happens when two reviewers click at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.actor import Actor
from core.audit.models import AuditEntry
from core.db import db
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from question_bank.items import pool, queries
from question_bank.items.models import ReviewStep
from question_bank.items.rules import ItemState, Step
from question_bank.items.services import create_item, revise_item
from question_bank.review.queries import due, inbox, own_in_review, returned
from question_bank.review.rules import ALLOWED_FROM, Person, follows, may_judge, review_cutoff
from question_bank.review.services import (
    approve,
    reconfirm,
    resume,
    retire,
    return_with_comment,
    submit_for_review,
    suspend,
)
from tests.factories.bank import AUTHOR, NOW, REVIEWER, make_draft, make_item, make_statute_version

PEOPLE = st.builds(Person, st.none() | st.integers(1, 3), st.sampled_from(["a", "b"]))


@given(PEOPLE, PEOPLE)
def test_who_judges_is_never_who_wrote(author, reviewer):
    assert may_judge(author=author, reviewer=reviewer) == may_judge(author=reviewer, reviewer=author)
    assert not may_judge(author=author, reviewer=author)
    if None not in (author.account_id, reviewer.account_id):
        assert may_judge(author=author, reviewer=reviewer) == (author.account_id != reviewer.account_id)


def test_the_steps_that_may_follow():
    allowed = {(step, state) for step in ALLOWED_FROM for state in ItemState if follows(step, state)}
    assert allowed == {
        (Step.SUBMIT, ItemState.DRAFT),
        (Step.APPROVE, ItemState.IN_REVIEW),
        (Step.RETURN, ItemState.IN_REVIEW),
        (Step.RETIRE, ItemState.DRAFT),
        (Step.RETIRE, ItemState.IN_REVIEW),
        (Step.RETIRE, ItemState.APPROVED),
        (Step.RETIRE, ItemState.SUSPENDED),
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
    steps = [(step.number, step.step.value, step.actor) for step in reversed(queries.history(item.id))]
    assert steps == [
        (1, "save", "author-test"),
        (1, "submit", "author-test"),
        (1, "return", "reviewer-test"),
        (2, "save", "author-test"),
        (2, "submit", "author-test"),
        (2, "approve", "reviewer-test"),
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


def drawn(item):
    return [row.item_version_id for row in pool.pool(NOW.date()) if row.item_id == item.id]


def suspend_it(item, number=1, comment="答案有争议"):
    suspend(item_id=item.id, number=number, comment=comment, actor=REVIEWER, now=NOW)


def test_a_suspended_item_is_not_drawn_until_it_is_resumed(either_app):
    item, version = make_item()
    suspend_it(item)
    assert drawn(item) == []
    assert queries.item(item.code).state is ItemState.SUSPENDED
    last = queries.last_decision(item.id)
    assert (last.step, last.comment, last.actor) == (Step.SUSPEND, "答案有争议", "reviewer-test")
    resume(item_id=item.id, number=1, comment="核对法条，答案无误", actor=REVIEWER, now=NOW)
    assert drawn(item) == [version.id]
    assert queries.item(item.code).state is ItemState.APPROVED


def test_a_suspended_item_stays_out_while_it_is_revised(either_app):
    item, _ = make_item()
    suspend_it(item)
    revise_item(item_id=item.id, base=1, draft=make_draft(), actor=AUTHOR, now=NOW)
    assert drawn(item) == []
    submit_for_review(item_id=item.id, number=2, actor=AUTHOR, now=NOW)
    assert drawn(item) == []
    approve(item_id=item.id, number=2, actor=REVIEWER, now=NOW)
    assert drawn(item) == [queries.latest_version(item.id).id]


def test_the_version_in_use_is_suspended_and_resumed_while_a_newer_one_is_written(either_app):
    item, first = make_item()
    revise_item(item_id=item.id, base=1, draft=make_draft(), actor=AUTHOR, now=NOW)
    with pytest.raises(Conflict, match="第 1 版"):
        suspend_it(item, number=2)
    suspend_it(item)
    assert drawn(item) == []
    assert queries.item(item.code).state is ItemState.DRAFT
    resume(item_id=item.id, number=1, comment="无误", actor=REVIEWER, now=NOW)
    assert drawn(item) == [first.id]
    assert queries.item(item.code).state is ItemState.DRAFT


def test_suspending_and_resuming_say_why_and_have_their_turn(app):
    item, _ = make_item()
    with pytest.raises(Invalid):
        suspend_it(item, comment=" ")
    with pytest.raises(Conflict):
        resume(item_id=item.id, number=1, comment="x", actor=REVIEWER, now=NOW)
    suspend_it(item)
    with pytest.raises(Conflict):
        suspend_it(item)
    with pytest.raises(Conflict):
        reconfirm(item_id=item.id, number=1, actor=REVIEWER, now=NOW)
    with pytest.raises(Invalid):
        resume(item_id=item.id, number=1, comment="", actor=REVIEWER, now=NOW)
    with pytest.raises(NotAllowed):
        resume(item_id=item.id, number=1, comment="x", actor=AUTHOR, now=NOW)
    with pytest.raises(NotAllowed):
        suspend(item_id=item.id, number=1, comment="x", actor=Actor(label="nobody"), now=NOW)
    never, _ = make_item(approved=False)
    with pytest.raises(Conflict):
        suspend_it(never)


def test_a_comment_may_go_with_every_step(app):
    item, _ = make_item(approved=False)
    submit_for_review(item_id=item.id, number=1, comment="请核对第二款", actor=AUTHOR, now=NOW)
    approve(item_id=item.id, number=1, comment="已核对", actor=REVIEWER, now=NOW)
    reconfirm(item_id=item.id, number=1, comment="再次核对", actor=REVIEWER, now=NOW)
    assert [step.comment for step in queries.history(item.id)] == ["再次核对", "已核对", "请核对第二款", ""]
    with pytest.raises(Invalid):
        reconfirm(item_id=item.id, number=1, comment="长" * 2001, actor=REVIEWER, now=NOW)


LI = Person(None, "li")


def codes(page):
    return [row.code for row in page.rows]


def test_the_inbox_has_what_others_wrote_the_longest_waiting_first(either_app):
    li, wang = Actor(label="li", unrestricted=True), Actor(label="wang", unrestricted=True)
    for hours, (code, author) in enumerate([("c-1", wang), ("a-1", wang), ("b-1", li)]):
        item, _ = make_item(code=code, approved=False, author=author)
        submit_for_review(
            item_id=item.id, number=1, comment="请审", actor=author, now=NOW + timedelta(hours=hours)
        )
    make_item(code="d-1", approved=False)
    page = inbox(LI, 1)
    assert codes(page) == ["c-1", "a-1"]
    assert (page.rows[0].comment, page.rows[0].since, page.total) == ("请审", NOW, 2)
    assert own_in_review(LI) == 1


def test_an_author_sees_what_came_back_until_it_is_revised(either_app):
    item = in_review()
    make_item(code="d-1", approved=False)
    author = Person(None, AUTHOR.label)
    assert codes(returned(author, 1)) == []
    return_with_comment(item_id=item.id, number=1, comment="改选项", actor=REVIEWER, now=NOW)
    page = returned(author, 1)
    assert [(row.code, row.comment, row.actor) for row in page.rows] == [
        (item.code, "改选项", "reviewer-test")
    ]
    assert codes(returned(LI, 1)) == []
    revise_item(item_id=item.id, base=1, draft=make_draft(), actor=AUTHOR, now=NOW)
    assert codes(returned(author, 1)) == []


@pytest.mark.parametrize(
    ("on", "months", "cutoff"),
    [
        (date(2026, 11, 23), 6, date(2026, 5, 23)),
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2026, 3, 31), 6, date(2025, 9, 30)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 1), 12, date(2025, 12, 1)),
    ],
)
def test_a_look_is_due_after_so_many_months(on, months, cutoff):
    assert review_cutoff(on, months) == cutoff


def test_the_due_list_has_what_nobody_looked_at_for_long(either_app):
    cutoff = NOW.date()
    later = NOW + timedelta(days=1)
    make_item(code="old-1")
    make_item(code="old-2", law="另一法")
    make_item(code="new-1", now=later)
    again, _ = make_item(code="again-1")
    reconfirm(item_id=again.id, number=1, actor=REVIEWER, now=later)
    out, _ = make_item(code="out-1")
    suspend_it(out)
    gone, _ = make_item(code="gone-1")
    retire(item_id=gone.id, number=1, comment="x", actor=REVIEWER, now=NOW)
    make_item(code="draft-1", approved=False)
    revised, _ = make_item(code="revised-1")
    revise_item(item_id=revised.id, base=1, draft=make_draft(), actor=AUTHOR, now=later)
    assert codes(due(cutoff, 1)) == ["old-1", "old-2", "revised-1"]
    assert codes(due(cutoff, 1, law="另一法")) == ["old-2"]
    assert set(codes(due(later.date(), 1))) == {"old-1", "old-2", "revised-1", "again-1", "new-1"}
    resume(item_id=out.id, number=1, comment="无误", actor=REVIEWER, now=later)
    assert "out-1" in codes(due(cutoff, 1)), "resuming answers a doubt; it is not the half-yearly look"


def test_who_wrote_it_does_not_confirm_it(app):
    item, _ = make_item()
    with pytest.raises(NotAllowed):
        reconfirm(item_id=item.id, number=1, actor=AUTHOR, now=NOW)


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
