"""`flask eligibility check`: exit codes, one JSON object, and the number that stands in no process list."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import select

from core.clock import at
from core.db import db
from exam.eligibility.models import EligibilityLookup
from exam.results.services import record_revision
from tests.factories.results import OFFICER, number_of, sat_on

SAT = date(2026, 3, 2)


@pytest.fixture
def check(app):
    def run(*arguments, input=None):  # noqa: A002  the runner's own word
        return app.test_cli_runner().invoke(args=["eligibility", "check", *arguments], input=input)

    return run


def test_eligible_is_exit_0_with_one_json_object(check):
    _, candidate = sat_on(SAT)
    done = check("--id-number", number_of(candidate), "--on", "2026-11-23", "--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["verdict"] == "eligible"
    assert answer["reason"] == "valid_pass"
    assert (answer["on"], answer["valid_until"]) == ("2026-11-23", "2028-03-03")
    assert (answer["changes_on"], answer["policy"], answer["receipt"]) == ("2028-03-03", "default-1", None)
    assert [e["kind"] for e in answer["evidence"]] == ["sitting", "certificate"]


def test_not_eligible_and_unknown_are_exit_1(check):
    _, candidate = sat_on(SAT, passed=False)
    number = number_of(candidate)
    done = check("--id-number", number, "--on", "2026-11-23", "--json")
    assert (done.exit_code, json.loads(done.stdout)["reason"]) == (1, "failed")
    done = check("--id-number", number, "--name", "李四", "--on", "2026-11-23", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {
        "verdict": "unknown_person",
        "reason": "name_mismatch",
        "on": "2026-11-23",
        "valid_until": None,
        "changes_on": None,
        "policy": None,
        "evidence": [],
        "receipt": None,
    }


def test_the_number_is_read_from_standard_input(check):
    _, candidate = sat_on(SAT)
    done = check(
        "--id-number", "-", "--on", "2026-11-23", "--reason", "动议", input=f"{number_of(candidate)}\n"
    )
    assert done.exit_code == 0
    assert "可以提请：任前考法合格，有效至 2028-03-02。" in done.output
    assert number_of(candidate) not in done.output
    assert db.session.scalars(select(EligibilityLookup.purpose)).all() == ["动议"]


def test_known_at_takes_a_day_or_an_instant(check):
    sitting_id, candidate = sat_on(SAT)
    corrected = at(date(2026, 6, 1), 9)
    record_revision(sitting_id=sitting_id, score_hundredths=0, reason="更正", actor=OFFICER, now=corrected)
    for known_at, reason in (
        ("2026-05-31", "valid_pass"),
        ("2026-06-01", "failed"),
        ("2026-06-01T08:59", "valid_pass"),
        ("2026-06-01T01:00:00+00:00", "failed"),
    ):
        done = check(
            "--id-number", number_of(candidate), "--on", "2026-11-23", "--known-at", known_at, "--json"
        )
        assert json.loads(done.stdout)["reason"] == reason, known_at


def test_wrong_usage_is_exit_2(check):
    for arguments in (
        ["--on", "2026-11-23"],
        ["--id-number", "-"],
        ["--id-number", "-", "--on", "2026-02-30"],
        ["--id-number", "-", "--on", "2026-11-23", "--known-at", "yesterday"],
    ):
        assert check(*arguments).exit_code == 2, arguments


def test_a_malformed_number_is_a_problem_on_stderr(check):
    done = check("--id-number", "510502198001010014", "--on", "2026-11-23", "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "校验码不符" in done.stderr
