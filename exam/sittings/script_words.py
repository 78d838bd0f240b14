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
    "short_not_found": _l("服务器上没有这场考试，答案已存在本机"),
    "short_not_started": _l("考试尚未开始，答案已存在本机"),
    "under_five": _l("不足 5 分钟"),
    "under_one": _l("不足 1 分钟"),
    "minutes_left": _l("距离考试结束还有 {n} 分钟。"),
    "more_time": _l("考试时间延长了 {n} 分钟，新的截止时间 {until}。"),
    "less_time": _l("考试时间更正，减少 {n} 分钟，新的截止时间 {until}。"),
    "time_over": _l("时间到，正在交卷…"),
    "closed": _l("本场考试已停止作答，正在打开回执…"),
    "taken_over": _l(
        "已在另一台设备继续作答，本页不再提交。如果您没有换过设备，请重新打开本页，用密码继续作答。"
    ),
    "void": _l("本场考试已被作废，请联系监考人员。"),
    "not_found": _l(
        "服务器上没有这场考试，或者当前登录的账号不能打开它。答案已存在本机：请不要关闭本页，并联系监考人员。本页会继续尝试。"
    ),
    "not_started": _l(
        "服务器恢复到了较早的状态，本场考试在那时尚未开始。请不要关闭或刷新本页，并联系监考人员。"
    ),
    "sending_again": _l("服务器已退回，正在重新提交… {n}/{all}"),
    "went_back": _l(
        "服务器恢复到了较早的状态，少了已经保存的答案。本页存有全部作答，正在重新提交 {n} 处改动，请不要关闭本页。"
    ),
    "went_back_settled": _l("服务器曾恢复到较早的状态。请对照答题卡核对您的答案。"),
    "sent_again": _l("服务器曾恢复到较早的状态；少了的答案已经全部重新提交并保存。请对照答题卡核对。"),
    "hand_in_forgotten": _l(
        "您已交过卷（回执码 {receipt}），但服务器恢复到了较早的状态，没有这次交卷。请核对答案后再次交卷，并告诉监考人员。"
    ),
    "superseded": _l("以下题目后来在另一台设备上改过，已保留较新的答案：{list}"),
    "choose_a_question": _l("还没有选中题目：请点击题目，或按 → 键选一题，再用字母或数字作答。"),
    "dropped": _l("第 {n} 题的一次改动未被接受，请重新作答。"),
    "changes_refused": _l("以下 {n} 处改动在截止后送达，未计入；已另行存档，可在申诉时提出"),
    "changes_lost": _l(
        "服务器恢复到较早的状态后考试已结束，以下 {n} 处改动未计入；已另行存档，请告诉监考人员"
    ),
    "changes_former": _l("试卷已重新抽取，以下 {n} 处改动属于原来的试卷，没有提交；请告诉监考人员"),
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
