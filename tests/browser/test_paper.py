"""A candidate sits a paper in a real browser: nothing acknowledged is lost, whatever happens to the page."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-paper")]


def open_paper(page, site, candidate):
    """From the sign-in page to the running paper."""
    sign_in(page, candidate.username, site.password)
    page.goto(f"/sittings/{candidate.sitting}")
    page.locator(f"form[action='/sittings/{candidate.sitting}/start'] button").click()
    expect(page.locator("fieldset[data-position]").first).to_be_attached()


def open_live_paper(page, site, candidate):
    """The same, and the page's scripts have come alive."""
    open_paper(page, site, candidate)
    expect(page.locator("html[data-live=yes]")).to_be_attached()


def question(page, position):
    return page.locator(f"fieldset[data-position='{position}']")


def show(page, position):
    """Bring a question into view, whether the page shows all or one at a time."""
    page.evaluate("hash => { location.hash = hash }", f"#q{position}")
    expect(question(page, position)).to_be_visible()


def choose(page, position, letter):
    show(page, position)
    question(page, position).locator(f"input[value='{letter}']").check(force=True)


def saved(page, count):
    expect(page.locator("[data-save]")).to_contain_text(re.compile(rf"已保存\s*{count}\s*/\s*45"))


def sheet(site, sitting):
    """The answer sheet as the journal has it: position → letters as shown."""
    rows = site.database(
        "SELECT position, choice FROM answer_event WHERE sitting_id = ? ORDER BY seq", sitting
    )
    last = dict(rows)
    return {position: choice for position, choice in last.items() if choice}


def test_answers_are_saved_handed_in_and_marked(page, site):
    [candidate] = site.candidates()
    open_live_paper(page, site, candidate)
    expect(page.locator("fieldset[data-position]")).to_have_count(45)
    choose(page, 1, "B")
    choose(page, 26, "A")
    choose(page, 26, "C")
    choose(page, 36, "A")
    saved(page, 3)
    assert sheet(site, candidate.sitting) == {1: "B", 26: "AC", 36: "A"}
    page.get_by_role("button", name="交卷").first.click()
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("a[href='#q2']")).to_be_visible()
    dialog.get_by_role("button", name="交卷").click()
    expect(page.locator("body")).to_contain_text("回执")
    page.goto(f"/results/{candidate.sitting}")
    expect(page.locator("main")).to_contain_text("不合格")


def test_an_answer_chosen_before_the_scripts_came_alive_is_saved_too(page, site):
    [candidate] = site.candidates()
    held = []
    page.route("**/js/sitting/outbox.js", lambda route: held.append(route))  # noqa: PLW0108  playwright counts its parameters
    open_paper(page, site, candidate)
    question(page, 3).locator("input[value='C']").evaluate("input => input.click()")
    expect(page.locator("html[data-live=yes]")).not_to_be_attached()
    held[0].continue_()
    saved(page, 1)
    expect(question(page, 3).locator("input[value='C']")).to_be_checked()
    assert sheet(site, candidate.sitting) == {3: "C"}


def test_a_reload_keeps_answers_and_does_not_move_the_deadline(page, site):
    [candidate] = site.candidates()
    open_live_paper(page, site, candidate)
    deadline = page.locator("meta[name=deadline]").get_attribute("content")
    choose(page, 2, "C")
    saved(page, 1)
    page.reload()
    expect(question(page, 2).locator("input[value='C']")).to_be_checked()
    assert page.locator("meta[name=deadline]").get_attribute("content") == deadline


def test_a_second_tab_shows_and_adds_to_the_same_sheet(page, site):
    [candidate] = site.candidates()
    open_live_paper(page, site, candidate)
    choose(page, 1, "A")
    saved(page, 1)
    other = page.context.new_page()
    other.goto(f"/sittings/{candidate.sitting}")
    expect(question(other, 1).locator("input[value='A']")).to_be_checked()
    choose(other, 2, "B")
    saved(other, 2)
    choose(page, 3, "D")
    saved(page, 3)
    assert sheet(site, candidate.sitting) == {1: "A", 2: "B", 3: "D"}


def test_answers_given_offline_are_sent_when_the_network_returns(page, site):
    [candidate] = site.candidates()
    open_live_paper(page, site, candidate)
    page.context.set_offline(True)
    choose(page, 5, "D")
    choose(page, 6, "A")
    expect(page.locator("[data-save]")).to_contain_text("答案已存在本机")
    assert sheet(site, candidate.sitting) == {}
    page.context.set_offline(False)
    saved(page, 2)
    assert sheet(site, candidate.sitting) == {5: "D", 6: "A"}


def test_answers_given_offline_survive_closing_the_page(page, site):
    [candidate] = site.candidates()
    open_live_paper(page, site, candidate)
    page.context.set_offline(True)
    choose(page, 7, "B")
    expect(page.locator("[data-save]")).to_contain_text("答案已存在本机")
    page.close()
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"/sittings/{candidate.sitting}")
    saved(again, 1)
    assert sheet(site, candidate.sitting) == {7: "B"}


