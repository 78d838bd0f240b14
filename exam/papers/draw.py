"""The verifiable draw: manifest, commitment, number stream, and the papers that follow from them.

Algorithm `kaofa-draw-2`. Whoever has the seed and the manifest's bytes can repeat it from this page alone.

**Before** the session `commitment = SHA-256(seed ‖ manifest)` is published; the seed has 32 random bytes.

**Numbers.** For each person of the manifest a stream of its own. Block number c = 0, 1, 2 … is HMAC-SHA256 with
the seed as key over

    u32(len S) ‖ S ‖ u32(len P) ‖ P ‖ u32(attempt) ‖ u64(c)

where S is the session id and P the person, both in UTF-8 with their lengths in bytes, and u32 and u64 are
unsigned and big-endian. The first eight bytes of a block, big-endian, are one 64-bit number x. `below(n)`
takes the next block; if x ≥ 2^64 − (2^64 mod n) it drops it and takes the following one; the result is
x mod n. `below(1)` is 0 and takes no block.

**Shuffle** (Fisher–Yates from the front). For i = 0, 1 … m−1 exchange the entries at i and i + below(m − i).
The entry at i is then drawn, before i grows.

**Items.** Take the pool in the manifest's order, without the items that fit no stratum (a section, or one
difficulty of a section's mix). Items fit by type, law, difficulty and number of questions; where a section names
parts, by their part, and where it names families, if they have none or share one. The manifest has an item's part and
families where the spec asks for them. First shuffle those that are not excluded for the person, then those that are,
and offer each to the paper as soon as it is drawn; stop when the paper is full. An item is kept if all kept so
far and it can be placed together. So excluded items come back last, and only as many as are needed. Where
strata overlap, `exam.papers.strata.Filling` defines which place an item gets.

**Enemies.** An item is passed over while one of its enemies (pairs of the manifest) is kept. Where the paper is
then not full, it is begun anew with the same stream, at most a hundred times.

**Paper.** Sections in the spec's order; within a section the items in the order in which they were drawn, a case
(案例分析) as its questions one after the other; positions from 1. Then, in order of position and from the same
stream, the letters of each question's options are shuffled, except for 判断题, for items whose order is fixed, and
where there are none.

`kaofa-draw-1`, of manifests stored before, is the same without enemies and without cases; its manifest has neither
`enemies` nor `questions`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import Invalid, Problem
from exam.papers.rules import OPTION_LETTERS, PaperSpec, from_json, to_json
from exam.papers.strata import Filling, Shortage, eligibility, shortages, strata_of
from question_bank.items.rules import Difficulty, QuestionType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

T = TypeVar("T")

ALGORITHM = "kaofa-draw-2"
FIRST_ALGORITHM = "kaofa-draw-1"
MOST_BEGINNINGS = 100
SEED_BYTES = 32
TWO_TO_64 = 1 << 64


CHOICES = frozenset({QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.TRUE_FALSE})


@dataclass(frozen=True, slots=True)
class PoolQuestion:
    """A question of a case. `shuffle` tells whether its options may move; a 填空题 has none."""

    item_version_id: int
    type: QuestionType
    option_count: int
    shuffle: bool

    def __post_init__(self) -> None:
        _check_options(self.item_version_id, self.type, self.option_count)


@dataclass(frozen=True, slots=True)
class PoolItem:
    """An item version that may be drawn. `law` is the law it counts for, `shuffle` whether its options may move.

    A case has no options but `questions`, in their order. `part` and `families` are left out where no section asks
    for them.
    """

    item_version_id: int
    type: QuestionType
    law: str
    difficulty: Difficulty
    option_count: int
    shuffle: bool
    questions: tuple[PoolQuestion, ...] = ()
    part: str = ""
    families: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_options(self.item_version_id, self.type, self.option_count)
        if (self.type is QuestionType.CASE) is not bool(self.questions):
            raise ValueError(
                f"item version {self.item_version_id}: {self.type} and its questions do not agree"
            )

    @property
    def places(self) -> tuple[PoolItem | PoolQuestion, ...]:
        """What takes a place each on the paper."""
        return self.questions or (self,)


def _check_options(item_version_id: int, kind: QuestionType, count: int) -> None:
    wanted = range(2, len(OPTION_LETTERS) + 1) if kind in CHOICES else range(1)
    if count not in wanted:
        raise ValueError(f"item version {item_version_id} has {count} options")


@dataclass(frozen=True, slots=True)
class Entrant:
    """A person for whom a paper is drawn: a label, unique in the session, that says nothing to outsiders.

    `excluded` are the versions in this pool of the items of the person's previous paper.
    """

    person: str
    attempt: int = 1
    excluded: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that the draw reads, and nothing else. `number` counts the preparations of the session.

    `enemies` are pairs of item versions of the pool that may not be on one paper. Raises ValueError for another
    algorithm or more than it knows, and for an item version or a person that occurs twice.
    """

    session_id: str
    number: int
    spec: PaperSpec
    law_day: date
    pool: tuple[PoolItem, ...]
    people: tuple[Entrant, ...]
    algorithm: str = ALGORITHM
    enemies: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.algorithm not in {ALGORITHM, FIRST_ALGORITHM}:
            raise ValueError(f"unknown draw algorithm {self.algorithm!r}")
        later = self.enemies or any(item.questions or item.part or item.families for item in self.pool)
        if self.algorithm == FIRST_ALGORITHM and later:
            raise ValueError(f"{FIRST_ALGORITHM} knows neither enemies nor cases, parts or families")
        versions = [item.item_version_id for item in self.pool]
        versions += [question.item_version_id for item in self.pool for question in item.questions]
        if len(set(versions)) != len(versions):
            raise ValueError("an item version occurs twice in the pool")
        if len({(entrant.person, entrant.attempt) for entrant in self.people}) != len(self.people):
            raise ValueError("a person occurs twice in the manifest")


