"""Files that a page gives to save: their names come from what people typed, and stand in a header."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

from flask import send_file

if TYPE_CHECKING:
    from flask import Response

NO_PART_OF_A_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff/\\\\]+")
"""Control characters, ends of lines, halves of characters, and what separates folders."""

LONGEST_NAME = 150


def attachment(data: bytes, media_type: str, name: str) -> Response:
    """An answer that the browser saves under a name, of which what no file name or header may hold is left out."""
    stem, dot, ending = name.rpartition(".")
    stem = NO_PART_OF_A_NAME.sub(" ", stem if dot else name).strip()[:LONGEST_NAME]
    kept = f"{stem}{dot}{ending if dot else ''}"
    # Headers are ASCII: this writes a name in Chinese as RFC 8187 has it; setting the header by hand does not.
    return send_file(BytesIO(data), media_type, as_attachment=True, download_name=kept)
