from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.sittings.answers import (
    LARGEST_BATCH,
    LARGEST_SEQ,
    LONGEST_TEXTS,
    AnswerEvent,
    BadBatch,
    QuestionShape,
    parse_batch,
    readable,
    replay,
)
from question_bank.items.rules import QuestionType

SHAPES = {
    1: QuestionShape(QuestionType.SINGLE, 4),
    2: QuestionShape(QuestionType.MULTIPLE, 5),
    3: QuestionShape(QuestionType.TRUE_FALSE, 2),
    4: QuestionShape(QuestionType.BLANK, 0),
    5: QuestionShape(QuestionType.SHORT, 0),
}
GOOD = {"seq": 17, "position": 2, "choice": ["C", "A"]}


def codes(payload, **kwargs):
    with pytest.raises(BadBatch) as caught:
        parse_batch(payload, **kwargs)
    return [(problem.index, problem.seq, problem.code) for problem in caught.value.problems]


def test_a_batch_is_read_with_its_letters_sorted():
    batch = parse_batch({"events": [GOOD, {"seq": 18, "position": 1, "choice": []}]}, question_types=SHAPES)
    assert batch.events == (AnswerEvent(17, 2, "AC"), AnswerEvent(18, 1, ""))
    assert (batch.first_seq, batch.last_seq) == (17, 18)


def test_an_empty_batch_is_the_heartbeat():
    batch = parse_batch({"events": []}, question_types=SHAPES)
    assert (batch.events, batch.first_seq, batch.last_seq) == ((), None, None)


@pytest.mark.parametrize(
    "payload", [None, [], "events", 1, {}, {"events": None}, {"events": {}}, {"event": []}]
)
def test_what_is_no_batch_is_refused_as_one(payload):
    assert codes(payload) == [(None, None, "not_a_batch")]


def test_a_batch_has_at_most_200_events():
    events = [{"seq": seq, "position": 1, "choice": ["A"]} for seq in range(1, LARGEST_BATCH + 2)]
    assert len(parse_batch({"events": events[:LARGEST_BATCH]}).events) == LARGEST_BATCH
    assert codes({"events": events}) == [(None, None, "too_many_events")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"seq": 0}, "seq"),
        ({"seq": -1}, "seq"),
        ({"seq": True}, "seq"),
        ({"seq": 17.0}, "seq"),
        ({"seq": "17"}, "seq"),
        ({"seq": LARGEST_SEQ + 1}, "seq"),
        ({"position": 0}, "position"),
        ({"position": True}, "position"),
        ({"position": None}, "position"),
        ({"position": 10**9}, "position"),
        ({"position": 9}, "position_unknown"),
        ({"choice": "AC"}, "choice"),
        ({"choice": None}, "choice"),
        ({"choice": ["A", "A"]}, "choice"),
        ({"choice": ["AC", ""]}, "choice"),
        ({"choice": ["a"]}, "choice"),
        ({"choice": ["Ａ"]}, "choice"),
        ({"choice": [1]}, "choice"),
        ({"choice": [["A"]]}, "choice"),
        ({"choice": ["F"]}, "letter_outside_options"),
        ({"position": 3, "choice": ["C"]}, "letter_outside_options"),
        ({"position": 1, "choice": ["A", "B"]}, "too_many_letters"),
        ({"position": 3, "choice": ["A", "B"]}, "too_many_letters"),
    ],
)
def test_each_fault_of_an_event_is_named(change, code):
    event = GOOD | change
    seq = None if code == "seq" else 17
    assert codes({"events": [event]}, question_types=SHAPES) == [(0, seq, code)]


@pytest.mark.parametrize("missing", ["seq", "position", "choice"])
def test_a_missing_field_is_named(missing):
    event = {name: value for name, value in GOOD.items() if name != missing}
    assert [code for _, _, code in codes({"events": [event]})] == [missing]


def test_every_bad_event_is_named_and_the_message_says_which():
    events = [
        GOOD,
        {"seq": 19, "position": 1, "choice": ["A", "B"]},
        "x",
        {"seq": 4, "position": 9, "choice": []},
    ]
    with pytest.raises(BadBatch) as caught:
        parse_batch({"events": events}, question_types=SHAPES)
    assert [(p.index, p.code) for p in caught.value.problems] == [
        (1, "seq_not_contiguous"),
        (1, "too_many_letters"),
        (2, "not_an_event"),
        (3, "position_unknown"),
    ]
    assert all(p.message.startswith(f"第 {p.index + 1} 个事件") for p in caught.value.problems)


