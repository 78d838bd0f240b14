"""Writing statutes: versions from a table, versions with their articles from files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from core.audit.services import record
from core.db import db, transaction
from core.errors import Invalid, Problem
from question_bank.statutes.amending import compared_pairs, comparisons, insert_comparisons
from question_bank.statutes.files import ENDED, REPEALED, read_folder
from question_bank.statutes.models import Article, Statute, StatuteVersion
from question_bank.statutes.queries import article_texts, known_versions
from question_bank.statutes.rules import KnownVersion, article_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from core.actor import Actor
    from question_bank.statutes.comparison import Correspondence
    from question_bank.statutes.files import LawFile

    Known = Mapping[tuple[str, date], KnownVersion]
    Texts = Mapping[tuple[str, date], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """What loading a folder found: its files, and of them the versions and articles that are new now.

    `comparisons` counts the pairs of neighbouring wordings that were compared now.
    """

    files: int
    laws: int
    articles: int
    new_versions: int
    new_articles: int
    comparisons: int


def load_folder(*, folder: Path, actor: Actor, now: datetime) -> LoadCounts:
    """Load every law file of a folder; a repeat changes nothing.

    All files are read and compared with what is stored first; any problem raises `Invalid` with all of them,
    by name of file, and nothing is written. Then each law is one transaction, so that a sitting that is being
    saved meanwhile does not wait for the whole folder; in it each wording is compared with the one before.
    """
    laws, problems = read_folder(folder)
    known = known_versions(law.short_title for law in laws)
    texts = article_texts(law.short_title for law in laws)
    problems += [problem for law in laws for problem in _differences(law, known, texts)]
    versions = _with_ends(laws, known)
    problems += [
        Problem("no_end", "标为已失效，却没有写明失效日，也没有后一版本。", law.file)
        for law in laws
        if law.status in ENDED and versions[law.short_title, law.version].in_force_until is None
    ]
    if problems:
        raise Invalid(sorted(problems, key=lambda problem: problem.where))
    new_versions = new_articles = compared = 0
    done = compared_pairs(law.short_title for law in laws)
    by_law = groupby(sorted(laws, key=lambda law: law.short_title), key=lambda law: law.short_title)
    for short_title, group in by_law:
        files = list(group)
        wordings = [version for version in versions.values() if version.law == short_title]
        missing = [file for file in files if (short_title, file.version) not in texts]
        ends_anew = [v for v in wordings if (before := known.get((v.law, v.version))) and before != v]
        stored = {v.version: texts[v.law, v.version] for v in wordings if (v.law, v.version) in texts}
        read = {file.version: {a.label: a.text for a in file.articles} for file in missing}
        found = comparisons(wordings, stored | read, done.get(short_title, set()))
        if not missing and not ends_anew and not found:
            continue
        _load_law(files, missing, wordings, found, actor=actor, now=now)
        new_versions += sum((short_title, file.version) not in known for file in files)
        new_articles += sum(len(file.articles) for file in missing)
        compared += len(found)
    return LoadCounts(
        files=len(laws),
        laws=len({law.short_title for law in laws}),
        articles=sum(len(law.articles) for law in laws),
        new_versions=new_versions,
        new_articles=new_articles,
        comparisons=compared,
    )


def _differences(law: LawFile, known: Known, texts: Texts) -> list[Problem]:
    """Where a file says something else than what is stored: a stored text is never overwritten."""
    before = known.get((law.short_title, law.version))
    if before is None:
        return []
    problems = []
    if before.in_force_from != law.in_force_from:
        message = f"施行日 {law.in_force_from} 与库中的 {before.in_force_from} 不同，请核对。"
        problems.append(Problem("in_force_from", message, law.file))
    if before.article_count != law.article_count:
        message = f"共 {law.article_count} 条，库中记为 {before.article_count} 条，请核对。"
        problems.append(Problem("article_count", message, law.file))
    stored = texts.get((law.short_title, law.version))
    if stored is None:
        return problems
    ours = {article.label: article.text for article in law.articles}
    changed = [label for label in ours if stored.get(label) != ours[label]]
    changed += [label for label in stored if label not in ours]
    problems += [
        Problem(
            "text",
            f"{article_words(label)}与库中已有的文字不同。已载入的条文不能改写，请核对版本日期。",
            law.file,
        )
        for label in changed
    ]
    return problems


def _with_ends(laws: Sequence[LawFile], known: Known) -> dict[tuple[str, date], KnownVersion]:
    """All versions of the laws, in the files or stored, each with its end.

    A version ends on the earliest day that its file, the stored version or the start of a later version gives.
    """
    versions = dict(known)
    repealed = {(law.short_title, law.version) for law in laws if law.status == REPEALED}
    told = {key: version.in_force_until for key, version in known.items()}
    for law in laws:
        key = (law.short_title, law.version)
        versions[key] = KnownVersion(*key, law.in_force_from, None, law.article_count)
        told[key] = min((day for day in (law.ends, told.get(key)) if day is not None), default=None)
    starts: dict[str, list[date]] = {}
    for version in versions.values():
        starts.setdefault(version.law, []).append(version.in_force_from)
    ended = {}
    for key, version in versions.items():
        later = [day for day in starts[version.law] if day > version.in_force_from]
        end = told[key]
        days = later if end is None else [*later, end]
        ended[key] = replace(
            version,
            in_force_until=min(days, default=None),
            articles=known[key].articles if key in known else None,
            repealed=key in repealed or (key in known and known[key].repealed),
        )
    return ended


def _load_law(
    files: Sequence[LawFile],
    missing: Sequence[LawFile],
    versions: Sequence[KnownVersion],
    found: Mapping[tuple[date, date], tuple[Correspondence, ...]],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    with transaction() as session:
        rows = insert_versions(versions, {file.short_title: file.title for file in files}, now=now)
        for version in versions:
            rows[version.law, version.version].in_force_until = version.in_force_until
            rows[version.law, version.version].repealed = version.repealed
        for file in missing:
            row = rows[file.short_title, file.version]
            session.execute(
                insert(Article),
                [
                    {
                        "statute_version_id": row.id,
                        "position": position,
                        "label": article.label,
                        "heading": article.heading,
                        "text": article.text,
                    }
                    for position, article in enumerate(file.articles, start=1)
                ],
            )
        insert_comparisons(found, {day: row.id for (_, day), row in rows.items()}, now=now)
        law = files[0].short_title
        loaded = [file.version.isoformat() for file in missing]
        record("load-statute", "statute", law, actor=actor, now=now, versions=loaded)


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
