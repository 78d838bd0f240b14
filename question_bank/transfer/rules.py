"""From what stands in a file to a draft: types, options, keys, difficulties as people write them. Pure.

Nothing is guessed about a key: what cannot be read as one answer is a problem beside its row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.errors import Problem
from core.people.rules import UnitFamily
from question_bank.items.rules import (
    TRUE_FALSE_OPTIONS,
    Difficulty,
    ItemDraft,
    QuestionType,
    item_problems,
)
from question_bank.items.wording import BLANK
from question_bank.transfer.bare_options import read_options
from question_bank.transfer.keys import (
    EMPTY_BRACKET,
    FALSE_WORDS,
    KEY_LEAD,
    TRUE_WORDS,
    Bracketed,
    key_letters,
    plain_letters,
    stem_key,
    truth,
    verdict_bracket,
)
from question_bank.transfer.laws import read_citations
from question_bank.transfer.marked_options import signed
from question_bank.transfer.naming import CHOICES, DIFFICULTY_NAMES, FAMILY_NAMES, TYPE_NAMES
from question_bank.transfer.options import ALPHABET, split_options
from question_bank.transfer.spelling import folded, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from question_bank.items.rules import CitationDraft
    from question_bank.transfer.laws import LawBook

FAMILY_WORDS = {name: family for family, name in FAMILY_NAMES.items()}
TYPE_WORDS = {
    "单": QuestionType.SINGLE,
    "单选": QuestionType.SINGLE,
    "单项": QuestionType.SINGLE,
    "single": QuestionType.SINGLE,
    "多": QuestionType.MULTIPLE,
    "多选": QuestionType.MULTIPLE,
    "多项": QuestionType.MULTIPLE,
    "multiple": QuestionType.MULTIPLE,
    "判断": QuestionType.TRUE_FALSE,
    "是非": QuestionType.TRUE_FALSE,
    "对错": QuestionType.TRUE_FALSE,
    "正误判断": QuestionType.TRUE_FALSE,
    "truefalse": QuestionType.TRUE_FALSE,
    "填空": QuestionType.BLANK,
    "blank": QuestionType.BLANK,
    "简答": QuestionType.SHORT,
    "问答": QuestionType.SHORT,
    "论述": QuestionType.SHORT,
    "名词解释": QuestionType.SHORT,
    "short": QuestionType.SHORT,
    "案例": QuestionType.CASE,
    "案例分析": QuestionType.CASE,
    "材料分析": QuestionType.CASE,
    "case": QuestionType.CASE,
}
UNDECIDED_TYPES = frozenset({"", "选择", "不定", "不定项", "客观"})
"""Words that leave open how many answers there are: the key decides."""
TYPE_ENDINGS = re.compile(r"(?:选择)?题?(?:型)?$")
WORD_SEPARATORS = re.compile(r"[\s、,，;；]+")
GAP_SEPARATORS = tuple(re.compile(pattern) for pattern in (r"\n+", r"[;；]", r"、", r"[,，]", r"\s+"))
"""What stands between the answers of several gaps, the surest first."""
SURE_SEPARATORS = GAP_SEPARATORS[:2]
ALTERNATIVES = re.compile(r"[|｜]|(?<!\d)[/／]|[/／](?!\d)")
GAP_PLACE = re.compile(r"(?:(?<=[\s;；,，、。])|^|(?=[（(]))[(（]?(\d{1,2})[)）.、．](?!\d)\s*+")
"""The number of a gap in front of its answer: «（1）公正（2）公开», «1. 公正 2. 公开»."""
GAP_NUMBER = re.compile(r"[(（]?\d{1,2}[)）.、．]\s*")

DIFFICULTY_WORDS = {
    **dict.fromkeys(["易", "简单", "容易", "较易", "低", "easy", "基础"], Difficulty.EASY),
    **dict.fromkeys(["中", "中等", "一般", "适中", "普通", "medium"], Difficulty.MEDIUM),
    **dict.fromkeys(["难", "困难", "较难", "高", "hard", "疑难"], Difficulty.HARD),
}
YES_WORDS = TRUE_WORDS | {"1"}
NO_WORDS = FALSE_WORDS | {"0"}

GAP = re.compile(r"[（(][\s　_＿]*[)）]|[_＿]{2,}|﹍+")


@dataclass(slots=True)
class Raw:
    """An item as a file holds it, before it is understood: every field as text, as it was written."""

    type: str = ""
    stem: str = ""
    options: list[str] = field(default_factory=list)
    answer: str = ""
    explanation: str = ""
    laws: str = ""
    articles: str = ""
    difficulty: str = ""
    part: str = ""
    shuffle: str = ""
    families: str = ""
    code: str = ""
    reserved: str = ""
    questions: list[Raw] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Understood:
    """What came of a `Raw`: the draft as far as it could be built, and what is wrong or worth a look."""

    draft: ItemDraft | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


@dataclass(slots=True)
class _Remarks:
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def refuse(self, code: str, message: str, where: str = "") -> None:
        self.problems.append(Problem(code, message, where))

    def warn(self, code: str, message: str, where: str = "") -> None:
        self.warnings.append(Problem(code, message, where))


@dataclass(frozen=True, slots=True)
class _Inherited:
    """What a question of a case takes from the case where it says nothing itself."""

    explanation: str
    difficulty: Difficulty
    citations: tuple[CitationDraft, ...]


def understand(raw: Raw, book: LawBook) -> Understood:
    """The draft that a `Raw` means, with every problem of its form and of the bank's rules."""
    remarks = _Remarks()
    draft = _draft(raw, book, remarks, None)
    if draft is not None:
        said = {problem.where for problem in remarks.problems}
        remarks.problems += [
            problem for problem in item_problems(draft, book.known, book.on) if problem.where not in said
        ]
    return Understood(draft, tuple(remarks.problems), tuple(remarks.warnings))


