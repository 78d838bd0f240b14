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
from question_bank.transfer.fields import (
    KEY_ALONE,
    KEY_WITH_REASON,
    LABEL,
    LETTER_AT_ONCE,
    LONE_LABEL,
    WRITTEN_OUT,
    Open,
    label_of,
)
from question_bank.transfer.key_lists import ByNumber, Heading, KeyList, opened_by, same_type
from question_bank.transfer.keys import key_letters, stem_key, verdict_bracket
from question_bank.transfer.line_shapes import (
    CASE_START,
    HEAD,
    INLINE_TYPE,
    INSTRUCTION,
    KEY_IN_FRONT,
    LATER_OPTION,
    LOOSE,
    TYPE_ALONE,
    TYPE_IN_FRONT,
    Number,
    asks,
    chapter_of,
    is_key,
    is_title,
    loose_number_of,
    number_of,
    plain_lines,
    section_type,
)
from question_bank.transfer.marked_options import STANDS_OUT, signed, stressed
from question_bank.transfer.rows import ReadRow
from question_bank.transfer.rules import GAP, Raw, is_yes, type_of, understand
from question_bank.transfer.spelling import folded, tidy
from question_bank.transfer.swallowed import Numbered, doubts_of, longer_than_neighbours, number_jumps

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from question_bank.transfer.laws import LawBook

LISTED = frozenset({QuestionType.TRUE_FALSE, QuestionType.BLANK, QuestionType.SHORT})
"""Types whose questions may follow one another line by line, with nothing but their numbers between them."""


MOST_LINES = 300_000
MOST_LINES_OF_ONE = 300
"""So many lines may stand between one number and the next."""
LONGEST_LINE = 20_000
MOST_REMARKS = 100
NOT_TEXT = "题目含有图片、公式、文本框、脚注或特殊符号，平台只保存文字，请改写成文字。"
ENDINGS = "。！？!?；;．"
"""What ends a statement, so that the next line is another."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line as the user counts it. `picture` marks one with a picture, a formula or else what no text can carry."""

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
    chapter: str = ""
    lines: list[str] = field(default_factory=list)
    picture: bool = False
    style: str = ""
    of_case: bool = False
    conflict: bool = False
    too_long: bool = False

    @property
    def raw(self) -> Raw:
        return self.open.raw

    @property
    def at(self) -> str:
        return self.open.at

    @property
    def awaits_key(self) -> bool:
        """Whether the label of the key stands there, and the key is still to come."""
        return self.at == "answer" and not self.raw.answer

    @property
    def is_case(self) -> bool:
        return type_of(self.raw.type) is QuestionType.CASE


def read_text(lines: Sequence[TextLine], book: LawBook) -> Iterator[ReadRow | Problem]:
    """The items of a text in order, after remarks on what was not read. Raises `Invalid` for a text too large."""
    if sum(bool(line.text) for line in lines) > MOST_LINES:
        raise Invalid.one("too_many_lines", f"文件超过 {MOST_LINES} 行，请分成几份。", "file")
    if any(len(line.text) > LONGEST_LINE for line in lines):
        raise Invalid.one("long_line", f"有一行超过 {LONGEST_LINE} 个字，请在题目之间换行。", "file")
    reading = _Reading(lines)
    remarks = reading.read()
    if reading.unsplit:
        # A list of keys names questions that were taken for lines of those before them.
        reading = _Reading(lines, told=reading.unsplit)
        remarks = reading.read()
    yield from remarks
    yield from reading.remarks()
    items = list(_whole(reading.items))
    runs, beside = number_jumps(_numbers(items))
    yield from runs
    for index, told in longer_than_neighbours([item.raw for item in items]):
        beside.setdefault(index, told)
    last = max(1, lines[-1].number if lines else 1)
    for index, item in enumerate(items):
        yield _row(item, book, last, beside.get(index))


def _numbers(items: Sequence[_Item]) -> list[Numbered]:
    before: tuple[int, str] | None = None
    numbers = []
    for item in items:
        numbers.append(Numbered(item.number, (item.section, item.chapter) != before))
        before = (item.section, item.chapter)
    return numbers


