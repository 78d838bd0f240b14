"""Every page gets what its template asks for, and shows every field that its form asks."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from flask_wtf import FlaskForm
from jinja2 import meta, nodes
from wtforms import Form, HiddenField
from wtforms.fields.core import UnboundField
from wtforms.widgets import HiddenInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from jinja2 import Environment

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
SOURCES = sorted(path for room in ("core", "exam", "question_bank") for path in (ROOT / room).rglob("*.py"))


def rendered() -> Iterator[tuple[str, str, set[str]]]:
    """Place, template and the names given, of each page whose names all stand in the call."""
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and getattr(call.func, "id", "") == "render_template"):
                continue
            names = {keyword.arg for keyword in call.keywords}
            if isinstance(call.args[0], ast.Constant) and None not in names:
                yield f"{path.relative_to(ROOT)}:{call.lineno}", call.args[0].value, names


def asked_for(environment: Environment, template: str) -> set[str]:
    """The names that a template, what it extends and what it includes read and do not make themselves."""
    tree = environment.parse((TEMPLATES / template).read_text(encoding="utf-8"))
    names = set(meta.find_undeclared_variables(tree))
    names -= {name.name for name in tree.find_all(nodes.Name) if name.ctx in {"store", "param"}}
    names -= {macro.name for macro in tree.find_all(nodes.Macro)}
    for test in tree.find_all(nodes.Test):
        if test.name == "defined" and isinstance(test.node, nodes.Name):
            names.discard(test.node.name)
    for imported in tree.find_all(nodes.FromImport):
        names -= {given[1] if isinstance(given, tuple) else given for given in imported.names}
    for other in (*tree.find_all(nodes.Extends), *tree.find_all(nodes.Include)):
        if isinstance(other.template, nodes.Const):
            names |= asked_for(environment, other.template.value)
    return names


def given_everywhere(app: Flask) -> set[str]:
    names = set(app.jinja_env.globals)
    with app.test_request_context("/"):
        for processors in app.template_context_processors.values():
            names.update(*(processor() for processor in processors))
    return names


def test_a_page_is_given_every_name_that_its_template_reads(app):
    everywhere = given_everywhere(app)
    lacking = {
        f"{place} {template}": sorted(missing)
        for place, template, names in rendered()
        if (missing := asked_for(app.jinja_env, template) - names - everywhere)
    }
    assert lacking == {}


def shown_forms() -> Iterator[tuple[str, str, str, str]]:
    """Place, template, name and class of each form that a view makes itself and gives to a page."""
    for path in SOURCES:
        for view in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(view, ast.FunctionDef):
                continue
            made = {
                target.id: value.func.id
                for node in ast.walk(view)
                if isinstance(node, ast.Assign)
                for target, value in zip(_each(node.targets[0]), _each(node.value), strict=False)
                if isinstance(target, ast.Name)
                and isinstance(value, ast.Call)
                and isinstance(value.func, ast.Name)
            }
            for call in ast.walk(view):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "render_template":
                    for keyword in call.keywords:
                        form = made.get(getattr(keyword.value, "id", ""), "")
                        if form.endswith("Form") and isinstance(call.args[0], ast.Constant):
                            place = f"{path.relative_to(ROOT)}:{call.lineno}"
                            yield place, call.args[0].value, keyword.arg or "", form


def _each(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def forms(kind: type[Form] = Form) -> dict[str, type[Form]]:
    """Every class of forms, by name."""
    found = {kind.__name__: kind}
    for below in kind.__subclasses__():
        found |= forms(below)
    return found


def fields_to_fill(form: type[Form]) -> set[str]:
    return {
        name
        for name in dir(form)
        if isinstance(field := getattr(form, name), UnboundField)
        and not issubclass(field.field_class, HiddenField)
        and not isinstance(field.kwargs.get("widget"), HiddenInput)
    }


def text_of(template: str) -> str:
    """A template with what it includes and the macros that it imports."""
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    others = re.findall(r"{%-? (?:include|from) \"((?!components/)[^\"]+)\"", text)
    return "\n".join([text, *map(text_of, others)])


def not_shown(template: str, name: str, form: type[Form]) -> list[str]:
    """The fields of a form that its page has no place for; none where the page does not show the form at all."""
    text = text_of(template)
    if not re.search(rf"\b{name}\.", text):
        return []
    return [
        field
        for field in sorted(fields_to_fill(form))
        if not re.search(rf'\b(?:{name}|form)\.{field}\b|\bname="{field}"', text)
    ]


def test_a_page_shows_every_field_of_its_form(app):
    known = forms()
    shown = list(shown_forms())
    assert ("office/session_form.html", "SessionForm") in {(template, form) for _, template, _, form in shown}
    lacking = {
        f"{place} {template}": fields
        for place, template, name, form in shown
        if (fields := not_shown(template, name, known[form]))
    }
    assert lacking == {}


def test_every_form_that_edits_a_stored_thing_carries_what_it_was_made_from(app):
    """A form class that has `show` is filled from what is stored; a spec's base is in its address."""
    editing = {
        name: form for name, form in forms().items() if "show" in vars(form) and issubclass(form, FlaskForm)
    }
    assert {"ChangeSessionForm", "ItemForm"} <= editing.keys()
    without = {name for name, form in editing.items() if not hasattr(form, "base")}
    assert without == {"SpecForm"}


FILLED_BY_VIEWS = {
    "base": "what the form was made from",
    "expected": "how many the page has counted",
    "marks": "a marker's own last mark, which nobody else changes",
    "name": "of a spec, whose version is in the address",
    "next": "where signing in leads",
    "number": "the version that the page shows",
    "reserved": "the use that the page asks to confirm",
    "seen": "the sessions that the page has named",
    "version": "the law's version that the page shows",
}


def test_views_fill_forms_from_stored_things_by_show_alone():
    """`form.room.data = row.room` in a view would be an edit form that the test above does not see."""
    filled = {
        target.value.attr
        for path in SOURCES
        if path.name.endswith("views.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        for whole in node.targets
        for target in _each(whole)
        if isinstance(target, ast.Attribute)
        and target.attr == "data"
        and isinstance(target.value, ast.Attribute)
        and any(isinstance(part, ast.Attribute) for part in ast.walk(node.value))
    }
    assert filled <= FILLED_BY_VIEWS.keys()
