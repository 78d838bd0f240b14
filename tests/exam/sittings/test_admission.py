from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from core.actor import Actor, Permission
from core.clock import at
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed
from core.people.models import Person, Posting
from core.people.rules import PostLevel, UnitKind
from exam.results.models import ResultRevision
from exam.sittings import services
from exam.sittings.admission import admit_person, remove_admission
from exam.sittings.models import Sitting
from exam.sittings.rules import SittingState
from tests.factories.office import (
    NOW,
    OFFICER,
    admit,
    entry,
    id_number,
    make_session,
    make_unit,
    prepare,
)


def refused(call) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        call()
    found: dict[str, list[str]] = {}
    for problem in caught.value.problems:
        found.setdefault(problem.where, []).append(problem.code)
    return found


def test_a_list_admits_everybody_and_makes_persons_and_postings(either_app):
    session_id = make_session()
    sittings = admit(session_id, [entry(1, "张三"), entry(2, "阿依·古丽", level="正科")])
    rows = [db.session.get(Sitting, sitting_id) for sitting_id in sittings]
    assert [row.level for row in rows] == [PostLevel.DEPUTY_SECTION, PostLevel.SECTION]
    assert {row.region_code for row in rows} == {"510502"}
    assert {row.unit_kind for row in rows} == {UnitKind.GOVERNMENT}
    assert {row.state for row in rows} == {SittingState.ASSIGNED}
    assert {row.allowed_seconds for row in rows} == {1800}


def test_a_list_moves_who_has_a_new_unit_and_the_sitting_keeps_it(either_app):
    first = make_session(name="旧场", is_rehearsal=True)
    admit(first, [entry(1)])
    make_unit("510503-x", "另一单位", "510503")
    (sitting_id,) = admit(make_session(), [entry(1, unit="510503-x")])
    assert db.session.get(Sitting, sitting_id).region_code == "510503"
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1
    assert db.session.scalar(select(func.count()).select_from(Posting)) == 2


def test_every_problem_of_a_list_is_told_by_row_and_nothing_is_saved(either_app):
    session_id = make_session()
    bad_check = entry(5, where="第 4 行")
    wrong = bad_check.id_number[:-1] + ("0" if bad_check.id_number[-1] != "0" else "1")
    entries = [
        entry(4, where="第 2 行"),
        entry(4, where="第 3 行"),
        type(bad_check)(wrong, "乙", bad_check.unit, bad_check.level, "", "第 4 行"),
        entry(6, unit="没有的单位", level="省长", where="第 5 行"),
        entry(7, "字" * 51, where="第 6 行"),
    ]
    assert refused(lambda: admit(session_id, entries)) == {
        "第 3 行": ["duplicate"],
        "第 4 行": ["id_number_check_digit"],
        "第 5 行": ["unit_unknown", "level_unknown"],
        "第 6 行": ["name_too_long"],
    }
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0
    assert db.session.scalar(select(func.count()).select_from(Sitting)) == 0


def test_one_known_person_is_admitted_by_number_and_name(either_app):
    admit(make_session(name="演练", is_rehearsal=True), [entry(1, "张三")])
    session_id = make_session()

    def one(number, name):
        return admit_person(session_id=session_id, id_number=number, name=name, actor=OFFICER, now=NOW)

    assert refused(lambda: one("510502188001010", "")) == {
        "id_number": ["id_number_length"],
        "name": ["name_empty"],
    }
    assert refused(lambda: one(id_number(9), "李四")) == {"id_number": ["unknown_person"]}
    assert refused(lambda: one(id_number(1), "李四")) == {"name": ["name_mismatch"]}
    assert db.session.get(Sitting, one(f" {id_number(1)} ", "张 三")).session_id == session_id
    assert refused(lambda: one(id_number(1), "张三")) == {"id_number": ["already_admitted"]}


def test_nobody_admits_themselves(app):
    admit(make_session(name="演练", is_rehearsal=True), [entry(1, "张三")])
    person_id = db.session.scalar(select(Person.id))
    officer = Actor("zhang", person_id=person_id, unrestricted=True)
    assert officer.may(Permission.MANAGE_SESSIONS)
    session_id = make_session()
    assert refused(lambda: admit(session_id, [entry(1, "张三", where="第 2 行")], actor=officer)) == {
        "第 2 行": ["self"]
    }
    assert refused(
        lambda: admit_person(
            session_id=session_id, id_number=id_number(1), name="张三", actor=officer, now=NOW
        ),
    ) == {"id_number": ["self"]}


def test_nobody_waits_for_two_sessions_but_a_rehearsal_does_not_count(either_app):
    admit(make_session(name="上午场"), [entry(1)])
    assert refused(lambda: admit(make_session(name="下午场"), [entry(1, where="第 2 行")])) == {
        "第 2 行": ["admitted_elsewhere"]
    }
    admit(make_session(name="演练", is_rehearsal=True), [entry(1)])


def graded(day: date, number: int, *, passed: bool) -> None:
    """A past sitting with a result."""
    when = at(day, 10)
    session_id = make_session(when)
    (sitting_id,) = admit(session_id, [entry(number)], now=when)
    with transaction() as session:
        sitting = session.get(Sitting, sitting_id)
        sitting.state, sitting.started_at = SittingState.GRADED, when
        session.add(
            ResultRevision(
                sitting_id=sitting_id,
                number=1,
                score_hundredths=1200 if passed else 600,
                total_hundredths=1600,
                pass_hundredths=900,
                passed=passed,
                sections=[],
                laws=[],
                rule_version="test",
                recorded_by="test",
                recorded_at=when,
            )
        )


def test_who_failed_waits_for_the_retake_except_in_a_rehearsal(either_app):
    graded(date(2026, 11, 1), 1, passed=False)
    graded(date(2026, 10, 1), 2, passed=False)
    assert refused(lambda: admit(make_session(), [entry(1, where="第 2 行"), entry(2, where="第 3 行")])) == {
        "第 2 行": ["retake_interval"]
    }
    admit(make_session(), [entry(2)])
    admit(make_session(is_rehearsal=True), [entry(1)])


def test_admission_ends_with_the_last_start(app):
    session_id = make_session()
    with pytest.raises(Conflict) as caught:
        admit(session_id, now=NOW + timedelta(hours=1, seconds=1))
    assert caught.value.code == "session_over"


def test_an_admission_is_taken_back_with_a_reason_until_the_paper_is_drawn(either_app):
    session_id = make_session()
    first, second = admit(session_id, 2)
    assert refused(
        lambda: remove_admission(sitting_id=first, reason=" ", actor=OFFICER, now=NOW),
    ) == {"reason": ["reason"]}
    remove_admission(sitting_id=first, reason="单位更正名单", actor=OFFICER, now=NOW)
    assert db.session.scalars(select(Sitting.id)).all() == [second]
    prepare(session_id)
    with pytest.raises(Conflict):
        remove_admission(sitting_id=second, reason="晚了", actor=OFFICER, now=NOW)
    with pytest.raises(NotAllowed):
        remove_admission(sitting_id=second, reason="x", actor=Actor("nobody"), now=NOW)


def test_an_admission_with_time_granted_is_not_taken_back(either_app):
    (sitting_id,) = admit(make_session())
    services.grant_time(sitting_ids=[sitting_id], seconds=600, reason="行动不便", actor=OFFICER, now=NOW)
    with pytest.raises(Conflict) as refused:
        remove_admission(sitting_id=sitting_id, reason="误录", actor=OFFICER, now=NOW)
    assert refused.value.code == "granted"
