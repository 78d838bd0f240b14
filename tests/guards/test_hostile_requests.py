"""Every route, for every role, with what nobody should send: an answer below 500, and no error in the log.

Requests are drawn over the URL map: addresses of things that exist and of nothing, the names of the fields that
the route's own page shows, values that nearly fit and values that nothing expects. The same requests are
drawn each time; KAOFA_HOSTILE_REQUESTS says how many.
"""

from __future__ import annotations

import logging
import os
import re
from html.parser import HTMLParser
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.actor import ROLE_PERMISSIONS, Role
from core.db import db
from core.people.models import Person
from core.web.guards import FRAMEWORK_ENDPOINTS, access_of
from question_bank.items.models import Item
from tests.factories.bank import client_as
from tests.factories.office import admit, entry, make_session, prepare
from tests.factories.sittings import client_of, start_sitting

if TYPE_CHECKING:
    from werkzeug.routing import Rule

REQUESTS = int(os.environ.get("KAOFA_HOSTILE_REQUESTS", "700"))
PLACES = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>")

ODD_TEXTS = (
    "", " ", "-1", "0", "1", "9" * 30, "1e999", "NaN", "abc", "\x00", "a\r\nSet-Cookie: b=c", "/\r\nX: y", "//evil.cn",
    "\x7f\x85\u2028", "长" * 5000, "0000-01-01", "99999-01-01", "2026-02-30", "2026-11-23", "2026-11-23T09:30",
    "0001-01-01T00:00", "9999-12-31T23:59", "09:30", "25:61", "%", "%s", "{}", "'", "\\", "\ud7ff\U0010ffff",
    "A", "A\nB", "on", "single", "510502188001010012", "²", "٣", "１", "1_000", "+1", "2.5", "-0", "1/0", "é",
)  # fmt: skip
ODD_HEADERS = (
    {},
    {"Accept": "application/json"},
    {"Accept": "*;q=x,,/"},
    {"Content-Type": "application/json"},
    {"Content-Type": "text/plain; charset=utf-99"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "multipart/form-data; boundary=" + "b" * 300},
    {"Content-Type": "application/x-www-form-urlencoded; charset=\xff"},
    {"Cookie": "kaofa=\xff\xfe; kaofa=.e.e; ="},
    {"Range": "bytes=9-1,,-"},
    {"If-Modified-Since": "Thu, 99 Foo 99999 99:99:99 GMT", "If-None-Match": '"\xff'},
    {"Accept-Language": "\xff;q=9,zh-" + "x" * 200},
    {"User-Agent": "\xff" * 2000},
    {"X-Forwarded-For": "\xff", "Forwarded": "for=;;"},
    {"Authorization": "Basic \xff"},
    {"Referer": "http://localhost:99999/"},
)
ODD_QUERIES = ("", "x=%FF%FE", "x=\xff", "page=%", "&&==&x", "text=%ED%A0%80", "x=" + "[" * 500)
ODD_JSON = (
    b"[1]", b'"text"', b'{"username":{"a":1},"password":["x"],"next":null}', b'{"username":"\\ud800","password":"x"}',
    b"", b"{", b"null", b"[]", b"\xff", b"[" * 100_000, b'{"events":' + b'{"a":' * 50_000, b'{"events":[{}]}',
    b'{"events":[{"seq":1,"position":1,"text":"\\ud800"}]}', b'{"events":[{"seq":1e400,"position":1,"choice":["A"]}]}',
    b'{"events":[{"seq":1,"position":99999999999999999999,"choice":["A"]}]}', b"1" * 5000,
    b'{"events":[{"seq":1,"position":1,"choice":["\\u0000"]}]}', b'{"events":[{"seq":1,"position":1,"choice":"AA"}]}',
    b'{"events":[{"seq":true,"position":1.5,"choice":[["A"]]}]}', b'{"events":NaN}', b'{"events":1,"events":[]}',
)  # fmt: skip
METHODS = ("GET", "POST", "GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "X-\xff")


class Fields(HTMLParser):
    """The fields of a page's forms with the values that they hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.files: set[str] = set()
        self._selecting = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        name, value = said.get("name", ""), said.get("value") or ""
        if tag == "option" and self._selecting and ("selected" in said or not self.values[self._selecting]):
            self.values[self._selecting] = value
        elif tag == "input" and said.get("type") == "file":
            self.files.add(name)
        elif tag in {"input", "select", "textarea", "button"} and name not in {"", "csrf_token"}:
            self.values.setdefault(name, value)
            self._selecting = name if tag == "select" else ""


class Site:
    """A site with something in it, a client for each role, and what their pages show."""

    def __init__(self, app) -> None:
        self.app = app
        app.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
        self.rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods)))
        self.clients = {
            str(role): client_as(app, f"someone-{role}", role) for role in Role if role is not Role.CANDIDATE
        }
        sitting, candidate = start_sitting()
        self.clients["candidate"] = client_of(app, candidate)
        self.clients["nobody"] = app.test_client()
        session = make_session()
        admitted = admit(session, [entry(900)])
        prepare(session, reason="试用")
        self.known = {
            "uuid": [str(sitting), str(session), *map(str, admitted)],
            "int": ["1", "2"],
            "default": list(db.session.scalars(select(Item.code).limit(3))),
        }
        self.known["uuid"] += [str(ref) for ref in db.session.scalars(select(Person.ref).limit(2))]
        self._fields: dict[tuple[str, str], Fields] = {}

    def fields(self, who: str, address: str) -> Fields:
        """The fields that the page at an address shows, with values that the site itself would take."""
        if (who, address) not in self._fields:
            page = self.clients[who].get(address)
            shown = page.text if page.status_code == 200 and page.mimetype == "text/html" else ""
            self._fields[who, address] = Fields(shown)
        return self._fields[who, address]


@pytest.fixture
def site(app):
    return Site(app)


def drawn_request(data: st.DataObject, site: Site, who: str, rule: Rule) -> dict:
    """The arguments of one request by the test client: what the route's page would send, with some of it odd."""
    texts = st.sampled_from(ODD_TEXTS)
    seldom = data.draw(st.integers(0, 3)) == 0

    def place(found: re.Match[str]) -> str:
        known = site.known.get(found[1] or "default", [])
        return quote(data.draw(texts if seldom or not known else st.sampled_from(known)), safe="/")

    address = PLACES.sub(place, rule.rule)
    fields = site.fields(who, address)
    odd = data.draw(
        st.dictionaries(st.sampled_from([*fields.values, "next", "page", "text"]), texts, max_size=3)
    )
    values = {**fields.values, **odd}
    usual = "POST" if "POST" in rule.methods and data.draw(st.booleans()) else "GET"
    method = data.draw(st.sampled_from(METHODS)) if seldom else usual
    headers = {"X-CSRFToken": "x", **(data.draw(st.sampled_from(ODD_HEADERS)) if seldom else {})}
    request = {"path": address, "method": method, "headers": headers}
    request["query_string"] = data.draw(st.sampled_from(ODD_QUERIES)) if seldom else encoded(odd)
    if method == "GET":
        return request
    if rule.endpoint == "sittings.answers" or data.draw(st.integers(0, 9)) == 0:
        request["data"] = data.draw(st.sampled_from(ODD_JSON))
        headers.setdefault("Content-Type", "application/json")
    elif fields.files:
        content = data.draw(st.sampled_from(ODD_JSON) | st.sampled_from(ODD_TEXTS).map(str.encode))
        name = data.draw(texts) + data.draw(st.sampled_from((".txt", ".xlsx", ".docx", ".xml", ".json", "")))
        request["data"] = {**values, **{field: (BytesIO(content), name) for field in fields.files}}
    else:
        request["data"] = encoded(values)
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    return request


def encoded(values: dict[str, str]) -> str:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in values.items())


def may_enter(site: Site, who: str, rule: Rule) -> bool:
    access = access_of(site.app, rule.endpoint) if rule.endpoint not in FRAMEWORK_ENDPOINTS else None
    if access is None or access.permission is None:
        return True
    return who != "nobody" and access.permission in ROLE_PERMISSIONS[Role(who)]


def test_no_request_makes_the_site_fail(site, caplog):
    entries = [
        (who, rule) for rule in site.rules for who in sorted(site.clients) if may_enter(site, who, rule)
    ]

    @seed(1)
    @settings(max_examples=REQUESTS, derandomize=True, database=None, phases=[Phase.generate])
    @given(data=st.data())
    def ask(data):
        who, rule = data.draw(st.sampled_from(entries))
        request = drawn_request(data, site, who, rule)
        caplog.clear()
        answer = site.clients[who].open(**request)
        logged = [record.message for record in caplog.records if record.levelno >= logging.ERROR]
        assert (answer.status_code < 500, logged) == (True, []), (who, request)

    ask()
