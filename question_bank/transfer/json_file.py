"""Our own JSON, the form in which the shipped bank is kept: everything of an item, nothing lost."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from core.errors import Invalid, Problem
from core.people.rules import UnitFamily
from question_bank.items.rules import (
    TRUE_FALSE_OPTIONS,
    CitationDraft,
    Difficulty,
    ItemDraft,
    QuestionType,
    item_problems,
)
from question_bank.statutes.rules import article_label
from question_bank.transfer.foreign import LONGEST_RAW
from question_bank.transfer.json_shapes import entries_of, is_other_shape, read_entry, shown_names
from question_bank.transfer.laws import LawBook
from question_bank.transfer.naming import CHOICES
from question_bank.transfer.rows import ReadRow
from question_bank.transfer.spelling import CONTROL, tidy
from question_bank.transfer.tables import number_remark
from question_bank.transfer.text import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from question_bank.transfer.rows import StoredRow

Kind = TypeVar("Kind")
BEGINNING = re.compile(r'(?:\[\s*+)?\{\s*+"')
EXAMPLE = '{"type": "single", "stem": "…", "options": [{"key": "A", "text": "…"}, …], "answer": ["A"]}'


def looks_like(head: str) -> bool:
    """Whether a text begins like a list of objects, or like objects line by line."""
    return BEGINNING.match(head.lstrip()) is not None


def read(stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]:
    """The items of a list, or of an object that has them under `items`. Raises `Invalid` for what is no JSON."""
    text = decoded(stream.read())
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        if not _is_one_a_line(text):
            where = f"第 {error.lineno} 行" if isinstance(error, json.JSONDecodeError) else "文件"
            raise Invalid.one(
                "json", f"不是有效的 JSON：{where}写法有误，请核对后再上传。", "file"
            ) from error
        yield from _lines(text, laws)
        return
    entries = entries_of(data)
    if entries is None:
        raise Invalid.one("json", f"JSON 的最外层应是试题的列表，一题写成 {EXAMPLE}。", "file")
    numbered: list[str] = []
    for number, entry in enumerate(entries, start=1):
        yield _row(entry, (f"第 {number} 项", number, number / len(entries)), laws, numbered)
    if numbered:
        yield number_remark(numbered, "文件")


def _is_one_a_line(text: str) -> bool:
    """Whether a file that is no JSON as a whole is one object a line (JSON Lines)."""
    first = next((line for line in text.splitlines() if line.strip()), "").strip()
    try:
        return first.startswith("{") and isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _lines(text: str, laws: LawBook) -> Iterator[ReadRow | Problem]:
    numbered: list[str] = []
    # Not splitlines: a text within the JSON may hold other characters that end lines.
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        label, share = f"第 {number} 行", number / len(lines)
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            problem = Problem("json", "这一行不是有效的 JSON，未导入。")
            yield ReadRow(label, number, None, (problem,), cells=(line.strip()[:LONGEST_RAW],), share=share)
            continue
        yield _row(entry, (label, number, share), laws, numbered)
    if numbered:
        yield number_remark(numbered, "文件")


def _row(entry: object, place: tuple[str, int, float], laws: LawBook, numbered: list[str]) -> ReadRow:
    """The item of an entry; its label is added to `numbered` where its stem began with a running number."""
    raw = json.dumps(entry, ensure_ascii=False)[:LONGEST_RAW]
    label, number, share = place
    if isinstance(entry, dict) and is_other_shape(entry):
        read = read_entry(entry, laws)
        found = read.understood
        if read.numbered:
            numbered.append(label)
        return ReadRow(
            label,
            number,
            found.draft,
            found.problems,
            found.warnings,
            cells=(CONTROL.sub("", raw),),
            share=share,
        )
    return _own_row(entry, raw, place, laws)


def _own_row(entry: object, raw: str, place: tuple[str, int, float], laws: LawBook) -> ReadRow:
    label, number, share = place
    problems: list[Problem] = []
    draft = None
    code, reserved = "", False
    if isinstance(entry, dict):
        fields = _Fields(entry, problems)
        code, reserved = fields.text("id"), fields.flag("reserved", default=False)
        draft = _draft(fields, laws)
        if not entry.get("stem"):
            names = "、".join(shown_names(entry))
            problems.append(Problem("form", f"这一项没有题干，只有{names or '空的对象'}；应写成 {EXAMPLE}。"))
    else:
        problems.append(Problem("form", f"这一项不是对象，应写成 {EXAMPLE}。"))
    if problems:
        draft = None
    if draft is not None:
        problems += item_problems(draft, laws.known, laws.on)
    return ReadRow(
        label=label + (f"（{code}）" if code else ""),
        number=number,
        draft=draft,
        problems=tuple(problems),
        code=code,
        reserved=reserved,
        cells=(CONTROL.sub("", raw),),
        share=share,
    )


class _Fields:
    """The fields of an entry, each problem of their form collected."""

    def __init__(self, entry: dict[str, Any], problems: list[Problem], where: str = "") -> None:
        self._entry = entry
        self._problems = problems
        self._where = where

    def refuse(self, name: str, wanted: str) -> None:
        self._problems.append(Problem("form", f"{self._where}“{name}”{wanted}", name))

    def text(self, name: str) -> str:
        value = self._entry.get(name)
        if value is None:
            return ""
        if isinstance(value, str):
            return tidy(value)
        self.refuse(name, "应是文字。")
        return ""

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._entry.get(name, default)
        if isinstance(value, bool):
            return value
        self.refuse(name, "应是 true 或 false。")
        return default

    def entries(self, name: str) -> list[Any]:
        value = self._entry.get(name)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self.refuse(name, "应是列表。")
        return []

    def texts(self, name: str) -> list[str]:
        value = self._entry.get(name)
        values = [value] if isinstance(value, str) else self.entries(name)
        if all(isinstance(text, str) for text in values):
            return [tidy(text) for text in values]
        self.refuse(name, "应是文字的列表。")
        return []

    def below_texts(self, name: str, value: object) -> tuple[str, ...]:
        """The texts of one entry of a list of lists; a single text counts as a list of one."""
        texts = [value] if isinstance(value, str) else value
        if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
            return tuple(tidy(text) for text in texts)
        self.refuse(name, '应是列表的列表，一个空一个列表，如 [["三十日", "30日"]]。')
        return ()

    def number(self, name: str) -> int | None:
        value = self._entry.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.refuse(name, "应是数字。")
        return None

    def number_or_text(self, name: str) -> str:
        value = self._entry.get(name)
        return str(value) if isinstance(value, int) else self.text(name)

    def member(self, name: str, kind: Callable[[str], Kind], default: Kind | None = None) -> Kind | None:
        value = self._entry.get(name)
        if value is None and default is not None:
            return default
        try:
            return kind(value)  # type: ignore[arg-type]
        except (ValueError, TypeError):
            self.refuse(name, f"的值“{str(value)[:40]}”不在允许的范围内。")
            return default

    def below(self, name: str, number: int, entry: object) -> _Fields:
        where = f"{self._where}{name} 第 {number} 项的"
        if not isinstance(entry, dict):
            self.refuse(name, f"第 {number} 项应写成 {{…}}。")
            entry = {}
        return _Fields(entry, self._problems, where)


def draft_of_entry(entry: dict[str, Any]) -> ItemDraft:
    """The draft that `entry_of` made an object of."""
    draft = _draft(_Fields(entry, []), LawBook({}, {}, {}, date.min))
    assert draft is not None
    return draft


def _draft(fields: _Fields, laws: LawBook, *, case: ItemDraft | None = None) -> ItemDraft | None:
    """The draft of an entry; a question of a case takes from the case what it leaves out."""
    kind = fields.member("type", QuestionType)
    if kind is None:
        return None
    draft = ItemDraft(
        type=kind,
        stem=fields.text("stem"),
        options=_options(fields, kind),
        answer="",
        explanation=fields.text("explanation") or (case.explanation if case else ""),
        difficulty=fields.member("difficulty", Difficulty, case.difficulty if case else Difficulty.MEDIUM)
        or Difficulty.MEDIUM,
        citations=tuple(_citations(fields, laws)) or (case.citations if case else ()),
        part=fields.text("part"),
        shuffle=fields.flag("shuffle", default=True) and kind in CHOICES,
        families=tuple(_families(fields)),
    )
    match kind:
        case QuestionType.BLANK:
            gaps = fields.entries("answer")
            texts = [fields.below_texts("answer", gap) for gap in gaps]
            return replace(draft, accepted=tuple(texts))
        case QuestionType.SHORT:
            return replace(draft, reference="\n".join(fields.texts("answer")))
        case QuestionType.CASE:
            questions = [
                _draft(fields.below("items", number, entry), laws, case=draft)
                for number, entry in enumerate(fields.entries("items"), start=1)
            ]
            return replace(draft, questions=tuple(question for question in questions if question is not None))
        case _:
            return replace(draft, answer="".join(sorted(fields.texts("answer"))))


def _options(fields: _Fields, kind: QuestionType) -> tuple[tuple[str, str], ...]:
    entries = [
        fields.below("options", n, entry) for n, entry in enumerate(fields.entries("options"), start=1)
    ]
    options = tuple((entry.text("key"), entry.text("text")) for entry in entries)
    return TRUE_FALSE_OPTIONS if kind is QuestionType.TRUE_FALSE and not options else options


def _citations(fields: _Fields, laws: LawBook) -> Iterator[CitationDraft]:
    for number, entry in enumerate(fields.entries("citations"), start=1):
        cited = fields.below("citations", number, entry)
        name = cited.text("law")
        law = laws.short_title(name) or name
        version = cited.member("version", date.fromisoformat, laws.in_force.get(law))
        label = article_label(cited.number_or_text("article"))
        if label is None:
            cited.refuse("article", "应是条号，如 36 或 120之一。")
        paragraph = cited.number("paragraph")
        if version is not None and label is not None:
            yield CitationDraft(law, version, label, paragraph)


def _families(fields: _Fields) -> Iterator[UnitFamily]:
    words = fields.texts("families")
    known = {family.value for family in UnitFamily}
    for word in words:
        if word not in known:
            fields.refuse("families", f"没有“{word[:20]}”这一类单位，可以写{'、'.join(sorted(known))}。")
    yield from (family for family in UnitFamily if family.value in words)


def write(items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]:
    """A list of objects, one line an item. It carries everything that an item says itself, not its enemies."""
    out.write(b"[")
    for number, item in enumerate(items):
        entry = {"id": item.code, **entry_of(item.draft)}
        if item.reserved:
            entry["reserved"] = True
        out.write((b",\n" if number else b"\n") + json.dumps(entry, ensure_ascii=False).encode())
    out.write(b"\n]\n")
    return []


def entry_of(draft: ItemDraft) -> dict[str, object]:
    """A draft as an object of the file, without its code."""
    entry: dict[str, object] = {"type": draft.type.value, "stem": draft.stem}
    match draft.type:
        case QuestionType.BLANK:
            entry["answer"] = [list(texts) for texts in draft.accepted]
        case QuestionType.SHORT:
            entry["answer"] = [draft.reference]
        case QuestionType.CASE:
            entry["items"] = [entry_of(question) for question in draft.questions]
        case _:
            entry["options"] = [{"key": letter, "text": text} for letter, text in draft.options]
            entry["answer"] = list(draft.answer)
    entry["explanation"] = draft.explanation
    entry["difficulty"] = draft.difficulty.value
    entry["citations"] = [_cited(citation) for citation in draft.citations]
    if draft.part:
        entry["part"] = draft.part
    if draft.type in CHOICES and not draft.shuffle:
        entry["shuffle"] = False
    if draft.families:
        entry["families"] = [family.value for family in draft.families]
    return entry


def _cited(citation: CitationDraft) -> dict[str, object]:
    cited: dict[str, object] = {
        "law": citation.law,
        "version": citation.version.isoformat(),
        "article": citation.article,
    }
    if citation.paragraph is not None:
        cited["paragraph"] = citation.paragraph
    return cited
