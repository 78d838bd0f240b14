"""Form fields that several rooms share; their messages say how to write what was not understood."""

from __future__ import annotations

from flask_babel import gettext as _
from wtforms import DateField, IntegerField, TimeField
from wtforms.fields import DateTimeLocalField

FIRST_YEAR, LAST_YEAR = 1900, 2199


class Day(DateField):
    """A calendar day between 1900 and 2199."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("日期不存在或写法不对，请写作 2026-11-23。")) from None
        if self.data is not None and not FIRST_YEAR <= self.data.year <= LAST_YEAR:
            self.data = None
            raise ValueError(_("年份应当在 1900 到 2199 之间，请核对。"))


class TimeOfDay(TimeField):
    """A time of day in Shanghai."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("时间不存在或写法不对，请写作 09:30。")) from None


class Moment(DateTimeLocalField):
    """A time of the clock in Shanghai, to the minute or the second."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("时间不存在或写法不对，请写作 2026-11-23 18:00。")) from None


class Whole(IntegerField):
    """A whole number."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("请填写整数。")) from None
