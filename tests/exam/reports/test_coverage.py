"""What the bank covers: thin, short, stale and overexposed are told apart."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import update

from core.actor import Role
from core.db import transaction
from exam.papers.rules import PaperSpec, Section
from exam.papers.services import add_spec
from exam.reports import coverage
from exam.sittings.models import ExamSession
from question_bank.items.observing import Tally, record_observations
from question_bank.items.rules import Difficulty, QuestionType
from question_bank.statutes.models import StatuteVersion
from tests.factories.bank import client_as, make_item
from tests.factories.office import NOW, OFFICER, admit, make_session, prepare
from tests.factories.past import rewrite

TODAY = date(2026, 11, 23)


def spec_of(*sections, name="小卷"):
    return add_spec(spec=PaperSpec(name, sections, Decimal(1), minutes=30), actor=OFFICER, now=NOW)


def test_laws_and_parts_say_what_can_be_drawn(either_app):
    for _ in range(6):
        make_item()
    make_item(QuestionType.MULTIPLE, law="另一法")
    spec_of(Section(QuestionType.SINGLE, 2, Decimal(1)), Section(QuestionType.MULTIPLE, 1, Decimal(1)))
    spec_of(Section(QuestionType.CASE, 1, Decimal(1), questions=2), name="案例卷")
    found = coverage.coverage(TODAY)
    assert [(line.law, line.drawn, line.thin) for line in found.laws] == [
        ("另一法", 1, True),
        ("示例法", 6, False),
    ]
    assert [(line.spec, line.wanted, line.available, line.state) for line in found.parts] == [
        ("小卷", 2, 6, "good"),
        ("小卷", 1, 1, "thin"),
        ("案例卷", 1, 0, "short"),
    ]


def test_what_an_amendment_took_out_of_the_draw_is_stale(either_app):
    make_item()
    make_item(law="旧法")
    with transaction() as session:
        session.execute(
            update(StatuteVersion)
            .where(StatuteVersion.id == 2)
            .values(in_force_until=TODAY - timedelta(days=1))
        )
    lines = {line.law: line for line in coverage.coverage(TODAY).laws}
    assert (lines["旧法"].drawn, lines["旧法"].stale) == (0, 1)
    assert (lines["示例法"].drawn, lines["示例法"].stale) == (1, 0)


def test_a_question_on_too_many_papers_is_overexposed_but_not_by_rehearsals_or_a_few(either_app):
    make_item()
    rare = [make_item(QuestionType.TRUE_FALSE)[0].code for _ in range(8)]
    spec_id = spec_of(
        Section(QuestionType.SINGLE, 1, Decimal(1)), Section(QuestionType.TRUE_FALSE, 1, Decimal(1))
    )
    session_id = make_session(paper_spec_id=spec_id)
    admit(session_id, 19)
    prepare(session_id)
    assert coverage.coverage(TODAY).exposed == ()
    second = make_session(paper_spec_id=spec_id)
    admit(second, 1)
    prepare(second)
    found = coverage.coverage(TODAY)
    assert found.papers == 20
    often = {line.code: line for line in found.exposed}
    single = next(code for code in often if code not in rare)
    assert (often[single].papers, often[single].share) == (20, 1)
    assert found.exposed[0].code == single
    rewrite(ExamSession, is_rehearsal=True)
    assert coverage.coverage(TODAY).papers == 0


def test_estimates_that_what_was_observed_contradicts_are_named(app):
    _, version = make_item(code="a-1", difficulty=Difficulty.HARD)
    with transaction():
        record_observations(source="第一场", tallies={version.id: Tally(100, 95)}, actor=OFFICER, now=NOW)
    found = coverage.coverage(TODAY)
    assert found.contradicted == ("a-1",)
    assert "难度：a-1 的估计与实测不符。" in coverage.as_lines(found)
    page = client_as(app, "author1", Role.AUTHOR).page("/reports/bank-coverage")
    assert "1 题的估计与实测不符" in page
    assert "/bank/items?contradicted=y" in page


def test_authors_see_the_page_and_officers_do_not(app):
    make_item()
    page = client_as(app, "author1", Role.AUTHOR).page("/reports/bank-coverage")
    for words in ("题库覆盖", "《示例法》", "标准卷", "不足", "偏少"):
        assert words in page, words
    client_as(app, "officer1", Role.OFFICER).page("/reports/bank-coverage", status=403)


def test_the_command_tells_the_same(app):
    make_item()
    told = json.loads(app.test_cli_runner().invoke(args=["bank", "check", "--json"]).stdout)["coverage"]
    assert told["laws"][0] == {
        "law": "示例法",
        "drawn": 1,
        "types": {"single": 1},
        "in_use": 1,
        "stale": 0,
        "thin": True,
    }
    assert [(line["state"], line["available"]) for line in told["specs"]] == [
        ("short", 1),
        ("short", 0),
        ("short", 0),
    ]
    lines = app.test_cli_runner().invoke(args=["bank", "check"]).output
    assert "《示例法》可抽 1 题，偏少" in lines
