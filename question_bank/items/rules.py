"""Rules of items: their types and states, what makes one complete, when two are the same. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import Problem
from question_bank.items.wording import BLANK, as_read, comparable, fingerprint, normalised_text
from question_bank.statutes.rules import article_label, article_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from core.people.rules import UnitFamily
    from question_bank.statutes.rules import KnownVersion


class QuestionType(StrEnum):
    """单选, 多选, 判断, 填空, 简答, 案例分析."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"
    BLANK = "blank"
    SHORT = "short"
    CASE = "case"


class Difficulty(StrEnum):
    """The author's estimate: 易, 中, 难."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class ItemState(StrEnum):
    """Where the latest version of an item stands; which version is drawn, the steps tell (`Step`)."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class Step(StrEnum):
    """What is done with a version of an item, by whom and when being the item's history.

    Approving, resuming and re-confirming (复核无误) let the version be drawn; suspending takes the item out of
    the draw until it is resumed or a newer version is approved, retiring for good.
    """

    SAVE = "save"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    RECONFIRM = "reconfirm"
    SUSPEND = "suspend"
    RESUME = "resume"
    RETIRE = "retire"


OUTCOME = {
    Step.SAVE: ItemState.DRAFT,
    Step.SUBMIT: ItemState.IN_REVIEW,
    Step.APPROVE: ItemState.APPROVED,
    Step.RETURN: ItemState.DRAFT,
    Step.RECONFIRM: ItemState.APPROVED,
    Step.SUSPEND: ItemState.SUSPENDED,
    Step.RESUME: ItemState.APPROVED,
    Step.RETIRE: ItemState.RETIRED,
}
DECIDING = frozenset({ItemState.APPROVED, ItemState.SUSPENDED, ItemState.RETIRED})
"""The last step with one of these outcomes tells whether, and in which version, an item is drawn."""


class Use(StrEnum):
    """What an item is for: PRACTICE shows its key to whoever practises, RESERVED keeps it for sessions.

    PUBLISHED says that its key can be read by anyone, whatever it is used for.
    """

    PRACTICE = "practice"
    RESERVED = "reserved"
    PUBLISHED = "published"


CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""The code of an item."""
LETTERS = "ABCDEFGH"
WITH_OPTIONS = frozenset({QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.TRUE_FALSE})
OBJECTIVE = WITH_OPTIONS | {QuestionType.BLANK}
TRUE_FALSE_OPTIONS = (("A", "正确"), ("B", "错误"))
PARTS = ("首要任务", "综合清单", "专业清单")
"""The three parts of the 应知应会清单."""
SHORTEST_STEM = 4
"""Letters, figures and signs that mean something; «法是什么？» asks enough."""
LONGEST_STEM = 4000
LONGEST_OPTION = 1000
LONGEST_ACCEPTED = 200
LONGEST_REFERENCE = 4000
MOST_BLANKS = 8
MOST_CITATIONS = 10
FEWEST_QUESTIONS, MOST_QUESTIONS = 2, 10


@dataclass(frozen=True, slots=True)
class CitationDraft:
    """An article that an item rests on: law by short title, its version, the stored label, the paragraph."""

    law: str
    version: date
    article: str
    paragraph: int | None = None


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An item as its author hands it in. Options are (letter, text), `answer` the letters of the key, sorted.

    The first citation names the law that the item counts for. `part` is one of `PARTS` or "". `families` are
    the kinds of body it is meant for, in the order of `UnitFamily`; none means all.

    `accepted` belongs to 填空: for each `____` of the stem the texts that count, the one shown as the answer
    first. `reference` belongs to 简答: what a good answer says. `questions` belong to 案例分析, whose stem is the
    material that they share: objective questions with key, explanation and citations of their own; part and
    families are the case's.
    """

    type: QuestionType
    stem: str
    options: tuple[tuple[str, str], ...]
    answer: str
    explanation: str
    difficulty: Difficulty
    citations: tuple[CitationDraft, ...]
    part: str = ""
    shuffle: bool = True
    accepted: tuple[tuple[str, ...], ...] = ()
    reference: str = ""
    questions: tuple[ItemDraft, ...] = ()
    families: tuple[UnitFamily, ...] = ()


