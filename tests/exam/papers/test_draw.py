from __future__ import annotations

import hashlib
import hmac
import random
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from exam.papers.draw import (
    FIRST_ALGORITHM,
    DrawnQuestion,
    Entrant,
    InsufficientPool,
    Manifest,
    NumberStream,
    PoolItem,
    PoolQuestion,
    canonical_bytes,
    commitment,
    draw_paper,
    draw_papers,
    manifest_from_bytes,
)
from exam.papers.rules import DEFAULT_SPEC, PaperSpec, Section
from question_bank.items.rules import Difficulty, QuestionType

SINGLE, MULTIPLE, TRUE_FALSE, BLANK, _SHORT, CASE = QuestionType
EASY, MEDIUM, HARD = Difficulty


def item(number, type_=SINGLE, *, law="宪法", difficulty=EASY, options=4, shuffle=True):
    return PoolItem(number, type_, law, difficulty, 2 if type_ is TRUE_FALSE else options, shuffle)


def large_pool(singles=60, multiples=25, true_false=25):
    types = [SINGLE] * singles + [MULTIPLE] * multiples + [TRUE_FALSE] * true_false
    laws = ["宪法", "监察法", "公务员法", "行政处罚法"]
    return tuple(
        item(100 + n, t, law=laws[n % 4], difficulty=list(Difficulty)[n % 3]) for n, t in enumerate(types)
    )


def manifest_of(spec=DEFAULT_SPEC, pool=None, people=(Entrant("1"),), **fields):
    return Manifest(
        "s-1", 1, spec, date(2026, 11, 20), large_pool() if pool is None else pool, people, **fields
    )


def spec_of(*sections):
    return replace(DEFAULT_SPEC, sections=sections)


def drawn_items(paper, section=None):
    return [q.item_version_id for q in paper.questions if section in (None, q.section)]


# --- the test vectors -------------------------------------------------------------------------------------

VECTOR_SEED = bytes(range(32))
VECTOR = Manifest(
    session_id="session-1",
    number=1,
    spec=PaperSpec(
        "小卷",
        (
            Section(SINGLE, 2, Decimal(2), ("宪法",)),
            Section(SINGLE, 2, Decimal(2)),
            Section(TRUE_FALSE, 1, Decimal(2)),
        ),
        Decimal(6),
        10,
    ),
    law_day=date(2026, 11, 20),
    pool=(
        item(11),
        item(12, law="监察法", difficulty=MEDIUM),
        item(13),
        item(14, law="监察法", difficulty=HARD),
        item(15, shuffle=False),
        item(16, options=5),
        item(21, TRUE_FALSE),
        item(22, TRUE_FALSE, law="监察法"),
        item(31, MULTIPLE),
    ),
    people=(Entrant("person-1"), Entrant("person-2", 2, (11, 13, 21))),
    algorithm=FIRST_ALGORITHM,
)
VECTOR_MANIFEST = (
    '{"algorithm":"kaofa-draw-1","law_day":"2026-11-20","number":1,"people":[{"attempt":1,"excluded":[],"'
    'person":"person-1"},{"attempt":2,"excluded":[11,13,21],"person":"person-2"}],"pool":[{"difficulty":"'
    'easy","item_version":11,"law":"宪法","options":4,"shuffle":true,"type":"single"},{"difficulty":"medium'
    '","item_version":12,"law":"监察法","options":4,"shuffle":true,"type":"single"},{"difficulty":"easy","it'
    'em_version":13,"law":"宪法","options":4,"shuffle":true,"type":"single"},{"difficulty":"hard","item_ver'
    'sion":14,"law":"监察法","options":4,"shuffle":true,"type":"single"},{"difficulty":"easy","item_version"'
    ':15,"law":"宪法","options":4,"shuffle":false,"type":"single"},{"difficulty":"easy","item_version":16,"'
    'law":"宪法","options":5,"shuffle":true,"type":"single"},{"difficulty":"easy","item_version":21,"law":"'
    '宪法","options":2,"shuffle":true,"type":"true_false"},{"difficulty":"easy","item_version":22,"law":"监察'
    '法","options":2,"shuffle":true,"type":"true_false"},{"difficulty":"easy","item_version":31,"law":"宪法"'
    ',"options":4,"shuffle":true,"type":"multiple"}],"session":"session-1","spec":{"half_marks_for_incomp'
    'lete":false,"minutes":10,"name":"小卷","pass_mark":"6","sections":[{"count":2,"difficulty":[],"laws":['
    '"宪法"],"marks":"2","type":"single"},{"count":2,"difficulty":[],"laws":[],"marks":"2","type":"single"}'
    ',{"count":1,"difficulty":[],"laws":[],"marks":"2","type":"true_false"}]}}'
)
VECTOR_COMMITMENT = "6efc8dbbd495493e2ea7312efd4fcaa32d84383b07dfda91e551469fbbc94cc7"
VECTOR_NUMBERS = ["1662a172a9b21215", "3481dfbc0758742a", "6a3d36674518619c", "8e87e00635b93cee"]
VECTOR_PAPERS = {
    "person-1": [
        (1, 1, 16, "AEDCB"),
        (2, 1, 13, "BCDA"),
        (3, 2, 12, "BDAC"),
        (4, 2, 15, "ABCD"),
        (5, 3, 21, "AB"),
    ],
    "person-2": [
        (1, 1, 16, "EBDAC"),
        (2, 1, 15, "ABCD"),
        (3, 2, 12, "DBAC"),
        (4, 2, 14, "BADC"),
        (5, 3, 22, "AB"),
    ],
}


