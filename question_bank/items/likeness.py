"""How alike two questions are, and by which keys an index finds those that are much alike. Pure.

Two questions are as alike as their sets A and B of character trigrams: |A ∩ B| ÷ |A ∪ B| (Jaccard). To find
the alike among many, the trigrams are put on four circles by four hashes, and from each of five points of a
circle the three next ones are taken as a key. Two sets have a key in common if those three neighbours on the
circle of A ∪ B all lie in A ∩ B: with likeness j that is j³ for a key, so one of the twenty keys meets with
1 − (1 − j³)²⁰: 99.2 % at 0.6, all but surely from 0.7 on, and 2 % for two questions that share a tenth of their
trigrams. (Broder, "On the resemblance and containment of documents", 1997: bottom-k sketches.)
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from hashlib import blake2b
from struct import pack, unpack
from typing import TYPE_CHECKING

from question_bank.items.rules import QuestionType
from question_bank.items.wording import comparable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from question_bank.items.rules import ItemDraft

ALIKE = 0.6
"""From here on two questions are shown to people as near-duplicates."""

CIRCLES, POINTS, NEIGHBOURS = 4, 5, 3
HASH_BYTES = 4
_POINTS = tuple(n * 2 ** (8 * HASH_BYTES) // POINTS for n in range(POINTS))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of common trigrams, from 0 to 1; 0 for questions without any."""
    both = len(one & other)
    either = len(one) + len(other) - both
    return both / either if either else 0.0


def trigrams(draft: ItemDraft) -> frozenset[str]:
    """The trigrams of a question's stem and options, of a case with those of its questions."""
    return trigrams_of(asked_texts(draft))


def asked_texts(draft: ItemDraft) -> Iterator[str]:
    """What a question asks, text by text; the options of 判断题 are the same for all and left out."""
    yield draft.stem
    if draft.type is not QuestionType.TRUE_FALSE:
        yield from (text for _, text in draft.options)
    for question in draft.questions:
        yield from asked_texts(question)


def trigrams_of(texts: Iterable[str]) -> frozenset[str]:
    """The trigrams of texts, compared without spaces and punctuation; a shorter text counts whole."""
    found: set[str] = set()
    for text in texts:
        plain = comparable(text)
        if len(plain) >= 3:
            found.update([plain[i : i + 3] for i in range(len(plain) - 2)])
        elif plain:
            found.add(plain)
    return frozenset(found)


def index_keys(grams: frozenset[str]) -> frozenset[int]:
    """The keys of the index, signed 64 bits, twenty of them for all but the shortest questions.

    They are stored: another way to make them comes with a migration that makes the index anew.
    """
    if not grams:
        return frozenset()
    places = unpack(f">{CIRCLES * len(grams)}I", b"".join([_digest(gram) for gram in grams]))
    together = min(NEIGHBOURS, len(grams))
    keys = set()
    for circle in range(CIRCLES):
        ring = sorted(places[circle::CIRCLES])
        ring += ring[:together]
        for point, position in enumerate(_POINTS):
            first = bisect_left(ring, position, 0, len(grams))
            near = pack(f">2B{together}I", circle, point, *ring[first : first + together])
            key = blake2b(near, digest_size=8).digest()
            keys.add(int.from_bytes(key, "big", signed=True))
    return frozenset(keys)


@lru_cache(maxsize=2**16)
def _digest(gram: str) -> bytes:
    """The places of a trigram on the circles, four bytes each. The same trigrams come again and again."""
    return blake2b(gram.encode(), digest_size=HASH_BYTES * CIRCLES).digest()
