"""A 简答题 in a real browser: what is written is saved in the pauses, counted, and survives what may happen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.test_accessibility import violations
from tests.browser.test_paper import open_live_paper, saved, sheet

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-written-answers")]

VERSION = (
    "INSERT INTO item_version (item_id, number, part_number, type, stem, options, answer, accepted, reference, "
    "explanation, difficulty, part, families, shuffle, fingerprint, author_label, recorded_at) "
    "SELECT item_id, 1 + (SELECT max(number) FROM item_version), 0, 'short', '简述作出重大行政决策的程序。', '[]', '', "
    "'[]', '听取意见、论证、审查、集体讨论。', '', difficulty, '', '[]', 0, ?, author_label, recorded_at "
    "FROM item_version ORDER BY id LIMIT 1 RETURNING id"
)
PAPER = (
    "INSERT INTO paper_question SELECT sitting_id, 99, position, section, "
    "CASE position WHEN 45 THEN ? ELSE item_version_id END, CASE position WHEN 45 THEN 'short' ELSE type END, "
    "CASE position WHEN 45 THEN '' ELSE option_order END FROM paper_question WHERE sitting_id = ?"
)


@pytest.fixture
def candidate(site):
    """Somebody whose last question is a 简答题."""
    [candidate] = site.candidates()
    [(version,)] = site.database(VERSION, candidate.sitting.replace("-", "") * 2)
    site.database(PAPER, version, candidate.sitting)
    site.database("UPDATE sitting SET draw_number = 99 WHERE id = ?", candidate.sitting)
    return candidate


def test_what_is_written_is_saved_and_survives_offline_reload_and_another_key(page, site, candidate):
    open_live_paper(page, site, candidate)
    field = page.locator("#q45-text")
    field.scroll_into_view_if_needed()
    field.press_sequentially("一、听取意见\nm1")
    expect(page.locator("[data-save]")).to_contain_text("正在保存")
    saved(page, 1)
    assert sheet(site, candidate.sitting) == {45: "=一、听取意见\nm1"}
    expect(page.locator("#q45-length")).to_contain_text(re.compile(r"已写\s*9\s*字"))
    assert violations(page) == []
    page.context.set_offline(True)
    field.fill("论证\t审查" + "，再集体讨论" * 400)  # pasted from elsewhere, and too long
    expect(page.locator("#q45-length")).to_contain_text("2000")
    page.locator("#section-1").click()
    expect(page.locator("[data-save]")).to_contain_text("答案已存在本机")
    page.context.set_offline(False)
    saved(page, 1)
    page.reload()
    expect(field).to_have_value(re.compile("^论证 审查，再集体讨论"))
    assert len(sheet(site, candidate.sitting)[45]) == 2001
    page.locator("fieldset[data-position='45'] [data-clear]").click()
    saved(page, 0)
    expect(field).to_have_value("")
    expect(page.locator("#q45-length")).to_contain_text(re.compile(r"已写\s*0\s*字"))


def test_what_an_input_method_composes_is_no_answer_until_it_is_written(page, site, candidate):
    page.clock.install()
    open_live_paper(page, site, candidate)
    field = page.locator("#q45-text")
    field.click()
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "ting qu", "selectionStart": 7, "selectionEnd": 7})
    expect(field).to_have_value("ting qu")
    with page.expect_response("**/answers"):  # the heartbeat, long after a pause in the writing
        page.clock.fast_forward(30_000)
    assert sheet(site, candidate.sitting) == {}
    keyboard.send("Input.insertText", {"text": "听取"})
    page.clock.fast_forward(5_000)
    saved(page, 1)
    assert sheet(site, candidate.sitting) == {45: "=听取"}


def test_without_javascript_it_is_a_field_of_the_form(new_page, site, candidate):
    page = new_page(javascript=False)
    sign_in(page, candidate.username, site.password)
    page.goto(f"/sittings/{candidate.sitting}")
    page.locator(f"form[action='/sittings/{candidate.sitting}/start'] button").click()
    page.locator("#q45-text").fill("听取意见。\n集体讨论。")
    page.get_by_role("button", name="保存", exact=True).first.click()
    expect(page.locator("#q45-text")).to_have_value("听取意见。\n集体讨论。")
    assert sheet(site, candidate.sitting) == {45: "=听取意见。\n集体讨论。"}
