from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text, update

from core.audit.models import AuditEntry
from core.db import db, transaction
from core.errors import Conflict, Invalid
from exam.papers import queries as papers
from exam.papers.draw import InsufficientPool, commitment
from exam.papers.models import Draw, PaperQuestion
from exam.papers.rules import DEFAULT_SPEC, PaperSpec, Section
from exam.papers.services import add_spec, ensure_default_spec, unseal_seed
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.office import reveal_if_finished
from exam.sittings.preparation import prepare_added, verify_draw
from exam.sittings.rules import SittingState
from question_bank.items import pool
from question_bank.items.enemies import add_enemy
from question_bank.items.models import Item, ItemVersion
from question_bank.items.rules import QuestionType
from tests.factories.bank import AUTHOR, make_item
from tests.factories.office import NOW, OFFICER, admit, entry, make_session, make_small_spec, prepare


def paper(sitting_id) -> list[PaperQuestion]:
    number = db.session.scalar(select(Sitting.draw_number).where(Sitting.id == sitting_id))
    return [q for q in papers.questions([sitting_id]) if q.draw_number == number]


def set_sitting(sitting_id, **values) -> None:
    with transaction() as session:
        session.execute(update(Sitting).where(Sitting.id == sitting_id).values(**values))


def test_the_default_preset_is_made_once(either_app):
    first = ensure_default_spec(NOW)
    assert ensure_default_spec(NOW) == first
    (stored,) = papers.specs()
    assert stored.spec == DEFAULT_SPEC
    assert add_spec(spec=DEFAULT_SPEC, actor=OFFICER, now=NOW) != first
    assert [stored.number for stored in papers.specs()] == [2]


def test_preparing_draws_a_whole_paper_for_everyone_and_publishes_a_commitment(either_app):
    session_id = make_session()
    sittings = admit(session_id, 3)
    done = prepare(session_id)
    assert (done.number, done.papers) == (1, 3)
    for sitting_id in sittings:
        assert [question.position for question in paper(sitting_id)] == list(range(1, 8))
        assert db.session.get(Sitting, sitting_id).question_count == 7
    draw = db.session.scalar(select(Draw))
    assert commitment(unseal_seed(draw), draw.manifest.encode()) == draw.commitment == done.commitment
    assert {person["person"] for person in json.loads(draw.manifest)["people"]} == set(map(str, sittings))
    (view,) = papers.draws(session_id)
    assert view.seed is None
    assert db.session.get(ExamSession, session_id).draw_number == 1


def test_preparing_again_asks_a_reason_and_stays_visible_beside_the_first(either_app):
    session_id = make_session()
    (sitting_id,) = admit(session_id)
    first = prepare(session_id)
    with pytest.raises(Invalid):
        prepare(session_id)
    second = prepare(session_id, reason="组卷前发现一题有误")
    assert second.number == 2
    views = papers.draws(session_id)
    assert [view.commitment for view in views] == [first.commitment, second.commitment]
    assert views[1].reason == "组卷前发现一题有误"
    assert db.session.get(Sitting, sitting_id).draw_number == 2
    set_sitting(sitting_id, state=SittingState.RUNNING, started_at=NOW)
    with pytest.raises(Conflict) as caught:
        prepare(session_id, reason="再来")
    assert caught.value.code == "started"


def test_who_is_admitted_later_gets_a_supplementary_draw(either_app):
    session_id = make_session()
    (first,) = admit(session_id)
    with pytest.raises(Conflict):
        prepare_added(session_id=session_id, actor=OFFICER, now=NOW)
    prepare(session_id)
    with pytest.raises(Conflict) as caught:
        prepare_added(session_id=session_id, actor=OFFICER, now=NOW)
    assert caught.value.code == "nobody"
    set_sitting(first, state=SittingState.RUNNING, started_at=NOW)
    (later,) = admit(session_id)
    done = prepare_added(session_id=session_id, actor=OFFICER, now=NOW)
    assert (done.number, done.papers) == (2, 1)
    assert db.session.get(Sitting, first).draw_number == 1
    assert len(paper(later)) == 7
    assert verify_draw(session_id, unseal=True).holds


