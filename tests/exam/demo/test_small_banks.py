"""Another bank than the one that ships: the outcomes, and so the figures, stay the same."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.actor import Actor
from core.clock import day_of
from core.db import db, transaction
from exam.demo import loading
from exam.demo.history import history
from exam.demo.people import enter_people
from exam.papers.models import PaperQuestion
from exam.papers.rules import DEFAULT_SPEC, PaperSpec, Section
from exam.papers.services import add_spec, ensure_default_spec
from exam.policies.rules import Outcome
from exam.policies.services import DEFAULT_POLICY, ensure_default_policy
from exam.results.models import ResultRevision
from exam.sittings.models import Sitting
from question_bank.items.rules import QuestionType
from tests.factories.bank import make_item

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SESSIONS = 3
OUTCOME_STATES = {Outcome.ABSENT: "absent", Outcome.EXCUSED: "excused", Outcome.VOID: "void"}
HALF_MARKS = PaperSpec(
    "半分卷",
    (Section(QuestionType.MULTIPLE, 6, Decimal(3)), Section(QuestionType.TRUE_FALSE, 4, Decimal("2.5"))),
    Decimal(14),
    60,
    half_marks_for_incomplete=True,
)


def load_some(spec_id):
    """The first sessions of the history that are not large, drawn from the items that there are."""
    ensure_default_policy(now=NOW)
    sessions = [session for session in history(DEFAULT_POLICY) if session.region][:SESSIONS]
    cadres = list({s.cadre.number: s.cadre for session in sessions for s in session.sittings}.values())
    with transaction():
        people = enter_people(cadres, sessions)
    ground = loading.ground(spec_id=spec_id, law_day=day_of(NOW), people=people)
    for session in sessions:
        loading.load_session(session, ground, now=NOW)
    return [sitting for session in sessions for sitting in session.sittings]


def make_bank():
    for kind, count in (
        (QuestionType.SINGLE, 25),
        (QuestionType.MULTIPLE, 10),
        (QuestionType.TRUE_FALSE, 10),
    ):
        for _ in range(count):
            make_item(kind)


@pytest.mark.parametrize("spec", [DEFAULT_SPEC, HALF_MARKS], ids=["default", "half-marks"])
def test_every_sitting_comes_to_the_outcome_planned(either_app, spec):
    make_bank()
    spec_id = (
        ensure_default_spec(NOW)
        if spec is DEFAULT_SPEC
        else add_spec(spec=spec, actor=Actor.command(), now=NOW)
    )
    for planned in load_some(spec_id):
        stored = db.session.get(Sitting, planned.id)
        result = db.session.get(ResultRevision, (planned.id, 1))
        assert stored.state == OUTCOME_STATES.get(planned.outcome, "graded")
        if planned.outcome in OUTCOME_STATES:
            assert result is None
        else:
            assert result.passed is (planned.outcome is Outcome.PASSED)


def test_an_interrupted_load_remembers_the_papers_that_were_drawn(app):
    make_bank()
    planned = load_some(ensure_default_spec(NOW))
    first = history(DEFAULT_POLICY)
    session = next(s for s in first if any(x.id == planned[0].id for x in s.sittings))
    ground = loading.ground(spec_id=ensure_default_spec(NOW), law_day=day_of(NOW), people={})
    loading.remember(session, ground)
    query = select(PaperQuestion.item_version_id).where(PaperQuestion.sitting_id == planned[0].id)
    assert set(ground.previous[planned[0].cadre.number]) == set(db.session.scalars(query))
