"""What the office types to let keys be seen."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired


class KeysForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """`seen` stands for the sessions that the page has named, see `uses.token_of`."""

    seen = HiddenField()
    reason = TextAreaField(
        _l("理由"),
        [InputRequired(_l("请写明为什么现在就可以公布答案。"))],
        description=_l("写明依据。理由会与上面的场次一并留存。"),
    )
