"""QTI 1.x: the items of a questestinterop file, as Canvas, Blackboard and text2qti write them.

A key is what the conditions of the item give its marks for. Conditions are read where each names the choices that
earn them («this one», «these and not those»); anything else is refused, never guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from question_bank.items.rules import QuestionType
from question_bank.transfer.foreign import FULL, NEARLY, Foreign
from question_bank.transfer.keys import truth
from question_bank.transfer.plain import Plain, add_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

ROOT = "questestinterop"
KINDS = {
    "calculated_question": "计算题",
    "essay_question": "作文题",
    "file_upload_question": "上传文件",
    "fill_in_multiple_blanks_question": "多空填空",
    "matching_question": "匹配题",
    "multiple_dropdowns_question": "下拉选择",
    "numerical_question": "数值题",
    "text_only_question": "说明文字",
}
"""What Canvas calls the kinds that this bank does not take from it."""
KIND_LABELS = frozenset({"question_type", "cc_profile", "qmd_itemtype"})
ENGLISH = {"true": True, "false": False}
FIGURE = re.compile(r"-?\d{1,9}(?:\.\d{0,9})?")
GENERAL = frozenset({"general_fb", "general", "solution"})
MATERIALS = frozenset({"material", "mattext", "mat_formattedtext", "matimage", "mataudio", "matvideo"})
PICTURES = {"matimage": "图片", "mataudio": "多媒体", "matvideo": "多媒体", "matapplication": "附带的文件"}
MOST_CONDITIONS = 200


def items(root: Element) -> Iterator[Element]:
    """The items of a file in order, whatever sections they stand in."""
    for part in root:
        if part.tag == "item":
            yield part
        else:
            yield from items(part)


def question(item: Element) -> Foreign:
    """What an item asks."""
    found = Foreign()
    found.shuffle = True
    presentation = item.find("presentation")
    kind = _kind(item)
    if presentation is None:
        found.refuse("no_body", "没有 presentation，未导入。", "stem")
        return found
    found.stem = "\n".join(filter(None, _stem(presentation, found)))
    _keep_feedback(item, found)
    responses = [
        part
        for part in presentation.iter()
        if str(part.tag).startswith("response_") and part.tag != "response_label"
    ]
    if kind in KINDS:
        found.unsupported(f"{kind}（{KINDS[kind]}）")
    elif not responses:
        found.unsupported("没有作答方式的 item（说明文字）")
    elif len(responses) > 1:
        found.unsupported(f"复合题，含 {len(responses)} 处作答")
    elif responses[0].tag == "response_lid" and responses[0].find(".//render_choice") is not None:
        _read_choice(item, responses[0], found)
    elif responses[0].tag == "response_str" and kind != "essay":
        _read_gap(item, responses[0], found)
    else:
        found.unsupported(f"{str(responses[0].tag)[:40]}{f'（{kind[:40]}）' if kind else ''}")
    return found


def _kind(item: Element) -> str:
    """The kind that the item's metadata name; "" where they name none."""
    for entry in item.iter("qtimetadatafield"):
        if (entry.findtext("fieldlabel") or "").strip() in KIND_LABELS:
            return (entry.findtext("fieldentry") or "").strip().lower()
    name = item.find("itemmetadata/bbmd_questiontype")
    words = "" if name is None else (name.text or "").strip().lower()
    return "essay" if words in {"essay", "short response"} else words


def _stem(presentation: Element, found: Foreign) -> Iterator[str]:
    """The texts of the presentation that stand in no response."""
    for part in presentation:
        if part.tag in MATERIALS:
            yield _material(part, found)
        elif not str(part.tag).startswith(("response_", "render_")):
            yield from _stem(part, found)
        else:
            yield from (_material(material, found) for material in part.findall("material"))


def _material(part: Element, found: Foreign) -> str:
    """The text of a material; formatted text stands escaped or as elements."""
    texts = []
    for inside in part.iter():
        name = str(inside.tag)
        if name in PICTURES:
            found.lost[PICTURES[name]] = None
        elif name in {"mattext", "mat_formattedtext"}:
            if len(inside):
                plain = Plain()
                add_tree(inside, plain)
                found.lost |= plain.lost
                texts.append(plain.text)
            else:
                formatted = (inside.get("texttype") or inside.get("type") or "auto").lower()
                kind = "plain" if formatted == "text/plain" else "html" if "html" in formatted else "auto"
                texts.append(found.text(inside.text or "", kind=kind))
    return "\n".join(filter(None, texts))


def _keep_feedback(item: Element, found: Foreign) -> None:
    for part in item.iterfind("itemfeedback"):
        text = "\n".join(
            dict.fromkeys(filter(None, (_material(material, found) for material in part.iter("material"))))
        )
        if not text:
            continue
        if part.get("ident", "").lower() in GENERAL and not found.explanation:
            found.explanation = text
        else:
            found.feedback.append(text)


