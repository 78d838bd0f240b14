"""People and accounts, made by the real use cases."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from core import clock
from core.actor import Actor, Role
from core.auth.passwords import hash_password
from core.db import transaction
from core.people import registry, services
from core.people.models import Account
from core.people.registry import Entry

if TYPE_CHECKING:
    from core.people.models import Person

PASSWORD = "Luzhou-2026!"
ZHANG = "510502198001010013"
LI = "510525199003150027"


@cache
def _password_hash() -> str:
    return hash_password(PASSWORD)


def make_account(username: str = "officer", role: Role = Role.OFFICER, *, unit: str | None = None) -> int:
    """An account that signs in with `PASSWORD` and need not change it; its id."""
    added = services.add_account(
        username=username,
        role=role,
        unit_code=unit,
        display_name=username,
        actor=Actor.command(),
        now=clock.now(),
    )
    with transaction() as session:
        account = session.get_one(Account, added.account_id)
        account.password_hash = _password_hash()
        account.must_change_password = False
    return added.account_id


def make_person(id_number: str = ZHANG, name: str = "张三", *, unit: str = "510502") -> Person:
    """A person with a present posting as a deputy section head."""
    with transaction():
        registry.ensure_city_units()
        lines, problems = registry.check([Entry(id_number, name, unit, "乡科级副职", "副局长")], units=None)
        assert problems == []
        now = clock.now()
        return registry.register(lines, on=clock.day_of(now), now=now)[0].person
