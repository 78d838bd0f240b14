"""What the report's page and sheet show: labels, sorted groups, the points of the trend."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from core import clock
from core.documents.sheets import Column, write_sheet
from core.people.rules import REGIONS, PostLevel, UnitKind
from core.shares import percent, wilson
from exam.reports import disclosure
from exam.reports.rules import DEFINITIONS, CountedUnit, GroupBy, pass_rate

if TYPE_CHECKING:
    from exam.reports.claims import Reconciliation
    from exam.reports.pass_rates import Report
    from exam.reports.rules import GroupRate

HEIGHT, TOP, BOTTOM = 240, 28, 32
"""The trend's picture in pixels; its width is that of the page, so points lie at shares of it."""

HUNDREDTHS = "0.00"
"""How cells show a number in per cent."""

COLUMNS = (
    Column("part", "分组", width=14),
    Column("label", "名称", width=22),
    Column("sat", "参加", numeric=True, width=10),
    Column("passed", "合格", numeric=True, width=10),
    Column("rate", "合格率（%）", width=12, numeric=True, number_format=HUNDREDTHS),
    Column("low", "95% 区间下限（%）", width=18, numeric=True, number_format=HUNDREDTHS),
    Column("high", "95% 区间上限（%）", width=18, numeric=True, number_format=HUNDREDTHS),
)


NOT_SHOWN = "—"


@dataclass(frozen=True, slots=True)
class Line:
    """A group as shown; rate and interval in per cent."""

    label: str
    sat: int
    passed: int
    rate: str
    low: Decimal
    high: Decimal

    @property
    def bar(self) -> tuple[str, Decimal, str, Decimal, Decimal]:
        """The row of a bar list."""
        return self.label, Decimal(self.rate), f"{self.rate} %", self.low, self.high


@dataclass(frozen=True, slots=True)
class Point:
    """A year in the picture of the trend: x in per cent of its width, y in pixels from its top."""

    line: Line
    x: Decimal
    y: int
    y_low: int
    y_high: int


def group_label(key: str, group_by: GroupBy | None) -> str:
    """The name of a group's key."""
    match group_by:
        case GroupBy.REGION:
            return REGIONS.get(key, key)
        case GroupBy.UNIT_KIND:
            return UnitKind(key).label
        case GroupBy.LEVEL:
            return PostLevel(key).label
        case GroupBy.YEAR:
            return str(_("%(year)s 年", year=key))
        case None:
            return key


def grouping_words(group_by: GroupBy | None) -> str:
    """The heading of a grouping."""
    words = {
        GroupBy.REGION: _("区县"),
        GroupBy.UNIT_KIND: _("单位类别"),
        GroupBy.LEVEL: _("职务层次"),
        GroupBy.YEAR: _("年份"),
    }
    return words[group_by] if group_by else ""


def shown(answer: Report, least: int) -> dict[str, Any]:
    """The context of the page for an answer, without the figures of fewer than `least`."""
    question = answer.question
    visible = disclosure.shown(answer.result, least)
    groups = _lines(visible.result.groups, question.group_by)
    years, hidden_years = trend(answer, least)
    return {
        "answer": answer,
        "too_small": visible.too_small,
        "least": least,
        "hidden": [group_label(key, question.group_by) for key in visible.hidden],
        "hidden_years": hidden_years,
        "question": question,
        "counts_people": answer.definition.kind is CountedUnit.PERSON,
        "rate": percent(answer.result.rate) if answer.result.rate is not None else None,
        "grouping": grouping_words(question.group_by),
        "by_year": question.group_by is GroupBy.YEAR,
        "groups": groups,
        "ranked": sorted(groups, key=lambda line: Decimal(line.rate), reverse=True),
        "trend": years,
        "gridlines": [(share, _y(Decimal(share))) for share in (0, 25, 50, 75, 100)],
        "picture_height": HEIGHT,
        "others": definitions_compared(answer, least),
        "command": command_of(answer),
    }


def trend(answer: Report, least: int) -> tuple[list[Point], list[str]]:
    """The definition applied to each year alone; empty where there are fewer than two. Then the hidden years."""
    visible = disclosure.shown(pass_rate(answer.rows, answer.question.definition, GroupBy.YEAR), least)
    lines = _lines(visible.result.groups, GroupBy.YEAR)
    hidden = [group_label(key, GroupBy.YEAR) for key in visible.hidden]
    if len(lines) < 2:
        return [], hidden
    step = Decimal(100) / len(lines)
    points = [
        Point(
            line,
            x=round(step / 2 + step * index, 2),
            y=_y(Decimal(line.rate)),
            y_low=_y(line.low),
            y_high=_y(line.high),
        )
        for index, line in enumerate(lines)
    ]
    return points, hidden


