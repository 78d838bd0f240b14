"""Questions in running text, as authors write them: numbered stems, lettered options, 「答案：」「解析：」. Pure.

Text files and Word documents are both read as lines; a Word document's automatic numbers have been written
out before. An author's lists inside an explanation look like questions: a number that does not go on from the
question before counts as one only where options, a key or a bracket follow before the next number.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import Problem
from question_bank.items.rules import QuestionType
from question_bank.statutes.rules import arabic_number
from question_bank.transfer.rows import ReadRow
from question_bank.transfer.rules import (
    Raw,
    is_undecided,
    is_yes,
    split_options,
    tidy,
    truth,
    type_of,
    understand,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from question_bank.transfer.laws import LawBook

LABELS = {
    **dict.fromkeys(("答案", "正确答案", "参考答案", "标准答案", "本题答案"), "answer"),
    **dict.fromkeys(("解析", "答案解析", "试题解析", "本题解析", "详解", "解答"), "explanation"),
    **dict.fromkeys(("依据", "法条", "法条依据", "法律依据", "法律法规", "出处", "法规"), "laws"),
    **dict.fromkeys(("条款", "法条号"), "articles"),
    **dict.fromkeys(("难度", "难易度", "难易程度"), "difficulty"),
    **dict.fromkeys(("部分", "清单部分"), "part"),
    **dict.fromkeys(("编号", "试题编号"), "code"),
    **dict.fromkeys(("题型", "试题类型"), "type"),
    "选项乱序": "shuffle",
    "适用单位": "families",
    "保留题": "reserved",
}
_LABEL = "|".join(sorted(LABELS, key=len, reverse=True))
LABEL = re.compile(rf"(?:[【\[]\s*({_LABEL})\s*[】\]]\s*[:：]?|(?:^|(?<=[\s　]))({_LABEL})\s*[:：])[ 　]*")
NUMBERED = re.compile(
    r"\s*(?:第\s*(?P<of>[0-9]{1,5}|[一二三四五六七八九十百]+)\s*题\s*[:：、.．]?"
    r"|(?P<dot>[0-9]{1,5})\s*(?:[.．](?![0-9])|[、)）])"
    r"|[（(]\s*(?P<round>[0-9]{1,5})\s*[)）]"
    r"|[【\[]\s*(?P<square>[0-9]{1,5})\s*[】\]])\s*"
)
SECTION = re.compile(
    r"\s*(?:第[一二三四五六七八九十]+部分\s*[:：、]?\s*|[（(]?[一二三四五六七八九十]{1,3}[)）]?\s*[、.．]\s*|[IVX]+[.．、]\s*)?"
    r"(?P<word>[^\s:：（(，。,、]{2,10}?题?)\s*(?:[（(【].*|[:：,，].*|共.*|每.*)?$"
)
KEY_SECTION = re.compile(
    r"\s*(?:[一二三四五六七八九十附]+\s*[、.．:：]\s*)?(?:试题|试卷|题目|题库|习题)?(?:参考|标准|正确)?答案(?:及|与|和)?(?:试题)?(?:解析|详解)?(?:部分)?\s*[:：]?\s*$"
)
CASE_START = re.compile(
    r"\s*(?:[【\[]?\s*(?:案例|材料)\s*(?:[一二三四五六七八九十]+|[0-9]{1,3})?\s*(?:[】\]]\s*[:：]?|[:：、.．]|$)"
    r"|[（(]\s*[一二三四五六七八九十]{1,3}\s*[)）])\s*"
)
INLINE_TYPE = re.compile(
    r"^[【\[（(]\s*((?:单项?|多项?|不定项?)选?(?:择)?题?|判断题?|填空题?|简答题?)\s*[】\]）)]\s*"
    r"|\s*[【\[（(]\s*((?:单项?|多项?|不定项?)选?(?:择)?题?|判断题?|填空题?|简答题?)\s*[】\]）)]\s*$"
)
KEY_RANGE = re.compile(r"(\d{1,5})\s*[-—–~～至到]+\s*(\d{1,5})\s*[.．、:：)]?\s*")
KEY_ENTRY = re.compile(
    r"(?:第\s*)?(\d{1,5})\s*(?:题|[.．、:：)）])?\s*[:：]?\s*"
    r"(?:[【\[]?答案[】\]]?[:：]?\s*)?([A-Ha-hＡ-Ｈａ-ｈ](?:[\s、,，]?[A-Ha-hＡ-Ｈａ-ｈ])*(?![A-Za-z])|[√×✓✔✗✘]|正确|错误|对|错)"
)
BRACKET = re.compile(r"[（(][\s　]*(?:[A-HＡ-Ｈ、,\s√×对错正确误]*)[)）]|_{2,}|＿{2,}")
HEAD = re.compile(r"[（(【]?\s*[AＡ]\s*(?:[)）】]|[.．、:：])")


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
    raw: Raw
    at: str = "stem"
    section: int = 0
    lines: list[str] = field(default_factory=list)
    picture: bool = False
    style: str = ""
    of_case: bool = False
    conflict: bool = False

    @property
    def is_case(self) -> bool:
        return type_of(self.raw.type) is QuestionType.CASE

    def add(self, text: str) -> None:
        """Go on with the field that was open."""
        if self.at == "options":
            self.raw.options[-1] = f"{self.raw.options[-1]}\n{text}".strip()
        else:
            before = getattr(self.raw, self.at)
            setattr(self.raw, self.at, f"{before}\n{text}" if before else text)


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    items: list[_Item] = field(default_factory=list)
    section: int = 0
    type: str = ""
    style: str = ""
    case: _Item | None = None
    case_style: str = ""
    in_keys: bool = False
    keys_section: str = ""
    key: tuple[str, int] | None = None
    keys: dict[tuple[str, int], Raw] = field(default_factory=dict)
    unread: list[int] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)

    @property
    def open(self) -> _Item | None:
        """The question to which a further line belongs."""
        return self.items[-1] if self.items else None


def read_text(lines: Sequence[TextLine], book: LawBook) -> Iterator[ReadRow | Problem]:
    """The items of a text in order, after remarks on what was not read."""
    reading = _Reading()
    for index, line in enumerate(lines):
        if line.text.strip() or line.picture:
            _take(reading, line, lines, index)
    _give_keys(reading)
    yield from reading.remarks
    if reading.unread:
        where = "、".join(str(number) for number in reading.unread[:10])
        more = "等" if len(reading.unread) > 10 else ""
        yield Problem("unread_lines", f"第 {where} 行{more}不属于任何题目，没有读取。")
    last = max(1, lines[-1].number if lines else 1)
    for item in _whole(reading.items):
        yield _row(item, book, last)


def _take(reading: _Reading, line: TextLine, lines: Sequence[TextLine], index: int) -> None:
    text = line.text.strip()
    heading = _section_type(text)
    if KEY_SECTION.match(text) and (reading.items or reading.in_keys) and _keys_follow(lines, index):
        reading.in_keys, reading.keys_section, reading.key = True, "", None
    elif heading is not None:
        _open_section(reading, heading)
    elif reading.in_keys:
        _take_key(reading, text)
    elif not _open_item(reading, line, lines, index):
        item = reading.open
        if item is None:
            reading.unread.append(line.number)
            return
        item.lines.append(line.text)
        item.picture |= line.picture
        _continue(item, text)
        if item.is_case and not item.of_case:
            reading.case = item


def _section_type(text: str) -> str | None:
    """The type that a heading names, such as 「一、单项选择题（每题 2 分）」; None for any other line."""
    found = SECTION.fullmatch(text) if len(text) < 80 and not LABEL.match(text) else None
    if found and (type_of(found["word"]) or (is_undecided(found["word"]) and found["word"].endswith("题"))):
        return found["word"]
    return None


def _keys_follow(lines: Sequence[TextLine], index: int) -> bool:
    """Whether a line 「参考答案」 opens a list of keys, and is not the label of one question's."""
    following = [line.text.strip() for line in lines[index + 1 : index + 6] if line.text.strip()][:2]
    return any(
        KEY_RANGE.match(text) or KEY_ENTRY.match(text) or _section_type(text) is not None
        for text in following
    )


