"""Sessions, admissions and drawn papers for tests, made by the office's own use cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import select
from stdnum.cn.ric import calc_check_digit

from core.actor import Actor
from core.clock import day_of
from core.db import db, transaction
from core.jobs.work import work_off
from core.people import registry
from core.people.models import Unit
from core.people.rules import UnitKind
from exam.papers.models import PaperSpecVersion
from exam.papers.rules import PaperSpec, Section
from exam.papers.services import add_spec
from exam.sittings import accounts, admission, office, preparation
from exam.sittings.session_rules import SessionPlan
from question_bank.items.rules import QuestionType
from tests.factories.bank import make_item

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from exam.sittings.account_queries import IssuedAccount

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Ten o'clock in Shanghai."""

OFFICER = Actor(label="officer-test", unrestricted=True)
UNIT = "510502-sfj"
SMALL = ((QuestionType.SINGLE, 3, 2), (QuestionType.MULTIPLE, 2, 3), (QuestionType.TRUE_FALSE, 2, 2))
_serial = count(1)


def id_number(number: int | None = None, area: str = "510502") -> str:
    """A number of valid form with a birth date in 1880, nobody's living."""
    body = f"{area}18800101{(number or next(_serial)) % 1000:03d}"
    return body + calc_check_digit(body + "0")


def make_unit(code: str = UNIT, name: str = "示例区司法局", region: str = "510502") -> Unit:
    """The unit with this code, made below its region when it is not there yet."""
    known = db.session.scalar(select(Unit).where(Unit.code == code))
    if known is not None:
        return known
    with transaction() as session:
        regions = registry.ensure_city_units()
        unit = Unit(
            code=code,
            name=name,
            kind=UnitKind.GOVERNMENT,
            region_code=region,
            parent_id=regions[region].id,
        )
        session.add(unit)
    return unit


def entry(
    number: int | None = None,
    name: str = "测试甲",
    *,
    unit: str = UNIT,
    level: str = "乡科级副职",
    where: str = "",
) -> registry.Entry:
    return registry.Entry(id_number(number), name, unit, level, "", where)


def make_small_spec(now: datetime = NOW, spare: int = 2) -> int:
    """A spec of seven questions, with a bank that has `spare` items more of each type; 16 marks, pass 9."""
    known = db.session.scalar(select(PaperSpecVersion.id).where(PaperSpecVersion.name == "小卷"))
    if known is not None:
        return known
    for kind, wanted, _ in SMALL:
        for _item in range(wanted + spare):
            make_item(kind, now=now)
    sections = tuple(Section(kind, wanted, Decimal(marks)) for kind, wanted, marks in SMALL)
    spec = PaperSpec("小卷", sections, Decimal(9), minutes=30)
    return add_spec(spec=spec, actor=OFFICER, now=now)


def make_plan(now: datetime = NOW, **changes: object) -> SessionPlan:
    """Opens a minute before `now`, last start an hour later, closes after two."""
    values: dict[str, object] = {
        "name": "第一场",
        "room": "一号考场",
        "held_on": day_of(now - timedelta(minutes=1)),
        "opens_at": now - timedelta(minutes=1),
        "last_start_at": now + timedelta(hours=1),
        "closes_at": now + timedelta(hours=2),
        "minutes": 30,
        "paper_spec_id": 0,
    }
    values |= changes
    if not values["paper_spec_id"]:
        values["paper_spec_id"] = make_small_spec(now)
    return SessionPlan(**values)  # type: ignore[arg-type]


def make_session(
    now: datetime = NOW,
    *,
    is_rehearsal: bool = False,
    key_release: office.KeyRelease = office.KeyRelease.NEVER,
    result_release: office.ResultRelease = office.ResultRelease.AT_ONCE,
    **plan: object,
) -> UUID:
    """A session that is open at `now`; further arguments are those of the plan."""
    return office.create_session(
        plan=make_plan(now, **plan),
        key_release=key_release,
        result_release=result_release,
        is_rehearsal=is_rehearsal,
        actor=OFFICER,
        now=now,
    )


def admit(
    session_id: UUID,
    entries: Sequence[registry.Entry] | int = 1,
    *,
    actor: Actor = OFFICER,
    now: datetime = NOW,
) -> list[UUID]:
    """Admit a list, or so many new persons of the example unit; returns the sittings."""
    make_unit()
    rows = [entry() for _ in range(entries)] if isinstance(entries, int) else entries
    done = admission.admit_list(session_id=session_id, entries=rows, actor=actor, now=now)
    return list(done.sitting_ids)


def prepare(session_id: UUID, *, reason: str = "", law_day: date | None = None, now: datetime = NOW):
    return preparation.prepare(session_id=session_id, reason=reason, law_day=law_day, actor=OFFICER, now=now)


def issue(session_id: UUID, *, now: datetime = NOW) -> list[IssuedAccount]:
    """Accounts for everybody admitted to the session, with their one-time passwords."""
    issue_id = accounts.start_issue(session_id=session_id, again=False, actor=OFFICER, now=now)
    work_off([accounts.ISSUING], now=now)
    return accounts.fetch_list(issue_id=issue_id, as_file=False, actor=OFFICER, now=now)
