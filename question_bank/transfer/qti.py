"""QTI items of versions 2.0 to 3.0: what one assessmentItem asks, with its key.

Version 3.0 writes `qti-choice-interaction` and `max-choices` where 2.x writes `choiceInteraction` and
`maxChoices`; it is read under the older names.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from question_bank.items.rules import QuestionType
from question_bank.items.wording import BLANK
from question_bank.transfer.foreign import Foreign, distinct
from question_bank.transfer.keys import truth
from question_bank.transfer.naming import TYPE_NAMES
from question_bank.transfer.plain import Plain, add_tree
from question_bank.transfer.spelling import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

INTERACTIONS = {
    "associateInteraction": "配对",
    "customInteraction": "自定义",
    "drawingInteraction": "绘图",
    "endAttemptInteraction": "提示按钮",
    "extendedTextInteraction": "作文",
    "gapMatchInteraction": "拖放填空",
    "graphicAssociateInteraction": "图上配对",
    "graphicGapMatchInteraction": "图上填空",
    "graphicOrderInteraction": "图上排序",
    "hotspotInteraction": "热点",
    "hottextInteraction": "选取文字",
    "inlineChoiceInteraction": "下拉选择",
    "matchInteraction": "匹配",
    "mediaInteraction": "音视频",
    "orderInteraction": "排序",
    "portableCustomInteraction": "自定义",
    "positionObjectInteraction": "摆放",
    "selectPointInteraction": "选点",
    "sliderInteraction": "滑块",
    "uploadInteraction": "上传文件",
}
VARIABLES = frozenset({"printedVariable", "templateInline", "templateBlock"})
APART = frozenset({"stylesheet", "catalogInfo", "companionMaterialsInfo"})
ENGLISH = {"correct": True, "right": True, "incorrect": False, "wrong": False}
TRUTH_NAMES = ["true", "false"]
ONLY_SINGLE = f"题型：{TYPE_NAMES[QuestionType.SINGLE]}"
"""The label by which a 单选题 with the options 正确 and 错误 says that it is no 判断题."""
HYPHEN = re.compile(r"-([a-z0-9])")


def older_names(element: Element) -> None:
    """Give an element of version 3.0, and all within, the names of version 2; others stay as they are."""
    for part in element.iter():
        name = str(part.tag)
        if name.startswith("qti-"):
            part.tag = _camel(name[4:])
            for key in [key for key in part.attrib if "-" in key and not key.startswith("data-")]:
                part.attrib[_camel(key)] = part.attrib.pop(key)


def _camel(name: str) -> str:
    return HYPHEN.sub(lambda found: found[1].upper(), name)


def question(item: Element, labels: list[str]) -> Foreign:
    """What an assessmentItem asks; its names are those of version 2. `labels` are those kept beside it."""
    found = Foreign(labels=labels)
    body = item.find("itemBody")
    if item.get("adaptive") in {"true", "1"}:
        found.unsupported("adaptive（自适应题）")
    elif item.find("templateDeclaration") is not None or any(part.tag in VARIABLES for part in item.iter()):
        found.unsupported("templateDeclaration（变量题）")
    elif body is None:
        found.refuse("no_body", "没有 itemBody，未导入。", "stem")
    else:
        _read_body(item, body, found)
    return found


def _read_body(item: Element, body: Element, found: Foreign) -> None:
    interactions = list(_interactions(body))
    names = [str(part.tag) for part in interactions]
    _read_stem(body, found)
    shown = [part for part in item.iterfind("modalFeedback") if part.get("showHide") != "hide"]
    remarks = list(dict.fromkeys(text for part in shown if (text := flow_text(part, found))))
    if len(shown) == 1:
        found.explanation = "".join(remarks)
    else:
        found.feedback += remarks
    declared = {part.get("identifier", ""): part for part in item.iterfind("responseDeclaration")}
    if not names:
        found.unsupported("没有作答方式的 assessmentItem（说明文字）")
    elif set(names) == {"textEntryInteraction"}:
        _read_gaps(interactions, declared, found)
    elif len(names) > 1:
        listed = "、".join(_named(name) for name in dict.fromkeys(names))
        found.unsupported(f"复合题，含 {len(names)} 处作答：{listed}")
    elif names == ["choiceInteraction"]:
        _read_choice(interactions[0], declared, found)
    elif names == ["extendedTextInteraction"]:
        _read_essay(interactions[0], declared, found)
    else:
        found.unsupported(_named(names[0]))


def _interactions(element: Element) -> Iterator[Element]:
    """The interactions below an element; what stands in one is its own affair."""
    for part in element:
        if str(part.tag).endswith("Interaction"):
            yield part
        else:
            yield from _interactions(part)


def _named(name: str) -> str:
    words = INTERACTIONS.get(name)
    return f"{name[:60]}（{words}）" if words else name[:60]


def _read_stem(body: Element, found: Foreign) -> None:
    plain = Plain()

    def take(part: Element) -> bool:
        name = str(part.tag)
        if name == "textEntryInteraction":
            plain.verbatim(BLANK)
        elif name.endswith("Interaction"):
            plain.block()
            prompt = part.find("prompt")
            if prompt is not None:
                add_tree(prompt, plain, take=take)
            plain.block()
        elif name in {"feedbackBlock", "feedbackInline"}:
            _keep_feedback(part, found)
        elif name == "rubricBlock" and "candidate" not in part.get("view", "candidate").split():
            text = flow_text(part, found)
            if "scorer" in part.get("view", "").split():
                found.reference = "\n".join(filter(None, (found.reference, text)))
            elif text:
                found.lost["给监考或命题人的说明"] = None
        elif name not in APART:
            return False
        return True

    add_tree(body, plain, take=take)
    found.stem = plain.text
    found.lost |= plain.lost


def flow_text(element: Element, found: Foreign) -> str:
    """The text of an element of formatted text; feedback inside goes to the question's feedback."""
    plain = Plain()

    def take(part: Element) -> bool:
        if part.tag not in {"feedbackBlock", "feedbackInline"}:
            return False
        _keep_feedback(part, found)
        return True

    add_tree(element, plain, take=take)
    found.lost |= plain.lost
    return tidy(plain.text)


