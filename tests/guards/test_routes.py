"""Access is denied by default, and the page that tells who may enter is current."""

from __future__ import annotations

import re
import uuid

import pytest
from flask import Flask

from core.actor import ROLE_PERMISSIONS, Permission, Role
from core.web.access_map import access_page, page_path
from core.web.guards import FRAMEWORK_ENDPOINTS, access_of, refuse_unmarked_routes
from tests.factories.people import PASSWORD, make_account

ARGUMENTS = {"uuid": str(uuid.UUID(int=7)), "int": "7", "path": "x", "default": "x"}
ROUTES_WITH_PERMISSION = 10


def address(rule) -> str:
    """The rule's address with something in each of its places."""
    return re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", lambda m: ARGUMENTS[m[1] or "default"], rule.rule)


def guarded(app):
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in FRAMEWORK_ENDPOINTS]
    return [(rule, access) for rule in rules if (access := access_of(app, rule.endpoint)).kind != "public"]


def test_a_route_that_does_not_say_who_may_enter_stops_the_start():
    app = Flask("unmarked")
    app.add_url_rule("/forgotten", "forgotten", lambda: "")
    with pytest.raises(RuntimeError, match="forgotten"):
        refuse_unmarked_routes(app)


def test_the_page_of_access_is_current(app):
    assert page_path().read_text(encoding="utf-8") == access_page(app), "run: flask --app wsgi access"


def test_whoever_is_not_signed_in_enters_no_guarded_route(app, client):
    for rule, access in guarded(app):
        if access.kind == "self-checked":
            continue
        method = "GET" if "GET" in rule.methods else "POST"
        data = {"csrf_token": client.token()} if method == "POST" else None
        response = client.open(address(rule), method=method, data=data)
        assert response.status_code == 303, f"{method} {rule}: {response.status_code}"
        assert response.location.startswith("/sign-in"), str(rule)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_enters_no_route_of_a_permission_that_it_lacks(app, client, role):
    make_account("someone", role)
    client.sign_in("someone", PASSWORD)
    tried = 0
    for rule, access in guarded(app):
        if access.permission is None or access.permission in ROLE_PERMISSIONS[role]:
            continue
        method = "GET" if "GET" in rule.methods else "POST"
        data = {"csrf_token": client.token()} if method == "POST" else None
        response = client.open(address(rule), method=method, data=data)
        assert response.status_code == 403, f"{role}: {method} {rule}: {response.status_code}"
        tried += 1
    assert tried >= ROUTES_WITH_PERMISSION


def test_every_permission_belongs_to_a_role_and_candidates_hold_one_only():
    assert set(Permission) == {permission for held in ROLE_PERMISSIONS.values() for permission in held}
    assert ROLE_PERMISSIONS[Role.CANDIDATE] == {Permission.SIT}


def test_a_post_without_the_token_changes_nothing(app, client):
    make_account("officer", Role.OFFICER)
    client.sign_in("officer", PASSWORD)
    for rule, access in guarded(app):
        if "POST" in rule.methods and access.kind != "self-checked":
            response = client.post(address(rule), data={"x": "y"})
            assert response.status_code == 403, f"{rule}: {response.status_code}"