@pytest.mark.parametrize("second", [17, 16, 19])
def test_seq_rises_by_one_within_a_batch(second):
    assert codes({"events": [GOOD, GOOD | {"seq": second}]}) == [(1, second, "seq_not_contiguous")]


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
events_like = st.fixed_dictionaries(
    {},
    optional={
        "seq": st.integers(0, 5) | junk,
        "position": st.integers(0, 5) | junk,
        "choice": st.lists(junk) | junk,
    },
)


@given(junk | st.builds(lambda events: {"events": events}, st.lists(events_like | junk, max_size=4)))
def test_whatever_arrives_is_read_or_refused_with_reasons(payload):
    refused = None
    try:
        batch = parse_batch(payload, question_types=SHAPES)
    except BadBatch as refusal:
        refused = refusal
    if refused is None:
        assert len(batch.events) == len(payload["events"])
    else:
        assert refused.problems
        assert all(problem.message for problem in refused.problems)


letters = st.lists(st.sampled_from("ABCDE"), unique=True)


@given(st.integers(1, 1000), st.lists(letters, max_size=20))
def test_a_good_batch_survives_json(first, choices):
    events = [{"seq": first + i, "position": 2, "choice": choice} for i, choice in enumerate(choices)]
    batch = parse_batch(json.loads(json.dumps({"events": events})), question_types=SHAPES)
    assert [(e.seq, list(e.choice)) for e in batch.events] == [
        (e["seq"], sorted(e["choice"])) for e in events
    ]


def test_the_last_answer_wins_and_a_cleared_one_is_gone():
    journal = [(1, 5, "A"), (2, 3, "BD"), (3, 5, "C"), (4, 3, ""), (5, 1, "")]
    assert replay(journal) == {5: "C"}


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["", "A", "BC"])), max_size=30), st.randoms())
def test_replay_depends_on_seq_alone(changes, random):
    journal = [(seq, position, choice) for seq, (position, choice) in enumerate(changes, start=1)]
    expected: dict[int, str] = {}
    for _, position, choice in journal:
        if choice:
            expected[position] = choice
        else:
            expected.pop(position, None)
    random.shuffle(journal)
    assert replay(journal) == expected
    assert list(replay(journal)) == sorted(expected)


def test_an_answer_in_words_keeps_what_was_typed():
    events = [{"seq": 1, "position": 4, "text": " 六十日\n"}, {"seq": 2, "position": 4, "text": " \n "}]
    batch = parse_batch({"events": events}, question_types=SHAPES)
    assert [event.choice for event in batch.events] == ["= 六十日\n", ""]
    assert replay(batch.events[:1]) == {4: "= 六十日\n"}
    assert replay(batch.events) == {}
    assert readable("=市人民政府\n60日") == "市人民政府；60日"
    assert readable("AC") == "AC"


@pytest.mark.parametrize("text", [None, 1, ["六十日"], "六十\x00日", "六十\t日", "\ud800"])
def test_what_is_no_text_is_refused(text):
    assert codes({"events": [{"seq": 1, "position": 4, "text": text}]}) == [(0, 1, "text")]


def test_words_answer_a_blank_and_nothing_else():
    assert codes({"events": [{"seq": 1, "position": 4, "choice": ["A"]}]}, question_types=SHAPES) == [
        (0, 1, "text_wanted")
    ]
    assert codes({"events": [{"seq": 1, "position": 1, "text": "A"}]}, question_types=SHAPES) == [
        (0, 1, "letters_wanted")
    ]
    assert codes({"events": [{"seq": 1, "position": 5, "choice": ["A"]}]}, question_types=SHAPES) == [
        (0, 1, "text_wanted")
    ]
    cleared = [{"seq": 1, "position": 4, "choice": []}, {"seq": 2, "position": 1, "text": ""}]
    assert len(parse_batch({"events": cleared}, question_types=SHAPES).events) == 2


def test_a_text_has_the_length_of_its_type():
    for position, longest in ((4, LONGEST_TEXTS[QuestionType.BLANK]), (5, 2000)):
        good = {"events": [{"seq": 1, "position": position, "text": "长" * longest}]}
        (event,) = parse_batch(good, question_types=SHAPES).events
        assert event.choice == "=" + "长" * longest
    long_blank = {
        "events": [{"seq": 1, "position": 4, "text": "长" * (LONGEST_TEXTS[QuestionType.BLANK] + 1)}]
    }
    assert codes(long_blank, question_types=SHAPES) == [(0, 1, "text_too_long")]
    assert codes({"events": [{"seq": 1, "position": 5, "text": "长" * 2001}]}) == [(0, 1, "text_too_long")]


@given(st.text(max_size=50))
def test_any_text_is_either_refused_or_kept_as_it_is(text):
    try:
        (event,) = parse_batch({"events": [{"seq": 1, "position": 4, "text": text}]}).events
    except BadBatch:
        assert any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) < 0xE000 for c in text)
    else:
        assert event.choice == ("=" + text if text.strip() else "")
