from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class VerifyForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """A number to look up: a plain GET form, since it changes nothing and the number is not secret."""

    class Meta:
        csrf = False

    number = StringField(
        _l("证书编号"),
        [
            DataRequired(_l("请填写证书编号。")),
            Length(max=40, message=_l("证书编号共 15 位，请核对是否多填。")),
        ],
        description=_l("共 15 位，印在证书上方，例如 2026ABCDEFGH123。不分大小写。"),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
