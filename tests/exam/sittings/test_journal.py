"""Saving answers, on both databases: what is acknowledged is durable, what is refused saves nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from core.auth.models import SignInSession
from core.db import db, transaction
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.people.models import Account
from exam.sittings import closing, queries, services
from exam.sittings.answers import LONGEST_TEXTS
from exam.sittings.models import AnswerEvent, ExamSession, Sitting, TimeAdjustment, UnofficialEvent
from exam.sittings.rules import SittingState
from exam.sittings.standing import SignedOut
from question_bank.items.rules import QuestionType
from tests.factories.bank import make_item
from tests.factories.past import rewrite
from tests.factories.sittings import (
    NOW,
    OFFICER,
    PASSWORD,
    make_blank,
    make_candidate,
    make_questions,
    make_sign_in,
    make_sitting,
    save,
    start_sitting,
)

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
DEADLINE = NOW + HOUR


def journal_of(sitting_id):
    db.session.rollback()
    return queries.journal(sitting_id)


def refused(sitting_id, candidate, *events, now=NOW):
    with pytest.raises(DomainError) as caught:
        save(sitting_id, candidate, *events, now=now)
    return caught.value


def change(statement):
    with transaction() as session:
        session.execute(statement)


def test_a_save_is_durable_and_says_what_is_acknowledged(either_app):
    sitting_id, candidate = start_sitting()
    saved = save(sitting_id, candidate, (1, 1, "A"), (2, 3, "BD"))
    assert (saved.acknowledged, saved.late, saved.deadline, saved.state) == (2, [], DEADLINE, "running")
    saved = save(sitting_id, candidate, (3, 1, ""))
    assert saved.acknowledged == 3
    assert journal_of(sitting_id) == [(1, 1, "A"), (2, 3, "BD"), (3, 1, "")]
    assert queries.sheet(sitting_id) == queries.Sheet({3: "BD"}, 3)


def test_a_save_keeps_its_arrival(either_app):
    sitting_id, candidate = start_sitting()
    at = NOW + timedelta(microseconds=123456)
    save(sitting_id, candidate, (1, 1, "A"), now=at)
    event = db.session.scalars(select(AnswerEvent)).one()
    assert (event.recorded_at, event.late) == (at, False)


def test_the_same_event_again_is_acknowledged_again(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"), (2, 2, "B"))
    assert save(sitting_id, candidate, (1, 1, "A")).acknowledged == 2
    assert save(sitting_id, candidate, (2, 2, "B"), (3, 2, "C")).acknowledged == 3
    assert journal_of(sitting_id) == [(1, 1, "A"), (2, 2, "B"), (3, 2, "C")]


def test_a_gap_says_how_far_the_journal_goes(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"))
    error = refused(sitting_id, candidate, (3, 1, "B"), (4, 1, "C"))
    assert (error.status, error.code, error.extra) == (409, "sequence_gap", {"acknowledged": 1})
    assert journal_of(sitting_id) == [(1, 1, "A")]


@pytest.mark.parametrize("other", [(2, 2, "C"), (2, 1, "B"), (2, 2, "")])
def test_other_content_under_a_used_number_saves_nothing_of_the_batch(either_app, other):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"), (2, 2, "B"))
    error = refused(sitting_id, candidate, other, (3, 3, "A"))
    assert (error.status, error.code, error.extra) == (409, "sequence_conflict", {"acknowledged": 2})
    assert journal_of(sitting_id) == [(1, 1, "A"), (2, 2, "B")]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ((2, 5, "A"), "position_unknown"),
        ((2, 1, "E"), "letter_outside_options"),
        ((2, 4, "C"), "letter_outside_options"),
        ((2, 1, "AB"), "too_many_letters"),
        ((2, 4, "AB"), "too_many_letters"),
    ],
)
def test_what_does_not_fit_the_paper_is_named_and_saves_nothing_of_the_batch(either_app, event, code):
    sitting_id, candidate = start_sitting()
    error = refused(sitting_id, candidate, (1, 1, "A"), event)
    assert isinstance(error, Invalid)
    assert error.status == 422
    assert [(p.code, p.where, p.data) for p in error.problems] == [(code, "events.1", {"index": 1, "seq": 2})]
    assert journal_of(sitting_id) == []


def test_in_the_grace_events_count_and_are_late(either_app):
    sitting_id, candidate = start_sitting()
    assert save(sitting_id, candidate, (1, 1, "A"), now=DEADLINE).late == []
    assert save(sitting_id, candidate, (2, 1, "B"), now=DEADLINE + 10 * SECOND).late == [2]
    assert save(sitting_id, candidate, (1, 1, "A"), (2, 1, "B"), now=DEADLINE + SECOND).late == [2]
    assert queries.late_seqs(sitting_id) == [2]


def test_after_the_grace_it_is_closed_and_kept_apart(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"))
    after = DEADLINE + 10 * SECOND + timedelta(microseconds=1)
    error = refused(sitting_id, candidate, (1, 1, "A"), (2, 2, "B"), now=after)
    assert (error.status, error.code, error.extra) == (409, "closed", {"acknowledged": 1})
    assert journal_of(sitting_id) == [(1, 1, "A")]
    kept = db.session.scalars(select(UnofficialEvent)).one()
    assert (kept.sitting_id, kept.events, kept.recorded_at) == (sitting_id, [[2, 2, "B"]], after)


def test_a_repeat_of_what_is_durable_is_not_kept_as_unofficial(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"))
    closing.hand_in(sitting_id=sitting_id, actor=candidate.actor, now=NOW + SECOND)
    assert refused(sitting_id, candidate, (1, 1, "A"), now=NOW + 2 * SECOND).code == "closed"
    assert db.session.scalars(select(UnofficialEvent)).all() == []


def test_nothing_is_saved_before_the_start(either_app):
    sitting_id, candidate = make_sitting()
    assert refused(sitting_id, candidate, (1, 1, "A")).code == "not_started"


def test_nothing_is_saved_to_a_void_sitting(either_app):
    sitting_id, candidate = start_sitting()
    change(update(Sitting).where(Sitting.id == sitting_id).values(state=SittingState.VOID))
    assert refused(sitting_id, candidate, (1, 1, "A")).code == "void"


def test_someone_elses_sitting_is_not_found(either_app):
    sitting_id, _candidate = start_sitting()
    stranger = make_candidate()
    error = refused(sitting_id, stranger, (1, 1, "A"))
    assert isinstance(error, NotFound)
    assert journal_of(sitting_id) == []


def test_an_ended_sign_in_is_told_to_sign_in(either_app):
    sitting_id, candidate = start_sitting()
    change(update(SignInSession).where(SignInSession.id == candidate.sign_in_id).values(ended_at=NOW))
    error = refused(sitting_id, candidate, (1, 1, "A"))
    assert isinstance(error, SignedOut)
    assert error.status == 401


def test_a_sign_in_that_was_never_is_told_to_sign_in(either_app):
    sitting_id, candidate = start_sitting()
    nobody = type(candidate)(
        candidate.username, candidate.account_id, candidate.person_id, candidate.unit_id, "x"
    )
    assert refused(sitting_id, nobody, (1, 1, "A")).code == "signed_out"


def test_a_disabled_account_saves_nothing(either_app):
    sitting_id, candidate = start_sitting()
    change(update(Account).where(Account.id == candidate.account_id).values(disabled_at=NOW))
    assert refused(sitting_id, candidate, (1, 1, "A")).code == "signed_out"


def test_a_running_sitting_keeps_its_sign_in_alive(either_app):
    sitting_id, candidate = start_sitting(minutes=14 * 60, closes_at=NOW + 20 * HOUR)
    assert save(sitting_id, candidate, (1, 1, "A"), now=NOW + 13 * HOUR).acknowledged == 1


def test_the_old_page_is_told_that_the_sitting_was_taken_over(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"))
    elsewhere = type(candidate)(
        candidate.username,
        candidate.account_id,
        candidate.person_id,
        candidate.unit_id,
        make_sign_in(candidate.account_id),
    )
    assert refused(sitting_id, elsewhere, (2, 1, "B")).code == "taken_over"
    services.take_over(sitting_id=sitting_id, password=PASSWORD, actor=elsewhere.actor, now=NOW + SECOND)
    assert refused(sitting_id, candidate, (2, 1, "B")).code == "taken_over"
    assert refused(sitting_id, candidate).code == "taken_over"
    assert save(sitting_id, elsewhere, (2, 1, "C")).acknowledged == 2


def test_the_heartbeat_writes_nothing_and_tells_the_deadline(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"))
    beat = save(sitting_id, candidate)
    assert (beat.acknowledged, beat.late, beat.deadline) == (1, [], DEADLINE)
    assert refused(sitting_id, candidate, now=DEADLINE + 11 * SECOND).code == "closed"
    assert db.session.scalars(select(UnofficialEvent)).all() == []


def test_time_granted_moves_the_deadline_of_the_next_reply(either_app):
    sitting_id, candidate = start_sitting()
    services.grant_time(sitting_ids=[sitting_id], seconds=300, reason="更换电脑", actor=OFFICER, now=NOW)
    assert save(sitting_id, candidate).deadline == DEADLINE + timedelta(minutes=5)
    assert save(sitting_id, candidate, (1, 1, "A"), now=DEADLINE + timedelta(minutes=4)).late == []


def test_a_correction_never_puts_the_deadline_before_the_start(either_app):
    sitting_id, candidate = start_sitting()
    with transaction() as session:
        session.add(
            TimeAdjustment(
                sitting_id=sitting_id, seconds=-7200, reason="更正", recorded_by="officer", recorded_at=NOW
            )
        )
    assert save(sitting_id, candidate, (1, 1, "A")).deadline == NOW


def test_a_deadline_moved_in_the_database_is_obeyed(either_app):
    sitting_id, candidate = start_sitting()
    rewrite(Sitting, Sitting.id == sitting_id, started_at=NOW - HOUR - 5 * SECOND)
    assert save(sitting_id, candidate, (1, 1, "A")).late == [1]
    rewrite(Sitting, Sitting.id == sitting_id, started_at=NOW - HOUR - 11 * SECOND)
    assert refused(sitting_id, candidate, (2, 1, "A")).code == "closed"
    rewrite(Sitting, Sitting.id == sitting_id, started_at=NOW - HOUR + SECOND)
    assert save(sitting_id, candidate, (2, 1, "A")).late == []


def test_a_session_may_cap_every_deadline(either_app):
    sitting_id, candidate = start_sitting(cap_at_close=True, closes_at=NOW + timedelta(minutes=40))
    assert save(sitting_id, candidate).deadline == NOW + timedelta(minutes=40)
    assert save(sitting_id, candidate, (1, 1, "A"), now=NOW + timedelta(minutes=40, seconds=5)).late == [1]
    change(update(ExamSession).values(closes_at=NOW + timedelta(minutes=39)))
    assert refused(sitting_id, candidate, (2, 1, "A"), now=NOW + timedelta(minutes=40)).code == "closed"


def test_after_the_hand_in_it_is_closed(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"))
    closing.hand_in(sitting_id=sitting_id, actor=candidate.actor, now=NOW + SECOND)
    error = refused(sitting_id, candidate, (2, 1, "B"), now=NOW + 2 * SECOND)
    assert isinstance(error, Conflict)
    assert error.code == "closed"
    assert journal_of(sitting_id) == [(1, 1, "A")]


def test_a_journal_row_cannot_be_changed(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"))
    with pytest.raises(Exception, match="append-only"):
        change(text("UPDATE answer_event SET choice = 'B'"))


NASTY = '=六十日 "引号" \\反斜杠 {花括号} NULL, %s 𠮷\n第二空'


def test_a_written_answer_is_saved_as_typed_up_to_its_length(either_app):
    questions = [*make_questions(), make_item(QuestionType.SHORT), make_blank()]
    sitting_id, candidate = start_sitting(questions=questions)
    longest = "=" + "答" * 1999 + "\n"
    assert save(sitting_id, candidate, (1, 5, NASTY), (2, 5, longest)).acknowledged == 2
    for event, code in (
        ((3, 5, longest + "答"), "text_too_long"),
        ((3, 5, "A"), "text_wanted"),
        ((3, 6, "=" + "答" * (LONGEST_TEXTS[QuestionType.BLANK] + 1)), "text_too_long"),
    ):
        error = refused(sitting_id, candidate, event)
        assert [p.code for p in error.problems] == [code]
    blanks = "=" + "答" * LONGEST_TEXTS[QuestionType.BLANK]
    assert save(sitting_id, candidate, (3, 5, ""), (4, 6, blanks)).acknowledged == 4
    assert journal_of(sitting_id)[:3] == [(1, 5, NASTY), (2, 5, longest), (3, 5, "")]


def test_words_are_saved_as_typed_and_only_where_words_are_asked(either_app):
    questions = [*make_questions(), make_blank()]
    sitting_id, candidate = start_sitting(questions=questions)
    assert save(sitting_id, candidate, (1, 5, NASTY), (2, 1, "A"), (3, 5, "")).acknowledged == 3
    assert save(sitting_id, candidate, (1, 5, NASTY)).acknowledged == 3
    assert journal_of(sitting_id) == [(1, 5, NASTY), (2, 1, "A"), (3, 5, "")]
    for event, code in (((4, 5, "A"), "text_wanted"), ((4, 1, "=A"), "letters_wanted")):
        error = refused(sitting_id, candidate, event)
        assert [p.code for p in error.problems] == [code]
    error = refused(sitting_id, candidate, (1, 5, NASTY + "！"))
    assert error.code == "sequence_conflict"
    assert journal_of(sitting_id)[3:] == []
