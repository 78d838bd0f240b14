"""What pages call the roles."""

from __future__ import annotations

from types import MappingProxyType

from flask_babel import lazy_gettext as _l

from core.actor import Role

ROLE_NAMES = MappingProxyType(
    {
        Role.CANDIDATE: _l("考生"),
        Role.AUTHOR: _l("命题人"),
        Role.REVIEWER: _l("审题人"),
        Role.MARKER: _l("评阅人"),
        Role.OFFICER: _l("考务人员"),
        Role.PERSONNEL: _l("组织人事"),
        Role.AUDITOR: _l("审计人员"),
    }
)
