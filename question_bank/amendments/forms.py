from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput


class ConfirmForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """A reviewer's word; `version` and `article` are the wording and the article that the page showed."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired(_l("页面不完整，请刷新后重试。"))])
    article = HiddenField(validators=[InputRequired(_l("请先对照新版的一条。"))])
    reason = TextAreaField(_l("理由"), description=_l("写明对照了什么，为什么答案和解析仍然成立。"))