def test_vector_manifest_and_commitment():
    assert canonical_bytes(VECTOR).decode() == VECTOR_MANIFEST
    assert commitment(VECTOR_SEED, canonical_bytes(VECTOR)) == VECTOR_COMMITMENT


def test_vector_numbers():
    stream = NumberStream(VECTOR_SEED, "session-1", "person-1", 1)
    assert [f"{stream.number():016x}" for _ in range(4)] == VECTOR_NUMBERS


def test_vector_papers():
    papers = {
        paper.person: [(q.position, q.section, q.item_version_id, q.option_order) for q in paper.questions]
        for paper in draw_papers(VECTOR_SEED, VECTOR)
    }
    assert papers == VECTOR_PAPERS


# --- a second reading of the algorithm's description, for strata that do not overlap ------------------------


class StreamByDescription:
    def __init__(self, seed, session, person, attempt):
        self.seed, self.counter = seed, 0
        self.who = b"".join(len(s.encode()).to_bytes(4, "big") + s.encode() for s in (session, person))
        self.who += attempt.to_bytes(4, "big")

    def below(self, n):
        if n == 1:
            return 0
        while True:
            block = hmac.new(self.seed, self.who + self.counter.to_bytes(8, "big"), hashlib.sha256).digest()
            self.counter += 1
            x = int.from_bytes(block[:8], "big")
            if x < 2**64 - 2**64 % n:
                return x % n

    def exchange(self, row, at):
        other = at + self.below(len(row) - at)
        row[at], row[other] = row[other], row[at]

    def letters(self, drawn):
        letters = list("ABCDEFGHIJ"[: drawn.option_count])
        if drawn.shuffle and drawn.type is not TRUE_FALSE:
            for at in range(len(letters)):
                self.exchange(letters, at)
        return "".join(letters)


def items_by_description(stream, manifest, excluded):
    room = {(s.type, d): n for s in manifest.spec.sections for d, n in (s.difficulty or ((None, s.count),))}

    def place(i):
        return next((key for key in ((i.type, i.difficulty), (i.type, None)) if key in room), None)

    kept = []
    for again in (False, True):
        row = [i for i in manifest.pool if place(i) and (i.item_version_id in excluded) is again]
        for at in range(len(row)):
            if not any(room.values()):
                break
            stream.exchange(row, at)
            if room[place(row[at])]:
                room[place(row[at])] -= 1
                kept.append(row[at])
    return kept