@dataclass(frozen=True, slots=True)
class DrawnQuestion:
    """A place of a paper. `option_order` lists the author's letters in the order shown: "CADB" shows C as A."""

    position: int
    section: int
    item_version_id: int
    option_order: str


@dataclass(frozen=True, slots=True)
class DrawnPaper:
    """One person's paper, questions by position from 1."""

    person: str
    attempt: int
    questions: tuple[DrawnQuestion, ...]


class InsufficientPool(Invalid):
    """The pool cannot fill one paper; `shortages` names everything that is short."""

    code = "insufficient_pool"

    def __init__(self, found: Sequence[Shortage]) -> None:
        self.shortages = tuple(found)
        super().__init__(Problem("shortage", s.words, f"sections.{s.sections[0]}") for s in self.shortages)


def canonical_bytes(manifest: Manifest) -> bytes:
    """The manifest as JSON in UTF-8: keys sorted, no white space, nothing escaped that need not be.

    Excluded ids are written rising and once. `manifest_from_bytes` reads it back.
    """
    data = {
        "algorithm": manifest.algorithm,
        "session": manifest.session_id,
        "number": manifest.number,
        "spec": to_json(manifest.spec),
        "law_day": manifest.law_day.isoformat(),
        "pool": [
            {
                "item_version": item.item_version_id,
                "type": item.type.value,
                "law": item.law,
                "difficulty": item.difficulty.value,
                "options": item.option_count,
                "shuffle": item.shuffle,
                **({"questions": [_question_json(q) for q in item.questions]} if item.questions else {}),
                **({"part": item.part} if item.part else {}),
                **({"families": list(item.families)} if item.families else {}),
            }
            for item in manifest.pool
        ],
        "people": [
            {"person": entrant.person, "attempt": entrant.attempt, "excluded": sorted(set(entrant.excluded))}
            for entrant in manifest.people
        ],
    }
    if manifest.algorithm != FIRST_ALGORITHM:
        data["enemies"] = sorted(sorted(pair) for pair in manifest.enemies)
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _question_json(question: PoolQuestion) -> dict[str, object]:
    return {
        "item_version": question.item_version_id,
        "type": question.type.value,
        "options": question.option_count,
        "shuffle": question.shuffle,
    }


