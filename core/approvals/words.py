"""How proposals are worded on pages: a tone of the design and a word."""

from __future__ import annotations

from types import MappingProxyType

from flask_babel import lazy_gettext as _l

from core.approvals.rules import ProposalState

PROPOSAL_STATES = MappingProxyType(
    {
        ProposalState.OPEN: ("warn", _l("待签署")),
        ProposalState.SIGNED: ("good", _l("已签署")),
        ProposalState.REFUSED: ("bad", _l("已拒签")),
        ProposalState.WITHDRAWN: ("calm", _l("已撤回")),
        ProposalState.LAPSED: ("calm", _l("已逾期")),
    }
)
