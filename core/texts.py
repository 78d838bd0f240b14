"""What a text of one line may hold. Pure."""

from __future__ import annotations

import re

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def has_control_characters(text: str) -> bool:
    """Whether a text has ends of lines or other control characters, which no name has."""
    return CONTROL.search(text) is not None
