"""The labelled fields of a question in running text: 「答案：」「解析：」 and what else stands behind a colon. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from question_bank.transfer.options import split_options

if TYPE_CHECKING:
    from question_bank.transfer.rules import Raw

PASSED = ""
"""The field of labels that say nothing of the question itself."""
LABELS = {
    **dict.fromkeys(("答案", "正确答案", "参考答案", "标准答案", "本题答案", "试题答案"), "answer"),
    **dict.fromkeys(("答案是", "答案为", "正确答案是", "正确答案为"), "answer"),
    **dict.fromkeys(("解析", "答案解析", "试题解析", "本题解析", "参考解析", "详解", "解答"), "explanation"),
    **dict.fromkeys(("依据", "法条", "法条依据", "法律依据", "法律法规", "出处", "法规"), "laws"),
    **dict.fromkeys(("条款", "法条号"), "articles"),
    **dict.fromkeys(("难度", "难易度", "难易程度"), "difficulty"),
    **dict.fromkeys(("部分", "清单部分"), "part"),
    **dict.fromkeys(("编号", "试题编号"), "code"),
    **dict.fromkeys(("题型", "试题类型"), "type"),
    "选项乱序": "shuffle",
    "适用单位": "families",
    "保留题": "reserved",
    **dict.fromkeys(("我的答案", "你的答案", "考生答案", "学生答案", "您的答案", "作答"), PASSED),
    **dict.fromkeys(("得分", "本题得分", "分值", "分数", "知识点", "考点", "章节", "来源"), PASSED),
}


def _spaced(name: str) -> str:
    return "[ 　]?".join(name)


_LABEL = "|".join(_spaced(name) for name in sorted(LABELS, key=len, reverse=True))
LABEL = re.compile(
    rf"(?:[【\[]\s*(?P<boxed>{_LABEL})\s*[】\]]\s*[:：]?"
    rf"|(?P<opened>[（(])(?P<inside>{_LABEL})\s*[:：]"
    rf"|(?:^|(?<=[\s　。；;]))(?P<plain>{_LABEL})\s*[:：])[ 　]*"
)
KEY_LINE = re.compile(
    r"(?:正确|参考|标准|本题)?答[ 　]?案\s*[是为]?\s*"
    r"([（(]?\s*(?:[A-HＡ-Ｈ](?:[\s、,，]*[A-HＡ-Ｈ])*|[√×✓✔✗✘]|正确|错误|对|错)\s*[)）]?)\s*[。.]?$"
)
"""A key behind its label without a colon: «答案 ABC», «正确答案为B。»"""


def label_of(found: re.Match[str]) -> str:
    """The field that a label opens, `PASSED` for one whose text is left out."""
    name = found["boxed"] or found["inside"] or found["plain"]
    return LABELS[re.sub(r"[ 　]", "", name)]


@dataclass(slots=True)
class Open:
    """A question of which one field is open: further lines go on with it."""

    raw: Raw
    at: str = "stem"
    passed: dict[str, None] = field(default_factory=dict)

    def take(self, text: str) -> None:
        """Put a line where it belongs: options, labelled fields, or the field that is open."""
        # In the middle of a stem, what stands in brackets is the stem's.
        labels = [
            found
            for found in LABEL.finditer(text)
            if not (found["opened"] and self.at == "stem" and found.start())
        ]
        if not labels:
            key = KEY_LINE.match(text)
            if key:
                self.at = "answer"
                self._add(key[1])
            else:
                self._take_unlabelled(text)
            return
        before = text[: labels[0].start()].strip()
        if before:
            self._take_unlabelled(before)
        for label, following in zip(labels, [*labels[1:], None], strict=True):
            self.at = label_of(label)
            value = text[label.end() : following.start() if following else len(text)].strip()
            if label["opened"] and value.endswith((")", "）")):
                value = value[:-1].rstrip()
            if self.at == PASSED:
                self.passed[re.sub(r"\s", "", label[0]).strip("【】[]（(：:")] = None
            elif value or not getattr(self.raw, self.at):
                self._add(value)

    def _take_unlabelled(self, text: str) -> None:
        if self.at in {"stem", "options"}:
            before, options = split_options(text, first=len(self.raw.options))
            if options:
                if before:
                    self._add(before)
                self.raw.options += options
                self.at = "options"
                return
        self._add(text)

    def _add(self, text: str) -> None:
        """Go on with the field that is open."""
        if self.at == PASSED:
            return
        if self.at == "options":
            self.raw.options[-1] = f"{self.raw.options[-1]}\n{text}".strip()
        else:
            before = getattr(self.raw, self.at)
            setattr(self.raw, self.at, f"{before}\n{text}" if before else text)
