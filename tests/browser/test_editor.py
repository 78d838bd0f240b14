"""An author writes a case in a real browser, a colleague approves it, and papers may draw it."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from config import load_settings
from question_bank.items import pool
from question_bank.items.rules import QuestionType
from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-editor")]

MATERIAL = "某街道办事处拆除一处临时建筑，事前没有公告，当事人不服，想要知道怎样救济。"


def fill(page, **values):
    for name, value in values.items():
        page.fill("#" + name.replace("_", "-"), value)


def choose(page, name, value):
    page.locator(f"input[name='{name}'][value='{value}']").check(force=True)


def write_case(page):
    choose(page, "type", "case")
    fill(page, stem=MATERIAL, citations_0_law="行政强制法", citations_0_article="44")
    fill(
        page, questions_0_stem="拆除违法建筑应当先做什么？", questions_0_explanation="第四十四条：先予公告。"
    )
    fill(page, questions_0_options_0="先予公告", questions_0_options_1="直接拆除")
    choose(page, "questions-0-answer", "A")
    fill(page, questions_0_citations_0_law="行政强制法", questions_0_citations_0_article="44")
    choose(page, "questions-1-type", "blank")
    fill(page, questions_1_stem="应当由行政机关予以____，限期当事人自行____。")
    fill(page, questions_1_accepted_0="公告", questions_1_explanation="第四十四条的文字。")
    fill(page, questions_1_citations_0_law="行政强制法", questions_1_citations_0_article="44")


def test_a_case_with_a_blank_from_the_empty_form_to_the_draw(new_page, site, make_app):
    page, preview = new_page(), ".editor-side .preview"
    sign_in(page, "author", site.password)
    page.goto("/bank/items/new")
    write_case(page)
    expect(page.locator(f"{preview} .case-material")).to_have_text(MATERIAL)
    expect(page.locator(f"{preview} fieldset[data-type=blank] input")).to_have_count(2)
    expect(page.locator(".editor-side .cited")).to_have_count(1)
    page.get_by_role("button", name="再加一道小题").click()
    expect(page.locator("#questions-2")).to_be_focused()
    fill(page, questions_2_stem="这一道写到一半，又不要了。")
    page.locator("button[value='remove questions-2']").click()
    expect(page.locator("[data-undo]")).to_be_visible()
    page.locator("[data-undo-button]").click()
    expect(page.locator("#questions-2-stem")).to_have_value("这一道写到一半，又不要了。")
    page.locator("button[value='remove questions-2']").click()
    expect(page.locator("#questions-2")).to_have_count(0)
    page.get_by_role("button", name="保存草稿").click()
    refused = page.locator("[data-error-summary] a", has_text="第 2 小题：第 2 空没有答案")
    refused.click()
    expect(page.locator("#questions-1-accepted-error")).to_be_in_viewport()
    expect(page.locator("#questions-0-options-0")).to_have_value("先予公告")
    fill(page, questions_1_accepted_1="拆除\n拆掉")
    page.get_by_role("button", name="保存草稿").click()
    page.wait_for_url(re.compile(r"/bank/items/q-\d+$"))
    code = page.url.rpartition("/")[2]
    page.get_by_role("button", name="送审").click()

    other = new_page(width=390)
    sign_in(other, "reviewer", site.password)
    other.goto(f"/bank/review/{code}")
    other.get_by_text("看答案与解析").click()
    expect(other.locator(".case-part").nth(1)).to_contain_text("也算对：拆掉")
    other.get_by_role("button", name="通过").click()
    other.wait_for_url("**/bank/review")
    with make_app(load_settings(site.environment)).app_context():
        (drawn,) = [row for row in pool.pool(date(2026, 11, 23), {QuestionType.CASE}) if row.code == code]
    assert [question.type for question in drawn.questions] == [QuestionType.SINGLE, QuestionType.BLANK]
    assert drawn.reserved, "kept for sessions unless its author says otherwise"


def test_what_is_typed_stays_when_the_server_cannot_be_reached_or_the_sign_in_ended(page, site):
    sign_in(page, "author", site.password)
    page.goto("/bank/items/new")
    fill(page, stem="写到这里，网络断了。")
    page.context.set_offline(True)
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("[data-trouble]")).to_contain_text("没有连上服务器")
    page.context.set_offline(False)
    page.context.clear_cookies()
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("[data-trouble]")).to_contain_text("登录已失效")
    again = page.context.new_page()
    sign_in(again, "author", site.password)
    fill(page, explanation="接着写，新的登录认得本页。")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("请至少引用一条法律依据")
    expect(page.locator("#stem")).to_have_value("写到这里，网络断了。")
