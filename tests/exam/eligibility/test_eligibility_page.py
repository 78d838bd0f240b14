"""The lookup page: a sentence first, why, the evidence in time; never the full number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.actor import Role
from core.clock import at, day_of
from core.db import db, transaction
from core.people.models import Account, RoleGrant
from exam.certificates.services import revoke
from exam.eligibility.models import EligibilityLookup
from exam.policies.services import grant_exemption
from exam.results.services import record_revision
from tests.factories.results import OFFICER, browse, certificate_of, number_of, sat_on
from tests.factories.sittings import make_candidate, make_unit, password_hash

SAT = date(2026, 3, 2)
ASKED = "2026-11-23"


@dataclass(frozen=True)
class Clerk:
    """What `browse` needs of somebody."""

    account_id: int
    sign_in_id: str = ""


def personnel(app, unit_id=None):
    now = clock.now() - timedelta(days=1)
    with transaction() as session:
        account = Account(
            username=f"personnel{unit_id or ''}",
            display_name="组织部甲",
            password_hash=password_hash(),
            must_change_password=False,
            created_at=now,
        )
        session.add(account)
        session.flush()
        session.add(
            RoleGrant(
                account_id=account.id,
                role=Role.PERSONNEL,
                unit_id=unit_id,
                starts_on=day_of(now),
                recorded_at=now,
            )
        )
    return browse(app, Clerk(account.id))


@pytest.fixture
def office(app):
    return personnel(app)


def verdicts():
    """Of all lookups logged so far."""
    db.session.rollback()  # what the requests committed is newer than this session's snapshot
    return db.session.scalars(select(EligibilityLookup.verdict)).all()


def question(candidate, **changes):
    return {
        "id_number": number_of(candidate),
        "name": "",
        "on": ASKED,
        "known_at": "",
        "purpose": "干部调整动议",
        **changes,
    }


def answer(office, candidate, **changes):
    return office.send("/eligibility", question(candidate, **changes), status=200).text


def test_the_form_offers_today_and_asks_for_a_reason(office):
    page = office.page("/eligibility")
    assert f'value="{day_of(clock.now()).isoformat()}"' in page
    for words in ("身份证号", "提请日", "查询事由", "截至时间"):
        assert words in page
    assert verdicts() == []


def test_a_valid_pass_reads_as_a_sentence_with_its_evidence(app, office):
    sitting_id, candidate = sat_on(SAT)
    page = answer(office, candidate)
    number = number_of(candidate)
    for words in (
        "可以提请",
        "任前考法合格，有效至 2028-03-02。",
        "如无新的记录，这一答复自 2028-03-03 起改变。",
        "考试合格",
        "第三场",
        "取得合格证书",
        certificate_of(sitting_id).number,
        "考试规则 default-1 起生效",
        "查询日：可以提请",
        "本答复的依据",
        "组织部甲",
        "干部调整动议",
        "张示例",
        number[:6] + "********" + number[-4:],
    ):
        assert words in page, words
    order = [page.index(words) for words in ("起生效", "考试合格", "查询日：", "答复自此改变")]
    assert order == sorted(order)
    assert number not in page


def test_the_full_number_is_never_on_a_page_of_an_answer(app, office):
    _, candidate = sat_on(SAT, passed=False)
    number = number_of(candidate)
    for changes in ({}, {"name": "李四"}, {"on": "2018-01-01"}):
        assert number not in answer(office, candidate, **changes)


def test_who_may_not_be_proposed_is_told_why_and_what_follows(app, office):
    _, failed = sat_on(SAT, passed=False)
    page = answer(office, failed)
    for words in ("不可以提请", "2026-03-02 的考试不合格。", "不予提拔任用"):
        assert words in page, words
    assert "没有参加过任前考法。" in answer(office, failed, on="2026-03-01")
    _, lapsed = sat_on(date(2020, 2, 29))
    assert "合格成绩已失效，最后有效日是 2022-02-28。" in answer(office, lapsed)


def test_revocation_and_exemption_appear_with_their_grounds(app, office):
    sitting_id, candidate = sat_on(SAT)
    number = certificate_of(sitting_id).number
    revoke(
        number=number, on_day=date(2026, 5, 1), reason="替考查实", actor=OFFICER, now=at(date(2026, 5, 1), 9)
    )
    page = answer(office, candidate)
    assert "合格证书自 2026-05-01 起被撤销。" in page
    assert "替考查实" in page
    grant_exemption(
        person_id=candidate.person_id,
        from_day=date(2026, 6, 1),
        until=date(2026, 12, 1),
        basis="法律职业资格",
        approved_by="处长",
        actor=OFFICER,
        now=at(date(2026, 6, 1), 9),
    )
    page = answer(office, candidate)
    assert "免考，有效至 2026-11-30。" in page
    assert "法律职业资格" in page


def test_as_it_was_known_before_a_correction(app, office):
    sitting_id, candidate = sat_on(SAT)
    record_revision(
        sitting_id=sitting_id,
        score_hundredths=0,
        reason="更正",
        actor=OFFICER,
        now=at(date(2026, 6, 1), 9),
    )
    page = answer(office, candidate)
    assert "不可以提请" in page
    assert "证书不再成立" in page
    page = answer(office, candidate, known_at="2026-06-01T08:59")
    assert "不可以提请" not in page
    assert "2026-06-01 08:59:00" in page


def test_unknown_mismatched_and_foreign_persons_get_no_answer(app, office):
    _, candidate = sat_on(SAT)
    page = answer(office, candidate, name="李四")
    assert "姓名与身份证号不符。" in page
    unknown = answer(office, candidate, id_number="11010519491231002X")
    assert "没有查到此人。" in unknown
    other = personnel(app, make_unit("TEST-2").id)
    page = answer(other, candidate)
    assert "没有查到此人。" in page
    for secret in ("张示例", "考试合格", "江阳区示例局"):
        assert secret not in page
    assert verdicts() == ["unknown_person"] * 3


def test_bad_input_is_named_beside_its_field_and_changes_nothing(app, office):
    candidate = make_candidate()
    wrong = {
        "id_number": "510502198001010014",
        "on": "2026-02-30",
        "known_at": "gestern",
        "purpose": "",
    }
    page = office.send("/eligibility", question(candidate, **wrong), status=422).text
    for words in ("日期不存在或写法不对", "时间不存在或写法不对", "请写明查询事由"):
        assert words in page, words
    for changes, words in (
        ({"id_number": "510502198001010014"}, "校验码不符"),
        ({"id_number": ""}, "请填写身份证号"),
        ({"purpose": "   "}, "请写明查询事由"),
        ({"purpose": "长" * 201}, "不超过 200 个字"),
        ({"name": "长" * 101}, "姓名过长"),
        ({"known_at": "2099-01-01T00:00"}, "不能晚于现在"),
        ({"on": "2017-12-31"}, "还没有生效的考试规则"),
    ):
        page = office.send("/eligibility", question(candidate, **changes), status=422).text
        assert words in page, words
    assert verdicts() == []


def test_only_who_may_ask_gets_in(app, client):
    candidate = make_candidate()
    browse(app, candidate).page("/eligibility", status=403)
    assert client.get("/eligibility").status_code == 303
