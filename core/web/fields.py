"""Form fields that several rooms share: days and times, whose messages say how to write them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateField
from wtforms.fields import DateTimeLocalField

DAY_WRONG = _l("日期不存在或写法不对，请写作 2026-11-23。")
MOMENT_WRONG = _l("时间不存在或写法不对，请写作 2026-11-23 18:00。")


class Day(DateField):
    """A day whose message says how to write one."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(str(DAY_WRONG)) from error


class Moment(DateTimeLocalField):
    """A time of the clock in Shanghai, to the minute or the second."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(str(MOMENT_WRONG)) from error
