"""Papers that were drawn before an amendment became known are named; nothing about them is changed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.actor import Actor, Grant, Role
from core.clock import day_of
from exam.papers.rules import PaperSpec, Section
from exam.papers.services import add_spec
from exam.reports.stale_papers import stale_papers
from exam.sittings.models import ExamSession
from question_bank.amendments.queries import queue
from question_bank.amendments.services import confirm_citation
from question_bank.items.rules import QuestionType
from question_bank.statutes.continuity import Standing
from tests.factories.bank import REVIEWER, client_as, make_item
from tests.factories.laws import LAW, NEW, NEW_TEXTS, OLD, load, load_new, load_old, write_law
from tests.factories.office import NOW, OFFICER, admit, make_session, make_unit, prepare
from tests.factories.past import rewrite

SINCE = date(2026, 11, 20)
"""The new wording came into force before the day of the session, and was loaded after the draw."""


@pytest.fixture
def drawn(either_app, tmp_path):
    """Two papers, each with the three 单选 of the bank; two of these rest on articles that were moved or reworded."""
    load_old(tmp_path)
    for article in ("1", "2", "3"):
        make_item(code=f"a-{article}", law=LAW, version=OLD, article=article, now=NOW)
    three = PaperSpec("三题", (Section(QuestionType.SINGLE, 3, Decimal(2)),), Decimal(4), minutes=30)
    spec = add_spec(spec=three, actor=OFFICER, now=NOW)
    session_id = make_session(paper_spec_id=spec)
    admit(session_id, 2)
    prepare(session_id)
    return session_id


def amend(folder):
    write_law(folder, NEW, SINCE, NEW_TEXTS)
    load(folder)


def found(actor=OFFICER):
    return [(row.code, row.standing, row.since, row.papers, row.begun) for row in stale_papers(actor)]


def test_nothing_is_stale_while_the_law_is_as_it_was_known(drawn):
    assert found() == []


def test_a_law_that_becomes_known_later_names_the_papers(drawn, tmp_path):
    amend(tmp_path)
    assert found() == [
        ("a-2", Standing.RENUMBERED, SINCE, 2, 0),
        ("a-3", Standing.RENUMBERED, SINCE, 2, 0),
    ]
    row = stale_papers(OFFICER)[0]
    assert (row.session_id, row.law, row.version, row.article) == (drawn, LAW, OLD, "2")


def test_a_law_that_comes_after_the_law_day_makes_nothing_stale(drawn, tmp_path):
    load_new(tmp_path)
    assert found() == []


def test_what_a_reviewer_confirms_afterwards_is_not_stale(drawn, tmp_path):
    amend(tmp_path)
    row = next(row for row in queue(day_of(NOW)) if row.code == "a-3")
    confirm_citation(
        item_version_id=row.item_version_id,
        position=row.position,
        statute_version_id=row.next_version_id,
        article="4",
        reason="本题不问期限",
        actor=REVIEWER,
        now=NOW,
    )
    assert [code for code, *_ in found()] == ["a-2"]


def test_only_the_last_draw_counts_and_rehearsals_never(drawn, tmp_path):
    prepare(drawn, reason="重新抽题")
    amend(tmp_path)
    assert [papers for *_, papers, _ in found()] == [2, 2]
    rewrite(ExamSession, is_rehearsal=True)
    assert found() == []


def test_an_officer_of_another_unit_sees_none_of_it(drawn, tmp_path):
    amend(tmp_path)
    own, other = make_unit().id, make_unit("510503-sfj", "另一区司法局", "510503").id
    for unit, count in ((own, 2), (other, 0)):
        grant = Grant(Role.OFFICER, frozenset({unit}))
        assert len(found(Actor(label="officer", grants=(grant,)))) == count


def test_officers_and_reviewers_read_it(either_app, drawn, tmp_path):
    officer = client_as(either_app, "zhou", Role.OFFICER)
    assert "没有受影响的试卷" in officer.page("/reports/stale-papers")
    amend(tmp_path)
    page = officer.page("/reports/stale-papers")
    assert "第一场" in page
    assert "a-3" in page
    assert "/bank/items/" not in page, "an officer does not see the bank"
    assert "/bank/items/a-3" in client_as(either_app, "li", Role.REVIEWER).page("/reports/stale-papers")
    client_as(either_app, "wang", Role.AUTHOR).page("/reports/stale-papers", status=403)
