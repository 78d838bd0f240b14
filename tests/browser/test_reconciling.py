"""How the page's record and the server's journal come together again: the module by itself, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

ORIGIN = "http://modules.test"
RECONCILE = """async ({ record, lastSeq, answers }) => {
  const { reconcile } = await import("/js/sitting/reconcile.js");
  const outcome = reconcile(record, { lastSeq, answers: new Map(answers) }, () => false);
  const waiting = record.events.map(({ seq, position, choice }) => [seq, position, choice.join("")]);
  return { ...outcome, waiting, kept: record.kept.map(({ seq }) => seq), acknowledged: record.acknowledged };
}"""

REPLIES = """async ({ record, replies }) => {
  const { Outbox } = await import("/js/sitting/outbox.js");
  const outbox = new Outbox({ update: async (change) => change(record) }, () => false);
  const outcomes = [];
  for (const { seq, sent, known } of replies) {
    const { done, contradicts } = await outbox.acknowledge(seq, { sent, known });
    outcomes.push([done.length, contradicts]);
  }
  return { outcomes, record };
}"""
"""What the outbox makes of the server's replies, one after the other."""

MEET = """async ({ record, page }) => {
  const { Outbox } = await import("/js/sitting/outbox.js");
  const outbox = new Outbox({ update: async (change) => change(record) }, () => false);
  return { ...(await outbox.meet({ ...page, answers: new Map(page.answers) })), record };
}"""
"""What the outbox makes of a page as the server wrote it."""


