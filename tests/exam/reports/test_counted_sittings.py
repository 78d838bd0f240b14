"""What counts, as known at a moment and within whose units; the report and the claim built on it."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from core.actor import Actor, Grant, Role
from core.clock import at
from core.errors import Invalid
from core.people.rules import PostLevel, UnitKind
from exam.reports.pass_rates import Question, as_json, reconcile, report
from exam.reports.queries import counted_sittings
from exam.reports.rules import GroupBy
from exam.results.services import record_revision
from tests.factories.results import OFFICER, finish, miss, sat_on, void
from tests.factories.sittings import make_sitting, make_unit

DAY = date(2026, 3, 2)
NOW = at(date(2026, 11, 23), 10)


def counted(first=DAY, last=DAY, known_at=NOW, actor=OFFICER):
    return counted_sittings(first=first, last=last, known_at=known_at, actor=actor)


def asked(**changes):
    values = {"first": DAY, "last": DAY, "known_at": NOW}
    return report(Question(**(values | changes)), actor=OFFICER)


def test_a_graded_sitting_counts_on_the_day_of_its_session(either_app):
    sitting_id, candidate = sat_on(DAY)
    (row,) = counted()
    assert (row.sitting_id, row.person_id, row.day, row.passed) == (
        sitting_id,
        candidate.person_id,
        DAY,
        True,
    )
    assert (row.region, row.unit_kind, row.level) == ("510502", UnitKind.GOVERNMENT, PostLevel.SECTION)
    assert counted(last=DAY - timedelta(days=1), first=DAY - timedelta(days=9)) == []
    assert counted(first=DAY + timedelta(days=1), last=DAY + timedelta(days=9)) == []


def test_the_absent_the_unfinished_the_void_and_rehearsals_do_not_count(either_app):
    miss(DAY)
    make_sitting(now=at(DAY, 9))
    finish(now=at(DAY, 9), is_rehearsal=True)
    sitting_id, _ = sat_on(DAY)
    void(sitting_id, now=at(DAY, 15))
    assert counted() == []


def test_what_was_voided_later_still_counted_before(either_app):
    sitting_id, _ = sat_on(DAY)
    voided_at = at(DAY, 15)
    void(sitting_id, now=voided_at)
    assert counted(known_at=voided_at) == []
    assert [row.sitting_id for row in counted(known_at=voided_at - timedelta(microseconds=1))] == [sitting_id]


def test_the_latest_result_known_counts(either_app):
    sitting_id, _ = sat_on(DAY)
    revised = [at(date(2026, 5, 1), 9), at(date(2026, 6, 1), 9)]
    for now, score in zip(revised, (100, 900), strict=True):
        record_revision(sitting_id=sitting_id, score_hundredths=score, reason="更正", actor=OFFICER, now=now)
    moments = [at(DAY, 8), at(DAY, 12), revised[0], revised[1] - timedelta(seconds=1), revised[1], NOW]
    results = [[row.passed for row in counted(known_at=moment)] for moment in moments]
    assert results == [[], [True], [False], [False], [True], [True]]


def test_a_revision_changes_figure_and_digest_but_not_what_was_known_before(either_app):
    sitting_id, _ = sat_on(DAY)
    sat_on(DAY, passed=False)
    before = asked()
    now = NOW + timedelta(days=1)
    record_revision(sitting_id=sitting_id, score_hundredths=0, reason="更正", actor=OFFICER, now=now)
    after = asked(known_at=now)
    assert [(r.result.sat, r.result.passed) for r in (before, after)] == [(2, 1), (2, 0)]
    assert after.digest != before.digest
    assert as_json(asked()) == as_json(before)
    assert asked(known_at=NOW + timedelta(hours=1)).digest == before.digest


def test_people_see_the_sittings_of_their_own_units_only(either_app):
    own, _ = sat_on(DAY)
    unit = make_unit("TEST-2")
    inside = Actor(label="p", grants=(Grant(Role.PERSONNEL, frozenset({make_unit().id})),))
    outside = Actor(label="p", grants=(Grant(Role.PERSONNEL, frozenset({unit.id})),))
    nobody = Actor(label="p", grants=(Grant(Role.CANDIDATE),))
    assert [row.sitting_id for row in counted(actor=inside)] == [own]
    assert counted(actor=outside) == counted(actor=nobody) == []


def test_two_sittings_of_one_day_are_told_apart_by_their_beginning(either_app):
    _, candidate = finish(passed=False, now=at(DAY, 9))
    finish(passed=True, now=at(DAY, 14), candidate=candidate)
    assert [row.sequence for row in counted()] == [9 * 3600, 14 * 3600]
    latest, first = asked(definition="person-latest"), asked(definition="person-first")
    assert (latest.result.passed, first.result.passed) == (1, 0)


def test_nobody_sat_gives_no_rate(either_app):
    answer = as_json(asked(group_by=GroupBy.REGION))
    assert (answer["sat"], answer["passed"], answer["rate"], answer["interval"]) == (0, 0, None, None)
    assert answer["groups"] == []
    assert len(answer["digest"]) == 64


def test_a_period_that_ends_before_it_begins_is_refused_with_the_claim_s_other_problems(app):
    with pytest.raises(Invalid) as refused:
        asked(first=DAY, last=DAY - timedelta(days=1))
    assert [p.code for p in refused.value.problems] == ["period"]
    with pytest.raises(Invalid) as refused:
        reconcile(sat=0, rate="88,63", first=DAY, last=date(2026, 1, 1), known_at=NOW, actor=OFFICER)
    assert {p.where for p in refused.value.problems} == {"last", "sat", "rate"}


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["report", *arguments])


PERIOD = ("--from", "2026-03-01", "--to", "2026-03-31")


def test_the_command_s_json_is_the_public_contract(app):
    sat_on(DAY)
    sat_on(DAY, passed=False)
    done = run(app, "pass-rate", *PERIOD, "--by", "level", "--json")
    answer = json.loads(done.stdout)
    assert list(answer) == [
        "definition", "from", "to", "known_at", "sat", "passed", "rate", "interval", "groups", "digest",
    ]  # fmt: skip
    assert answer["groups"] == [{"key": "section", "sat": 2, "passed": 1, "rate": "50.00"}]
    again = json.loads(
        run(app, "pass-rate", *PERIOD, "--by", "level", "--known-at", answer["known_at"], "--json").stdout
    )
    assert again == answer


def test_the_command_speaks_plain_words_without_json(app):
    sat_on(DAY)
    done = run(app, "pass-rate", *PERIOD, "--by", "year")
    assert done.exit_code == 0
    assert "参加 1，合格 1，合格率 100.00 %" in done.stdout
    assert "各年分别计算" in done.stdout
    assert "没有人" in run(app, "pass-rate", "--from", "2020-01-01", "--to", "2020-12-31").stdout


def test_reconcile_exits_with_1_when_nothing_reproduces_the_claim(app):
    for passed in (True, True, False):
        sat_on(DAY, passed=passed)
    fine = run(app, "reconcile", *PERIOD, "--sat", "3", "--rate", "66.7", "--json")
    assert fine.exit_code == 0
    assert json.loads(fine.stdout)["reproduced_by"] == [
        "person-ever", "person-first", "person-latest", "sitting",
    ]  # fmt: skip
    possible = run(app, "reconcile", *PERIOD, "--sat", "4", "--rate", "75")
    assert possible.exit_code == 1
    assert "能得出这一合格率的合格人数：3" in possible.stdout
    assert run(app, "reconcile", *PERIOD, "--sat", "3", "--rate", "99.9").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("pass-rate", "--from", "2026-02-30", "--to", "2026-03-31"), 2),
        (("pass-rate", "--from", "2026-03-01"), 2),
        (("pass-rate", *PERIOD, "--definition", "nobody"), 2),
        (("pass-rate", *PERIOD, "--by", "colour"), 2),
        (("pass-rate", "--from", "2026-03-31", "--to", "2026-03-01"), 1),
        (("reconcile", *PERIOD, "--sat", "3", "--rate", "many"), 1),
        (("reconcile", *PERIOD, "--sat", "three", "--rate", "50"), 2),
    ],
)
def test_wrong_input_is_told_and_answers_nothing(app, arguments, code):
    done = run(app, *arguments, "--json")
    assert done.exit_code == code
    assert done.stdout == ""
    assert done.stderr
