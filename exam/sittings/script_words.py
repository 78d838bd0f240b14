"""What the modules of the paper's page say."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from jinja2.utils import htmlsafe_json_dumps

if TYPE_CHECKING:
    from markupsafe import Markup

WORDS = {
    "answered": _l("已答"),
    "not_answered": _l("未答"),
    "marked": _l("待复查"),
    "question": _l("第 {n} 题"),
    "saving": _l("正在保存…"),
    "saved": _l("已保存 {n}/{all} · {time}"),
    "offline": _l("未连接，答案已存在本机，恢复后自动提交"),
    "offline_memory": _l("未连接，答案暂存在本页，请勿关闭本页"),
    "waiting": _l("（{n} 处待提交）"),
    "offline_said": _l("连接中断。答案已存在本机，恢复后自动提交。"),
    "online_said": _l("连接已恢复，答案已保存。"),
    "short_signed_out": _l("登录已失效，答案已存在本机"),
    "short_closed": _l("已停止作答"),
    "short_taken_over": _l("已在另一台设备继续作答"),
    "short_void": _l("已停止作答"),
    "short_not_found": _l("已停止作答"),
    "short_not_started": _l("考试尚未开始"),
    "under_five": _l("不足 5 分钟"),
    "under_one": _l("不足 1 分钟"),
    "minutes_left": _l("距离考试结束还有 {n} 分钟。"),
    "more_time": _l("考试时间延长了 {n} 分钟，新的截止时间 {until}。"),
    "less_time": _l("考试时间更正，减少 {n} 分钟，新的截止时间 {until}。"),
    "time_over": _l("时间到，正在交卷…"),
    "closed": _l("本场考试已停止作答，正在打开回执…"),
    "taken_over": _l("已在另一台设备继续作答，本页不再提交。"),
    "void": _l("本场考试已被作废，请联系监考人员。"),
    "not_found": _l("当前登录的账号不能打开这场考试，请联系监考人员。"),
    "superseded": _l("以下题目后来在另一台设备上改过，已保留较新的答案：{list}"),
    "dropped": _l("第 {n} 题的一次改动未被接受，请重新作答。"),
    "changes_refused": _l("以下 {n} 处改动在截止后送达，未计入；已另行存档，可在申诉时提出"),
    "changes_waiting": _l("本机还有 {n} 处改动没有提交"),
    "change": _l("第 {n} 题：{choice}"),
    "cleared": _l("清除作答"),
    "handing_in": _l("正在交卷…"),
    "hand_in_waits": _l(
        "未连接，还不能交卷。答案已存在本机；连接恢复后请再按一次“交卷”。到时间后系统会自动交卷。"
    ),
    "hand_in_failed": _l("没有交卷成功，请再试一次；仍不成功请联系监考人员。"),
    "sign_in_failed": _l("用户名或密码不正确。"),
    "sign_in_offline": _l("未连接，请稍后再试。"),
    "not_your_sitting": _l("登录的不是本场考生的账号。"),
}


def script_words() -> Markup:
    """The words as JSON in this request's language."""
    return _in_language(str(get_locale()))


@lru_cache(maxsize=8)
def _in_language(language: str) -> Markup:
    return htmlsafe_json_dumps({name: str(words) for name, words in WORDS.items()}, ensure_ascii=False)
