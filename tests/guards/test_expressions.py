"""No expression that meets foreign text takes more than its share of time, whatever the text."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys

import pytest

from tests.guards.expressions import PROJECT, ROOMS, grows, is_expression

KEPT_AS_MADE = {"question_bank/transfer/options.py"}
"""Where expressions are made by letter, and kept; `options.mark_of` is tried below."""


def test_every_expression_is_linear():
    done = subprocess.run(
        [sys.executable, "-m", "tests.guards.expressions"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found = json.loads(done.stdout)
    assert found["tried"] > 80
    assert found["faults"] == []


def test_the_guard_tells_what_grows_faster():
    assert grows(re.compile(r"(?:x+)+y"), is_searched=False)
    assert grows(re.compile(r"a\s*b?\s*c"), is_searched=False)
    assert not grows(re.compile(r"a\s*+b?+\s*+c"), is_searched=True)


@pytest.mark.parametrize("room", ROOMS)
def test_expressions_are_written_out_where_the_guard_sees_them(room):
    hidden = [
        f"{path.relative_to(PROJECT)}:{call.lineno}"
        for path in sorted((PROJECT / room).rglob("*.py"))
        if path.relative_to(PROJECT).as_posix() not in KEPT_AS_MADE
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for call in ast.walk(function)
        if is_expression(call) and not isinstance(call.args[0], ast.Constant)
    ]
    assert hidden == []
