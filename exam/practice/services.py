"""Answering in practice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.actor import Permission
from core.clock import day_of
from core.db import transaction
from core.errors import Conflict, Invalid, NotAllowed, Problem
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
    """An item put in practice, without its key: one question, or the questions of a case with their `material`."""

    row: PoolRow
    questions: tuple[Content, ...]
    material: str = ""


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """An answer with the key and its reasons. `chosen` are letters, sorted, or the texts of a 填空题."""

    content: Content
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


@dataclass(frozen=True, slots=True)
class Answered:
    """An item answered in practice: right when each of its questions is."""

    asked: Asked
    questions: tuple[AnsweredQuestion, ...]

    @property
    def correct(self) -> bool:
        return all(question.correct for question in self.questions)


def ask(*, code: str, actor: Actor, now: datetime) -> Asked:
    """The item of that code. Raises `NotFound` for what may not be practised, `Conflict` during a sitting."""
    person_of(actor, now)
    row = queries.one(code, day_of(now))
    whole = row.item_version_id
    asked = [question.item_version_id for question in row.questions] or [whole]
    contents = bank.contents([whole, *asked])
    material = contents[whole].stem if row.questions else ""
    return Asked(row, tuple(contents[version] for version in asked), material)


def answer(*, code: str, given: Sequence[Sequence[str]], actor: Actor, now: datetime) -> Answered:
    """Answer an item in practice and learn the key with its reasons.

    `given` holds for each question of the item the letters, the author's, as practice shows them, or a text for
    each blank. Raises as `ask` does, and `Invalid` naming the fields (q1, q2 …) without an answer, with a letter
    that is no option, or with more than one where one is asked. Not audited: it decides nothing.
    """
    person_id = person_of(actor, now)
    asked = ask(code=code, actor=actor, now=now)
    chosen: list[str] = []
    problems: list[Problem] = []
    for number, (content, answered) in enumerate(zip(asked.questions, given, strict=True), start=1):
        try:
            chosen.append(_checked(content, answered, f"q{number}"))
        except Invalid as refused:
            problems += refused.problems
    if problems:
        raise Invalid(problems)
    solutions = bank.solutions(content.item_version_id for content in asked.questions)
    questions = tuple(
        _answered(content, texts, letters, solutions[content.item_version_id])
        for content, texts, letters in zip(asked.questions, given, chosen, strict=True)
    )
    done = Answered(asked, questions)
    with transaction() as session:
        session.add(
            PracticeAnswer(
                person_id=person_id,
                item_id=asked.row.item_id,
                item_version_id=asked.row.item_version_id,
                answer="\n".join(chosen),
                correct=done.correct,
                recorded_at=now,
            )
        )
    return done


def _answered(content: Content, texts: Sequence[str], chosen: str, solution: Solution) -> AnsweredQuestion:
    is_text = content.type is QuestionType.BLANK
    correct = fills(texts, solution.accepted) if is_text else chosen == solution.answer
    return AnsweredQuestion(content, chosen, correct, solution)


def person_of(actor: Actor, now: datetime) -> int:
    """The person who practises. Raises `Conflict` `sitting_runs` while a sitting of theirs runs."""
    if actor.person_id is None or not actor.may(Permission.SIT):
        raise NotAllowed("只有考生可以练习。")
    if queries.sits_now(actor.person_id, now):
        raise Conflict("您有一场考试正在进行，交卷后才能练习。", code="sitting_runs")
    return actor.person_id


def _checked(content: Content, given: Sequence[str], field: str) -> str:
    if content.type is QuestionType.BLANK:
        return _written(given, field)
    chosen = "".join(sorted(set(given)))
    if not chosen:
        raise Invalid.one("no_answer", "请先作答，再看答案。", field)
    if not set(chosen) <= {letter for letter, _ in content.options}:
        raise Invalid.one("letter", "所选不在选项之内，请刷新页面后重新作答。", field)
    if len(chosen) > 1 and content.type is not QuestionType.MULTIPLE:
        raise Invalid.one("one_only", "这道题只能选一项。", field)
    return chosen


def _written(texts: Sequence[str], field: str) -> str:
    if not any(text.strip() for text in texts):
        raise Invalid.one("no_answer", "请先填写，再看答案。", field)
    if sum(map(len, texts)) > LONGEST_TEXT:
        raise Invalid.one("too_long", f"填写的文字不超过 {LONGEST_TEXT} 个字。", field)
    return "；".join(text.strip() for text in texts)
