"""Answer events: reading a batch as it arrives, and replaying the journal into the answer sheet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from exam.papers.rules import LONGEST_ANSWER, OPTION_LETTERS
from question_bank.items.rules import LONGEST_ACCEPTED, MOST_BLANKS, QuestionType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LARGEST_BATCH = 200
LARGEST_SEQ = 2**31 - 1
LARGEST_POSITION = 2**15 - 1
LETTERS = frozenset(OPTION_LETTERS)

TEXT_MARK = "="
"""What an answer in words begins with; option letters never do."""

LONGEST_TEXTS = {
    QuestionType.BLANK: MOST_BLANKS * (LONGEST_ACCEPTED + 1) - 1,
    QuestionType.SHORT: LONGEST_ANSWER,
}
"""Characters of an answer in words, by the types that are answered so; line breaks included."""

LONGEST_TEXT = max(LONGEST_TEXTS.values())

UNREADABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
"""Control characters but the line break, and halves of characters: nobody types them and no database keeps them all."""


class AnswerEvent(NamedTuple):
    """One change of one answer; a tuple, because the hot path makes one for each event that arrives.

    `seq` counts from 1 within the sitting, `position` from 1 within the paper. `choice` holds the letters
    as shown, sorted and without a separator ("AC"), or "=" and a text: for a 填空题 a line for each blank, for a
    简答题 as it was written; "" clears the answer.
    """

    seq: int
    position: int
    choice: str


class QuestionShape(NamedTuple):
    """What can be answered to a question: its type, and how many options it shows."""

    type: QuestionType
    option_count: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A well-formed batch: events in seq order without gaps. Without events it is the heartbeat."""

    events: tuple[AnswerEvent, ...]

    @property
    def first_seq(self) -> int | None:
        return self.events[0].seq if self.events else None

    @property
    def last_seq(self) -> int | None:
        return self.events[-1].seq if self.events else None


@dataclass(frozen=True, slots=True)
class BatchProblem:
    """One thing wrong with a batch.

    `index` counts its events from 0 and is None where the batch itself is wrong; `seq` and `position` are the
    event's own, None where they cannot be read. `fault` says what is wrong, `message` also in which event.
    """

    index: int | None
    seq: int | None
    code: str
    fault: str
    position: int | None = None

    @property
    def message(self) -> str:
        return self.fault if self.index is None else f"第 {self.index + 1} 个事件：{self.fault}"