def paper_by_description(seed, manifest, entrant):
    stream = StreamByDescription(seed, manifest.session_id, entrant.person, entrant.attempt)
    section_of = {s.type: number for number, s in enumerate(manifest.spec.sections, start=1)}
    kept = sorted(items_by_description(stream, manifest, entrant.excluded), key=lambda i: section_of[i.type])
    return tuple(
        DrawnQuestion(position, section_of[i.type], i.item_version_id, stream.letters(i))
        for position, i in enumerate(kept, start=1)
    )


mixes = st.sampled_from([(), ((EASY, 2), (HARD, 1)), ((MEDIUM, 1), (EASY, 1), (HARD, 1))])
items = st.builds(
    item,
    st.just(0),
    st.sampled_from([SINGLE, MULTIPLE, TRUE_FALSE]),
    law=st.sampled_from(["宪法", "监察法"]),
    difficulty=st.sampled_from(Difficulty),
    options=st.integers(2, 10),
    shuffle=st.booleans(),
)
seeds = st.binary(min_size=32, max_size=32)


@st.composite
def manifests(draw, extra_sections=False):
    """Manifests whose pool always suffices: four items of each type and difficulty, and some more."""
    always = [
        item(0, t, law="宪法", difficulty=d)
        for t in (SINGLE, MULTIPLE, TRUE_FALSE)
        for d in Difficulty
        for _ in range(4)
    ]
    pool = draw(st.permutations(always + draw(st.lists(items, max_size=12))))
    numbered = tuple(replace(i, item_version_id=n) for n, i in enumerate(pool, start=1))
    parts = [
        Section(t, 3, Decimal(2), (), draw(mixes))
        for t in draw(st.permutations([SINGLE, MULTIPLE, TRUE_FALSE]))
    ]
    if extra_sections:
        parts.insert(draw(st.integers(0, 3)), Section(SINGLE, 3, Decimal(1), ("宪法",), draw(mixes)))
    excluded = st.lists(st.integers(1, len(numbered)), unique=True).map(lambda ids: tuple(sorted(ids)))
    people = tuple(
        Entrant(label, draw(st.integers(0, 3)), draw(excluded))
        for label in draw(st.lists(st.text(max_size=6), min_size=1, max_size=3, unique=True))
    )
    return manifest_of(spec_of(*parts), numbered, people)


@given(seeds, manifests())
def test_the_draw_is_what_its_description_says(seed, manifest):
    for entrant in manifest.people:
        assert draw_paper(seed, manifest, entrant).questions == paper_by_description(seed, manifest, entrant)


# --- what holds of every paper ------------------------------------------------------------------------------


@given(seeds, manifests(extra_sections=True))
def test_every_paper_is_what_the_spec_asks_for(seed, manifest):
    pool = {i.item_version_id: i for i in manifest.pool}
    for paper in draw_papers(seed, manifest):
        assert [q.position for q in paper.questions] == list(range(1, len(paper.questions) + 1))
        assert [q.section for q in paper.questions] == sorted(q.section for q in paper.questions)
        assert len(set(drawn_items(paper))) == len(paper.questions)
        for number, section in enumerate(manifest.spec.sections, start=1):
            got = [pool[i] for i in drawn_items(paper, number)]
            assert len(got) == section.count
            assert {i.type for i in got} == {section.type}
            assert not section.laws or {i.law for i in got} <= set(section.laws)
            assert not section.difficulty or Counter(i.difficulty for i in got) == dict(section.difficulty)
        for question in paper.questions:
            drawn = pool[question.item_version_id]
            letters = "ABCDEFGHIJ"[: drawn.option_count]
            assert "".join(sorted(question.option_order)) == letters
            if drawn.type is TRUE_FALSE or not drawn.shuffle:
                assert question.option_order == letters


@given(seeds, manifests(extra_sections=True), st.data())
def test_a_paper_is_repeatable_and_owes_nothing_to_the_other_people(seed, manifest, data):
    entrant = data.draw(st.sampled_from(manifest.people))
    alone = replace(manifest, people=(entrant,), number=2)
    crowded = replace(manifest, people=(Entrant("somebody else"), *reversed(manifest.people)))
    paper = draw_paper(seed, manifest, entrant)
    assert paper == draw_paper(seed, manifest, entrant)
    assert paper == draw_paper(seed, alone, entrant) == draw_paper(seed, crowded, entrant)
    assert paper in draw_papers(seed, manifest)


