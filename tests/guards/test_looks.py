"""A page behind a permission leaves a row in the log when it shows keys, people or accounts; the others say why not."""

from __future__ import annotations

import pytest

from core.web.guards import FRAMEWORK_ENDPOINTS, access_of

NO_KEY = "shows no key"
LAW = "the law is public"
PLAN = "shows a plan of sessions or papers, no person and no key"
FORM = "an empty form, or a template without content"
LOGGED_BY_SERVICE = "the use case itself records who asked what"

HARMLESS = {
    "amended.article": LAW,
    "amended.compared": LAW,
    "amended.move": LAW,
    "amended.moves": LAW,
    "amendments.queue": NO_KEY,
    "approvals.proposals": "titles of what waits for a signature; the proposal itself is logged",
    "bank.citing": NO_KEY,
    "bank.items": NO_KEY,
    "bank.new_item": FORM,
    "coverage.page": NO_KEY,
    "due.items": NO_KEY,
    "eligibility.ask": LOGGED_BY_SERVICE,
    "enemies.add": NO_KEY,
    "enemies.remove": NO_KEY,
    "keys.keys": PLAN,
    "lookup_notices.notices": "tells of lookups, which are in the log already",
    "marking.next_answer": "leads to the answer, which is logged",
    "marking.session": NO_KEY,
    "marking.sessions": NO_KEY,
    "office.account_list": LOGGED_BY_SERVICE,
    "office.account_list_file": LOGGED_BY_SERVICE,
    "office.account_list_progress": PLAN,
    "office.change_session": PLAN,
    "office.create_session": PLAN,
    "office.grant_time_to_all": PLAN,
    "office.list_template": FORM,
    "office.prepare": PLAN,
    "office.session": PLAN,
    "office.sessions": PLAN,
    "office.watch": "renews itself every few seconds beside candidates who sit in the same room",
    "paper_specs.change": PLAN,
    "paper_specs.create": PLAN,
    "paper_specs.sample": NO_KEY,
    "paper_specs.spec": PLAN,
    "paper_specs.specs": PLAN,
    "people.locks": "names that were typed at sign-in, which is in the log already",
    "reports.pass_rate": "figures of groups",
    "reserving.many": NO_KEY,
    "reserving.one": NO_KEY,
    "returned.returned": NO_KEY,
    "review.inbox": NO_KEY,
    "review.resume": NO_KEY,
    "review.retire": NO_KEY,
    "review.suspend": NO_KEY,
    "roll.export": LOGGED_BY_SERVICE,
    "stale_papers.stale": NO_KEY,
    "statutes.law": LAW,
    "statutes.statutes": LAW,
    "statutes.version": LAW,
    "transfer.export": LOGGED_BY_SERVICE,
    "transfer.export_job": NO_KEY,
    "transfer.export_progress": NO_KEY,
    "transfer.problems": "the author's own rows",
    "transfer.progress": NO_KEY,
    "transfer.template": FORM,
    "transfer.upload": FORM,
}


@pytest.fixture
def shown(app) -> dict[str, bool]:
    """Each page behind a permission other than sitting: whether it is logged."""
    return {
        rule.endpoint: hasattr(app.view_functions[rule.endpoint], "shows")
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in FRAMEWORK_ENDPOINTS
        and "GET" in (rule.methods or ())
        and (access := access_of(app, rule.endpoint)) is not None
        and access.permission not in {None, "sit"}
    }


def test_every_page_is_logged_or_says_why_not(shown):
    silent = {endpoint for endpoint, logged in shown.items() if not logged}
    assert silent - set(HARMLESS) == set(), "mark the view with @shows(…), or say here why it needs none"


def test_no_reason_is_kept_for_what_is_logged_or_gone(shown):
    assert {endpoint for endpoint in HARMLESS if shown.get(endpoint, True)} == set()
