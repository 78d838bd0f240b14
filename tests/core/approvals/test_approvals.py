"""Acts by two people, with a kind of the tests' own: proposed by one, carried out with another's signature, once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.actor import Actor, Grant, Permission, Role
from core.approvals import queries, services
from core.approvals.kinds import Kind
from core.approvals.rules import Decision, ProposalState
from core.audit.models import AuditEntry
from core.audit.services import record
from core.db import db
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from tests.factories.bank import client_as
from tests.factories.people import PASSWORD, make_account

SUBJECT = "first"
LAPSES_AFTER = timedelta(minutes=30)


class Paint:
    """A kind that paints a thing: what it looks like now is told at the proposal and at the signature."""

    def __init__(self) -> None:
        self.colour = "red"
        self.reached = {SUBJECT}
        self.fails = False

    def describe(self, subject, wanted, now):
        return {"thing": subject, "from": self.colour, "to": wanted["to"]}

    def carry_out(self, signed):
        record("paint", "thing", signed.subject, actor=signed.actor, now=signed.now, to=signed.change["to"])
        if self.fails:
            raise Conflict("漆用完了。", code="no_paint")
        return [("编号", signed.ready)]

    @property
    def kind(self) -> Kind:
        return Kind(
            name="paint",
            title="改漆",
            permission=Permission.MANAGE_PEOPLE,
            lapses_after=LAPSES_AFTER,
            describe=self.describe,
            words=lambda change: [("物件", change["thing"]), ("改为", change["to"])],
            consequence="签署后改漆。",
            carry_out=self.carry_out,
            reachable=lambda subjects, actor: set(subjects) & self.reached,
            make_ready=lambda: "P-7",
        )


def with_paint(app):
    paint = Paint()
    app.extensions["approval_kinds"] = {"paint": paint.kind}
    return paint


@pytest.fixture
def paint(app):
    return with_paint(app)


def actor(username, *roles):
    account_id = make_account(username, roles[0] if roles else Role.OFFICER)
    return Actor(label=username, account_id=account_id, grants=(Grant(roles[0] if roles else Role.OFFICER),))


def propose(by, *, reason="褪色了", now=None, subject=SUBJECT):
    return services.propose(
        kind_name="paint",
        subject=subject,
        wanted={"to": "green"},
        reason=reason,
        actor=by,
        now=now or clock.now(),
    )


def sign(proposal_id, who, now=None):
    return services.sign(proposal_id=proposal_id, actor=who, now=now or clock.now())


def withdraw(proposal_id, who):
    services.withdraw(proposal_id=proposal_id, reason="写错了人", actor=who, now=clock.now())


def code_of(act):
    with pytest.raises(DomainError) as refused:
        act()
    db.session.rollback()
    return refused.value.code


def audited():
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))[-4:]


def test_one_proposes_another_signs_and_then_it_is_done_and_logged(paint):
    first, second = actor("first"), actor("second")
    now = clock.now()
    proposal_id = propose(first, now=now)
    assert "paint" not in audited()
    assert queries.waiting_for(second, now=now) == 1
    assert queries.waiting_for(first, now=now) == 0
    assert sign(proposal_id, second, now) == [("编号", "P-7")]
    assert audited()[-3:] == ["propose", "sign", "paint"]
    view = queries.proposal(proposal_id, actor=first, now=now)
    assert (view.state, view.may) == (ProposalState.SIGNED, frozenset())
    assert view.decision.recorded_by == "second"


def test_it_is_carried_out_once(paint):
    first, second, third = actor("first"), actor("second"), actor("third")
    proposal_id = propose(first)
    sign(proposal_id, second)
    assert code_of(lambda: sign(proposal_id, second)) == "signed"
    assert code_of(lambda: sign(proposal_id, third)) == "signed"
    assert audited().count("paint") == 1


def test_two_signatures_at_once_are_one(either_app):
    with_paint(either_app)
    first, others = actor("first"), [actor(f"other{n}") for n in range(4)]
    proposal_id = propose(first)
    barrier = threading.Barrier(len(others))

    def sign_as(who):
        with either_app.app_context():
            barrier.wait()
            try:
                sign(proposal_id, who)
            except Conflict as refused:
                return refused.code
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(len(others)) as threads:
        assert sorted(threads.map(sign_as, others)) == ["done"] + ["signed"] * 3
    db.session.rollback()
    assert audited().count("paint") == 1


def test_nobody_signs_their_own_or_without_the_permission_or_outside_their_units(paint):
    first, second = actor("first"), actor("second")
    proposal_id = propose(first)
    assert code_of(lambda: sign(proposal_id, first)) == "own_proposal"
    assert code_of(lambda: sign(proposal_id, actor("reviewer", Role.REVIEWER))) == "not_allowed"
    assert code_of(lambda: sign(proposal_id, Actor.command())) == "no_account"
    paint.reached = set()
    assert code_of(lambda: sign(proposal_id, second)) == "not_found"
    assert code_of(lambda: queries.proposal(proposal_id, actor=second, now=clock.now())) == "not_found"
    assert queries.proposals(actor=second, now=clock.now()) == []
    paint.reached = {SUBJECT}
    sign(proposal_id, second)


def test_a_refusal_needs_a_reason_and_ends_it(paint):
    first, second = actor("first"), actor("second")
    proposal_id = propose(first)
    with pytest.raises(Invalid, match="请写明理由"):
        services.refuse(proposal_id=proposal_id, reason=" ", actor=second, now=clock.now())
    services.refuse(proposal_id=proposal_id, reason="颜色不对", actor=second, now=clock.now())
    assert code_of(lambda: sign(proposal_id, second)) == "refused"
    assert audited()[-1] == "refuse"


def test_the_proposer_withdraws_it_and_nobody_else_does(paint):
    first, second = actor("first"), actor("second")
    proposal_id = propose(first)
    assert code_of(lambda: withdraw(proposal_id, second)) == "not_the_proposer"
    withdraw(proposal_id, first)
    assert code_of(lambda: sign(proposal_id, second)) == "withdrawn"


def test_what_nobody_signs_lapses_and_may_be_proposed_again(paint):
    first, second = actor("first"), actor("second")
    now = clock.now()
    proposal_id = propose(first, now=now)
    assert code_of(lambda: propose(second, now=now)) == "proposed"
    later = now + LAPSES_AFTER
    assert code_of(lambda: sign(proposal_id, second, later)) == "lapsed"
    assert propose(second, now=later) != proposal_id


def test_what_has_changed_meanwhile_is_not_signed(paint):
    first, second = actor("first"), actor("second")
    proposal_id = propose(first)
    paint.colour = "blue"
    assert code_of(lambda: sign(proposal_id, second)) == "changed"
    assert queries.proposal(proposal_id, actor=second, now=clock.now()).state is ProposalState.OPEN


def test_when_it_cannot_be_carried_out_nothing_was_signed(paint):
    first, second = actor("first"), actor("second")
    proposal_id = propose(first)
    paint.fails = True
    assert code_of(lambda: sign(proposal_id, second)) == "no_paint"
    view = queries.proposal(proposal_id, actor=second, now=clock.now())
    assert (view.state, Decision.SIGNED in view.may) == (ProposalState.OPEN, True)
    assert audited()[-1] == "propose"


def test_a_proposal_needs_a_reason_an_account_and_the_permission(paint):
    first = actor("first")
    with pytest.raises(Invalid):
        propose(first, reason="")
    assert code_of(lambda: propose(Actor.command())) == "no_account"
    with pytest.raises(NotAllowed):
        propose(actor("reviewer", Role.REVIEWER))
    with pytest.raises(NotFound):
        propose(first, subject="elsewhere")


def test_the_pages_of_any_kind(app, paint):
    first, _second = client_as(app, "first", Role.OFFICER), make_account("second", Role.OFFICER)
    with app.app_context():
        proposal_id = propose(actor("first"))
    other = app.test_client()
    other.sign_in("second", PASSWORD)
    url = f"/approvals/{proposal_id}"
    assert "撤回" in first.page(url)
    assert "签署并办理" not in first.page(url)
    listed = other.page("/approvals")
    assert "改漆：first" in listed
    assert "待签署" in listed
    assert "1 项等待您签署" in other.page("/")
    page = other.page(url)
    assert "签署后改漆。" in page
    assert "褪色了" in page
    assert "请写明理由" in other.send(f"{url}/refuse", {"reason": ""}, status=422).text
    first.send(f"{url}/sign")
    assert "发起人不能签署" in first.page(url)
    signed = other.send(f"{url}/sign", status=200)
    assert "P-7" in signed.text
    assert "P-7" not in other.page(url)
    assert "已签署" in other.page("/approvals")
    other.page("/approvals/00000000-0000-0000-0000-000000000007", status=404)
