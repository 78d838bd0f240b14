"""Templates parse, use only macros that exist, carry the token in each form that posts, and speak by gettext."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jinja2 import Environment, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / "templates"
PATHS = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
HAN = re.compile(r"[\u3400-\u9fff]")
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
POSTS = re.compile(r"<form\b[^>]*method=[\"']post", re.IGNORECASE)
TOKEN = re.compile(r"hidden_tag\(\)|csrf\(\)|csrf_token")
SENT_BY_SCRIPT = "data-sign-in-message"
"""Signing in again in the middle of a paper: the script fetches a new token, the old one has ended."""
TRANSLATED = {"_", "gettext", "ngettext"}
NOT_WORDS = {"法"}
"""The seal of the emblem is a drawing, hidden from readers' software."""

environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)


def source(path: str) -> str:
    return (FOLDER / path).read_text(encoding="utf-8")


def tree(path: str) -> nodes.Template:
    return environment.parse(source(path))


def defined(path: str) -> set[str]:
    """The names that another template may import."""
    parsed = tree(path)
    assigned = [target.name for target in parsed.find_all(nodes.Name) if target.ctx == "store"]
    return {macro.name for macro in parsed.find_all(nodes.Macro)} | set(assigned)


@pytest.mark.parametrize("path", PATHS)
def test_it_parses_and_imports_only_what_exists_and_is_used(path):
    parsed = tree(path)
    used = {name.name for name in parsed.find_all(nodes.Name) if name.ctx == "load"}
    for imported in parsed.find_all(nodes.FromImport):
        there = defined(imported.template.value)
        for given in imported.names:
            name, alias = given if isinstance(given, tuple) else (given, given)
            assert name in there, f"{path}: {imported.template.value} has no {name}"
            assert alias in used, f"{path}: {alias} is imported and not used"
    for named in (*parsed.find_all(nodes.Extends), *parsed.find_all(nodes.Include)):
        if isinstance(named.template, nodes.Const):
            assert named.template.value in PATHS


@pytest.mark.parametrize("path", PATHS)
def test_every_form_that_posts_carries_the_token(path):
    for form in FORM.findall(source(path)):
        if POSTS.match(form):
            assert TOKEN.search(form) or SENT_BY_SCRIPT in form, f"{path}: {form[:120]}"


@pytest.mark.parametrize("path", PATHS)
def test_every_word_goes_through_gettext(path):
    assert list(bare_words(tree(path))) == []


def bare_words(node: nodes.Node) -> Iterator[str]:
    """Chinese text that would not be translated."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATED:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and HAN.search(node.value):
        yield node.value
    if isinstance(node, nodes.TemplateData):
        yield from (word for word in re.findall(r"[^\s<>\"]*[\u3400-\u9fff][^\s<>\"]*", node.data))
    for child in node.iter_child_nodes():
        yield from (word for word in bare_words(child) if word not in NOT_WORDS)


def test_the_page_has_no_inline_script_or_style():
    for path in PATHS:
        text = source(path)
        assert not re.search(r"\sstyle=|\son\w+=[\"']|<style", text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", text), path
