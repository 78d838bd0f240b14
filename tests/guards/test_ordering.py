"""What the watch over statements takes for a decided order; it runs in every test that asks the database."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.db import db
from core.people.models import Person, Unit
from exam.papers.models import PaperQuestion
from exam.results.models import ResultRevision
from exam.sittings.models import ExamSession, Sitting
from question_bank.items.models import Item, ItemVersion
from tests.ordering import UndecidedOrder, decides_order

COUNTED = (
    select(Sitting.session_id, func.count().label("sat")).group_by(Sitting.session_id).subquery("counted")
)
DECIDED = {
    "no order asked": select(Sitting.started_at),
    "a primary key at the end": select(Sitting).order_by(Sitting.started_at, Sitting.id.desc()),
    "a unique column": select(Item).order_by(Item.code),
    "a unique key of several columns": select(ItemVersion.id).order_by(
        ItemVersion.item_id, ItemVersion.number, ItemVersion.part_number
    ),
    "the rest of a unique key is fixed": select(PaperQuestion)
    .where(PaperQuestion.sitting_id == "x", PaperQuestion.draw_number == 1)
    .order_by(PaperQuestion.position),
    "a joined row follows from its foreign key": select(Sitting.id, Person.name)
    .join(Person, Person.id == Sitting.person_id)
    .order_by(Person.name, Sitting.id),
    "what rows are grouped by": select(Sitting.unit_id, func.count())
    .group_by(Sitting.unit_id)
    .order_by(func.count(), Sitting.unit_id),
    "an expression that rows are grouped by": select(func.date(Sitting.started_at))
    .group_by(func.date(Sitting.started_at))
    .order_by(func.date(Sitting.started_at)),
    "rows that show nothing else": select(Sitting.started_at).order_by(Sitting.started_at),
    "distinct columns": select(Unit.region_code).distinct().order_by(Unit.region_code),
    "a group of a subquery": select(COUNTED).order_by(COUNTED.c.sat, COUNTED.c.session_id),
}
LATER = aliased(ResultRevision)
LATEST = ~(
    select(LATER.number)
    .where(LATER.sitting_id == ResultRevision.sitting_id, LATER.number > ResultRevision.number)
    .exists()
)
DECIDED["the one row than which none is later"] = (
    select(ResultRevision).where(LATEST).order_by(ResultRevision.sitting_id)
)
UNDECIDED = {
    "an instant": select(Sitting.id).order_by(Sitting.started_at),
    "a part of a unique key": select(ItemVersion.id).order_by(ItemVersion.item_id, ItemVersion.number),
    "the other side of a join": select(Sitting.id)
    .join(ExamSession, ExamSession.id == Sitting.session_id)
    .order_by(ExamSession.id),
    "one that may not hold": select(PaperQuestion)
    .where((PaperQuestion.sitting_id == "x") | (PaperQuestion.draw_number == 1))
    .order_by(PaperQuestion.position),
    "an aggregate": select(Sitting.unit_id, func.count()).group_by(Sitting.unit_id).order_by(func.count()),
    "a figure of a subquery": select(COUNTED).order_by(COUNTED.c.sat),
    "any of several revisions": select(ResultRevision).order_by(ResultRevision.sitting_id),
    "an expression of the key": select(Item.id).order_by(func.length(Item.code)),
}


@pytest.mark.parametrize("statement", DECIDED.values(), ids=DECIDED)
def test_a_decided_order_is_let_through(statement):
    assert decides_order(statement)


@pytest.mark.parametrize("statement", UNDECIDED.values(), ids=UNDECIDED)
def test_an_open_order_is_found(statement):
    assert not decides_order(statement)


def test_an_open_order_fails_where_it_is_executed(app):
    with pytest.raises(UndecidedOrder, match="started_at"):
        db.session.scalars(select(Sitting).order_by(Sitting.started_at))
