"""Questions as other people's JSON holds them: a stem, options by letter or in order, a key. Pure.

Read are the plain shapes alone, by the names that sheets use for their columns and a few more. A number as a
key is not taken: nobody can tell whether it counts from 0 or from 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import Problem
from question_bank.items.rules import Difficulty, QuestionType
from question_bank.transfer.naming import DIFFICULTY_NAMES
from question_bank.transfer.options import ALPHABET
from question_bank.transfer.rules import Raw, Understood, is_undecided, type_of, understand
from question_bank.transfer.spelling import folded
from question_bank.transfer.tables import FIELDS, option_number, plain_name, read_fields, without_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from question_bank.transfer.laws import LawBook

LISTS = ("items", "questions", "data", "list", "rows", "records", "result", "题目", "试题", "题库")
"""Under which names an object may hold the list of its questions."""
DEEPEST = 6
CHAPTERS = frozenset(
    {"chapter", "section", "title", "name", "category", "unit", "章节", "章", "名称", "标题", "分类", "题型"}
)
"""Names by which the head of a group of questions is called."""
GROUP_TYPES = ("type", "题型", "title", "name", "名称", "标题")
WEAK = ("content", "body", "statement", "prompt", "title")
"""Names that mean the stem only where no other name does, the likelier first."""
NAMES = {
    **FIELDS,
    **dict.fromkeys(WEAK, "stem"),
    **dict.fromkeys(("questionstem", "stemtext"), "stem"),
    **dict.fromkeys(("choices", "option", "candidates", "answerslist"), "options"),
    **dict.fromkeys(("answers", "correctanswers", "target", "gold"), "answer"),
    **dict.fromkeys(("rationale", "explain", "answeranalysis", "analyze", "feedback"), "explanation"),
    **dict.fromkeys(("qtype", "kind", "categorytype"), "type"),
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
LESS_LIKELY = ("option", "answer", "name", "label")
"""Where the text of an option stands under none of these names."""
RIGHT_NAMES = ("is_correct", "iscorrect", "correct", "isanswer", "is_answer", "right", "isright")
FIGURE = re.compile(r"\d+")


def entries_of(data: object) -> list[Any] | None:
    """The entries of a file's top: a list, an object that holds one, one entry a name, or groups of entries by
    chapter or type; None for anything else."""
    if isinstance(data, list):
        return [entry for each in data for entry in _of_group(each, DEEPEST)]
    if not isinstance(data, dict):
        return None
    found = _of_group(data, DEEPEST)
    return found if found != [data] or "stem" in _named(data) else None


def _of_group(data: object, depth: int) -> list[Any]:
    """The entries that stand below a list or an object, or the object itself where it is none of a group."""
    groups = _groups(data) if isinstance(data, dict) and depth else None
    if groups is None:
        return [data]
    return [entry for name, below in groups for entry in _with_type(below, name, depth)]


def _groups(data: dict[str, Any]) -> list[tuple[str, list[Any]]] | None:
    """The groups of questions in an object, each with its name; None for an object that is no head of any."""
    for name in LISTS:
        below = data.get(name)
        if isinstance(below, dict) and "stem" not in _named(data):
            return [("", [below])]
        if isinstance(below, list) and _heads_group(data, below):
            return [(next((data[key] for key in GROUP_TYPES if isinstance(data.get(key), str)), ""), below)]
    if "stem" in _named(data):
        return None
    groups = [(name, below) for name, below in data.items() if _is_group(below)]
    values = list(data.values())
    if not groups and values and all(isinstance(value, dict) for value in values):
        return [("", values)]
    return groups or None


def _heads_group(data: dict[str, Any], below: list[Any]) -> bool:
    """Whether an object is the head of a list of questions: it asks nothing itself but has a title at most."""
    named = {name: key for name, key in _named(data).items() if folded(key) not in CHAPTERS}
    return "stem" not in named and "answer" not in named and (not below or isinstance(below[0], dict))


def _is_group(below: object) -> bool:
    return isinstance(below, list) and bool(below) and all(isinstance(each, dict) for each in below)


def _with_type(entries: list[Any], word: str, depth: int) -> list[Any]:
    """The entries of a group; where its name is that of a type, those that name none are of it."""
    found = [entry for each in entries for entry in _of_group(each, depth - 1)]
    if type_of(word) is None:
        return found
    return [
        {**entry, "题型": word} if isinstance(entry, dict) and "type" not in _named(entry) else entry
        for entry in found
    ]


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
    return kind is None or (isinstance(kind, str) and kind not in OWN_TYPES and _type(kind) is not None)


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry of another shape asks, and whether a running number was taken off its stem."""

    understood: Understood
    numbered: bool


@dataclass(slots=True)
class _Options:
    """An entry's options: texts in the letters' order, the letters of those that say themselves that they are
    right, and the letter of each by the identifier that the entry gives it."""

    texts: list[str] = field(default_factory=list)
    right: str = ""
    ids: dict[str, str] = field(default_factory=dict)


