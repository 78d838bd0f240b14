"""A proxy that is declared is believed; one that is not is noticed, and told to whom it concerns."""

from __future__ import annotations

import pytest

from config import Environment

PUBLIC = "https://kaofa.example.cn"
SAID = "KAOFA_TRUSTED_PROXIES"


@pytest.fixture
def production(sqlite_settings, make_app):
    def make(**changes):
        return make_app(
            sqlite_settings, environment=Environment.PRODUCTION, public_url=PUBLIC, **changes
        ).test_client()

    return make


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Proto"])
def test_an_undeclared_proxy_is_told_once_and_to_the_machine_alone(production, caplog, header):
    client = production()
    for address in ("127.0.0.1", "192.168.3.4"):
        client.get("/healthz", headers={header: "x"}, environ_overrides={"REMOTE_ADDR": address})
    assert [SAID in record.message for record in caplog.records] == [True]
    # Another process of the same server has not seen the request, and tells of it all the same.
    other = production()
    answer = other.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["status"] == "ok"
    assert SAID in answer.json["advice"]
    assert other.get("/readyz", environ_overrides={"REMOTE_ADDR": "10.0.0.1"}).json == {"status": "ok"}
    assert len(caplog.records) == 1


def test_strangers_headers_and_direct_requests_are_no_proxy(production, caplog):
    client = production()
    client.get("/healthz")
    client.get("/healthz", headers={"X-Forwarded-For": "x"}, environ_overrides={"REMOTE_ADDR": "8.8.8.8"})
    client.get("/healthz", headers={"X-Forwarded-For": "x"}, environ_overrides={"REMOTE_ADDR": "?"})
    assert caplog.records == []
    assert "advice" not in client.get("/readyz").json


def test_a_declared_proxy_is_believed(production, caplog):
    client = production(trusted_proxies=1)
    answer = client.get("/readyz", headers={"X-Forwarded-For": "127.0.0.1"})
    assert "advice" not in answer.json
    assert caplog.records == []
