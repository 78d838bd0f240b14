"""What forms share: the problems that a use case found, shown beside the fields that caused them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask_wtf import FlaskForm

    from core.errors import Invalid


def show_problems(form: FlaskForm, error: Invalid) -> None:
    """Put each problem of a refused use case beside its field, or above the form when it has none."""
    for problem in error.problems:
        field = form._fields.get(problem.where)
        if field is None:
            form.form_errors.append(problem.message)
        else:
            field.errors = [*field.errors, problem.message]
