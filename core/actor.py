"""Who acts: roles, the permissions they carry, and the scope of units in which they hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    SIT = "sit"
    VIEW_BANK = "view-bank"
    AUTHOR_ITEMS = "author-items"
    REVIEW_ITEMS = "review-items"
    MANAGE_SESSIONS = "manage-sessions"
    MANAGE_PEOPLE = "manage-people"
    ASK_ELIGIBILITY = "ask-eligibility"
    VIEW_REPORTS = "view-reports"
    VIEW_STALE_PAPERS = "view-stale-papers"
    VIEW_MARKING = "view-marking"
    MARK_ANSWERS = "mark-answers"
    DECIDE_MARKS = "decide-marks"
    DECIDE_PROPOSALS = "decide-proposals"
    VIEW_PEOPLE = "view-people"
    VIEW_LOOKUPS = "view-lookups"


class Role(StrEnum):
    CANDIDATE = "candidate"
    AUTHOR = "author"
    REVIEWER = "reviewer"
    MARKER = "marker"
    OFFICER = "officer"
    PERSONNEL = "personnel"
    AUDITOR = "auditor"


ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CANDIDATE: frozenset({Permission.SIT}),
    Role.AUTHOR: frozenset({Permission.VIEW_BANK, Permission.AUTHOR_ITEMS}),
    Role.REVIEWER: frozenset(
        {
            Permission.VIEW_BANK,
            Permission.REVIEW_ITEMS,
            Permission.VIEW_STALE_PAPERS,
            Permission.VIEW_MARKING,
            Permission.MARK_ANSWERS,
        },
    ),
    # Who is called in for marking alone: sees answers without names, and neither the bank nor the office.
    Role.MARKER: frozenset({Permission.VIEW_MARKING, Permission.MARK_ANSWERS}),
    Role.OFFICER: frozenset(
        {
            Permission.MANAGE_SESSIONS,
            Permission.MANAGE_PEOPLE,
            Permission.VIEW_REPORTS,
            Permission.VIEW_STALE_PAPERS,
            Permission.VIEW_MARKING,
            Permission.DECIDE_MARKS,
            Permission.DECIDE_PROPOSALS,
            Permission.VIEW_PEOPLE,
        },
    ),
    Role.PERSONNEL: frozenset({Permission.ASK_ELIGIBILITY, Permission.VIEW_REPORTS}),
    Role.AUDITOR: frozenset({Permission.VIEW_REPORTS, Permission.VIEW_PEOPLE, Permission.VIEW_LOOKUPS}),
}


def roles_conflict(held: Role, wanted: Role) -> bool:
    """Whether one account may not hold both roles.

    A candidate must not see the bank or the office, and who audits must not do what is audited
    (GB/T 22239-2019, 8.1.5: separate administrators).
    """
    return held is not wanted and bool({held, wanted} & {Role.CANDIDATE, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held today; `unit_ids` is the subtree in which it holds, None the whole city."""

    role: Role
    unit_ids: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with which grants, from where. Commands act as `Actor.command()`."""

    label: str
    account_id: int | None = None
    person_id: int | None = None
    grants: tuple[Grant, ...] = ()
    sign_in_id: str | None = None
    address: str = ""
    unrestricted: bool = False

    @classmethod
    def command(cls, label: str = "command") -> Actor:
        """The person at the server's own console: whoever can run commands can read the database."""
        return cls(label=label, unrestricted=True)

    def may(self, permission: Permission) -> bool:
        return self.unrestricted or any(permission in ROLE_PERMISSIONS[g.role] for g in self.grants)

    def units_for(self, permission: Permission) -> frozenset[int] | None:
        """The units in which the permission holds: None is everywhere, the empty set is nowhere."""
        if self.unrestricted:
            return None
        units: set[int] = set()
        for grant in self.grants:
            if permission in ROLE_PERMISSIONS[grant.role]:
                if grant.unit_ids is None:
                    return None
                units |= grant.unit_ids
        return frozenset(units)
