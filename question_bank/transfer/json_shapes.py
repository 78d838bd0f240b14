"""Questions as other people's JSON holds them: a stem, options by letter or in order, a key. Pure.

Read are the plain shapes alone, by the names that sheets use for their columns and a few more. A number as a
key is not taken: nobody can tell whether it counts from 0 or from 1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.errors import Problem
from question_bank.items.rules import Difficulty, QuestionType
from question_bank.transfer.naming import DIFFICULTY_NAMES
from question_bank.transfer.options import ALPHABET
from question_bank.transfer.rules import Raw, Understood, is_undecided, type_of, understand
from question_bank.transfer.spelling import folded
from question_bank.transfer.tables import FIELDS, OPTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from question_bank.transfer.laws import LawBook

LISTS = ("items", "questions", "data", "list", "rows", "records", "题目", "试题", "题库")
"""Under which names an object may hold the list of its questions."""
NAMES = {
    **FIELDS,
    **dict.fromkeys(
        ("statement", "title", "content", "question_text", "questiontext", "questionstem"), "stem"
    ),
    **dict.fromkeys(("question_stem", "stem_text", "prompt", "body"), "stem"),
    **dict.fromkeys(("choices", "optionlist", "option", "candidates", "answers_list"), "options"),
    **dict.fromkeys(("answers", "correct_answer", "correctanswer", "correct_answers", "correct"), "answer"),
    **dict.fromkeys(("correct_option", "right_answer", "rightanswer", "answer_key", "answerkey"), "answer"),
    **dict.fromkeys(("rationale", "explain", "answer_analysis", "analyze", "feedback"), "explanation"),
    **dict.fromkeys(("questiontype", "qtype", "kind", "category_type"), "type"),
}
TYPES = {
    **dict.fromkeys(("singlechoice", "radio", "singleselect", "single-choice"), QuestionType.SINGLE),
    **dict.fromkeys(
        ("multi", "multiselect", "checkbox", "multipleselect", "multipleanswer"), QuestionType.MULTIPLE
    ),
    **dict.fromkeys(("multiplechoices", "multiplechoicemultiple"), QuestionType.MULTIPLE),
    **dict.fromkeys(("judge", "judgement", "judgment", "tf", "boolean", "bool"), QuestionType.TRUE_FALSE),
    **dict.fromkeys(("fill", "fillblank", "fillintheblank", "cloze1"), QuestionType.BLANK),
    **dict.fromkeys(("essay", "shortanswer", "qa"), QuestionType.SHORT),
}
OPEN_TYPES = frozenset({"choice", "multiplechoice", "mcq", "mc", "select", "question"})
"""Words that say no more than that there are options."""
OWN_TYPES = {kind.value for kind in QuestionType}
LETTER_NAMES = ("key", "label", "letter", "prefix", "option", "id", "identifier", "name", "序号")
TEXT_NAMES = ("text", "content", "value", "option_text", "title", "body", "内容", "desc")
RIGHT_NAMES = ("is_correct", "iscorrect", "correct", "isanswer", "is_answer", "right", "isright")
FIGURE = re.compile(r"\d+")


def entries_of(data: object) -> list[Any] | None:
    """The entries of a file's top: a list, an object that holds one, or one entry a name; None for anything else."""
    if isinstance(data, list):
        return data
    if not isinstance(data, dict):
        return None
    for name in LISTS:
        if isinstance(data.get(name), list):
            return list(data[name])
    if "stem" in _named(data):
        return [data]
    values = list(data.values())
    return values if values and all(isinstance(value, dict) for value in values) else None


def is_other_shape(entry: object) -> bool:
    """Whether an entry holds a question, but not as our own files do."""
    if not isinstance(entry, dict) or "stem" not in _named(entry):
        return False
    if "stem" not in entry:
        return True
    options, kind = entry.get("options"), entry.get("type")
    own_options = options is None or (isinstance(options, list) and all(isinstance(o, dict) for o in options))
    if not own_options:
        return True
    return kind not in OWN_TYPES and (kind is None or (isinstance(kind, str) and _type(kind) is not None))


def read_entry(entry: dict[str, Any], laws: LawBook) -> Understood:
    """What an entry of another shape asks."""
    told: list[Problem] = []
    named = _named(entry)
    raw = Raw()
    for name, key in named.items():
        value = entry[key]
        if name not in {"options", "answer", "type", "code"}:
            setattr(raw, name, _text(value))
    raw.options, right = _options(entry, named, told)
    raw.answer = _answer(entry.get(named.get("answer", "")), right, told)
    raw.type = _type_words(entry.get(named.get("type", "")), told)
    if raw.difficulty in set(Difficulty):
        raw.difficulty = DIFFICULTY_NAMES[Difficulty(raw.difficulty)]
    found = understand(raw, laws)
    if not told:
        return found
    said = {problem.where for problem in told}
    return Understood(None, (*told, *(p for p in found.problems if p.where not in said)), found.warnings)


