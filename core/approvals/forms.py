from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from core.approvals.rules import LONGEST_REASON


class ReasonForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """Why a proposal is refused, or taken back."""

    reason = TextAreaField(
        _l("理由"),
        [
            InputRequired(_l("请写明理由。")),
            Length(max=LONGEST_REASON, message=_l("理由不超过 400 个字。")),
        ],
        description=_l("双方都会看到。理由会记入日志，事后可查。"),
        render_kw={"rows": 2, "maxlength": LONGEST_REASON},
    )
