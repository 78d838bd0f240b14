"""Moodle XML: questions with fractions, feedback, tags and an idnumber, as Moodle exports and imports them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, BinaryIO
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element, SubElement

from core.documents.trees import NOT_XML, branches, declared_encoding
from core.errors import Problem
from question_bank.items.rules import QuestionType
from question_bank.transfer.foreign import (
    Foreign,
    all_texts,
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

    from question_bank.transfer.laws import LawBook
    from question_bank.transfer.rows import ReadRow, StoredRow

KIND = " Moodle XML 文件"
TYPE_NAMES = {
    "matching": "匹配题",
    "match": "匹配题",
    "numerical": "数值题",
    "calculated": "计算题",
    "calculatedsimple": "简单计算题",
    "calculatedmulti": "计算选择题",
    "cloze": "完形填空",
    "multianswer": "完形填空",
    "description": "说明文字",
    "essay": "作文题",
    "ddwtos": "拖放填空",
    "ddimageortext": "图片拖放",
    "ddmarker": "标记拖放",
    "gapselect": "选词填空",
    "ordering": "排序题",
    "randomsamatch": "随机匹配题",
    "random": "随机题",
}
KINDS = {
    "html": "html",
    "plain_text": "plain",
    "plain": "plain",
    "markdown": "markdown",
    "moodle_auto_format": "auto",
}
TRUE_WORDS = frozenset({"true", "1", "yes"})
CODECS = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "gb_2312-80"), "gb18030"),
    **dict.fromkeys(("iso-8859-1", "latin1", "windows-1252", "cp1252"), "cp1252"),
    "iso-8859-15": "iso-8859-15",
    "big5": "big5hkscs",
}
"""What files declare that are neither UTF-8 nor UTF-16."""


def read(stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]:
    """The questions of a file, one by one. Raises `Invalid` when it is no Moodle XML, also in the middle of it."""
    number = categories = 0
    text = xml_text(stream.read())
    for branch in branches(text, roots=frozenset({"quiz"}), kind=KIND):
        question = branch.element
        if question.tag != "question":
            continue
        if question.get("type", "").strip() == "category":
            categories += 1
            continue
        number += 1
        found = _question(question)
        yield found.row(
            label=f"第 {number} 题（第 {branch.line} 行）",
            number=number,
            raw=_source(question),
            share=branch.share,
            laws=laws,
        )
    if categories:
        yield Problem("categories", f"文件里有 {categories} 个分类，本题库按法规归类，没有导入。")


def xml_text(data: bytes) -> str:
    """The text of an XML file in the encoding that it names, or the one that it is in. Raises `Invalid`."""
    codec = CODECS.get(declared_encoding(data))
    if codec is not None:
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            pass
    return decoded(data)


def _source(question: Element) -> str:
    """The question as it stood in the file, without the bodies of the files enclosed in it."""
    for enclosed in question.iter("file"):
        enclosed.text = ""
    return ET.tostring(question, encoding="unicode").strip()


def _question(question: Element) -> Foreign:
    found = Foreign()
    found.code = (question.findtext("idnumber") or "").strip()
    found.labels = [(tag.text or "").strip() for tag in question.iterfind("tags/tag/text")]
    found.stem = _text(question.find("questiontext"), found)
    found.explanation = _text(question.find("generalfeedback"), found)
    if question.find("image") is not None and (question.findtext("image") or "").strip():
        found.lost["图片"] = None
    kind = question.get("type", "").strip().lower()
    match kind:
        case "multichoice":
            _choices(question, found)
        case "truefalse":
            _truth(question, found)
        case "shortanswer":
            _short_answers(question, found)
        case "essay" if reference := _text(question.find("graderinfo"), found):
            found.type, found.reference = QuestionType.SHORT, reference
        case "essay":
            found.unsupported("essay（作文题，没有评分说明可作参考答案）")
        case _:
            name = TYPE_NAMES.get(kind)
            found.unsupported(f"{kind[:40]}（{name}）" if name else kind[:40] or "没有题型的 question")
    return found


def _text(holder: Element | None, found: Foreign, *, default: str = "moodle_auto_format") -> str:
    """Plain text of an element with a format and a <text> inside; files of Moodle 1.9 name no format."""
    if holder is None:
        return ""
    if holder.find("file") is not None:
        found.lost["附带的文件"] = None
    inside = holder.find("text")
    text = "".join((holder if inside is None else inside).itertext())
    return found.text(text, kind=KINDS.get(holder.get("format", default).strip().lower(), "html"))


def _fraction(answer: Element) -> float:
    try:
        return float(answer.get("fraction", "").strip() or 0)
    except ValueError:
        return math.nan


def _flag(question: Element, name: str) -> bool:
    """A switch of the question, on where it is not given, as in Moodle."""
    value = (question.findtext(name) or "true").strip().lower()
    return value in TRUE_WORDS


def _choices(question: Element, found: Foreign) -> None:
    found.shuffle = _flag(question, "shuffleanswers")
    fractions = []
    for answer in question.iterfind("answer"):
        option = _text(answer, found)
        found.options.append(option)
        fractions.append(_fraction(answer))
        _keep_feedback(option, answer, found)
    found.mark_right(fractions, single=_flag(question, "single"))


def _truth(question: Element, found: Foreign) -> None:
    found.type = QuestionType.TRUE_FALSE
    right = set()
    for answer in question.iterfind("answer"):
        word = _text(answer, found, default="plain_text").lower()
        if word not in {"true", "false"}:
            found.refuse("options", f"判断题的答案“{word[:20]}”应是 true 或 false。", "answer")
        elif _fraction(answer) >= 100:
            right.add(word == "true")
        _keep_feedback("正确" if word == "true" else "错误", answer, found)
    found.verdict = right.pop() if len(right) == 1 else None


def _short_answers(question: Element, found: Foreign) -> None:
    texts = []
    for answer in question.iterfind("answer"):
        text = _text(answer, found, default="plain_text")
        texts.append((text, _fraction(answer)))
        _keep_feedback(text, answer, found)
    found.accept(texts)
    if (question.findtext("usecase") or "0").strip() in TRUE_WORDS:
        found.warn("case_sensitive", "原题区分大小写，导入后不区分。", "accepted")


def _keep_feedback(option: str, answer: Element, found: Foreign) -> None:
    text = _text(answer.find("feedback"), found)
    if text:
        found.feedback.append(f"“{option}”：{text}")


# Writing --------------------------------------------------------------------------------------------------


def write(items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]:
    """A quiz. The code is the idnumber; laws, difficulty and the like are tags."""
    losses = []
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n')
    for item in items:
        fault = _fault(item)
        if fault:
            losses.append(unwritten(item, fault))
            continue
        out.write(ET.tostring(_written(item), encoding="utf-8") + b"\n")
    out.write(b"</quiz>\n")
    return losses


def _fault(item: StoredRow) -> str:
    """Why an item cannot be written, in words; "" when it can."""
    draft = item.draft
    if draft.type is QuestionType.CASE:
        return "Moodle XML 没有共用材料的题"
    if any(NOT_XML.search(text) for text in all_texts(draft)):
        return "文字里有 XML 不能表示的字符"
    return one_gap_fault(draft) if draft.type is QuestionType.BLANK else ""


NAMES = {
    QuestionType.SINGLE: "multichoice",
    QuestionType.MULTIPLE: "multichoice",
    QuestionType.TRUE_FALSE: "truefalse",
    QuestionType.BLANK: "shortanswer",
    QuestionType.SHORT: "essay",
}


def _written(item: StoredRow) -> Element:
    draft = item.draft
    question = Element("question", type=NAMES[draft.type])
    SubElement(SubElement(question, "name"), "text").text = heading_of(item)
    _plain(question, "questiontext", draft.stem)
    _plain(question, "generalfeedback", draft.explanation)
    _field(question, "defaultgrade", "1")
    _field(question, "penalty", "0")
    _field(question, "hidden", "0")
    _field(question, "idnumber", item.code)
    match draft.type:
        case QuestionType.SINGLE | QuestionType.MULTIPLE:
            single = draft.type is QuestionType.SINGLE
            right, wrong = ("100", "0") if single else share_of_marks(draft)
            _field(question, "single", "true" if single else "false")
            _field(question, "shuffleanswers", "true" if draft.shuffle else "false")
            _field(question, "answernumbering", "ABCD")
            for letter, text in draft.options:
                _answer(question, text, right if letter in draft.answer else wrong)
        case QuestionType.TRUE_FALSE:
            for word, letter in (("true", "A"), ("false", "B")):
                _answer(question, word, "100" if draft.answer == letter else "0")
        case QuestionType.BLANK:
            _field(question, "usecase", "0")
            for text in draft.accepted[0]:
                _answer(question, text.replace("*", "\\*"), "100")
        case _:
            _field(question, "responseformat", "plain")
            _plain(question, "graderinfo", draft.reference)
    tags = SubElement(question, "tags")
    for label in labels_of(draft, reserved=item.reserved):
        SubElement(SubElement(tags, "tag"), "text").text = label
    return question


def _field(question: Element, name: str, value: str) -> None:
    SubElement(question, name).text = value


def _plain(question: Element, name: str, text: str) -> Element:
    holder = SubElement(question, name, format="plain_text")
    SubElement(holder, "text").text = tidy(text)
    return holder


def _answer(question: Element, text: str, fraction: str) -> None:
    answer = _plain(question, "answer", text)
    answer.set("fraction", fraction)
    _plain(answer, "feedback", "")
