"""Answering in practice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.actor import Permission
from core.clock import day_of
from core.db import transaction
from core.errors import Conflict, Invalid, NotAllowed
from exam.practice import queries
from exam.practice.models import PracticeAnswer
from exam.results.rules import fills
from exam.sittings.answers import LONGEST_TEXT
from question_bank.items import pool as bank
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.actor import Actor
    from question_bank.items.pool import Content, PoolRow, Solution


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put in practice, without its key."""

    row: PoolRow
    content: Content


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with the key and its reasons. `chosen` are letters, sorted, or the texts of a 填空题."""

    asked: Asked
    chosen: str
    correct: bool
    solution: Solution

    @property
    def key(self) -> str:
        """The key as people read it."""
        if self.solution.accepted:
            return "；".join(" / ".join(texts) for texts in self.solution.accepted)
        return "、".join(self.solution.answer)

    @property
    def given(self) -> str:
        """The answer as people read it."""
        return self.chosen if self.solution.accepted else "、".join(self.chosen)


def ask(*, code: str, actor: Actor, now: datetime) -> Asked:
    """The question of that code. Raises `NotFound` for what may not be practised, `Conflict` during a sitting."""
    person_of(actor, now)
    row = queries.one(code, day_of(now))
    return Asked(row, bank.contents([row.item_version_id])[row.item_version_id])


def answer(*, code: str, given: Sequence[str], actor: Actor, now: datetime) -> Answered:
    """Answer a question in practice and learn the key with its reasons.

    `given` are letters, the author's, as practice shows them, or a text for each blank. Raises as `ask` does, and `Invalid` without an answer,
    for a letter that is no option, and for more than one where one is asked. Not audited: it decides nothing.
    """
    person_id = person_of(actor, now)
    asked = ask(code=code, actor=actor, now=now)
    is_text = asked.row.type is QuestionType.BLANK
    chosen = _written(given) if is_text else _checked(asked.row, given)
    version = asked.row.item_version_id
    solution = bank.solutions([version])[version]
    correct = fills(given, solution.accepted) if is_text else chosen == solution.answer
    with transaction() as session:
        session.add(
            PracticeAnswer(
                person_id=person_id,
                item_id=asked.row.item_id,
                item_version_id=version,
                answer=chosen,
                correct=correct,
                recorded_at=now,
            )
        )
    return Answered(asked, chosen, correct, solution)


def person_of(actor: Actor, now: datetime) -> int:
    """The person who practises. Raises `Conflict` `sitting_runs` while a sitting of theirs runs."""
    if actor.person_id is None or not actor.may(Permission.SIT):
        raise NotAllowed("只有考生可以练习。")
    if queries.sits_now(actor.person_id, now):
        raise Conflict("您有一场考试正在进行，交卷后才能练习。", code="sitting_runs")
    return actor.person_id


def _written(texts: Sequence[str]) -> str:
    if not any(text.strip() for text in texts):
        raise Invalid.one("no_answer", "请先填写，再看答案。", "q1")
    if sum(map(len, texts)) > LONGEST_TEXT:
        raise Invalid.one("too_long", f"填写的文字不超过 {LONGEST_TEXT} 个字。", "q1")
    return "；".join(text.strip() for text in texts)


def _checked(row: PoolRow, letters: Sequence[str]) -> str:
    chosen = "".join(sorted(set(letters)))
    if not chosen:
        raise Invalid.one("no_answer", "请先作答，再看答案。", "q1")
    if not set(chosen) <= set(row.letters):
        raise Invalid.one("letter", "所选不在选项之内，请刷新页面后重新作答。", "q1")
    if len(chosen) > 1 and row.type is not QuestionType.MULTIPLE:
        raise Invalid.one("one_only", "这道题只能选一项。", "q1")
    return chosen
