from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from question_bank.items.forms import any_or
from question_bank.items.words import STATES, TYPES
from question_bank.transfer.formats import READABLE, WRITABLE


class UploadForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    file = FileField(_l("试题文件"), [FileRequired(_l("请选择要导入的文件。"))])
    format = SelectField(
        _l("格式"),
        choices=[
            SelectChoice("", _l("按文件名判断")),
            *(SelectChoice(known.name, known.title) for known in READABLE),
        ],
        default="",
    )
    with_law = BooleanField(
        _l("每题都要有法条依据"),
        description=_l("不勾选时，没有依据或依据不在法规库中的题也存为草稿，补上依据后才能送审。"),
    )
    with_explanation = BooleanField(
        _l("每题都要有解析"), description=_l("不勾选时，没有解析的题也存为草稿，补上解析后才能送审。")
    )
    for_practice = BooleanField(
        _l("导入的题可以练习"),
        description=_l(
            "不勾选时，导入的题都仅供考试。勾选后，除文件中标为留作考试的以外，审核通过即出现在考生的练习中，答题后显示答案和解析。"
        ),
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """Confirms an import; the button `partial` takes the good rows alone."""


class ExportForm(FlaskForm):  # type: ignore[misc]
    law = SelectField(_l("法规"))
    type = SelectField(_l("题型"), choices=any_or(TYPES))
    state = SelectField(_l("状态"), choices=any_or(STATES))
    format = RadioField(
        _l("格式"),
        choices=[SelectChoice(known.name, known.title) for known in WRITABLE],
        default="xlsx",
    )
