from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired, Length

from core.approvals.rules import LONGEST_REASON
from core.clock import day_of
from core.people.words import ROLE_NAMES
from core.web.fields import Day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.people.queries import GrantLine


class NameForm(Form):
    """Finding people by name: a GET form, so that the list can be returned to."""

    name = StringField(
        _l("姓名"),
        [Length(max=50, message=_l("姓名不超过 50 个字。"))],
        render_kw={"autocomplete": "off"},
    )


class AccountFilterForm(Form):
    text = StringField(_l("用户名或姓名"), render_kw={"autocomplete": "off"})


class IdNumberForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """Finding a person by ID number: always by POST, a number stands in no address."""

    id_number = StringField(
        _l("身份证号"),
        [InputRequired(_l("请填写身份证号。")), Length(max=40, message=_l("身份证号过长。"))],
        render_kw={"autocomplete": "off", "inputmode": "text", "spellcheck": "false"},
    )


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why a full ID number is asked for."""

    reason = TextAreaField(
        _l("查看理由"),
        [
            InputRequired(_l("请写明查看理由。")),
            Length(min=2, max=200, message=_l("理由须为 2 至 200 个字。")),
        ],
        description=_l("写明用途和依据。理由会记入日志，事后可查。"),
        render_kw={"rows": 2, "maxlength": 200},
    )


class LiftForm(FlaskForm):  # type: ignore[misc]
    """One lock: a name at an address."""

    username = HiddenField(validators=[InputRequired(), Length(max=32)])
    address = HiddenField(validators=[Length(max=64)])


def _why(element_id: str) -> TextAreaField:
    """A reason; its page has several."""
    return TextAreaField(
        _l("理由"),
        [
            InputRequired(_l("请写明理由。")),
            Length(max=LONGEST_REASON, message=_l("理由不超过 400 个字。")),
        ],
        id=element_id,
        description=_l("写明依据。理由会记入日志，事后可查。"),
        render_kw={"rows": 2, "maxlength": LONGEST_REASON},
    )


class DisableForm(FlaskForm):  # type: ignore[misc]
    reason = _why("disable-reason")
    even_while_sitting = BooleanField(_l("我知道此人正在考试，停用后不能继续作答"))


class EnableForm(FlaskForm):  # type: ignore[misc]
    reason = _why("enable-reason")


class EndRoleForm(FlaskForm):  # type: ignore[misc]
    grant_id = SelectField(_l("角色"), coerce=int)
    ends_on = Day(
        _l("终止日"), [InputRequired(_l("请填写终止日。"))], description=_l("自这一天起不再具有这项角色。")
    )
    reason = _why("end-role-reason")

    def offer(self, grants: Sequence[GrantLine], now: datetime) -> None:
        """The roles to choose from, and today as the day."""
        self.grant_id.choices = [SelectChoice(str(grant.id), _grant_words(grant)) for grant in grants]
        if self.ends_on.data is None and not self.is_submitted():
            self.ends_on.data = day_of(now)


def _grant_words(grant: GrantLine) -> Any:
    return f"{ROLE_NAMES[grant.role]} · {grant.unit}" if grant.unit else ROLE_NAMES[grant.role]
