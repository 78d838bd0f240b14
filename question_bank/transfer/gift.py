r"""GIFT, the text format of Moodle: `::title::[format]stem{=right ~wrong#feedback####explanation}`.

The file is read as Moodle reads it: a blank line ends a question, the first {…} holds the answers, and a
backslash takes the meaning from ~ = # { } : and itself, \n is a line end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO

from core.errors import Problem
from question_bank.items.rules import QuestionType
from question_bank.items.wording import BLANK
from question_bank.transfer.foreign import (
    Foreign,
    heading_of,
    labels_of,
    one_gap_fault,
    share_of_marks,
    unwritten,
)
from question_bank.transfer.spelling import tidy
from question_bank.transfer.text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from question_bank.items.rules import ItemDraft
    from question_bank.transfer.laws import LawBook
    from question_bank.transfer.rows import ReadRow, StoredRow

ESCAPED = re.compile(r"\\([\\~=#{}:n])")
SHIFT = 0xDC00
"""Escaped characters wait in the range of half surrogates, which no decoded text holds."""
WAITING = re.compile("[\udc00-\udc7f]")
HALVES = re.compile("[\ud800-\udfff]")
RESERVED = re.compile(r"[\\~=#{}:]")
FORMAT = re.compile(r"\[(html|moodle|plain|markdown)\]")
WEIGHT = re.compile(r"%(-?\d{1,3}(?:\.\d{0,9})?)%")
ANSWER = re.compile(r"([=~])([^=~]*)")
TRUTH = re.compile(r"(T|TRUE|F|FALSE)", re.IGNORECASE)
IDENTIFIER = re.compile(r"(?<!\\)\[id:((?:\\\]|[^\[\]])+)\]")
TAG = re.compile(r"(?<!\\)\[tag:((?:\\\]|[^\[\]])+)\]")
KINDS = {"html": "html", "plain": "plain", "markdown": "markdown", "moodle": "auto"}
SIGNS = re.compile(
    r"(?m)^[ \t]*+(?:::[^\n]*::|\$CATEGORY:)"
    r"|\{[ \t]*+(?:\n[ \t]*+)?+(?:[=~]|T[ \t]*+[}#]|F[ \t]*+[}#]|TRUE|FALSE)"
)
WILDCARD = "\\*"
"""How a star is written that is meant as a star."""


def looks_like(text: str) -> bool:
    """Whether the head of a text file is GIFT: titles, categories or answers in braces."""
    return SIGNS.search(text) is not None


def read(stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]:
    """The questions of a file. Raises `Invalid` when it is no text."""
    text = HALVES.sub("", decoded(stream.read())).replace("\r\n", "\n").replace("\r", "\n")
    total = text.count("\n") + 1
    categories = 0
    for number, lines in _blocks(text):
        comments = [line for line in lines if line.lstrip().startswith("//")]
        source = "\n".join(line for line in lines if not line.lstrip().startswith("//")).strip()
        while source.startswith("$CATEGORY:"):
            categories += 1
            source = source.partition("\n")[2].strip()
        if not source:
            continue
        found = _question(source)
        for comment in comments:
            identifier = IDENTIFIER.search(comment)
            found.code = identifier[1].replace("\\]", "]") if identifier else found.code
            found.labels += [tag.replace("\\]", "]").strip() for tag in TAG.findall(comment)]
        share = min(1.0, (number + len(lines)) / total)
        yield found.row(label=f"第 {number} 行", number=number, raw="\n".join(lines), share=share, laws=laws)
    if categories:
        yield Problem(
            "categories", f"文件里有 {categories} 处分类（$CATEGORY），本题库按法规归类，没有导入。"
        )


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """What stands between blank lines, each with the number of its first line that is no comment."""
    start, lines = 0, list[str]()
    comments_only = True
    for number, line in enumerate((*text.split("\n"), ""), start=1):
        if line.strip():
            comments_only = comments_only or not lines
            if comments_only:
                start = number
            comments_only = comments_only and line.lstrip().startswith("//")
            lines.append(line)
        elif lines:
            yield start, lines
            lines = []


def _question(source: str) -> Foreign:
    found = Foreign()
    text = ESCAPED.sub(lambda mark: chr(SHIFT + (10 if mark[1] == "n" else ord(mark[1]))), source)
    if text.startswith("::") and "::" in text[2:]:
        text = text[2:].partition("::")[2].strip()
    opened, closed = text.find("{"), text.find("}")
    if opened < 0 and closed < 0:
        found.stem = _unescaped(text)
        found.unsupported("description（说明文字，没有 {…} 答案）")
        return found
    if opened < 0 or closed < opened or "{" in text[opened + 1 :] or "}" in text[closed + 1 :]:
        found.stem = _unescaped(text)
        found.refuse(
            "braces", "花括号 { } 不成对或不止一对，请核对；文字里的花括号应写成 \\{ 和 \\}。", "answer"
        )
        return found
    before, answers, after = text[:opened], text[opened + 1 : closed].strip(), text[closed + 1 :]
    mark = FORMAT.match(before.strip())
    kind = KINDS[mark[1]] if mark else "auto"
    _answers(answers, kind, found)
    stem = _text(before, kind, found)
    tail = _text(after, kind, found)
    left, right = " " * before.endswith(" "), " " * after.startswith(" ")
    found.stem = f"{stem}{left}{BLANK}{right}{tail}" if tail else stem
    return found


def _text(text: str, kind: str, found: Foreign) -> str:
    """Plain text of a text that may name its own format in front."""
    text = text.strip()
    mark = FORMAT.match(text)
    if mark:
        kind, text = KINDS[mark[1]], text[mark.end() :]
    return found.text(_unescaped(text), kind=kind)


def _unescaped(text: str) -> str:
    return WAITING.sub(lambda mark: chr(ord(mark[0]) - SHIFT), text).strip()


def _answers(answers: str, kind: str, found: Foreign) -> None:
    answers, _mark, general = _cut_last(answers, "####")
    found.explanation = _text(general, kind, found)
    truth = answers.partition("#")[0].strip()
    if not answers:
        found.unsupported("essay（作文题，没有参考答案）")
    elif answers.startswith("#"):
        found.unsupported("numerical（数值题）")
    elif TRUTH.fullmatch(truth):
        found.type, found.verdict = QuestionType.TRUE_FALSE, truth[0] in "Tt"
        remarks = [_text(text, kind, found) for text in answers.split("#")[1:]]
        found.feedback = [remark for remark in remarks if remark]
    elif answers[0] not in "=~":
        found.refuse("answers", "看不懂 {…} 里的答案，应以 = 或 ~ 开头，或写 T、F。", "answer")
    elif "~" in answers:
        _choices(answers, kind, found)
    elif "->" in answers:
        found.unsupported("matching（匹配题）")
    else:
        _short_answers(answers, kind, found)


def _cut_last(text: str, mark: str) -> tuple[str, str, str]:
    before, found, after = text.rpartition(mark)
    return (before.strip(), found, after) if found else (text, "", "")


def _choices(answers: str, kind: str, found: Foreign) -> None:
    fractions = []
    single = "=" in answers
    for sign, rest in ANSWER.findall(answers):
        text, _mark, remark = rest.strip().partition("#")
        weight = WEIGHT.match(text) if sign == "~" else None
        fractions.append(float(weight[1]) if weight else 100.0 if sign == "=" else 0.0)
        option = _text(text[weight.end() :] if weight else text, kind, found)
        found.options.append(option)
        _keep_feedback(option, remark, kind, found)
    found.mark_right(fractions, single=single)


def _short_answers(answers: str, kind: str, found: Foreign) -> None:
    texts = []
    for _sign, rest in ANSWER.findall(answers):
        text, _mark, remark = rest.strip().partition("#")
        weight = WEIGHT.match(text)
        accepted = _text(text[weight.end() :] if weight else text, kind, found)
        texts.append((accepted, float(weight[1]) if weight else 100.0))
        _keep_feedback(accepted, remark, kind, found)
    found.accept(texts)


def _keep_feedback(option: str, remark: str, kind: str, found: Foreign) -> None:
    text = _text(remark, kind, found)
    if text:
        found.feedback.append(f"“{option}”：{text}")


# Writing --------------------------------------------------------------------------------------------------


def write(items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]:
    """A text in UTF-8. Laws, difficulty and the like are tags in the comment above a question."""
    losses = []
    for item in items:
        draft = item.draft
        fault = _fault(draft)
        if fault:
            losses.append(unwritten(item, fault))
            continue
        marks = [f"[id:{_bracketed(item.code)}]"] if item.code else []
        marks += [
            f"[tag:{_bracketed(label)}]" for label in labels_of(draft, reserved=item.reserved, shuffle=True)
        ]
        lines = [f"// {' '.join(marks)}"]
        lines.append(f"::{_escaped(heading_of(item))}::[plain]{_escaped(draft.stem)}{{")
        lines += [f"\t{answer}" for answer in _answer_lines(draft)]
        if draft.explanation:
            lines.append(f"\t####{_written(draft.explanation)}")
        out.write(("\n".join(lines) + "\n}\n\n").encode())
    return losses


def _fault(draft: ItemDraft) -> str:
    """Why an item cannot be written, in words; "" when it can."""
    match draft.type:
        case QuestionType.SHORT:
            return "GIFT 的作文题不带参考答案"
        case QuestionType.CASE:
            return "GIFT 没有共用材料的题"
        case QuestionType.BLANK:
            with_arrow = any("->" in text for texts in draft.accepted for text in texts)
            return "答案里有“->”，GIFT 会当作匹配题" if with_arrow else one_gap_fault(draft)
        case _:
            return ""


def _answer_lines(draft: ItemDraft) -> list[str]:
    match draft.type:
        case QuestionType.SINGLE:
            return [
                f"={_written(text)}" if letter in draft.answer else f"~{_weighted(text, '0')}"
                for letter, text in draft.options
            ]
        case QuestionType.MULTIPLE:
            right, wrong = share_of_marks(draft)
            return [
                f"~%{right if letter in draft.answer else wrong}%{_written(text)}"
                for letter, text in draft.options
            ]
        case QuestionType.TRUE_FALSE:
            return ["TRUE" if draft.answer == "A" else "FALSE"]
        case _:
            return [f"={_weighted(text.replace('*', WILDCARD), '100')}" for text in draft.accepted[0]]


def _weighted(text: str, weight: str) -> str:
    """A text that itself begins like a weight gets the weight it has without saying."""
    written = _written(text)
    return f"%{weight}%{written}" if text.startswith("%") else written


def _written(text: str) -> str:
    """A text that itself begins like the name of a format says that it is plain."""
    return ("[plain]" if text.startswith("[") else "") + _escaped(text)


def _escaped(text: str) -> str:
    return RESERVED.sub(r"\\\g<0>", tidy(text)).replace("\n", "\\n")


def _bracketed(text: str) -> str:
    return text.replace("[", "(").replace("]", "\\]").replace("\n", " ")