def _draft(raw: Raw, book: LawBook, remarks: _Remarks, case: _Inherited | None) -> ItemDraft | None:
    stem, answer = tidy(raw.stem), tidy(raw.answer)
    stem, options = _apart(raw, stem, remarks)
    marked = signed(options)
    if marked.letters and not answer:
        options, answer = list(marked.options), marked.letters
        remarks.warn("key_from_marks", f"答案“{answer}”取自选项上的记号，请核对。", "answer")
    if not stem:
        remarks.refuse("no_stem", "题干是空的，未导入。", "stem")
    kind = _type(raw, stem, options, answer, remarks)
    citations, problems, warnings = read_citations(tidy(raw.laws), tidy(raw.articles), book)
    remarks.problems += problems
    remarks.warnings += warnings
    difficulty = _difficulty(raw.difficulty, case.difficulty if case else Difficulty.MEDIUM, remarks)
    if kind is None:
        return None
    draft = ItemDraft(
        type=kind,
        stem=stem,
        options=(),
        answer="",
        explanation=tidy(raw.explanation) or (case.explanation if case else ""),
        difficulty=difficulty,
        citations=citations or (case.citations if case else ()),
        part=tidy(raw.part),
        shuffle=_yes(raw.shuffle, default=True, name="选项乱序", remarks=remarks),
        families=_families(raw.families, remarks),
    )
    if kind in CHOICES:
        return _choice(draft, options, answer, remarks)
    if options and kind is not QuestionType.TRUE_FALSE:
        remarks.refuse("options", "这种题型没有选项，请核对题型。", "options")
    match kind:
        case QuestionType.TRUE_FALSE:
            return _true_false(draft, options, answer, remarks)
        case QuestionType.BLANK:
            return _blank(draft, answer, remarks)
        case QuestionType.SHORT:
            if not answer:
                remarks.refuse("no_key", "没有参考答案，未导入。", "reference")
            return replace(draft, reference=answer, shuffle=False)
        case _:
            return _case(draft, raw, book, remarks)


def type_of(word: str) -> QuestionType | None:
    """The type that a word names, such as 单选题, 多项选择题, 案例分析; None when it names none."""
    bare = folded(word).replace("_", "").replace("/", "")
    return TYPE_WORDS.get(bare) or TYPE_WORDS.get(TYPE_ENDINGS.sub("", bare))


def _apart(raw: Raw, stem: str, remarks: _Remarks) -> tuple[str, list[str]]:
    """The stem and the options, which may stand in the stem."""
    options = read_options(raw.options)
    if options or not (is_undecided(raw.type) or type_of(raw.type) in CHOICES):
        return stem, options
    before, inside = split_options(stem)
    if len(inside) < 2 or not before or not all(inside):
        return stem, []
    remarks.warn("options_in_stem", "选项写在题干里，已经拆开，请核对。", "options")
    return before, inside


def is_undecided(word: str) -> bool:
    """Whether a word for the type leaves open how many answers there are, such as 不定项选择题."""
    return TYPE_ENDINGS.sub("", folded(word)) in UNDECIDED_TYPES


def _type(raw: Raw, stem: str, options: Sequence[str], answer: str, remarks: _Remarks) -> QuestionType | None:
    kind = type_of(raw.type)
    if kind is not None:
        return kind
    if not is_undecided(raw.type):
        remarks.refuse(
            "type",
            f"没有题型“{raw.type.strip()[:20]}”，请填写单选题、多选题、判断题、填空题、简答题或案例分析题。",
            "type",
        )
        return None
    kind = _type_by_shape(raw, stem, options, answer)
    if kind is None:
        _refuse_undecided(options, answer, remarks)
    elif not raw.type.strip():
        remarks.warn("type_inferred", f"没有写明题型，按选项和答案认作{TYPE_NAMES[kind]}。", "type")
    return kind


