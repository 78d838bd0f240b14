"""What a reader must look at between two versions of an item. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import TYPE_CHECKING

from question_bank.items.likeness import likeness, trigrams
from question_bank.statutes.rules import article_words, chinese_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from question_bank.items.rules import ItemDraft

WORD = re.compile(r"[A-Za-z0-9]+(?:[.:/-][A-Za-z0-9]+)*|.", re.DOTALL)
"""What is compared as one: a Chinese character, a figure, a word in Latin letters."""
SENTENCE = re.compile(r"[^。；！？\n]*[。；！？\n]|[^。；！？\n]+")
WHOLE_VALUES = frozenset({"type", "answer", "difficulty", "part", "families", "shuffle"})
"""Fields of which the old value and the new one are shown, not what of their letters differs."""
SAME_QUESTION = 0.3
"""From this likeness on a question of a case counts as reworded; below it as gone, and another one as new."""
REWRITTEN = 0.4
"""Passages with a smaller share of equal words are shown whole, one after the other."""
ISLAND = 2
"""Fewer equal words than these between two changes are part of the change."""
MOST_PAIRS = 1_000_000
"""Passages that differ are compared word by word up to so many pairs of words: half a second at the most."""

Piece = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs between two versions, as pieces ("same" | "gone" | "new", text).

    `question` is the number of the case's question that it belongs to, from 1, in the later version, or in the
    earlier one when `fate` is "gone"; 0 is the item itself. `fate` is "new" for a question that the earlier version
    did not have. The field "place" tells that a question moved, from which number to which.
    """

    field: str
    pieces: tuple[Piece, ...]
    question: int = 0
    fate: str = ""


def changes(before: ItemDraft, after: ItemDraft) -> list[Change]:
    """What differs between two versions, field by field in the order of the form, a case's questions last."""
    found = list(_changes(before, after))
    pairs = _paired(before.questions, after.questions)
    kept = [(old, new) for old, new in pairs if old is not None and new is not None]
    moved = sorted(kept) != sorted(kept, key=lambda pair: pair[1])
    for old, new in pairs:
        if new is None:
            assert old is not None
            found += _changes(before.questions[old], None, question=old + 1, fate="gone")
        elif old is None:
            found += _changes(None, after.questions[new], question=new + 1, fate="new")
        else:
            if moved and old != new:
                found.append(Change("place", _both(f"第 {old + 1}", f"第 {new + 1}"), new + 1))
            found += _changes(before.questions[old], after.questions[new], question=new + 1)
    return found


def _paired(before: Sequence[ItemDraft], after: Sequence[ItemDraft]) -> list[tuple[int | None, int | None]]:
    """Which question became which, the most alike first; what is left was taken out or is new. In later order."""
    grams = [trigrams(question) for question in before], [trigrams(question) for question in after]
    alike = sorted(
        (
            (2.0 if before[old] == after[new] else likeness(grams[0][old], grams[1][new]), old, new)
            for old in range(len(before))
            for new in range(len(after))
        ),
        key=lambda each: (-each[0], abs(each[1] - each[2])),
    )
    became: dict[int, int] = {}
    for score, old, new in alike:
        if score >= SAME_QUESTION and old not in became and new not in became.values():
            became[old] = new
    was = {new: old for old, new in became.items()}
    gone = [(old, None) for old in range(len(before)) if old not in became]
    rest = [(was.get(new), new) for new in range(len(after))]
    return sorted(
        [*gone, *rest], key=lambda pair: (pair[1] if pair[1] is not None else pair[0], pair[1] is not None)
    )


def _changes(
    before: ItemDraft | None, after: ItemDraft | None, *, question: int = 0, fate: str = ""
) -> Iterator[Change]:
    fields_before, fields_after = _as_text(before), _as_text(after)
    for field in fields_before or fields_after:
        old, new = fields_before.get(field, ""), fields_after.get(field, "")
        if old != new:
            pieces = _both(old, new) if field in WHOLE_VALUES else _pieces(old, new)
            yield Change(field, pieces, question, fate)


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


def _both(old: str, new: str) -> tuple[Piece, ...]:
    return tuple(piece for piece in (("gone", old), ("new", new)) if piece[1])


def _pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Sentence by sentence, and where sentences differ word by word."""
    found: list[Piece] = []
    for kind, before, after in _compared(SENTENCE.findall(old), SENTENCE.findall(new)):
        if kind == "same":
            found.append((kind, "".join(before)))
        else:
            found += _words("".join(before), "".join(after))
    return _joined(found)


def _words(old: str, new: str) -> Iterable[Piece]:
    before, after = WORD.findall(old), WORD.findall(new)
    if len(before) * len(after) > MOST_PAIRS:
        return _both(old, new)
    parts = list(_compared(before, after))
    same = sum(len(words) for kind, words, _ in parts if kind == "same")
    if same < REWRITTEN * max(len(before), len(after)):
        return _both(old, new)
    found: list[Piece] = []
    for place, (kind, gone, came) in enumerate(parts):
        if kind == "same" and (len(gone) >= ISLAND or place in (0, len(parts) - 1)):
            found.append(("same", "".join(gone)))
        else:
            found += _both("".join(gone), "".join(came))
    return found


def _compared(
    before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield "same" if kind == "equal" else "changed", before[i:j], after[k:m]


def _joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The pieces with what stands together in one: of a change first all that is gone, then all that is new."""
    found: list[Piece] = []
    for same, group in groupby(pieces, key=lambda piece: piece[0] == "same"):
        run = list(group)
        for kind in ("same",) if same else ("gone", "new"):
            text = "".join(text for piece, text in run if piece == kind)
            if text:
                found.append((kind, text))
    return tuple(found)
