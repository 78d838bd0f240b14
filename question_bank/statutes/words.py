"""The words of amendments on pages: what became of an article, how a citation stands, and the pill beside it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from question_bank.statutes.comparison import ArticleChange
from question_bank.statutes.continuity import Standing

CHANGES = {
    ArticleChange.UNCHANGED: _l("未变"),
    ArticleChange.RENUMBERED: _l("条号变更"),
    ArticleChange.REWORDED: _l("文字修改"),
    ArticleChange.GONE: _l("删除"),
    ArticleChange.NEW: _l("新增"),
}
CHANGE_TONES = {
    ArticleChange.UNCHANGED: "calm",
    ArticleChange.RENUMBERED: "info",
    ArticleChange.REWORDED: "warn",
    ArticleChange.GONE: "bad",
    ArticleChange.NEW: "good",
}
STANDINGS = {
    Standing.IN_FORCE: _l("现行有效"),
    Standing.CARRIED: _l("新版承接"),
    Standing.NOT_YET: _l("尚未施行"),
    Standing.RENUMBERED: _l("条号变更，待确认"),
    Standing.REWORDED: _l("文字修改"),
    Standing.GONE: _l("新版已删除"),
    Standing.NOT_COMPARED: _l("新版条文未载入"),
    Standing.REPEALED: _l("废止"),
    Standing.ENDED: _l("已失效，后续版本未载入"),
}