def _refuse_undecided(options: Sequence[str], answer: str, remarks: _Remarks) -> None:
    """Say why the type cannot be told from the key: there is none, it cannot be read, or it fits no type."""
    if not answer:
        remarks.refuse("no_key", "没有答案，未导入。请补上答案。", "answer")
    elif options:
        remarks.refuse("answer_unread", f"看不懂答案“{answer[:30]}”，请填写选项字母，如 A 或 AC。", "answer")
    elif _is_letter_key(answer):
        remarks.refuse(
            "options", f"答案“{answer[:30]}”是选项字母，却没有找到选项，未导入。请补上选项。", "options"
        )
    else:
        remarks.refuse("type", "没有写明题型，从选项和答案也看不出来，请补上题型。", "type")


def _type_by_shape(raw: Raw, stem: str, options: Sequence[str], answer: str) -> QuestionType | None:
    if raw.questions:
        return QuestionType.CASE
    if options:
        if [truth(text) for text in options] in ([True, False], [False, True]):
            return QuestionType.TRUE_FALSE
        letters = key_letters(answer or stem_key(stem).key, options)
        if letters is None or not letters:
            return None
        return QuestionType.SINGLE if len(letters) == 1 else QuestionType.MULTIPLE
    verdict = truth(answer or verdict_bracket(stem).key)
    if verdict is not None:
        return QuestionType.TRUE_FALSE
    fits = answer and not _is_letter_key(answer) and GAP.search(stem)
    return QuestionType.BLANK if fits else None


def _is_letter_key(answer: str) -> bool:
    """Whether a key is one of options: «D», «A、C»; a 填空 has none such."""
    letters = plain_letters(KEY_LEAD.sub("", answer))
    return bool(letters) and set(letters) <= set(ALPHABET[:8])


def _difficulty(word: str, otherwise: Difficulty, remarks: _Remarks) -> Difficulty:
    bare = folded(word).removesuffix("度").removesuffix("题")
    if not bare:
        return otherwise
    level = DIFFICULTY_WORDS.get(bare)
    if level is None:
        remarks.warn(
            "difficulty",
            f"没有难度“{word.strip()[:20]}”，按{DIFFICULTY_NAMES[otherwise]}登记，请核对。",
            "difficulty",
        )
    return level or otherwise


def _yes(word: str, *, default: bool, name: str, remarks: _Remarks) -> bool:
    bare = folded(word)
    if bare and bare not in YES_WORDS | NO_WORDS:
        remarks.refuse("yes_no", f"“{name}”填写的是“{word.strip()[:20]}”，请填写是或否。")
    return bare in YES_WORDS if bare else default


def is_yes(word: str) -> bool:
    """Whether a cell says 是."""
    return folded(word) in YES_WORDS


def _families(words: str, remarks: _Remarks) -> tuple[UnitFamily, ...]:
    found = []
    for word in WORD_SEPARATORS.split(tidy(words)):
        family = FAMILY_WORDS.get(word)
        if family is not None:
            found.append(family)
        elif word:
            remarks.refuse("families", f"没有单位类别“{word[:20]}”，请填写{'、'.join(FAMILY_WORDS)}。")
    return tuple(family for family in UnitFamily if family in found)


def _choice(draft: ItemDraft, options: Sequence[str], answer: str, remarks: _Remarks) -> ItemDraft:
    place = stem_key(draft.stem)
    if not answer and not _is_name(place, draft.stem):
        answer = place.key
    letters = key_letters(answer, options)
    if not answer:
        remarks.refuse("no_key", "没有答案，未导入。请补上答案。", "answer")
    elif letters is None:
        remarks.refuse("answer_unread", f"看不懂答案“{answer[:30]}”，请填写选项字母，如 A 或 AC。", "answer")
    if place.key:
        same = set(place.key) == set(letters or "")
        draft = replace(draft, stem=_stem_without_key(draft.stem, place, same=same, remarks=remarks))
    return replace(
        draft,
        options=tuple(zip(ALPHABET, options, strict=False)),
        answer="".join(sorted(letters or "")),
    )


def _is_name(place: Bracketed, stem: str) -> bool:
    """Whether letters in a bracket name somebody: the place for the key is another bracket, which is empty."""
    return not place.at_edge and EMPTY_BRACKET.search(stem) is not None


def _stem_without_key(stem: str, place: Bracketed, *, same: bool, remarks: _Remarks) -> str:
    """The stem with the place for its key emptied. `same`: what stands there is the key."""
    if _is_name(place, stem):
        return stem
    if same:
        told = f"题干里的“{place.key}”是答案的位置，已经留空；若它本是题干的文字，请改回。"
        remarks.warn("stem_bracket", told, "stem")
        return place.emptied
    told = f"题干括号里的“{place.key}”与答案不同，请核对。"
    if place.at_edge:
        remarks.refuse("key_conflict", told, "answer")
    else:
        remarks.warn("stem_bracket", told, "stem")
    return stem


