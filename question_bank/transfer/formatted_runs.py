"""What formatting says in a Word document, written out as text: options that stand out, gaps of underlined spaces,
raised figures, signs from fonts of signs. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from question_bank.transfer.marked_options import STANDS_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
OFF = frozenset({"0", "false", "off", "none"})
ORDINARY = frozenset({"", "auto", "000000", "ffffff"})
"""Colours that nobody chose to make something stand out."""
SIGNS = {
    "wingdings": {"fc": "√", "fb": "×", "fe": "☑", "fd": "☒", "a8": "□", "6f": "□", "6c": "●", "a1": "○"},
    "wingdings 2": {"50": "√", "4f": "×", "52": "☑", "51": "☒", "a3": "□", "2a": "□"},
}
"""What characters of these fonts look like, by the last byte of their code."""
RAISED = str.maketrans("0123456789+-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾")
LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
GAP = re.compile(r"[ \u00a0\u3000\t]{2,}+")
LETTER = re.compile(r"(?<![A-Za-z0-9Ａ-Ｚａ-ｚ])[A-HＡ-Ｈ]\s*+(?:[.．、:：)）]\s*+|(?<=\s))|[①-⑧]")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a paragraph; whether it stands out from the rest."""

    text: str
    stressed: bool = False


def sign_of(font: str, code: str) -> str:
    """What a character of a font of signs looks like, "" for one that is not known."""
    return SIGNS.get(font.casefold(), {}).get(code[-2:].casefold(), "")


class Runs:
    """How runs are formatted, by themselves or by the styles of characters that they name."""

    def __init__(self, styles: Element | None) -> None:
        self._stressed_styles = {
            style.get(f"{W}styleId", "")
            for style in (styles.iter(f"{W}style") if styles is not None else ())
            if style.get(f"{W}type") == "character" and _is_stressed(style.find(f"{W}rPr"))
        }

    def pieces(self, run: Element, inside: Sequence[Piece]) -> Iterator[Piece]:
        """The text of a run as its formatting means it."""
        look = run.find(f"{W}rPr")
        if look is None:
            yield from inside
            return
        stressed = _is_stressed(look) or _value(look, "rStyle") in self._stressed_styles
        font = next(
            (value for value in _attributes(look, "rFonts") if value.casefold() in SIGNS),
            "",
        )
        for piece in inside:
            text = piece.text
            if font:
                text = "".join(_shown(character, font) for character in text)
            if _value(look, "vertAlign") == "superscript":
                text = text.translate(RAISED)
            elif _value(look, "vertAlign") == "subscript":
                text = text.translate(LOWERED)
            if _is_on(look, "u") and GAP.fullmatch(text):
                text = "____"
            yield replace(piece, text=text, stressed=stressed)


def _shown(character: str, font: str) -> str:
    code = ord(character)
    return sign_of(font, f"{code:04x}") or character if 0xF000 <= code <= 0xF0FF else character


def _is_stressed(look: Element | None) -> bool:
    """Whether a run is bold, coloured, underlined or highlighted."""
    if look is None:
        return False
    colours = (_value(look, "color"), _value(look, "highlight"), *_attributes(look, "shd", f"{W}fill"))
    return (
        _is_on(look, "b")
        or _is_on(look, "u")
        or any(colour.casefold() not in ORDINARY | OFF for colour in colours)
    )


def _is_on(look: Element, name: str) -> bool:
    found = look.find(f"{W}{name}")
    return found is not None and found.get(f"{W}val", "1").casefold() not in OFF


def _value(look: Element, name: str) -> str:
    found = look.find(f"{W}{name}")
    return found.get(f"{W}val", "") if found is not None else ""


def _attributes(look: Element, name: str, only: str = "") -> list[str]:
    found = look.find(f"{W}{name}")
    if found is None:
        return []
    return [value for key, value in found.attrib.items() if not only or key == only]


def with_stress(pieces: Sequence[Piece]) -> Iterator[str]:
    """The lines of a paragraph; behind each option that stands out as a whole `STANDS_OUT` is written."""
    clean = [replace(piece, text=piece.text.replace(STANDS_OUT, "")) for piece in pieces]
    text = "".join(piece.text for piece in clean)
    stressed = [piece.stressed for piece in clean for _character in piece.text]
    start = 0
    for line in text.split("\n"):
        flags = stressed[start : start + len(line)]
        yield _line_with_stress(line, flags) if any(flags) else line
        start += len(line) + 1


def _line_with_stress(line: str, flags: Sequence[bool]) -> str:
    letters = list(LETTER.finditer(line))
    ends = [letter.start() for letter in letters[1:]] + [len(line)]
    for letter, end in reversed(list(zip(letters, ends[: len(letters)], strict=True))):
        text = line[letter.end() : end].rstrip()
        behind = letter.end() + len(text)
        if text and all(flags[place] for place in range(letter.end(), behind) if not line[place].isspace()):
            line = line[:behind] + STANDS_OUT + line[behind:]
    return line
