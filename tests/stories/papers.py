"""What only the tests know of a paper: its key, in the letters as the candidate saw them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.db import db
from exam.papers.models import PaperQuestion
from question_bank.items.models import ItemVersion

if TYPE_CHECKING:
    from uuid import UUID

LETTERS = "ABCDEFGH"


def shown_key(sitting_id: UUID | str) -> dict[int, str]:
    """Position → right letters of the paper that is drawn, all positions."""
    rows = db.session.execute(
        select(PaperQuestion.position, PaperQuestion.option_order, ItemVersion.answer)
        .join(ItemVersion, ItemVersion.id == PaperQuestion.item_version_id)
        .where(PaperQuestion.sitting_id == sitting_id)
        .order_by(PaperQuestion.draw_number, PaperQuestion.position)
    ).all()
    db.session.remove()
    return {
        position: "".join(sorted(LETTERS[order.index(letter)] for letter in answer))
        for position, order, answer in rows
    }


def right_answers(sitting_id: UUID | str, count: int | None = None) -> dict[str, object]:
    """A batch of events that answers the first `count` questions rightly."""
    chosen = list(shown_key(sitting_id).items())[:count]
    return {
        "events": [
            {"seq": seq, "position": position, "choice": list(letters)}
            for seq, (position, letters) in enumerate(chosen, start=1)
        ]
    }
