"""Questions in running text, as authors write them: numbered stems, lettered options, 「答案：」「解析：」. Pure.

Text files and Word documents are both read as lines; a Word document's automatic numbers have been written
out before. An author's lists inside an explanation look like questions: a number that does not go on from the
question before counts as one only where options, a key or a bracket follow before the next number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import Invalid, Problem
from question_bank.items.rules import QuestionType
from question_bank.transfer.bare_options import with_marks
from question_bank.transfer.fields import LABEL, Open
from question_bank.transfer.key_lists import KeyList, opened_by
from question_bank.transfer.line_shapes import (
    CASE_START,
    HEAD,
    INLINE_TYPE,
    LATER_OPTION,
    NUMBERED,
    asks,
    is_title,
    number_of,
    section_type,
)
from question_bank.transfer.rows import ReadRow
from question_bank.transfer.rules import Raw, is_yes, type_of, understand
from question_bank.transfer.spelling import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from question_bank.transfer.laws import LawBook

LISTED = frozenset({QuestionType.TRUE_FALSE, QuestionType.BLANK, QuestionType.SHORT})
"""Types whose questions may follow one another line by line, with nothing but their numbers between them."""


MOST_LINES = 300_000
MOST_REMARKS = 100


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line as the user counts it. `picture` marks one with a picture or formula that no text can carry."""

    number: int
    text: str
    picture: bool = False


@dataclass(slots=True)
class _Item:
    """A question as it is being read."""

    number: int
    line: int
    open: Open
    section: int = 0
    lines: list[str] = field(default_factory=list)
    picture: bool = False
    style: str = ""
    of_case: bool = False
    conflict: bool = False

    @property
    def raw(self) -> Raw:
        return self.open.raw

    @property
    def at(self) -> str:
        return self.open.at

    @property
    def is_case(self) -> bool:
        return type_of(self.raw.type) is QuestionType.CASE


def read_text(lines: Sequence[TextLine], book: LawBook) -> Iterator[ReadRow | Problem]:
    """The items of a text in order, after remarks on what was not read. Raises `Invalid` for too many lines."""
    if sum(bool(line.text) for line in lines) > MOST_LINES:
        raise Invalid.one("too_many_lines", f"文件超过 {MOST_LINES} 行，请分成几份。", "file")
    reading = _Reading(lines)
    remarks = reading.read()
    if reading.unsplit:
        # A list of keys names questions that were taken for lines of those before them.
        reading = _Reading(lines, told=reading.unsplit)
        remarks = reading.read()
    yield from remarks
    yield from reading.remarks()
    last = max(1, lines[-1].number if lines else 1)
    for item in _whole(reading.items):
        yield _row(item, book, last)


