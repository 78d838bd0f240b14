"""What markers type. What it comes to, the rules tell."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from core.web.fields import Marks


class MarkForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    marks = Marks(_l("评分"))


class DecisionForm(FlaskForm):  # type: ignore[misc]
    marks = Marks(_l("裁定得分"))
    reason = TextAreaField(
        _l("理由"),
        [InputRequired(_l("请写明裁定的理由。"))],
        description=_l("写明按哪些要点给分。理由与裁定一并留存。"),
    )
