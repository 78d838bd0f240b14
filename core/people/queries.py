"""Reads of people and units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from core.db import db
from core.keys import key_ring
from core.people.models import Person, Posting, Unit
from core.people.rules import mask_id_number, normalise_id_number

if TYPE_CHECKING:
    from sqlalchemy import ScalarSelect

ID_NUMBER = "id-number"
ID_NUMBER_INDEX = "id-number-index"


def subtree(unit_id: int) -> frozenset[int]:
    """The unit and all below it."""
    top = select(Unit.id).where(Unit.id == unit_id).cte(recursive=True)
    tree = top.union_all(select(Unit.id).join(top, Unit.parent_id == top.c.id))
    return frozenset(db.session.scalars(select(tree.c.id)))


def present_posting_id() -> ScalarSelect[int]:
    """The id of the latest posting of the enclosing query's `Person`."""
    return (
        select(Posting.id)
        .where(Posting.person_id == Person.id)
        .order_by(Posting.starts_on.desc(), Posting.id.desc())
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )


def id_number_index(id_number: str) -> bytes:
    """The blind index under which a person with this ID number is found."""
    return key_ring().blind_index(ID_NUMBER_INDEX, normalise_id_number(id_number))


def person_by_id_number(id_number: str) -> Person | None:
    return db.session.scalar(select(Person).where(Person.id_number_index == id_number_index(id_number)))


def id_number_of(person: Person) -> str:
    """The ID number in the clear: for the roll of a session and for a view with a logged reason, nothing else."""
    try:
        return key_ring().unseal(ID_NUMBER, person.id_number_sealed, record=person.ref).decode()
    except InvalidTag as error:
        raise RuntimeError(
            f"the ID number of person {person.ref} does not open with KAOFA_DATA_KEY"
        ) from error


def masked_id_number_of(person: Person) -> str:
    """As pages show it: 510502********0013."""
    return mask_id_number(id_number_of(person))
