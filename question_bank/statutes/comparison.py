"""Rules of amendment: what became of each article of a wording in the wording after it. Pure.

Texts are compared in substance, that is without spaces and punctuation. The similarity of two texts is the
Dice coefficient of their multisets of character pairs, 2·|A∩B| ÷ (|A|+|B|) (Dice 1945), in hundredths: it
needs no word boundaries, bears with paragraphs in another order, and one index of pairs gives it for all
articles at once. 100 means the same substance and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SAME = 100
RENUMBERED_FROM = 90
"""From this similarity on an article under another number is proposed as the same one."""
SUCCESSOR_FROM = 40
"""Below this similarity an article is not taken for another's successor, even under the same number."""
MEANS_NOTHING = re.compile(r"[^\w%‰.]|_|\.(?!\d)|(?<!\d)\.")


class ArticleChange(StrEnum):
    """What became of an article. Only `UNCHANGED` lets a citation pass by itself."""

    UNCHANGED = "unchanged"
    RENUMBERED = "renumbered"
    REWORDED = "reworded"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Correspondence:
    """An old article and what it became; `old` is None for a new article, `new` for one that is gone.

    Labels are the stored ones ("36", "120之一"); `similarity` is in hundredths, 0 where there is no pair.
    """

    change: ArticleChange
    old: str | None
    new: str | None
    similarity: int


def substance(text: str) -> str:
    """The text without spaces and punctuation, full-width forms folded; what makes a figure stays: 1.5, 5%."""
    return MEANS_NOTHING.sub("", unicodedata.normalize("NFKC", text))


def compare(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Correspondence, ...]:
    """What became of each article, and which are new; texts by label, both in the order of the law.

    Every article stands in exactly one row: the old ones in their order, then the new ones in theirs. Pairs are
    made in this order: same number and same substance; then by falling similarity, at equal similarity those
    that keep their number, then those that moved least.
    """
    before = {label: substance(text) for label, text in old.items()}
    after = {label: substance(text) for label, text in new.items()}
    pairs = {label: (label, SAME) for label, text in before.items() if after.get(label) == text}
    taken = set(pairs)
    places = {label: place for place, label in enumerate(after)}

    def rank(pair: tuple[int, int, str, str]) -> tuple[int, bool, int, int]:
        similarity, place, one, other = pair
        return -similarity, one != other, abs(place - places[other]), place

    left = {label: text for label, text in after.items() if label not in taken}
    for similarity, _, one, other in sorted(_alike(before, left, set(pairs)), key=rank):
        if one not in pairs and other not in taken:
            pairs[one] = (other, similarity)
            taken.add(other)
    return (
        *(_row(label, *pairs.get(label, (None, 0))) for label in before),
        *(Correspondence(ArticleChange.NEW, None, label, 0) for label in after if label not in taken),
    )


def _alike(
    before: Mapping[str, str], after: Mapping[str, str], done: set[str]
) -> Iterator[tuple[int, int, str, str]]:
    """Every pair that is alike enough, as (similarity, the old one's place, old, new)."""
    sizes = {}
    index: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for label, text in after.items():
        pairs = _pairs(text)
        sizes[label] = pairs.total()
        for pair, times in pairs.items():
            index[pair].append((label, times))
    for place, (one, text) in enumerate(before.items()):
        if one in done:
            continue
        pairs, common = _pairs(text), Counter[str]()
        for pair, times in pairs.items():
            for other, there in index.get(pair, ()):
                common[other] += min(times, there)
        for other, shared in common.items():
            similarity = SAME * 2 * shared // (pairs.total() + sizes[other])
            if after[other] == text:
                yield SAME, place, one, other
            elif similarity >= SUCCESSOR_FROM:
                yield min(similarity, SAME - 1), place, one, other


def _pairs(text: str) -> Counter[str]:
    """The pairs of neighbouring characters with how often they occur; the ends count, so that one suffices."""
    return Counter(a + b for a, b in pairwise(f"\n{text}\n"))


def _row(old: str, new: str | None, similarity: int) -> Correspondence:
    if new is None:
        change = ArticleChange.GONE
    elif similarity == SAME and old == new:
        change = ArticleChange.UNCHANGED
    elif similarity >= RENUMBERED_FROM and old != new:
        change = ArticleChange.RENUMBERED
    else:
        change = ArticleChange.REWORDED
    return Correspondence(change, old, new, similarity)


def marked(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """The two texts as one, in pieces ("same" | "gone" | "new", text): what a reader must look at."""
    pieces: list[tuple[str, str]] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", old[i:j]))
            continue
        if i < j:
            pieces.append(("gone", old[i:j]))
        if k < m:
            pieces.append(("new", new[k:m]))
    return tuple(pieces)
