"""From formatted text to the plain text of our questions: lines stay lines, what cannot stay is named. Pure.

Formatted text from outside is cleaned by nh3 before it is looked at: no script and no handler gets through,
and unclosed or crossed tags are put in order. The result is text and is never shown as anything else.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import nh3

from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

LONGEST_FORMATTED = 200_000
LONGEST_DESCRIPTION = 300
MOST_TAGS = 2_000
"""Deeper nesting takes the cleaning a time that grows with its square."""
BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "caption",
            "center",
            "dd",
            "div",
            "dl",
            "dt",
            "fieldset",
        ),
        *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li"),
        *(
            "main",
            "nav",
            "ol",
            "p",
            "pre",
            "prompt",
            "section",
            "table",
            "tbody",
            "tfoot",
            "thead",
            "tr",
            "ul",
        ),
    )
)
LOST = {
    **dict.fromkeys(("img", "svg", "picture", "image"), "图片"),
    **dict.fromkeys(("audio", "video", "object", "iframe", "embed", "source"), "多媒体"),
    **dict.fromkeys(("math", "m"), "公式"),
    "table": "表格",
    **dict.fromkeys(("sub", "sup"), "上下标"),
    **dict.fromkeys(("b", "strong", "i", "em", "u", "s", "del", "ins", "font", "mark"), "字体格式"),
    "a": "链接",
    **dict.fromkeys(("script", "style"), "脚本"),
    **dict.fromkeys(("input", "select", "textarea", "button"), "表单控件"),
}
WHOLLY = frozenset(("script", "style", "svg", "math", "audio", "video", "object", "iframe", "select"))
"""Elements of which nothing can stay as text."""
KEPT = frozenset({*BLOCKS, "br", "td", "th", *LOST}) - {"script", "style", "iframe", "prompt"}
HANDLERS = re.compile(r"<script|<iframe|javascript:|<[^<>]{0,500}?\son[a-z]{3,20}\s{0,20}=", re.IGNORECASE)
SPACES = re.compile(r"[ \t\r\n\f]+")
DATA = re.compile(r"data:[\w/+.-]{1,60};base64,[A-Za-z0-9+/=\s]+")
INLINE = frozenset(
    ("span", "code", "small", "big", "kbd", "samp", "var", "abbr", "cite", "q", "label", "tt", "strike")
)
OTHERS = frozenset(
    ("html", "head", "body", "title", "meta", "link", "col", "colgroup", "nobr", "wbr", "noscript")
)
KNOWN = KEPT | INLINE | OTHERS | {"script", "style", "iframe"}
NAME = re.compile(r"</?([A-Za-z][^\s/>:<]*+)(?=[\s/>])")
TAG = re.compile(
    rf"</?(?:{'|'.join(sorted(KEPT | INLINE | {'script'}))})"
    r"""(?:\s+[a-z][a-z0-9_:.-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s<>"']+))?)*+\s*/?>"""
    r"|&(?:[a-z]{2,8}|#\d{1,7}|#x[0-9a-f]{1,6});",
    re.IGNORECASE,
)


class Plain:
    """Text as it grows: spaces and line ends of the source fold into one space, blocks begin on a new line."""

    def __init__(self) -> None:
        self._lines: list[list[str]] = [[]]
        self._loose = False
        self.lost: dict[str, None] = {}

    def add(self, text: str) -> None:
        """Text in which spaces and line ends mean one space."""
        text = SPACES.sub(" ", text)
        if self._loose or not self._lines[-1]:
            text = text.lstrip(" ")
        if text:
            self._lines[-1].append(text)
            self._loose = text.endswith(" ")

    def verbatim(self, text: str) -> None:
        """Text to be kept as it stands."""
        first, *others = text.split("\n")
        self._lines[-1].append(first)
        self._lines += [[line] for line in others]
        self._loose = False

    def line_break(self) -> None:
        """A new line, also after an empty one."""
        self._close()
        self._lines.append([])

    def block(self) -> None:
        """A new line unless one has just begun."""
        self._close()
        if self._lines[-1]:
            self._lines.append([])

    def _close(self) -> None:
        line = self._lines[-1]
        if line and self._loose:
            line[-1] = line[-1].rstrip(" ")
            if not line[-1]:
                line.pop()
        self._loose = False

    def loses(self, name: str) -> None:
        """Note what the element of that name would have shown."""
        if name in LOST:
            self.lost[LOST[name]] = None

    @property
    def text(self) -> str:
        self._close()
        return "\n".join("".join(line) for line in self._lines).strip()


class _Walk(HTMLParser):
    """Takes the text out of cleaned markup."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.plain = Plain()
        self._skipped: list[str] = []
        self._verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.plain.loses(tag)
        if tag in WHOLLY:
            self._skipped.append(tag)
        elif tag == "img":
            self.plain.add(described(dict(attrs).get("alt")))
        elif tag == "br":
            self.plain.line_break()
        elif tag in BLOCKS:
            self.plain.block()
            self._verbatim += tag == "pre"
        elif tag in {"td", "th"}:
            self.plain.add(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._skipped and tag == self._skipped[-1]:
            self._skipped.pop()
        elif tag in BLOCKS:
            self.plain.block()
            self._verbatim -= tag == "pre"

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        if self._verbatim > 0:
            self.plain.verbatim(data)
        else:
            self.plain.add(data)


def html_text(markup: str) -> tuple[str, tuple[str, ...]]:
    """The text of HTML, and what was lost, in words. Raises `Invalid` for markup that is too long or too deep."""
    short = DATA.sub("data:", markup)
    if len(short) > LONGEST_FORMATTED or short.count("<") > MOST_TAGS:
        raise Invalid.one("markup", "带格式的文字过长或层次过多，请在原来的系统里改成普通文字。", "stem")
    risky = HANDLERS.search(short) is not None
    walk = _Walk()
    walk.feed(
        nh3.clean(
            short,
            tags=set(KEPT),
            attributes={"img": {"alt"}},
            clean_content_tags={"script", "style", "iframe"},
            link_rel=None,
        )
    )
    walk.close()
    lost = walk.plain.lost | ({"脚本": None} if risky else {})
    if any(name.lower() not in KNOWN for name in NAME.findall(short)):
        lost["尖括号里的文字"] = None
    return walk.plain.text, tuple(lost)


def described(alternative: str | None) -> str:
    """What stands for a picture in the text: its description, where its author wrote one."""
    words = " ".join((alternative or "").split())[:LONGEST_DESCRIPTION]
    return f"〔图：{words}〕" if words else ""


def is_formatted(text: str) -> bool:
    """Whether a text whose format nobody named holds markup."""
    return TAG.search(text) is not None


def add_tree(
    element: Element, plain: Plain, *, take: Callable[[Element], bool] | None = None, verbatim: bool = False
) -> None:
    """The text of an XHTML element, added to `plain`, without what follows it.

    `take` is asked of every element inside first; it says True for one that it has dealt with itself.
    """
    name = str(element.tag)
    plain.loses(name)
    if name == "img":
        plain.add(described(element.get("alt")))
    if name in WHOLLY or name == "img":
        return
    if name == "br":
        plain.line_break()
        return
    if name in BLOCKS:
        plain.block()
    elif name in {"td", "th"}:
        plain.add(" ")
    verbatim = verbatim or name == "pre"
    add_text(element.text, plain, verbatim=verbatim)
    for child in element:
        if take is None or not take(child):
            add_tree(child, plain, take=take, verbatim=verbatim)
        add_text(child.tail, plain, verbatim=verbatim)
    if name in BLOCKS:
        plain.block()


def add_text(text: str | None, plain: Plain, *, verbatim: bool) -> None:
    """Text between elements."""
    if text and verbatim:
        plain.verbatim(text)
    elif text:
        plain.add(text)


def folds(text: str) -> bool:
    """Whether reading the lines of a text as markup would change their spaces."""
    return any(SPACES.sub(" ", line).strip(" ") != line for line in text.split("\n"))