class BadBatch(ValueError):
    """The batch is refused whole. `problems` names every bad event."""

    def __init__(self, problems: Iterable[BatchProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("；".join(problem.message for problem in self.problems))


def replay(events: Iterable[tuple[int, int, str]]) -> dict[int, str]:
    """The answer sheet: for each answered position, in order, the letters as shown, or "=" and the text.

    `events` are (seq, position, choice) in any order. The last by `seq` wins; a cleared answer is absent.
    """
    last = {position: choice for _, position, choice in sorted(events)}
    return {position: choice for position, choice in sorted(last.items()) if choice}


def readable(answer: str) -> str:
    """An answer of the sheet as people read it: the letters, or the texts of the blanks."""
    return "；".join(answer.removeprefix(TEXT_MARK).split("\n")) if answer.startswith(TEXT_MARK) else answer


def parse_batch(payload: object, *, question_types: Mapping[int, QuestionShape] | None = None) -> Batch:
    """Read the decoded JSON of a save, `{"events": [{"seq": 17, "position": 5, "choice": ["A", "C"]}]}`.

    The answer to a 填空题 or 简答题 comes as `"text"` instead of `"choice"`. Checks everything that needs no database: at
    most 200 events, whole numbers within range, distinct option letters, seq rising by one. With `question_types` (by position) also that the position exists, that the
    letters are among its options, that only a 多选题 has more than one, and that text answers a 填空题 or a
    简答题 and nothing else, within its length. Further keys are ignored.
    Raises `BadBatch` with every problem found; nothing of such a batch may be saved.
    """
    raw_events = payload.get("events") if type(payload) is dict else None
    if type(raw_events) is not list:
        raise BadBatch(
            [BatchProblem(None, None, "not_a_batch", "提交的内容应当是含有 events 列表的 JSON 对象。")]
        )
    if len(raw_events) > LARGEST_BATCH:
        message = f"一次最多提交 {LARGEST_BATCH} 个事件，本次有 {len(raw_events)} 个，请分批提交。"
        raise BadBatch([BatchProblem(None, None, "too_many_events", message)])
    events: list[AnswerEvent] = []
    problems: list[BatchProblem] = []
    expected: int | None = None
    for index, raw in enumerate(raw_events):
        seq, event, faults = _read_event(raw, expected, question_types)
        if event is None:
            at = raw.get("position") if type(raw) is dict else None
            position = at if type(at) is int else None
            problems += [BatchProblem(index, seq, code, text, position) for code, text in faults]
        else:
            events.append(event)
        expected = None if seq is None else seq + 1
    if problems:
        raise BadBatch(problems)
    return Batch(tuple(events))


def _read_event(
    raw: object, expected: int | None, shapes: Mapping[int, QuestionShape] | None
) -> tuple[int | None, AnswerEvent | None, list[tuple[str, str]]]:
    """The event's readable seq, the event if nothing is wrong with it, and otherwise each (code, message)."""
    if type(raw) is not dict:
        return None, None, [("not_an_event", "应当是含有 seq、position、choice 的对象。")]
    faults: list[tuple[str, str]] = []
    seq = raw.get("seq")
    # `type(…) is int`, because True is an instance of int and 5.0 equals 5.
    if type(seq) is not int or not 1 <= seq <= LARGEST_SEQ:
        seq = None
        faults.append(("seq", "seq 应当是从 1 开始的整数。"))
    elif expected is not None and seq != expected:
        faults.append(("seq_not_contiguous", f"seq 是 {seq}，应当紧接前一个事件，为 {expected}。"))
    position = raw.get("position")
    if type(position) is not int or not 1 <= position <= LARGEST_POSITION:
        position = None
        faults.append(("position", "position 应当是从 1 开始的题号。"))
    choice = _read_text(raw["text"]) if "text" in raw else _read_choice(raw.get("choice"))
    if choice is None and "text" in raw:
        faults.append(_text_fault(raw["text"], position))
    elif choice is None:
        faults.append(("choice", 'choice 应当是不重复的选项字母的列表，如 ["A", "C"]；清除作答用 []。'))
    if shapes is not None and position is not None:
        faults += _misfits(position, choice, shapes)
    if faults or seq is None or position is None or choice is None:
        return seq, None, faults
    return seq, AnswerEvent(seq, position, choice), faults


def _read_choice(letters: object) -> str | None:
    """The letters sorted and joined; None unless they are a list of distinct option letters."""
    if type(letters) is not list:
        return None
    try:
        distinct = LETTERS.intersection(letters)
    except TypeError:  # something unhashable among them
        return None
    return "".join(sorted(distinct)) if len(distinct) == len(letters) else None


def _read_text(text: object) -> str | None:
    """The text with its mark, "" when nothing but space is in it; None for what is no such text."""
    if type(text) is not str or len(text) > LONGEST_TEXT or UNREADABLE.search(text):
        return None
    return TEXT_MARK + text if text.strip() else ""


def _text_fault(text: object, position: int | None) -> tuple[str, str]:
    """Why a text could not be read."""
    if type(text) is str and len(text) > LONGEST_TEXT and position is not None:
        return _too_long(position, LONGEST_TEXT, len(text))
    return "text", f"text 应当是不超过 {LONGEST_TEXT} 个字的文字，不含控制字符；清除作答用空字符串。"


def _too_long(position: int, longest: int, length: int) -> tuple[str, str]:
    return "text_too_long", f"第 {position} 题最多写 {longest} 字，现有 {length} 字。"


def _misfits(position: int, choice: str | None, shapes: Mapping[int, QuestionShape]) -> list[tuple[str, str]]:
    shape = shapes.get(position)
    if shape is None:
        return [("position_unknown", f"本卷没有第 {position} 题，请刷新页面后重试。")]
    if shape.type in LONGEST_TEXTS or (choice and choice[0] == TEXT_MARK):
        return _text_misfits(position, choice, shape)
    faults = []
    if choice and choice[-1] > OPTION_LETTERS[shape.option_count - 1]:
        last = OPTION_LETTERS[shape.option_count - 1]
        faults.append(("letter_outside_options", f"第 {position} 题的选项只有 A 至 {last}。"))
    if choice and len(choice) > 1 and shape.type is not QuestionType.MULTIPLE:
        faults.append(("too_many_letters", f"第 {position} 题只能选一项。"))
    return faults


def _text_misfits(position: int, choice: str | None, shape: QuestionShape) -> list[tuple[str, str]]:
    longest = LONGEST_TEXTS.get(shape.type)
    if longest is None:
        return [("letters_wanted", f"第 {position} 题应当选择选项，不是填写文字。")]
    if choice and choice[0] != TEXT_MARK:
        return [("text_wanted", f"第 {position} 题应当填写文字，不是选择选项。")]
    if choice and len(choice) > longest + len(TEXT_MARK):
        return [_too_long(position, longest, len(choice) - len(TEXT_MARK))]
    return []