def manifest_from_bytes(data: bytes) -> Manifest:
    """The manifest that `canonical_bytes` wrote. Raises ValueError (or `Invalid`, for its spec) for anything else."""
    try:
        raw: dict[str, Any] = json.loads(data)
        manifest = Manifest(
            algorithm=raw["algorithm"],
            session_id=raw["session"],
            number=raw["number"],
            spec=from_json(raw["spec"]),
            law_day=date.fromisoformat(raw["law_day"]),
            pool=tuple(
                PoolItem(
                    item_version_id=item["item_version"],
                    type=QuestionType(item["type"]),
                    law=item["law"],
                    difficulty=Difficulty(item["difficulty"]),
                    option_count=item["options"],
                    shuffle=item["shuffle"],
                    questions=tuple(
                        PoolQuestion(q["item_version"], QuestionType(q["type"]), q["options"], q["shuffle"])
                        for q in item.get("questions", ())
                    ),
                    part=item.get("part", ""),
                    families=tuple(item.get("families", ())),
                )
                for item in raw["pool"]
            ),
            people=tuple(
                Entrant(entry["person"], entry["attempt"], tuple(entry["excluded"]))
                for entry in raw["people"]
            ),
            enemies=tuple((one, other) for one, other in raw.get("enemies", ())),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a manifest: {error!r}") from error
    if canonical_bytes(manifest) != data:
        raise ValueError("not a manifest in its canonical form")
    return manifest


def commitment(seed: bytes, manifest_bytes: bytes) -> str:
    """SHA-256(seed ‖ manifest) in hex, published before the session. The seed has 32 bytes."""
    _check_seed(seed)
    return hashlib.sha256(seed + manifest_bytes).hexdigest()


class NumberStream:
    """The numbers of one person, as the module's docstring defines them."""

    def __init__(self, seed: bytes, session_id: str, person: str, attempt: int) -> None:
        _check_seed(seed)
        self._seed = seed
        self._prefix = _sized(session_id) + _sized(person) + attempt.to_bytes(4)
        self._counter = 0

    def number(self) -> int:
        """The next 64-bit number."""
        block = hmac.digest(self._seed, self._prefix + self._counter.to_bytes(8), "sha256")
        self._counter += 1
        return int.from_bytes(block[:8])

    def below(self, bound: int) -> int:
        """A number from 0 to bound − 1, each equally likely."""
        if bound == 1:
            return 0
        limit = TWO_TO_64 - TWO_TO_64 % bound
        while (number := self.number()) >= limit:
            pass
        return number % bound

    def shuffled(self, entries: Iterable[T]) -> Iterator[T]:
        """The entries in random order; who stops early has taken no more numbers than entries."""
        rest = list(entries)
        for i in range(len(rest)):
            j = i + self.below(len(rest) - i)
            rest[i], rest[j] = rest[j], rest[i]
            yield rest[i]


def draw_paper(seed: bytes, manifest: Manifest, entrant: Entrant) -> DrawnPaper:
    """The paper of one person of the manifest; raises ValueError for anyone else.

    Depends on the seed, the session id, the spec, the pool and this entrant alone. Raises `InsufficientPool`
    with every shortage when the pool cannot fill a paper.
    """
    if entrant not in manifest.people:
        raise ValueError(f"{entrant.person!r} with this attempt and these exclusions is not in the manifest")
    return next(_papers(seed, manifest, (entrant,)))


def draw_papers(seed: bytes, manifest: Manifest) -> tuple[DrawnPaper, ...]:
    """The papers of everybody in the manifest, in its order; errors as in `draw_paper`."""
    return tuple(_papers(seed, manifest, manifest.people))


def _papers(seed: bytes, manifest: Manifest, people: Iterable[Entrant]) -> Iterator[DrawnPaper]:
    found = shortages(manifest.spec, manifest.pool)
    if found:
        raise InsufficientPool(found)
    hat = _Hat(manifest)
    for entrant in people:
        stream = NumberStream(seed, manifest.session_id, entrant.person, entrant.attempt)
        places = hat.draw(stream, frozenset(entrant.excluded))
        questions = tuple(
            DrawnQuestion(position, section, place.item_version_id, _option_order(stream, place))
            for position, (section, place) in enumerate(places, start=1)
        )
        yield DrawnPaper(entrant.person, entrant.attempt, questions)


class _Hat:
    """What all papers of a manifest are drawn from: the items that fit a stratum, and their enemies."""

    def __init__(self, manifest: Manifest) -> None:
        self._strata = strata_of(manifest.spec)
        fits = {item.item_version_id: eligibility(item, self._strata) for item in manifest.pool}
        self._eligible = {item: strata for item, strata in fits.items() if strata}
        self._items = {i.item_version_id: i for i in manifest.pool if i.item_version_id in self._eligible}
        self._enemies: dict[int, set[int]] = {}
        for one, other in manifest.enemies:
            self._enemies.setdefault(one, set()).add(other)
            self._enemies.setdefault(other, set()).add(one)

    def draw(
        self, stream: NumberStream, excluded: frozenset[int]
    ) -> list[tuple[int, PoolItem | PoolQuestion]]:
        """The places of a paper in order, each with its section. Raises `Invalid` when enemies leave none full."""
        for _ in range(MOST_BEGINNINGS):
            sections = self._sections(stream, excluded)
            if sections is not None:
                return [
                    (section, place)
                    for section in sorted(sections)
                    for item in sections[section]
                    for place in self._items[item].places
                ]
        raise Invalid.one(
            "enemies", "互斥的试题过多，抽不满一份试卷。请减少互斥关系，或者增加同类试题。", "sections"
        )

    def _sections(self, stream: NumberStream, excluded: frozenset[int]) -> dict[int, list[int]] | None:
        """Item version ids by section, in the order in which they were drawn; None when places stayed free."""
        filling = Filling(self._strata)
        drawn: list[int] = []
        barred: set[int] = set()
        for again in (False, True):
            candidates = [item for item in self._items if (item in excluded) is again]
            for item in stream.shuffled(candidates) if filling.missing else ():
                if item not in barred and filling.offer(item, self._eligible[item]):
                    drawn.append(item)
                    barred |= self._enemies.get(item, set())
                if not filling.missing:
                    break
        if filling.missing:
            return None
        order = {item: index for index, item in enumerate(drawn)}
        sections: dict[int, list[int]] = {}
        for index, stratum in enumerate(self._strata):
            sections.setdefault(stratum.section, []).extend(filling.items(index))
        return {section: sorted(items, key=order.__getitem__) for section, items in sections.items()}


def _option_order(stream: NumberStream, item: PoolItem | PoolQuestion) -> str:
    letters = OPTION_LETTERS[: item.option_count]
    if item.type is QuestionType.TRUE_FALSE or not item.shuffle:
        return letters
    return "".join(stream.shuffled(letters))


def _check_seed(seed: bytes) -> None:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"the seed has {SEED_BYTES} bytes, not {len(seed)}")


def _sized(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(4) + data
