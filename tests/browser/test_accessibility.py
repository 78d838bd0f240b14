"""axe finds no violation on the candidate's pages, in each size and ground, nor on the main pages of each role."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-accessibility")]

STANDARD = ("standard", "paper")
READING = (STANDARD, ("large", "paper"), ("large", "night"))


def violations(page, modes=(STANDARD,)):
    """What axe finds on the page as it is shown, in each of the reading modes: rule and place."""
    found = []
    for size, ground in modes:
        if len(modes) > 1:
            page.evaluate(
                "([s, g]) => Object.assign(document.documentElement.dataset, {size: s, ground: g})",
                [size, ground],
            )
            page.wait_for_timeout(200)
        for violation in Axe().run(page).response["violations"]:
            places = [node["target"] for node in violation["nodes"]][:5]
            found.append((page.url, size, ground, violation["id"], places))
    return found


def violations_on(page, *addresses):
    found = []
    for address in addresses:
        page.goto(address)
        found += violations(page)
    return found


def test_the_candidates_pages(page, site):
    [candidate] = site.candidates()
    address = f"/sittings/{candidate.sitting}"
    found = []
    page.goto("/sign-in")
    found += violations(page, READING)
    sign_in(page, candidate.username, site.password)
    found += violations(page, READING)
    page.goto(address)
    found += violations(page, READING)
    page.locator(f"form[action='{address}/start'] button").click()
    expect(page.locator("html[data-live=yes]")).to_be_attached()
    found += violations(page, READING)
    page.goto(f"{address}/hand-in")
    found += violations(page, READING)
    page.locator(f"form[action='{address}/submit'] button").click()
    expect(page.locator("body")).to_contain_text("回执")
    found += violations(page, READING)
    page.goto(f"/results/{candidate.sitting}")
    found += violations(page, READING)
    assert found == []


def test_the_pages_of_certificates(page, site):
    """Signed in as somebody who holds one; verified by anyone."""
    [candidate] = site.candidates()
    [(number, person)] = site.database("SELECT number, person_id FROM certificate ORDER BY id DESC LIMIT 1")
    site.database("UPDATE account SET person_id = ? WHERE username = ?", person, candidate.username)
    found = violations_on(
        page, "/certificates/verify", f"/certificates/verify/{number}", "/certificates/verify/0"
    )
    sign_in(page, candidate.username, site.password)
    found += violations(page)
    page.goto(f"/certificates/{number}")
    expect(page.locator("article.certificate")).to_be_visible()
    found += violations(page, READING)
    assert found == []


def test_the_offices_pages(page, site):
    [candidate] = site.candidates()
    [(session,)] = site.database("SELECT session_id FROM sitting WHERE id = ?", candidate.sitting)
    session = f"/office/sessions/{session}"
    sign_in(page, "officer", site.password)
    found = violations(page)
    found += violations_on(
        page,
        "/office/sessions",
        "/office/sessions/new",
        session,
        *(f"{session}/{name}" for name in ("edit", "candidates", "prepare", "watch", "time", "roll")),
        f"/office/candidates/{candidate.sitting}",
        *(f"/office/{name}" for name in ("people", "people?name=王", "accounts", "locks")),
        *(f"/office/paper-specs{rest}" for rest in ("", "/new", "/1", "/1/sample")),
    )
    page.goto(session + "/candidates")
    page.get_by_role("button", name="准许参加").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    found += violations(page)
    assert found == []


def test_the_pages_of_a_lookup(page, site):
    sign_in(page, "personnel", site.password)
    found = violations_on(page, "/eligibility", "/reports/pass-rate", "/nowhere", "/office/sessions")
    page.goto("/eligibility")
    page.fill("input[name=id_number]", "510502187511287967")
    page.fill("input[name=purpose]", "2026 年 11 月干部调整动议")
    page.get_by_role("button", name="查询资格").click()
    expect(page.locator(".timeline [aria-current]")).to_be_visible()
    found += violations(page)
    assert found == []


def test_the_authors_editor_in_each_type(page, site):
    sign_in(page, "author", site.password)
    page.goto("/bank/items/new")
    page.fill("#stem", "借出的档案应当自借出之日起____内归还。")
    page.fill("#citations-0-law", "行政处罚法")
    page.fill("#citations-0-article", "44")
    found = []
    for kind in ("single", "multiple", "true_false", "blank", "short", "case"):
        page.locator(f"input[name=type][value={kind}]").check(force=True)
        drawn = ".case-material" if kind == "case" else f".question[data-type={kind}]"
        expect(page.locator(f".editor-side {drawn}")).to_be_visible()
        found += violations(page)
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    found += violations(page)
    found += violations_on(
        page,
        "/bank/items/al-001",
        "/bank/items/al-001/use",
        "/bank/items/al-001/compare",
        "/bank/use?law=宪法",
    )
    assert found == []


@pytest.mark.parametrize(
    ("username", "addresses"),
    [
        ("author", ("/bank/items", "/bank/items/xzcf-003", "/bank/returned")),
        (
            "reviewer",
            ("/bank/review", "/bank/statutes", "/bank/amendments", "/reports/stale-papers", "/marking"),
        ),
        (
            "reviewer",
            (
                "/bank/due",
                "/bank/due/xzcf-003",
                "/bank/due/al-001",
                "/bank/review/xzcf-003/suspend",
                "/bank/items/xzcf-003/enemies",
                "/bank/items/xzcf-003/enemies/xzcf-023/remove",
            ),
        ),
        ("auditor", ("/reports/pass-rate", "/reports/pass-rate?first=2021-02-30&last=2020-12-31")),
    ],
)
def test_a_main_page_of_each_role(page, site, username, addresses):
    sign_in(page, username, site.password)
    assert violations_on(page, *addresses) == []