def _true_false(draft: ItemDraft, options: Sequence[str], answer: str, remarks: _Remarks) -> ItemDraft:
    meanings = [truth(text) for text in options] or [True, False]
    if meanings not in ([True, False], [False, True]):
        remarks.refuse("options", "判断题的选项只能是正确和错误，请核对题型。", "options")
        meanings = [True, False]
    place = verdict_bracket(draft.stem)
    if not answer:
        answer = place.key
    letters = plain_letters(KEY_LEAD.sub("", answer))
    verdict = meanings["AB".index(letters)] if letters in {"A", "B"} else truth(answer)
    if not answer:
        remarks.refuse("no_key", "没有答案，未导入。请补上答案。", "answer")
    elif verdict is None:
        remarks.refuse("answer_unread", f"看不懂答案“{answer[:30]}”，请填写正确或错误。", "answer")
    if place.key:
        same = truth(place.key) == verdict
        draft = replace(draft, stem=_stem_without_key(draft.stem, place, same=same, remarks=remarks))
    key = "" if verdict is None else "A" if verdict else "B"
    return replace(draft, options=TRUE_FALSE_OPTIONS, answer=key, shuffle=False)


def _blank(draft: ItemDraft, answer: str, remarks: _Remarks) -> ItemDraft:
    stem = GAP.sub(BLANK, draft.stem)
    gaps = stem.count(BLANK)
    if not answer:
        remarks.refuse("no_key", "没有答案，未导入。请补上答案。", "accepted")
    if not gaps:
        remarks.refuse("no_gap", "填空题的题干里没有空格，请用（　）或 ____ 标出。", "stem")
    if _is_letter_key(answer):
        remarks.warn("letter_in_blank", f"填空题的答案是字母“{answer[:30]}”，请核对是否选择题。", "accepted")
    accepted = _accepted(answer, gaps) if gaps else ()
    if answer and gaps and len(accepted) != gaps:
        remarks.refuse(
            "answer_count",
            f"题干有 {gaps} 个空，答案却有 {len(accepted)} 个。请一行写一个空的答案，或用“；”隔开。",
            "accepted",
        )
    return replace(draft, stem=stem, accepted=accepted, shuffle=False)


def _accepted(answer: str, gaps: int) -> tuple[tuple[str, ...], ...]:
    """For each gap the accepted texts; gaps on lines or between ；, or 、 or ， where that fits their number."""
    texts = [answer]
    marks = list(GAP_PLACE.finditer(answer))
    if gaps > 1 and [int(mark[1]) for mark in marks] == list(range(1, gaps + 1)) and not marks[0].start():
        ends = [mark.start() for mark in marks[1:]] + [len(answer)]
        pieces = [
            answer[mark.end() : end].strip(" 　;；,，、\n") for mark, end in zip(marks, ends, strict=True)
        ]
        return tuple(alternatives for text in pieces if (alternatives := _alternatives(text)))
    for separator in GAP_SEPARATORS:
        pieces = [piece for piece in separator.split(answer) if piece.strip()]
        if len(pieces) > 1 and (len(pieces) == gaps or separator in SURE_SEPARATORS):
            texts = pieces
            break
    return tuple(alternatives for text in texts if (alternatives := _alternatives(text)))


def _alternatives(text: str) -> tuple[str, ...]:
    """The texts accepted for one gap: 三十日/30日 or 三十日|30日; 1/3 stays a figure."""
    bare = text.strip()
    number = GAP_NUMBER.match(bare)
    pieces = ALTERNATIVES.split(bare[number.end() :] if number else bare)
    return tuple(dict.fromkeys(piece.strip() for piece in pieces if piece.strip()))


def _case(draft: ItemDraft, raw: Raw, book: LawBook, remarks: _Remarks) -> ItemDraft:
    if tidy(raw.answer):
        remarks.refuse("answer", "案例材料本身没有答案，请把答案写在每个小题里。", "answer")
    from_case = _Inherited(draft.explanation, draft.difficulty, draft.citations)
    questions = []
    for number, question in enumerate(raw.questions, start=1):
        own = _Remarks()
        read = _draft(question, book, own, from_case)
        if read is not None:
            questions.append(read)
        for told, into in ((own.problems, remarks.problems), (own.warnings, remarks.warnings)):
            into += [
                replace(
                    remark,
                    message=f"第 {number} 小题：{remark.message}",
                    where=f"questions-{number - 1}-{remark.where}",
                )
                for remark in told
            ]
    if not draft.citations and questions and questions[0].citations:
        draft = replace(draft, citations=questions[0].citations)
    return replace(draft, questions=tuple(questions), shuffle=False)