def _named(entry: dict[str, Any]) -> dict[str, str]:
    """The entry's own name for each field; the first that names it."""
    named: dict[str, str] = {}
    for key in entry:
        name = NAMES.get(folded(key).replace("-", "_"))
        if name is not None:
            named.setdefault(name, key)
    return named


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_text(each) for each in value)
    return str(value) if isinstance(value, (str, int, float)) else ""


def _options(
    entry: dict[str, Any], named: dict[str, str], told: list[Problem]
) -> tuple[list[str], list[str]]:
    """The options' texts in the letters' order, and the letters of those that say themselves that they are right."""
    value = entry.get(named.get("options", ""))
    if isinstance(value, dict):
        return _by_letter({str(key): text for key, text in value.items()}, told), []
    if isinstance(value, str):
        return [value], []
    if isinstance(value, list):
        if not all(isinstance(option, dict) for option in value):
            return [_text(option) for option in value], []
        return _objects(value, told)
    apart = {
        (found[1] or ALPHABET[int(found[2]) - 1]).upper(): text
        for key, text in entry.items()
        if (found := OPTION.fullmatch(folded(key))) and (found[1] or 1 <= int(found[2]) <= len(ALPHABET))
    }
    return _by_letter({letter: text for letter, text in apart.items() if text not in (None, "")}, told), []


def _by_letter(options: dict[str, object], told: list[Problem]) -> list[str]:
    letters = {key.strip().upper(): text for key, text in options.items()}
    ordered = sorted(letters)
    if ordered != list(ALPHABET[: len(ordered)]):
        told.append(Problem("options", "选项字母应从 A 起连续排列，中间不要留空。", "options"))
        return []
    return [_text(letters[letter]) for letter in ordered]


def _objects(options: list[dict[str, Any]], told: list[Problem]) -> tuple[list[str], list[str]]:
    """Options that are objects: with their letters, or in order; some say which are right."""
    texts, letters, right = [], [], []
    for number, option in enumerate(options):
        plain = {folded(key): value for key, value in option.items()}
        letter = next((str(plain[name]).strip().upper() for name in LETTER_NAMES if plain.get(name)), "")
        texts.append(next((_text(plain[name]) for name in TEXT_NAMES if plain.get(name) is not None), ""))
        letters.append(letter)
        if any(plain.get(name) in (True, 1, "1", "true", "True") for name in RIGHT_NAMES):
            right.append(ALPHABET[number % len(ALPHABET)])
    if all(len(letter) == 1 and letter in ALPHABET for letter in letters):
        return _by_letter(dict(zip(letters, texts, strict=True)), told), sorted(
            letters[ALPHABET.index(letter)] for letter in right
        )
    return texts, right


def _answer(value: object, right: list[str], told: list[Problem]) -> str:
    if isinstance(value, bool):
        return "正确" if value else "错误"
    if isinstance(value, int) or (
        isinstance(value, list) and value and all(isinstance(each, int) for each in value)
    ):
        shown = _text(value).replace("\n", "、")
        told.append(
            Problem(
                "answer_unread",
                f"答案“{shown[:30]}”是序号，不能确定从 0 还是从 1 数起，请改成选项字母，如 A 或 AC。",
                "answer",
            )
        )
        return ""
    if isinstance(value, list):
        words = [_text(each) for each in value]
        return "".join(words) if all(len(word.strip()) == 1 for word in words) else "\n".join(words)
    if isinstance(value, dict):
        told.append(Problem("answer_unread", "看不懂答案，请写成选项字母，如 A 或 AC。", "answer"))
        return ""
    return _text(value) or "".join(right)


def _type(word: str) -> QuestionType | None:
    bare = folded(word).replace("_", "").replace("-", "")
    return TYPES.get(bare) or type_of(word)


def _type_words(value: object, told: list[Problem]) -> str:
    """The type as a word that our rules know, "" where the key decides: for figures, too, which every system counts
    differently."""
    words = _text(value).strip()
    kind = _type(words)
    if kind is not None:
        return kind.value
    bare = folded(words).replace("_", "").replace("-", "")
    if not words or FIGURE.fullmatch(words) or bare in OPEN_TYPES or is_undecided(words):
        return ""
    told.append(Problem("unsupported", f"不支持导入“{words[:40]}”，这一题没有导入。", "type"))
    return ""


def shown_names(entry: dict[str, Any]) -> Iterator[str]:
    """The names in an entry, as a message lists them."""
    yield from (f"“{key[:20]}”" for key in list(entry)[:8])