def read_entry(entry: dict[str, Any], laws: LawBook) -> Entry:
    """What an entry of another shape asks."""
    told: list[Problem] = []
    warnings: list[Problem] = []
    entry = _opened(entry)
    named = _named(entry)
    raw = Raw()
    for name, key in named.items():
        value = entry[key]
        if name not in {"options", "answer", "type", "code"}:
            setattr(raw, name, _text(value))
    options = _options(entry, named, told)
    raw.options = options.texts
    raw.answer = _answer(entry.get(named.get("answer", "")), options, told)
    raw.type = _type_words(entry.get(named.get("type", "")), told)
    if raw.difficulty in set(Difficulty):
        raw.difficulty = DIFFICULTY_NAMES[Difficulty(raw.difficulty)]
    numbered = without_number(raw)
    read_fields(raw, told, warnings)
    told += _conflicts(entry)
    found = understand(raw, laws)
    if options.right and found.draft is not None and found.draft.answer not in {"", options.right}:
        message = f"选项里标明正确的是“{options.right}”，答案却是“{found.draft.answer}”，请核对。"
        told.append(Problem("key_conflict", message, "answer"))
    said = {problem.where for problem in told}
    problems = (*told, *(p for p in found.problems if p.where not in said))
    draft = None if told else found.draft
    return Entry(Understood(draft, problems, (*warnings, *found.warnings)), numbered)


def _opened(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry; where its question is an object with a stem of its own, with what that holds."""
    for key, value in entry.items():
        if isinstance(value, dict) and NAMES.get(plain_name(key)) == "stem" and "stem" in _named(value):
            return {**{name: each for name, each in entry.items() if name != key}, **value}
    return entry


def _named(entry: dict[str, Any]) -> dict[str, str]:
    """The entry's own name for each field; the first that names it, weak names for a stem last."""
    named: dict[str, str] = {}
    weak: dict[str, str] = {}
    for key in entry:
        plain = plain_name(key)
        name = NAMES.get(plain)
        if plain in WEAK:
            weak.setdefault(plain, key)
        elif name is not None:
            named.setdefault(name, key)
    likeliest = next((weak[name] for name in WEAK if name in weak), None)
    if likeliest is not None:
        named.setdefault("stem", likeliest)
    return named


def _conflicts(entry: dict[str, Any]) -> list[Problem]:
    """That two names for the key say different things."""
    keys = [key for key in entry if NAMES.get(plain_name(key)) == "answer"]
    values = {_text(entry[key]).strip() for key in keys} - {""}
    if len(values) < 2:
        return []
    names = "、".join(f"“{key[:20]}”" for key in keys[:4])
    return [Problem("key_conflict", f"{names}都像是答案，内容却不同，请只留一项。", "answer")]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_text(each) for each in value)
    return str(value) if isinstance(value, (str, int, float)) else ""


def _options(entry: dict[str, Any], named: dict[str, str], told: list[Problem]) -> _Options:
    value = entry.get(named.get("options", ""))
    if isinstance(value, dict):
        apart = {plain_name(str(key)): each for key, each in value.items()}
        texts, labels = apart.get("text"), apart.get("label")
        if isinstance(texts, list) and isinstance(labels, list) and len(texts) == len(labels):
            return _Options(_by_letter(dict(zip(map(str, labels), texts, strict=True)), told))
        return _Options(_by_letter({str(key): text for key, text in value.items()}, told))
    if isinstance(value, str):
        return _Options([value])
    if isinstance(value, list):
        return _listed(value, told)
    numbers = {number: text for key, text in entry.items() if (number := option_number(key)) is not None}
    lettered = {ALPHABET[number]: text for number, text in numbers.items() if text not in (None, "")}
    return _Options(_by_letter(lettered, told))


def _listed(options: list[Any], told: list[Problem]) -> _Options:
    if not all(isinstance(option, dict) for option in options):
        return _Options([_text(option) for option in options])
    single = [next(iter(option.items())) for option in options if len(option) == 1]
    if len(single) == len(options) and all(len(str(key).strip()) == 1 for key, _text_ in single):
        return _Options(_by_letter({str(key): text for key, text in single}, told))
    return _objects(options, told)


def _by_letter(options: dict[str, object], told: list[Problem]) -> list[str]:
    letters = {key.strip().upper(): text for key, text in options.items()}
    ordered = sorted(letters)
    if ordered != list(ALPHABET[: len(ordered)]):
        told.append(Problem("options", "选项字母应从 A 起连续排列，中间不要留空。", "options"))
        return []
    return [_text(letters[letter]) for letter in ordered]


def _objects(options: list[dict[str, Any]], told: list[Problem]) -> _Options:
    """Options that are objects: with their letters, or in order; some say which are right."""
    texts, letters, right = [], [], []
    for number, option in enumerate(options):
        plain = {folded(key): value for key, value in option.items()}
        letter = next((str(plain[name]).strip() for name in LETTER_NAMES if plain.get(name) is not None), "")
        text = next((_text(plain[name]) for name in TEXT_NAMES if plain.get(name) is not None), "")
        texts.append(text or next((_text(plain[name]) for name in LESS_LIKELY if plain.get(name)), ""))
        letters.append(letter)
        if any(plain.get(name) in (True, 1, "1", "true", "True") for name in RIGHT_NAMES):
            right.append(ALPHABET[number % len(ALPHABET)])
    capitals = [letter.upper() for letter in letters]
    if all(len(letter) == 1 and letter in ALPHABET for letter in capitals):
        marked = "".join(sorted(capitals[ALPHABET.index(letter)] for letter in right))
        return _Options(_by_letter(dict(zip(capitals, texts, strict=True)), told), marked)
    ids = dict(zip(letters, ALPHABET, strict=False)) if len({*letters, ""}) > len(letters) else {}
    return _Options(texts, "".join(right), ids)


def _answer(value: object, options: _Options, told: list[Problem]) -> str:
    given = value if isinstance(value, list) else [value]
    if options.ids and all(
        isinstance(each, (str, int)) and str(each).strip() in options.ids for each in given
    ):
        return "".join(sorted(options.ids[str(each).strip()] for each in given))
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
    return _text(value) or options.right


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
