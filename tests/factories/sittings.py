"""Sessions, candidates and sittings with papers for tests, as rows: the sitting room is tested by itself.

`make_sitting()` alone gives a candidate who can sign in, admitted to an open session with a drawn paper.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import select
from stdnum.cn.ric import calc_check_digit

from core.actor import Actor, Grant, Role
from core.auth.models import SignInSession
from core.auth.passwords import hash_password
from core.clock import day_of
from core.db import db, transaction
from core.people.models import Account, Posting, RoleGrant, Unit
from core.people.registry import new_person
from core.people.rules import PostLevel, UnitKind
from exam.papers.models import PaperQuestion, PaperSpecVersion
from exam.papers.rules import PaperSpec, Section, to_json
from exam.sittings import journal
from exam.sittings.answers import AnswerEvent, Batch
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.services import start
from question_bank.items.rules import QuestionType
from tests.factories.bank import make_draft, make_item, make_items

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from flask import Flask

    from exam.sittings.standing import Saved
    from question_bank.items.models import Item, ItemVersion
    from tests.client import SiteClient

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Nine o'clock in Shanghai: the factories' sessions are open then."""

PASSWORD = "Kaofa-2026"
TYPES = (QuestionType.SINGLE, QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.TRUE_FALSE)
_serial = count(1)


@dataclass(frozen=True)
class Candidate:
    """Someone who can sit: with an open sign-in, and the actor that it makes."""

    username: str
    account_id: int
    person_id: int
    unit_id: int
    sign_in_id: str

    @property
    def actor(self) -> Actor:
        return Actor(
            label=self.username,
            account_id=self.account_id,
            person_id=self.person_id,
            grants=(Grant(Role.CANDIDATE),),
            sign_in_id=self.sign_in_id,
            address="192.0.2.10",
        )


OFFICER = Actor(label="officer-test", grants=(Grant(Role.OFFICER),))


@cache
def password_hash() -> str:
    """One hash for all test accounts: hashing is slow on purpose."""
    return hash_password(PASSWORD)


def id_number(number: int) -> str:
    """A valid ID number that nobody living has: born in 1880."""
    body = f"5105021880{number // 1000 % 12 + 1:02d}01{number % 1000:03d}"
    return body + calc_check_digit(body + "0")


def make_unit(code: str = "TEST-1") -> Unit:
    unit = db.session.scalar(select(Unit).where(Unit.code == code))
    if unit is None:
        with transaction() as session:
            unit = Unit(code=code, name="江阳区示例局", kind=UnitKind.GOVERNMENT, region_code="510502")
            session.add(unit)
    return unit


def make_candidate(*, name: str = "张示例", unit: str = "TEST-1", now: datetime = NOW) -> Candidate:
    """A person with posting, account and one sign-in, opened a minute before `now`."""
    number = next(_serial)
    unit_id = make_unit(unit).id
    with transaction() as session:
        person = new_person(id_number=id_number(number), name=name, now=now)
        session.add(person)
        session.flush()
        session.add(
            Posting(
                person_id=person.id,
                unit_id=unit_id,
                level=PostLevel.SECTION,
                starts_on=day_of(now),
                recorded_at=now,
            )
        )
        account = Account(
            username=f"candidate{number}",
            display_name=name,
            person_id=person.id,
            password_hash=password_hash(),
            must_change_password=False,
            created_at=now,
        )
        session.add(account)
        session.flush()
        session.add(
            RoleGrant(account_id=account.id, role=Role.CANDIDATE, starts_on=day_of(now), recorded_at=now)
        )
    sign_in_id = make_sign_in(account.id, now=now)
    return Candidate(account.username, account.id, person.id, unit_id, sign_in_id)


def make_sign_in(account_id: int, *, now: datetime = NOW) -> str:
    """Another sign-in of the account, as from another machine."""
    sign_in_id = secrets.token_urlsafe(32)
    with transaction() as session:
        session.add(
            SignInSession(
                id=sign_in_id,
                account_id=account_id,
                created_at=now - timedelta(minutes=1),
                last_seen_at=now - timedelta(minutes=1),
                address="192.0.2.10",
                browser="Mozilla/5.0 (Windows NT 10.0) Firefox/130.0",
            )
        )
    return sign_in_id


def make_exam_session(
    *,
    now: datetime = NOW,
    minutes: int = 60,
    grace_seconds: int = 10,
    short: int = 0,
    **changes: object,
) -> ExamSession:
    """A session that opened half an hour before `now` and whose last start is half an hour after.

    Its paper is the factories', with so many 简答题 besides.
    """
    values = {
        "name": "第三场",
        "room": "市委党校一号机房",
        "held_on": day_of(now),
        "law_day": day_of(now),
        "opens_at": now - timedelta(minutes=30),
        "last_start_at": now + timedelta(minutes=30),
        "closes_at": now + timedelta(hours=4),
        "recorded_at": now,
        **changes,
    }
    with transaction() as session:
        spec_id = values.pop("paper_spec_id", None) or make_spec_row(session, short=short)
        row = ExamSession(minutes=minutes, grace_seconds=grace_seconds, paper_spec_id=spec_id, **values)
        session.add(row)
    return row


