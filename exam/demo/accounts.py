"""The demo accounts, one a role, and their one password."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from core.actor import Role
from core.audit.services import record
from core.auth.passwords import hash_password, one_time_password, verify_password
from core.db import db, transaction
from core.people.accounts import grant_role
from core.people.models import Account
from exam.demo.loading import LOADER

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

CANDIDATE = "candidate"

DISPLAY_NAMES = {
    Role.AUTHOR: "命题人员（演示）",
    Role.REVIEWER: "审题人员（演示）",
    Role.MARKER: "评阅人员（演示）",
    Role.OFFICER: "考务人员（演示）",
    Role.PERSONNEL: "组织人事人员（演示）",
    Role.AUDITOR: "审计人员（演示）",
}


def ensure_password(file: Path) -> str:
    """The demo password: made at the first load, kept in a file that its owner alone reads, without a line end."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(one_time_password())
    except FileExistsError:
        pass
    return file.read_text(encoding="ascii").strip()


def ensure_accounts(*, password: str, person_id: int, display_name: str, now: datetime) -> None:
    """One account a role, all with the demo password; `candidate` belongs to the person given.

    They share one salted hash: hashing 300 rehearsal candidates one by one would take many seconds, and who
    reads the hashes learns only that demo accounts have the same password, which is no secret. Where the
    file holds another password than the accounts, all demo accounts get the one of the file.
    """
    known = candidate_account()
    if known is not None and verify_password(known.password_hash, password):
        return
    new_hash = hash_password(password)
    with transaction() as session:
        session.execute(update(Account).where(Account.is_demo).values(password_hash=new_hash))
        taken = set(session.scalars(select(Account.username).where(Account.username.in_(list(Role)))))
        for role in Role:
            if role.value in taken:
                continue
            account = Account(
                username=role.value,
                display_name=DISPLAY_NAMES.get(role, display_name),
                person_id=person_id if role is Role.CANDIDATE else None,
                password_hash=new_hash,
                must_change_password=False,
                is_demo=True,
                created_at=now,
            )
            session.add(account)
            session.flush()
            grant_role(account, role, unit_id=None, now=now)
            record("add-demo-account", "account", account.id, actor=LOADER, now=now, username=role.value)


def candidate_account() -> Account | None:
    """The account `candidate` of the demo."""
    return db.session.scalar(select(Account).where(Account.username == CANDIDATE, Account.is_demo))
