"""The report page and its sheet, in the demo and on an empty database."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta

import openpyxl
import pytest
from sqlalchemy import select

from core.actor import Role
from core.db import transaction
from core.people.rules import PostLevel
from exam.sittings.models import ExamSession, Sitting
from tests.factories.past import rewrite
from tests.factories.people import PASSWORD, make_account
from tests.factories.results import sat_on

DAY = date(2026, 5, 4)
DEMO = pytest.mark.xdist_group("demo")
PERIOD = {"first": "2018-01-01", "last": "2020-12-31", "definition": "person-ever", "by": "region"}


@pytest.fixture
def officer(demo_app):
    client = demo_app.test_client()
    client.sign_in("officer", demo_app.config["SETTINGS"].demo_password_file.read_text(encoding="ascii"))
    return client


@pytest.fixture
def clerk(app, client):
    make_account("clerk", Role.OFFICER)
    client.sign_in("clerk", PASSWORD)
    return client


def text_of(page):
    main = page[page.index("<main") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def asked(client, *, status=200, **changes):
    response = client.get("/reports/pass-rate", query_string=PERIOD | changes)
    assert response.status_code == status, response.text
    return text_of(response.text)


@DEMO
def test_the_page_opens_with_the_published_period_and_reproduces_the_rate(officer):
    text = text_of(officer.page("/reports/pass-rate"))
    for words in ("88.63 %", "3422 人", "3033 人", "2018-01-01 至 2020-12-31", "87.53 %—89.65 %", "演示数据"):
        assert words in text


@DEMO
def test_groups_stand_from_high_to_low_beside_their_table(officer):
    page = officer.get("/reports/pass-rate", query_string=PERIOD).text
    bars = page[page.index('class="bars"') : page.index("</table>", page.index('class="bars"'))]
    rates = [float(rate) for rate in re.findall(r"([\d.]+) %</td>", bars)]
    assert len(rates) == 8
    assert rates == sorted(rates, reverse=True)
    assert page.count('class="bar-interval"') == 8
    assert "style=" not in page[page.index("<main") :]


@DEMO
@pytest.mark.parametrize("by", ["", "region", "unit-kind", "level", "year"])
@pytest.mark.parametrize("definition", ["person-first", "sitting"])
def test_every_definition_and_grouping_has_a_page(officer, by, definition):
    text = asked(officer, by=by, definition=definition)
    assert {"person-first": "74.34 %", "sitting": "4745 人次"}[definition] in text


@DEMO
def test_the_page_checks_a_published_figure(officer):
    text = asked(officer, sat="3422", rate="88.63")
    assert "记录能够重现这一数字" in text
    assert "可能的合格人数：3033" in text
    assert "记录不能重现" in asked(officer, sat="3422", rate="88.60")
    assert "算术上不可能" in asked(officer, sat="3422", rate="88.64")
    assert "照公布的位数填写" in asked(officer, sat="3422", rate="viele", status=422)


@DEMO
def test_the_sheet_says_what_it_is(officer):
    response = officer.get("/reports/pass-rate.xlsx", query_string=PERIOD)
    assert response.status_code == 200
    rows = list(openpyxl.load_workbook(io.BytesIO(response.data)).active.iter_rows(values_only=True))
    assert rows[0][0].startswith("演示数据")
    assert "2018-01-01 至 2020-12-31" in rows[0][0]
    assert rows[2][:5] == ("合计", None, 3422, 3033, 88.63)
    assert sum(row[2] for row in rows[3:]) == 3422


def test_an_empty_period_has_no_rate(clerk):
    assert "期内没有人参加考试" in asked(clerk)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"first": "2020-02-30"}, "日期不存在"),
        ({"first": "2021-01-01"}, "结束日期不能早于开始日期"),
        ({"last": ""}, "请填写截止日"),
        ({"definition": "nobody"}, "不是有效的选择"),
        ({"by": "colour"}, "不是有效的选择"),
        ({"known_at": "2020-13-01T00:00"}, "时间不存在"),
    ],
)
def test_a_wrong_question_is_told_beside_its_field(clerk, changes, words):
    assert words in asked(clerk, status=422, **changes)
    assert clerk.get("/reports/pass-rate.xlsx", query_string=PERIOD | changes).status_code == 422


@pytest.fixture
def few(either_app):
    """A clerk, and a day on which one person failed and six passed; the level of who failed is nobody else's."""
    make_account("clerk", Role.OFFICER)
    sat_on(DAY, passed=False)
    rewrite(Sitting, level=PostLevel.DEPUTY_SECTION)
    for _ in range(6):
        sat_on(DAY)
    client = either_app.test_client()
    client.sign_in("clerk", PASSWORD)
    return client


def test_who_failed_alone_is_not_told_by_a_day_and_a_level(few):
    day = {"first": DAY.isoformat(), "last": DAY.isoformat()}
    text = asked(few, by="level", **day)
    assert "7 人" in text
    assert "人数太少或者无人合格的组不单独显示" in text
    assert not re.search(r"乡科级[正副]职 \d", text)
    rows = list(
        openpyxl.load_workbook(
            io.BytesIO(few.get("/reports/pass-rate.xlsx", query_string={**PERIOD, **day, "by": "level"}).data)
        ).active.iter_rows(values_only=True)
    )
    assert rows[2][2:4] == (7, 6)
    assert {row[2:] for row in rows[3:]} == {("—",) * 5}
    assert len(rows) == 5


def test_a_period_of_one_person_tells_nothing_and_checks_no_claim(few):
    with transaction() as session:
        failed = session.scalars(select(Sitting).where(Sitting.level == PostLevel.DEPUTY_SECTION)).one()
        session.get_one(ExamSession, failed.session_id).held_on = DAY - timedelta(days=1)
    day = {"first": "2026-05-03", "last": "2026-05-03"}
    for claim in ({}, {"sat": "1", "rate": "0"}, {"sat": "1", "rate": "100"}):
        text = asked(few, by="level", **day, **claim)
        assert "人数太少，不显示" in text
        assert not re.search(r"1 人|0\.00|能够重现|不能重现", text)
    sheet = few.get("/reports/pass-rate.xlsx", query_string={**PERIOD, **day}).data
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet)).active.iter_rows(values_only=True))
    assert rows[2][2:] == ("—",) * 5
    assert len(rows) == 3


def test_the_command_shows_every_figure_to_whoever_can_read_the_database(few, either_app):
    given = [
        "report",
        "pass-rate",
        "--from",
        DAY.isoformat(),
        "--to",
        DAY.isoformat(),
        "--by",
        "level",
        "--json",
    ]
    told = json.loads(either_app.test_cli_runner().invoke(args=given).stdout)
    assert [(group["sat"], group["passed"]) for group in told["groups"]] in (
        [(1, 0), (6, 6)],
        [(6, 6), (1, 0)],
    )


@pytest.mark.parametrize("url", ["/reports/pass-rate", "/reports/pass-rate.xlsx"])
def test_who_may_not_see_reports_sees_none(app, client, url):
    assert client.get(url).status_code == 303
    make_account("author-one", Role.AUTHOR)
    client.sign_in("author-one", PASSWORD)
    assert client.get(url).status_code == 403
