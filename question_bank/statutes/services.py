"""Writing statutes: versions from a table, versions with their articles from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.db import db
from question_bank.statutes.models import Statute, StatuteVersion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from question_bank.statutes.rules import KnownVersion


def insert_versions(
    versions: Iterable[KnownVersion], titles: dict[str, str], *, now: datetime
) -> dict[tuple[str, date], StatuteVersion]:
    """The rows of the versions, made where they are missing; inside the use case's transaction.

    `titles` are the full titles by short title. A version that is there already keeps what it has; only its
    end is entered where none was known.
    """
    wanted = list(versions)
    laws = {version.law for version in wanted}
    statutes = {
        row.short_title: row
        for row in db.session.scalars(select(Statute).where(Statute.short_title.in_(laws)))
    }
    for law in sorted(laws - statutes.keys()):
        statutes[law] = Statute(title=titles[law], short_title=law)
        db.session.add(statutes[law])
    db.session.flush()
    names = {statute.id: law for law, statute in statutes.items()}
    rows = {
        (names[row.statute_id], row.version): row
        for row in db.session.scalars(select(StatuteVersion).where(StatuteVersion.statute_id.in_(names)))
    }
    for version in wanted:
        row = rows.get((version.law, version.version))
        if row is None:
            row = StatuteVersion(
                statute_id=statutes[version.law].id,
                version=version.version,
                in_force_from=version.in_force_from,
                in_force_until=version.in_force_until,
                article_count=version.article_count,
                recorded_at=now,
            )
            db.session.add(row)
            rows[version.law, version.version] = row
        elif row.in_force_until is None:
            row.in_force_until = version.in_force_until
    db.session.flush()
    return rows