@given(seeds, manifests(extra_sections=True))
def test_excluded_items_come_back_only_where_nothing_else_is_left(seed, manifest):
    for entrant in manifest.people:
        paper = draw_paper(seed, manifest, entrant)
        returned = len(set(drawn_items(paper)) & set(entrant.excluded))
        fresh = tuple(i for i in manifest.pool if i.item_version_id not in entrant.excluded)
        assert returned == fewest_returns(manifest.spec, fresh)


def fewest_returns(spec, fresh):
    """How many places the fresh items alone leave empty, by augmenting paths over single places."""
    places = [
        (section, difficulty)
        for section in spec.sections
        for difficulty, n in (section.difficulty or ((None, section.count),))
        for _ in range(n)
    ]
    fits = [
        [
            i
            for i, candidate in enumerate(fresh)
            if candidate.type is section.type
            and (not section.laws or candidate.law in section.laws)
            and difficulty in (None, candidate.difficulty)
        ]
        for section, difficulty in places
    ]
    holder = {}

    def fill(place, tried):
        for i in fits[place]:
            if i not in tried:
                tried.add(i)
                if i not in holder or fill(holder[i], tried):
                    holder[i] = place
                    return True
        return False

    return sum(not fill(place, set()) for place in range(len(places)))


def test_the_previous_paper_is_avoided_while_the_pool_allows_it():
    pool = large_pool()
    first = draw_paper(VECTOR_SEED, manifest_of(pool=pool), Entrant("1"))
    entrant = Entrant("1", 2, tuple(sorted(drawn_items(first))))
    second = draw_paper(VECTOR_SEED, manifest_of(pool=pool, people=(entrant,)), entrant)
    assert not set(drawn_items(first)) & set(drawn_items(second))
    # 30 singles for 25 places: 5 are fresh, 20 come back, at the end of their section.
    small = (
        tuple(i for i in pool if i.type is not SINGLE or i.item_version_id in entrant.excluded) + pool[55:60]
    )
    small = tuple({i.item_version_id: i for i in small}.values())
    fresh = {i.item_version_id for i in small} - set(entrant.excluded)
    third = draw_paper(VECTOR_SEED, manifest_of(pool=small, people=(entrant,)), entrant)
    is_fresh = [i in fresh for i in drawn_items(third, 1)]
    assert is_fresh == sorted(is_fresh, reverse=True)
    assert sum(is_fresh) == sum(i.type is SINGLE and i.item_version_id in fresh for i in small)


def test_a_pool_that_is_just_enough_is_used_up_even_where_sections_overlap():
    spec = spec_of(Section(SINGLE, 3, Decimal(2)), Section(SINGLE, 3, Decimal(2), ("宪法",)))
    pool = tuple(item(n, law="宪法" if n <= 3 else "监察法") for n in range(1, 7))
    for n in range(20):
        paper = draw_paper(bytes([n]) * 32, manifest_of(spec, pool), Entrant("1"))
        assert set(drawn_items(paper, 2)) == {1, 2, 3}


def test_an_insufficient_pool_names_every_shortage():
    with pytest.raises(InsufficientPool) as caught:
        draw_papers(VECTOR_SEED, manifest_of(pool=large_pool(24, 9, 10)))
    assert [(s.sections, s.wanted, s.available) for s in caught.value.shortages] == [
        ((1,), 25, 24),
        ((2,), 10, 9),
    ]
    assert [p.where for p in caught.value.problems] == ["sections.1", "sections.2"]
    assert "需要 25 题，可用的只有 24 题" in caught.value.message


# --- the manifest and its commitment ------------------------------------------------------------------------


@given(manifests())
def test_the_stored_manifest_can_be_read_back(manifest):
    data = canonical_bytes(manifest)
    assert canonical_bytes(manifest_from_bytes(data)) == data
    assert manifest_from_bytes(data) == manifest


