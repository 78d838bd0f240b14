"""The words of imports and exports on pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from question_bank.transfer.models import JobState, Outcome

STATES = {
    JobState.WAITING: _l("等待读取"),
    JobState.READING: _l("正在读取"),
    JobState.READY: _l("等您确认"),
    JobState.CONFIRMED: _l("等待写入"),
    JobState.WRITING: _l("正在写入"),
    JobState.DONE: _l("已导入"),
    JobState.FAILED: _l("未导入"),
    JobState.CANCELLED: _l("已放弃"),
}
STATE_TONES = {
    JobState.WAITING: "info",
    JobState.READING: "info",
    JobState.READY: "warn",
    JobState.CONFIRMED: "info",
    JobState.WRITING: "info",
    JobState.DONE: "good",
    JobState.FAILED: "bad",
    JobState.CANCELLED: "calm",
}
AT_WORK = frozenset({JobState.WAITING, JobState.READING, JobState.CONFIRMED, JobState.WRITING})
OUTCOMES = {
    Outcome.ACCEPTED: _l("可以导入"),
    Outcome.REJECTED: _l("有问题"),
    Outcome.DUPLICATE: _l("重复"),
}
OUTCOME_TONES = {Outcome.ACCEPTED: "good", Outcome.REJECTED: "bad", Outcome.DUPLICATE: "calm"}
EXPORT_NOTES = {
    "xlsx": _l("一题一行，案例分析占几行；改好后可以直接导入。"),
    "docx": _l("与命题稿一样的写法，适合送审、打印。过于特殊的排版会有出入，导出前逐题核对并列出。"),
    "text": _l("纯文本，UTF-8 编码。过于特殊的排版会有出入，导出前逐题核对并列出。"),
    "json": _l("本平台自己的格式，内容完整，没有遗漏。"),
}