def _open_section(reading: _Reading, word: str) -> None:
    if reading.in_keys:
        reading.keys_section, reading.key = word, None
        return
    reading.section += 1
    reading.type, reading.style = word, ""
    reading.case, reading.case_style = None, ""


def _open_item(reading: _Reading, line: TextLine, lines: Sequence[TextLine], index: int) -> bool:
    """Whether the line opens a question, or a case; opens it."""
    text = line.text.strip()
    in_cases = type_of(reading.type) is QuestionType.CASE
    starter = CASE_START.match(text)
    if (
        starter
        and (in_cases or text.lstrip("【[ ").startswith("案例"))
        and not (reading.open and reading.open.at == "explanation" and not in_cases)
    ):
        reading.case = _new(reading, line, 0, text[starter.end() :], QuestionType.CASE.value)
        reading.case_style = ""
        return True
    numbered = NUMBERED.match(text)
    if numbered:
        style, number = _number_of(numbered)
        first = in_cases and reading.case is None
        if not first and not _is_new(reading, style, number, lines, index):
            return False
        if reading.case is not None and style == reading.case.style:
            reading.case = None
            first = in_cases
        kind = QuestionType.CASE.value if first else "" if reading.case else reading.type
        item = _new(reading, line, number, text[numbered.end() :], kind)
        item.style = style
        if first:
            reading.case, reading.case_style = item, ""
        if reading.case is None or reading.case is item:
            reading.style = style
        else:
            reading.case_style = style
        return True
    if in_cases and reading.case is None:
        reading.case = _new(reading, line, 0, text, QuestionType.CASE.value)
        return True
    if _is_unnumbered(reading, text, lines, index):
        _new(reading, line, 0, text, reading.type)
        return True
    return False


