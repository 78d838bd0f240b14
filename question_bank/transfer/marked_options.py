"""Options that carry the key themselves: «警告√», «警告（正确答案）», «*警告», or another look in Word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from question_bank.transfer.keys import SIGNS, WRONG_SIGNS
from question_bank.transfer.options import ALPHABET

if TYPE_CHECKING:
    from collections.abc import Sequence

STANDS_OUT = "\ue000"
"""Behind an option that is bold, coloured or the like: written there by readers of formatted text, which take the
character out of the text itself before. It belongs to nobody (Unicode's private use)."""
AT_END = re.compile(rf"[（(【\[]\s*+(?:正确答案|[{SIGNS}])\s*+[)）】\]]$|[{SIGNS}]$|[*＊]$")
AT_START = re.compile(rf"[（(【\[]\s*+[{SIGNS}]\s*+[)）】\]]|[{SIGNS}*＊]")
SIGN_OR_STAR = re.compile(rf"[{SIGNS}*＊]|正确答案")


@dataclass(frozen=True, slots=True)
class Marked:
    """Options without their marks, and the letters of those that are marked as right."""

    options: tuple[str, ...]
    letters: str = ""


def signed(options: Sequence[str]) -> Marked:
    """What signs at the ends of options say; options that are nothing but a sign keep it."""
    read = [_read(option) for option in options]
    right = [sign is not None and sign not in WRONG_SIGNS for _text, sign in read]
    if any(right) and all(text for text, _sign in read):
        return Marked(tuple(text for text, _sign in read), _letters(right))
    return Marked(tuple(options))


def stressed(options: Sequence[str]) -> Marked:
    """Which options stand out; none where all of them do."""
    plain = tuple(option.replace(STANDS_OUT, "").strip() for option in options)
    stands_out = [STANDS_OUT in option for option in options]
    return Marked(plain, "" if all(stands_out) else _letters(stands_out))


def _letters(chosen: Sequence[bool]) -> str:
    return "".join(letter for letter, is_chosen in zip(ALPHABET, chosen, strict=False) if is_chosen)


def _read(option: str) -> tuple[str, str | None]:
    """An option's text and the sign at its end or start."""
    at_end = AT_END.search(option[-24:])
    if at_end:
        sign = SIGN_OR_STAR.search(at_end[0])
        return option[: -len(at_end[0])].rstrip(), sign[0] if sign else None
    at_start = AT_START.match(option)
    if at_start:
        sign = SIGN_OR_STAR.search(at_start[0])
        return option[at_start.end() :].lstrip(), sign[0] if sign else None
    return option, None
