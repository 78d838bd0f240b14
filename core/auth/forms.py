from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length


class SignInForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    username = StringField(
        _l("用户名"),
        [InputRequired(_l("请填写用户名。")), Length(max=64, message=_l("用户名不超过 64 个字符。"))],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("密码"),
        [InputRequired(_l("请填写密码。")), Length(max=256, message=_l("密码过长。"))],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()
    kept = HiddenField()


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]
    current_password = PasswordField(
        _l("当前密码"),
        [InputRequired(_l("请填写当前密码。"))],
        render_kw={"autocomplete": "current-password"},
    )
    new_password = PasswordField(
        _l("新密码"),
        [InputRequired(_l("请填写新密码。"))],
        description=_l("至少 8 个字符，包含大写字母、小写字母、数字、符号中的三类。"),
        render_kw={"autocomplete": "new-password"},
    )
    repeat_password = PasswordField(
        _l("再输入一次新密码"),
        [InputRequired(_l("请再输入一次新密码。"))],
        render_kw={"autocomplete": "new-password"},
    )
