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
from question_bank.items.rules import ItemState, QuestionType, Step
from question_bank.items.services import create_item, revise_item
from question_bank.review.queries import (
    count_returned,
    due,
    due_codes,
    due_laws,
    inbox,
    laws_in_review,
    returned,
    standing,
)
from question_bank.review.rules import (
    ALLOWED_FROM,
    DueSpan,
    Person,
    due_now,
    due_on,
    due_soon,
    follows,
    may_judge,
    review_cutoff,
)
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
    assert codes(page) == ["c-1", "a-1", "b-1"], "the own ones come last"
    assert [row.own for row in page.rows] == [False, False, True]
    assert (page.rows[0].comment, page.rows[0].since) == ("请审", NOW)
    assert (page.total, page.own) == (3, 1)


def test_what_somebody_without_an_account_wrote_is_judged_by_those_who_have_one(either_app):
    in_review()
    assert [row.own for row in inbox(Person(7, "li"), 1).rows] == [False]
    assert [row.own for row in inbox(Person(7, AUTHOR.label), 1).rows] == [True]
    make_item(code="a-1")
    assert due_codes(DueSpan(None, NOW.date()), Person(7, "li")) == ["a-1"]


def test_the_inbox_is_narrowed_to_a_law_and_a_type(either_app):
    for code, kind, law in (
        ("a-1", QuestionType.SINGLE, "甲法"),
        ("b-1", QuestionType.MULTIPLE, "甲法"),
        ("c-1", QuestionType.SINGLE, "乙法"),
    ):
        item, _ = make_item(kind, code=code, law=law, approved=False)
        submit_for_review(item_id=item.id, number=1, actor=AUTHOR, now=NOW)
    assert laws_in_review(LI) == {"乙法": 1, "甲法": 2}
    assert codes(inbox(LI, 1, law="甲法")) == ["a-1", "b-1"]
    assert codes(inbox(LI, 1, law="甲法", type=QuestionType.MULTIPLE)) == ["b-1"]
    assert codes(inbox(LI, 1, law="丙法")) == []


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
    assert count_returned(author) == 1
    assert codes(returned(LI, 1)) == []
    assert count_returned(LI) == 0
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


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 36))
def test_the_day_on_which_a_look_is_due_is_the_first_such_day(looked, months):
    day = due_on(looked, months)
    assert review_cutoff(day, months) >= looked
    assert review_cutoff(day - timedelta(days=1), months) < looked


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 800))
def test_a_look_is_due_now_or_soon_or_later(on, days):
    looked = on - timedelta(days=days)
    now, soon = due_now(on), due_soon(on)
    assert (looked <= now.until) == (due_on(looked) <= on)
    assert (soon.after < looked <= soon.until) == (on < due_on(looked) <= on + timedelta(days=30))


def test_the_due_list_has_what_nobody_looked_at_for_long(either_app):
    by_now = DueSpan(None, NOW.date())
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
    assert codes(due(by_now, LI, 1)) == ["old-1", "old-2", "revised-1"]
    assert codes(due(by_now, LI, 1, law="另一法")) == ["old-2"]
    assert due_laws(by_now, LI) == {"另一法": 1, "示例法": 2}
    since = DueSpan(NOW.date(), later.date())
    assert codes(due(since, LI, 1)) == ["new-1", "again-1"]
    resume(item_id=out.id, number=1, comment="无误", actor=REVIEWER, now=later)
    assert "out-1" in codes(due(by_now, LI, 1)), "resuming answers a doubt; it is not the half-yearly look"


def test_an_own_version_is_listed_as_due_but_is_not_the_author_s_to_confirm(either_app):
    wang = Actor(label="wang", unrestricted=True)
    for code, author in (("a-1", wang), ("b-1", AUTHOR), ("c-1", wang)):
        make_item(code=code, author=author)
    span = DueSpan(None, NOW.date())
    page = due(span, Person(None, "wang"), 1)
    assert [(row.code, row.own) for row in page.rows] == [("a-1", True), ("b-1", False), ("c-1", True)]
    assert (page.total, page.own) == (3, 2)
    assert due_codes(span, Person(None, "wang")) == ["b-1"]
    assert due_codes(span, LI) == ["a-1", "b-1", "c-1"]


def test_how_an_item_stands_follows_from_its_history(app):
    item, _ = make_item()
    draft, _ = make_item(approved=False)
    assert standing(queries.history(draft.id)) is None
    stands = standing(queries.history(item.id))
    assert (stands.number, stands.suspended, stands.due) == (1, False, date(2027, 5, 23))
    revise_item(item_id=item.id, base=1, draft=make_draft(), actor=AUTHOR, now=NOW)
    suspend_it(item)
    stands = standing(queries.history(item.id))
    assert (stands.number, stands.suspended, stands.decision.comment) == (1, True, "答案有争议")
    assert stands.looked.step is Step.APPROVE
    retire(item_id=item.id, number=2, comment="x", actor=REVIEWER, now=NOW)
    assert standing(queries.history(item.id)) is None


def test_confirming_again_on_the_same_day_says_nothing_new(app):
    item, _ = make_item()
    for comment in ("", "", "第二款也核对了", "第二款也核对了"):
        reconfirm(item_id=item.id, number=1, comment=comment, actor=REVIEWER, now=NOW)
    other = Actor(label="li", unrestricted=True)
    reconfirm(item_id=item.id, number=1, actor=other, now=NOW)
    reconfirm(item_id=item.id, number=1, actor=other, now=NOW + timedelta(days=1))
    confirmed = [step for step in queries.history(item.id) if step.step is Step.RECONFIRM]
    assert [(step.actor, step.comment) for step in reversed(confirmed)] == [
        ("reviewer-test", ""),
        ("reviewer-test", "第二款也核对了"),
        ("li", ""),
        ("li", ""),
    ]


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
