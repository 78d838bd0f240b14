"""What a cell of a sheet shows for a number: the formats of office programs, as far as they can be told. Pure.

A stem that asks «第几日» holds the number 15 under the format `0"日"`; whoever reads 15 reads another text than
the author sees. Formats that this module does not know are told, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

GENERAL = "General"
LONGEST_FORMAT = 200
MOST_DECIMALS = 30
MOST_FRACTION_DIGITS = 6
DIGITS_KEPT = 10**15
"""Whole numbers from here on have lost digits: an office program keeps fifteen."""
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/通用格式)|(?P<core>[0#?.,/%]|E[+-])|(?P<plain>.)",
    re.DOTALL | re.IGNORECASE,
)
COLOUR = re.compile(
    r"(?:black|blue|cyan|green|magenta|red|white|yellow|黑色|蓝色|红色|绿色|黄色|color ?\d+)", re.IGNORECASE
)
CURRENCY = re.compile(r"\$([^-\]]*)(?:-[0-9A-Fa-f]+)?")
ELAPSED = re.compile(r"\[(h{1,2}|m{1,2}|s{1,2})\](?::?(mm))?(?::?(ss))?(?:\.0{1,3})?(?:;@)?", re.IGNORECASE)
LITERAL = frozenset(" $-+():^&'~{}<>=")
DIGITS = re.compile(r"([0#?,]*)(\.[0#?]*)?(E[+-]0{1,3})?")
FRACTION = re.compile(r"[0#?]{1,40}/([0#?]{1,40})")


@dataclass(frozen=True, slots=True)
class _Section:
    """One part of a format: what stands before the figures, their places, what stands behind them."""

    before: str
    core: str
    after: str
    percents: int
    general: bool
    at: bool = False


def shown(value: float, number_format: str) -> tuple[str, bool]:
    """What a cell shows for a number, and whether this is sure and the whole value.

    It is not sure for a format that is not known, and not whole where the format rounds.
    """
    sections = _sections(number_format) if number_format != GENERAL else (_GENERAL,)
    section = _section_for(value, sections)
    if section is None:
        return plain_number(value), False
    number = abs(value) if value < 0 and len(sections) > 1 and section is not sections[0] else value
    if section.general:
        text, whole = plain_number(number), abs(value) < DIGITS_KEPT
    elif "/" in section.core:
        text, whole = _fraction(number, section.core)
    else:
        text, whole = _figures(number, section)
    sign = "-" if text.startswith("-") else ""
    return f"{sign}{section.before}{text[len(sign) :]}{section.after}", whole


def shown_text(text: str, number_format: str) -> str:
    """What a cell shows for a text: `"第"@"条"` puts words around it."""
    if "@" not in number_format or number_format == "@":
        return text
    sections = _sections(number_format)
    last = sections[-1] if sections else None
    return f"{last.before}{text}{last.after}" if last is not None and last.at else text


def shown_duration(value: timedelta, number_format: str) -> tuple[str, bool]:
    """What a cell shows for a span of time under a format such as `[h]:mm`, and whether this is sure."""
    seconds = round(value.total_seconds())
    found = ELAPSED.fullmatch(number_format)
    if found is None or seconds < 0:
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}", False
    unit = found[1][0].lower()
    first = seconds // {"h": 3600, "m": 60, "s": 1}[unit]
    parts = [f"{first:0{len(found[1])}}"]
    if found[2] and unit == "h":
        parts.append(f"{seconds // 60 % 60:02}")
    if found[3] and unit != "s":
        parts.append(f"{seconds % 60:02}")
    return ":".join(parts), True


def plain_number(value: float) -> str:
    """The figures of a number as it was typed: 0.1 + 0.2 is 0.3, never 1E-05."""
    if isinstance(value, int) or value == int(value):
        return str(int(value))
    return format(Decimal(f"{value:.15g}"), "f")


@lru_cache(maxsize=512)
def _sections(number_format: str) -> tuple[_Section | None, ...]:
    """The parts of a format between «;»; None for one that is not known."""
    if len(number_format) > LONGEST_FORMAT:
        return (None,)
    sections: list[_Section | None] = []
    tokens: list[re.Match[str]] = []
    for token in TOKEN.finditer(number_format):
        if token["plain"] == ";":
            sections.append(_section(tokens))
            tokens = []
        else:
            tokens.append(token)
    return (*sections, _section(tokens))


def _section(tokens: list[re.Match[str]]) -> _Section | None:
    """The part that these tokens make: words, one place for the number, words."""
    words: list[list[str]] = [[], []]
    core, place = "", ""
    for position, token in enumerate(tokens):
        kind = _place(token)
        if kind == "core" and (not place or (place == "core" and not words[1])):
            place, core = "core", core + token[0].upper()
        elif kind and place:
            return None
        elif kind:
            place = kind
        else:
            literal = _literal(token)
            if literal is None:
                return None
            # «# ?/?»: this space stands between the whole number and the fraction.
            if not (literal == " " and core and not words[1] and _fraction_follows(tokens[position:])):
                words[bool(place)].append(literal)
    known = place in {"general", "at"} or (FRACTION if "/" in core else DIGITS).fullmatch(core)
    if not place or not known:
        return None
    before, after = ("".join(pieces) for pieces in words)
    percents = sum(token[0] == "%" for token in tokens)
    return _Section(before, core, after, percents, general=place == "general", at=place == "at")


def _place(token: re.Match[str]) -> str:
    """What a token says of the place of the number: figures (core), the number or the text as it is; "" for words."""
    if token["general"]:
        return "general"
    if token["plain"] == "@":
        return "at"
    return "core" if token["core"] and token["core"] != "%" else ""


def _literal(token: re.Match[str]) -> str | None:
    """The words that a token shows; None for one that is not known."""
    if token["core"]:
        return "%"
    if token["bracket"] is not None:
        currency = CURRENCY.fullmatch(token["bracket"])
        if currency is None and COLOUR.fullmatch(token["bracket"]) is None:
            return None
        return currency[1] if currency else ""
    if token["plain"]:
        # Letters stand for parts of a date.
        known = token["plain"] in LITERAL or not token["plain"].isascii()
        return token["plain"] if known else None
    return token["quoted"] or token["escaped"] or ""


def _fraction_follows(tokens: list[re.Match[str]]) -> bool:
    return any(token["core"] == "/" for token in tokens)


_GENERAL = _Section("", "", "", 0, general=True)


def _section_for(value: float, sections: tuple[_Section | None, ...]) -> _Section | None:
    numbers = sections[:3]
    if value < 0 and len(numbers) > 1:
        chosen = numbers[1]
    elif value == 0 and len(numbers) > 2:
        chosen = numbers[2]
    else:
        chosen = numbers[0]
    # A format for texts alone shows a number as it is.
    return _GENERAL if chosen is not None and chosen.at else chosen


def _figures(value: float, section: _Section) -> tuple[str, bool]:
    found = DIGITS.fullmatch(section.core)
    assert found is not None
    whole_places, decimals, exponent = found[1] or "", (found[2] or "")[1:], found[3]
    number = Decimal(repr(value)) * 100**section.percents
    if exponent:
        return _scientific(number, len(decimals), exponent)
    scaled = len(whole_places) - len(whole_places.rstrip(","))
    number /= 1000**scaled
    places = min(len(decimals), MOST_DECIMALS)
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    grouped = "," in whole_places.rstrip(",")
    text = format(abs(rounded), ",f" if grouped else "f")
    whole, _point, rest = text.partition(".")
    least = sum(place == "0" for place in decimals)
    while len(rest) > least and rest.endswith("0"):
        rest = rest[:-1]
    zeros = whole_places.count("0")
    whole = whole.zfill(zeros) if whole != "0" or zeros else ""
    sign = "-" if rounded < 0 else ""
    point = "." if "." in section.core else ""
    exact = rounded == number or abs(rounded - number) <= abs(number) * Decimal("1e-14")
    return f"{sign}{whole}{point}{rest}" or "0", exact and abs(value) < DIGITS_KEPT


def _scientific(number: Decimal, decimals: int, exponent: str) -> tuple[str, bool]:
    mantissa, _mark, power = f"{number:.{decimals}E}".partition("E")
    sign = "-" if int(power) < 0 else "+" if exponent[1] == "+" else ""
    text = f"{mantissa}E{sign}{abs(int(power)):0{len(exponent) - 2}}"
    return text, Decimal(f"{mantissa}E{power}") == number


def _fraction(value: float, core: str) -> tuple[str, bool]:
    found = FRACTION.fullmatch(core)
    assert found is not None
    exact = Fraction(repr(abs(value)))
    near = exact.limit_denominator(10 ** min(len(found[1]), MOST_FRACTION_DIGITS) - 1)
    sure = abs(near - exact) <= abs(exact) / 10**9
    sign = "-" if value < 0 and near else ""
    # In «# ?/?» whole numbers have a place of their own.
    if not core.startswith(("#", "0")):
        return f"{sign}{near.numerator}/{near.denominator}", sure
    whole, rest = divmod(near.numerator, near.denominator)
    parts = [str(whole)] if whole or not rest else []
    if rest:
        parts.append(f"{rest}/{near.denominator}")
    return sign + " ".join(parts), sure
