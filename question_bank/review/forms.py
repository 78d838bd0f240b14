from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput


class StepForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """A step on a version; `number` is the version that the page showed."""

    number = IntegerField(widget=HiddenInput(), validators=[InputRequired(_l("页面不完整，请刷新后重试。"))])


class ApproveForm(StepForm):
    remark = TextAreaField(_l("意见"), description=_l("可以不填。"))


class ReturnForm(StepForm):
    comment = TextAreaField(_l("退回的原因"), description=_l("写明要改什么，命题人会看到。"))


class RetireForm(StepForm):
    comment = TextAreaField(_l("停用的原因"), description=_l("理由会留在试题的审核记录里。"))