def test_nobody_to_draw_for_and_too_late(app):
    session_id = make_session()
    with pytest.raises(Conflict) as caught:
        prepare(session_id)
    assert caught.value.code == "nobody"
    admit(session_id)
    with pytest.raises(Conflict) as caught:
        prepare(session_id, now=NOW + timedelta(hours=2))
    assert caught.value.code == "session_over"


def test_what_the_bank_lacks_is_named_and_nothing_is_stored(either_app):
    make_small_spec()
    session_id = make_session(paper_spec_id=add_spec(spec=DEFAULT_SPEC, actor=OFFICER, now=NOW))
    admit(session_id)
    with pytest.raises(InsufficientPool) as caught:
        prepare(session_id)
    assert len(caught.value.problems) == 3
    assert db.session.scalar(select(func.count()).select_from(Draw)) == 0
    assert db.session.get(ExamSession, session_id).draw_number == 0


def test_items_of_law_not_yet_in_force_on_the_law_day_are_not_drawn(app):
    session_id = make_session()
    admit(session_id)
    with pytest.raises(InsufficientPool):
        prepare(session_id, law_day=date(2019, 12, 31))
    prepare(session_id, law_day=date(2020, 1, 1))
    assert db.session.get(ExamSession, session_id).law_day == date(2020, 1, 1)


def test_nobody_gets_an_item_of_the_previous_paper_while_the_pool_allows_it(either_app):
    make_small_spec(spare=7)
    first = make_session(is_rehearsal=True)
    (before,) = admit(first, [entry(1)])
    prepare(first)
    set_sitting(before, state=SittingState.GRADED, started_at=NOW)
    second = make_session()
    (after,) = admit(second, [entry(1)])
    prepare(second)
    old, new = ({q.item_version_id for q in paper(sitting)} for sitting in (before, after))
    assert old.isdisjoint(new)
    manifest = json.loads(db.session.scalar(select(Draw.manifest).where(Draw.subject_id == second)))
    assert set(manifest["people"][0]["excluded"]) == old


def test_enemies_are_never_on_one_paper(either_app):
    make_small_spec(spare=1)
    codes = [row.code for row in pool.pool(NOW.date(), {QuestionType.SINGLE})]
    add_enemy(code=codes[0], enemy=codes[1], reason="同一考点", actor=AUTHOR, now=NOW)
    session_id = make_session()
    sittings = admit(session_id, 12)
    prepare(session_id)
    pair = {row.item_version_id for row in pool.pool(NOW.date()) if row.code in codes[:2]}
    assert [len(pair & {q.item_version_id for q in paper(sitting)}) for sitting in sittings] == [1] * 12


def finish(session_id, *sittings) -> None:
    for sitting_id in sittings:
        set_sitting(sitting_id, state=SittingState.ABSENT)
    assert reveal_if_finished(session_id, NOW)


def test_verification_holds_with_the_published_seed_and_by_command_before(either_app):
    session_id = make_session()
    sittings = admit(session_id, 2)
    prepare(session_id)
    prepare(session_id, reason="再抽一次")
    closed = verify_draw(session_id)
    assert {d.code for d in closed.differences} == {"not_revealed"}
    assert verify_draw(session_id, unseal=True).holds
    finish(session_id, *sittings)
    found = verify_draw(session_id)
    assert found.holds
    assert (found.draws, found.papers) == (2, 4)


