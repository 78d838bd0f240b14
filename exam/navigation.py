"""The main menu: one line a page, shown to whoever holds its permission; and what every page's frame needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from core.actor import Permission

if TYPE_CHECKING:
    from flask import Flask

    from core.actor import Actor


class Entry(NamedTuple):
    """A page of the menu. It is lit on every page of the same blueprint."""

    label: Any
    endpoint: str
    permission: Permission


class Link(NamedTuple):
    """An entry as the frame shows it."""

    label: str
    url: str
    current: bool


ENTRIES: tuple[Entry, ...] = (
    Entry(_l("我的考试"), "home.home", Permission.SIT),
    Entry(_l("考试场次"), "office.sessions", Permission.MANAGE_SESSIONS),
    Entry(_l("资格查询"), "eligibility.ask", Permission.ASK_ELIGIBILITY),
    Entry(_l("统计报告"), "reports.pass_rate", Permission.VIEW_REPORTS),
    Entry(_l("题库"), "bank.items", Permission.VIEW_BANK),
    Entry(_l("待审"), "review.inbox", Permission.REVIEW_ITEMS),
    Entry(_l("法规"), "statutes.statutes", Permission.VIEW_BANK),
    Entry(_l("人员"), "people.search", Permission.MANAGE_PEOPLE),
)


def entries_for(actor: Actor) -> list[Entry]:
    """What the actor may use, in the menu's order."""
    return [entry for entry in ENTRIES if actor.may(entry.permission)]


def links_for(actor: Actor) -> list[Link]:
    """The menu of an actor within the present request."""
    return [
        Link(
            str(entry.label),
            url_for(entry.endpoint),
            request.blueprint == entry.endpoint.partition(".")[0],
        )
        for entry in entries_for(actor)
    ]


def _frame() -> dict[str, Any]:
    settings = current_app.config["SETTINGS"]
    nav = links_for(current_user.actor) if current_user and current_user.is_authenticated else []
    return {"nav": nav, "demo_banner": settings.is_demo}


def init_app(app: Flask) -> None:
    app.context_processor(_frame)
