"""Form fields that several rooms share; their messages say how to write what was not understood."""

from __future__ import annotations

import unicodedata

from flask_babel import gettext as _
from wtforms import DateField, DecimalField, IntegerField, TimeField
from wtforms.fields import DateTimeLocalField
from wtforms.widgets import TextInput

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


def _half_width(number: str) -> str:
    """A number as typed with a Chinese keyboard: ４．５ and 4。5 are 4.5."""
    return unicodedata.normalize("NFKC", number).replace("。", ".").strip()


class Marks(DecimalField):
    """Marks (分), shown without trailing zeros; whether they are possible, the rules tell.

    A plain text field: a wheel turned over a number field would change it unseen.
    """

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([_half_width(value) for value in valuelist])
        except ValueError:
            self.data = None
            raise ValueError(_("请填写数字，如 2 或 2.5。")) from None
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError(_("请填写数字，如 2 或 2.5。"))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data.normalize():f}" if self.data is not None else ""