def make_spec_row(session, *, short: int = 0) -> int:
    """A spec that `make_questions` fills: 9 marks, 5 pass; and so many 简答题 of 5 marks each, at most 2 apart."""
    spec = PaperSpec(
        name=f"试卷 {next(_serial)}",
        sections=(
            Section(QuestionType.SINGLE, 2, Decimal(2)),
            Section(QuestionType.MULTIPLE, 1, Decimal(3)),
            Section(QuestionType.TRUE_FALSE, 1, Decimal(2)),
            *((Section(QuestionType.SHORT, short, Decimal(5)),) if short else ()),
        ),
        pass_mark=Decimal(5),
        minutes=60,
        most_apart=Decimal(2) if short else None,
    )
    row = PaperSpecVersion(name=spec.name, number=1, spec=to_json(spec), recorded_at=NOW)
    session.add(row)
    session.flush()
    return row.id


ORDER = (
    QuestionType.SINGLE,
    QuestionType.MULTIPLE,
    QuestionType.TRUE_FALSE,
    QuestionType.SHORT,
    QuestionType.BLANK,
)


def make_questions(*, reserved: bool = False, **wording: object) -> list[tuple[Item, ItemVersion]]:
    """Four approved items that fill the factories' paper: two 单选, a 多选, a 判断."""
    return make_items([make_draft(kind, **wording) for kind in TYPES], reserved=reserved)


def make_blank(*accepted: tuple[str, ...]) -> tuple[Item, ItemVersion]:
    """An approved 填空题 with these accepted texts for each blank; one blank, 六十日 or 60日, unless told."""
    texts = accepted or (("六十日", "60日"),)
    draft = replace(
        make_draft(QuestionType.TRUE_FALSE),
        type=QuestionType.BLANK,
        stem="行政复议的期限自知道该行政行为之日起" + "____，" * len(texts),
        options=(),
        answer="",
        accepted=texts,
    )
    return make_item(draft=draft)


def make_sitting(
    *,
    candidate: Candidate | None = None,
    session: ExamSession | None = None,
    questions: Sequence[tuple[Item, ItemVersion]] | None = None,
    now: datetime = NOW,
    drawn: bool = True,
    **session_changes: object,
) -> tuple[UUID, Candidate]:
    """A candidate's admission; with a paper drawn under number 1, its options shown in reverse, unless told."""
    candidate = candidate or make_candidate(now=now)
    exam_session = session or make_exam_session(now=now, **session_changes)
    paper = list(questions or make_questions()) if drawn else []
    with transaction() as rows:
        sitting = Sitting(
            session_id=exam_session.id,
            person_id=candidate.person_id,
            draw_number=1 if paper else 0,
            question_count=len(paper),
            allowed_seconds=exam_session.minutes * 60,
            unit_id=candidate.unit_id,
            region_code="510502",
            unit_kind=UnitKind.GOVERNMENT,
            level=PostLevel.SECTION,
            recorded_at=now,
        )
        rows.add(sitting)
        rows.flush()
        for position, (item, version) in enumerate(paper, start=1):
            letters = "".join(letter for letter, _ in version.options)
            rows.add(
                PaperQuestion(
                    sitting_id=sitting.id,
                    draw_number=1,
                    position=position,
                    section=1 + ORDER.index(item.type),
                    item_version_id=version.id,
                    type=item.type.value,
                    option_order=letters[::-1] if version.shuffle else letters,
                )
            )
    return sitting.id, candidate


def start_sitting(**changes: object) -> tuple[UUID, Candidate]:
    """A running sitting, begun at `now` by its candidate; arguments are those of `make_sitting`."""
    sitting_id, candidate = make_sitting(**changes)
    start(sitting_id=sitting_id, actor=candidate.actor, now=changes.get("now", NOW))
    return sitting_id, candidate


def save(sitting_id: UUID, candidate: Candidate, *events: tuple[int, int, str], now: datetime = NOW) -> Saved:
    """Save (seq, position, letters as shown) through the journal."""
    batch = Batch(tuple(AnswerEvent(*event) for event in events))
    return journal.save(sitting_id=sitting_id, sign_in_id=candidate.sign_in_id, batch=batch, now=now)


def client_of(app: Flask, candidate: Candidate) -> SiteClient:
    """A browser in which the candidate's sign-in is open."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = candidate.sign_in_id
    return client
