"""A candidate's whole way by plain HTTP, and whatever can be fetched on it holds no key and no explanation.

Two searches: sentinels in everything that explains an answer, and twin papers that differ in nothing but their
keys, whose pages must then be the same to the letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import update

from core import clock
from core.db import transaction
from exam.papers.rules import PaperSpec, Section
from exam.papers.services import add_spec
from exam.sittings.models import KeyRelease
from exam.sittings.office import reveal_finished
from question_bank.items.models import Item
from question_bank.items.rules import QuestionType
from tests.factories.bank import make_draft, make_item
from tests.factories.office import OFFICER, admit, issue, make_session, prepare
from tests.factories.sittings import PASSWORD as OLD_PASSWORD
from tests.factories.sittings import client_of, make_sitting, start_sitting
from tests.stories.papers import right_answers, shown_key

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.client import SiteClient

SENTINEL = "解析哨兵"
ARTICLE = "49"
SAID_OF_KEYS = (SENTINEL, f"第 {ARTICLE} 条", f"第{ARTICLE}条")
PASSWORD = "Zhong-guo-1949"
LINK = re.compile(r'(?:href|src)="(?:http://localhost)?(/[^"#]*)')
KEY_WORDS = re.compile(r'\b(?:data-)?(?:answer|key|correct|explanation)s?"?\s*[=:]', re.IGNORECASE)
SIZES = ((QuestionType.SINGLE, 3), (QuestionType.MULTIPLE, 2), (QuestionType.TRUE_FALSE, 2))


@dataclass
class Gleaner:
    """A browser that follows every link it is shown and keeps everything it was ever sent."""

    client: SiteClient
    received: dict[str, str] = field(default_factory=dict)

    def keep(self, stage: str, response: TestResponse) -> TestResponse:
        head = "\n".join(f"{name}: {value}" for name, value in response.headers)
        self.received[f"{stage} {response.request.path}"] = f"{head}\n\n{response.text}"
        response.close()
        return response

    def follow_all(self, stage: str, *, first: str = "/") -> None:
        """Everything that can be reached by links from a page, each once; nothing there may fail."""
        waiting, seen = [first], {first, "/sign-out"}
        while waiting:
            response = self.keep(stage, self.client.get(waiting.pop()))
            assert response.status_code in {200, 303}, response.request.path
            links = LINK.findall(response.text) if response.mimetype == "text/html" else []
            for link in [*links, *([response.location] if response.location else [])]:
                if link not in seen and not link.startswith("/bootstrap"):
                    seen.add(link)
                    waiting.append(link)

    def pages(self) -> dict[str, str]:
        """What was received but for the files that everyone is served alike."""
        return {where: text for where, text in self.received.items() if " /static/" not in where}


def keep_for_sessions() -> None:
    """As an office does with what it will ask: none of it is ever practised."""
    with transaction() as session:
        session.execute(update(Item).values(reserved=True))


def sentinel_item(kind: QuestionType) -> None:
    draft = make_draft(kind, article=ARTICLE)
    make_item(kind, draft=replace(draft, explanation=f"{SENTINEL}：{draft.explanation}"))


def make_room(key_release: KeyRelease, people: int) -> tuple[UUID, list[UUID]]:
    """A session that is open now, with drawn papers from a bank of sentinels."""
    for kind, count in SIZES:
        for _ in range(count + 1):
            sentinel_item(kind)
    keep_for_sessions()
    sections = tuple(Section(kind, count, Decimal(2)) for kind, count in SIZES)
    now = clock.now()
    spec_id = add_spec(spec=PaperSpec("哨兵卷", sections, Decimal(8), minutes=30), actor=OFFICER, now=now)
    session_id = make_session(now, paper_spec_id=spec_id, key_release=key_release)
    sittings = admit(session_id, people, now=now)
    prepare(session_id, now=now)
    return session_id, sittings


def enter_all(app: Flask, session_id: UUID) -> dict[str, Gleaner]:
    """Every candidate of the session, signed in with the one-time password and a new one; by sitting."""
    entered = {}
    for account in issue(session_id, now=clock.now()):
        gleaner = Gleaner(app.test_client())
        gleaner.keep("sign-in", gleaner.client.get("/sign-in"))
        gleaner.keep("sign-in", gleaner.client.sign_in(account.username, account.password))
        typed = {"current_password": account.password, "new_password": PASSWORD, "repeat_password": PASSWORD}
        gleaner.keep("password", gleaner.client.send("/password", typed))
        gleaner.follow_all("before the start")
        sitting = re.search(r"/sittings/([0-9a-f-]{36})", " ".join(gleaner.received))[1]
        entered[sitting] = gleaner
    return entered


def sit(gleaner: Gleaner, sitting: str, *, right: int) -> None:
    """From the start to the receipt, by all that can be posted, well and badly."""
    client, url = gleaner.client, f"/sittings/{sitting}"
    gleaner.keep("start", client.send(f"{url}/start"))
    gleaner.follow_all("running")
    gleaner.follow_all("running", first=f"{url}/hand-in")
    batch = right_answers(sitting, right)
    for body in (
        {"events": []},
        batch,
        batch,
        {"events": [{"seq": 99, "position": 1, "choice": ["A"]}]},
        {"events": [{"seq": 1, "position": 1, "choice": ["B", "C"]}]},
        {"events": [{"seq": right + 1, "position": 1, "choice": ["H"]}]},
        {"events": [{"seq": right + 1, "position": 99, "choice": ["A"]}]},
        "nonsense",
    ):
        stage = f"saving {len(gleaner.received)}"
        gleaner.keep(stage, client.send_json(f"{url}/answers", body))
    gleaner.follow_all("saved")
    handed_in = client.post(
        f"{url}/submit", headers={"X-CSRFToken": client.token(), "Accept": "application/json"}
    )
    assert handed_in.json["receipt"]
    gleaner.keep("handing in", handed_in)
    gleaner.keep("after", client.send_json(f"{url}/answers", batch))


def said_too_much(gleaner: Gleaner) -> list[tuple[str, str]]:
    found = [
        (where, words) for where, text in gleaner.received.items() for words in SAID_OF_KEYS if words in text
    ]
    return found + [
        (where, match[0])
        for where, text in gleaner.pages().items()
        for match in KEY_WORDS.finditer(text.partition("\n\n")[2])
    ]


def test_nothing_that_a_candidate_can_fetch_holds_a_key(either_app):
    session_id, _ = make_room(KeyRelease.NEVER, 2)
    (passing, first), (failing, second) = enter_all(either_app, session_id).items()
    sit(first, passing, right=7)
    sit(second, failing, right=1)
    reveal_finished(clock.now())
    for sitting, gleaner in ((passing, first), (failing, second)):
        gleaner.follow_all("after the end")
        gleaner.follow_all("after the end", first=f"/results/{sitting}")
        gleaner.follow_all("after the end", first=f"/draws/{session_id}")
        assert said_too_much(gleaner) == []
    cached = either_app.extensions["fragments"].everything()
    assert cached
    assert not any(words in text for text in cached for words in SAID_OF_KEYS)
    # The search did reach what it is about: the certificate of who passed, and the published draw.
    assert any("/certificates/verify/" in where for where in first.received)
    assert not any(" /certificates/" in where for where in second.received)
    assert any("manifest.json" in where for where in first.received)


def test_released_keys_are_shown_once_nobody_can_sit_and_not_before(app):
    session_id, _ = make_room(KeyRelease.WITH_RESULT, 2)
    (sitting, early), (other, late) = enter_all(app, session_id).items()
    sit(early, sitting, right=7)
    early.follow_all("while another sits")
    assert said_too_much(early) == []
    sit(late, other, right=0)
    early.keep("at the end", early.client.get(f"/results/{sitting}"))
    assert {words for _, words in said_too_much(early)} >= {SENTINEL}
    assert "正确答案" in early.received[f"at the end /results/{sitting}"]


TWIN_KEYS = (("A", "B"), ("A", "B"), ("AB", "BC"), ("A", "B"))
WRONG = ("A", "B", "AD", "")
TYPES = (QuestionType.SINGLE, QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.TRUE_FALSE)
OWN = (
    re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    re.compile(r'(?<=content=")[^"]+|(?<=name="csrf_token" value=")[^"]+'),
    re.compile(r"(?<=nonce[=-])[\w\"'+/=-]+"),
    re.compile(r"<svg viewBox.*?</svg>|<svg[^>]*qr.*?</svg>", re.DOTALL),
    re.compile(r"[0-9A-Z]{4}(?:[ -][0-9A-Z]{4})+|[0-9a-fA-F]{32,}"),
    re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+|\d\d:\d\d(?::\d\d)?|\d{6}\*{8}\d{3}[\dX]|第三场|试卷 \d+|[甲乙]卷"),
    re.compile(r"^(?:Set-Cookie|Date|ETag|Content-Length): .*$", re.MULTILINE),
)
"""What differs between any two candidates: ids, tokens, receipts, instants, numbers."""


def impersonal(text: str) -> str:
    for pattern in OWN:
        text = pattern.sub("·", text)
    return text


def way_of_a_twin(app: Flask, which: int) -> list[tuple[str, str]]:
    """All that a candidate is sent whose paper has the keys of this twin and who answers all wrongly."""
    questions = []
    for number, (kind, keys) in enumerate(zip(TYPES, TWIN_KEYS, strict=True)):
        draft = make_draft(kind, keys[which], stem=f"{'甲乙'[which]}卷第 {number} 题，哪一项正确？")
        options = tuple((letter, f"{number} {letter} 项") for letter, _ in draft.options)
        texts = draft.options if kind is QuestionType.TRUE_FALSE else options
        questions.append(make_item(kind, draft=replace(draft, options=texts)))
    keep_for_sessions()
    now = clock.now()
    sitting, candidate = make_sitting(questions=questions, now=now)
    gleaner = Gleaner(client_of(app, candidate))
    url = f"/sittings/{sitting}"
    gleaner.follow_all("before the start")
    gleaner.keep("start", gleaner.client.send(f"{url}/start"))
    gleaner.follow_all("running")
    events = [{"seq": n, "position": n, "choice": list(letters)} for n, letters in enumerate(WRONG, start=1)]
    gleaner.keep("saving", gleaner.client.send_json(f"{url}/answers", {"events": events}, status=200))
    gleaner.follow_all("saved", first=url)
    gleaner.keep("handing in", gleaner.client.send(f"{url}/submit"))
    gleaner.follow_all("after", first=url)
    gleaner.follow_all("after", first=f"/results/{sitting}")
    key = shown_key(sitting)
    assert not any(key[position] == letters for position, letters in enumerate(WRONG, start=1))
    return [(impersonal(where), impersonal(text)) for where, text in gleaner.pages().items()]


def test_papers_that_differ_in_their_keys_alone_look_the_same(app):
    first, second = (way_of_a_twin(app, which) for which in (0, 1))
    assert [where for where, _ in first] == [where for where, _ in second]
    for (where, one), (_, other) in zip(first, second, strict=True):
        assert one == other, where


def test_an_expired_sign_in_in_the_middle_of_a_paper_loses_nothing(either_app):
    sitting, candidate = start_sitting(now=clock.now())
    client, url = client_of(either_app, candidate), f"/sittings/{sitting}"

    def save(*events, status=200):
        listed = [{"seq": seq, "position": seq, "choice": [letter]} for seq, letter in events]
        return client.send_json(f"{url}/answers", {"events": listed}, status=status).json

    assert save((1, "B"))["acknowledged"] == 1
    client.send("/sign-out")
    assert save((2, "C"), status=401)["code"] == "signed_out"
    as_json = {"Accept": "application/json"}
    typed = {"username": candidate.username, "password": OLD_PASSWORD, "csrf_token": client.token()}
    back = client.post("/sign-in", data=typed, headers=as_json)
    assert back.json["csrf_token"]
    assert save((2, "C"), status=409)["code"] == "taken_over"
    client.send(f"{url}/take-over", {"password": OLD_PASSWORD})
    assert save((1, "B"), (2, "C"), (3, "A"))["acknowledged"] == 3
    page = client.page(url)
    assert re.findall(r'name="q(\d)"\s+value="([A-Z])"\s+checked', page) == [
        ("1", "B"),
        ("2", "C"),
        ("3", "A"),
    ]