def _number_of(found: re.Match[str]) -> tuple[str, int]:
    style = next(name for name in ("of", "dot", "round", "square") if found[name])
    words = found[style]
    return style, int(words) if words.isdecimal() else arabic_number(words) or 0


def _is_new(reading: _Reading, style: str, number: int, lines: Sequence[TextLine], index: int) -> bool:
    """Whether a numbered line opens a question or goes on with the one before, as a list in it."""
    inside = reading.case
    usual = reading.case_style if inside else reading.style
    item = reading.open
    if item is None or (item.section != reading.section):
        return True
    if inside and style == inside.style:
        usual = style
    if inside and not usual:
        return True
    if usual and style not in {usual, "of"}:
        return False
    asks = _asks(lines, index, style)
    if number == item.number + 1 and item.at not in {"explanation", "answer", "laws"}:
        return asks or item.at == "options"
    return asks


def _asks(lines: Sequence[TextLine], index: int, style: str) -> bool:
    """Whether options, a key or a bracket come before the next number of this style."""
    for offset, line in enumerate(lines[index : index + 40]):
        text = line.text.strip()
        numbered = NUMBERED.match(text)
        if offset and numbered and numbered[style]:
            return False
        if offset and (_section_type(text) is not None or KEY_SECTION.match(text)):
            return False
        if HEAD.match(text) or BRACKET.search(text):
            return True
        label = LABEL.search(text)
        if label and LABELS[label[1] or label[2]] == "answer":
            return True
        if offset == 0 and numbered and split_options(text[numbered.end() :])[1]:
            return True
    return False


def _is_unnumbered(reading: _Reading, text: str, lines: Sequence[TextLine], index: int) -> bool:
    """A stem without a number: after a question that has options or a key, options follow directly."""
    item = reading.open
    if LABEL.match(text) or HEAD.match(text) or re.match(r"[（(]?[B-HＢ-Ｈ]\s*[)）.．、]", text):
        return False
    if item is not None and item.at == "stem":
        return False
    if item is not None and item.number and item.at != "answer" and not _blank_before(lines, index):
        return False
    following = [line.text.strip() for line in lines[index + 1 : index + 8] if line.text.strip()]
    for line in following[:3]:
        if HEAD.match(line):
            return True
        if NUMBERED.match(line) or LABEL.match(line):
            return False
    return False


def _blank_before(lines: Sequence[TextLine], index: int) -> bool:
    return index > 0 and not lines[index - 1].text.strip()


def _new(reading: _Reading, line: TextLine, number: int, text: str, kind: str) -> _Item:
    item = _Item(number, line.number, Raw(type=kind), section=reading.section, lines=[line.text])
    item.picture = line.picture
    item.of_case = reading.case is not None and kind != QuestionType.CASE.value
    inline = INLINE_TYPE.search(text)
    if inline and kind != QuestionType.CASE.value:
        item.raw.type = inline[1] or inline[2]
        text = text[: inline.start()] + text[inline.end() :]
    reading.items.append(item)
    if text.strip():
        _continue(item, text.strip())
    return item


def _continue(item: _Item, text: str) -> None:
    """Put a line where it belongs: options, labelled fields, or the field that is open."""
    labels = list(LABEL.finditer(text))
    if not labels:
        _continue_unlabelled(item, text)
        return
    before = text[: labels[0].start()].strip()
    if before:
        _continue_unlabelled(item, before)
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        item.at = LABELS[label[1] or label[2]]
        value = text[label.end() : following.start() if following else len(text)].strip()
        if value or not getattr(item.raw, item.at):
            item.add(value)


def _continue_unlabelled(item: _Item, text: str) -> None:
    if item.at in {"stem", "options"}:
        before, options = split_options(text, first=len(item.raw.options))
        if options:
            if before:
                item.add(before)
            item.raw.options += options
            item.at = "options"
            return
    item.add(text)


