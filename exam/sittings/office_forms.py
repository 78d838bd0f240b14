"""The office's forms."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.clock import SHANGHAI, day_of, shanghai
from core.errors import Invalid
from core.web.fields import Day, TimeOfDay, Whole
from core.web.forms import show_problems
from exam.papers.rules import question_count
from exam.sittings.entry import Removal
from exam.sittings.models import KeyRelease, ResultRelease
from exam.sittings.office import fingerprint_of
from exam.sittings.session_rules import SessionPlan, plan_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtforms import Field

    from exam.papers.queries import StoredSpec
    from exam.sittings.entry import NoLongerFit
    from exam.sittings.models import ExamSession

REASON_HINT = _l("写明依据。理由会记入日志，事后可查。")


def _spec_words(stored: StoredSpec) -> str:
    """A spec among those to choose from."""
    words = {
        "name": stored.spec.name,
        "number": stored.number,
        "count": question_count(stored.spec),
        "minutes": stored.spec.minutes,
    }
    if stored.spec.is_marked_by_people:
        return str(_("%(name)s（第 %(number)s 版，%(count)s 题，%(minutes)s 分钟，含简答题）", **words))
    return str(_("%(name)s（第 %(number)s 版，%(count)s 题，%(minutes)s 分钟）", **words))


def _required(message: Any) -> InputRequired:
    return InputRequired(message)


class RemovalForm(FlaskForm):  # type: ignore[misc]
    """What a form asks once people who are admitted may not enter any more; `removal_of` are those it has named."""

    removal_of = HiddenField()
    remove = BooleanField(_l("将以上人员移出本场"))
    removal_reason = TextAreaField(_l("移出的理由"), description=REASON_HINT)

    def name_unfit(self, found: NoLongerFit) -> None:
        """Have the page name them and ask what is to become of them."""
        self.removal_of.data = " ".join(str(one.sitting_id) for one in found.unfit)
        if found.problem is not None:
            show_problems(self, Invalid([found.problem]))
            return
        self.remove.data = False
        self.form_errors.append(found.message)

    def removal(self) -> Removal | None:
        """That those whom the page has named are taken out; None where that was not chosen."""
        if not self.remove.data:
            return None
        named = (known_uuid(word) for word in (self.removal_of.data or "").split())
        return Removal(frozenset(one for one in named if one), self.removal_reason.data or "")


def known_uuid(text: str) -> UUID | None:
    """The id that a hidden field carries; None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


class SessionForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    name = StringField(_l("场次名称"), [_required(_l("请填写场次名称。"))])
    room = StringField(_l("考场"), [_required(_l("请填写考场。"))])
    room_addresses = StringField(
        _l("考场网络地址"),
        [Optional()],
        description=_l(
            "此处电脑登录不受单一地址的次数限制，输错密码只放慢、不锁定。写成 10.1.2.0/24，多个以空格分开。"
        ),
    )
    held_on = Day(_l("考试日期"), [_required(_l("请填写考试日期。"))])
    opens_at = TimeOfDay(_l("开放时间"), [_required(_l("请填写开放时间。"))])
    last_start_at = TimeOfDay(
        _l("最迟开考时间"),
        [_required(_l("请填写最迟开考时间。"))],
        description=_l("此后不能再开始作答；此前开始的，答足时长。"),
    )
    closes_at = TimeOfDay(_l("结束时间"), [_required(_l("请填写结束时间。"))])
    cap_at_close = BooleanField(
        _l("到结束时间一律收卷"), description=_l("选中后，开始得晚的人答题时间相应缩短，考前说明会写明。")
    )
    paper_spec_id = SelectField(_l("组卷方案"), coerce=int)
    minutes = Whole(
        _l("考试时长（分钟）"),
        [_required(_l("请填写考试时长。")), NumberRange(1, 1440, _l("考试时长应当在 1 到 1440 分钟之间。"))],
    )
    grace_seconds = Whole(
        _l("宽限（秒）"),
        [_required(_l("请填写宽限秒数。")), NumberRange(0, 600, _l("宽限应当在 0 到 600 秒之间。"))],
        description=_l("到时后仍在路上的答案，在这几秒内送达的仍计入。"),
    )
    result_release = RadioField(
        _l("成绩公布"),
        choices=[
            SelectChoice(ResultRelease.AT_ONCE.value, _l("交卷后即时可见")),
            SelectChoice(ResultRelease.BY_OFFICE.value, _l("由考务统一发布")),
        ],
    )
    key_release = RadioField(
        _l("答案公布"),
        choices=[
            SelectChoice(KeyRelease.NEVER.value, _l("不公布")),
            SelectChoice(KeyRelease.WITH_RESULT.value, _l("随成绩公布")),
        ],
    )
    is_rehearsal = BooleanField(
        _l("这是一场演练"), description=_l("演练不计入统计和提请资格，也不受补考间隔限制。")
    )

    def offer(self, specs: Sequence[StoredSpec]) -> None:
        """The specs to choose from."""
        self.paper_spec_id.choices = [
            SelectChoice(
                str(stored.id),
                _spec_words(stored),
            )
            for stored in specs
        ]

    def suggest(self, specs: Sequence[StoredSpec], now: datetime) -> None:
        """What a new session is likely to be."""
        self.held_on.data = day_of(now) + timedelta(days=7)
        self.opens_at.data, self.last_start_at.data, self.closes_at.data = time(9), time(9, 30), time(11, 30)
        self.grace_seconds.data = 10
        self.minutes.data = specs[0].spec.minutes
        self.result_release.data, self.key_release.data = ResultRelease.AT_ONCE.value, KeyRelease.NEVER.value

    def add_plan_problems(self, now: datetime) -> None:
        """What is wrong with the plan as a whole, beside what the fields alone have found."""
        needed = ("held_on", "opens_at", "last_start_at", "closes_at", "minutes", "grace_seconds")
        if any(self.data[name] is None for name in needed):
            return
        plan = self.plan()
        # A field that is out of range has been told so; its number must not overflow a span of time here.
        plan = replace(
            plan,
            minutes=min(max(plan.minutes, 0), 10_000),
            grace_seconds=min(max(plan.grace_seconds, 0), 10_000),
        )
        found = Invalid(p for p in plan_problems(plan, now=now) if not self[p.where].errors)
        show_problems(self, found)

    def plan(self) -> SessionPlan:
        """What was typed, times on the day of the session in Shanghai."""
        typed: dict[str, Any] = self.data

        def instant(name: str) -> datetime:
            return datetime.combine(typed["held_on"], typed[name], SHANGHAI)

        return SessionPlan(
            name=typed["name"] or "",
            room=typed["room"] or "",
            held_on=typed["held_on"],
            opens_at=instant("opens_at"),
            last_start_at=instant("last_start_at"),
            closes_at=instant("closes_at"),
            minutes=typed["minutes"],
            paper_spec_id=typed["paper_spec_id"],
            grace_seconds=typed["grace_seconds"],
            cap_at_close=typed["cap_at_close"],
            room_addresses=typed["room_addresses"] or "",
        )


class ChangeSessionForm(SessionForm, RemovalForm):
    """A stored session's settings; `base` is their fingerprint when the form was filled."""

    is_rehearsal = None  # type: ignore[assignment]  # takes the field of the plan out
    base = HiddenField()

    def show(self, row: ExamSession) -> None:
        """The session as it is."""
        for name in ("name", "room", "room_addresses", "held_on", "cap_at_close", "minutes", "grace_seconds"):
            self[name].data = getattr(row, name)
        for name in ("opens_at", "last_start_at", "closes_at"):
            self[name].data = shanghai(getattr(row, name)).time()
        self.paper_spec_id.data = row.paper_spec_id
        self.result_release.data, self.key_release.data = row.result_release.value, row.key_release.value
        self.base.data = fingerprint_of(row)

    def differences(self, row: ExamSession) -> list[tuple[str, str, str]]:
        """What was typed and what is stored now, where they differ: label, stored, typed.

        From now on the form counts as made from what is stored: its page has shown it.
        """
        stored = type(self)(formdata=None)
        stored.paper_spec_id.choices = self.paper_spec_id.choices
        stored.show(row)
        self.base.data = stored.base.data
        pairs = ((stored[field.name], field) for field in self if field.name in SHOWN_FIELDS)
        return [
            (str(field.label.text), in_words(now), in_words(field))
            for now, field in pairs
            if in_words(now) != in_words(field)
        ]


