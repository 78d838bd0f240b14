"""A sample paper (样卷): a draw that nobody sits, so that the office sees what candidates will see."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.audit.services import record
from core.clock import day_of
from core.db import transaction
from exam.papers import queries
from exam.papers.draw import SEED_BYTES, Entrant, Manifest, draw_paper
from exam.papers.services import allow
from question_bank.items import pool as bank

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.actor import Actor
    from exam.papers.draw import DrawnPaper
    from exam.papers.queries import StoredSpec
    from question_bank.items.pool import Content

SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Sample:
    """A drawn paper with what is shown of its questions, and of their cases, by version; it has no keys.

    `reserved` counts the items on it that are kept for sessions.
    """

    spec: StoredSpec
    paper: DrawnPaper
    contents: Mapping[int, Content]
    reserved: int


def draw_sample(*, spec_id: int, actor: Actor, now: datetime) -> Sample:
    """Draw an example of a spec's papers on today's law, and log who looked at which questions.

    Items that are kept for sessions come in only where nothing else fills a place. Raises `NotFound`, and
    `InsufficientPool` with every shortage.
    """
    allow(actor)
    stored = queries.spec(spec_id)
    rows = queries.pool(day_of(now))
    kept = {row.item_version_id for row in rows if row.reserved}
    entrant = Entrant(SAMPLE, excluded=tuple(sorted(kept)))
    manifest = Manifest(
        session_id=SAMPLE,
        number=1,
        spec=stored.spec,
        law_day=day_of(now),
        pool=queries.pool_items(rows, stored.spec),
        people=(entrant,),
        enemies=tuple(queries.enemies(rows)),
    )
    paper = draw_paper(secrets.token_bytes(SEED_BYTES), manifest, entrant)
    drawn = [question.item_version_id for question in paper.questions]
    contents = bank.contents(drawn)
    contents |= bank.contents(c.material_id for c in contents.values() if c.material_id is not None)
    with transaction():
        record("view-sample-paper", "paper-spec", spec_id, actor=actor, now=now, item_versions=drawn)
    return Sample(stored, paper, contents, len(kept.intersection(contents)))
