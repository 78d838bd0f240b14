"""Recomputing stored papers from seed and manifest, and telling every difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.exceptions import InvalidTag

from core.errors import Invalid
from exam.papers import queries
from exam.papers.draw import SEED_BYTES, commitment, draw_papers, manifest_from_bytes
from exam.papers.services import question_rows, unseal_seed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exam.papers.models import Draw, DrawReveal, PaperQuestion

Places = dict[tuple[UUID, int], tuple[object, ...]]
"""The content of questions, as `CONTENT` lists it, by sitting and position."""

CONTENT = ("section", "item_version_id", "type", "option_order")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not follow from the seed and the manifest. `sitting_id` None: the draw as a whole."""

    draw_number: int
    code: str
    message: str
    sitting_id: UUID | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification looked at, and every difference that it found."""

    draws: int
    papers: int
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        return not self.differences


def verify_draws(subject_id: UUID, sitting_ids: Iterable[UUID], *, unseal: bool) -> Verification:
    """Draw every paper of a session again and compare it with the stored one, superseded draws included.

    Takes the published seed where there is one; `unseal` allows the sealed one otherwise, and without it a
    draw that is not published yet is a difference.
    """
    stored = _stored(sitting_ids)
    differences: list[Difference] = []
    papers = 0
    rows = queries.draw_rows(subject_id)
    for draw, revealed in rows:
        found = _seed_problem(draw, revealed, unseal=unseal)
        if isinstance(found, Difference):
            differences.append(found)
            continue
        expected, problem = _expected(draw, found)
        if problem is not None:
            differences.append(problem)
            continue
        papers += len({sitting_id for sitting_id, _ in expected})
        differences += _compare(draw.number, expected, stored.pop(draw.number, {}))
    unknown = {draw.number for draw, _ in rows}
    differences += [
        Difference(number, "unknown_draw", f"第 {number} 次抽题没有记录，却有试卷。")
        for number in sorted(stored)
        if number not in unknown
    ]
    return Verification(len(rows), papers, tuple(differences))


def _stored(sitting_ids: Iterable[UUID]) -> dict[int, Places]:
    places: dict[int, Places] = {}
    for row in queries.questions(sitting_ids):
        of_draw = places.setdefault(row.draw_number, {})
        of_draw[row.sitting_id, row.position] = _content(row)
    return places


def _content(row: PaperQuestion) -> tuple[object, ...]:
    return tuple(getattr(row, field) for field in CONTENT)


def _seed_problem(draw: Draw, revealed: DrawReveal | None, *, unseal: bool) -> bytes | Difference:
    """The seed to verify with, or why there is none."""
    if revealed is not None:
        try:
            seed = bytes.fromhex(revealed.seed)
        except ValueError:
            seed = b""
        if len(seed) != SEED_BYTES:
            return Difference(draw.number, "seed_malformed", f"第 {draw.number} 次抽题公布的种子格式不对。")
        return seed
    if not unseal:
        return Difference(draw.number, "not_revealed", f"第 {draw.number} 次抽题的种子尚未公布。")
    try:
        return unseal_seed(draw)
    except InvalidTag:
        return Difference(
            draw.number, "seed_sealed", f"第 {draw.number} 次抽题的种子打不开：密钥不符或已被改动。"
        )


def _expected(draw: Draw, seed: bytes) -> tuple[Places, Difference | None]:
    number = draw.number
    text = draw.manifest.encode()
    if commitment(seed, text) != draw.commitment:
        return {}, Difference(number, "commitment", f"第 {number} 次抽题的种子和清单与公布的承诺值不符。")
    try:
        manifest = manifest_from_bytes(text)
        sittings = [UUID(entrant.person) for entrant in manifest.people]
        papers = draw_papers(seed, manifest)
    except (ValueError, Invalid) as error:
        return {}, Difference(number, "manifest", f"第 {number} 次抽题的清单读不出来：{error}")
    rows = question_rows(papers, number=number, sittings=sittings, pool=manifest.pool)
    return {
        (row["sitting_id"], row["position"]): tuple(row[field] for field in CONTENT) for row in rows
    }, None


def _compare(number: int, expected: Places, stored: Places) -> list[Difference]:
    differences = []
    for key in sorted(expected.keys() | stored.keys()):
        sitting_id, position = key
        if expected.get(key) == stored.get(key):
            continue
        if key not in stored:
            code, what = "missing", "缺少"
        elif key not in expected:
            code, what = "added", "多出"
        else:
            code, what = "changed", "不符"
        message = f"第 {number} 次抽题，答卷 {sitting_id} 第 {position} 题{what}。"
        differences.append(Difference(number, code, message, sitting_id, position))
    return differences