class _Reading:
    """One going through the lines. `told` are numbers of questions that a list of keys has named."""

    def __init__(self, lines: Sequence[TextLine], told: frozenset[int] = frozenset()) -> None:
        self.lines = lines
        self.texts = [text.strip() for text in with_marks([line.text for line in lines])]
        self.told = told
        self.items: list[_Item] = []
        self.unsplit: frozenset[int] = frozenset()
        self.section = 0
        self.type = ""
        self.style = ""
        self.case: _Item | None = None
        self.case_style = ""
        self.lists: list[KeyList] = []
        self.in_keys = False
        self.unread: list[int] = []
        self.titles: list[int] = []

    def read(self) -> list[Problem]:
        """Go through the lines; remarks on the lists of keys."""
        remarks: list[Problem] = []
        for index, line in enumerate(self.lines):
            if self.texts[index] or line.picture:
                remarks += self._take(line, index)
                del remarks[MOST_REMARKS:]
        without_key = [item for item in self.items if not item.raw.answer]
        for keys in self.lists:
            remarks += keys.give(self.items)
        for item in without_key:
            if item.raw.answer:
                # What stands in the sheet of problems can be brought in without the list of keys.
                item.lines.append(f"答案：{item.raw.answer}")
        missing = {number for keys in self.lists for number in keys.missing}
        inside = {
            number_of(found)[1]
            for item in self.items
            for text in item.lines[1:]
            if (found := NUMBERED.match(text))
        }
        self.unsplit = frozenset(missing & inside)
        return remarks

    def remarks(self) -> Iterator[Problem]:
        """What was not read."""
        for numbers, what in ((self.titles, "是标题"), (self.unread, "不属于任何题目")):
            if numbers:
                where = "、".join(str(number) for number in numbers[:10]) + (
                    "等" if len(numbers) > 10 else ""
                )
                yield Problem("unread_lines", f"第 {where} 行{what}，没有读取。")
        passed = list(dict.fromkeys(name for item in self.items for name in item.open.passed))
        if passed:
            names = "、".join(f"“{name}”" for name in passed[:10])
            yield Problem("unread_labels", f"{names}没有对应的内容，没有读取。")

    def _take(self, line: TextLine, index: int) -> list[Problem]:
        text = self.texts[index]
        heading = section_type(text)
        opens = self._opens_keys(text, index) if self.items else None
        if opens is not None:
            section, rest = opens
            self._open_list(section)
            return self.lists[-1].take(rest) if rest else []
        if self.in_keys and self._is_question(index):
            self.in_keys = False
        if heading is not None:
            return self._open_section(heading, text, index)
        if self.in_keys:
            return self.lists[-1].take(text)
        if is_title(self.texts, index) and not self._asks_itself(index):
            self.titles.append(line.number)
        elif not self._open_item(line, index):
            self._go_on(line, text)
        return []

    def _go_on(self, line: TextLine, text: str) -> None:
        if not self.items:
            self.unread.append(line.number)
            return
        item = self.items[-1]
        item.lines.append(line.text)
        item.picture |= line.picture
        if text:
            item.open.take(text)
        if item.is_case and not item.of_case:
            self.case = item

    # Lists of keys ------------------------------------------------------------------------------------

    def _opens_keys(self, text: str, index: int) -> tuple[str, str] | None:
        following = [after for after in self.texts[index + 1 : index + 6] if after]
        return opened_by(text, following, section_type)

    def _open_list(self, section: str) -> None:
        if not self.in_keys or not self.lists:
            first = self.lists[-1].end if self.lists else 0
            self.lists.append(KeyList(first, len(self.items)))
        self.in_keys = True
        self.lists[-1].section = section

    def _is_question(self, index: int) -> bool:
        """Whether a line within a list of keys opens a question again: options stand on it or below it."""
        text = self.texts[index]
        if section_type(text) is not None:
            index, text = next(
                ((n, later) for n, later in enumerate(self.texts[index + 1 : index + 6], index + 1) if later),
                (index, ""),
            )
        numbered = NUMBERED.match(text)
        if numbered is None:
            return False
        for later in self.texts[index + 1 : index + 12]:
            if HEAD.match(later):
                return True
            if NUMBERED.match(later) or section_type(later) is not None:
                return False
        return False

    def _open_section(self, word: str, text: str, index: int) -> list[Problem]:
        if self.in_keys:
            keys = self.lists[-1]
            keys.section = word
            rest = text.partition("：")[2] or text.partition(":")[2]
            return keys.take(rest.strip()) if rest.strip() else []
        self.section += 1
        self.type, self.style = word, ""
        self.case, self.case_style = None, ""
        return []

    # Questions ----------------------------------------------------------------------------------------

    def _open_item(self, line: TextLine, index: int) -> bool:
        """Whether the line opens a question, or a case; opens it."""
        text = self.texts[index]
        in_cases = type_of(self.type) is QuestionType.CASE
        if self._starts_case(text, in_cases=in_cases):
            starter = CASE_START.match(text)
            assert starter is not None
            self.case = self._new(line, 0, text[starter.end() :], QuestionType.CASE.value)
            self.case_style = ""
            return True
        numbered = NUMBERED.match(text)
        if numbered:
            return self._open_numbered(line, index, text[numbered.end() :], *number_of(numbered))
        if in_cases and self.case is None:
            self.case = self._new(line, 0, text, QuestionType.CASE.value)
            return True
        if self._is_unnumbered(text, index):
            self._new(line, 0, text, self.type)
            return True
        return False

    def _starts_case(self, text: str, *, in_cases: bool) -> bool:
        if CASE_START.match(text) is None:
            return False
        if not in_cases and not text.lstrip("【[ ").startswith("案例"):
            return False
        return in_cases or not self.items or self.items[-1].at != "explanation"

    def _open_numbered(self, line: TextLine, index: int, text: str, style: str, number: int) -> bool:
        in_cases = type_of(self.type) is QuestionType.CASE
        first = in_cases and self.case is None
        if not first and not self._is_new(style, number, index):
            return False
        if self.case is not None and style == self.case.style:
            self.case = None
            first = in_cases
        kind = QuestionType.CASE.value if first else "" if self.case else self.type
        item = self._new(line, number, text, kind)
        item.style = style
        if first:
            self.case, self.case_style = item, ""
        if self.case is None or self.case is item:
            self.style = style
        else:
            self.case_style = style
        return True

    def _is_new(self, style: str, number: int, index: int) -> bool:
        """Whether a numbered line opens a question or goes on with the one before, as a list in it."""
        inside = self.case
        usual = self.case_style if inside else self.style
        item = self.items[-1] if self.items else None
        if item is None or item.section != self.section:
            return style != "han" or self._asks_itself(index)
        if inside and style == inside.style:
            usual = style
        elif inside and not usual:
            return True
        goes_on = number == item.number + 1
        if usual and style not in {usual, "of", "bare"}:
            return goes_on and not inside and item.at in {"options", "answer"} and self._asks_itself(index)
        if goes_on and item.at == "stem" and (number in self.told or type_of(item.raw.type) in LISTED):
            return True
        if goes_on and item.at not in {"explanation", "answer", "laws"}:
            return asks(self.texts, index, style) or item.at == "options"
        return asks(self.texts, index, style)

    def _asks_itself(self, index: int) -> bool:
        return asks(self.texts, index)

    def _is_unnumbered(self, text: str, index: int) -> bool:
        """A stem without a number: after a question that has options or a key, options follow directly."""
        item = self.items[-1] if self.items else None
        if LABEL.match(text) or HEAD.match(text) or LATER_OPTION.match(text):
            return False
        if item is not None and item.at == "stem":
            return False
        blank_before = index > 0 and not self.texts[index - 1]
        if item is not None and item.number and item.at != "answer" and not blank_before:
            return False
        following = [later for later in self.texts[index + 1 : index + 8] if later]
        for later in following[:3]:
            if HEAD.match(later):
                return True
            if NUMBERED.match(later) or LABEL.match(later):
                return False
        return False

    def _new(self, line: TextLine, number: int, text: str, kind: str) -> _Item:
        item = _Item(number, line.number, Open(Raw(type=kind)), section=self.section, lines=[line.text])
        item.picture = line.picture
        item.of_case = self.case is not None and kind != QuestionType.CASE.value
        inline = INLINE_TYPE.search(text)
        if inline and kind != QuestionType.CASE.value:
            item.raw.type = inline[1] or inline[2]
            text = text[: inline.start()] + text[inline.end() :]
        self.items.append(item)
        if text.strip():
            item.open.take(text.strip())
        return item