# Keys at the end of the file ----------------------------------------------------------------------------


def _take_key(reading: _Reading, text: str) -> None:
    """A line of the list of keys: ranges, entries, or more about the question named last."""
    if _take_ranges(reading, text) or _take_entries(reading, text):
        return
    numbered = NUMBERED.match(text)
    if numbered:
        raw = _key(reading, _number_of(numbered)[1])
        rest = text[numbered.end() :]
        if LABEL.match(rest):
            _label_key(raw, rest)
        else:
            raw.answer = rest
    elif reading.key is not None:
        _label_key(reading.keys[reading.key], text)


def _key(reading: _Reading, number: int) -> Raw:
    """What the list says of the question of that number; the one that further lines speak of."""
    reading.key = (reading.keys_section, number)
    return reading.keys.setdefault(reading.key, Raw())


def _take_ranges(reading: _Reading, text: str) -> bool:
    """«1-5 ABCDA 6-8 AB ACD BD 9.A»: each range up to the next number; single entries may follow."""
    position = 0
    while ranged := KEY_RANGE.match(text, position):
        following = re.compile(r"\d").search(text, ranged.end())
        position = following.start() if following else len(text)
        _take_range(reading, int(ranged[1]), int(ranged[2]), text[ranged.end() : position])
    if 0 < position < len(text):
        _take_entries(reading, text[position:])
    return position > 0


def _take_entries(reading: _Reading, text: str) -> bool:
    """«1.A 2.BC 3.√», or one key with its explanation behind it."""
    entries = list(KEY_ENTRY.finditer(text))
    if not entries or text[: entries[0].start()].strip():
        return False
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        rest = text[entry.end() : following.start() if following else len(text)].strip(" 　;；，,。.\t")
        raw = _key(reading, int(entry[1]))
        raw.answer = entry[2]
        if following is not None and rest and not LABEL.match(rest):
            raw.explanation = text[entry.end() :].strip()
            break
        if LABEL.match(rest):
            _label_key(raw, rest)
        elif rest:
            raw.explanation = rest
    return True


def _label_key(raw: Raw, text: str) -> None:
    item = _Item(0, 0, raw, at="explanation")
    _continue(item, text)


def _take_range(reading: _Reading, first: int, last: int, text: str) -> None:
    """«1-5 ABCDA», «6-8 AB ACD BD», «1-3 √×√»: as many keys as numbers, else a remark and none of them."""
    folded = unicodedata.normalize("NFKC", text).upper()
    words = [word for word in re.split(r"[\s、,，;；.。]+", folded) if word]
    letters = (
        [c for word in words for c in word]
        if all(re.fullmatch(r"[A-H√×✓✔✗✘对错TF]+", w) for w in words)
        else []
    )
    count = last - first + 1
    keys = words if len(words) == count else letters if len(letters) == count else None
    if keys is None:
        reading.remarks.append(
            Problem(
                "key_list", f"答案列表“{first}-{last}”应有 {count} 个答案，与后面写的个数不符，没有采用。"
            )
        )
        return
    for number, key in enumerate(keys, start=first):
        _key(reading, number).answer = key


def _give_keys(reading: _Reading) -> None:
    """Give the keys of the list to the questions that they name; never where a number names two questions."""
    for (section, number), key in reading.keys.items():
        meant = [item for item in reading.items if item.number == number and not item.of_case]
        if section:
            meant = [item for item in meant if _same_type(item.raw.type, section)]
        if len(meant) != 1:
            why = "在文件中没有这一题" if not meant else f"对应文件中的 {len(meant)} 道题，请按题型分列答案"
            reading.remarks.append(Problem("key_list", f"答案列表中的第 {number} 题{why}，没有采用。"))
            continue
        raw = meant[0].raw
        if raw.answer and key.answer and _plain(raw.answer) != _plain(key.answer):
            meant[0].conflict = True
            continue
        raw.answer = raw.answer or key.answer
        raw.explanation = raw.explanation or key.explanation
        raw.laws = raw.laws or key.laws
        raw.difficulty = raw.difficulty or key.difficulty


def _same_type(word: str, other: str) -> bool:
    return word == other or (type_of(word) is not None and type_of(word) is type_of(other))


def _plain(answer: str) -> str:
    verdict = truth(answer)
    folded = re.sub(r"[\s、,，]", "", unicodedata.normalize("NFKC", answer).upper())
    return folded if verdict is None else str(verdict)


# Items -----------------------------------------------------------------------------------------------


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