@pytest.mark.parametrize(
    ("tampering", "code"),
    [
        ("UPDATE paper_question SET option_order = CASE option_order WHEN 'DCBA' THEN 'ABCD' ELSE 'DCBA' END WHERE position = 1", "changed"),
        ("DELETE FROM paper_question WHERE position = 3", "missing"),
        ("INSERT INTO paper_question SELECT sitting_id, draw_number, 99, section, item_version_id, type, option_order FROM paper_question WHERE position = 1", "added"),
        ("INSERT INTO paper_question SELECT sitting_id, 7, position, section, item_version_id, type, option_order FROM paper_question", "unknown_draw"),
        ("UPDATE draw SET manifest = replace(manifest, '\"小卷\"', '\"大卷\"')", "commitment"),
        ("UPDATE draw_reveal SET seed = 'zz'", "seed_malformed"),
    ],
)  # fmt: skip
def test_verification_tells_what_was_tampered_with(either_app, tampering, code):
    session_id = make_session()
    (sitting_id,) = admit(session_id)
    prepare(session_id)
    finish(session_id, sitting_id)
    tables = ("paper_question", "draw", "draw_reveal")
    if db.engine.dialect.name == "sqlite":
        before, after = (
            [f"DROP TRIGGER {table}_no_{act}" for table in tables for act in ("update", "delete")],
            [],
        )
    else:  # later tests use the database too
        before, after = (
            [f"ALTER TABLE {table} {act} TRIGGER USER" for table in tables] for act in ("DISABLE", "ENABLE")
        )
    with transaction() as session:
        for statement in before:
            session.execute(text(statement))
        assert session.execute(text(tampering)).rowcount > 0
        for statement in after:
            session.execute(text(statement))
    found = verify_draw(session_id)
    assert {difference.code for difference in found.differences} == {code}


def test_a_sealed_seed_that_was_exchanged_is_told(app):
    session_id = make_session()
    admit(session_id)
    prepare(session_id)
    with transaction() as session:
        session.execute(text("DROP TRIGGER draw_no_update"))
        session.execute(update(Draw).values(seed_sealed=b"x" * 60))
    assert [d.code for d in verify_draw(session_id, unseal=True).differences] == ["seed_sealed"]


def test_the_command_verifies_and_says_no_with_exit_1(app):
    session_id = make_session()
    admit(session_id)
    prepare(session_id)
    runner = app.test_cli_runner()
    fine = runner.invoke(args=["exam", "verify-draw", str(session_id), "--json"])
    assert fine.exit_code == 0
    assert json.loads(fine.stdout) == {
        "session": str(session_id),
        "verified": True,
        "draws": 1,
        "papers": 1,
        "differences": [],
    }
    with transaction() as session:
        session.execute(text("DROP TRIGGER paper_question_no_delete"))
        session.execute(text("DELETE FROM paper_question WHERE position = 2"))
    broken = runner.invoke(args=["exam", "verify-draw", str(session_id)])
    assert broken.exit_code == 1
    assert "第 2 题缺少" in broken.stderr
    looks = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "verify-draw").order_by(AuditEntry.id)
    )
    assert [look.detail["holds"] for look in looks] == [True, False]
    assert runner.invoke(args=["exam", "verify-draw", str(uuid4())]).exit_code == 1
    assert runner.invoke(args=["exam", "verify-draw", "nonsense"]).exit_code == 2


def test_enemies_of_the_bank_are_never_on_one_paper(either_app):
    first, second = (make_item(QuestionType.SINGLE)[0].code for _ in range(2))
    for _ in range(3):
        make_item(QuestionType.SINGLE)
    add_enemy(code=first, enemy=second, reason="一题给出另一题的答案", actor=OFFICER, now=NOW)
    spec_id = add_spec(
        spec=PaperSpec("四题", (Section(QuestionType.SINGLE, 4, Decimal(1)),), Decimal(1), minutes=30),
        actor=OFFICER,
        now=NOW,
    )
    session_id = make_session(paper_spec_id=spec_id)
    sittings = admit(session_id, 6)
    prepare(session_id)
    codes = {row.id: row.code for row in db.session.execute(select(ItemVersion.id, Item.code).join(Item))}
    for sitting_id in sittings:
        drawn = {codes[question.item_version_id] for question in paper(sitting_id)}
        assert len(drawn) == 4
        assert not {first, second} <= drawn
    assert verify_draw(session_id, unseal=True).holds


def test_a_rehearsal_draws_only_what_anybody_may_practise(app):
    session_id = make_session(is_rehearsal=True)
    for kind in (QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.TRUE_FALSE):
        for _ in range(5):
            make_item(kind, reserved=True)
    admit(session_id, 3)
    prepare(session_id)
    drawn = select(PaperQuestion.item_version_id)
    reserved = select(Item.reserved).join(ItemVersion).where(ItemVersion.id.in_(drawn)).distinct()
    assert db.session.scalars(reserved).all() == [False]