def test_the_order_in_which_exclusions_are_given_is_not_part_of_the_manifest():
    one, other = (manifest_of(people=(Entrant("1", 1, ids),)) for ids in ((3, 1, 2), (1, 2, 3, 3)))
    assert canonical_bytes(one) == canonical_bytes(other)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"null", b"\xff", canonical_bytes(VECTOR).replace(b":", b": ")]
)
def test_bytes_that_are_no_manifest_are_refused(data):
    with pytest.raises(ValueError, match=r"."):
        manifest_from_bytes(data)


CHANGES = {
    "session_id": "session-2",
    "number": 2,
    "law_day": date(2026, 11, 21),
    "spec": replace(VECTOR.spec, minutes=11),
    "pool": VECTOR.pool[::-1],
    "people": VECTOR.people[::-1],
}


@pytest.mark.parametrize(
    "changed",
    [replace(VECTOR, **{name: value}) for name, value in CHANGES.items()]
    + [
        replace(VECTOR, pool=(replace(VECTOR.pool[0], **change), *VECTOR.pool[1:]))
        for change in (
            {"item_version_id": 99},
            {"type": MULTIPLE},
            {"law": "刑法"},
            {"difficulty": HARD},
            {"option_count": 5},
            {"shuffle": False},
        )
    ]
    + [
        replace(VECTOR, people=(replace(VECTOR.people[0], **change), VECTOR.people[1]))
        for change in ({"person": "person-3"}, {"attempt": 2}, {"excluded": (12,)})
    ],
)
def test_any_change_of_the_manifest_or_the_seed_changes_the_commitment(changed):
    promised = commitment(VECTOR_SEED, canonical_bytes(VECTOR))
    assert commitment(VECTOR_SEED, canonical_bytes(changed)) != promised
    assert commitment(bytes(32), canonical_bytes(VECTOR)) != promised


def test_what_would_make_a_draw_ambiguous_is_refused():
    with pytest.raises(ValueError, match="pool"):
        manifest_of(pool=(item(1), item(1, MULTIPLE)))
    with pytest.raises(ValueError, match="person"):
        manifest_of(people=(Entrant("1"), Entrant("1", 1, (7,))))
    with pytest.raises(ValueError, match="algorithm"):
        manifest_of(algorithm="kaofa-draw-3")
    with pytest.raises(ValueError, match="options"):
        item(1, options=11)
    with pytest.raises(ValueError, match="not in the manifest"):
        draw_paper(VECTOR_SEED, VECTOR, Entrant("stranger"))
    for seed in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            commitment(seed, b"")
        with pytest.raises(ValueError, match="32 bytes"):
            draw_papers(seed, VECTOR)


def test_people_whose_labels_run_together_have_different_streams():
    labels = [("ab", "c", 1), ("a", "bc", 1), ("abc", "", 1), ("", "abc", 1), ("a", "bc", 2), ("考", "法", 1)]
    assert len({NumberStream(VECTOR_SEED, *label).number() for label in labels}) == len(labels)


# --- fairness: fixed seeds, so these either hold or do not ---------------------------------------------------


def seeds_of(count):
    generator = random.Random(20261120)
    return [generator.randbytes(32) for _ in range(count)]


def is_even(counts, categories):
    """Chi-square against an even spread at 0.1 % (z = 3.09), its bound by Wilson and Hilferty's approximation."""
    categories = list(categories)
    assert set(counts) <= set(categories)
    expected = counts.total() / len(categories)
    statistic = sum((counts[c] - expected) ** 2 / expected for c in categories)
    freedom = len(categories) - 1
    part = 2 / (9 * freedom)
    return statistic < freedom * (1 - part + 3.09 * part**0.5) ** 3


def test_numbers_below_a_bound_are_evenly_spread():
    stream = NumberStream(VECTOR_SEED, "s", "p", 1)
    for bound in (2, 3, 7, 45):
        assert is_even(Counter(stream.below(bound) for _ in range(9000)), range(bound))


def test_rejection_drops_the_numbers_that_would_favour_small_results(monkeypatch):
    stream = NumberStream(VECTOR_SEED, "s", "p", 1)
    given_numbers = iter([2**64 - 1, 2**64 - 2, 10])
    monkeypatch.setattr(stream, "number", lambda: next(given_numbers))
    # 2^64 = 1 mod 3: only the largest number is dropped; 2^64 − 2 is 2 mod 3.
    assert stream.below(3) == 2
    assert stream.below(3) == 1


