"""Which hosts are served, and which pages may write: judged by the configured address alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config import Environment
from core.web.origins import origin_of, trusted_hosts
from tests.conftest import settings_for

PUBLIC = "https://kaofa.example.cn:8443"


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://kaofa.example.cn", "https://kaofa.example.cn"),
        ("https://KAOFA.example.cn:443/sign-in?x=1", "https://kaofa.example.cn"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("https://例子.cn", "https://xn--fsqu00a.cn"),
        ("https://a:b", ""),
        ("https://" + "a" * 70 + ".cn", ""),
        ("about:blank", ""),
        ("null", ""),
        ("", ""),
    ],
)
def test_an_address_has_the_origin_that_a_browser_writes(address, origin):
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    ("changes", "served", "refused"),
    [
        (
            {"environment": Environment.PRODUCTION, "public_url": PUBLIC},
            ["kaofa.example.cn", "kaofa.example.cn:8443", "KAOFA.example.cn", "localhost:80", "127.0.0.1", "[::1]:8000"],
            ["evil.cn", "kaofa.example.cn.evil.cn", "x.kaofa.example.cn", "kaofa.example.cn:evil", "", "10.0.0.1"],
        ),
        ({}, ["localhost", "127.0.0.1:8000"], ["evil.cn", "10.0.0.1:8000"]),
        ({"host": "10.0.0.1", "demo_expose": True, "public_url": "http://kaofa.lan"}, ["10.0.0.1:8000", "kaofa.lan"], ["evil.cn"]),
        ({"host": "0.0.0.0", "demo_expose": True}, ["10.0.0.1:8000", "any.cn"], []),
    ],
    ids=["production", "demo", "exposed demo with an address", "exposed demo"],
)  # fmt: skip
def test_only_the_own_hosts_are_served(sqlite_settings, make_app, changes, served, refused):
    client = make_app(sqlite_settings, **changes).test_client()
    for host in served:
        assert client.get("/healthz", headers={"Host": host}).status_code == 200, host
    for host in refused:
        for path in ("/healthz", "/static/css/tokens.css", "/nowhere"):
            answer = client.get(path, headers={"Host": host})
            assert (answer.status_code, answer.mimetype) == (400, "text/plain"), host


def test_loopback_is_always_served(tmp_path):
    settings = replace(settings_for(tmp_path), public_url=PUBLIC)
    assert {"localhost", "127.0.0.1", "[::1]"} < trusted_hosts(settings)


OURS = [
    {"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC},
    {"Origin": PUBLIC},
    {"Referer": f"{PUBLIC}/sign-in"},
    {},
]
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": PUBLIC},
    {"Origin": "https://evil.cn"},
    {"Origin": "https://kaofa.example.cn"},  # another port
    {"Origin": "http://kaofa.example.cn:8443"},
    {"Origin": "null"},
    {"Referer": "https://evil.cn/https://kaofa.example.cn:8443/"},
]


@pytest.fixture
def behind_tls(sqlite_settings, make_app):
    """A client of a site whose proxy takes TLS on another port and sends the host without it."""
    app = make_app(sqlite_settings, environment=Environment.PRODUCTION, public_url=PUBLIC, trusted_proxies=1)
    client = app.test_client()
    client.environ_base.update(
        HTTP_HOST="kaofa.example.cn", HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_FOR="10.1.2.3"
    )
    return client


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_the_sites_own_pages_may_write_whatever_host_the_proxy_sends(behind_tls, headers):
    form = {"username": "nobody", "password": "wrong", "next": "", "csrf_token": behind_tls.token()}
    answer = behind_tls.post("/sign-in", data=form, headers=headers)
    assert answer.status_code == 422
    assert "页面已过期" not in answer.text


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_other_pages_may_not_write(behind_tls, headers):
    form = {"username": "nobody", "password": "wrong", "next": "", "csrf_token": behind_tls.token()}
    assert behind_tls.post("/sign-in", data=form, headers=headers).status_code == 403


def test_a_save_that_claims_another_host_as_its_own_is_refused(sqlite_settings, make_app):
    client = make_app(sqlite_settings, public_url=PUBLIC).test_client()
    url = "/sittings/00000000-0000-0000-0000-000000000000/answers"
    headers = {"X-CSRFToken": "x", "Origin": "http://localhost"}
    assert client.post(url, json={"events": []}, headers=headers).status_code == 403
    headers = {"X-CSRFToken": "x", "Origin": "https://evil", "Host": "evil"}
    assert client.post(url, json={"events": []}, headers=headers).status_code == 400
    headers = {"X-CSRFToken": "x", "Origin": PUBLIC}
    assert client.post(url, json={"events": []}, headers=headers).status_code == 401
