"""The holder's certificate, and public verification that tells nothing to who guesses."""

from __future__ import annotations

from datetime import date

from core import clock
from core.clock import day_of
from exam.certificates.queries import of_sitting
from exam.certificates.rules import certificate_number
from exam.certificates.services import revoke
from exam.sittings.models import ResultRelease
from tests.factories.results import OFFICER, browse, certificate_of, finish, number_of, sat_on
from tests.factories.sittings import make_candidate

UNKNOWN = certificate_number(2026, 12345)


def test_the_holder_sees_number_dates_masked_id_and_code(app):
    sitting_id, candidate = finish()
    held = of_sitting(sitting_id).certificate
    page = browse(app, candidate).page(f"/certificates/{held.number}")
    full = number_of(candidate)
    for words in (
        held.number,
        "张示例",
        full[:6] + "********" + full[-4:],
        "2026-11-23",
        "2028-11-23",
        "成绩 9 分",
        "乡科级正职",
        '<svg viewBox="0 0 ',
        f"http://localhost/certificates/verify/{held.number}",
    ):
        assert words in page, words
    assert full not in page


def test_the_address_in_the_code_is_the_sites_public_one(sqlite_settings, make_app):
    app = make_app(sqlite_settings, public_url="http://kaofa.example.cn")
    with app.app_context():
        sitting_id, candidate = finish()
        number = certificate_of(sitting_id).number
        page = browse(app, candidate).page(f"/certificates/{number}")
    assert f'href="http://kaofa.example.cn/certificates/verify/{number}"' in page


def test_a_certificate_is_shown_to_its_holder_alone(app):
    sitting_id, _ = finish()
    number = certificate_of(sitting_id).number
    browse(app, make_candidate()).page(f"/certificates/{number}", status=404)
    assert app.test_client().get(f"/certificates/{number}").status_code == 303


def test_anyone_verifies_a_number_and_sees_a_masked_name(app, client):
    sitting_id, _ = sat_on(day_of(clock.now()))
    number = certificate_of(sitting_id).number
    page = client.page(f"/certificates/verify/{number}")
    for words in ("有效。", "张**", number):
        assert words in page
    assert "张示例" not in page
    typed = number[:4] + "-" + number[4:].lower()
    assert "张**" in client.page(f"/certificates/verify/{typed}")


def test_lapsed_and_revoked_are_told_apart(app, client):
    lapsed, _ = sat_on(date(2019, 5, 31))
    page = client.page(f"/certificates/verify/{certificate_of(lapsed).number}")
    assert "已过期" in page
    assert "2021-05-31" in page
    sitting_id, _ = sat_on(day_of(clock.now()))
    number, today = certificate_of(sitting_id).number, day_of(clock.now())
    revoke(number=number, on_day=today, reason="替考查实", actor=OFFICER, now=clock.now())
    page = client.page(f"/certificates/verify/{number}")
    assert f"自 {today.isoformat()} 起不再有效" in page
    assert "替考" not in page


def test_unknown_and_malformed_numbers_are_answered_alike(app, client):
    wrong = [
        UNKNOWN,
        UNKNOWN[:-1] + ("0" if UNKNOWN[-1] != "0" else "1"),
        "x",
        "张三",
        "a/b",
        "%00",
        "9" * 500,
    ]
    answers = [client.get(f"/certificates/verify/{number}") for number in wrong]
    assert {answer.status_code for answer in answers} == {404}
    bodies = {without_token(answer.text) for answer in answers}
    assert len(bodies) == 1
    assert "没有查到这个编号的证书" in bodies.pop()


def without_token(page: str) -> str:
    return "".join(line for line in page.splitlines() if "csrf-token" not in line)


def test_an_unreleased_pass_cannot_be_verified(app, client):
    sitting_id, candidate = finish(result_release=ResultRelease.BY_OFFICE)
    number = certificate_of(sitting_id).number
    client.page(f"/certificates/verify/{number}", status=404)
    browse(app, candidate).page(f"/certificates/{number}", status=404)
    assert number not in browse(app, candidate).page("/")


def test_the_form_leads_to_the_answer(app, client):
    assert "证书编号" in client.page("/certificates/verify")
    response = client.get("/certificates/verify", query_string={"number": f" {UNKNOWN.lower()} "})
    assert (response.status_code, response.location) == (303, f"/certificates/verify/{UNKNOWN}")
    assert "请填写证书编号" in client.page("/certificates/verify?number=", status=422)
    assert "共 15 位" in client.page("/certificates/verify?number=" + "9" * 41, status=422)


def test_verification_is_limited_by_address(sqlite_settings, make_app):
    app = make_app(sqlite_settings, testing=False)
    client = app.test_client()
    visitor = {"REMOTE_ADDR": "192.0.2.77"}
    statuses = [
        client.get(f"/certificates/verify/{UNKNOWN}", environ_base=visitor).status_code for _ in range(31)
    ]
    assert statuses == [404] * 30 + [429]


def test_a_rehearsals_certificate_says_so(app, client):
    sitting_id, candidate = finish(is_rehearsal=True, is_demo=True)
    number = certificate_of(sitting_id).number
    assert "演练证书" in browse(app, candidate).page(f"/certificates/{number}")
    assert "演练证书" in client.page(f"/certificates/verify/{number}")


def test_an_old_certificate_is_shown_as_lapsed_to_its_holder(app):
    day = date(2020, 2, 29)
    sitting_id, candidate = sat_on(day)
    number = certificate_of(sitting_id).number
    client = browse(app, candidate)
    page = client.page(f"/certificates/{number}")
    assert "已过有效期" in page
    assert "2022-02-28" in page