def _whole(items: Sequence[_Item]) -> Iterator[_Item]:
    """The questions of cases put into their cases."""
    case: _Item | None = None
    for item in items:
        if item.is_case:
            if case is not None:
                yield case
            case = item
        elif case is not None and item.of_case:
            case.raw.questions.append(item.raw)
            case.lines += item.lines
            case.picture |= item.picture
        else:
            if case is not None:
                yield case
                case = None
            yield item
    if case is not None:
        yield case


def _row(item: _Item, book: LawBook, last: int) -> ReadRow:
    understood = understand(item.raw, book)
    problems = list(understood.problems)
    if item.conflict:
        problems.insert(
            0, Problem("key_conflict", "题后写的答案与文件末尾的答案列表不同，请核对后只留一处。", "answer")
        )
    if item.picture:
        problems.insert(
            0, Problem("picture", "题目含有图片或公式对象，平台只保存文字，请改写成文字。", "stem")
        )
    label = f"第 {item.line} 行" + (f"（第 {item.number} 题）" if item.number else "")
    return ReadRow(
        label=label,
        number=item.line,
        draft=understood.draft,
        problems=tuple(problems),
        warnings=understood.warnings,
        code=tidy(item.raw.code),
        reserved=is_yes(item.raw.reserved),
        cells=("\n".join(item.lines),),
        share=min(1.0, item.line / last),
    )