class _Reading:
    """One going through the lines. `told` are numbers of questions that a list of keys has named."""

    def __init__(self, lines: Sequence[TextLine], told: frozenset[int] = frozenset()) -> None:
        self.lines = lines
        self.stressed = with_marks(plain_lines([line.text for line in lines]))
        self.texts = [text.replace(STANDS_OUT, "") for text in self.stressed]
        self.told = told
        self.items: list[_Item] = []
        self.unsplit: frozenset[int] = frozenset()
        self.section = 0
        self.chapter = ""
        self.type = ""
        self.mark_alone = False
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
        for item in self.items:
            item.open.close()
        everything = ByNumber(self.items)
        without_key = [item for item in self.items if not item.raw.answer]
        for keys in self.lists:
            remarks += keys.give(self.items, everything)
        for item in without_key:
            if item.raw.answer:
                # What stands in the sheet of problems can be brought in without the list of keys.
                item.lines.append(f"答案：{item.raw.answer}")
        missing = {number for keys in self.lists for number in keys.missing}
        inside = {
            found.figure
            for item in self.items
            for text in item.lines[1:]
            if (found := number_of(text.strip()) or loose_number_of(text.strip()))
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
        chapter = chapter_of(text)
        opens = self._opens_keys(text, index) if self.items else None
        if opens is not None:
            self._open_list(opens)
            return self.lists[-1].take(opens.rest) if opens.rest else []
        heading = section_type(text) or (text if self._is_heading_by_number(index) else None)
        if self.in_keys and self._is_question(index):
            self.in_keys = False
        if heading is not None:
            return self._open_section(heading, text, index)
        if self.in_keys:
            return self._take_in_keys(line, text, chapter)
        if self._is_title(index, chapter):
            self.titles.append(line.number)
            self.chapter = chapter or self.chapter
        elif not self._open_item(line, index):
            self._go_on(line, self.stressed[index])
        return []

    def _take_in_keys(self, line: TextLine, text: str, chapter: str) -> list[Problem]:
        keys = self.lists[-1]
        if line.picture:
            return [Problem("picture", f"第 {line.number} 行的答案里有图片或公式，没有读取，请改写成文字。")]
        if chapter:
            keys.chapter, keys.section = chapter, ""
            return []
        return keys.take(text) if text else []

    def _is_title(self, index: int, chapter: str) -> bool:
        if chapter and (not self.items or self.items[-1].at != "stem"):
            return True
        return is_title(self.texts, index) and not self._asks_itself(index)

    def _is_heading_by_number(self, index: int) -> bool:
        """Whether «1. 单选题» heads a section: a numbered line follows. Else the stem stands on the next line."""
        found = number_of(self.texts[index])
        if found is None or type_of(self.texts[index][found.end :]) is None:
            return False
        following = next((text for text in self.texts[index + 1 : index + 4] if text), "")
        return number_of(following) is not None or loose_number_of(following) is not None

    def _go_on(self, line: TextLine, text: str) -> None:
        if not self.items or self.items[-1].section != self.section:
            self.unread.append(line.number)
            return
        item = self.items[-1]
        item.picture |= line.picture
        if len(item.lines) == MOST_LINES_OF_ONE:
            item.too_long = True
            return
        item.lines.append(line.text.replace(STANDS_OUT, ""))
        if text:
            item.open.take(text)
        if item.is_case and not item.of_case:
            self.case = item

    # Lists of keys ------------------------------------------------------------------------------------

    def _opens_keys(self, text: str, index: int) -> Heading | None:
        following = [after for after in self.texts[index + 1 : index + 6] if after]
        return opened_by(text, following, section_type)

    def _open_list(self, heading: Heading) -> None:
        if not self.in_keys or not self.lists:
            first = self.lists[-1].end if self.lists else 0
            self.lists.append(KeyList(first, len(self.items)))
        self.in_keys = True
        self.lists[-1].chapter = chapter_of(heading.chapter)
        self.lists[-1].section = heading.type

    def _is_question(self, index: int) -> bool:
        """Whether a line within a list of keys opens a question again: options stand on it or below it."""
        text = self.texts[index]
        heading = section_type(text)
        if heading is not None or chapter_of(text):
            index, text = next(
                ((n, later) for n, later in enumerate(self.texts[index + 1 : index + 6], index + 1) if later),
                (index, ""),
            )
        if heading is not None and not self._has_asked(heading):
            return True
        if number_of(text) is None and loose_number_of(text) is None:
            return False
        for later in self.texts[index + 1 : index + 12]:
            if HEAD.match(later):
                return True
            if number_of(later) or section_type(later) is not None:
                return False
        return False

    def _has_asked(self, word: str) -> bool:
        """Whether the questions that the open list speaks of include some of this type."""
        return any(same_type(item.raw.type, word) for item in self.items[self.lists[-1].first :])

    def _open_section(self, word: str, text: str, index: int) -> list[Problem]:
        if self.in_keys:
            keys = self.lists[-1]
            keys.section = word
            rest = text.partition("：")[2] or text.partition(":")[2]
            return keys.take(rest.strip()) if rest.strip() else []
        found = number_of(word)
        self.section += 1
        self.type, self.style = word[found.end :] if found else word, ""
        self.mark_alone = TYPE_ALONE.fullmatch(text) is not None
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
        opened = self._open_by_number(line, index)
        if opened is not None:
            return opened
        if in_cases and self.case is None:
            self.case = self._new(line, 0, text, QuestionType.CASE.value)
            return True
        if self._is_field_of_new(text, index) or self._is_unnumbered(text, index):
            self._new(line, 0, text, self.type)
            return True
        return False

    def _open_by_number(self, line: TextLine, index: int) -> bool | None:
        """Whether a line with a number, or with a mark of the type, opens a question; None for any other line."""
        text = self.texts[index]
        place = KEY_IN_FRONT.match(text)
        if place:
            return self._open_behind_key(line, index, text[place.end() :], place["key"] or "")
        mark = TYPE_IN_FRONT.match(text)
        if mark and not self._awaits_stem():
            return self._open_marked(line, text, mark)
        numbered = number_of(text)
        if numbered:
            return self._open_numbered(line, index, text[numbered.end :], numbered)
        loose = loose_number_of(text)
        if loose and self._goes_on(loose, index):
            return self._open_numbered(line, index, text[loose.end :], loose, sure=True)
        return None

    def _awaits_stem(self) -> bool:
        """Whether the question that was opened last has no text yet."""
        if not self.items:
            return False
        raw = self.items[-1].raw
        return not (raw.stem or raw.options or raw.answer)

    def _open_behind_key(self, line: TextLine, index: int, text: str, key: str) -> bool:
        """«（B）1. …»: a question whose key stands in front of its number."""
        numbered = number_of(text)
        assert numbered is not None
        if not self._open_numbered(line, index, text[numbered.end :], numbered, sure=True):
            return False
        self.items[-1].raw.answer = key
        return True

    def _open_marked(self, line: TextLine, text: str, mark: re.Match[str]) -> bool:
        """«【判断题】…» or «【判断题】1. …»: a mark of the type opens a question wherever it stands."""
        rest = text[mark.end() :]
        numbered = number_of(rest)
        item = self._new(
            line, numbered.figure if numbered else 0, rest[numbered.end :] if numbered else rest, mark[1]
        )
        item.style = numbered.style if numbered else ""
        return True

    def _goes_on(self, loose: Number, index: int) -> bool:
        """Whether a number that may stand there by chance goes on from the question before, and asks something."""
        item = self.items[-1] if self.items else None
        begins = item is None or item.section != self.section or item.chapter != self.chapter
        if item is not None and not begins:
            if self.style and loose.style != self.style:
                return False
            if loose.figure != item.number + 1:
                return False
        elif loose.figure != 1 and (item is None or loose.figure != item.number + 1):
            return False
        if type_of(self.type) in LISTED and (begins or item is None or item.style == loose.style):
            return loose.style != "circled" or begins
        if loose.figure in self.told and item is not None and item.at == "stem":
            return True
        return asks(self.texts, index, loose.style, loose.figure + 1)

    def _is_field_of_new(self, text: str, index: int) -> bool:
        """Whether «题干：…», or «题型：…» above it, begins a question."""
        label = LABEL.match(text)
        if label is None or (self.items and self._awaits_stem()):
            return False
        if label_of(label) == "stem":
            return True
        following = next((LABEL.match(later) for later in self.texts[index + 1 : index + 4] if later), None)
        return label_of(label) == "type" and following is not None and label_of(following) == "stem"

    def _starts_case(self, text: str, *, in_cases: bool) -> bool:
        if CASE_START.match(text) is None:
            return False
        if not in_cases and not text.lstrip("【[ ").startswith("案例"):
            return False
        return in_cases or not self.items or self.items[-1].at != "explanation"

    def _open_numbered(
        self, line: TextLine, index: int, text: str, numbered: Number, *, sure: bool = False
    ) -> bool:
        style, number = numbered.style, numbered.figure
        in_cases = type_of(self.type) is QuestionType.CASE
        first = in_cases and self.case is None
        if not sure and not first and not self._is_new(style, number, index):
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
        if usual and style not in {usual, "of", "bare"} and usual not in LOOSE:
            return goes_on and not inside and item.at in {"options", "answer"} and self._asks_itself(index)
        if goes_on and item.at == "stem" and (number in self.told or type_of(item.raw.type) in LISTED):
            return True
        if goes_on and item.at not in {"explanation", "answer", "laws"}:
            return asks(self.texts, index, style) or item.at == "options"
        return asks(self.texts, index, style)

    def _asks_itself(self, index: int) -> bool:
        return asks(self.texts, index)

    def _is_unnumbered(self, text: str, index: int) -> bool:
        """Whether a line without a number opens a question."""
        if self.mark_alone:
            return True
        if LABEL.match(text) or LONE_LABEL.fullmatch(text) or HEAD.match(text) or LATER_OPTION.match(text):
            return False
        if KEY_ALONE.match(text) or (self.items and self.items[-1].awaits_key):
            return False
        if type_of(self.type) in LISTED:
            return self._is_listed(text, index)
        return self._heads_options(text, index)

    def _is_listed(self, text: str, index: int) -> bool:
        """Whether a line is the next one of statements, gaps or tasks that follow one another without numbers."""
        item = self.items[-1] if self.items else None
        following = next((later for later in self.texts[index + 1 : index + 6] if later), "")
        kind = type_of(self.type)
        if item is None or item.section != self.section:
            is_numbered = number_of(following) is not None or loose_number_of(following) is not None
            return not is_numbered and INSTRUCTION.search(text) is None
        has_verdict = kind is QuestionType.TRUE_FALSE and verdict_bracket(text).key != ""
        if item.number:
            return has_verdict and bool(item.raw.answer or verdict_bracket(item.raw.stem).key)
        if is_key(following) and item.at != "stem":
            return True
        if kind is QuestionType.SHORT or (item.at == "explanation" and not has_verdict):
            return False
        if item.at == "stem" and not item.raw.answer:
            stem = item.raw.stem
            return stem.endswith(tuple(ENDINGS)) or verdict_bracket(stem).at_edge
        return kind is QuestionType.TRUE_FALSE or GAP.search(text) is not None

    def _heads_options(self, text: str, index: int) -> bool:
        """Whether a stem without a number stands above options: after a question that has options or a key."""
        item = self.items[-1] if self.items else None
        if item is not None and item.at == "stem":
            return False
        blank_before = index > 0 and not self.texts[index - 1]
        if item is not None and item.number and item.at != "answer" and not blank_before:
            below = self.texts[index + 1] if index + 1 < len(self.texts) else ""
            return item.at != "options" and text.endswith(("？", "?")) and HEAD.match(below) is not None
        following = [later for later in self.texts[index + 1 : index + 8] if later]
        for later, below in zip(following[:3], [*following[1:4], ""], strict=False):
            if HEAD.match(later):
                return later[0] != "①" or below.startswith("②") or "②" in later
            if number_of(later) or LABEL.match(later):
                return False
        return False

    def _new(self, line: TextLine, number: int, text: str, kind: str) -> _Item:
        item = _Item(number, line.number, Open(Raw(type=kind)), section=self.section)
        item.lines.append(line.text.replace(STANDS_OUT, ""))
        item.picture, item.chapter, self.mark_alone = line.picture, self.chapter, False
        item.of_case = self.case is not None and kind != QuestionType.CASE.value
        inline = INLINE_TYPE.search(text)
        if inline and kind != QuestionType.CASE.value:
            item.raw.type = inline[1] or inline[2]
            text = text[: inline.start()] + text[inline.end() :]
        elif kind != QuestionType.CASE.value and text.endswith("题") and type_of(text) is not None:
            item.raw.type, text = text, ""
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


def _row(item: _Item, book: LawBook, last: int, beside: Problem | None) -> ReadRow:
    problems, warnings = list[Problem](), list[Problem]()
    if item.conflict:
        problems.append(
            Problem("key_conflict", "题后写的答案与文件末尾的答案列表不同，请核对后只留一处。", "answer")
        )
    if item.picture:
        problems.append(Problem("picture", NOT_TEXT, "stem"))
    if item.too_long:
        told = f"这一题超过 {MOST_LINES_OF_ONE} 行，可能并入了别的题，请核对题号。"
        problems.append(Problem("swallowed", told, "stem"))
    for doubt, is_sure in doubts_of(item.open):
        (problems if is_sure else warnings).append(doubt)
    if not item.number and "\n" in item.raw.stem and not item.of_case and not item.is_case:
        told = "没有编号的题，题干占了几行，请核对其中是否有标题或别的题。"
        warnings.append(Problem("stem_lines", told, "stem"))
    if beside is not None:
        warnings.append(beside)
    _settle_marks(item.raw, problems, warnings)
    _part_reason(item.raw, warnings)
    understood = understand(item.raw, book)
    label = f"第 {item.line} 行" + (f"（第 {item.number} 题）" if item.number else "")
    return ReadRow(
        label=label,
        number=item.line,
        draft=understood.draft,
        problems=(*problems, *understood.problems),
        warnings=(*warnings, *understood.warnings),
        code=tidy(item.raw.code),
        reserved=is_yes(item.raw.reserved),
        cells=("\n".join(item.lines),),
        share=min(1.0, item.line / last),
    )


def _settle_marks(raw: Raw, problems: list[Problem], warnings: list[Problem]) -> None:
    """Marks on options beside a key: the same said twice, or a contradiction. How they look is a key if no other is."""
    looks = stressed(raw.options)
    raw.options = list(looks.options)
    marked = signed(raw.options)
    key = key_letters(raw.answer, marked.options) if raw.answer else None
    if marked.letters and raw.answer:
        if key is not None and set(key) == set(marked.letters):
            raw.options = list(marked.options)
        else:
            told = f"选项上的记号指“{marked.letters}”，与写明的答案不同，请核对后只留一处。"
            problems.append(Problem("key_conflict", told, "answer"))
    elif looks.letters and not (raw.answer or marked.letters or stem_key(raw.stem).key):
        raw.answer = looks.letters
        told = f"没有写明答案，按加粗、着色等突出显示的选项认作“{looks.letters}”，请核对。"
        warnings.append(Problem("key_from_look", told, "answer"))
    elif looks.letters and key is not None and set(key) != set(looks.letters):
        told = f"突出显示的选项是“{looks.letters}”，与写明的答案不同，已按写明的答案，请核对。"
        warnings.append(Problem("key_from_look", told, "answer"))


def _part_reason(raw: Raw, warnings: list[Problem]) -> None:
    """«答案：A。因为…»: what stands behind the key on its line is the explanation."""
    found = KEY_WITH_REASON.match(raw.answer.strip()) if type_of(raw.type) not in WRITTEN_OUT else None
    if found is None or LETTER_AT_ONCE.match(found["reason"]):
        return
    reason = found["reason"].strip()
    if folded(reason) in {folded(option) for option in raw.options}:
        return
    raw.answer = found["key"]
    raw.explanation = "\n".join(filter(None, (reason, raw.explanation)))
    warnings.append(Problem("behind_key", "答案后面的文字已当作解析，请核对。", "explanation"))
