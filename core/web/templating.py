"""How values look on pages: Shanghai time, calendar days, marks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import g
from flask_babel import get_domain
from markupsafe import Markup

from core import clock
from core.web.forms import error_links

if TYPE_CHECKING:
    from datetime import date, datetime

    from flask import Flask


def moment(value: datetime | None, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """An instant as the clock in Shanghai shows it; «—» when there is none."""
    return clock.shanghai(value).strftime(pattern) if value is not None else "—"


def day(value: date | None) -> str:
    """A calendar day as 2026-11-23; «—» when there is none."""
    return value.isoformat() if value is not None else "—"


def marks(hundredths: int | None) -> str:
    """Marks kept in hundredths, without trailing zeros: 8650 → 86.5."""
    if hundredths is None:
        return "—"
    text = f"{Decimal(hundredths) / 100:.2f}"
    return text.rstrip("0").rstrip(".")


def _translations() -> Any:
    """The catalogue of this request's language, looked up once: a paper has hundreds of words."""
    if "translations" not in g:
        g.translations = get_domain().get_translations()
    return g.translations


def _word(text: str, /, **values: object) -> Markup:
    """The text in this request's language, with its values escaped and put in."""
    translated = Markup(_translations().ugettext(text))  # noqa: S704  our own words; values are escaped below
    return translated % values if "%" in translated else translated


def _gettext(text: str) -> str:
    translated: str = _translations().ugettext(text)
    return translated


def _ngettext(singular: str, plural: str, number: int) -> str:
    translated: str = _translations().ungettext(singular, plural, number)
    return translated


def init_app(app: Flask) -> None:
    """After Flask-Babel: its own callables ask for the language at each word."""
    app.jinja_env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["_"] = _word  # the extension's own takes five calls a word
    app.jinja_env.globals["error_links"] = error_links
    app.jinja_env.filters.update(moment=moment, day=day, marks=marks)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