@pytest.fixture(scope="module")
def module_page(browser: Browser) -> Iterator[Page]:
    """A page that can import the modules; no server stands behind it."""
    page = browser.new_page()

    def serve(route):
        path = PROJECT / "static" / route.request.url.removeprefix(f"{ORIGIN}/")
        if path.suffix == ".js":
            route.fulfill(path=path, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    page.route(f"{ORIGIN}/**", serve)
    page.goto(f"{ORIGIN}/")
    yield page
    page.close()


def numbered(first, events):
    before = {}
    made = []
    for seq, (position, choice) in enumerate(events, start=first):
        made.append(
            {
                "seq": seq,
                "position": position,
                "choice": list(choice),
                "before": list(before.get(position, "")),
                "isText": False,
            }
        )
        before[position] = choice
    return made


@pytest.fixture
def meet(module_page):
    def run(*, base=(0, {}), kept=(), waiting=(), last_seq, answers):
        seq, sheet = base
        all_events = numbered(seq + 1, [*kept, *waiting])
        record = {
            "acknowledged": seq + len(kept),
            "base": {"seq": seq, "answers": [[at, list(choice)] for at, choice in sheet.items()]},
            "kept": all_events[: len(kept)],
            "events": all_events[len(kept) :],
        }
        server = [[at, list(choice)] for at, choice in answers.items()]
        return module_page.evaluate(RECONCILE, {"record": record, "lastSeq": last_seq, "answers": server})

    return run


TEN = [(position, "A") for position in range(1, 11)]


def test_a_server_that_knows_what_the_page_knows_changes_nothing(meet):
    met = meet(kept=TEN, waiting=[(11, "B")], last_seq=10, answers=dict(TEN))
    assert met == {
        "wentBack": False,
        "superseded": [],
        "waiting": [[11, 11, "B"]],
        "kept": list(range(1, 11)),
        "acknowledged": 10,
    }


def test_a_server_that_went_back_is_sent_every_event_above_with_its_number(meet):
    met = meet(kept=[*TEN, (2, "B"), (2, "")], waiting=[(11, "C")], last_seq=3, answers=dict(TEN[:3]))
    assert met["wentBack"]
    assert met["superseded"] == []
    assert met["waiting"] == [*([s, s, "A"] for s in range(4, 11)), [11, 2, "B"], [12, 2, ""], [13, 11, "C"]]
    assert (met["kept"], met["acknowledged"]) == ([1, 2, 3], 3)


def test_a_save_whose_reply_was_lost_is_not_sent_twice(meet):
    met = meet(kept=TEN[:2], waiting=[(3, "B"), (4, "C")], last_seq=3, answers={1: "A", 2: "A", 3: "B"})
    assert not met["wentBack"]
    assert (met["waiting"], met["acknowledged"]) == ([[4, 4, "C"]], 3)


def test_what_was_known_before_this_browser_came_is_said_again_too(meet):
    met = meet(base=(5, {1: "A", 2: "B"}), kept=[(3, "C")], last_seq=1, answers={1: "D"})
    assert met["wentBack"]
    assert sorted(met["waiting"], key=lambda event: event[1]) == [[2, 1, "A"], [3, 2, "B"], [4, 3, "C"]]


def test_an_answer_given_elsewhere_after_the_restore_stays_and_is_told(meet):
    # Restored to event 1; another page then answered 2 otherwise, and 5.
    met = meet(kept=TEN[:4], last_seq=3, answers={1: "A", 2: "D", 5: "E"})
    assert met["wentBack"]
    assert met["superseded"] == [2]
    assert met["waiting"] == [[4, 3, "A"], [5, 4, "A"]]


def test_a_server_that_went_back_and_has_grown_since_is_seen_through(meet):
    # As many events as before, and more: but one event cannot have changed three answers.
    met = meet(kept=TEN[:4], last_seq=5, answers={1: "A", 9: "A"})
    assert met["wentBack"]
    assert [event[1:] for event in met["waiting"]] == [[2, "A"], [3, "A"], [4, "A"]]


def test_another_pages_later_answers_are_no_going_back(meet):
    # Taken over, answered and changed elsewhere, and taken back.
    met = meet(kept=[(1, "A"), (1, "B"), (2, "A")], last_seq=5, answers={1: "A", 2: "A", 3: "C"})
    assert not met["wentBack"]
    assert (met["superseded"], met["waiting"], met["acknowledged"]) == ([], [], 5)


def test_what_waits_follows_another_pages_answers_unless_they_are_newer(meet):
    met = meet(kept=[(1, "A")], waiting=[(2, "B"), (1, "C")], last_seq=3, answers={1: "D", 3: "A"})
    assert not met["wentBack"]
    assert met["superseded"] == [1]
    assert met["waiting"] == [[4, 2, "B"]]


def record_of(kept, waiting):
    events = numbered(1, [*kept, *waiting])
    return {
        "acknowledged": len(kept),
        "base": {"seq": 0, "answers": []},
        "kept": events[: len(kept)],
        "events": events[len(kept) :],
    }


@pytest.mark.parametrize(
    ("sent", "known", "seq", "outcome"),
    [
        pytest.param(1, 10, 11, [1, False], id="what went out is acknowledged"),
        pytest.param(0, 10, 11, [0, False], id="what did not go out is not"),
        pytest.param(1, 10, 12, [1, True], id="an event that nobody here made"),
        pytest.param(0, 9, 9, [0, False], id="a slow reply that another tab has overtaken"),
        pytest.param(0, 10, 9, [0, True], id="less than was acknowledged when it was asked"),
    ],
)
def test_a_reply_is_believed_for_what_it_can_say(module_page, sent, known, seq, outcome):
    record = record_of(TEN, [(11, "B")])
    reply = {"seq": seq, "sent": record["events"][:sent], "known": known}
    assert module_page.evaluate(REPLIES, {"record": record, "replies": [reply]})["outcomes"] == [outcome]


def test_a_long_sitting_keeps_a_bounded_record_from_which_every_answer_can_be_said_again(module_page, meet):
    changes = [(1 + at % 45, "ABCD"[at % 4]) for at in range(600)]
    record = record_of([], changes)
    reply = {"seq": 600, "sent": record["events"], "known": 0}
    made = module_page.evaluate(REPLIES, {"record": record, "replies": [reply]})["record"]
    assert (made["acknowledged"], len(made["kept"]), made["base"]["seq"]) == (600, 400, 200)
    base = {at: "".join(choice) for at, choice in made["base"]["answers"]}
    kept = [(event["position"], "".join(event["choice"])) for event in made["kept"]]
    met = meet(base=(200, base), kept=kept, last_seq=0, answers={})
    assert {position: choice for _, position, choice in met["waiting"]} == dict(changes)


def meet_page(module_page, record, **page):
    record = {"paper": "one", "receipt": "", "losses": [], **record}
    shown = {
        "lastSeq": 10,
        "answers": [[at, list(choice)] for at, choice in TEN],
        "paper": "one",
        "known": 0,
        **page,
    }
    return module_page.evaluate(MEET, {"record": record, "page": shown})


def test_no_answer_is_carried_over_to_a_paper_drawn_anew(module_page):
    met = meet_page(module_page, record_of(TEN, [(11, "B")]), paper="another", lastSeq=0, answers=[])
    assert [event["position"] for event in met["former"]] == list(range(1, 12))
    assert (met["record"]["events"], met["record"]["acknowledged"]) == ([], 0)
    assert met["record"]["losses"] == [{"known": 10, "found": 0, "receipt": ""}]


def test_a_page_that_other_tabs_have_overtaken_is_read_again(module_page):
    older = {"lastSeq": 9, "answers": [[at, list(choice)] for at, choice in TEN[:9]]}
    assert meet_page(module_page, record_of(TEN, []), known=0, **older)["stale"]
    met = meet_page(module_page, record_of(TEN, []), known=10, **older)
    assert (met["stale"], met["wentBack"], met["again"]) == (False, True, 1)


def test_a_hand_in_of_which_the_server_knows_nothing_is_told_and_reported_once(module_page):
    met = meet_page(module_page, {**record_of(TEN, []), "receipt": "7Q2M"})
    assert (met["wentBack"], met["receipt"]) == (False, "7Q2M")
    assert met["record"]["losses"] == [{"known": 10, "found": 10, "receipt": "7Q2M"}]
    assert met["record"]["receipt"] == ""