def _keep_feedback(part: Element, found: Foreign) -> None:
    plain = Plain()
    add_tree(part, plain)
    if plain.text and part.get("showHide") != "hide":
        found.feedback.append(plain.text)


def _values(declared: Element | None) -> list[str]:
    """The values of the correct response."""
    if declared is None:
        return []
    return ["".join(value.itertext()).strip() for value in declared.iterfind("correctResponse/value")]


def _mapped(declared: Element | None) -> dict[str, float]:
    """What each value earns by the mapping; nan for a figure that is none."""
    if declared is None:
        return {}
    earned = {}
    for entry in declared.iterfind("mapping/mapEntry"):
        try:
            earned[entry.get("mapKey", "").strip()] = float(entry.get("mappedValue", ""))
        except ValueError:
            earned[entry.get("mapKey", "").strip()] = math.nan
    return earned


def _read_choice(interaction: Element, declared: dict[str, Element], found: Foreign) -> None:
    response = declared.get(interaction.get("responseIdentifier", ""))
    choices = list(interaction.iter("simpleChoice"))
    names = [choice.get("identifier", "") for choice in choices]
    for choice in choices:
        told = len(found.feedback)
        option = flow_text(choice, found)
        found.options.append(option)
        found.feedback[told:] = [f"“{option}”：{text}" for text in found.feedback[told:]]
    found.shuffle = _shuffled(interaction, choices, found)
    many = response is not None and response.get("cardinality") in {"multiple", "ordered"}
    found.type = (
        QuestionType.MULTIPLE if many and interaction.get("maxChoices") != "1" else QuestionType.SINGLE
    )
    if "" in names or len(set(names)) != len(names):
        found.refuse("identifier", "选项的 identifier 缺失或者重复，答案不确定，请核对。", "options")
        return
    key = _key(response, found)
    outside = [value for value in key if value not in names]
    if outside:
        found.refuse("answer", f"答案“{outside[0][:30]}”不是选项的 identifier，请核对。", "answer")
    found.right = [name in key for name in names]
    _read_truth(names, found)


