"""Habits of the house that a reader would otherwise have to watch: settings, the clock, words."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]
SOURCES = sorted(
    path for room in ("core", "question_bank", "exam") for path in (PROJECT / room).rglob("*.py")
)
HAN = re.compile(r"[\u3400-\u9fff]")
ENVIRONMENT = re.compile(r"os\.environ|os\.getenv|getenv\(")
CLOCK = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.time\(|utcnow|func\.now\(|CURRENT_")
EDGES = {"clock.py", "commands.py", "cli.py", "request_time.py", "serving.py", "background.py", "run.py"}
SPEAKING = {"views.py", "forms.py", "words.py", "navigation.py", "home.py"}
TRANSLATED = {"_", "_l", "gettext", "lazy_gettext", "ngettext"}
PLAIN = {"NotFound", "Conflict", "NotAllowed", "Invalid", "Problem", "problem"}
"""Errors of the domain carry plain sentences, wherever they are raised."""


def name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_settings_are_read_in_one_place(path):
    assert not ENVIRONMENT.search(path.read_text(encoding="utf-8")), f"{name(path)} reads the environment"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_the_clock_is_read_at_the_edge_alone(path):
    text = path.read_text(encoding="utf-8")
    if path.name != "clock.py":
        assert not CLOCK.search(text), f"{name(path)} reads the clock"
    if path.name not in EDGES:
        assert "clock.now()" not in text, f"{name(path)}: now is an argument here"


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name in SPEAKING], ids=name)
def test_every_word_of_a_page_goes_through_gettext(path):
    assert list(bare_words(ast.parse(path.read_text(encoding="utf-8")))) == []


def bare_words(node: ast.AST) -> Iterator[str]:
    """Chinese strings that are neither translated nor documentation."""
    if isinstance(node, ast.Call):
        called = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        if isinstance(called, ast.Name) and called.id in TRANSLATED | PLAIN:
            return
    body = getattr(node, "body", [])
    for child in ast.iter_child_nodes(node):
        if isinstance(body, list) and child in body and is_documentation(child):
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and HAN.search(child.value):
            yield child.value
        yield from bare_words(child)


def is_documentation(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_views_and_templates_hold_no_sql(path):
    if path.name != "views.py":
        return
    text = path.read_text(encoding="utf-8")
    assert "db.session" not in text, name(path)
    assert "transaction(" not in text, name(path)
    assert "sqlalchemy" not in text, name(path)
