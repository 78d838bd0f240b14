"""What happens at the same moment: parallel starts, hand-ins, and saves that race with sealing."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from core.audit.models import AuditEntry
from core.db import db
from core.errors import Conflict, DomainError
from exam.sittings import closing, journal, queries, services
from exam.sittings.answers import AnswerEvent, Batch
from exam.sittings.models import Sitting, UnofficialEvent
from exam.sittings.rules import SittingState
from tests.factories.sittings import NOW, make_exam_session, make_questions, make_sitting, start_sitting

SECOND = timedelta(seconds=1)


def at_once(app, *acts):
    """Run the acts in threads of their own, each with its own connection, released together; their outcomes."""
    barrier = threading.Barrier(len(acts))

    def run(act):
        with app.app_context():
            barrier.wait()
            try:
                return act()
            except DomainError as refused:
                return refused
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def save(sitting_id, candidate, *events, now=NOW):
    batch = Batch(tuple(AnswerEvent(*event) for event in events))
    return journal.save(sitting_id=sitting_id, sign_in_id=candidate.sign_in_id, batch=batch, now=now)


def audited(sitting_id, action):
    db.session.rollback()
    query = select(AuditEntry).where(AuditEntry.subject_id == str(sitting_id), AuditEntry.action == action)
    return len(db.session.scalars(query).all())


@pytest.fixture
def shared():
    """A session and its questions, once for many rounds."""
    return {}


def room(shared):
    if not shared:
        shared.update(session=make_exam_session(), questions=make_questions())
    return shared


def test_parallel_starts_make_one_sitting(either_app, shared):
    for _ in range(5):
        sitting_id, candidate = make_sitting(**room(shared))
        instants = [NOW + n * SECOND for n in range(6)]
        outcomes = at_once(
            either_app,
            *(
                partial(services.start, sitting_id=sitting_id, actor=candidate.actor, now=at)
                for at in instants
            ),
        )
        assert outcomes == [None] * 6
        assert audited(sitting_id, "start") == 1
        assert db.session.get(Sitting, sitting_id, populate_existing=True).started_at in instants


def test_parallel_hand_ins_make_one_receipt(either_app, shared):
    marked = []
    either_app.extensions["after_sealing"] = [lambda sitting_id, now: marked.append(sitting_id)]
    for _ in range(5):
        sitting_id, candidate = start_sitting(**room(shared))
        save(sitting_id, candidate, (1, 1, "A"), (2, 2, "B"))
        outcomes = at_once(
            either_app,
            *(
                partial(closing.hand_in, sitting_id=sitting_id, actor=candidate.actor, now=NOW + n * SECOND)
                for n in range(6)
            ),
        )
        assert len(set(outcomes)) == 1
        assert audited(sitting_id, "seal") == 1
        assert marked.count(sitting_id) == 1


def test_every_acknowledged_event_is_in_the_sealed_journal(either_app, shared):
    either_app.extensions["after_sealing"] = []
    refused = 0
    for round_number in range(25):
        sitting_id, candidate = start_sitting(**room(shared))
        acknowledged = set()

        def answer(sitting_id=sitting_id, candidate=candidate, acknowledged=acknowledged):
            for seq in range(1, 200):
                event = (seq, seq % 2 + 1, "ABCD"[seq % 4])
                save(sitting_id, candidate, event)
                acknowledged.add(event)

        def seal(sitting_id=sitting_id, candidate=candidate, pause=random.Random(round_number).random() / 25):
            threading.Event().wait(pause)
            return closing.hand_in(sitting_id=sitting_id, actor=candidate.actor, now=NOW + SECOND)

        stopped, sealed = at_once(either_app, answer, seal)
        assert stopped is None or stopped.code == "closed"
        refused += stopped is not None
        db.session.rollback()
        assert acknowledged <= set(queries.journal(sitting_id))
        assert len(queries.journal(sitting_id)) == sealed.acknowledged
        sitting = db.session.get(Sitting, sitting_id, populate_existing=True)
        assert closing.receipt_of(sitting) == sitting.receipt == sealed.receipt
    assert refused > 5, "the saves were over before the sealing: nothing raced"


def test_two_tabs_with_other_answers_under_one_number(either_app, shared):
    for _ in range(10):
        sitting_id, candidate = start_sitting(**room(shared))
        outcomes = at_once(
            either_app,
            lambda at=sitting_id, c=candidate: save(at, c, (1, 1, "A"), (2, 2, "A")),
            lambda at=sitting_id, c=candidate: save(at, c, (1, 1, "B"), (2, 2, "B"), (3, 3, "B")),
        )
        lost = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
        assert [outcome.code for outcome in lost] == ["sequence_conflict"]
        kept = {choice for _seq, _position, choice in queries.journal(sitting_id)}
        assert len(kept) == 1, "a refused batch was saved in part"
        db.session.rollback()


def test_two_tabs_with_the_same_answers_are_both_acknowledged(either_app, shared):
    for _ in range(10):
        sitting_id, candidate = start_sitting(**room(shared))
        outcomes = at_once(
            either_app, *(lambda at=sitting_id, c=candidate: save(at, c, (1, 1, "A"), (2, 2, "A")),) * 3
        )
        assert [outcome.acknowledged for outcome in outcomes] == [2, 2, 2]
        assert queries.journal(sitting_id) == [(1, 1, "A"), (2, 2, "A")]
        db.session.rollback()


def test_the_sweep_and_a_late_hand_in_seal_once(either_app, shared):
    either_app.extensions["after_sealing"] = []
    for _ in range(5):
        sitting_id, candidate = start_sitting(**room(shared))
        over = NOW + timedelta(minutes=61)
        _swept, handed_in, _again = at_once(
            either_app,
            lambda at=over: closing.close_overdue(at),
            lambda c=candidate, at=over, i=sitting_id: closing.hand_in(sitting_id=i, actor=c.actor, now=at),
            lambda at=over: closing.close_overdue(at),
        )
        assert audited(sitting_id, "seal") == 1
        sitting = db.session.get(Sitting, sitting_id, populate_existing=True)
        assert (sitting.state, sitting.receipt) == (SittingState.SEALED, handed_in.receipt)


def test_what_arrives_after_sealing_is_kept_apart(either_app, shared):
    sitting_id, candidate = start_sitting(**room(shared))
    save(sitting_id, candidate, (1, 1, "A"))
    outcomes = at_once(
        either_app,
        lambda: closing.hand_in(sitting_id=sitting_id, actor=candidate.actor, now=NOW + SECOND),
        *(lambda n=n: save(sitting_id, candidate, (2, 2, "ABCD"[n])) for n in range(4)),
    )
    db.session.rollback()
    saved = [outcome for outcome in outcomes[1:] if not isinstance(outcome, DomainError)]
    closed = [o for o in outcomes[1:] if isinstance(o, DomainError) and o.code == "closed"]
    assert len(saved) <= 1
    assert len(queries.journal(sitting_id)) == 1 + len(saved)
    assert len(db.session.scalars(select(UnofficialEvent)).all()) == len(closed)


def test_a_look_sees_what_the_sweep_has_sealed_since_its_first_read(either_app, shared):
    sitting_id, candidate = start_sitting(**room(shared))
    over = NOW + timedelta(hours=2)
    first = queries.own(sitting_id, person_id=candidate.person_id, now=over)
    assert first.is_over
    db.session.commit()
    [sealed] = at_once(either_app, partial(closing.seal_if_over, sitting_id=sitting_id, now=over))
    assert sealed is True
    again = queries.own(sitting_id, person_id=candidate.person_id, now=over)
    assert again.sitting.state in {SittingState.SEALED, SittingState.GRADED}
