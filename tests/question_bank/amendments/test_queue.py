"""What an amendment touches is listed with its day; a reviewer who did not write it settles it, once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.actor import Actor
from core.audit.models import AuditEntry
from core.db import db
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from question_bank.amendments.queries import due, law_usage, queue
from question_bank.amendments.services import confirm_citation
from question_bank.items import pool
from question_bank.items.models import CitationConfirmation
from question_bank.items.services import revise_item
from question_bank.review.services import approve, retire, submit_for_review
from question_bank.statutes.amending import rule_on_renumbered
from question_bank.statutes.continuity import Standing
from question_bank.statutes.queries import version_ids
from tests.factories.bank import AUTHOR, REVIEWER, make_draft, make_item
from tests.factories.laws import (
    BEFORE,
    LAW,
    NEW,
    NEW_FROM,
    NEW_TEXTS,
    OLD,
    OLD_FROM,
    OLD_TEXTS,
    load,
    load_new,
    load_old,
    write_law,
)

TODAY = clock.day_of(BEFORE)


@pytest.fixture
def amended(either_app, tmp_path):
    """One item on each old article, and the wording that follows."""
    load_old(tmp_path)
    for article in OLD_TEXTS:
        make_item(code=f"a-{article}", law=LAW, version=OLD, article=article, now=BEFORE)
    load_new(tmp_path)


def row_of(code, today=TODAY):
    return next(row for row in queue(today) if row.code == code)


def confirm(row, *, actor=REVIEWER, now=BEFORE, **changed):
    wanted = {
        "item_version_id": row.item_version_id,
        "position": row.position,
        "statute_version_id": row.next_version_id,
        "article": row.next_article or "1",
        "reason": "对照新旧条文，答案不变",
    }
    return confirm_citation(**(wanted | changed), actor=actor, now=now)


def drawn(day):
    return [row.code for row in pool.pool(day)]


def test_the_queue_names_what_is_touched_with_its_day(amended):
    found = {row.code: (row.standing, row.since, row.next_version, row.next_article) for row in queue(TODAY)}
    assert found == {
        "a-2": (Standing.RENUMBERED, NEW_FROM, NEW, "3"),
        "a-3": (Standing.RENUMBERED, NEW_FROM, NEW, "4"),
        "a-4": (Standing.GONE, NEW_FROM, NEW, None),
    }
    assert (due(TODAY).suspended, due(TODAY).coming, due(TODAY).moves) == (0, 3, 1)
    assert (due(NEW_FROM).suspended, due(NEW_FROM).coming) == (3, 0)
    usage = law_usage(NEW_FROM)[LAW]
    assert (usage.items, usage.stale) == (4, 3)


def test_a_confirmation_before_the_day_keeps_the_item_drawn_through_it(amended):
    confirm(row_of("a-3"))
    assert drawn(NEW_FROM) == ["a-1", "a-3"]
    assert drawn(NEW_FROM - timedelta(days=1)) == ["a-1", "a-2", "a-3", "a-4"]
    assert [row.code for row in queue(TODAY)] == ["a-2", "a-4"]


def test_an_item_may_be_confirmed_under_another_article(amended):
    confirm(row_of("a-4"), article="2")
    assert drawn(NEW_FROM) == ["a-1", "a-4"]
    stored = db.session.scalars(select(CitationConfirmation)).one()
    assert (stored.article, stored.actor_label, stored.recorded_at) == ("2", "reviewer-test", BEFORE)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "confirm-citation")).one()
    assert (entry.subject_id, entry.detail["holds_under"]) == ("a-4", ["2025-10-20", "2"])


def test_the_author_of_the_version_does_not_settle_it(amended):
    with pytest.raises(NotAllowed, match="命题人"):
        confirm(row_of("a-3"), actor=AUTHOR)
    with pytest.raises(NotAllowed):
        confirm(row_of("a-3"), actor=Actor(label="nobody"))
    assert drawn(NEW_FROM) == ["a-1"]


def test_what_is_wrong_is_named_and_nothing_is_stored(amended):
    with pytest.raises(Invalid) as refused:
        confirm(row_of("a-3"), article="9", reason=" ")
    assert {problem.where for problem in refused.value.problems} == {"article", "reason"}
    row = row_of("a-3")
    with pytest.raises(Conflict):
        confirm(row, statute_version_id=version_ids([LAW])[LAW, OLD])
    confirm(row)
    with pytest.raises(NotFound, match="他人处理"):
        confirm(row)
    assert len(db.session.scalars(select(CitationConfirmation)).all()) == 1


def test_a_confirmed_item_is_asked_again_when_the_article_changes_again(amended, tmp_path):
    confirm(row_of("a-3"))
    later = NEW_TEXTS | {"4": NEW_TEXTS["4"].replace("二十日", "三十日")}
    write_law(tmp_path, date(2127, 5, 1), date(2127, 9, 1), later)
    load(tmp_path)
    row = row_of("a-3")
    assert (row.standing, row.since, row.last_article) == (Standing.REWORDED, date(2127, 9, 1), "4")
    assert drawn(date(2127, 8, 31)) == ["a-1", "a-3"]
    assert drawn(date(2127, 9, 1)) == ["a-1"]
    confirm(row, now=datetime(2127, 9, 2, tzinfo=BEFORE.tzinfo))
    assert drawn(date(2127, 9, 1)) == ["a-1", "a-3"]


def test_a_move_that_is_confirmed_for_the_law_leaves_the_queue(amended):
    ids = version_ids([LAW])
    rule_on_renumbered(
        old_version_id=ids[LAW, OLD],
        new_version_id=ids[LAW, NEW],
        articles=["2"],
        settled=True,
        actor=REVIEWER,
        now=BEFORE,
    )
    assert [row.code for row in queue(TODAY)] == ["a-3", "a-4"]


def test_retired_and_revised_items_leave_the_queue(amended):
    after = datetime(2127, 1, 2, tzinfo=BEFORE.tzinfo)
    item_ids = {code: pool_row.item_id for pool_row in pool.pool(TODAY) for code in [pool_row.code]}
    retire(item_id=item_ids["a-4"], number=1, comment="条文已删除", actor=REVIEWER, now=after)
    draft = make_draft(law=LAW, version=NEW, article="4")
    revise_item(item_id=item_ids["a-3"], base=1, draft=draft, actor=AUTHOR, now=after)
    assert [row.code for row in queue(NEW_FROM)] == ["a-2", "a-3"], "the draft does not replace it yet"
    submit_for_review(item_id=item_ids["a-3"], number=2, actor=AUTHOR, now=after)
    approve(item_id=item_ids["a-3"], number=2, actor=REVIEWER, now=after)
    assert [row.code for row in queue(NEW_FROM)] == ["a-2"]
    assert drawn(NEW_FROM) == ["a-1", "a-3"]


def test_a_law_that_is_repealed_puts_its_items_into_the_queue(app, tmp_path):
    load_old(tmp_path)
    make_item(code="a-1", law=LAW, version=OLD, article="1", now=BEFORE)
    more = {"status": "repealed", "repealed": {"on": "2026-12-15"}}
    write_law(tmp_path, OLD, OLD_FROM, OLD_TEXTS, **more)
    load(tmp_path)
    row = row_of("a-1")
    assert (row.standing, row.since, row.next_version_id) == (Standing.REPEALED, date(2026, 12, 15), None)
    with pytest.raises(Conflict, match="没有后续版本"):
        confirm(row)


def test_a_wording_without_text_stops_its_items_and_says_so(app, tmp_path):
    load_old(tmp_path)
    make_item(code="a-1", law=LAW, version=OLD, article="1", now=BEFORE)
    load_new(tmp_path)
    make_item(code="b-1", law="无文法", version=date(2020, 1, 1), article="1", now=BEFORE)
    write_law(tmp_path / "other", NEW, NEW_FROM, NEW_TEXTS, law="无文法")
    load(tmp_path / "other")
    assert [(row.code, row.standing) for row in queue(TODAY)] == [("b-1", Standing.NOT_COMPARED)]
    confirm(row_of("b-1"), article="1")
    assert drawn(NEW_FROM) == ["a-1", "b-1"]
