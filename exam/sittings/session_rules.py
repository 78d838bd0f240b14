"""Rules of a session: its plan, and the addresses of its room. Pure."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from datetime import UTC, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from core.errors import Problem
from core.texts import has_control_characters
from exam.sittings.rules import Allowance, Window, window_problems

if TYPE_CHECKING:
    from datetime import date, datetime

LONGEST_NAME = 100
LONGEST_ADDRESSES = 400

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """What the office decides of a session. `held_on` is the calendar day in Shanghai, instants are aware."""

    name: str
    room: str
    held_on: date
    opens_at: datetime
    last_start_at: datetime
    closes_at: datetime
    minutes: int
    paper_spec_id: int
    grace_seconds: int = 10
    cap_at_close: bool = False
    room_addresses: str = ""

    @property
    def window(self) -> Window:
        return Window(self.opens_at, self.last_start_at, self.closes_at, cap_at_close=self.cap_at_close)

    @property
    def allowance(self) -> Allowance:
        return Allowance(timedelta(minutes=self.minutes), timedelta(seconds=self.grace_seconds))


def fingerprint(plan: SessionPlan, *releases: str) -> str:
    """What tells a session's settings from changed ones: the form carries it, so that no change is lost unseen."""
    values = (plan.name, plan.room, plan.room_addresses, plan.minutes, plan.grace_seconds, plan.cap_at_close)
    days = (plan.held_on, *(at.astimezone(UTC) for at in (plan.opens_at, plan.last_start_at, plan.closes_at)))
    written = json.dumps([*values, plan.paper_spec_id, *(day.isoformat() for day in days), *releases])
    return sha256(written.encode()).hexdigest()[:32]


_FIELDS = {"allowed": "minutes", "grace": "grace_seconds"}


def plan_problems(plan: SessionPlan, *, now: datetime) -> list[Problem]:
    """Everything that is wrong with a plan; each problem names the field that it belongs to."""
    problems = []
    for field, words in (("name", "场次名称"), ("room", "考场")):
        text = getattr(plan, field).strip()
        if not text:
            problems.append(Problem("empty", f"请填写{words}。", field))
        elif len(text) > LONGEST_NAME:
            problems.append(Problem("too_long", f"{words}不超过 {LONGEST_NAME} 个字。", field))
        elif has_control_characters(text):
            problems.append(Problem("control", f"{words}不能含换行等控制字符，请写成一行。", field))
    if len(plan.room_addresses) > LONGEST_ADDRESSES:
        problems.append(Problem("too_long", f"考场地址不超过 {LONGEST_ADDRESSES} 个字符。", "room_addresses"))
    wrong = [word for word in plan.room_addresses.replace(",", " ").split() if _network(word) is None]
    if wrong:
        shown = "、".join(word[:40] for word in wrong[:3])
        message = f"“{shown}”不是网络地址，请写成 10.1.2.3 或 10.1.2.0/24，以空格分开。"
        problems.append(Problem("address", message, "room_addresses"))
    if plan.last_start_at <= now:
        problems.append(Problem("past", "最迟开考时间已经过去，请改为将来的时间。", "last_start_at"))
    problems += [
        Problem(p.code, p.message, _FIELDS.get(p.where, p.where))
        for p in window_problems(plan.window, plan.allowance)
    ]
    return problems


def room_networks(room_addresses: str) -> list[Network]:
    """The networks of a room as typed: addresses or networks, separated by spaces or commas."""
    found = [_network(word) for word in room_addresses.replace(",", " ").split()]
    return [network for network in found if network is not None]


def in_room(room_addresses: str, address: str) -> bool:
    """Whether an address belongs to a room."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in room_networks(room_addresses))


def _network(word: str) -> Network | None:
    try:
        return ipaddress.ip_network(word, strict=False)
    except ValueError:
        return None
