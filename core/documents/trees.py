"""XML from outside, read branch by branch: no document type, no entities, bounded depth and breadth.

Names lose their prefixes, whatever namespace they stand for: files of the same system come with default
namespaces, with prefixes and with none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.parsers import expat

from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

DEEPEST = 100
MOST_PARTS = 20_000
"""Elements of one branch."""
BLOCK = 64 * 1024
DECLARED = re.compile(r"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
ROOT = re.compile(
    r"(?:<\?(?>.*?\?>)\s*+|<!--(?>.*?-->)\s*+|<!DOCTYPE[^>\[]*+>\s*+)*+<(?:[\w.-]++:)?+([\w.-]++)", re.DOTALL
)
"""The root behind the declaration, comments and a document type; each is passed over once and for all."""
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML file may hold."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A child of the root, the line on which it begins, and how much of the file has been read (0 to 1)."""

    element: Element
    line: int
    share: float


class _Builder:
    """Builds the branches from what the parser reports."""

    def __init__(self, parser: expat.XMLParserType, most_parts: int) -> None:
        self.most_parts = most_parts
        self.root: Element | None = None
        self.done: list[tuple[Element, int]] = []
        self._parser = parser
        self._depth = 0
        self._parts = 0
        self._line = 0
        self._tree = ET.TreeBuilder()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _doctype(self, *_names: object) -> None:
        message = "文件内含 XML 实体或外部引用声明（DOCTYPE），已拒绝读取。请从原来的系统重新导出。"
        raise Invalid.one("document_type", message, "file")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Invalid.one("too_deep", f"文件的层次超过 {DEEPEST} 层，已拒绝读取。", "file")
        kept = {key if key.startswith("xml") else local(key): value for key, value in attributes.items()}
        if self._depth == 1:
            self.root = ET.Element(local(name), kept)
            return
        if self._depth == 2:
            self._tree, self._parts, self._line = ET.TreeBuilder(), 0, self._parser.CurrentLineNumber
        self._parts += 1
        if self._parts > self.most_parts:
            message = f"第 {self._line} 行起的一项超过 {self.most_parts} 个元素，已拒绝读取。"
            raise Invalid.one("too_broad", message, "file")
        self._tree.start(local(name), kept)

    def _end(self, name: str) -> None:
        if self._depth > 1:
            self._tree.end(local(name))
        if self._depth == 2:
            self.done.append((self._tree.close(), self._line))
        self._depth -= 1

    def _text(self, text: str) -> None:
        if self._depth > 1:
            self._tree.data(text)


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def branches(text: str, *, roots: frozenset[str], kind: str) -> Iterator[Branch]:
    """The children of the root in order. `kind` says in words what was expected, such as «Moodle XML».

    Raises `Invalid` for what is no XML (also in the middle of it), whose root is not one of `roots`, or which
    declares a document type.
    """
    parser = expat.ParserCreate("utf-8")
    builder = _Builder(parser, MOST_PARTS)
    text = text.lstrip("\ufeff \t\r\n")
    for start in range(0, len(text) + 1, BLOCK):
        block = text[start : start + BLOCK]
        _parse(parser, block, kind, last=start + BLOCK > len(text))
        if builder.root is not None and builder.root.tag not in roots:
            message = f"最外层是 <{str(builder.root.tag)[:40]}>，不是{kind}，请核对文件和所选格式。"
            raise Invalid.one("other_root", message, "file")
        for element, line in builder.done:
            yield Branch(element, line, min(1.0, (start + len(block)) / len(text)))
        builder.done.clear()


def tree(text: str, *, kind: str, most_parts: int = MOST_PARTS) -> Element:
    """A document as a whole, of at most so many elements. Raises `Invalid` as `branches` does."""
    parser = expat.ParserCreate("utf-8")
    builder = _Builder(parser, most_parts)
    _parse(parser, text.lstrip("\ufeff \t\r\n"), kind, last=True)
    assert builder.root is not None
    if sum(len(element) for element, _line in builder.done) + len(builder.done) > most_parts:
        raise Invalid.one("too_broad", f"文件超过 {most_parts} 个元素，已拒绝读取。", "file")
    builder.root.extend(element for element, _line in builder.done)
    return builder.root


def _parse(parser: expat.XMLParserType, block: str, kind: str, *, last: bool) -> None:
    try:
        parser.Parse(block.encode("utf-8", "surrogatepass"), last)
    except expat.ExpatError as error:
        message = f"不是完整的{kind}：第 {error.lineno} 行附近写法有误，或文件被截断，请重新导出后再上传。"
        raise Invalid.one("broken_xml", message, "file") from error


def root_name(text: str) -> str:
    """The name of the root of what begins like XML; "" for anything else."""
    head = text.lstrip("\ufeff \t\r\n")
    found = ROOT.match(head)
    return found[1] if found else ""


def declared_encoding(data: bytes) -> str:
    """The encoding that an XML declaration names, in lower case; "" when it names none."""
    found = DECLARED.match(data[:300].decode("latin-1").lstrip())
    return found[1].lower() if found else ""


def xml_bytes(root: Element) -> bytes:
    """A document in UTF-8 with its declaration."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'.encode()
