"""Rehearsals: `candidate` always finds one open, and more are made by command."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from config import Environment
from core import clock
from core.actor import Actor
from core.db import db
from core.errors import Conflict, Invalid
from core.people.models import Account
from exam.demo.population import population
from exam.demo.rehearsals import OPEN_FOR, keep_open, make_rehearsal, readmit
from exam.demo.services import CANDIDATE_NUMBER
from exam.eligibility.services import ask
from exam.sittings.closing import close_overdue
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.rules import SittingState
from tests.exam.conftest import LOADED_AT

pytestmark = pytest.mark.xdist_group("demo")

LINK = re.compile(r"/sittings/([0-9a-f-]{36})")


def of_candidate():
    """The sittings of the account `candidate` in the order of their sessions, as they are now."""
    db.session.rollback()
    return db.session.scalars(
        select(Sitting)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .join(Account, Account.person_id == Sitting.person_id)
        .where(Account.username == "candidate")
        .order_by(ExamSession.opens_at, Sitting.id)
    ).all()


def sign_in(app, username="candidate"):
    client = app.test_client()
    client.sign_in(username, app.config["SETTINGS"].demo_password_file.read_text(encoding="ascii"))
    return client


def sweep():
    """What the server does each second: by the present clock the loaded rehearsal may be long over."""
    now = clock.now()
    close_overdue(now=now)
    keep_open(now)


def sit(client, sitting_id):
    client.send(f"/sittings/{sitting_id}/start")
    client.send_json(
        f"/sittings/{sitting_id}/answers",
        {"events": [{"seq": 1, "position": 1, "choice": ["A"]}]},
        status=200,
    )
    client.send(f"/sittings/{sitting_id}/submit")


def test_the_loaded_demo_has_one_open_sitting_for_the_candidate(demo_app):
    (sitting,) = of_candidate()
    assert sitting.state is SittingState.ASSIGNED
    assert sitting.question_count == 45
    session = db.session.get_one(ExamSession, sitting.session_id)
    assert session.is_rehearsal
    assert session.opens_at == LOADED_AT


def test_the_next_sitting_is_there_as_soon_as_one_is_handed_in(demo_app):
    sweep()
    client = sign_in(demo_app)
    for number in (1, 2):
        open_now = LINK.findall(client.page("/"))[0]
        sit(client, open_now)
        states = [sitting.state for sitting in of_candidate()]
        assert states.count(SittingState.ASSIGNED) == 1
        assert states.count(SittingState.GRADED) == number
        assert LINK.findall(client.page("/"))[0] != open_now


def test_a_page_view_admits_nobody(demo_app):
    client = sign_in(demo_app)
    before = db.session.scalar(select(func.count(Sitting.id)))
    for _ in range(3):
        client.page("/")
    assert db.session.scalar(select(func.count(Sitting.id))) == before


def test_a_rehearsal_that_nobody_started_is_replaced_by_the_sweep(demo_app):
    keep_open(LOADED_AT + OPEN_FOR - timedelta(seconds=1))
    assert len(of_candidate()) == 1
    later = LOADED_AT + OPEN_FOR + timedelta(minutes=1)
    close_overdue(now=later)
    keep_open(later)
    keep_open(later)
    assert [sitting.state for sitting in of_candidate()] == [SittingState.ABSENT, SittingState.ASSIGNED]


def test_someone_else_s_sealing_admits_nobody(demo_app):
    (sitting,) = of_candidate()
    made = make_rehearsal(candidates=1, now=LOADED_AT)
    later = LOADED_AT + OPEN_FOR + timedelta(minutes=1)
    readmit(made.candidates[0][1], later)
    assert len(of_candidate()) == 1
    readmit(sitting.id, later)
    assert len(of_candidate()) == 2


def test_rehearsals_do_not_make_anybody_eligible(demo_app):
    sweep()
    client = sign_in(demo_app)
    sit(client, LINK.findall(client.page("/"))[0])
    (cadre,) = population(range(CANDIDATE_NUMBER, CANDIDATE_NUMBER + 1))
    now = clock.now()
    answer = ask(
        id_number=cadre.id_number,
        name=cadre.name,
        on=clock.day_of(now),
        purpose="核对",
        actor=Actor.command(),
        now=now,
    )
    assert answer.reason == "never_sat"


def test_the_command_makes_fresh_accounts_that_can_sign_in_and_sit(demo_app):
    arguments = ["demo", "session", "--candidates", "3", "--minutes", "5", "--grace", "2", "--json"]
    done = demo_app.test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    assert set(made) == {"session", "candidates"}
    assert len({c["username"] for c in made["candidates"]}) == 3
    client = sign_in(demo_app, made["candidates"][2]["username"])
    sitting_id = made["candidates"][2]["sitting"]
    sit(client, sitting_id)
    sitting = db.session.scalars(select(Sitting).where(Sitting.id == sitting_id)).one()
    assert sitting.state is SittingState.GRADED
    assert sitting.allowed_seconds == 300
    assert db.session.get_one(ExamSession, sitting.session_id).grace_seconds == 2
    assert client.get(f"/sittings/{made['candidates'][0]['sitting']}").status_code == 404


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"candidates": 0}, "candidates"),
        ({"candidates": 5_001}, "candidates"),
        ({"candidates": 1, "minutes": 0}, "minutes"),
        ({"candidates": 1, "grace_seconds": 601}, "grace"),
    ],
)
def test_numbers_out_of_range_are_refused(demo_app, arguments, code):
    with pytest.raises(Invalid) as refused:
        make_rehearsal(**arguments, now=LOADED_AT)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_before_the_demo_is_loaded_a_rehearsal_is_refused(app):
    with pytest.raises(Conflict) as refused:
        make_rehearsal(candidates=1, now=LOADED_AT)
    assert refused.value.code == "not_loaded"


@pytest.mark.parametrize("arguments", [["demo", "load"], ["demo", "session"]])
def test_production_refuses_with_one_sentence(sqlite_settings, make_app, arguments):
    app = make_app(sqlite_settings, environment=Environment.PRODUCTION, public_url="https://kaofa.example.cn")
    done = app.test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    with app.app_context():
        assert db.session.scalar(select(func.count(Account.id))) == 0
