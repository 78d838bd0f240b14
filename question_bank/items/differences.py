"""What a reader must look at between two versions of an item. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from question_bank.statutes.rules import article_words, chinese_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from question_bank.items.rules import ItemDraft


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs between two versions, as pieces ("same" | "gone" | "new", text).

    `question` is the number of the case's question that it belongs to, from 1; 0 is the item itself.
    """

    field: str
    pieces: tuple[tuple[str, str], ...]
    question: int = 0


def changes(before: ItemDraft, after: ItemDraft) -> list[Change]:
    """What differs between two versions, field by field in the order of the form, a case's questions last."""
    found = list(_changes(before, after, question=0))
    for index in range(max(len(before.questions), len(after.questions))):
        old, new = before.questions[index : index + 1], after.questions[index : index + 1]
        found += _changes(old[0] if old else None, new[0] if new else None, question=index + 1)
    return found


def _changes(before: ItemDraft | None, after: ItemDraft | None, *, question: int) -> Iterator[Change]:
    fields_before, fields_after = _as_text(before), _as_text(after)
    for field in fields_before or fields_after:
        old, new = fields_before.get(field, ""), fields_after.get(field, "")
        if old != new:
            yield Change(field, tuple(_pieces(old, new)), question)


def _as_text(draft: ItemDraft | None) -> dict[str, str]:
    if draft is None:
        return {}
    return {
        "type": draft.type.value,
        "stem": draft.stem,
        "options": "\n".join(f"{letter}. {text}" for letter, text in draft.options),
        "answer": draft.answer,
        "accepted": "\n".join(" / ".join(texts) for texts in draft.accepted),
        "reference": draft.reference,
        "explanation": draft.explanation,
        "difficulty": draft.difficulty.value,
        "citations": "\n".join(
            f"《{c.law}》（{c.version}）{article_words(c.article)}"
            + (f"第{chinese_number(c.paragraph)}款" if c.paragraph else "")
            for c in draft.citations
        ),
        "part": draft.part,
        "families": "、".join(family.label for family in draft.families),
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
