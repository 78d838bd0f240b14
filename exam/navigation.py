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
    """A page of the menu, and what is done there. It is lit on every page of its blueprint and of those of `also`."""

    label: Any
    about: Any
    endpoint: str
    permission: Permission
    also: tuple[str, ...] = ()


class Link(NamedTuple):
    """An entry as the frame shows it."""

    label: str
    url: str
    current: bool
    about: str


ENTRIES: tuple[Entry, ...] = (
    Entry(_l("我的考试"), _l("参加考试，查看成绩和证书。"), "home.home", Permission.SIT),
    Entry(_l("练习"), _l("按法律练习，看解析和条文。"), "practice.overview", Permission.SIT),
    Entry(
        _l("考试场次"),
        _l("建立场次、办理准考、抽题、查看考场、导出成绩单。"),
        "office.sessions",
        Permission.MANAGE_SESSIONS,
        also=("roll",),
    ),
    Entry(
        _l("组卷方案"),
        _l("试卷由哪些部分组成，题库够不够抽，看样卷。"),
        "paper_specs.specs",
        Permission.MANAGE_SESSIONS,
    ),
    Entry(
        _l("阅卷"),
        _l("评阅简答题，两人评分相差过大的由考务人员裁定。"),
        "marking.sessions",
        Permission.VIEW_MARKING,
    ),
    Entry(
        _l("资格查询"),
        _l("查一个人在某一天可否提请任用，依据是什么。"),
        "eligibility.ask",
        Permission.ASK_ELIGIBILITY,
    ),
    Entry(
        _l("查询提醒"),
        _l("哪些账号连续查询了不存在的身份证号。"),
        "lookup_notices.notices",
        Permission.VIEW_LOOKUPS,
    ),
    Entry(
        _l("统计报告"),
        _l("任一期间的合格率：口径、区间、分组，以及公布数字的核对。"),
        "reports.pass_rate",
        Permission.VIEW_REPORTS,
    ),
    Entry(
        _l("题库"),
        _l("命题、修改试题，查看版本和所依据的条文。"),
        "bank.items",
        Permission.VIEW_BANK,
        also=("returned", "enemies"),
    ),
    Entry(
        _l("覆盖"), _l("各部法律、各个组卷方案能抽到什么，缺什么。"), "coverage.page", Permission.VIEW_BANK
    ),
    Entry(
        _l("待审"),
        _l("审核送审的试题，每半年复核一次抽用中的试题。"),
        "review.inbox",
        Permission.REVIEW_ITEMS,
        also=("due",),
    ),
    Entry(_l("修法"), _l("法律修改后要复核的试题，要确认的条号。"), "amendments.queue", Permission.VIEW_BANK),
    Entry(
        _l("法规"),
        _l("各部法律的各个版本，哪些试题依据了它。"),
        "statutes.statutes",
        Permission.VIEW_BANK,
        also=("amended",),
    ),
    Entry(
        _l("受影响试卷"),
        _l("抽题之后才知道所引条文已变的试卷。"),
        "stale_papers.stale",
        Permission.VIEW_STALE_PAPERS,
    ),
    Entry(_l("人员"), _l("查找人员，重置密码，解除登录锁定。"), "people.search", Permission.VIEW_PEOPLE),
    Entry(
        _l("双人办理"),
        _l("须由两人办理的事项：一人发起，另一人签署。"),
        "approvals.proposals",
        Permission.DECIDE_PROPOSALS,
    ),
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
            request.blueprint in {entry.endpoint.partition(".")[0], *entry.also},
            str(entry.about),
        )
        for entry in entries_for(actor)
    ]


def _frame() -> dict[str, Any]:
    settings = current_app.config["SETTINGS"]
    nav = links_for(current_user.actor) if current_user and current_user.is_authenticated else []
    return {"nav": nav, "demo_banner": settings.is_demo}


def init_app(app: Flask) -> None:
    app.context_processor(_frame)
