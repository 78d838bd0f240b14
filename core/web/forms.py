"""What forms share: the problems that a use case found, shown beside the fields that caused them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtforms import FieldList, FormField, HiddenField, RadioField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtforms import Field, Form

    from core.errors import Invalid


def field_at(form: Form, where: str) -> Field | None:
    """The field of that name; «questions-0-stem» is `stem` in the first of the forms in the list `questions`."""
    name, _, rest = where.partition("-")
    field = form._fields.get(name)
    while rest and isinstance(field, FieldList):
        index, _, rest = rest.partition("-")
        if not (index.isdecimal() and int(index) < len(field.entries)):
            return None
        field = field.entries[int(index)]
        if rest and isinstance(field, FormField):
            return field_at(field.form, rest)
    return None if rest else field


def show_problems(form: Form, error: Invalid) -> None:
    """Put each problem of a refused use case beside its field, or above the form when it has none."""
    for problem in error.problems:
        field = field_at(form, problem.where)
        if field is None:
            form.form_errors.append(problem.message)
        elif isinstance(field, FormField):
            field.form.form_errors.append(problem.message)
        else:
            field.errors = [*field.errors, problem.message]


def error_links(form: Form) -> list[tuple[str, str]]:
    """The messages of a form and of the forms in it as (id, message), the form's own first.

    The id is that of the element that a link to the field goes to, "" where there is none.
    """
    links = [("", str(message)) for message in form.form_errors]
    for field in form:
        links += _links_of(field)
    return links


def _links_of(field: Field) -> Iterator[tuple[str, str]]:
    if isinstance(field, FormField):
        yield from ((target or field.id, message) for target, message in error_links(field.form))
        return
    target = field.id
    if isinstance(field, HiddenField):
        target = ""
    elif isinstance(field, RadioField):
        target = f"{field.id}-0"
    if isinstance(field, FieldList):
        # Having validated its entries, a list has their messages among its own, as lists and mappings.
        yield from (
            (target, message) for message in field.errors if not isinstance(message, list | tuple | dict)
        )
        for entry in field:
            yield from _links_of(entry)
        return
    yield from ((target, str(message)) for message in field.errors)
