"""Reads of what was asked before: the same question, and questions much like it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.db import db
from question_bank.items.likeness import ALIKE, index_keys, likeness, trigrams, trigrams_of
from question_bank.items.models import Item, ItemVersion, LikenessKey, Wording
from question_bank.items.rules import ItemState, QuestionType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from question_bank.items.rules import ItemDraft

MOST_SHOWN = 5
MOST_PER_KEY = 50
MOST_COMPARED = 16
"""Those that share most keys with it. At a likeness of 0.6 that are four of twenty on an average, at 0.1 none."""
GRAMS_KEPT = 1000
KEYS_AT_ONCE = 5000
VERSIONS_AT_ONCE = 500
DRAFTS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A question much like a draft: an item of the bank by its code, or an earlier draft of the same batch.

    `score` is the share of common trigrams, from 0.6 to 1 (`question_bank.items.likeness`). `row` counts the
    drafts of the batch from 0, None for an item of the bank, whose state is `state`.
    """

    score: float
    stem: str
    code: str = ""
    state: ItemState | None = None
    row: int | None = None


def asked_by(fingerprints: Collection[str]) -> dict[str, str]:
    """The codes of the items that ask these questions already, by fingerprint. Retired items do not count."""
    found: dict[str, str] = {}
    for some in _slices(sorted(fingerprints), KEYS_AT_ONCE):
        rows = db.session.execute(
            select(Wording.fingerprint, Item.code)
            .join(Item, Item.id == Wording.item_id)
            .where(Wording.fingerprint.in_(some))
        )
        found |= {row.fingerprint: row.code for row in rows}
    return found


def near_duplicates(
    drafts: Sequence[ItemDraft], *, except_item_id: int | None = None
) -> list[tuple[NearDuplicate, ...]]:
    """For each draft, in their order, the questions most like it: at most five, the most alike first.

    Looked for among all versions of items that are not retired, and among the earlier drafts of the batch.
    `except_item_id` is the item that a draft revises. Of a great many that are alike some are left out, so that
    the cost of a draft is bounded.
    """
    return list(each_near_duplicates(drafts, except_item_id=except_item_id))


def each_near_duplicates(
    drafts: Sequence[ItemDraft], *, except_item_id: int | None = None
) -> Iterator[tuple[NearDuplicate, ...]]:
    """The same one draft after another, a thousand looked up at a time: for imports, whose progress shows."""
    earlier: defaultdict[int, list[int]] = defaultdict(list)

    @lru_cache(maxsize=GRAMS_KEPT)
    def grams_of(row: int) -> frozenset[str]:
        return trigrams(drafts[row])

    for start in range(0, len(drafts), DRAFTS_AT_ONCE):
        grams = {
            row: trigrams(draft) for row, draft in enumerate(drafts[start : start + DRAFTS_AT_ONCE], start)
        }
        keys = {row: index_keys(of_draft) for row, of_draft in grams.items()}
        in_bank = _versions_by_key({key for of_draft in keys.values() for key in of_draft})
        candidates = {row: _most_met(of_draft, in_bank) for row, of_draft in keys.items()}
        stored = _stored(
            {version for of_draft in candidates.values() for version in of_draft}, except_item_id
        )
        for row, own in grams.items():
            near: dict[str | int, NearDuplicate] = {}
            for version in candidates[row]:
                if version in stored:
                    code, stem, state, of_version = stored[version]
                    _keep_best(near, code, NearDuplicate(likeness(own, of_version), stem, code, state))
            for other in _most_met(keys[row], earlier):
                score = likeness(own, grams_of(other))
                _keep_best(near, other, NearDuplicate(score, drafts[other].stem, row=other))
            yield tuple(sorted(near.values(), key=lambda each: -each.score)[:MOST_SHOWN])
            for key in keys[row]:
                if len(earlier[key]) < MOST_PER_KEY:
                    earlier[key].append(row)


def _keep_best(near: dict[str | int, NearDuplicate], name: str | int, found: NearDuplicate) -> None:
    """Of an item's versions the one most alike is told."""
    if found.score >= ALIKE and (name not in near or near[name].score < found.score):
        near[name] = found


def _most_met(keys: Iterable[int], index: dict[int, list[int]]) -> list[int]:
    met = Counter(chain.from_iterable([index[key] for key in keys if key in index]))
    return [each for each, _ in met.most_common(MOST_COMPARED)]


def _versions_by_key(keys: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for some in _slices(sorted(keys), KEYS_AT_ONCE):
        rank = func.row_number().over(
            partition_by=LikenessKey.key, order_by=LikenessKey.item_version_id.desc()
        )
        ranked = (
            select(LikenessKey.key, LikenessKey.item_version_id, rank.label("rank"))
            .where(LikenessKey.key.in_(some))
            .subquery()
        )
        rows = db.session.execute(
            select(ranked.c.key, ranked.c.item_version_id)
            .where(ranked.c.rank <= MOST_PER_KEY)
            .order_by(ranked.c.key, ranked.c.item_version_id.desc())
        )
        for key, version in rows:
            found.setdefault(key, []).append(version)
    return found


def _stored(
    version_ids: Collection[int], except_item_id: int | None
) -> dict[int, tuple[str, str, ItemState, frozenset[str]]]:
    """Code, stem, state and trigrams of these versions, by id; those of retired items and of the excepted one are absent."""
    part = aliased(ItemVersion)
    texts: dict[int, list[str]] = {}
    names: dict[int, tuple[str, str, ItemState]] = {}
    for some in _slices(sorted(version_ids), VERSIONS_AT_ONCE):
        asked = (
            select(
                ItemVersion.id, Item.code, ItemVersion.stem, Item.state, part.type, part.stem, part.options
            )
            .join(Item, Item.id == ItemVersion.item_id)
            .join(part, (part.item_id == ItemVersion.item_id) & (part.number == ItemVersion.number))
            .where(ItemVersion.id.in_(some), Item.state != ItemState.RETIRED)
        )
        if except_item_id is not None:
            asked = asked.where(Item.id != except_item_id)
        for version, code, stem, state, kind, text, options in db.session.execute(asked):
            names[version] = (code, stem, state)
            own = [] if kind is QuestionType.TRUE_FALSE else [option[1] for option in options]
            texts.setdefault(version, []).extend([text, *own])
    return {version: (*names[version], trigrams_of(asked)) for version, asked in texts.items()}


def _slices(values: list[str] | list[int], size: int) -> Iterator[list[str] | list[int]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