def test_shuffles_give_every_order_equally_often():
    stream = NumberStream(VECTOR_SEED, "s", "p", 1)
    counts = Counter("".join(stream.shuffled("ABCD")) for _ in range(12_000))
    assert len(counts) == 24
    assert is_even(counts, counts)


def test_every_item_is_drawn_equally_often_in_every_place():
    pool = tuple(item(n) for n in range(1, 9))
    people = tuple(Entrant(str(n)) for n in range(4000))
    papers = draw_papers(VECTOR_SEED, manifest_of(spec_of(Section(SINGLE, 3, Decimal(2))), pool, people))
    for place in range(3):
        assert is_even(Counter(drawn_items(paper)[place] for paper in papers), range(1, 9))
    assert is_even(Counter(paper.questions[0].option_order[0] for paper in papers), "ABCD")


def test_a_mix_of_difficulties_does_not_come_in_blocks():
    pool = tuple(item(n, difficulty=EASY if n <= 5 else HARD) for n in range(1, 11))
    spec = spec_of(Section(SINGLE, 4, Decimal(2), (), ((EASY, 2), (HARD, 2))))
    papers = [draw_paper(seed, manifest_of(spec, pool), Entrant("1")) for seed in seeds_of(3000)]
    assert is_even(Counter(drawn_items(paper)[0] for paper in papers), range(1, 11))


def test_three_hundred_people_get_three_hundred_papers_none_with_an_item_of_the_last_one():
    pool = large_pool(150, 75, 75)
    ids = [i.item_version_id for i in pool]
    people = tuple(Entrant(str(n), 1, tuple(ids[n % 200 : n % 200 + 45])) for n in range(300))
    papers = draw_papers(VECTOR_SEED, manifest_of(pool=pool, people=people))
    assert len({tuple(drawn_items(paper)) for paper in papers}) == 300
    for entrant, paper in zip(people, papers, strict=True):
        assert not set(entrant.excluded) & set(drawn_items(paper))


# --- cases and enemies ------------------------------------------------------------------------------------


def case(number, *types, law="宪法"):
    questions = tuple(
        PoolQuestion(10 * number + n, t, {TRUE_FALSE: 2, BLANK: 0}.get(t, 4), t in {SINGLE, MULTIPLE})
        for n, t in enumerate(types, start=1)
    )
    return PoolItem(number, CASE, law, MEDIUM, 0, shuffle=False, questions=questions)


CASES = (
    case(901, SINGLE, TRUE_FALSE, BLANK),
    case(902, SINGLE, MULTIPLE, SINGLE),
    case(903, SINGLE, SINGLE),
    case(904, MULTIPLE, MULTIPLE, TRUE_FALSE),
)
CASE_SPEC = spec_of(
    Section(SINGLE, 3, Decimal(2)),
    Section(CASE, 2, Decimal(3), questions=3),
    Section(TRUE_FALSE, 1, Decimal(2)),
)


@given(st.binary(min_size=32, max_size=32))
def test_the_questions_of_a_case_stand_together_in_their_order(seed):
    (paper,) = draw_papers(seed, manifest_of(CASE_SPEC, (*large_pool(), *CASES)))
    assert [q.position for q in paper.questions] == list(range(1, 11))
    versions = drawn_items(paper, 2)
    of = [{q.item_version_id: c.item_version_id for q in c.questions} for c in CASES]
    whole = [next(owner[v] for owner in of if v in owner) for v in versions]
    assert len(set(whole)) == 2
    assert 903 not in whole  # it has two questions
    for start in (0, 3):
        chosen = next(c for c in CASES if c.item_version_id == whole[start])
        assert versions[start : start + 3] == [q.item_version_id for q in chosen.questions]
    orders = {q.item_version_id: q.option_order for q in paper.questions}
    for chosen in CASES:
        for question in chosen.questions:
            if question.item_version_id in orders:
                letters = "ABCD"[: question.option_count]
                assert sorted(orders[question.item_version_id]) == list(letters)
                assert question.shuffle or orders[question.item_version_id] == letters


