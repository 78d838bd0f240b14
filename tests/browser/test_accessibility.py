"""axe finds no violation on the candidate's pages, in each size and ground, nor on a main page of each role."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

READING = [("standard", "paper"), ("large", "paper"), ("large", "night")]
ROLE_PAGES = [
    ("author", "/bank/items"),
    ("author", "/bank/items/new"),
    ("reviewer", "/bank/review"),
    ("officer", "/office/sessions"),
    ("officer", "/office/people"),
    ("personnel", "/eligibility"),
    ("auditor", "/reports/pass-rate"),
]


def violations(page):
    """What axe finds on the page as it is shown, in each reading mode: rule and place."""
    found = []
    for size, ground in READING:
        page.evaluate(
            "([s, g]) => Object.assign(document.documentElement.dataset, {size: s, ground: g})",
            [size, ground],
        )
        page.wait_for_timeout(200)
        for violation in Axe().run(page).response["violations"]:
            places = [node["target"] for node in violation["nodes"]][:5]
            found.append((page.url, size, ground, violation["id"], places))
    return found


def test_the_candidates_pages(page, site):
    [candidate] = site.candidates()
    address = f"/sittings/{candidate.sitting}"
    found = []
    page.goto("/sign-in")
    found += violations(page)
    sign_in(page, candidate.username, site.password)
    found += violations(page)
    page.goto(address)
    found += violations(page)
    page.locator(f"form[action='{address}/start'] button").click()
    expect(page.locator("html[data-live=yes]")).to_be_attached()
    found += violations(page)
    page.goto(f"{address}/hand-in")
    found += violations(page)
    page.locator(f"form[action='{address}/submit'] button").click()
    expect(page.locator("body")).to_contain_text("回执")
    found += violations(page)
    page.goto(f"/results/{candidate.sitting}")
    found += violations(page)
    page.goto("/certificates/verify")
    found += violations(page)
    assert found == []


@pytest.mark.parametrize(("username", "address"), ROLE_PAGES)
def test_a_main_page_of_each_role(page, site, username, address):
    sign_in(page, username, site.password)
    page.goto(address)
    assert violations(page) == []
