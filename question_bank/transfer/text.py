"""Plain text: questions as authors write them, in UTF-8, UTF-16 with its mark, or GB 18030."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, BinaryIO

from core.documents.trees import declared_encoding
from core.errors import Invalid
from question_bank.items.rules import QuestionType
from question_bank.transfer.laws import citation_words
from question_bank.transfer.lines import TextLine, read_text
from question_bank.transfer.marked_options import STANDS_OUT
from question_bank.transfer.naming import CHOICES, DIFFICULTY_NAMES, FAMILY_NAMES, TYPE_NAMES, answer_words
from question_bank.transfer.rows import lost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.errors import Problem
    from question_bank.items.rules import ItemDraft
    from question_bank.transfer.laws import LawBook
    from question_bank.transfer.rows import ReadRow, StoredRow

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
NOT_TEXT = "这不是纯文本文件。Word 文档请用 .docx，表格请用 .xlsx；文本请另存为 UTF-8 编码的 .txt。"


def read(stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]:
    """The items of a text file. Raises `Invalid` when it is no text."""
    lines = decoded(stream.read()).replace(STANDS_OUT, "").splitlines()
    yield from read_text([TextLine(number, line) for number, line in enumerate(lines, start=1)], laws)


def decoded(data: bytes) -> str:
    """The text of a file: by its mark, else UTF-8, else GB 18030. Raises `Invalid`."""
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), None)
    if encoding is None and b"\0" in data:
        raise Invalid.one("not_text", NOT_TEXT, "file")
    for name in (encoding,) if encoding else ("utf-8", "gb18030"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise Invalid.one("encoding", "文件的编码不是 UTF-8，也不是 GB 18030，请另存为 UTF-8 再上传。", "file")


def is_assumed(data: bytes) -> bool:
    """Whether nothing but the bytes themselves says that a text is in GB 18030."""
    if data.startswith((b"PK", *(mark for mark, _name in MARKS))) or declared_encoding(data):
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return False


def write(items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]:
    """A text in UTF-8 with its mark, so that office programs show it rightly; each item is read back."""
    losses = []
    out.write(codecs.BOM_UTF8)
    for number, item in enumerate(items, start=1):
        lines = list(item_lines(item, number, laws))
        if not is_carried(item, lines, laws):
            losses.append(lost(item.code, "有的内容在文本中无法原样表示，重新导入时会有出入，请核对。"))
        out.write(("\n".join(lines) + "\n\n").encode())
    return losses


def is_carried(item: StoredRow, lines: list[str], laws: LawBook) -> bool:
    """Whether the lines, read again, give the same item."""
    text = [TextLine(n, line) for n, line in enumerate("\n".join(lines).splitlines(), start=1)]
    rows = [row for row in read_text(text, laws) if hasattr(row, "draft")]
    return len(rows) == 1 and rows[0].draft == item.draft and rows[0].code == item.code


def item_lines(item: StoredRow, number: int, laws: LawBook) -> Iterator[str]:
    """An item as an author writes it: the numbered stem, its options, then labelled fields."""
    yield f"{number}. {item.draft.stem}"
    yield from _fields(item.draft, laws)
    if item.reserved:
        yield "保留题：是"
    if item.code:
        yield f"编号：{item.code}"
    for position, question in enumerate(item.draft.questions, start=1):
        yield f"（{position}）{question.stem}"
        yield from _fields(question, laws)


def _fields(draft: ItemDraft, laws: LawBook) -> Iterator[str]:
    choice = draft.type in CHOICES
    if choice:
        yield from (f"{letter}. {text}" for letter, text in draft.options)
    yield f"题型：{TYPE_NAMES[draft.type]}"
    if draft.type is not QuestionType.CASE:
        yield f"答案：{answer_words(draft)}"
    if draft.explanation:
        yield f"解析：{draft.explanation}"
    if draft.citations:
        yield f"依据：{citation_words(draft.citations, laws)}"
    yield f"难度：{DIFFICULTY_NAMES[draft.difficulty]}"
    if draft.part:
        yield f"部分：{draft.part}"
    if choice and not draft.shuffle:
        yield "选项乱序：否"
    if draft.families:
        yield f"适用单位：{'、'.join(FAMILY_NAMES[family] for family in draft.families)}"
