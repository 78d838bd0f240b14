from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Optional


class MovesForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """Which moved articles a person confirms; the service knows which were proposed."""

    articles = SelectMultipleField(_l("条文"), choices=[], validate_choice=False)


class CorrectionForm(FlaskForm):  # type: ignore[misc]
    """Where an article went in truth."""

    new_article = StringField(
        _l("新版条号"), [Optional()], description=_l("如 23 或第二十三条。留空表示新版没有对应的条文。")
    )
    settled = BooleanField(_l("文字实质未变，引用它的试题继续抽用"))
    reason = TextAreaField(_l("理由"), description=_l("写明为什么不是比对提出的那一条。"))
