"""How text is tidied and folded before it is understood. Pure."""

from __future__ import annotations

import re
import unicodedata

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
INVISIBLE = re.compile(r"[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff]")
"""Marks of direction, widths of nothing, choices between a sign and its picture: pasted along, seen by nobody.
Joiners stay: in some scripts they change what is seen."""


def tidy(text: str) -> str:
    """Trimmed, with plain line ends and without characters that no text has."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def visible(text: str) -> str:
    """The text without characters that nobody sees."""
    return INVISIBLE.sub("", text)


def folded(text: str) -> str:
    """For comparing words: full-width folded, lower case, without spaces and what nobody sees."""
    return "".join(unicodedata.normalize("NFKC", visible(text)).casefold().split())
