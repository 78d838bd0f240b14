"""A password reset while its person sits: two people, said on the candidate's page, and the room's release."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from core import clock
from core.actor import Role
from core.approvals.models import Proposal
from core.audit.models import AuditEntry
from core.auth import services as auth
from core.auth.resets import LAPSES_AFTER
from core.db import db
from core.errors import Conflict
from core.people.models import Account, Person
from exam.sittings import queries
from exam.sittings.models import AnswerEvent, Sitting
from exam.sittings.rules import release_wanted
from tests.factories.bank import client_as
from tests.factories.sittings import NOW, PASSWORD, client_of, make_sign_in, save, start_sitting

REASON = "换机后忘记密码，已核对本人"
NEW = "Longmatan-2027!"


@pytest.fixture
def first(app):
    return client_as(app, "first", Role.OFFICER)


@pytest.fixture
def second(app):
    return client_as(app, "second", Role.OFFICER)


@pytest.fixture
def third(app):
    return client_as(app, "third", Role.OFFICER)


@pytest.fixture
def sat(app):
    """A sitting that runs now, its candidate, and the page in which it runs."""
    sitting_id, candidate = start_sitting(now=clock.now())
    return sitting_id, candidate, client_of(app, candidate)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def beat(client, sitting_id):
    return client.send_json(f"/sittings/{sitting_id}/answers", {"events": []})


def propose(client, sitting_id):
    url = client.send(f"/office/candidates/{sitting_id}/password", {"reason": REASON}).location
    assert url.startswith("/approvals/")
    return url


def one_time(page: str) -> str:
    return re.search(r'<strong class="one-time">([^<]+)<', page)[1]


def test_one_person_alone_resets_nothing(first, sat):
    sitting_id, candidate, paper = sat
    assert "须由两人办理" in first.page(f"/office/candidates/{sitting_id}")
    assert "须由两人办理" in first.page(f"/office/accounts/{candidate.account_id}")
    url = propose(first, sitting_id)
    refused = first.send(f"{url}/sign")
    assert "发起人不能签署" in first.page(refused.location)
    assert beat(paper, sitting_id).status_code == 200
    account = db.session.get(Account, candidate.account_id, populate_existing=True)
    assert not account.must_change_password
    again = first.send(f"/office/accounts/{candidate.account_id}/reset-password", {"reason": REASON})
    assert "已经发起" in first.page(again.location)
    with pytest.raises(Conflict) as alone:
        auth.reset_password(
            account_id=candidate.account_id, reason=REASON, actor=auth.Actor.command(), now=clock.now()
        )
    assert alone.value.code == "sits_now"


def test_the_account_page_proposes_as_well(first, second, sat):
    _sitting_id, candidate, _paper = sat
    url = first.send(f"/office/accounts/{candidate.account_id}/reset-password", {"reason": REASON}).location
    assert REASON in second.page(url)
    assert "第三场" in second.page(url)
    second.send(f"{url}/refuse", {"reason": "没有见到本人"})
    assert "没有见到本人" in first.page(url)


def test_signed_by_another_it_is_told_and_needs_the_rooms_release(app, first, second, third, sat):
    sitting_id, candidate, paper = sat
    address = f"/sittings/{sitting_id}"
    save(sitting_id, candidate, (1, 1, "A"), now=clock.now())
    password = one_time(second.send(f"{propose(first, sitting_id)}/sign", status=200).text)

    told = beat(paper, sitting_id)
    assert (told.status_code, told.json["code"], told.json["ended_by"]) == (401, "signed_out", "reset")
    assert "密码已由考务人员重置" in told.json["detail"]
    assert "密码已由考务人员重置" in paper.page(paper.get(address).location)

    machine = app.test_client()
    machine.sign_in(candidate.username, password)
    form = {"current_password": password, "new_password": NEW, "repeat_password": NEW}
    machine.send("/password", form)
    held = words(machine.page(address))
    assert "您的密码已由考务办公室在" in held
    assert REASON in held
    assert "再次输入密码" not in held
    machine.send(f"{address}/take-over", {"password": NEW})
    assert "须由监考人员核对本人并放行" in words(machine.page(address))
    assert db.session.get(Sitting, sitting_id, populate_existing=True).holder_id == candidate.sign_in_id

    watch = f"/office/sessions/{db.session.get(Sitting, sitting_id).session_id}/watch"
    release = f"/office/candidates/{sitting_id}/release"
    assert "等待放行" in third.page(watch)
    second.send(release)
    assert "须由另一名监考人员" in second.page(watch)
    third.send(release)
    assert "等待放行" not in third.page(watch)

    assert "再次输入密码" in machine.page(address)
    machine.send(f"{address}/take-over", {"password": NEW})
    assert 'name="last-seq"' in machine.page(address)
    db.session.rollback()
    actions = list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    wanted = ["propose", "sign", "reset-password", "sign-in", "release-take-over", "take-over"]
    assert [action for action in actions if action in wanted] == wanted


def test_a_proposal_lapses_and_is_not_signed_when_the_sitting_has_ended(app, first, second, sat):
    sitting_id, _candidate, paper = sat
    url = propose(first, sitting_id)
    paper.send(f"/sittings/{sitting_id}/submit")
    refused = second.send(f"{url}/sign")
    assert "可以直接重置密码" in second.page(refused.location)
    proposal = db.session.scalar(select(Proposal))
    assert proposal.lapses_at - proposal.recorded_at == LAPSES_AFTER


def test_outside_an_exam_a_reason_is_enough(first, app):
    sitting_id, candidate = start_sitting(now=clock.now())
    client_of(app, candidate).send(f"/sittings/{sitting_id}/submit")
    url = f"/office/accounts/{candidate.account_id}/reset-password"
    first.send(url, {"reason": ""}, status=422)
    assert one_time(first.send(url, {"reason": REASON}, status=200).text)
    assert REASON in first.page(f"/office/accounts/{candidate.account_id}")


def test_a_release_counts_for_the_resets_before_it():
    earlier, later = NOW, NOW.replace(hour=2)
    wanted = [
        release_wanted(started_at=earlier, reset_at=reset_at, released_at=released_at)
        for reset_at, released_at in ((None, None), (later, None), (later, earlier), (later, later))
    ]
    assert wanted == [False, True, True, False]
    assert not release_wanted(started_at=later, reset_at=earlier, released_at=None)


def test_each_event_carries_the_sign_in_that_saved_it(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "A"), (2, 2, "B"))
    again = save(sitting_id, candidate, (2, 2, "B"), (3, 1, "B"))
    assert again.acknowledged == 3
    rows = db.session.execute(
        select(AnswerEvent.seq, AnswerEvent.sign_in_id).order_by(AnswerEvent.sitting_id, AnswerEvent.seq)
    )
    assert rows.all() == [(seq, candidate.sign_in_id) for seq in (1, 2, 3)]
    (line,) = queries.saves_of(candidate.person_id)
    assert (line.session_name, line.events, line.address) == ("第三场", 3, "192.0.2.10")
    assert (line.first_at, line.last_at) == (NOW, NOW)


def test_office_and_auditor_see_on_the_persons_page_from_where_was_saved(app, first, sat):
    sitting_id, candidate, _paper = sat
    save(sitting_id, candidate, (1, 1, "A"), now=clock.now())
    elsewhere = make_sign_in(candidate.account_id, now=clock.now())
    other = app.test_client()
    with other.session_transaction() as cookie:
        cookie["_user_id"] = elsewhere
    other.send(f"/sittings/{sitting_id}/take-over", {"password": PASSWORD})
    other.send_json(
        f"/sittings/{sitting_id}/answers", {"events": [{"seq": 2, "position": 1, "choice": ["B"]}]}
    )
    ref = db.session.scalar(select(Person.ref).where(Person.id == candidate.person_id))
    auditor = client_as(app, "auditor", Role.AUDITOR)
    for client in (first, auditor):
        page = words(client.page(f"/office/people/{ref}"))
        assert page.count("192.0.2.10") == 2
        assert page.count("1 次") == 2
    assert "查看完整身份证号" in first.page(f"/office/people/{ref}")
    assert "查看完整身份证号" not in auditor.page(f"/office/people/{ref}")
    auditor.send(f"/office/people/{ref}/id-number", {"reason": "想看看"}, status=403)
