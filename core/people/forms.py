from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Form, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length


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