def definitions_compared(answer: Report, least: int) -> list[dict[str, Any]]:
    """The figures of every definition for the same sittings; None where they are of too few."""
    compared = []
    for definition in DEFINITIONS.values():
        result = pass_rate(answer.rows, definition.name)
        small = disclosure.tells_of_single_people(result.sat, result.passed, least)
        compared.append(
            {
                "definition": definition,
                "sat": None if small else result.sat,
                "passed": None if small else result.passed,
                "rate": percent(result.rate) if result.rate is not None and not small else None,
                "asked": definition.name == answer.question.definition,
            }
        )
    return compared


def command_of(answer: Report) -> str:
    """The command that reproduces the figure, cut-off included."""
    question = answer.question
    by = f" --by {question.group_by.value}" if question.group_by else ""
    return (
        f"flask --app wsgi report pass-rate --from {question.first.isoformat()} --to {question.last.isoformat()}"
        f" --definition {question.definition} --known-at {question.known_at.isoformat()}{by} --json"
    )


def claim_words(found: Reconciliation) -> tuple[str, str, str]:
    """Tone, verdict and explanation of a checked claim."""
    titles = "、".join(_(DEFINITIONS[name].title) for name in found.reproduced_by)
    if not found.possible_passed:
        return (
            "bad",
            _("算术上不可能。"),
            _("没有任何合格人数能在这一参加人数下得出这一合格率，请核对公布的数字。"),
        )
    possible = "、".join(str(passed) for passed in found.possible_passed[:6])
    if len(found.possible_passed) > 6:
        possible += _(" 等 %(n)s 个", n=len(found.possible_passed))
    if found.reproduced_by:
        return (
            "good",
            _("记录能够重现这一数字。"),
            _("口径“%(titles)s”得出相同的人数与合格率；可能的合格人数：%(n)s。", titles=titles, n=possible),
        )
    return (
        "warn",
        _("记录不能重现这一数字。"),
        _("算术上可能（合格人数：%(n)s），但没有一种口径得出相同的人数与合格率。", n=possible),
    )


def sheet(answer: Report, *, least: int, demo: bool) -> bytes:
    """The report as an xlsx file, without the figures of fewer than `least`.

    The note above says what it is, and that it is a demo where it is one.
    """
    visible = disclosure.shown(answer.result, least)
    question, result = answer.question, visible.result
    parts = [
        _("演示数据：人员与成绩均为虚构。") if demo else "",
        _(
            "口径：%(title)s。%(words)s期间 %(first)s 至 %(last)s；记录截至 %(known)s；摘要 %(digest)s",
            title=_(answer.definition.title),
            words=_(answer.definition.description),
            first=question.first.isoformat(),
            last=question.last.isoformat(),
            known=f"{clock.shanghai(question.known_at):%Y-%m-%d %H:%M:%S}",
            digest=answer.digest,
        ),
        _("不足 %(n)s 人的不显示。", n=least) if visible.too_small or visible.hidden else "",
    ]
    rows: list[list[object]] = []
    grouping = grouping_words(question.group_by)
    if visible.too_small:
        rows.append([_("合计"), None, NOT_SHOWN, NOT_SHOWN, NOT_SHOWN, NOT_SHOWN, NOT_SHOWN])
    elif result.rate is not None and result.interval is not None:
        total = Decimal(percent(result.rate))
        rows.append([_("合计"), None, result.sat, result.passed, total, *result.interval])
        rows += [
            [grouping, line.label, line.sat, line.passed, Decimal(line.rate), line.low, line.high]
            for line in _lines(result.groups, question.group_by)
        ]
        rows += [[grouping, group_label(key, question.group_by), *[NOT_SHOWN] * 5] for key in visible.hidden]
    return write_sheet(_("合格率"), COLUMNS, rows, note="".join(parts))


def _lines(groups: tuple[GroupRate, ...], group_by: GroupBy | None) -> list[Line]:
    return [
        Line(
            group_label(group.key, group_by),
            group.sat,
            group.passed,
            percent(group.rate),
            *wilson(group.passed, group.sat),
        )
        for group in groups
    ]


def _y(share: Decimal) -> int:
    """Where a share in per cent lies in the picture, whose scale always runs from 0 to 100."""
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (100 - share) / 100)