def test_a_pool_short_of_cases_says_so():
    with pytest.raises(InsufficientPool) as short:
        draw_papers(VECTOR_SEED, manifest_of(CASE_SPEC, (*large_pool(), *CASES[:1], CASES[2])))
    assert "案例分析题" in short.value.shortages[0].words
    assert "每题 3 小题" in short.value.shortages[0].words


@given(
    st.binary(min_size=32, max_size=32),
    st.sets(st.tuples(st.integers(100, 109), st.integers(100, 109)), max_size=8),
)
def test_enemies_are_never_on_one_paper(seed, pairs):
    enemies = tuple((a, b) for a, b in pairs if a != b)
    pool = tuple(item(100 + n) for n in range(14))
    manifest = manifest_of(spec_of(Section(SINGLE, 4, Decimal(2))), pool, enemies=enemies)
    (paper,) = draw_papers(seed, manifest)
    versions = set(drawn_items(paper))
    assert len(versions) == 4
    assert not any({a, b} <= versions for a, b in enemies)
    assert manifest_from_bytes(canonical_bytes(manifest)) == replace(
        manifest, enemies=tuple(sorted((min(p), max(p)) for p in enemies))
    )


def test_a_paper_is_begun_anew_when_an_enemy_leaves_it_short():
    pool = tuple(item(100 + n) for n in range(4))
    enemies = ((100, 101), (100, 102), (100, 103))  # only the three others fill a paper
    manifest = manifest_of(spec_of(Section(SINGLE, 3, Decimal(2))), pool, enemies=enemies)
    for n in range(20):
        (paper,) = draw_papers(bytes([n] * 32), manifest)
        assert sorted(drawn_items(paper)) == [101, 102, 103]


def test_too_many_enemies_are_told():
    pool = tuple(item(100 + n) for n in range(3))
    manifest = manifest_of(
        spec_of(Section(SINGLE, 2, Decimal(2))), pool, enemies=((100, 101), (100, 102), (101, 102))
    )
    with pytest.raises(Invalid, match="互斥的试题过多"):
        draw_papers(VECTOR_SEED, manifest)


def test_the_first_algorithm_knows_neither_enemies_nor_cases():
    for wrong in ({"enemies": ((100, 101),)}, {"pool": (*large_pool(), CASES[0])}):
        with pytest.raises(ValueError, match="kaofa-draw-1"):
            manifest_of(algorithm=FIRST_ALGORITHM, **wrong)


SECOND_VECTOR = Manifest(
    "session-2",
    1,
    PaperSpec(
        "案例卷", (Section(SINGLE, 2, Decimal(2)), Section(CASE, 1, Decimal(3), questions=3)), Decimal(6), 10
    ),
    date(2026, 11, 24),
    (item(11), item(12), item(13), CASES[0], CASES[1]),
    (Entrant("person-1"), Entrant("person-2", 2, (901,))),
    enemies=((12, 11),),
)
SECOND_COMMITMENT = "b17deab9084823d826a1b036bec61e279e087c78bce119f25f4cd0a67db8cd0c"
SECOND_PAPERS = {
    "person-1": [(1, 13, "ABCD"), (1, 12, "BDCA"), (2, 9021, "ACBD"), (2, 9022, "BCDA"), (2, 9023, "DABC")],
    "person-2": [(1, 13, "DBAC"), (1, 11, "BDAC"), (2, 9021, "DCAB"), (2, 9022, "BCAD"), (2, 9023, "BCAD")],
}


def test_the_second_vector():
    assert commitment(VECTOR_SEED, canonical_bytes(SECOND_VECTOR)) == SECOND_COMMITMENT
    assert {
        paper.person: [(q.section, q.item_version_id, q.option_order) for q in paper.questions]
        for paper in draw_papers(VECTOR_SEED, SECOND_VECTOR)
    } == SECOND_PAPERS
    assert manifest_from_bytes(canonical_bytes(SECOND_VECTOR)) == replace(SECOND_VECTOR, enemies=((11, 12),))
