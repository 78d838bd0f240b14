"""A question's fieldset, rendered once for all who are shown the same wording.

The fragments are made of `Content`, which has no key. What differs between candidates, the position, the order
of the options and the answer, is put in per page.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flask import current_app
from flask_babel import get_locale
from markupsafe import Markup, escape

from exam.papers.rules import LONGEST_ANSWER, OPTION_LETTERS
from exam.sittings.answers import TEXT_MARK
from question_bank.items import pool
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flask import Flask

    from exam.sittings.queries import QuestionRow
    from question_bank.items.pool import Content

MOST_FRAGMENTS = 8192
POSITION, LETTER, CHECKED, OPTIONS, WORDS, COUNT = "\x02", "\x03", "\x04", "\x05", "\x06", "\x0e"
"""Control characters, which no text of a question contains, mark where a page fills in its own."""

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


class _Key(NamedTuple):
    item_version_id: int
    language: str


@dataclass(frozen=True, slots=True)
class _Blank:
    """A question with marks where the page fills in."""

    position: str
    type: str
    stem: str
    of_case: bool


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fieldset in pieces: what comes before the options, the option of each of the author's letters, and after.

    A 填空题 has `blanks`, one after the other, instead of options, a 简答题 one place to write in, `written`; a
    question of a case its `material`, of the version `material_id`.
    """

    head: str
    options: Mapping[str, str]
    tail: str
    blanks: tuple[str, ...] = ()
    material_id: int | None = None
    material: str = ""
    written: str = ""

    def filled(self, position: int, order: str, choice: str) -> Markup:
        """The fieldset at that position. `order` lists the author's letters as shown; `choice` is the answer."""
        if self.written:
            shown = [self._written(choice)]
        else:
            shown = self._blanks(choice) if self.blanks else self._options(order, choice)
        text = "".join((self.head, *shown, self.tail)).replace(POSITION, str(position))
        return Markup(text)  # noqa: S704  autoescaped when it was rendered

    def _written(self, choice: str) -> str:
        text = _clean(choice.removeprefix(TEXT_MARK))
        return self.written.replace(COUNT, str(len(text))).replace(WORDS, str(escape(text)))

    def _blanks(self, choice: str) -> list[str]:
        lines = choice.removeprefix(TEXT_MARK).split("\n")
        lines += [""] * (len(self.blanks) - len(lines))
        return [
            blank.replace(WORDS, str(escape(_clean(line))))
            for blank, line in zip(self.blanks, lines, strict=False)
        ]

    def _options(self, order: str, choice: str) -> list[str]:
        return [
            self.options[original]
            .replace(LETTER, letter)
            .replace(CHECKED, "checked" if letter in choice else "")
            for letter, original in zip(OPTION_LETTERS, order, strict=False)
        ]


class FragmentCache:
    """Least recently used fragments go first. One per process; threads share it."""

    def __init__(self, limit: int = MOST_FRAGMENTS) -> None:
        self._limit = limit
        self._fragments: OrderedDict[_Key, Fragment] = OrderedDict()
        self._guard = threading.Lock()

    def get_many(self, keys: Iterable[_Key]) -> dict[_Key, Fragment]:
        found = {}
        with self._guard:
            for key in keys:
                fragment = self._fragments.get(key)
                if fragment is not None:
                    self._fragments.move_to_end(key)
                    found[key] = fragment
        return found

    def put_many(self, fragments: dict[_Key, Fragment]) -> None:
        with self._guard:
            self._fragments.update(fragments)
            while len(self._fragments) > self._limit:
                self._fragments.popitem(last=False)

    def everything(self) -> list[str]:
        """What is kept, for the guard that searches it for keys."""
        with self._guard:
            return [
                "".join((f.material, f.head, *f.options.values(), *f.blanks, f.written, f.tail))
                for f in self._fragments.values()
            ]


def init_app(app: Flask) -> None:
    app.extensions["fragments"] = FragmentCache()


@dataclass(frozen=True, slots=True)
class Fieldset:
    """A question as the page shows it; `material_id` tells the questions of one case, `material` is its text."""

    html: Markup
    material_id: int | None
    material: str


def fieldsets(questions: Sequence[QuestionRow], answers: Mapping[int, str]) -> dict[int, Fieldset]:
    """The fieldset of each question, by position, with the candidate's own answers filled in."""
    cache: FragmentCache = current_app.extensions["fragments"]
    language = str(get_locale())
    keys = {q.item_version_id: _Key(q.item_version_id, language) for q in questions}
    found = cache.get_many(keys.values())
    missing = set(keys.values()) - found.keys()
    if missing:
        made = _render(missing)
        cache.put_many(made)
        found |= made
    shown = {}
    for q in questions:
        fragment = found[keys[q.item_version_id]]
        html = fragment.filled(q.position, q.option_order, answers.get(q.position, ""))
        shown[q.position] = Fieldset(html, fragment.material_id, fragment.material)
    return shown


def _render(keys: Iterable[_Key]) -> dict[_Key, Fragment]:
    contents = pool.contents(key.item_version_id for key in keys)
    wanted = {content.material_id for content in contents.values() if content.material_id is not None}
    materials = pool.contents(wanted) if wanted else {}
    return {
        key: _fragment(content, materials[content.material_id].stem if content.material_id else "")
        for key, content in ((key, contents[key.item_version_id]) for key in keys)
    }


def _fragment(content: Content, material: str) -> Fragment:
    macros = current_app.jinja_env.get_template("components/question.html").module
    question = _Blank(POSITION, content.type, _clean(content.stem), of_case=content.material_id is not None)
    head, _mark, tail = str(macros.frame(question, OPTIONS)).partition(OPTIONS)  # type: ignore[attr-defined]
    options = {
        original: str(macros.option(question, LETTER, _clean(text), CHECKED))  # type: ignore[attr-defined]
        for original, text in content.options
    }
    blanks = tuple(
        str(macros.blank(question, number, content.blanks, WORDS))  # type: ignore[attr-defined]
        for number in range(1, content.blanks + 1)
    )
    written = ""
    if content.type is QuestionType.SHORT:
        written = str(macros.written(question, WORDS, COUNT, LONGEST_ANSWER))  # type: ignore[attr-defined]
    return Fragment(head, options, tail, blanks, content.material_id, _clean(material), written)


def _clean(text: str) -> str:
    return CONTROL.sub("", text)
