"""The words of imports and exports on pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from core.jobs.models import JobState
from question_bank.transfer.models import Outcome

STATES = {
    JobState.WAITING: _l("等待读取"),
    JobState.READING: _l("正在读取和比对"),
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
EXPORT_STATES = {
    JobState.WAITING: _l("等待导出"),
    JobState.WRITING: _l("正在写入文件"),
    JobState.DONE: _l("可以下载"),
    JobState.FAILED: _l("没有导出"),
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
    "txt": _l("纯文本，UTF-8 编码。过于特殊的排版会有出入，导出前逐题核对并列出。"),
    "gift": _l("Moodle 的文本格式。多个空的填空题、简答题和案例分析写不进去；依据、难度等写在题前的标签里。"),
    "aiken": _l("只有单选题的题干、选项和答案。"),
    "moodle-xml": _l("多个空的填空题和案例分析写不进去；依据、难度等写成标签，编号写在 idnumber。"),
    "qti": _l("题包（.zip），版本 2.2，案例分析写成共用材料；内容完整。"),
    "qti-2.1": _l("能读它的系统最多。案例分析写不进去；依据、难度等写在清单的元数据里。"),
    "qti-3.0": _l("案例分析写成共用材料；内容完整。"),
    "json": _l("本平台自己的格式，内容完整，没有遗漏。"),
}