def item_problems(
    draft: ItemDraft, known: Mapping[tuple[str, date], KnownVersion], on: date | None
) -> list[Problem]:
    """Everything that keeps a draft from being stored, in the order of the form; empty when it is complete.

    `known` holds the versions of the cited laws by (short title, version). Citations must be in force on the
    day `on`; None leaves that to the draw, which takes no item whose law is not in force.
    """
    return [
        *_text_problems(draft),
        *_misplaced(draft),
        *_option_problems(draft),
        *_key_problems(draft),
        *_blank_problems(draft),
        *_reference_problems(draft),
        *_citation_problems(draft, known, on),
        *_question_problems(draft, known, on),
    ]


def _text_problems(draft: ItemDraft) -> Iterator[Problem]:
    stem = draft.stem.strip()
    if len(comparable(stem)) < SHORTEST_STEM:
        yield Problem("stem", f"题干太短，至少 {SHORTEST_STEM} 个字。", "stem")
    elif len(stem) > LONGEST_STEM:
        yield Problem("stem", f"题干过长，不超过 {LONGEST_STEM} 个字。", "stem")
    if not draft.explanation.strip() and draft.type is not QuestionType.CASE:
        yield Problem("explanation", "请填写解析，说明答案的依据和其他选项错在哪里。", "explanation")
    if draft.part and draft.part not in PARTS:
        yield Problem("part", f"清单部分应是{'、'.join(PARTS)}之一，或者留空。", "part")
    if len(set(draft.families)) != len(draft.families):
        yield Problem("families", "同一类单位写了两次，请删去一处。", "families")


def _misplaced(draft: ItemDraft) -> Iterator[Problem]:
    """What a question of another type would hold."""
    if (draft.options or draft.answer) and draft.type not in WITH_OPTIONS:
        yield Problem("options", "只有单选题、多选题和判断题才有选项。", "options")
    if draft.accepted and draft.type is not QuestionType.BLANK:
        yield Problem("accepted", "只有填空题才列可接受的答案。", "accepted")
    if draft.reference and draft.type is not QuestionType.SHORT:
        yield Problem("reference", "只有简答题才写参考答案。", "reference")
    if draft.questions and draft.type is not QuestionType.CASE:
        yield Problem("questions", "只有案例分析才分小题。", "questions")


def _option_problems(draft: ItemDraft) -> Iterator[Problem]:
    if draft.type not in WITH_OPTIONS:
        return
    if draft.type is QuestionType.TRUE_FALSE:
        if draft.options != TRUE_FALSE_OPTIONS:
            yield Problem("options", "判断题的选项固定为 A 正确、B 错误。", "options")
        return
    letters = "".join(letter for letter, _ in draft.options)
    if not 2 <= len(draft.options) <= len(LETTERS):
        yield Problem(
            "options", f"选项应有 2 至 {len(LETTERS)} 个，现有 {len(draft.options)} 个。", "options"
        )
    elif letters != LETTERS[: len(letters)]:
        yield Problem("options", "选项字母应从 A 起连续排列，中间不要留空。", "options")
    seen: dict[str, str] = {}
    for letter, text in draft.options:
        if not text.strip():
            yield Problem("options", f"选项 {letter} 是空的，请填写或删去。", "options")
            continue
        if len(text) > LONGEST_OPTION:
            yield Problem("options", f"选项 {letter} 过长，不超过 {LONGEST_OPTION} 个字。", "options")
        same = seen.setdefault(as_read(text), letter)
        if same != letter:
            yield Problem("options", f"选项 {letter} 与选项 {same} 文字相同，请修改其中一个。", "options")


def _key_problems(draft: ItemDraft) -> Iterator[Problem]:
    if draft.type not in WITH_OPTIONS:
        return
    letters = {letter for letter, _ in draft.options}
    key = set(draft.answer)
    outside = sorted(key - letters)
    if outside:
        yield Problem("answer", f"答案 {'、'.join(outside)} 不在选项之内。", "answer")
    if len(key) != len(draft.answer):
        yield Problem("answer", "答案中有重复的字母。", "answer")
    if draft.type is QuestionType.MULTIPLE:
        if len(key) < 2:
            yield Problem("answer", "多选题至少要有两个正确选项。", "answer")
    elif len(key) != 1:
        yield Problem("answer", f"单选题和判断题应有且只有一个答案，现有 {len(key)} 个。", "answer")


def _blank_problems(draft: ItemDraft) -> Iterator[Problem]:
    if draft.type is not QuestionType.BLANK:
        return
    blanks = draft.stem.count(BLANK)
    if not 1 <= blanks <= MOST_BLANKS:
        yield Problem(
            "stem",
            f"填空题的题干要有 1 至 {MOST_BLANKS} 个空，每个空写作 {BLANK}，现有 {blanks} 个。",
            "stem",
        )
    if BLANK + "_" in draft.stem:
        yield Problem("stem", f"一个空只写四条下划线 {BLANK}，两个空之间要有文字。", "stem")
    if len(draft.accepted) != blanks:
        yield Problem("accepted", f"题干有 {blanks} 个空，答案却有 {len(draft.accepted)} 组。", "accepted")
    for number, texts in enumerate(draft.accepted, start=1):
        for message in _accepted_faults(texts):
            yield Problem("accepted", f"第 {number} 空{message}", "accepted")


