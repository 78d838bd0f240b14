"""What goes out comes in again unchanged, or the export says that it will not."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.people.rules import UnitFamily
from question_bank.items.rules import (
    LETTERS,
    PARTS,
    TRUE_FALSE_OPTIONS,
    CitationDraft,
    Difficulty,
    ItemDraft,
    QuestionType,
    item_problems,
)
from question_bank.transfer.formats import FORMATS
from question_bank.transfer.rows import ReadRow, StoredRow
from tests.examples import examples
from tests.question_bank.transfer.conftest import BOOK, NEW, OLD

BOTH_WAYS = [known for known in FORMATS if known.read and known.write]
OWN = [known for known in BOTH_WAYS if known.name in {"xlsx", "docx", "txt", "json"}]
"""Those that have a form for every type."""
HAN = "行政机关应当自收到之日起十五日内作出决定公民法人"
WORDS = st.text(alphabet=HAN + "，。；、：（）“”《》0123456789%ABab \n=+-@'√×_", min_size=1, max_size=60)
PLAIN = st.text(alphabet=HAN + "，0123456789", min_size=1, max_size=30)
CITATION = st.builds(
    CitationDraft,
    st.just("行政处罚法"),
    st.sampled_from([OLD, NEW]),
    st.sampled_from(["1", "36", "12之一"]),
    st.sampled_from([None, 1, 2]),
) | st.builds(CitationDraft, st.just("行政许可法"), st.just(date(2019, 4, 23)), st.just("20"))


def trimmed(words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return words.map(lambda text: text.strip().strip("'").strip()).filter(bool)


@st.composite
def drafts(draw: st.DrawFn, words: st.SearchStrategy[str], *, inside: bool = False) -> ItemDraft:
    text = trimmed(words)
    kinds = [
        kind for kind in QuestionType if not inside or kind not in {QuestionType.CASE, QuestionType.SHORT}
    ]
    kind = draw(st.sampled_from(kinds))
    draft = ItemDraft(
        type=kind,
        stem="依照规定，下列说法：" + draw(text),
        options=(),
        answer="",
        explanation=draw(text),
        difficulty=draw(st.sampled_from(Difficulty)),
        citations=tuple(draw(st.lists(CITATION, min_size=1, max_size=3, unique=True))),
        part="" if inside else draw(st.sampled_from(["", *PARTS])),
        shuffle=False,
        families=() if inside else tuple(f for f in UnitFamily if draw(st.booleans())),
    )
    match kind:
        case QuestionType.SINGLE | QuestionType.MULTIPLE:
            texts = draw(st.lists(text, min_size=2, max_size=8, unique=True))
            options = tuple(zip(LETTERS, texts, strict=False))
            least = 1 if kind is QuestionType.SINGLE else 2
            most = 1 if kind is QuestionType.SINGLE else len(options)
            letters = draw(st.sets(st.sampled_from([o[0] for o in options]), min_size=least, max_size=most))
            return replace(
                draft, options=options, answer="".join(sorted(letters)), shuffle=draw(st.booleans())
            )
        case QuestionType.TRUE_FALSE:
            return replace(draft, options=TRUE_FALSE_OPTIONS, answer=draw(st.sampled_from("AB")))
        case QuestionType.BLANK:
            gaps = draw(st.integers(1, 3))
            one = st.lists(trimmed(PLAIN), min_size=1, max_size=3, unique=True).map(tuple)
            accepted = tuple(draw(st.lists(one, min_size=gaps, max_size=gaps)))
            stem = draft.stem.replace("_", "") + "".join("应当在____内，" for _gap in range(gaps))
            return replace(draft, stem=stem, accepted=accepted)
        case QuestionType.SHORT:
            return replace(draft, reference=draw(text))
        case _:
            questions = draw(st.lists(drafts(words, inside=True), min_size=2, max_size=4))
            return replace(draft, questions=tuple(questions))


def valid(draft: ItemDraft) -> bool:
    return not item_problems(draft, BOOK.known, None)


def out_and_in(known, rows: list[StoredRow]) -> tuple[list[ReadRow], set[str]]:
    stream = io.BytesIO()
    losses = known.write(rows, stream, BOOK)
    stream.seek(0)
    read = [row for row in known.read(stream, BOOK) if isinstance(row, ReadRow)]
    return read, {loss.where for loss in losses}


def rows_of(made: list[ItemDraft]) -> list[StoredRow]:
    return [StoredRow(f"q-{number}", draft, number % 2 == 0) for number, draft in enumerate(made, start=1)]


@pytest.mark.parametrize("known", OWN, ids=lambda known: known.name)
@settings(max_examples=examples(40))
@given(made=st.lists(drafts(PLAIN).filter(valid), min_size=1, max_size=4))
def test_ordinary_items_are_carried_by_our_own_formats(known, made):
    rows = rows_of(made)
    read, losses = out_and_in(known, rows)
    assert losses == set()
    assert [(row.code, row.draft, row.reserved) for row in read] == [
        (row.code, row.draft, row.reserved) for row in rows
    ]


@pytest.mark.parametrize("known", BOTH_WAYS, ids=lambda known: known.name)
@settings(max_examples=examples(60))
@given(draft=drafts(WORDS).filter(valid))
def test_what_a_format_does_not_carry_it_tells(known, draft):
    rows = rows_of([draft])
    read, losses = out_and_in(known, rows)
    same = [(row.code, row.draft) for row in read] == [(row.code, row.draft) for row in rows]
    assert same or losses == {"q-1"}


@settings(max_examples=examples(60))
@given(made=st.lists(drafts(WORDS).filter(valid), min_size=1, max_size=4))
def test_json_carries_everything(made):
    known = next(known for known in FORMATS if known.name == "json")
    rows = rows_of(made)
    read, losses = out_and_in(known, rows)
    assert losses == set()
    assert [(row.code, row.draft, row.reserved) for row in read] == [
        (row.code, row.draft, row.reserved) for row in rows
    ]
