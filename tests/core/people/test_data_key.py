"""A site whose KAOFA_DATA_KEY is not the one of its database says so; it never answers as if nobody were known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from core import clock
from core.db import db, transaction
from core.errors import Conflict
from core.keys import KeyRing
from core.people import queries, registry
from core.people.models import Person
from exam import serving
from tests.factories.office import id_number

NUMBER = id_number(901)
ANOTHER_KEY = b"another key, of another database"


@pytest.fixture
def known(app) -> Person:
    with transaction() as session:
        person = registry.new_person(id_number=NUMBER, name="钱进", now=clock.now())
        session.add(person)
    return person


@pytest.fixture
def with_another_key(known, app, make_app):
    """A second application on the same database, with a key of its own."""
    other = make_app(replace(app.config["SETTINGS"], data_key=ANOTHER_KEY))
    with other.app_context():
        yield other


def test_the_right_key_finds_and_reads(known):
    assert queries.person_by_id_number(NUMBER).id == known.id
    assert queries.id_number_of(known) == NUMBER


def test_another_key_is_told_instead_of_nobody_found(with_another_key):
    with pytest.raises(Conflict) as told:
        queries.person_by_id_number(NUMBER)
    assert told.value.code == "wrong_data_key"


def test_another_key_enters_nobody_a_second_time(with_another_key):
    with pytest.raises(Conflict), transaction() as session:
        session.add(registry.new_person(id_number=NUMBER, name="钱进", now=clock.now()))
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1


def test_another_key_opens_no_site(with_another_key):
    with pytest.raises(serving.CannotServe, match="KAOFA_DATA_KEY is not the key"):
        serving.make_ready(with_another_key)


def test_a_command_with_another_key_says_so(with_another_key):
    asked = with_another_key.test_cli_runner().invoke(
        args=["eligibility", "check", "--id-number", NUMBER, "--on", "2026-11-23"]
    )
    assert asked.exit_code == 1
    assert "KAOFA_DATA_KEY" in asked.stderr


def test_one_damaged_number_leaves_its_list_readable(known, app):
    other = KeyRing(ANOTHER_KEY)
    with transaction() as session:
        session.execute(
            update(Person).values(
                id_number_sealed=other.seal("id-number", NUMBER.encode(), record=known.ref),
                id_number_index=b"moved",
                key_id="moved",
            )
        )
    app.extensions["key_ring"].confirmed = True  # seen to fit before the damage
    db.session.expire_all()
    person = db.session.scalar(select(Person))
    assert queries.masked_id_number_of(person) == queries.UNREADABLE
    with pytest.raises(Conflict, match="无法解密"):
        queries.id_number_of(person)
