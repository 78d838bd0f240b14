"""The server is put back to an older state while people sit: what it had acknowledged comes back from their pages."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in, unguarded
from tests.browser.test_paper import choose, open_live_paper, question, saved, sheet

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

AFTER_A_RESTART = 60_000
"""A page that cannot reach the server tries again after half a minute at the latest."""


def answer(page, *positions):
    for position in positions:
        choose(page, position, "A")


def events(site, sitting):
    return site.database(
        "SELECT seq, position, choice FROM answer_event WHERE sitting_id = ? ORDER BY seq", sitting
    )


def hand_in(page):
    page.locator("[data-hand-in]").first.click()
    page.locator("[data-hand-in-now]").click()
    expect(page.locator(".receipt")).to_be_visible(timeout=AFTER_A_RESTART)


def test_acknowledged_answers_are_sent_again_and_the_office_is_told(new_page, site):
    [stays, leaves] = site.candidates(2)
    staying, leaving = new_page(), new_page()
    for page, candidate in ((staying, stays), (leaving, leaves)):
        open_live_paper(page, site, candidate)
        answer(page, 1, 2, 3)
        saved(page, 3)
    backup = site.back_up()
    for page in (staying, leaving):
        answer(page, 4, 5, 6, 7, 8, 9, 10)
        choose(page, 2, "B")
        saved(page, 10)
    before = {candidate: events(site, candidate.sitting) for candidate in (stays, leaves)}
    leaving.goto("about:blank")
    site.restore(backup)
    told = staying.locator("[data-notice=back]")
    expect(told).to_contain_text("重新提交", timeout=AFTER_A_RESTART)
    saved(staying, 10)
    leaving.goto(f"/sittings/{leaves.sitting}")
    expect(leaving.locator("[data-notice=back]")).to_contain_text("已经全部重新提交", timeout=AFTER_A_RESTART)
    saved(leaving, 10)
    assert {candidate: events(site, candidate.sitting) for candidate in before} == before
    hand_in(staying)
    expect(staying.locator(".receipt")).to_contain_text("10/45")
    officer = new_page()
    sign_in(officer, "officer", site.password)
    [(session,)] = site.database("SELECT session_id FROM sitting WHERE id = ?", stays.sitting)
    officer.goto(f"/office/sessions/{session}/watch")
    expect(officer.locator(".notice")).to_contain_text("2 名考生的页面报告")
    expect(officer.locator(f"#row-{stays.sitting}")).to_contain_text(
        re.compile("由 11 处退回到 3 处.*现有 11 处", re.DOTALL)
    )
    reported = site.database("SELECT subject_id FROM audit_entry WHERE action = 'report-loss'")
    assert sorted(of for (of,) in reported if of in {stays.sitting, leaves.sitting}) == sorted(
        [stays.sitting, leaves.sitting]
    )


def test_a_forgotten_hand_in_and_a_forgotten_start_are_said(new_page, site):
    [sealed, begun] = site.candidates(2)
    receipt, paper = new_page(), new_page()
    receipt.clock.install()
    open_live_paper(receipt, site, sealed)
    answer(receipt, 1)
    saved(receipt, 1)
    backup = site.back_up()
    answer(receipt, 2)
    saved(receipt, 2)
    hand_in(receipt)
    code = receipt.locator(".receipt code").inner_text()
    open_live_paper(paper, site, begun)
    answer(paper, 1, 2, 3)
    saved(paper, 3)
    site.restore(backup)
    receipt.clock.fast_forward("02:00")
    expect(receipt.locator("[data-notice=forgotten]")).to_contain_text(code, timeout=AFTER_A_RESTART)
    saved(receipt, 2)
    hand_in(receipt)
    expect(receipt.locator(".receipt")).to_contain_text("2/45")
    dialog = paper.locator("dialog[open]")
    expect(dialog).to_be_visible(timeout=AFTER_A_RESTART)
    dialog.locator("input[name=username]").fill(begun.username)
    dialog.locator("input[type=password]").fill(site.password)
    dialog.locator("button[type=submit]").click()
    expect(paper.locator("[data-answers-kept]")).to_be_visible(timeout=AFTER_A_RESTART)
    paper.locator("[data-start]").click()
    saved(paper, 3)
    assert sheet(site, begun.sitting) == {1: "A", 2: "A", 3: "A"}
    expect(question(paper, 2).locator("input[value=A]")).to_be_checked()


def test_what_is_forgotten_when_time_is_over_is_kept_and_an_unknown_sitting_is_waited_for(new_page, site):
    [over, unknown] = site.candidates(2, grace=1)
    late, waiting = new_page(), new_page()
    for page, candidate in ((late, over), (waiting, unknown)):
        open_live_paper(page, site, candidate)
        answer(page, 1)
        saved(page, 1)
    backup = site.back_up()
    for page in (late, waiting):
        answer(page, 2, 3)
        saved(page, 3)
    with closing(sqlite3.connect(backup)) as copy, unguarded(copy):
        copy.execute(
            "UPDATE sitting SET started_at = datetime(started_at, '-61 minutes') WHERE id = ?", [over.sitting]
        )
        copy.execute(
            "UPDATE sitting SET attempt = 2, person_id = (SELECT person_id FROM sitting WHERE id = ?) WHERE id = ?",
            [over.sitting, unknown.sitting],
        )
    site.restore(backup)
    expect(late.locator(".receipt")).to_contain_text("1/45", timeout=AFTER_A_RESTART)
    expect(late.locator("[data-changes]")).to_contain_text("以下 2 处改动未计入")
    kept = site.database("SELECT events FROM unofficial_event WHERE sitting_id = ?", over.sitting)
    assert [json.loads(events) for (events,) in kept] == [[[2, 2, "A"], [3, 3, "A"]]]
    assert site.database("SELECT known, found FROM journal_loss WHERE sitting_id = ?", over.sitting) == [
        (3, 1)
    ]
    told = waiting.locator("[data-notice=unknown]")
    expect(told).to_contain_text("服务器上没有这场考试", timeout=AFTER_A_RESTART)
    site.database(
        "UPDATE sitting SET person_id = (SELECT person_id FROM account WHERE username = ?) WHERE id = ?",
        unknown.username,
        unknown.sitting,
    )
    expect(told).to_be_hidden(timeout=AFTER_A_RESTART)
    saved(waiting, 3)
    assert sheet(site, unknown.sitting) == {1: "A", 2: "A", 3: "A"}
