"""What the formats of other systems share: a question as it was found there, and what our items say beyond them.

Where a format has no field for the law, the difficulty, the part of the list and the like, these stand as
labels («难度：易», «依据：《行政处罚法》（2021-01-22）第36条第1款») where such systems keep tags. Pure.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.errors import Invalid, Problem
from question_bank.items.rules import (
    CODE,
    TRUE_FALSE_OPTIONS,
    Difficulty,
    ItemDraft,
    QuestionType,
    item_problems,
)
from question_bank.items.wording import BLANK, normalised_text
from question_bank.transfer.laws import read_citations
from question_bank.transfer.naming import CHOICES, DIFFICULTY_NAMES, FAMILY_NAMES, TYPE_NAMES
from question_bank.transfer.options import ALPHABET
from question_bank.transfer.plain import html_text, is_formatted
from question_bank.transfer.rows import ReadRow
from question_bank.transfer.rules import FAMILY_WORDS, GAP, is_yes
from question_bank.transfer.spelling import CONTROL, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.people.rules import UnitFamily
    from question_bank.items.rules import CitationDraft
    from question_bank.transfer.laws import LawBook
    from question_bank.transfer.rows import StoredRow

STAR = re.compile(r"(?<!\\)\*")
LONGEST_RAW = 20_000
NOT_WRITTEN = "not_written"
"""The code of what is told of an item that is left out of a file."""
FULL, NEARLY = 100.0, 0.01
DIFFICULTIES = {name: level for level, name in DIFFICULTY_NAMES.items()}


@dataclass(slots=True)
class Foreign:
    """A question as another system's file holds it; what is wrong with it or gets lost is noted on the way.

    `fractions` belong to `options`: what each earns, in hundredths of the question's marks. `accepted` has one
    tuple a gap. `type` stays None where the question cannot be taken over.
    """

    type: QuestionType | None = None
    stem: str = ""
    options: list[str] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    verdict: bool | None = None
    accepted: list[tuple[str, ...]] = field(default_factory=list)
    reference: str = ""
    explanation: str = ""
    feedback: list[str] = field(default_factory=list)
    shuffle: bool = True
    code: str = ""
    labels: list[str] = field(default_factory=list)
    difficulty: Difficulty | None = None
    questions: list[Foreign] = field(default_factory=list)
    lost: dict[str, None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def refuse(self, code: str, message: str, where: str = "") -> None:
        self.problems.append(Problem(code, message, where))

    def warn(self, code: str, message: str, where: str = "") -> None:
        self.warnings.append(Problem(code, message, where))

    def unsupported(self, name: str) -> None:
        """The question is of a kind that this bank does not hold; `name` is its name in the file."""
        self.type = None
        self.refuse("unsupported", f"不支持导入“{name}”，这一题没有导入。", "type")

    def text(self, text: str, *, kind: str) -> str:
        """Plain text of a text of that kind: html, plain, markdown, or auto where it can be either."""
        if kind == "markdown" and text.strip():
            self.lost["Markdown 格式（记号按原样保留）"] = None
        if kind != "html" and not (kind == "auto" and is_formatted(text)):
            return tidy(text)
        try:
            plain, lost = html_text(text.replace("\n", "<br>") if kind == "auto" else text)
        except Invalid as error:
            self.problems += error.problems
            return ""
        self.lost |= dict.fromkeys(lost)
        return tidy(plain)

    def mark_right(self, fractions: Sequence[float], *, single: bool) -> None:
        """Which options are right, from what each earns; the type follows."""
        self.type = QuestionType.SINGLE if single else QuestionType.MULTIPLE
        if any(not math.isfinite(fraction) for fraction in fractions):
            self.refuse("fraction", "有的选项分值不是数字，请核对。", "answer")
            return
        if single:
            self.right = [fraction >= FULL - NEARLY for fraction in fractions]
            if any(fraction > NEARLY for fraction in fractions) and not any(self.right):
                self.refuse("fraction", "单选题没有得满分的选项，答案不确定，请核对。", "answer")
            elif any(NEARLY < fraction < FULL - NEARLY for fraction in fractions):
                self.warn("partial_credit", "有的选项能得部分分，导入后按错误选项处理，请核对。", "answer")
            return
        self.right = [fraction > NEARLY for fraction in fractions]
        total = sum(fraction for fraction in fractions if fraction > NEARLY)
        if any(self.right) and abs(total - FULL) > 1:
            self.warn("fraction_sum", f"正确选项的分值合计为 {total:g}%，请核对答案。", "answer")

    def accept(self, texts: Sequence[tuple[str, float]]) -> None:
        """The accepted texts of the one gap, each with what it earns; * stands for anything in such systems."""
        self.type = QuestionType.BLANK
        taken = []
        for text, fraction in texts:
            if not math.isfinite(fraction):
                self.refuse("fraction", "有的答案分值不是数字，请核对。", "accepted")
            elif fraction >= FULL - NEARLY:
                if STAR.search(text):
                    self.refuse(
                        "wildcard", f"答案“{text[:30]}”含通配符 *，填空题按原文比对，请改写。", "accepted"
                    )
                taken.append(text.replace("\\*", "*"))
            elif fraction > NEARLY:
                self.warn("partial_credit", f"答案“{text[:30]}”只得部分分，没有导入。", "accepted")
        if not taken:
            self.refuse("no_key", "没有得满分的答案，未导入。", "accepted")
        self.accepted = [distinct(taken)]

    def row(self, *, label: str, number: int, raw: str, share: float, laws: LawBook) -> ReadRow:
        """What becomes of the question."""
        labels = Labels()
        draft = self.draft(laws, None, labels)
        if draft is not None:
            said = {problem.where for problem in self.problems if problem.where}
            self.problems += [
                problem for problem in item_problems(draft, laws.known, laws.on) if problem.where not in said
            ]
        return ReadRow(
            label=label,
            number=number,
            draft=draft,
            problems=tuple(self.problems),
            warnings=tuple(self.warnings),
            code=labels.code,
            reserved=labels.reserved,
            cells=(CONTROL.sub("", raw)[:LONGEST_RAW],),
            share=share,
        )

    def draft(self, laws: LawBook, case: ItemDraft | None, labels: Labels) -> ItemDraft | None:
        """The draft as far as it can be built, with what `labels` take from it; a question of a `case` inherits."""
        labels.read(self, laws)
        if self.feedback:
            self.explanation = "\n".join(filter(None, (self.explanation, *self.feedback)))
            self.warn("feedback_merged", "各选项的反馈已并入解析，请核对。", "explanation")
        if self.lost:
            self.warn("lost", f"{'、'.join(self.lost)}没有导入，请核对这一题是否仍然完整。")
        if self.type is None:
            return None
        stem = tidy(self.stem)
        if not stem:
            self.refuse("no_stem", "题干是空的，未导入。", "stem")
        draft = ItemDraft(
            type=self.type,
            stem=stem,
            options=(),
            answer="",
            explanation=tidy(self.explanation) or (case.explanation if case else ""),
            difficulty=labels.difficulty
            or self.difficulty
            or (case.difficulty if case else Difficulty.MEDIUM),
            citations=labels.citations or (case.citations if case else ()),
            part=labels.part,
            shuffle=self.shuffle and labels.shuffle and self.type in CHOICES,
            families=labels.families,
        )
        match self.type:
            case QuestionType.SINGLE | QuestionType.MULTIPLE:
                return self._choice(draft)
            case QuestionType.TRUE_FALSE:
                if self.verdict is None:
                    self.refuse("no_key", "没有答案，未导入。请补上答案。", "answer")
                key = "" if self.verdict is None else "A" if self.verdict else "B"
                return replace(draft, options=TRUE_FALSE_OPTIONS, answer=key)
            case QuestionType.BLANK:
                return replace(draft, stem=self._gaps(stem), accepted=tuple(self.accepted))
            case QuestionType.SHORT:
                return replace(draft, reference=tidy(self.reference))
            case _:
                return self._case(draft, laws)

    def _choice(self, draft: ItemDraft) -> ItemDraft:
        if len(self.options) > len(ALPHABET):
            self.refuse("options", f"选项有 {len(self.options)} 个，过多，请核对。", "options")
        if not any(self.right) and not any(problem.where == "answer" for problem in self.problems):
            self.refuse("no_key", "没有答案，未导入。请补上答案。", "answer")
        return replace(
            draft,
            options=tuple((letter, tidy(text)) for letter, text in zip(ALPHABET, self.options, strict=False)),
            answer="".join(letter for letter, right in zip(ALPHABET, self.right, strict=False) if right),
        )

    def _gaps(self, stem: str) -> str:
        """The stem with its gaps as this bank writes them; one without any gets one at its end."""
        wanted = len(self.accepted)
        if stem.count(BLANK) == wanted and BLANK + "_" not in stem:
            return stem
        stem = GAP.sub(BLANK, stem)
        if BLANK not in stem and wanted == 1:
            self.warn("gap_added", "题干里没有空，已在末尾补上一个空，请核对。", "stem")
            stem += BLANK
        return stem

    def _case(self, draft: ItemDraft, laws: LawBook) -> ItemDraft:
        questions = []
        for number, question in enumerate(self.questions, start=1):
            read = question.draft(laws, draft, Labels())
            if read is not None:
                questions.append(replace(read, part="", families=()))
            for told, into in ((question.problems, self.problems), (question.warnings, self.warnings)):
                into += [
                    replace(
                        remark,
                        message=f"第 {number} 小题：{remark.message}",
                        where=f"questions-{number - 1}-{remark.where}",
                    )
                    for remark in told
                ]
        if not draft.citations and questions:
            draft = replace(draft, citations=questions[0].citations)
        return replace(draft, questions=tuple(questions), explanation=tidy(self.explanation))


def distinct(texts: Sequence[str]) -> tuple[str, ...]:
    """The texts without those that are marked like one before."""
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(normalised_text(text), text)
    return tuple(first.values())


# Labels ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Labels:
    """What the labels of a question say. Labels in other words are other people's and are passed over."""

    code: str = ""
    reserved: bool = False
    shuffle: bool = True
    difficulty: Difficulty | None = None
    part: str = ""
    citations: tuple[CitationDraft, ...] = ()
    families: tuple[UnitFamily, ...] = ()

    def read(self, found: Foreign, laws: LawBook) -> None:
        """Take the labels, and the code, of a question."""
        told: dict[str, list[str]] = {}
        for label in found.labels:
            name, mark, value = label.partition("：")
            if mark:
                told.setdefault(name.strip(), []).append(value.strip())
        for words in told.get("依据", ()):
            citations, problems, warnings = read_citations(words, "", laws)
            self.citations += citations
            found.problems += problems
            found.warnings += warnings
        last = {name: values[-1] for name, values in told.items()}
        self.difficulty = DIFFICULTIES.get(last.get("难度", ""))
        self.part = last.get("部分", "")
        self.families = tuple(
            FAMILY_WORDS[value] for value in told.get("适用单位", ()) if value in FAMILY_WORDS
        )
        self.shuffle = is_yes(last.get("选项乱序", "是"))
        self.reserved = is_yes(last.get("留作考试", "否"))
        found.explanation = last.get("解析", found.explanation)
        code = tidy(found.code) or last.get("编号", "")
        if CODE.fullmatch(code):
            self.code = code
        elif code:
            found.warn("code", f"编号“{code[:40]}”不合本题库的写法，没有采用。", "code")


