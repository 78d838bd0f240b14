from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional

from core.web.fields import Day, Moment


class AskForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """The question. It is posted: an ID number never stands in an address."""

    id_number = StringField(
        _l("身份证号"),
        [
            InputRequired(_l("请填写身份证号。")),
            Length(max=40, message=_l("身份证号应为 18 位，请核对是否多填。")),
        ],
        render_kw={"autocomplete": "off", "spellcheck": "false", "inputmode": "text"},
    )
    name = StringField(
        _l("姓名"),
        [Optional(), Length(max=100, message=_l("姓名过长，请核对。"))],
        description=_l("填写后核对姓名与号码是否一致。"),
        render_kw={"autocomplete": "off"},
    )
    on = Day(
        _l("提请日"),
        [InputRequired(_l("请填写提请日。"))],
        description=_l("拟提请任用的那一天，可以是过去或将来的日期。"),
    )
    known_at = Moment(
        _l("截至时间"),
        [Optional()],
        format=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        description=_l("只按此刻之前的记录答复，用于复核当时的结论。不填即按现在的记录。"),
    )
    purpose = StringField(
        _l("查询事由"),
        [InputRequired(_l("请写明查询事由，事由会记入查询日志。"))],
        description=_l("例如：2026 年 11 月干部调整动议。每次查询都会留下记录。"),
    )
