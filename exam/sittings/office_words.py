"""How states and steps are worded on the office's pages: a tone of the design and a word."""

from __future__ import annotations

from types import MappingProxyType

from flask_babel import lazy_gettext as _l

from core.jobs.models import JobState
from exam.sittings.office_queries import Mood, Step
from exam.sittings.rules import SittingState

STATE_STATES = MappingProxyType(
    {
        SittingState.ASSIGNED: ("calm", _l("待考")),
        SittingState.RUNNING: ("info", _l("作答中")),
        SittingState.SEALED: ("info", _l("已交卷")),
        SittingState.GRADED: ("good", _l("已评分")),
        SittingState.ABSENT: ("bad", _l("缺考")),
        SittingState.EXCUSED: ("calm", _l("请假")),
        SittingState.VOID: ("bad", _l("已作废")),
    },
)

MOOD_STATES = MappingProxyType(
    {
        Mood.NO_PAPER: ("bad", _l("未抽题")),
        Mood.MISSED: ("bad", _l("未到考")),
        Mood.OVER: ("warn", _l("时间到，待收卷")),
        Mood.IDLE: ("warn", _l("久未保存")),
        Mood.NOT_STARTED: ("warn", _l("尚未开考")),
        Mood.RUNNING: ("good", _l("作答中")),
        Mood.WAITING: ("calm", _l("等待开放")),
        Mood.HANDED_IN: ("info", _l("已交卷")),
        Mood.ABSENT: ("bad", _l("缺考")),
        Mood.EXCUSED: ("calm", _l("请假")),
        Mood.VOID: ("bad", _l("已作废")),
    },
)

ISSUE_STATES = MappingProxyType(
    {
        JobState.WAITING: _l("等待发放"),
        JobState.WRITING: _l("正在发放"),
        JobState.DONE: _l("已发放"),
        JobState.FAILED: _l("没有发完"),
    },
)

STEP_WORDS = MappingProxyType(
    {
        Step.ADMIT: (_l("办理准考"), _l("还没有考生。可以逐个添加，也可以用名单导入。")),
        Step.PREPARE: (
            _l("抽题"),
            _l("名单确认后，为每位考生抽一份试卷，并公布承诺值。此后补充的人另行抽题。"),
        ),
        Step.PREPARE_ADDED: (
            _l("补充抽题"),
            _l("有考生在抽题之后才列入名单。为他们抽题，其他人的试卷不变。"),
        ),
        Step.ACCOUNTS: (_l("发放账号"), _l("有考生还没有账号。发放后打印成条，裁开交给本人。")),
        Step.WAIT: (_l("等待开放"), _l("试卷已经备好。到开放时间，考生即可开始作答。")),
        Step.WATCH: (_l("查看考场"), _l("考试正在进行。")),
        Step.MARK: (_l("等候阅卷"), _l("全部考生已经结束，简答题还在评阅。评完后才有成绩。")),
        Step.RELEASE: (_l("发布成绩"), _l("全部考生已经结束。发布后，考生即可查看成绩。")),
        Step.EXPORT: (_l("导出成绩单"), _l("全部考生已经结束。")),
    },
)