def _read_truth(names: list[str], found: Foreign) -> None:
    """A single choice between 正确 and 错误 is a 判断题."""
    meanings = [_meaning(option) for option in found.options]
    is_truth = [name.lower() for name in names] == TRUTH_NAMES or ONLY_SINGLE not in found.labels
    if (
        found.type is QuestionType.SINGLE
        and is_truth
        and meanings in ([True, False], [False, True])
        and found.right.count(True) == 1
    ):
        found.type, found.verdict = QuestionType.TRUE_FALSE, meanings[found.right.index(True)]


def _meaning(option: str) -> bool | None:
    return ENGLISH.get(option.casefold(), truth(option))


def _shuffled(interaction: Element, choices: list[Element], found: Foreign) -> bool:
    shuffle = interaction.get("shuffle") in {"true", "1"}
    fixed = [choice.get("fixed") in {"true", "1"} for choice in choices]
    if shuffle and any(fixed):
        found.warn("fixed_choice", "有的选项固定了位置（fixed），导入后这一题的选项不乱序。", "options")
        return False
    return shuffle


def _key(response: Element | None, found: Foreign) -> list[str]:
    """The identifiers of the right choices: the correct response, else what the mapping gives marks for."""
    values, earned = _values(response), _mapped(response)
    if any(math.isnan(mark) for mark in earned.values()):
        found.refuse("fraction", "mapping 里有的分值不是数字，请核对。", "answer")
        return values
    paid = [value for value, mark in earned.items() if mark > 0]
    if values:
        if paid and found.type is QuestionType.MULTIPLE and set(paid) != set(values):
            found.warn(
                "mapping", "mapping 给分的选项与 correctResponse 不同，按 correctResponse 导入，请核对。"
            )
        return values
    if paid and found.type is QuestionType.SINGLE:
        best = max(earned.values())
        paid = [value for value in paid if earned[value] == best]
    if not paid:
        found.refuse("no_key", "没有 correctResponse，也没有 mapping，看不出答案，未导入。", "answer")
    return paid


def _read_gaps(interactions: list[Element], declared: dict[str, Element], found: Foreign) -> None:
    found.type = QuestionType.BLANK
    for number, interaction in enumerate(interactions, start=1):
        response = declared.get(interaction.get("responseIdentifier", ""))
        if response is not None and response.get("baseType") == "float":
            found.unsupported("textEntryInteraction（数值填空，baseType=float）")
            return
        earned = _mapped(response)
        best = max((mark for mark in earned.values() if mark > 0), default=0.0)
        texts = [*_values(response)[:1], *(text for text, mark in earned.items() if mark == best > 0)]
        lesser = [text for text, mark in earned.items() if 0 < mark < best]
        taken = distinct([text for text in map(tidy, texts) if text])
        if lesser:
            found.warn(
                "partial_credit", f"第 {number} 空的答案“{lesser[0][:30]}”只得部分分，没有导入。", "accepted"
            )
        if not taken:
            found.refuse(
                "no_key", f"第 {number} 空没有 correctResponse，也没有 mapping，看不出答案。", "accepted"
            )
        found.accepted.append(taken)


def _read_essay(interaction: Element, declared: dict[str, Element], found: Foreign) -> None:
    values = _values(declared.get(interaction.get("responseIdentifier", "")))
    if not found.reference and values:
        found.reference = values[0]
    if found.reference:
        found.type = QuestionType.SHORT
    else:
        found.unsupported("extendedTextInteraction（作文题，没有参考答案）")