def _read_choice(item: Element, response: Element, found: Foreign) -> None:
    render = response.find(".//render_choice")
    assert render is not None
    labels = list(render.iter("response_label"))
    names = [label.get("ident", "") for label in labels]
    found.options = [
        "\n".join(dict.fromkeys(filter(None, (_material(part, found) for part in label.iter("material")))))
        for label in labels
    ]
    found.shuffle = render.get("shuffle", "no").lower() in {"yes", "true"}
    many = response.get("rcardinality", "single").lower() != "single"
    found.type = QuestionType.MULTIPLE if many else QuestionType.SINGLE
    if "" in names or len(set(names)) != len(names):
        found.refuse("identifier", "选项的 ident 缺失或者重复，答案不确定，请核对。", "options")
        return
    key = _key(item, found, many=many)
    outside = [name for name in sorted(key) if name not in names]
    if outside:
        found.refuse("answer", f"答案“{outside[0][:30]}”不是选项的 ident，请核对。", "answer")
    found.right = [name in key for name in names]
    meanings = [ENGLISH.get(option.strip().casefold(), truth(option)) for option in found.options]
    if not many and meanings in ([True, False], [False, True]) and sum(found.right) == 1:
        found.type, found.verdict = QuestionType.TRUE_FALSE, meanings[found.right.index(True)]


def _key(item: Element, found: Foreign, *, many: bool) -> set[str]:
    """The choices that the conditions give marks for; none where a condition cannot be read."""
    earned = list(_earning(item, found))
    if not earned:
        if not found.problems:
            found.refuse("no_key", "没有给分的 respcondition，看不出答案，未导入。", "answer")
        return set()
    best = max(marks for _names, marks, _adds in earned)
    whole = [names for names, marks, adds in earned if marks >= best - NEARLY and not adds]
    if many and not whole:
        return set().union(*(names for names, _marks, _adds in earned))
    right = set().union(*whole) if whole else set().union(*(n for n, m, _a in earned if m >= best - NEARLY))
    if many and len({frozenset(names) for names in whole}) > 1:
        # Each names one choice and gives a share of the marks, or there are several full answers.
        if any(len(names) > 1 for names in whole):
            found.refuse("answer_unread", "有几组选项都得满分，答案不确定，请核对。", "answer")
        return right
    if any(marks < best - NEARLY for _names, marks, _adds in earned):
        found.warn("partial_credit", "有的选项能得部分分，导入后按错误选项处理，请核对。", "answer")
    return right


def _earning(item: Element, found: Foreign) -> Iterator[tuple[set[str], float, bool]]:
    """The choices that each condition with marks names, the marks, and whether it adds them to others."""
    for number, condition in enumerate(item.iterfind("resprocessing/respcondition")):
        if number >= MOST_CONDITIONS:
            found.refuse("answer_unread", f"给分条件超过 {MOST_CONDITIONS} 个，未导入。", "answer")
            return
        marks = [_marks(setting) for setting in condition.iterfind("setvar")]
        wanted = condition.find("conditionvar")
        if wanted is None or not any(mark > 0 for mark in marks):
            continue
        names = _named(list(wanted))
        if names is None:
            found.refuse("answer_unread", "给分条件的写法看不懂，答案不确定，未导入。", "answer")
            return
        adds = any(setting.get("action", "Set").lower() == "add" for setting in condition.iterfind("setvar"))
        if names:
            yield names, max(marks), adds


def _marks(setting: Element) -> float:
    """What a setvar gives; the whole marks where it names the highest."""
    words = (setting.text or "").strip()
    if words.upper().endswith(".MAX"):
        return FULL
    return float(words) if FIGURE.fullmatch(words) else 0.0


def _named(conditions: list[Element]) -> set[str] | None:
    """The choices that all these conditions together ask for; None for a condition that is no plain list."""
    names: set[str] = set()
    for part in conditions:
        match str(part.tag):
            case "varequal":
                names.add((part.text or "").strip())
            case "and":
                inside = _named(list(part))
                if inside is None:
                    return None
                names |= inside
            case "or" if len(part) == 1:
                inside = _named(list(part))
                if inside is None:
                    return None
                names |= inside
            case "not" if all(child.tag in {"varequal", "or", "and"} for child in part):
                continue
            case "other":
                return set()
            case _:
                return None
    return names


def _read_gap(item: Element, response: Element, found: Foreign) -> None:
    """A question with one gap: each condition names a text that counts."""
    if response.find(".//render_fib") is None:
        found.unsupported("response_str")
        return
    texts: list[tuple[str, float]] = []
    for condition in item.iterfind("resprocessing/respcondition"):
        marks = [_marks(setting) for setting in condition.iterfind("setvar")]
        wanted = condition.find("conditionvar")
        if wanted is None or not any(mark > 0 for mark in marks):
            continue
        if any(part.tag not in {"varequal", "or", "conditionvar"} for part in wanted.iter()):
            found.refuse("answer_unread", "给分条件的写法看不懂，答案不确定，未导入。", "accepted")
            return
        texts += [((part.text or "").strip(), max(marks)) for part in wanted.iter("varequal")]
    if not texts:
        found.unsupported("essay（作文题，没有参考答案）")
        return
    best = max(mark for _text, mark in texts)
    found.accept([(text, FULL if mark >= best - NEARLY else mark) for text, mark in texts])
