"""Aiken: single-choice questions in the plainest text.

The stem stands on a line of its own, each option behind its capital letter («A. …», «B) …»), the key below
(«ANSWER: B»). The format knows nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from question_bank.items.rules import Difficulty, QuestionType
from question_bank.transfer.foreign import Foreign, unwritten
from question_bank.transfer.options import ALPHABET
from question_bank.transfer.rows import lost
from question_bank.transfer.text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.errors import Problem
    from question_bank.items.rules import ItemDraft
    from question_bank.transfer.laws import LawBook
    from question_bank.transfer.rows import ReadRow, StoredRow

OPTION = re.compile(r"([A-Za-z])[.)．）](\s*)(.*)")
LETTER = re.compile(r"[a-z]")
ONE_LETTER = re.compile(r"[A-Z]")
SEPARATORS = re.compile(r"[\s,，、;；&]+")
ANSWER = re.compile(r"ANSWER\s*[:：]\s*(.*)", re.IGNORECASE)


def looks_like(text: str) -> bool:
    """Whether the head of a text file is Aiken: options and below them an ANSWER line."""
    return any(
        len(block.options) > 1 and block.answer in dict(block.options) and not block.stray
        for block in _blocks(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    )


@dataclass(slots=True)
class _Block:
    """The lines of one question."""

    start: int
    lines: list[str] = field(default_factory=list)
    stem: list[str] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    answer: str | None = None


def read(stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]:
    """The questions of a file. Raises `Invalid` when it is no text."""
    lines = decoded(stream.read()).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for block in _blocks(lines):
        share = min(1.0, (block.start + len(block.lines)) / len(lines))
        yield _question(block).row(
            label=f"第 {block.start} 行",
            number=block.start,
            raw="\n".join(block.lines),
            share=share,
            laws=laws,
        )


def _blocks(lines: list[str]) -> Iterator[_Block]:
    """The questions. One without a key ends at the first line after a blank one that is no option."""
    block, gap = _Block(0), False
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            gap = True
            continue
        option, answer = _option(text, block), ANSWER.fullmatch(text)
        if block.options and gap and not option and not answer:
            yield block
            block = _Block(0)
        gap = False
        if not block.lines:
            block = _Block(number)
        block.lines.append(line)
        if answer:
            block.answer = answer[1].strip()
            if LETTER.fullmatch(block.answer):
                block.answer = block.answer.upper()
            yield block
            block = _Block(0)
        elif option:
            block.options.append(option)
        elif block.options:
            block.stray.append(text)
        else:
            block.stem.append(text)
    if block.lines:
        yield block


def _option(text: str, block: _Block) -> tuple[str, str] | None:
    """Letter and text of an option; a small letter, or one without a space behind its mark, must be the next one."""
    found = OPTION.fullmatch(text)
    if found is None:
        return None
    letter, space, rest = found[1].upper(), found[2], found[3]
    follows = bool(block.stem) and letter == ALPHABET[len(block.options) : len(block.options) + 1]
    capital = found[1] == letter
    return (letter, rest) if follows or (capital and (space or not rest)) else None


def _question(block: _Block) -> Foreign:
    found = Foreign(type=QuestionType.SINGLE, stem="\n".join(block.stem))
    letters = "".join(letter for letter, _text in block.options)
    found.options = [text for _letter, text in block.options]
    if block.stray:
        found.refuse(
            "stray_line",
            f"选项之间有一行“{block.stray[0][:30]}”既不是选项也不是 ANSWER，每个选项只能占一行。",
            "options",
        )
    elif letters != ALPHABET[: len(letters)]:
        found.refuse("options", "选项字母应从 A 起连续排列。", "options")
    key = block.answer
    if key is None:
        found.refuse("no_key", "没有 ANSWER 一行，未导入。请补上答案。", "answer")
    elif ONE_LETTER.fullmatch(key) and key in letters:
        found.right = [letter == key for letter in letters]
    elif len(several := SEPARATORS.sub("", key.upper())) > 1 and set(several) <= set(letters):
        found.refuse(
            "aiken_multiple",
            f"ANSWER 写了几个字母“{key[:20]}”。Aiken 只有单选题，多选题请改用 GIFT、Moodle XML 或 Excel 表格。",
            "answer",
        )
    else:
        found.refuse("answer_unread", f"ANSWER“{key[:20]}”应是一个选项的大写字母，如 B。", "answer")
    return found


def write(items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]:
    """Single-choice questions in UTF-8; what the format has no place for is told item by item."""
    losses = []
    for item in items:
        draft = item.draft
        if draft.type is not QuestionType.SINGLE:
            losses.append(unwritten(item, "Aiken 只有单选题"))
            continue
        lines = [_line(draft.stem), *(f"{letter}. {_line(text)}" for letter, text in draft.options)]
        lines.append(f"ANSWER: {draft.answer}")
        if not _reads_back(draft, lines):
            losses.append(unwritten(item, "题干或选项的写法会被当作 Aiken 的选项或答案行"))
            continue
        out.write(("\n".join(lines) + "\n\n").encode())
        left_out = "、".join(_left_out(item))
        if left_out:
            losses.append(lost(item.code, f"Aiken 写不下{left_out}，没有写入。"))
    return losses


def _line(text: str) -> str:
    return " ".join(text.split("\n"))


def _reads_back(draft: ItemDraft, lines: list[str]) -> bool:
    blocks = list(_blocks(lines))
    if len(blocks) != 1 or blocks[0].stray or blocks[0].answer != draft.answer:
        return False
    return [_line(draft.stem)] == blocks[0].stem and blocks[0].options == [
        (letter, _line(text)) for letter, text in draft.options
    ]


def _left_out(item: StoredRow) -> Iterator[str]:
    draft = item.draft
    if any("\n" in text for text in (draft.stem, *(text for _letter, text in draft.options))):
        yield "分行"
    if draft.explanation:
        yield "解析"
    if draft.citations:
        yield "法律依据"
    if draft.difficulty is not Difficulty.MEDIUM:
        yield "难度"
    if draft.part:
        yield "清单部分"
    if draft.families:
        yield "适用单位"
    if not draft.shuffle:
        yield "选项乱序"
    if item.code:
        yield "编号"
    if item.reserved:
        yield "留作考试"
