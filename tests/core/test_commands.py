"""What commands share: exit codes, problems on stderr, one JSON object, progress."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from core.commands import domain_errors, print_json, progress
from core.errors import Conflict, Invalid, Problem


def run(error):
    @click.command()
    @domain_errors
    def command():
        if error:
            raise error
        print_json(
            {"day": date(2026, 1, 2), "at": datetime(2026, 1, 2, tzinfo=UTC), "marks": Decimal("86.50")}
        )

    return CliRunner().invoke(command)


def test_each_problem_is_a_line_on_stderr_and_the_exit_is_1():
    result = run(Invalid([Problem("a", "姓名未填写。", "第 3 行"), Problem("b", "用户名有误。", "username")]))
    assert result.exit_code == 1
    assert result.stderr == "第 3 行：姓名未填写。\n用户名有误。\n"
    assert result.stdout == ""


def test_another_refusal_is_one_line():
    result = run(Conflict("现在不行。"))
    assert (result.exit_code, result.stderr) == (1, "现在不行。\n")


def test_json_is_one_object_with_exact_values():
    result = run(None)
    assert json.loads(result.stdout) == {
        "day": "2026-01-02",
        "at": "2026-01-02T00:00:00+00:00",
        "marks": "86.50",
    }


@given(st.lists(st.integers(0, 50), max_size=40).filter(sum))
def test_without_a_terminal_progress_is_a_line_for_each_tenth(steps):
    out = io.StringIO()
    with progress("装载", sum(steps), stream=out) as advance:
        for step in steps:
            advance(step)
    assert out.getvalue().splitlines() == [f"装载 {tenth} %" for tenth in range(10, 101, 10)]


def test_on_a_terminal_it_is_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    with progress("装载", 3, stream=out) as advance:
        advance(3)
    assert "100%" in out.getvalue()


def test_what_json_cannot_hold_is_an_error_of_ours():
    with pytest.raises(TypeError, match="no place in JSON"):
        print_json({"x": object()})
