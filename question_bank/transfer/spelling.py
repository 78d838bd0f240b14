"""How text is tidied and folded before it is understood. Pure."""

from __future__ import annotations

import re
import unicodedata

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def tidy(text: str) -> str:
    """Trimmed, with plain line ends and without characters that no text has."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def folded(text: str) -> str:
    """For comparing words: full-width folded, lower case, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
