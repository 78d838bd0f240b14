"""Sealing by hand-in and by the clock, the sweep, and what the office does to time and absence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from core.actor import Actor, Grant, Role
from core.audit.models import AuditEntry
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.keys import key_ring
from exam.sittings import closing, queries, services
from exam.sittings.models import ExamSession, Sitting, SittingEvent, TimeAdjustment
from exam.sittings.receipts import receipt_digest, receipt_matches
from exam.sittings.rules import SealReason, SittingState
from tests.factories.past import rewrite
from tests.factories.sittings import (
    NOW,
    OFFICER,
    make_candidate,
    make_exam_session,
    make_questions,
    make_sign_in,
    make_sitting,
    save,
    start_sitting,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DEADLINE = NOW + 60 * MINUTE
GRACE_END = DEADLINE + 10 * SECOND


def row(sitting_id):
    return db.session.get(Sitting, sitting_id, populate_existing=True)


def hand_in(sitting_id, candidate, now=NOW + MINUTE):
    return closing.hand_in(sitting_id=sitting_id, actor=candidate.actor, now=now)


def actions(sitting_id):
    query = select(AuditEntry.action).where(AuditEntry.subject_id == str(sitting_id)).order_by(AuditEntry.id)
    return list(db.session.scalars(query))


def mark_graded(sitting_id, now):
    with transaction() as session:
        session.execute(
            update(Sitting)
            .where(Sitting.id == sitting_id, Sitting.state == SittingState.SEALED)
            .values(state=SittingState.GRADED)
        )


@pytest.fixture
def hooks(either_app):
    """Marking replaced by a change of the state: it is another room's."""
    either_app.extensions["after_sealing"] = [mark_graded]
    return either_app.extensions["after_sealing"]


def test_a_start_is_one_change_and_a_repeat_none(either_app):
    sitting_id, candidate = make_sitting()
    services.start(sitting_id=sitting_id, actor=candidate.actor, now=NOW)
    elsewhere = replace(candidate, sign_in_id=make_sign_in(candidate.account_id))
    services.start(sitting_id=sitting_id, actor=elsewhere.actor, now=NOW + MINUTE)
    sitting = row(sitting_id)
    assert (sitting.state, sitting.started_at, sitting.holder_id) == (
        SittingState.RUNNING,
        NOW,
        candidate.sign_in_id,
    )
    assert actions(sitting_id) == ["start"]


def keeps_signed_in(candidate, at):
    return queries.keeps_signed_in(candidate.sign_in_id, candidate.actor.person_id, at)


def test_a_sitting_keeps_its_holder_signed_in_until_the_receipt_is_read(either_app):
    sitting_id, candidate = make_sitting()
    assert not keeps_signed_in(candidate, NOW)
    services.start(sitting_id=sitting_id, actor=candidate.actor, now=NOW)
    assert keeps_signed_in(candidate, GRACE_END + 10 * MINUTE - SECOND)
    assert not keeps_signed_in(candidate, GRACE_END + 10 * MINUTE)
    elsewhere = replace(candidate, sign_in_id=make_sign_in(candidate.account_id))
    assert not keeps_signed_in(elsewhere, NOW + MINUTE)
    hand_in(sitting_id, candidate)
    assert keeps_signed_in(candidate, NOW + 10 * MINUTE)


@pytest.mark.parametrize(
    ("at", "code"),
    [(NOW - 31 * MINUTE, "not_open"), (NOW + 30 * MINUTE + timedelta(microseconds=1), "missed")],
)
def test_a_start_needs_the_window(either_app, at, code):
    sitting_id, candidate = make_sitting()
    with pytest.raises(Conflict) as refused:
        services.start(sitting_id=sitting_id, actor=candidate.actor, now=at)
    assert refused.value.code == code
    assert row(sitting_id).state is SittingState.ASSIGNED


