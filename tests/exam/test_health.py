"""Whether the site lives and can work, and to whom it tells why not."""

from __future__ import annotations

from flask_migrate import downgrade


def test_a_living_process_says_so(client):
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_migrated_database_is_ready(either_app):
    answer = either_app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "checks": {"database": True, "migrations": True}}


def test_details_stay_on_the_machine(client):
    assert client.get("/readyz", environ_overrides={"REMOTE_ADDR": "10.0.0.1"}).json == {"status": "ok"}
    assert client.get("/readyz", headers={"X-Forwarded-For": "10.0.0.1"}).json == {"status": "ok"}


def test_an_old_database_is_not_ready(app, client):
    downgrade(revision="base")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "not_ready", "checks": {"database": True, "migrations": False}}
