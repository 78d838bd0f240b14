from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from question_bank.items.forms import any_or
from question_bank.items.words import TYPES


class InboxForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    class Meta:
        csrf = False

    law = SelectField(_l("法规"))
    type = SelectField(_l("题型"), choices=any_or(TYPES))


class StepForm(FlaskForm):  # type: ignore[misc]
    """A step on a version; `number` is the version that the page showed."""

    number = IntegerField(widget=HiddenInput(), validators=[InputRequired(_l("页面不完整，请刷新后重试。"))])


class ApproveForm(StepForm):
    remark = TextAreaField(_l("意见"), description=_l("可以不填。"))


class ReturnForm(StepForm):
    comment = TextAreaField(_l("退回的原因"), description=_l("写明要改什么，命题人会看到。"))


class RetireForm(StepForm):
    comment = TextAreaField(_l("停用的原因"), description=_l("理由会留在试题的审核记录里。"))


class SuspendForm(StepForm):
    comment = TextAreaField(_l("暂停的原因"), description=_l("写明疑问在哪里，命题人和恢复抽用的人会看到。"))


class ResumeForm(StepForm):
    comment = TextAreaField(_l("恢复的理由"), description=_l("写明对照了什么，疑问为什么不成立。"))


class DueForm(FlaskForm):  # type: ignore[misc]
    class Meta:
        csrf = False

    when = SelectField(
        _l("到期"), choices=[SelectChoice("", _l("现在")), SelectChoice("soon", _l("三十日内"))]
    )
    law = SelectField(_l("法规"))


class ReconfirmForm(StepForm):
    comment = TextAreaField(_l("意见"), description=_l("可以不填。"))


class EnemyForm(FlaskForm):  # type: ignore[misc]
    enemy = StringField(_l("另一道试题的编号"), description=_l("如：xzcf-003。"))
    reason = TextAreaField(
        _l("为什么不能同卷"), description=_l("如：一题的题干给出了另一题的答案；两题考的是同一处。")
    )
