"""Judging what was read: against the bank's rules, against the file itself, and against the bank.

Every row gets one outcome, so that read = accepted + rejected + duplicates.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from core.errors import Invalid, Problem
from question_bank.items.duplicates import asked_by, each_near_duplicates
from question_bank.items.queries import drafts_by_code
from question_bank.items.rules import CODE
from question_bank.items.wording import fingerprint
from question_bank.transfer import queries
from question_bank.transfer.models import Outcome
from question_bank.transfer.naming import key_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from question_bank.items.rules import ItemDraft
    from question_bank.transfer.rows import ReadRow

BATCH = 500
READING = 0.6
"""The share of the work that reading and judging are; the rest is looking for questions much alike."""
NEAR_TOLD = 2
LACKING = {"citations": "法条依据", "explanation": "解析"}
"""What drafts may lack, by the code of its problem."""
NO_KEY = frozenset({"no_key", "answer_unread", "key_conflict"})
"""An item without a key that can be used is refused, whatever else it is."""
MOST_ITEMS = 20_000


@dataclass(frozen=True, slots=True)
class Choices:
    """What an import asks of each item at once, and what its items are for.

    Drafts may lack a law or an explanation; they are completed before they are reviewed. Items are kept for
    sessions, whatever the file says, unless `for_practice` is chosen: then all but those that the file reserves
    may be practised, with their keys, once they are approved.
    """

    with_law: bool = False
    with_explanation: bool = False
    for_practice: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row with what becomes of it."""

    row: ReadRow
    outcome: Outcome
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


@dataclass(slots=True)
class _SeenBefore:
    """What the rows before it held: questions by what they ask and the codes, each with the label of its row."""

    questions: dict[str, tuple[str, str]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    without: Counter[str] = field(default_factory=Counter)


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
        yield from _judge_batch([_for_use(row, choices) for row in items], choices, seen)
    for code, what in LACKING.items():
        if seen.without[code]:
            message = f"{seen.without[code]} 题没有{what}，存为草稿，补上后才能送审。"
            yield Problem(f"without_{code}", message)


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


def _for_use(row: ReadRow, choices: Choices) -> ReadRow:
    return row if row.reserved or choices.for_practice else replace(row, reserved=True)


def _judge_batch(rows: list[ReadRow], choices: Choices, seen: _SeenBefore) -> Iterator[Verdict]:
    prints = {id(row): fingerprint(row.draft) for row in rows if row.draft is not None}
    twins = asked_by(set(prints.values()))
    keys = _keys_of(twins)
    taken = queries.codes_in_use({row.code for row in rows if row.code})
    for row in rows:
        problems, lacking, warnings = _sorted_out(row, choices)
        code, code_problems, code_warnings = _code(row, taken, seen)
        problems, warnings = [*problems, *code_problems], [*row.warnings, *warnings, *code_warnings]
        asked = prints.get(id(row), "")
        if not any(problem.code in NO_KEY for problem in problems) and row.draft is not None:
            duplicate = _duplicate(row.draft, asked, twins, keys, seen)
            if duplicate is not None:
                yield Verdict(row, Outcome.DUPLICATE, (duplicate,), tuple(warnings))
                continue
        outcome = Outcome.REJECTED if problems or row.draft is None else Outcome.ACCEPTED
        if outcome is Outcome.ACCEPTED and row.draft is not None:
            seen.questions[asked] = (row.label, key_words(row.draft))
            seen.without.update(lacking)
            if code:
                seen.codes[code] = row.label
        yield Verdict(
            row if code == row.code else replace(row, code=code), outcome, tuple(problems), tuple(warnings)
        )


def _sorted_out(row: ReadRow, choices: Choices) -> tuple[list[Problem], list[str], list[Problem]]:
    """What keeps the row out; what it lacks without being kept out; what is told all the same."""
    problems, lacking, warnings = [], set[str](), []
    for problem in row.problems:
        part = _part_of(row.draft, problem.where)
        if part is None:
            problems.append(problem)
        elif problem.code == "citations" and not part.citations and not choices.with_law:
            lacking.add("citations")
        elif problem.code == "law_unknown" and not choices.with_law:
            warnings.append(problem)
            if not part.citations:
                lacking.add("citations")
        elif problem.code == "explanation" and not part.explanation and not choices.with_explanation:
            lacking.add("explanation")
        else:
            problems.append(problem)
    return problems, sorted(lacking), warnings


def _keys_of(twins: dict[str, str]) -> dict[str, str]:
    """The key, in words, that the bank's items give to these questions, by fingerprint."""
    stored = drafts_by_code(set(twins.values()))
    keys = {}
    for asked, code in twins.items():
        for draft in stored[code].drafts:
            if fingerprint(draft) == asked:
                keys[asked] = key_words(draft)
    return keys


def _part_of(draft: ItemDraft | None, where: str) -> ItemDraft | None:
    """The draft, or the question of a case, of which a problem speaks: «questions-0-stem» is of the first."""
    if draft is None or not where.startswith("questions-"):
        return draft
    number = where.split("-")[1]
    found = draft.questions[int(number) : int(number) + 1] if number.isdecimal() else ()
    return found[0] if found else None


def _code(row: ReadRow, taken: set[str], seen: _SeenBefore) -> tuple[str, list[Problem], list[Problem]]:
    """The code that the item gets ("" for the next free one), then problems and warnings.

    Figures alone are mostly the running numbers of somebody's sheet; they keep nothing out.
    """
    if not row.code:
        return "", [], []
    if not CODE.fullmatch(row.code):
        message = f"编号“{row.code[:40]}”不合本题库的写法（小写字母、数字、连字符），没有采用，将另编新号。"
        return "", [], [Problem("code", message, "code")]
    if row.code in taken:
        where = "在题库中已有其他试题使用"
    elif row.code in seen.codes:
        where = f"与{seen.codes[row.code]}相同"
    else:
        return row.code, [], []
    if row.code.isdecimal():
        return "", [], [Problem("code_taken", f"编号 {row.code} {where}，没有采用，将另编新号。", "code")]
    return row.code, [Problem("code_taken", f"编号 {row.code} {where}，请改号或留空。", "code")], []


def _duplicate(
    draft: ItemDraft, asked: str, twins: dict[str, str], keys: dict[str, str], seen: _SeenBefore
) -> Problem | None:
    """That the question is there already; also when it is there with another key, which somebody must look into."""
    other: str | None
    if asked in twins:
        where, other = f"题库中试题 {twins[asked]}", keys.get(asked)
    elif asked in seen.questions:
        where, other = seen.questions[asked]
    else:
        return None
    own = key_words(draft)
    if other is None or other == own:
        return Problem("duplicate", f"与{where}的题干和选项相同，没有重复导入。", "stem")
    message = f"与{where}的题干和选项相同，答案却不同（那里是“{other[:40]}”，这里是“{own[:40]}”），没有导入，请核对。"
    return Problem("duplicate_other_key", message, "stem")
