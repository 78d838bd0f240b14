"""The demo as loaded: its figures, its people of today, its accounts, and what a second load does."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from config import load_settings
from core import clock
from core.actor import Actor, Role
from core.audit.models import AuditEntry
from core.auth.passwords import verify_password
from core.clock import day_of
from core.db import db
from core.people.models import Account, Person
from exam.demo import services
from exam.demo.today import cases
from exam.eligibility.services import ask
from exam.papers.models import PaperQuestion
from exam.results import queries as results
from exam.results.models import ResultRevision
from exam.results.observing import sessions_over, tallies
from exam.results.rules import mark_paper
from exam.results.services import record_revision, result_columns
from exam.sittings.closing import receipt_of
from exam.sittings.models import AnswerEvent, ExamSession, Sitting, SittingEvent
from exam.sittings.preparation import verify_draw
from question_bank.items.models import EnemyPair, ItemObservation, ItemVersion
from question_bank.items.observing import Tally
from question_bank.items.rules import Difficulty
from tests.exam.conftest import LOADED_AT
from tests.server import environment

pytestmark = pytest.mark.xdist_group("demo")

PERIOD = ("--from", "2018-01-01", "--to", "2020-12-31")
FIGURES = {
    "person-ever": (3422, 3033, "88.63"),
    "person-first": (3422, 2544, "74.34"),
    "person-latest": (3422, 2974, "86.91"),
    "sitting": (4745, 3450, "72.71"),
}


def report(app, *arguments, command="pass-rate", code=0):
    done = app.test_cli_runner().invoke(args=["report", command, *PERIOD, *arguments, "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def figures(answer):
    return answer["sat"], answer["passed"], answer["rate"]


def demo_sittings(*conditions):
    return (
        select(Sitting)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(ExamSession.is_demo, ExamSession.is_rehearsal.is_(False), *conditions)
        .order_by(Sitting.id)
    )


def test_each_definition_gives_its_figures(demo_app):
    assert {name: figures(report(demo_app, "--definition", name)) for name in FIGURES} == FIGURES
    answer = report(demo_app)
    assert answer["definition"] == "person-ever"
    assert (answer["from"], answer["to"]) == ("2018-01-01", "2020-12-31")
    assert answer["interval"] == ["87.53", "89.65"]
    assert answer["groups"] == []


def test_the_same_rows_come_about_whenever_the_demo_is_loaded(demo_app, demo_loaded_now, tmp_path, make_app):
    digest = report(demo_app)["digest"]
    now = make_app(load_settings(environment(shutil.copytree(demo_loaded_now, tmp_path / "now"))))
    with now.app_context():
        loaded_at = db.session.scalar(
            select(AuditEntry.recorded_at).where(AuditEntry.action == "load-demo-people")
        )
        assert loaded_at != LOADED_AT
    assert report(now)["digest"] == digest


@pytest.mark.parametrize(("by", "count"), [("region", 8), ("unit-kind", 15), ("level", 2)])
def test_groups_add_up(demo_app, by, count):
    for name, (sat, passed, _) in FIGURES.items():
        groups = report(demo_app, "--definition", name, "--by", by)["groups"]
        assert len(groups) == count
        assert (sum(g["sat"] for g in groups), sum(g["passed"] for g in groups)) == (sat, passed)
        assert len({g["rate"] for g in groups}) == count


def test_years_stand_each_for_itself(demo_app):
    groups = report(demo_app, "--by", "year")["groups"]
    assert [group["key"] for group in groups] == ["2018", "2019", "2020"]
    assert sum(group["sat"] for group in groups) > 3422


def test_the_published_figure_is_reproduced_by_one_definition(demo_app):
    found = report(demo_app, "--sat", "3422", "--rate", "88.63", command="reconcile")
    assert found["possible_passed"] == [3033]
    assert found["reproduced_by"] == ["person-ever"]
    assert {d["name"]: (d["sat"], d["passed"], d["rate"]) for d in found["definitions"]} == FIGURES
    assert [d["matches"] for d in found["definitions"]] == [True, False, False, False]
    other = report(demo_app, "--sat", "3422", "--rate", "88.64", command="reconcile", code=1)
    assert (other["possible_passed"], other["reproduced_by"]) == ([], [])


def test_a_revision_that_turns_a_pass_into_a_fail_shows_from_its_day_on(demo_app):
    before = report(demo_app, "--by", "region")
    once = select(Sitting.person_id).group_by(Sitting.person_id).having(func.count() == 1)
    passed = ResultRevision.passed & ExamSession.held_on.between("2018-01-01", "2018-12-31")
    sitting = db.session.scalars(
        demo_sittings(passed, Sitting.person_id.in_(once)).join(
            ResultRevision, ResultRevision.sitting_id == Sitting.id
        )
    ).first()
    now = clock.now()
    record_revision(
        sitting_id=sitting.id,
        score_hundredths=5900,
        reason="试题答案更正",
        actor=Actor.command(),
        now=now,
    )
    known = ("--known-at", now.isoformat())
    after = report(demo_app, *known, "--by", "region")
    assert figures(after) == (3422, 3032, "88.60")
    assert after["digest"] != before["digest"]
    changed = [g["key"] for g, h in zip(after["groups"], before["groups"], strict=True) if g != h]
    assert changed == [sitting.region_code]
    earlier = report(demo_app, "--known-at", (now - timedelta(microseconds=1)).isoformat(), "--by", "region")
    assert {**earlier, "known_at": ""} == {**before, "known_at": ""}
    claim = report(demo_app, "--sat", "3422", "--rate", "88.63", command="reconcile", code=1)
    assert (claim["possible_passed"], claim["reproduced_by"]) == ([3033], [])


def test_everyone_of_today_has_the_reason_laid_down(demo_app):
    found = {}
    for case in cases():
        answer = ask(
            id_number=case.cadre.id_number,
            name=case.cadre.name,
            on=day_of(LOADED_AT),
            purpose="演示核对",
            actor=Actor.command(),
            now=LOADED_AT,
        )
        found.setdefault(case.reason.value, set()).add(answer.reason)
    assert found == {reason: {reason} for reason in found}
    assert set(found) == {
        "valid_pass", "exempt", "never_sat", "absent", "failed", "lapsed", "revoked", "void",
    }  # fmt: skip


def test_the_real_marking_gives_every_result(demo_app):
    graded = db.session.scalars(demo_sittings(Sitting.state == "graded")).all()
    for sitting in graded[:: len(graded) // 25]:
        paper = results.sat_paper(sitting)
        stored = results.latest(sitting.id)
        columns = result_columns(paper.spec, mark_paper(paper.spec, paper.questions, paper.sheet))
        assert {name: getattr(stored, name) for name in columns} == columns


def test_receipts_and_draws_of_the_history_hold(demo_app):
    sealed = db.session.scalars(demo_sittings(Sitting.sealed_at.is_not(None))).all()
    for sitting in sealed[:: len(sealed) // 15]:
        assert receipt_of(sitting) == sitting.receipt
    sessions = db.session.scalars(select(ExamSession.id).where(ExamSession.is_demo)).all()
    for session_id in sessions[:: len(sessions) // 5]:
        assert verify_draw(session_id, unseal=True).holds


def test_the_bank_knows_how_the_history_s_items_fared(demo_app):
    sessions = db.session.scalars(
        select(ExamSession.id).where(ExamSession.is_demo, ExamSession.is_rehearsal.is_(False))
    ).all()
    for session_id in sessions[:: len(sessions) // 3]:
        stored = db.session.scalars(
            select(ItemObservation).where(ItemObservation.source == f"session:{session_id}")
        )
        counted = {version: tally for version, tally in tallies(session_id).items() if tally.answered}
        assert {row.item_version_id: Tally(row.answered, row.correct) for row in stored} == counted
    assert sessions_over(LOADED_AT + timedelta(days=1)) == []
    shares = db.session.execute(
        select(
            ItemVersion.difficulty,
            func.sum(ItemObservation.correct) * 100 / func.sum(ItemObservation.answered),
        )
        .join(ItemObservation, ItemObservation.item_version_id == ItemVersion.id)
        .group_by(ItemVersion.difficulty)
    )
    shares = dict(shares.all())
    assert shares[Difficulty.EASY] > shares[Difficulty.MEDIUM] > shares[Difficulty.HARD]


def test_no_paper_of_the_history_holds_two_enemies(demo_app):
    one, other = aliased(PaperQuestion), aliased(PaperQuestion)
    first, second = aliased(ItemVersion), aliased(ItemVersion)
    together = (
        select(func.count())
        .select_from(EnemyPair)
        .join(first, first.item_id == EnemyPair.item_id)
        .join(second, second.item_id == EnemyPair.enemy_id)
        .join(one, one.item_version_id == first.id)
        .join(other, (other.item_version_id == second.id) & (other.sitting_id == one.sitting_id))
    )
    assert db.session.scalar(select(func.count()).select_from(EnemyPair)) > 0
    assert db.session.scalar(together) == 0


def test_nobody_gets_an_item_of_the_previous_paper(demo_app):
    last: dict[int, set[int]] = {}
    began = select(Sitting.id, Sitting.person_id).join(ExamSession).order_by(ExamSession.held_on, Sitting.id)
    repeaters = select(Sitting.person_id).group_by(Sitting.person_id).having(func.count() > 2).limit(30)
    for sitting_id, person_id in db.session.execute(began.where(Sitting.person_id.in_(repeaters))).all():
        query = select(PaperQuestion.item_version_id).where(PaperQuestion.sitting_id == sitting_id)
        items = set(db.session.scalars(query))
        assert items
        assert not items & last.get(person_id, set())
        last[person_id] = items


def test_times_are_the_history_s_own_and_the_audit_tells_the_true_one(demo_app):
    in_period = demo_sittings(ExamSession.held_on < "2021-01-01").with_only_columns(Sitting.id)
    for model in (AnswerEvent, ResultRevision, SittingEvent):
        latest = select(func.max(model.recorded_at)).where(model.sitting_id.in_(in_period))
        assert db.session.scalar(latest).year <= 2020
    loads = select(AuditEntry).where(AuditEntry.action == "load-demo-session")
    entries = db.session.scalars(loads).all()
    assert len(entries) == 203
    assert {entry.recorded_at for entry in entries} == {LOADED_AT}


def test_accounts_have_the_one_password_and_the_history_s_people_have_none(demo_app):
    file = demo_app.config["SETTINGS"].demo_password_file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = file.read_text(encoding="ascii")
    assert password == password.strip()
    accounts = db.session.scalars(select(Account)).all()
    assert {account.username for account in accounts} == {role.value for role in Role}
    for account in accounts:
        assert account.is_demo
        assert not account.must_change_password
        assert (account.person_id is not None) == (account.username == "candidate")
    assert len({account.password_hash for account in accounts}) == 1
    assert verify_password(accounts[0].password_hash, password)


def counts():
    models = (Person, Account, ExamSession, Sitting, PaperQuestion, AnswerEvent, ResultRevision, AuditEntry)
    return [db.session.scalar(select(func.count()).select_from(model)) for model in models]


def test_a_second_load_changes_nothing(demo_app):
    before = counts()
    again = services.load(now=LOADED_AT + timedelta(hours=1))
    assert counts() == before
    assert (again.sessions, again.sittings) == (203, 5053)
    assert set(again.id_numbers) == {case.reason.value for case in cases()}


def test_a_lost_password_file_gives_all_accounts_the_new_password(demo_app):
    file = demo_app.config["SETTINGS"].demo_password_file
    file.unlink()
    services.load(now=LOADED_AT)
    for account in db.session.scalars(select(Account)):
        assert verify_password(account.password_hash, file.read_text(encoding="ascii"))


def test_the_command_lists_one_number_for_each_reason(demo_app):
    done = demo_app.test_cli_runner().invoke(args=["demo", "load", "--json"])
    assert done.exit_code == 0, done.output
    listed = json.loads(done.stdout)
    assert listed["accounts"] == [role.value for role in Role]
    for reason, number in listed["id_numbers"].items():
        asked = ["eligibility", "check", "--id-number", "-", "--on", "2026-11-24", "--json"]
        checked = demo_app.test_cli_runner().invoke(args=asked, input=number)
        assert json.loads(checked.stdout)["reason"] == reason
