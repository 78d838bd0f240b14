"""Rules of items: their types and states, what makes one complete, when two are the same. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import Problem
from question_bank.statutes.rules import article_label, article_words, chinese_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from question_bank.statutes.rules import KnownVersion


class QuestionType(StrEnum):
    """单选, 多选, 判断."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"


class Difficulty(StrEnum):
    """The author's estimate: 易, 中, 难."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class ItemState(StrEnum):
    """Where an item stands. A retired one is never drawn; otherwise its latest approved version may be."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    RETIRED = "retired"


LETTERS = "ABCDEFGH"
TRUE_FALSE_OPTIONS = (("A", "正确"), ("B", "错误"))
SHORTEST_STEM = 6
LONGEST_STEM = 4000
LONGEST_OPTION = 1000
LONGEST_PART = 20


@dataclass(frozen=True, slots=True)
class CitationDraft:
    """An article that an item rests on: law by short title, its version, the stored label, the paragraph."""

    law: str
    version: date
    article: str
    paragraph: int | None = None


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An item as its author hands it in. Options are (letter, text), `answer` the letters of the key, sorted.

    The first citation names the law that the item counts for. `part` groups items, at most 20 characters.
    """

    type: QuestionType
    stem: str
    options: tuple[tuple[str, str], ...]
    answer: str
    explanation: str
    difficulty: Difficulty
    citations: tuple[CitationDraft, ...]
    part: str = ""
    shuffle: bool = True


def item_problems(
    draft: ItemDraft, known: Mapping[tuple[str, date], KnownVersion], on: date | None
) -> list[Problem]:
    """Everything that keeps a draft from being stored, in the order of the form; empty when it is complete.

    `known` holds the versions of the cited laws by (short title, version). Citations must be in force on the
    day `on`; None leaves that to the draw, which takes no item whose law is not in force.
    """
    return [
        *_text_problems(draft),
        *_option_problems(draft),
        *_key_problems(draft),
        *_citation_problems(draft, known, on),
    ]


def _text_problems(draft: ItemDraft) -> Iterator[Problem]:
    stem = draft.stem.strip()
    if len(stem) < SHORTEST_STEM:
        yield Problem("stem", f"题干太短，至少 {SHORTEST_STEM} 个字。", "stem")
    elif len(stem) > LONGEST_STEM:
        yield Problem("stem", f"题干过长，不超过 {LONGEST_STEM} 个字。", "stem")
    if not draft.explanation.strip():
        yield Problem("explanation", "请填写解析，说明答案的依据和其他选项错在哪里。", "explanation")
    if len(draft.part) > LONGEST_PART:
        yield Problem("part", f"部分名称不超过 {LONGEST_PART} 个字。", "part")


def _option_problems(draft: ItemDraft) -> Iterator[Problem]:
    if draft.type is QuestionType.TRUE_FALSE:
        if draft.options != TRUE_FALSE_OPTIONS:
            yield Problem("options", "判断题的选项固定为 A 正确、B 错误。", "options")
        return
    letters = "".join(letter for letter, _ in draft.options)
    if not 2 <= len(draft.options) <= len(LETTERS):
        yield Problem(
            "options", f"选项应有 2 至 {len(LETTERS)} 个，现有 {len(draft.options)} 个。", "options"
        )
    elif letters != LETTERS[: len(letters)]:
        yield Problem("options", "选项字母应从 A 起连续排列，中间不要留空。", "options")
    seen: dict[str, str] = {}
    for letter, text in draft.options:
        if not text.strip():
            yield Problem("options", f"选项 {letter} 是空的，请填写或删去。", "options")
            continue
        if len(text) > LONGEST_OPTION:
            yield Problem("options", f"选项 {letter} 过长，不超过 {LONGEST_OPTION} 个字。", "options")
        same = seen.setdefault(comparable(text) or text, letter)
        if same != letter:
            yield Problem("options", f"选项 {letter} 与选项 {same} 文字相同，请修改其中一个。", "options")


def _key_problems(draft: ItemDraft) -> Iterator[Problem]:
    letters = {letter for letter, _ in draft.options}
    key = set(draft.answer)
    outside = sorted(key - letters)
    if outside:
        yield Problem("answer", f"答案 {'、'.join(outside)} 不在选项之内。", "answer")
    if len(key) != len(draft.answer):
        yield Problem("answer", "答案中有重复的字母。", "answer")
    if draft.type is QuestionType.MULTIPLE:
        if len(key) < 2:
            yield Problem("answer", "多选题至少要有两个正确选项。", "answer")
    elif len(key) != 1:
        yield Problem("answer", f"单选题和判断题应有且只有一个答案，现有 {len(key)} 个。", "answer")


def _citation_problems(
    draft: ItemDraft, known: Mapping[tuple[str, date], KnownVersion], on: date | None
) -> Iterator[Problem]:
    if not draft.citations:
        yield Problem("citations", "请至少引用一条法律依据。", "citations")
    if len(set(draft.citations)) != len(draft.citations):
        yield Problem("citations", "同一法条引用了两次，请删去一处。", "citations")
    for citation in draft.citations:
        version = known.get((citation.law, citation.version))
        name = f"《{citation.law}》（{citation.version}）"
        if version is None:
            yield Problem("citations", f"法规库中没有{name}，请核对名称和版本。", "citations")
            continue
        if on is not None and not version.in_force(on):
            why = "尚未施行" if on < version.in_force_from else "已经失效"
            yield Problem("citations", f"{name}在 {on} {why}，请改引现行版本。", "citations")
        if article_label(citation.article) != citation.article:
            yield Problem(
                "citations", f"{name}的条号“{citation.article}”写法不对，请写成 36 或 120之一。", "citations"
            )
        elif not version.has_article(citation.article):
            words = article_words(citation.article)
            yield Problem("citations", f"{name}没有{words}，全文共 {version.article_count} 条。", "citations")
        if citation.paragraph is not None and citation.paragraph < 1:
            yield Problem("citations", f"{name}的款次应从 1 起。", "citations")


def comparable(text: str) -> str:
    """The text as duplicates are compared: NFKC, lower case, without punctuation and spaces.

    What gives a figure its meaning stays: 1.5 is not 15, 5% is not 5, ≥ is not ≤.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = []
    for index, character in enumerate(folded):
        if (
            unicodedata.category(character)[0] not in "PZC"
            or character in "%‰"
            or (
                character in ".:/-"
                and folded[index - 1 : index].isdigit()
                and folded[index + 1 : index + 2].isdigit()
            )
        ):
            kept.append(character)
    return unicodedata.normalize("NFKC", "".join(kept))


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs between two versions, as pieces ("same" | "gone" | "new", text)."""

    field: str
    pieces: tuple[tuple[str, str], ...]


def changes(before: ItemDraft, after: ItemDraft) -> list[Change]:
    """What a reader must look at between two versions, field by field, in the order of the form."""
    found = []
    fields_after = _as_text(after)
    for field, old in _as_text(before).items():
        new = fields_after[field]
        if old != new:
            found.append(Change(field, tuple(_pieces(old, new))))
    return found


def _as_text(draft: ItemDraft) -> dict[str, str]:
    return {
        "stem": draft.stem,
        "options": "\n".join(f"{letter}. {text}" for letter, text in draft.options),
        "answer": draft.answer,
        "explanation": draft.explanation,
        "difficulty": draft.difficulty.value,
        "citations": "\n".join(
            f"《{c.law}》（{c.version}）{article_words(c.article)}"
            + (f"第{chinese_number(c.paragraph)}款" if c.paragraph else "")
            for c in draft.citations
        ),
        "part": draft.part,
        "shuffle": str(draft.shuffle),
    }


def _pieces(old: str, new: str) -> Iterator[tuple[str, str]]:
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", old[i:j]
            continue
        if i < j:
            yield "gone", old[i:j]
        if k < m:
            yield "new", new[k:m]


def fingerprint(stem: str, options: tuple[tuple[str, str], ...]) -> str:
    """SHA-256 in hex of what a question asks: equal for two items that differ in layout or option order only."""
    parts = [comparable(stem), *sorted(comparable(text) for _, text in options)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