def labels_of(draft: ItemDraft, *, reserved: bool = False, shuffle: bool = False) -> Iterator[str]:
    """What a draft says beyond such formats, one label each; `shuffle` where the format has no field for it."""
    for citation in draft.citations:
        number, mark, inserted = citation.article.partition("之")
        paragraph = "" if citation.paragraph is None else f"第{citation.paragraph}款"
        yield f"依据：《{citation.law}》（{citation.version}）第{number}条{mark}{inserted}{paragraph}"
    yield f"难度：{DIFFICULTY_NAMES[draft.difficulty]}"
    if draft.part:
        yield f"部分：{draft.part}"
    yield from (f"适用单位：{FAMILY_NAMES[family]}" for family in draft.families)
    if shuffle and draft.type in CHOICES and not draft.shuffle:
        yield "选项乱序：否"
    if reserved:
        yield "留作考试：是"


# Writing --------------------------------------------------------------------------------------------------


def all_texts(draft: ItemDraft) -> Iterator[str]:
    """Every text of a draft that people wrote."""
    yield from (draft.stem, draft.explanation, draft.reference, draft.part)
    yield from (text for _letter, text in draft.options)
    yield from (text for texts in draft.accepted for text in texts)
    for question in draft.questions:
        yield from all_texts(question)


def one_gap_fault(draft: ItemDraft) -> str:
    """Why a 填空题 fits no short-answer question of such systems, in words; "" when it does."""
    if len(draft.accepted) != 1:
        return f"有 {len(draft.accepted)} 个空，这种格式的填空题只能有一个空"
    if any("\\*" in text for text in draft.accepted[0]):
        return "答案里有“\\*”，这种格式把 * 当作通配符"
    return ""


def share_of_marks(draft: ItemDraft) -> tuple[str, str]:
    """What a right and a wrong option of a 多选题 earn, in hundredths, as such systems list them.

    A wrong one takes all marks away, so that only the full answer earns them.
    """
    right = f"{100 / max(len(draft.answer), 1):.5f}".rstrip("0").rstrip(".")
    return right, "-100"


def unwritten(item: StoredRow, why: str) -> Problem:
    """An item that is left out of a file, and why."""
    return Problem(
        NOT_WRITTEN, f"试题 {item.code}（{TYPE_NAMES[item.draft.type]}）没有写入：{why}。", item.code
    )


def heading_of(item: StoredRow) -> str:
    """A short name for an item where such systems want one."""
    return item.code or " ".join(item.draft.stem.split())[:30]
