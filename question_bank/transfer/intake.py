"""Judging what was read: against the bank's rules, against the file itself, and against the bank.

Every row gets one outcome, so that read = accepted + rejected + duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from core.errors import Invalid, Problem
from question_bank.items.duplicates import asked_by, each_near_duplicates
from question_bank.items.rules import CODE
from question_bank.items.wording import fingerprint
from question_bank.transfer import queries
from question_bank.transfer.models import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from question_bank.items.rules import ItemDraft
    from question_bank.transfer.rows import ReadRow

BATCH = 500
READING = 0.6
"""The share of the work that reading and judging are; the rest is looking for questions much alike."""
NEAR_TOLD = 2
MOST_ITEMS = 20_000


@dataclass(frozen=True, slots=True)
class Choices:
    """What an import lets pass that a complete item must have: drafts are completed before they are reviewed."""

    without_law: bool = False
    without_explanation: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row with what becomes of it."""

    row: ReadRow
    outcome: Outcome
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


@dataclass(slots=True)
class _SeenBefore:
    """The questions and codes of the rows before, by the labels of their rows."""

    questions: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)


def judge(rows: Iterable[ReadRow | Problem], choices: Choices) -> Iterator[Verdict | Problem]:
    """The verdict on each row in order; remarks on the file pass through. Reads the bank batch by batch.

    Raises `Invalid` when the file holds more items than one import takes.
    """
    seen = _SeenBefore()
    stream, count = iter(rows), 0
    while batch := list(islice(stream, BATCH)):
        items = [row for row in batch if not isinstance(row, Problem)]
        count += len(items)
        if count > MOST_ITEMS:
            raise Invalid.one("too_many_items", f"一次最多导入 {MOST_ITEMS} 题，请分成几份。", "file")
        yield from (row for row in batch if isinstance(row, Problem))
        yield from _judge_batch(items, choices, seen)


def near_warnings(labels: Sequence[str], drafts: Sequence[ItemDraft]) -> Iterator[Problem | None]:
    """For each draft of a file a warning that names the questions most like it; None where there are none.

    Compared are the bank and the rows before it in the file, whose labels are `labels`.
    """
    for found in each_near_duplicates(drafts):
        told = [
            f"{labels[near.row] if near.row is not None else f'题库中试题 {near.code}'}（{near.score:.0%}）"
            for near in found[:NEAR_TOLD]
        ]
        yield (
            Problem("near_duplicate", f"与{'、'.join(told)}相近，请核对是否重复。", "stem") if told else None
        )


def _judge_batch(rows: list[ReadRow], choices: Choices, seen: _SeenBefore) -> Iterator[Verdict]:
    prints = {id(row): fingerprint(row.draft) for row in rows if row.draft is not None}
    twins = asked_by(set(prints.values()))
    taken = queries.codes_in_use({row.code for row in rows if row.code})
    for row in rows:
        problems = [problem for problem in row.problems if not _lets_pass(problem, row, choices)]
        problems += _code_problems(row, taken, seen)
        duplicate = _duplicate(row, prints.get(id(row), ""), twins, seen)
        if duplicate is not None:
            yield Verdict(row, Outcome.DUPLICATE, (duplicate,), row.warnings)
            continue
        outcome = Outcome.REJECTED if problems or row.draft is None else Outcome.ACCEPTED
        if outcome is Outcome.ACCEPTED:
            seen.questions[prints[id(row)]] = row.label
            if row.code:
                seen.codes[row.code] = row.label
        yield Verdict(row, outcome, tuple(problems), row.warnings)


def _lets_pass(problem: Problem, row: ReadRow, choices: Choices) -> bool:
    part = _part_of(row.draft, problem.where)
    if part is None:
        return False
    if choices.without_law and not part.citations and problem.code == "citations":
        return True
    return choices.without_explanation and not part.explanation and problem.code == "explanation"


def _part_of(draft: ItemDraft | None, where: str) -> ItemDraft | None:
    """The draft, or the question of a case, of which a problem speaks: «questions-0-stem» is of the first."""
    if draft is None or not where.startswith("questions-"):
        return draft
    number = where.split("-")[1]
    found = draft.questions[int(number) : int(number) + 1] if number.isdecimal() else ()
    return found[0] if found else None


def _code_problems(row: ReadRow, taken: set[str], seen: _SeenBefore) -> Iterator[Problem]:
    if not row.code:
        return
    if not CODE.fullmatch(row.code):
        yield Problem(
            "code", f"编号“{row.code[:40]}”只能用小写字母、数字和连字符，不超过 40 个字符。", "code"
        )
    elif row.code in taken:
        yield Problem("code_taken", f"编号 {row.code} 在题库中已有其他试题使用，请改号或留空。", "code")
    elif row.code in seen.codes:
        yield Problem("code_taken", f"编号 {row.code} 与{seen.codes[row.code]}相同，请改号或留空。", "code")


def _duplicate(row: ReadRow, asked: str, twins: dict[str, str], seen: _SeenBefore) -> Problem | None:
    if not asked:
        return None
    if asked in twins:
        return Problem("duplicate", f"与题库中试题 {twins[asked]} 的题干和选项相同，没有重复导入。", "stem")
    if asked in seen.questions:
        return Problem("duplicate", f"与{seen.questions[asked]}的题干和选项相同，没有重复导入。", "stem")
    return None
