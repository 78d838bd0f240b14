"""What a production accepts as its configuration, and that two sites of one host do not share a cookie."""

from __future__ import annotations

import base64
import hashlib

import pytest

from config import ConfigurationError, load_settings
from tests.server import random_key


def production(home, **changes: str) -> dict[str, str]:
    return {
        "KAOFA_ENV": "production",
        "KAOFA_HOME": str(home),
        "KAOFA_SECRET_KEY": random_key("secret"),
        "KAOFA_DATA_KEY": random_key("data"),
        "KAOFA_PUBLIC_URL": "https://exam.example.cn",
        **changes,
    }


def refused(home, **changes: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        load_settings(production(home, **changes))
    return str(error.value)


def test_random_keys_and_an_address_by_https_are_accepted(tmp_path):
    settings = load_settings(production(tmp_path))
    assert settings.public_url == "https://exam.example.cn"
    assert load_settings(production(tmp_path, KAOFA_SECRET_KEY=hashlib.sha256(b"hex").hexdigest()))


@pytest.mark.parametrize(
    "typed",
    [
        "a" * 40,
        "ab" * 20,
        "0123456789" * 4,
        "please change this secret key to something else",
        "My-Password-Is-Long-Enough-For-This-Check-1",
        "12345678901234567890123456789012",
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    ],
)
def test_a_secret_that_can_be_guessed_is_refused(tmp_path, typed):
    assert "KAOFA_SECRET_KEY can be guessed" in refused(tmp_path, KAOFA_SECRET_KEY=typed)


@pytest.mark.parametrize(
    "typed",
    [
        bytes(32),
        b"\xff" * 32,
        bytes(range(32)),
        b"0123456789abcdef0123456789abcdef",
        b"this is a data key of 32 letters",
    ],
)
def test_a_data_key_that_can_be_guessed_is_refused(tmp_path, typed):
    assert "KAOFA_DATA_KEY can be guessed" in refused(
        tmp_path, KAOFA_DATA_KEY=base64.b64encode(typed).decode()
    )


def test_one_key_does_not_serve_as_both(tmp_path):
    assert "must not be the same" in refused(tmp_path, KAOFA_SECRET_KEY=random_key("data"))


def test_an_address_without_https_is_refused(tmp_path):
    assert "https://" in refused(tmp_path, KAOFA_PUBLIC_URL="http://exam.example.cn")


def test_an_owner_goes_with_postgresql_alone(tmp_path):
    assert "SQLite has no roles" in refused(
        tmp_path, KAOFA_OWNER_DATABASE_URL="postgresql+psycopg://owner@/kaofa"
    )


def test_sites_with_secrets_of_their_own_have_cookies_of_their_own(tmp_path):
    one = load_settings(production(tmp_path)).session_cookie
    other = load_settings(production(tmp_path, KAOFA_SECRET_KEY=random_key("another"))).session_cookie
    assert one != other
    assert load_settings(production(tmp_path)).session_cookie == one, "the nodes of one site share it"
