"""The fields of a question in running text: labelled ones, 「答案：」「解析：」 and what else stands behind a colon, and
its options. Pure.

A line that fits no field is never taken without a word: `doubts` say what may belong to another question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from question_bank.items.rules import QuestionType
from question_bank.transfer.keys import RIGHT_SIGNS, SIGNS, plain_letters, stem_key, truth, verdict_bracket
from question_bank.transfer.marked_options import STANDS_OUT
from question_bank.transfer.options import ALPHABET, mark_of, split_options
from question_bank.transfer.rules import type_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from question_bank.transfer.rules import Raw

PASSED = ""
"""The field of labels that say nothing of the question itself."""
LABELS = {
    **dict.fromkeys(("题干", "题目", "试题内容", "题目内容"), "stem"),
    **dict.fromkeys(("选项", "备选答案", "备选项"), "options"),
    **dict.fromkeys(
        ("答案", "正确答案", "参考答案", "标准答案", "本题答案", "试题答案", "答题要点"), "answer"
    ),
    **dict.fromkeys(("答案是", "答案为", "正确答案是", "正确答案为", "正确选项"), "answer"),
    **dict.fromkeys(("ANSWER", "Answer", "ANS", "Ans"), "answer"),
    **dict.fromkeys(("解析", "答案解析", "试题解析", "题目解析", "本题解析", "参考解析"), "explanation"),
    **dict.fromkeys(("详解", "解答", "试题分析", "答案说明"), "explanation"),
    **dict.fromkeys(("依据", "法条", "法条依据", "法律依据", "法规依据", "法律法规", "出处", "法规"), "laws"),
    **dict.fromkeys(("条款", "法条号"), "articles"),
    **dict.fromkeys(("难度", "难易度", "难易程度"), "difficulty"),
    **dict.fromkeys(("部分", "清单部分"), "part"),
    **dict.fromkeys(("编号", "试题编号"), "code"),
    **dict.fromkeys(("题型", "试题类型"), "type"),
    "选项乱序": "shuffle",
    "适用单位": "families",
    "保留题": "reserved",
    **dict.fromkeys(("我的答案", "你的答案", "考生答案", "学生答案", "您的答案", "作答"), PASSED),
    **dict.fromkeys(("得分", "本题得分", "分值", "分数", "知识点", "考点", "章节", "来源"), PASSED),
}


def _spaced(name: str) -> str:
    return "[ 　]?".join(name)


def _any_of(names: Sequence[str]) -> str:
    return "|".join(_spaced(name) for name in sorted(names, key=len, reverse=True))


_LABEL = _any_of(list(LABELS))
_LONE = _any_of([name for name, meant in LABELS.items() if meant in {"answer", "explanation", "laws"}])
_KEY = rf"[（(]?+\s*+(?:[A-HＡ-Ｈ](?:[\s、,，]*+[A-HＡ-Ｈ])*+|[{SIGNS}]|正确|错误|对|错)\s*+[)）]?+"
LABEL = re.compile(
    rf"(?:[【\[]\s*+(?P<boxed>{_LABEL})\s*+[】\]]\s*+[:：]?+"
    rf"|(?P<opened>[（(])(?P<inside>{_LABEL})\s*+[:：]"
    rf"|(?:^|(?<=[\s　。；;]))(?P<plain>{_LABEL})\s*+[:：]"
    r"|^(?P<reply>答)\s*+[:：]"
    rf"|(?<=[A-HＡ-Ｈ{SIGNS}对错确误)）】])(?P<behind>(?:答案|试题)?解析|(?:正确|参考)?答案)\s*+[:：]"
    rf"|(?P<glued>(?:正确|参考|标准|本题)?答案)\s*+[:：]\s*+(?={_KEY}\s*+(?:$|[。.；;，,（(【\[]|(?:答案|试题)?解析|(?<=\s)))"
    r")[ 　]*+"
)
LONE_LABEL = re.compile(rf"[【\[（(]?\s*+({_LONE})\s*+[】\]）)]?\s*+[:：]?+")
KEY_LINE = re.compile(rf"(?:正确|参考|标准|本题)?答[ 　]?案\s*+(?:[是为]\s*+)?+({_KEY})\s*+[。.]?+$")
"""A key behind its label without a colon: «答案 ABC», «正确答案为B。»"""
KEY_ALONE = re.compile(rf"{_KEY}\s*+[。.]?+$")
KEY_WITH_REASON = re.compile(rf"(?P<key>{_KEY})(?:[。，,；;\s]\s*+|(?=[（(]))(?P<reason>.*[一-鿿].*)$")
LETTER_AT_ONCE = re.compile(r"[（(]?[A-HＡ-Ｈ或也]")
ANY_LETTER = re.compile(r"[（(]?[A-HＡ-Ｈ]\s*+[.．、:：)）]")
NEXT_LETTER = tuple(
    re.compile(rf"\s[{letter}{chr(ord(letter) + 0xFEE0)}](?=[A-Z0-9一-鿿\s.．、:：])")
    for letter in ALPHABET[:8]
)
"""A letter inside an option where the next option may begin."""
BOX = re.compile(r"[○●◯◎⊙□■☐☑☒✅◻▢]\s*+")
FILLED = "●⊙■☑☒✅"
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
CIRCLE = re.compile(rf"[{CIRCLED}]")
CIRCLES_ONLY = re.compile(rf"[（(]?\s*+(?:[{CIRCLED}][\s、,，]*+)+[)）]?[。.]?")
TICK_IN_FRONT = re.compile(rf"(?P<tick>[{RIGHT_SIGNS}*＊])\s*+(?=[（(]?[A-HＡ-Ｈ]\s*+[.．、:：)）])")
WRITTEN_OUT = frozenset({QuestionType.SHORT, QuestionType.BLANK, QuestionType.CASE})
"""Types whose answers are words and may take several lines."""


def label_of(found: re.Match[str]) -> str:
    """The field that a label opens, `PASSED` for one whose text is left out."""
    name = found["boxed"] or found["inside"] or found["plain"] or found["behind"] or found["glued"]
    return LABELS["".join(name.split())] if name else "answer"


def asks_anew(text: str) -> bool:
    """Whether a line looks like a question of its own: it ends with a question mark or holds a key in a bracket."""
    return text.endswith(("？", "?")) or bool(verdict_bracket(text).key or stem_key(text).key)


@dataclass(slots=True)
class Open:
    """A question of which one field is open: further lines go on with it."""

    raw: Raw
    at: str = "stem"
    passed: dict[str, None] = field(default_factory=dict)
    doubts: dict[str, None] = field(default_factory=dict)
    _marks: str = ""
    _option_lines: list[str] = field(default_factory=list)
    _filled: list[bool] = field(default_factory=list)
    _first_line: str = ""
    """A stem's first line, where what it holds looks like options."""
    _letters_later: int = 0
    """How many letters from A on have begun lines of an explanation: another question's options, or what is said
    of each option; a key that comes only behind them may be the other question's."""

    def take(self, text: str) -> None:
        """Put a line where it belongs: options, labelled fields, or the field that is open."""
        if LABEL.search(text):
            # Beside a label nothing needs to be told by how an option looks.
            text = text.replace(STANDS_OUT, "")
        lone = LONE_LABEL.fullmatch(text)
        if lone:
            self._turn_to(LABELS["".join(lone[1].split())], "")
            return
        labels = [found for found in LABEL.finditer(text) if self._counts(found)]
        if not labels:
            key = KEY_LINE.match(text)
            if key:
                self._turn_to("answer", key[1])
            else:
                self._take_unlabelled(text)
            return
        before = text[: labels[0].start()].strip()
        if before:
            self._take_unlabelled(before)
        for label, following in zip(labels, [*labels[1:], None], strict=True):
            value = text[label.end() : following.start() if following else len(text)].strip()
            if label["opened"] and value.endswith((")", "）")):
                value = value[:-1].rstrip()
            self._turn_to(label_of(label), value)
            if self.at == PASSED:
                self.passed["".join(label[0].split()).strip("【】[]（(：:")] = None

    def close(self) -> None:
        """When no line follows: options by circles and boxes count only where the key fits them."""
        raw = self.raw
        further = NEXT_LETTER[len(raw.options) :][:1] if self._marks == "letters" else ()
        if any(letter.search(raw.options[-1]) for letter in further):
            self.doubts["letters"] = None
        if self._marks == "circles":
            if CIRCLES_ONLY.fullmatch(raw.answer.strip()):
                raw.answer = "".join(ALPHABET[CIRCLED.index(circle)] for circle in CIRCLE.findall(raw.answer))
            else:
                self._back_into_stem()
        elif self._marks == "boxes":
            chosen = "".join(letter for letter, filled in zip(ALPHABET, self._filled, strict=False) if filled)
            if type_of(raw.type) in WRITTEN_OUT:
                self._back_into_stem()
            elif chosen and raw.answer and set(plain_letters(raw.answer)) != set(chosen):
                self.doubts["second_key"] = None
            elif len(chosen) < len(raw.options):
                raw.answer = raw.answer or chosen
        self._marks = ""

    def _counts(self, found: re.Match[str]) -> bool:
        """Whether a label is one: in the middle of a stem, what stands in brackets is the stem's, but for a key."""
        if found["reply"]:
            return self.at == "stem" and bool(self.raw.stem) and not self.raw.answer
        if label_of(found) in {"stem", "options"} and found.start() and self.at not in {"stem", "options"}:
            return False
        if not (found["opened"] and self.at == "stem" and found.start()):
            return True
        behind = found.string[found.end() :]
        return label_of(found) == "answer" and KEY_ALONE.match(behind) is not None

    def _turn_to(self, field_name: str, value: str) -> None:
        """Open a field at its label, with what stands behind it."""
        self.at = field_name
        if field_name == "answer" and self.raw.answer:
            if value and _same(value, self.raw.answer):
                return
            self.doubts["second_key"] = None
        elif field_name == "answer" and self._letters_later > 1:
            self.doubts["second_options"] = None
        elif field_name == "options":
            if value:
                self._take_options(value)
        elif field_name == "stem" and self.raw.stem:
            self.doubts["second_stem"] = None
        elif value or not getattr(self.raw, field_name or "code"):
            self._add(value)

    def _take_unlabelled(self, text: str) -> None:
        if self.at == "stem" and not self.raw.stem:
            self._take_first(text)
        elif self.at in {"stem", "options"}:
            self._take_options(text)
        elif self.at == "answer" and self.raw.answer and self._has_its_key():
            self._take_behind_key(text)
        else:
            if mark_of(ALPHABET[min(self._letters_later, len(ALPHABET) - 1)]).match(text):
                self._letters_later += 1
            self._add(text)

    def _take_first(self, text: str) -> None:
        """The first line of a stem may hold the options, but they cannot begin it: «（A）是国家的根本法。»"""
        before, options = split_options(text)
        if before and options:
            self._add(before)
            self.raw.options += options
            self._first_line = text
            self.at, self._marks = "options", "letters"
        else:
            self._add(text)

    def _take_options(self, text: str) -> None:
        tick = TICK_IN_FRONT.match(text)
        box = BOX.match(text)
        if tick:
            text = text[tick.end() :]
        elif box:
            if mark_of(ALPHABET[len(self.raw.options)]).match(text, box.end()):
                tick = box if box[0][0] in FILLED else None
                text = text[box.end() :]
            else:
                self._take_signed(text, "boxes", BOX)
                return
        elif text[0] in CIRCLED and self._marks in {"", "circles"} and self.raw.stem:
            self._take_signed(text, "circles", CIRCLE)
            return
        if self.raw.options and mark_of("A").match(text):
            self._start_again()
        before, options = split_options(text, first=len(self.raw.options))
        if not options or (before and self.at == "options" and len(options) < 2):
            self._go_on(text)
            return
        if before:
            self._add(before)
        if tick:
            options[0] += f" {RIGHT_SIGNS[0]}"
        self.raw.options += options
        self._option_lines.append(text)
        self.at, self._marks = "options", "letters"

    def _take_signed(self, text: str, marks: str, sign: re.Pattern[str]) -> None:
        """«○公开 ●秘密», «①公开 ②秘密»: options by signs, until letters follow."""
        starts = list(sign.finditer(text))
        if marks == "circles":
            wanted = CIRCLED[len(self.raw.options) : len(self.raw.options) + len(starts)]
            if "".join(start[0] for start in starts) != wanted:
                self._go_on(text)
                return
        if self._marks == "letters":
            self._go_on(text)
            return
        for start, following in zip(starts, [*starts[1:], None], strict=True):
            option = text[start.end() : following.start() if following else len(text)].strip()
            self.raw.options.append(option)
            self._filled.append(start[0][0] in FILLED)
        self._option_lines.append(text)
        self.at, self._marks = "options", marks

    def _start_again(self) -> None:
        """Options begin once more: what looked like options was the stem's, or this is another question."""
        one_letter = self._marks == "letters" and len(self.raw.options) == 1
        in_first_line = self._first_line and not self._option_lines
        if self._marks in {"circles", "boxes"} or one_letter or in_first_line:
            self._back_into_stem()
        else:
            self.doubts["second_options"] = None

    def _back_into_stem(self) -> None:
        stem = self._first_line or self.raw.stem
        self.raw.stem, self._first_line = "\n".join([stem, *self._option_lines]).replace(STANDS_OUT, ""), ""
        self.raw.options, self._option_lines, self._filled, self._marks = [], [], [], ""

    def _go_on(self, text: str) -> None:
        """A line without a label or a letter, in a stem or behind an option."""
        if (
            self.at == "options"
            and len(self.raw.options) > 1
            and KEY_ALONE.match(text)
            and not self.raw.answer
        ):
            self.doubts["key_alone"] = None
            self.at = "answer"
        elif self.at == "options" and self.raw.options and self.raw.options[-1]:
            is_letter = ANY_LETTER.match(text) is not None
            doubt = "letters" if is_letter else "second_question" if asks_anew(text) else "option_lines"
            self.doubts[doubt] = None
        self._add(text)

    def _has_its_key(self) -> bool:
        """Whether the key is there, so that a further line is none of it."""
        if type_of(self.raw.type) in WRITTEN_OUT:
            return False
        return KEY_ALONE.match(self.raw.answer) is not None

    def _take_behind_key(self, text: str) -> None:
        if KEY_ALONE.match(text):
            self.doubts["second_key"] = None
            return
        self.doubts["second_question" if asks_anew(text) else "behind_key"] = None
        self.at = "explanation"
        self._add(text)

    def _add(self, text: str) -> None:
        """Go on with the field that is open."""
        if self.at == PASSED:
            return
        if self.at == "options":
            if self.raw.options:
                self.raw.options[-1] = f"{self.raw.options[-1]}\n{text}".strip()
                self._option_lines.append(text)
            elif text:
                self.raw.options.append(text)
        else:
            text = text.replace(STANDS_OUT, "")
            before = getattr(self.raw, self.at)
            setattr(self.raw, self.at, f"{before}\n{text}" if before else text)


def _same(key: str, other: str) -> bool:
    letters, verdict = plain_letters(key), truth(key)
    if letters or plain_letters(other):
        return set(letters) == set(plain_letters(other))
    return verdict == truth(other) if verdict is not None else key == other