def test_another_computer_takes_over_only_by_password_and_the_old_page_is_told(new_page, site):
    [candidate] = site.candidates()
    first, second = new_page(), new_page()
    open_live_paper(first, site, candidate)
    choose(first, 1, "A")
    saved(first, 1)
    sign_in(second, candidate.username, site.password)
    second.goto(f"/sittings/{candidate.sitting}")
    expect(second.locator("fieldset[data-position]")).to_have_count(0)
    second.fill("input[name=password]", site.password)
    second.get_by_role("button", name="在本机继续作答").click()
    expect(question(second, 1).locator("input[value='A']")).to_be_checked()
    choose(first, 2, "B")
    expect(first.locator("body")).to_contain_text("另一台")
    choose(second, 3, "C")
    saved(second, 2)
    assert sheet(site, candidate.sitting) == {1: "A", 3: "C"}


def test_a_sign_in_that_ends_in_the_middle_loses_nothing(page, site):
    [candidate] = site.candidates()
    open_live_paper(page, site, candidate)
    choose(page, 1, "A")
    saved(page, 1)
    site.database(
        "UPDATE sign_in_session SET ended_at = created_at WHERE account_id = (SELECT id FROM account WHERE username = ?)",
        candidate.username,
    )
    choose(page, 2, "B")
    dialog = page.locator("dialog[open]")
    dialog.locator("input[name=username]").fill(candidate.username)
    dialog.locator("input[type=password]").fill(site.password)
    dialog.locator("button[type=submit]").click()
    expect(page.locator("body")).to_contain_text(re.compile("已保存|另一台|继续作答"))
    assert sheet(site, candidate.sitting)[1] == "A"


def test_a_password_reset_in_the_middle_is_told_on_the_paper(page, site):
    [candidate] = site.candidates()
    open_live_paper(page, site, candidate)
    saved(page, 0)
    site.database(
        "UPDATE sign_in_session SET ended_at = created_at, ended_by = 'reset' "
        "WHERE account_id = (SELECT id FROM account WHERE username = ?)",
        candidate.username,
    )
    # A click of the page's own: should its heartbeat be first, the dialog lies over the question already.
    question(page, 1).locator("input[value='A']").evaluate("option => option.click()")
    expect(page.locator("dialog[open]")).to_contain_text("您的密码已由考务人员重置")


def test_a_changed_client_clock_does_not_move_the_deadline(page, site):
    [candidate] = site.candidates(minutes=30)
    page.clock.install(time="2031-01-01T00:00:00Z")
    open_live_paper(page, site, candidate)
    expect(page.locator("[role=timer]")).to_have_text(re.compile(r"^(00:)?(30:00|29:\d\d)$"))


def test_time_that_is_over_hands_the_paper_in_with_what_was_saved(page, site):
    [candidate] = site.candidates(minutes=30, grace=1)
    open_live_paper(page, site, candidate)
    choose(page, 1, "A")
    saved(page, 1)
    site.database(
        "UPDATE sitting SET started_at = datetime(started_at, '-31 minutes') WHERE id = ?", candidate.sitting
    )
    time.sleep(2.5)
    page.goto(f"/sittings/{candidate.sitting}")
    expect(page.locator("body")).to_contain_text("回执")
    [(state,)] = site.database("SELECT state FROM sitting WHERE id = ?", candidate.sitting)
    assert state in {"sealed", "graded"}


def test_without_javascript_the_form_saves_and_hands_in(new_page, site):
    page = new_page(javascript=False)
    [candidate] = site.candidates()
    open_paper(page, site, candidate)
    question(page, 1).locator("input[value='C']").check(force=True)
    question(page, 26).locator("input[value='A']").check(force=True)
    question(page, 26).locator("input[value='B']").check(force=True)
    page.get_by_role("button", name="保存").first.click()
    assert sheet(site, candidate.sitting) == {1: "C", 26: "AB"}
    expect(question(page, 1).locator("input[value='C']")).to_be_checked()
    page.get_by_role("link", name="交卷").or_(page.get_by_role("button", name="交卷")).first.click()
    page.get_by_role("button", name="交卷").first.click()
    expect(page.locator("body")).to_contain_text("回执")


def test_a_long_name_is_never_cut(page, site):
    [candidate] = site.candidates()
    name = "阿卜杜拉喀迪尔买买提艾合麦提江努尔艾力亚森托合提尼"
    site.database(
        "UPDATE person SET name = ? WHERE id = (SELECT person_id FROM sitting WHERE id = ?)",
        name,
        candidate.sitting,
    )
    site.database(
        "UPDATE exam_session SET name = ? WHERE id = (SELECT session_id FROM sitting WHERE id = ?)",
        "二〇二六年下半年全市拟提任科级领导职务任前法律知识考试第三场（第二考区第十二考场）",
        candidate.sitting,
    )
    open_live_paper(page, site, candidate)
    bar, who = page.locator("[data-exam-bar]"), page.locator(".exam-who")
    for width in (1366, 1280, 1024, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        expect(who).to_have_text(name)
        box, room = who.bounding_box(), bar.bounding_box()
        assert who.evaluate(
            "e => e.scrollWidth <= e.clientWidth + 1 && getComputedStyle(e).textOverflow === 'clip'"
        ), width
        assert box["x"] >= 0, width
        assert box["x"] + box["width"] <= width, width
        assert box["y"] + box["height"] <= room["y"] + room["height"] + 1, width
        for other in (".exam-session", "[data-clock]", "[data-save]"):
            beside = page.locator(other).bounding_box()
            apart = (
                beside["x"] >= box["x"] + box["width"] - 1
                or beside["x"] + beside["width"] <= box["x"] + 1
                or beside["y"] >= box["y"] + box["height"] - 1
                or beside["y"] + beside["height"] <= box["y"] + 1
            )
            assert apart, (width, other)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
