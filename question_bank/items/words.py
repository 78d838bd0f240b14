"""The bank's words on pages: types, difficulties, states, and the pill that goes with a state."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from question_bank.items.difficulty import Fit
from question_bank.items.rules import Difficulty, ItemState, QuestionType, Step, Use

TYPES = {
    QuestionType.SINGLE: _l("单选"),
    QuestionType.MULTIPLE: _l("多选"),
    QuestionType.TRUE_FALSE: _l("判断"),
    QuestionType.BLANK: _l("填空"),
    QuestionType.SHORT: _l("简答"),
    QuestionType.CASE: _l("案例分析"),
}
DIFFICULTIES = {Difficulty.EASY: _l("易"), Difficulty.MEDIUM: _l("中"), Difficulty.HARD: _l("难")}
FITS = {
    Fit.UNKNOWN: _l("作答太少，不作判断"),
    Fit.BORNE_OUT: _l("与估计相符"),
    Fit.EASIER: _l("比估计容易"),
    Fit.HARDER: _l("比估计难"),
}
FIT_TONES = {Fit.UNKNOWN: "calm", Fit.BORNE_OUT: "good", Fit.EASIER: "warn", Fit.HARDER: "warn"}
STATES = {
    ItemState.DRAFT: _l("草稿"),
    ItemState.IN_REVIEW: _l("待审"),
    ItemState.APPROVED: _l("已通过"),
    ItemState.SUSPENDED: _l("已暂停"),
    ItemState.RETIRED: _l("已停用"),
}
STATE_TONES = {
    ItemState.DRAFT: "calm",
    ItemState.IN_REVIEW: "warn",
    ItemState.APPROVED: "good",
    ItemState.SUSPENDED: "bad",
    ItemState.RETIRED: "calm",
}
USES = {
    Use.PRACTICE: _l("可以练习"),
    Use.RESERVED: _l("仅供考试"),
    Use.PUBLISHED: _l("答案已公开"),
}
STEPS = {
    Step.SAVE: _l("存为草稿"),
    Step.SUBMIT: _l("送审"),
    Step.APPROVE: _l("通过"),
    Step.RETURN: _l("退回"),
    Step.RECONFIRM: _l("复核无误"),
    Step.SUSPEND: _l("暂停抽用"),
    Step.RESUME: _l("恢复抽用"),
    Step.RETIRE: _l("停用"),
}
FIELDS = {
    "type": _l("题型"),
    "stem": _l("题干"),
    "options": _l("选项"),
    "answer": _l("答案"),
    "accepted": _l("填空答案"),
    "reference": _l("参考答案"),
    "explanation": _l("解析"),
    "difficulty": _l("难度"),
    "citations": _l("法律依据"),
    "part": _l("清单部分"),
    "families": _l("适用单位"),
    "shuffle": _l("选项可以打乱"),
    "place": _l("次序"),
}
VALUES = {
    **{("type", kind.value): word for kind, word in TYPES.items()},
    **{("difficulty", level.value): word for level, word in DIFFICULTIES.items()},
    ("shuffle", "True"): _l("是"),
    ("shuffle", "False"): _l("否"),
}
"""What stands for the stored values of a field where versions are compared."""
