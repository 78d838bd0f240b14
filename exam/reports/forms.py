from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired, Optional

from core.web.fields import Day, Moment, Whole
from exam.reports.rules import DEFAULT_DEFINITION, DEFINITIONS, GroupBy

GROUPINGS = (
    SelectChoice("", _l("不分组")),
    SelectChoice(GroupBy.REGION.value, _l("按区县")),
    SelectChoice(GroupBy.UNIT_KIND.value, _l("按单位类别")),
    SelectChoice(GroupBy.LEVEL.value, _l("按职务层次")),
    SelectChoice(GroupBy.YEAR.value, _l("按年")),
)


class _AddressForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """A form that asks and changes nothing: its answers have an address and can be sent on."""

    class Meta:
        csrf = False


class PassRateForm(_AddressForm):
    first = Day(_l("起始日"), [InputRequired(_l("请填写起始日。"))])
    last = Day(_l("截止日（含）"), [InputRequired(_l("请填写截止日。"))])
    definition = SelectField(
        _l("口径"),
        choices=[SelectChoice(definition.name, _l(definition.title)) for definition in DEFINITIONS.values()],
        default=DEFAULT_DEFINITION,
    )
    by = SelectField(_l("分组"), [Optional()], choices=GROUPINGS, default=GroupBy.REGION.value)
    known_at = Moment(
        _l("记录截至"),
        [Optional()],
        format=["%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        description=_l("不填即现在"),
    )


class ClaimForm(_AddressForm):
    """A published figure, checked for the period of the report; the period comes along hidden."""

    first = HiddenField()
    last = HiddenField()
    definition = HiddenField()
    by = HiddenField()
    known_at = HiddenField()
    sat = Whole(
        _l("公布的参加人数"),
        [InputRequired(_l("请填写整数，例如 750。"))],
        render_kw={"inputmode": "numeric"},
    )
    rate = StringField(
        _l("公布的合格率（%）"),
        [InputRequired(_l("请填写公布的合格率。"))],
        description=_l("照公布的小数位数填写"),
        render_kw={"inputmode": "decimal"},
    )
