"""A question's fieldset, rendered once for all who are shown the same options in the same order.

The fragments are made of `Content`, which has no key. What differs between candidates, the position and the
answer, is put in per page.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flask import current_app
from flask_babel import get_locale
from markupsafe import Markup

from exam.papers.rules import OPTION_LETTERS
from question_bank.items import pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flask import Flask

    from exam.sittings.queries import QuestionRow
    from question_bank.items.pool import Content

MOST_FRAGMENTS = 8192
POSITION, CHECKED = "\x02", "\x03"
"""Control characters, which no text of a question contains, mark where a page fills in its own."""

CHOSEN = re.compile(r'(value="([A-Z])")\s+checked')
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


class _Key(NamedTuple):
    item_version_id: int
    option_order: str
    language: str


@dataclass(frozen=True, slots=True)
class _Blank:
    """A question with marks where the page fills in position and answer."""

    position: str
    type: str
    stem: str
    options: tuple[tuple[str, str], ...]
    chosen: str


class FragmentCache:
    """Least recently used fragments go first. One per process; threads share it."""

    def __init__(self, limit: int = MOST_FRAGMENTS) -> None:
        self._limit = limit
        self._fragments: OrderedDict[_Key, str] = OrderedDict()
        self._guard = threading.Lock()

    def get_many(self, keys: Iterable[_Key]) -> dict[_Key, str]:
        found = {}
        with self._guard:
            for key in keys:
                fragment = self._fragments.get(key)
                if fragment is not None:
                    self._fragments.move_to_end(key)
                    found[key] = fragment
        return found

    def put_many(self, fragments: dict[_Key, str]) -> None:
        with self._guard:
            self._fragments.update(fragments)
            while len(self._fragments) > self._limit:
                self._fragments.popitem(last=False)

    def everything(self) -> list[str]:
        """What is kept, for the guard that searches it for keys."""
        with self._guard:
            return list(self._fragments.values())


def init_app(app: Flask) -> None:
    app.extensions["fragments"] = FragmentCache()


def fieldsets(questions: Sequence[QuestionRow], answers: dict[int, str]) -> dict[int, Markup]:
    """The fieldset of each question, by position, with the candidate's own answers checked."""
    cache: FragmentCache = current_app.extensions["fragments"]
    language = str(get_locale())
    keys = {q.position: _Key(q.item_version_id, q.option_order, language) for q in questions}
    found = cache.get_many(keys.values())
    missing = set(keys.values()) - found.keys()
    if missing:
        made = _render(missing)
        cache.put_many(made)
        found |= made
    return {
        position: _fill(found[key], position, answers.get(position, "")) for position, key in keys.items()
    }


def _render(keys: Iterable[_Key]) -> dict[_Key, str]:
    contents = pool.contents(key.item_version_id for key in keys)
    macro = current_app.jinja_env.get_template("components/question.html").module.question  # type: ignore[attr-defined]
    made = {}
    for key in keys:
        content = contents[key.item_version_id]
        blank = _Blank(POSITION, content.type, _clean(content.stem), _shown(content, key), OPTION_LETTERS)
        made[key] = CHOSEN.sub(rf"\1{CHECKED}\2", str(macro(blank)))
    return made


def _shown(content: Content, key: _Key) -> tuple[tuple[str, str], ...]:
    """The options as shown: the first of the order is A, whatever letter the author gave it."""
    texts = dict(content.options)
    return tuple(
        (letter, _clean(texts[original]))
        for letter, original in zip(OPTION_LETTERS, key.option_order, strict=False)
    )


def _clean(text: str) -> str:
    return CONTROL.sub("", text)


def _fill(fragment: str, position: int, choice: str) -> Markup:
    for letter in choice:
        fragment = fragment.replace(CHECKED + letter, " checked")
    if CHECKED in fragment:
        fragment = re.sub(CHECKED + "[A-Z]", "", fragment)
    return Markup(fragment.replace(POSITION, str(position)))  # noqa: S704  autoescaped when it was rendered
