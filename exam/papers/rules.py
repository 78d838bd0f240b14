"""Paper specs: what a paper is made of, what is wrong with a spec, and its stable JSON form."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import Invalid, Problem
from core.people.rules import UnitFamily
from core.texts import has_control_characters
from question_bank.items.rules import PARTS, Difficulty, QuestionType

if TYPE_CHECKING:
    from collections.abc import Collection

T = TypeVar("T")

OPTION_LETTERS = "ABCDEFGHIJ"
"""The letters that options carry, the author's own and those shown; a question has at most ten."""

LONGEST_NAME = 100
FEWEST_OF_A_CASE, MOST_OF_A_CASE = 2, 10
MOST_SECTIONS = 20
MOST_QUESTIONS = 200
LONGEST_MINUTES = 24 * 60
LARGEST_MARKS = Decimal(10_000)
CENT = Decimal("0.01")
HALF = Decimal("0.5")
"""The steps in which people mark."""

LONGEST_ANSWER = 2000
"""Characters of an answer to a 简答题, line breaks included."""

USUALLY_APART = Decimal(2)
"""Where a spec that begins to ask 简答题 begins: the fifth of a question of ten marks."""

TYPE_WORDS = {
    QuestionType.SINGLE: "单选题",
    QuestionType.MULTIPLE: "多选题",
    QuestionType.TRUE_FALSE: "判断题",
    QuestionType.BLANK: "填空题",
    QuestionType.SHORT: "简答题",
    QuestionType.CASE: "案例分析题",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a paper: `count` questions of one type, each worth `marks`.

    Of 案例分析 it has `count` cases with `questions` questions each, and each question is worth `marks`; for
    every other type `questions` is 1. `laws` empty means any law, `parts` empty any part of the 应知应会清单. With
    `families`, values of `UnitFamily`, it takes what is meant for one of these kinds of body, and what is meant for
    all. `difficulty` empty means any mix; otherwise its counts add up to `count`.
    """

    type: QuestionType
    count: int
    marks: Decimal
    laws: tuple[str, ...] = ()
    difficulty: tuple[tuple[Difficulty, int], ...] = ()
    questions: int = 1
    parts: tuple[str, ...] = ()
    families: tuple[str, ...] = ()

    @property
    def question_count(self) -> int:
        """How many questions the part has: those of its cases, or one for each item."""
        return self.count * self.questions


@dataclass(frozen=True, slots=True)
class PaperSpec:
    """What a paper is made of, the mark that passes, and the minutes allowed.

    With `half_marks_for_incomplete` a 多选题 answered incompletely but without error gets half of its marks;
    without it, nothing. With `most_apart` the paper may ask 简答题: two people mark each answer, and where their
    marks are more than so much apart a third decides. None, the default: it asks none.
    """

    name: str
    sections: tuple[Section, ...]
    pass_mark: Decimal
    minutes: int
    half_marks_for_incomplete: bool = False
    most_apart: Decimal | None = None

    @property
    def is_marked_by_people(self) -> bool:
        """Whether its results wait for people."""
        return any(section.type is QuestionType.SHORT for section in self.sections)


DEFAULT_SPEC = PaperSpec(
    name="标准卷",
    sections=(
        Section(QuestionType.SINGLE, 25, Decimal(2)),
        Section(QuestionType.MULTIPLE, 10, Decimal(3)),
        Section(QuestionType.TRUE_FALSE, 10, Decimal(2)),
    ),
    pass_mark=Decimal(60),
    minutes=90,
)
"""45 questions, 100 marks: the format of the nearest comparable programme. A default, not a rule of Luzhou."""


def question_count(spec: PaperSpec) -> int:
    """How many questions a paper of this spec has."""
    return sum(section.question_count for section in spec.sections)


def total_marks(spec: PaperSpec) -> Decimal:
    """The full mark of a paper of this spec, exact."""
    return sum((section.question_count * section.marks for section in spec.sections), Decimal())


def plain(number: Decimal) -> str:
    """The one way to write a number of marks: no exponent, no trailing zeros. 2.50 → "2.5", 100 → "100"."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def spec_problems(spec: PaperSpec) -> list[Problem]:
    """Everything that is wrong with a spec by itself; what a bank cannot fill is told by `shortages`."""
    problems = []
    if not spec.name.strip() or len(spec.name) > LONGEST_NAME:
        problems.append(Problem("name", f"请填写组卷方案的名称，不超过 {LONGEST_NAME} 个字。", "name"))
    if has_control_characters(spec.name):
        problems.append(Problem("name", "组卷方案的名称不能含换行等控制字符，请写成一行。", "name"))
    if not spec.sections:
        problems.append(Problem("no_sections", "组卷方案至少要有一个部分。", "sections"))
    if len(spec.sections) > MOST_SECTIONS:
        problems.append(
            Problem("too_many_sections", f"组卷方案最多 {MOST_SECTIONS} 个部分，请合并。", "sections")
        )
    if not 1 <= spec.minutes <= LONGEST_MINUTES:
        problems.append(Problem("minutes", f"考试时长应当在 1 到 {LONGEST_MINUTES} 分钟之间。", "minutes"))
    for number, section in enumerate(spec.sections, start=1):
        problems += _section_problems(section, number, spec)
    problems += _apart_problems(spec)
    if question_count(spec) > MOST_QUESTIONS:
        problems.append(
            Problem("too_many_questions", f"一份试卷最多 {MOST_QUESTIONS} 题，请减少题数。", "sections")
        )
    if not _is_exact(spec.pass_mark) or spec.pass_mark <= 0:
        problems.append(Problem("pass_mark", "合格分应当大于 0，最多两位小数。", "pass_mark"))
    elif not any(problem.code == "marks" for problem in problems) and spec.pass_mark > total_marks(spec):
        text = f"合格分 {plain(spec.pass_mark)} 高于满分 {plain(total_marks(spec))}，请改低合格分。"
        problems.append(Problem("pass_mark_above_total", text, "pass_mark"))
    return problems


def _apart_problems(spec: PaperSpec) -> list[Problem]:
    """What is wrong with how far two people's marks may be apart."""
    if spec.most_apart is None:
        return []
    short = [section.marks for section in spec.sections if section.type is QuestionType.SHORT]
    if not short:
        text = "已选“含简答题”，却没有简答题的部分。请增加一个简答部分，或者取消这一项。"
        return [Problem("no_short", text, "most_apart")]
    if not _is_exact(spec.most_apart) or spec.most_apart % HALF or spec.most_apart < 0:
        return [Problem("most_apart", "两人评分的最大分差应当是 0 或 0.5 的倍数。", "most_apart")]
    if all(_is_exact(marks) for marks in short) and spec.most_apart >= min(short):
        text = f"最大分差应当小于简答题每题的分值（{plain(min(short))} 分），否则永远不会裁定。"
        return [Problem("most_apart", text, "most_apart")]
    return []


def _section_problems(section: Section, number: int, spec: PaperSpec) -> list[Problem]:
    problems = []

    def add(code: str, text: str) -> None:
        problems.append(Problem(code, f"第 {number} 部分：{text}", f"sections.{number}"))

    if section.count < 1:
        add("count", "题数应当至少为 1。")
    for code, text in _type_problems(section, spec):
        add(code, text)
    for code, text in _marks_problems(section, spec):
        add(code, text)
    for code, text in _scope_problems(section):
        add(code, text)
    if section.difficulty:
        if _repeats([difficulty for difficulty, _ in section.difficulty]) or any(
            n < 1 for _, n in section.difficulty
        ):
            add("difficulty", "每种难度只能出现一次，题数至少为 1。")
        wanted = sum(n for _, n in section.difficulty)
        if wanted != section.count:
            add("difficulty_sum", f"各难度题数合计 {wanted}，应当等于本部分题数 {section.count}。")
    return problems


def _scope_problems(section: Section) -> list[tuple[str, str]]:
    """What is wrong with the laws, parts and families that a section keeps to: (code, words)."""
    problems = []
    if any(not law.strip() for law in section.laws) or _repeats(section.laws):
        problems.append(("laws", "法律名称不能为空，也不能重复。"))
    if _repeats(section.parts) or not set(section.parts) <= set(PARTS):
        problems.append(("parts", f"清单部分只能是{'、'.join(PARTS)}，不能重复。"))
    if _repeats(section.families) or not set(section.families) <= set(UnitFamily):
        problems.append(("families", "适用单位只能从所列各类中选，不能重复。"))
    return problems


def _marks_problems(section: Section, spec: PaperSpec) -> list[tuple[str, str]]:
    """What is wrong with what a question of a section is worth: (code, words)."""
    if not _is_exact(section.marks) or section.marks <= 0:
        return [("marks", f"每题分值应当大于 0、不超过 {LARGEST_MARKS}，最多两位小数。")]
    if section.type is QuestionType.SHORT and section.marks % HALF:
        return [("marks_by_halves", "简答题以 0.5 分为一档评分，每题分值应当是 0.5 的倍数。")]
    has_half = section.type in {QuestionType.MULTIPLE, QuestionType.CASE}
    if spec.half_marks_for_incomplete and has_half and not _is_exact(section.marks / 2):
        text = f"每题 {plain(section.marks)} 分的一半不是两位小数，请改分值或不给一半分。"
        return [("half_marks_not_exact", text)]
    return []


def _type_problems(section: Section, spec: PaperSpec) -> list[tuple[str, str]]:
    """What is wrong with a section's type and the number of questions in each of its items: (code, words)."""
    if section.type is QuestionType.SHORT and spec.most_apart is None:
        return [("type", "简答题须由人评阅，成绩要等评完。要用简答题，请选中“含简答题”。")]
    if section.type is QuestionType.CASE:
        if not FEWEST_OF_A_CASE <= section.questions <= MOST_OF_A_CASE:
            return [("questions", f"每个案例应当有 {FEWEST_OF_A_CASE} 至 {MOST_OF_A_CASE} 小题。")]
    elif section.questions != 1:
        return [("questions", "只有案例分析可以一题多问。")]
    return []


def _is_exact(marks: Decimal) -> bool:
    return marks.is_finite() and abs(marks) <= LARGEST_MARKS and marks % CENT == 0


def _repeats(values: Collection[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def to_json(spec: PaperSpec) -> dict[str, Any]:
    """The spec as JSON values: the same spec always gives the same ones. Marks are strings, see `plain`."""
    return {
        "name": spec.name,
        "sections": [
            {
                "type": section.type.value,
                "count": section.count,
                "marks": plain(section.marks),
                "laws": list(section.laws),
                "difficulty": [[difficulty.value, count] for difficulty, count in section.difficulty],
                **({"questions": section.questions} if section.type is QuestionType.CASE else {}),
                **({"parts": list(section.parts)} if section.parts else {}),
                **({"families": list(section.families)} if section.families else {}),
            }
            for section in spec.sections
        ],
        "pass_mark": plain(spec.pass_mark),
        "minutes": spec.minutes,
        "half_marks_for_incomplete": spec.half_marks_for_incomplete,
        **({} if spec.most_apart is None else {"most_apart": plain(spec.most_apart)}),
    }


def from_json(data: object) -> PaperSpec:
    """The spec that `to_json` wrote. Raises `Invalid` when the form is another one, or a key is unknown.

    Reads the form only; whether the spec makes sense is for `spec_problems`.
    """
    names = {"name", "sections", "pass_mark", "minutes", "half_marks_for_incomplete"}
    if type(data) is dict and "most_apart" in data:
        names.add("most_apart")
    try:
        fields = _fields(data, names)
        return PaperSpec(
            name=_a(str, fields["name"]),
            sections=tuple(_read_section(section) for section in _a(list, fields["sections"])),
            pass_mark=Decimal(_a(str, fields["pass_mark"])),
            minutes=_a(int, fields["minutes"]),
            half_marks_for_incomplete=_a(bool, fields["half_marks_for_incomplete"]),
            most_apart=Decimal(_a(str, fields["most_apart"])) if "most_apart" in fields else None,
        )
    except (ValueError, InvalidOperation) as error:
        raise Invalid.one("spec_unreadable", f"组卷方案的格式不对：{error}", "spec") from error


def _read_section(data: object) -> Section:
    names = {"type", "count", "marks", "laws", "difficulty"}
    if type(data) is dict and data.get("type") == QuestionType.CASE:
        names.add("questions")
    if type(data) is dict:
        names |= {name for name in ("parts", "families") if data.get(name)}
    fields = _fields(data, names)
    mix = []
    for pair in _a(list, fields["difficulty"]):
        difficulty, count = _a(list, pair)
        mix.append((Difficulty(difficulty), _a(int, count)))
    return Section(
        type=QuestionType(fields["type"]),
        count=_a(int, fields["count"]),
        marks=Decimal(_a(str, fields["marks"])),
        laws=tuple(_a(str, law) for law in _a(list, fields["laws"])),
        difficulty=tuple(mix),
        questions=_a(int, fields.get("questions", 1)),
        parts=tuple(_a(str, part) for part in _a(list, fields.get("parts", []))),
        families=tuple(_a(str, family) for family in _a(list, fields.get("families", []))),
    )


def _fields(data: object, names: set[str]) -> dict[str, Any]:
    if type(data) is not dict or set(data) != names:
        raise ValueError(f"expected an object with {', '.join(sorted(names))}")
    return data


def _a(kind: type[T], value: object) -> T:
    if type(value) is not kind:
        raise ValueError(f"expected {kind.__name__}, not {type(value).__name__}")
    return value