def test_the_bounds_of_the_window_belong_to_it(either_app):
    for at in (NOW - 30 * MINUTE, NOW + 30 * MINUTE):
        sitting_id, candidate = make_sitting()
        services.start(sitting_id=sitting_id, actor=candidate.actor, now=at)
        assert row(sitting_id).started_at == at


def test_the_receipt_follows_from_paper_and_journal(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"), (2, 3, "BC"), (3, 1, ""))
    sealed = hand_in(sitting_id, candidate)
    assert (sealed.sealed_at, sealed.reason, sealed.acknowledged) == (NOW + MINUTE, SealReason.HANDED_IN, 3)
    paper = [(q.item_version_id, q.option_order) for q in queries.paper(sitting_id, 1)]
    digest = receipt_digest(sitting_id, paper, queries.journal(sitting_id), sealed.sealed_at)
    assert receipt_matches(sealed.receipt, digest, key_ring().key("receipt"))
    assert closing.receipt_of(row(sitting_id)) == row(sitting_id).receipt == sealed.receipt


def test_a_repeated_hand_in_answers_with_the_same_receipt(either_app, hooks):
    sitting_id, candidate = start_sitting()
    first = hand_in(sitting_id, candidate)
    assert hand_in(sitting_id, candidate, NOW + 2 * MINUTE) == first
    assert hand_in(sitting_id, candidate, GRACE_END + MINUTE) == first
    assert actions(sitting_id) == ["start", "seal"]
    assert row(sitting_id).state is SittingState.GRADED


def test_a_hand_in_within_the_grace_counts(either_app):
    sitting_id, candidate = start_sitting()
    sealed = hand_in(sitting_id, candidate, GRACE_END)
    assert (sealed.reason, sealed.sealed_at) == (SealReason.HANDED_IN, GRACE_END)


def test_a_hand_in_after_the_grace_is_answered_by_the_clock(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"))
    sealed = hand_in(sitting_id, candidate, GRACE_END + MINUTE)
    assert (sealed.reason, sealed.sealed_at, sealed.acknowledged) == (SealReason.TIME_OVER, GRACE_END, 1)


def test_a_hand_in_without_one_answer_is_a_sitting(either_app):
    sitting_id, candidate = start_sitting()
    assert hand_in(sitting_id, candidate).acknowledged == 0


@pytest.mark.parametrize("state", [SittingState.VOID, None])
def test_what_cannot_be_handed_in(either_app, state):
    sitting_id, candidate = start_sitting() if state else make_sitting()
    if state:
        with transaction() as session:
            session.execute(update(Sitting).where(Sitting.id == sitting_id).values(state=state))
    with pytest.raises(Conflict) as refused:
        hand_in(sitting_id, candidate)
    assert refused.value.code == ("void" if state else "not_started")


def test_only_the_holder_hands_in(either_app):
    sitting_id, candidate = start_sitting()
    elsewhere = replace(candidate, sign_in_id=make_sign_in(candidate.account_id))
    with pytest.raises(Conflict) as refused:
        hand_in(sitting_id, elsewhere)
    assert refused.value.code == "taken_over"
    with pytest.raises(NotFound):
        hand_in(sitting_id, make_candidate())


def test_nothing_is_sealed_before_the_grace_has_passed(either_app):
    sitting_id, _candidate = start_sitting()
    assert not closing.seal_if_over(sitting_id=sitting_id, now=GRACE_END)
    assert closing.close_overdue(GRACE_END) == closing.Sweep()
    assert closing.seal_if_over(sitting_id=sitting_id, now=GRACE_END + timedelta(microseconds=1))
    assert not closing.seal_if_over(sitting_id=sitting_id, now=GRACE_END + MINUTE)
    assert (row(sitting_id).seal_reason, row(sitting_id).sealed_at) == (SealReason.TIME_OVER, GRACE_END)


def test_the_sweep_seals_marks_and_records_absences(either_app, hooks):
    session = make_exam_session()
    questions = make_questions()
    started, candidate = start_sitting(session=session, questions=questions)
    absent, _ = make_sitting(session=session, questions=questions)
    save(started, candidate, (1, 1, "A"))
    swept = closing.close_overdue(GRACE_END + MINUTE)
    assert swept == closing.Sweep(sealed=1, absent=1)
    assert row(started).state is SittingState.GRADED
    assert row(absent).state is SittingState.ABSENT
    event = db.session.scalars(select(SittingEvent)).one()
    assert (event.sitting_id, event.state) == (absent, SittingState.ABSENT)
    assert closing.close_overdue(GRACE_END + MINUTE) == closing.Sweep()


def test_the_sweep_obeys_adjustments_and_caps(either_app):
    given, _ = start_sitting()
    capped, _ = start_sitting(cap_at_close=True, closes_at=NOW + 31 * MINUTE, now=NOW + SECOND)
    services.grant_time(sitting_ids=[given], seconds=600, reason="停电", actor=OFFICER, now=NOW)
    assert queries.overdue(NOW + 31 * MINUTE + 11 * SECOND) == [capped]
    assert queries.overdue(GRACE_END + 9 * MINUTE) == [capped]
    assert queries.overdue(GRACE_END + 10 * MINUTE + SECOND) == [given, capped]


def test_those_who_began_in_one_instant_are_swept_in_a_fixed_order(either_app):
    session, questions = make_exam_session(), make_questions()
    began = [start_sitting(session=session, questions=questions)[0] for _ in range(4)]
    assert queries.overdue(GRACE_END + SECOND) == sorted(began)


def test_one_sitting_that_fails_does_not_stop_the_sweep(either_app, monkeypatch):
    either_app.extensions["after_sealing"] = []
    session, questions = make_exam_session(), make_questions()
    bad, _ = start_sitting(session=session, questions=questions)
    good, _ = start_sitting(session=session, questions=questions)
    digest = closing.receipt_digest

    def failing(sitting_id, *rest):
        if sitting_id == bad:
            raise ValueError("broken")
        return digest(sitting_id, *rest)

    monkeypatch.setattr(closing, "receipt_digest", failing)
    swept = closing.close_overdue(GRACE_END + SECOND)
    assert (swept.sealed, swept.failed) == (1, 1)
    assert (row(bad).state, row(good).state) == (SittingState.RUNNING, SittingState.SEALED)
    monkeypatch.undo()
    assert closing.close_overdue(GRACE_END + SECOND).sealed == 1


def test_the_sweep_finishes_what_the_chain_missed(either_app):
    calls = []

    def fails_once(sitting_id, now):
        calls.append(sitting_id)
        if len(calls) == 1:
            raise RuntimeError("the disk was full")
        mark_graded(sitting_id, now)

    follower = []
    either_app.extensions["after_sealing"] = [fails_once, lambda sitting_id, now: follower.append(sitting_id)]
    sitting_id, candidate = start_sitting()
    hand_in(sitting_id, candidate)
    assert row(sitting_id).state is SittingState.SEALED
    assert follower == [sitting_id]
    assert closing.close_overdue(NOW + MINUTE + SECOND) == closing.Sweep()
    assert closing.close_overdue(NOW + 2 * MINUTE) == closing.Sweep(repaired=1)
    assert row(sitting_id).state is SittingState.GRADED


def test_time_is_granted_to_a_room_with_a_reason(either_app):
    session, questions = make_exam_session(), make_questions()
    running, candidate = start_sitting(session=session, questions=questions)
    waiting, _ = make_sitting(session=session, questions=questions)
    done, other = start_sitting(session=session, questions=questions)
    hand_in(done, other)
    granted = services.grant_time(
        sitting_ids=[running, waiting, done],
        seconds=300,
        reason=" 停电五分钟 ",
        actor=OFFICER,
        now=NOW + MINUTE,
    )
    assert set(granted) == {running, waiting}
    rows = db.session.scalars(select(TimeAdjustment)).all()
    assert {(r.sitting_id, r.seconds, r.reason) for r in rows} == {
        (running, 300, "停电五分钟"),
        (waiting, 300, "停电五分钟"),
    }
    assert keeps_signed_in(candidate, GRACE_END + 15 * MINUTE - SECOND)
    assert not keeps_signed_in(candidate, GRACE_END + 15 * MINUTE)
    with pytest.raises(Conflict):
        services.grant_time(sitting_ids=[done], seconds=300, reason="停电", actor=OFFICER, now=NOW + MINUTE)


def test_time_that_the_close_would_cut_off_again_is_not_granted(either_app):
    session = make_exam_session(cap_at_close=True, closes_at=NOW + 40 * MINUTE)
    sitting_id, _ = start_sitting(session=session)
    with pytest.raises(Conflict) as refused:
        services.grant_time(
            sitting_ids=[sitting_id], seconds=300, reason="停电", actor=OFFICER, now=NOW + MINUTE
        )
    assert refused.value.code == "capped"
    assert db.session.scalars(select(TimeAdjustment)).all() == []


@pytest.mark.parametrize(
    ("seconds", "reason"), [(0, "停电"), (300, " "), (300, "长" * 201), (90_000, "停电")]
)
def test_a_grant_needs_seconds_and_a_reason(either_app, seconds, reason):
    sitting_id, _ = start_sitting()
    with pytest.raises(Invalid):
        services.grant_time(sitting_ids=[sitting_id], seconds=seconds, reason=reason, actor=OFFICER, now=NOW)


def test_the_office_acts_within_its_units(either_app):
    sitting_id, candidate = start_sitting()
    elsewhere = Actor(label="officer-2", grants=(Grant(Role.OFFICER, frozenset({candidate.unit_id + 1})),))
    with pytest.raises(Conflict):
        services.grant_time(sitting_ids=[sitting_id], seconds=60, reason="停电", actor=elsewhere, now=NOW)
    with pytest.raises(NotFound):
        services.record_leave(sitting_id=sitting_id, reason="出差", actor=elsewhere, now=NOW)
    with pytest.raises(NotAllowed):
        services.record_leave(sitting_id=sitting_id, reason="出差", actor=candidate.actor, now=NOW)


def test_leave_excuses_an_admission_and_an_absence(either_app):
    early, _ = make_sitting()
    late, candidate = make_sitting()
    services.record_leave(sitting_id=early, reason="公务出差", actor=OFFICER, now=NOW)
    closing.close_overdue(NOW + 40 * MINUTE)
    assert (row(early).state, row(late).state) == (SittingState.EXCUSED, SittingState.ABSENT)
    services.record_leave(sitting_id=late, reason="补交病假条", actor=OFFICER, now=NOW + 40 * MINUTE)
    services.record_leave(sitting_id=late, reason="再次", actor=OFFICER, now=NOW + 40 * MINUTE)
    assert row(late).state is SittingState.EXCUSED
    assert queries.state_reason(late) == "补交病假条"
    with pytest.raises(Conflict) as refused:
        services.start(sitting_id=late, actor=candidate.actor, now=NOW)
    assert refused.value.code == "excused"


def test_leave_cannot_undo_a_start(either_app):
    sitting_id, _ = start_sitting()
    with pytest.raises(Conflict) as refused:
        services.record_leave(sitting_id=sitting_id, reason="出差", actor=OFFICER, now=NOW)
    assert refused.value.code == "not_absent"


def test_the_command_sweeps_and_says_so_in_json(either_app):
    sitting_id, _ = start_sitting()
    with transaction() as session:
        session.execute(update(ExamSession).values(grace_seconds=0))
    rewrite(Sitting, started_at=NOW - timedelta(days=300))
    either_app.extensions["after_sealing"] = []
    result = either_app.test_cli_runner().invoke(args=["exam", "close-overdue", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"sealed": 1, "absent": 0, "repaired": 0, "failed": 0}
    assert row(sitting_id).state is SittingState.SEALED
    assert db.session.scalar(text("SELECT count(*) FROM audit_entry WHERE action = 'seal'")) == 1