def _accepted_faults(texts: tuple[str, ...]) -> Iterator[str]:
    if not texts:
        yield "没有答案。"
    seen: dict[str, str] = {}
    for text in texts:
        plain = normalised_text(text)
        if not plain or "\n" in text:
            yield f"的答案“{text}”不能为空，也不能分行。"
        elif len(text) > LONGEST_ACCEPTED:
            yield f"的答案过长，不超过 {LONGEST_ACCEPTED} 个字。"
        elif plain in seen:
            yield f"的“{text}”与“{seen[plain]}”判分时相同，请删去一个。"
        seen.setdefault(plain, text)


def _reference_problems(draft: ItemDraft) -> Iterator[Problem]:
    if draft.type is not QuestionType.SHORT:
        return
    if not draft.reference.strip():
        yield Problem("reference", "请填写参考答案，写明得分要点。", "reference")
    elif len(draft.reference) > LONGEST_REFERENCE:
        yield Problem("reference", f"参考答案过长，不超过 {LONGEST_REFERENCE} 个字。", "reference")


def _question_problems(
    draft: ItemDraft, known: Mapping[tuple[str, date], KnownVersion], on: date | None
) -> Iterator[Problem]:
    """What is wrong with the questions of a case; `where` is "questions-0-stem" for the stem of the first."""
    if draft.type is not QuestionType.CASE:
        return
    if not FEWEST_QUESTIONS <= len(draft.questions) <= MOST_QUESTIONS:
        yield Problem(
            "questions",
            f"案例分析应有 {FEWEST_QUESTIONS} 至 {MOST_QUESTIONS} 道小题，现有 {len(draft.questions)} 道。",
            "questions",
        )
    asked: dict[str, int] = {}
    for number, question in enumerate(draft.questions, start=1):
        within = f"questions-{number - 1}"
        if question.type not in OBJECTIVE:
            yield Problem("type", f"第 {number} 小题：只能是单选、多选、判断或填空。", f"{within}-type")
            continue
        if question.part or question.families:
            yield Problem("part", f"第 {number} 小题：清单部分和适用单位写在案例上，小题不另写。", within)
        for problem in item_problems(replace(question, part="", families=()), known, on):
            yield replace(
                problem, message=f"第 {number} 小题：{problem.message}", where=f"{within}-{problem.where}"
            )
        same = asked.setdefault(fingerprint(question), number)
        if same != number:
            yield Problem("duplicate", f"第 {number} 小题与第 {same} 小题相同。", f"{within}-stem")


def _citation_problems(
    draft: ItemDraft, known: Mapping[tuple[str, date], KnownVersion], on: date | None
) -> Iterator[Problem]:
    if not draft.citations:
        yield Problem("citations", "请至少引用一条法律依据。", "citations", {"missing": True})
    if len(draft.citations) > MOST_CITATIONS:
        yield Problem("citations", f"法律依据不超过 {MOST_CITATIONS} 条，请只留最直接的。", "citations")
    if len(set(draft.citations)) != len(draft.citations):
        yield Problem("citations", "同一法条引用了两次，请删去一处。", "citations")
    for citation in draft.citations:
        version = known.get((citation.law, citation.version))
        name = f"《{citation.law}》（{citation.version}）"
        if version is None:
            yield Problem("citations", f"法规库中没有{name}，请核对名称和版本。", "citations")
            continue
        if on is not None and not version.in_force(on):
            why = "尚未施行" if on < version.in_force_from else "已经失效"
            yield Problem("citations", f"{name}在 {on} {why}，请改引现行版本。", "citations")
        if article_label(citation.article) != citation.article:
            yield Problem(
                "citations", f"{name}的条号“{citation.article}”写法不对，请写成 36 或 120之一。", "citations"
            )
        elif not version.has_article(citation.article):
            words = article_words(citation.article)
            yield Problem("citations", f"{name}没有{words}，全文共 {version.article_count} 条。", "citations")
        if citation.paragraph is not None and citation.paragraph < 1:
            yield Problem("citations", f"{name}的款次应从 1 起。", "citations")