SHOWN_FIELDS = frozenset(
    {
        *("name", "room", "room_addresses", "held_on", "opens_at", "last_start_at", "closes_at"),
        *("cap_at_close", "paper_spec_id", "minutes", "grace_seconds", "result_release", "key_release"),
    }
)
"""The fields of a stored session, in which two who change it at once can differ."""


def in_words(field: Field) -> str:
    """The value of a field as people read it."""
    if isinstance(field, SelectField | RadioField):
        return next(
            (str(label) for value, label, *_ in field.iter_choices() if str(value) == str(field.data)), ""
        )
    if isinstance(field, BooleanField):
        return str(_("是") if field.data else _("否"))
    if isinstance(field.data, time):
        return f"{field.data:%H:%M}"
    return "" if field.data is None else str(field.data).strip()


class AdmitForm(FlaskForm):  # type: ignore[misc]
    id_number = StringField(
        _l("身份证号"),
        [_required(_l("请填写身份证号。"))],
        render_kw={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"},
    )
    name = StringField(_l("姓名"), [_required(_l("请填写姓名。"))], render_kw={"autocomplete": "off"})


class ListForm(FlaskForm):  # type: ignore[misc]
    file = FileField(
        _l("考生名单（.xlsx）"),
        [_required(_l("请选择填好的名单。"))],
        render_kw={"accept": ".xlsx"},
    )


class PrepareForm(RemovalForm):
    """`base` is how many draws there were when the form was filled."""

    base = HiddenField()
    law_day = Day(
        _l("法律适用日"),
        [_required(_l("请填写法律适用日。"))],
        description=_l("只抽取所依据的条文在这一天有效的试题。"),
    )
    reason = TextAreaField(_l("理由"), [Length(max=400, message=_l("理由不超过 400 个字。"))])

    def show(self, row: ExamSession) -> None:
        """The session as it is."""
        self.law_day.data, self.base.data = row.law_day, str(row.draw_number)


class TimeForm(FlaskForm):  # type: ignore[misc]
    minutes = Whole(
        _l("加时（分钟）"),
        [
            _required(_l("请填写分钟数。")),
            NumberRange(-1440, 1440, _l("加时应当在 -1440 到 1440 分钟之间。")),
        ],
        description=_l("更正多加的时间，填负数。"),
    )
    reason = StringField(
        _l("理由"),
        [
            _required(_l("请写明加时的理由，考生页面会显示。")),
            Length(max=200, message=_l("理由不超过 200 个字。")),
        ],
        description=_l("会显示在考生页面上，例如：考场停电十分钟。"),
    )


class ReasonForm(FlaskForm):  # type: ignore[misc]
    reason = TextAreaField(
        _l("理由"),
        [_required(_l("请写明理由。")), Length(max=200, message=_l("理由不超过 200 个字。"))],
        id="leave-reason",  # its page has another reason, that of more time
        description=REASON_HINT,
    )


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """Why an admitted person is given a new one-time password."""

    reason = TextAreaField(
        _l("理由"),
        [_required(_l("请写明理由。")), Length(max=400, message=_l("理由不超过 400 个字。"))],
        id="password-reason",  # its page has other reasons
        description=_l("例如：考生忘记密码，已核对本人。理由会记入日志，事后可查。"),
    )


class RollForm(FlaskForm):  # type: ignore[misc]
    reason = StringField(
        _l("导出用途"),
        [
            _required(_l("请写明导出的用途。")),
            Length(max=200, message=_l("用途不超过 200 个字。")),
        ],
        description=_l("成绩单含完整身份证号。谁在何时、为何导出，会记入日志。"),
    )
