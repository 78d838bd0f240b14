"""The office's pages of paper specs: what a paper is made of, whether the bank can fill it, and a sample of it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.clock import day_of
from core.errors import Conflict, Invalid
from core.people.rules import UnitFamily
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from exam.papers import queries, samples, services
from exam.papers.coverage import part_lines, spec_state
from exam.papers.draw import InsufficientPool
from exam.papers.rules import (
    DEFAULT_SPEC,
    LONGEST_ANSWER,
    OPTION_LETTERS,
    plain,
    question_count,
    total_marks,
)
from exam.papers.spec_forms import SpecForm, with_part, without_part
from exam.papers.strata import shortages
from exam.papers.words import section_note, section_title
from question_bank.statutes.queries import short_titles, short_titles_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from exam.papers.queries import StoredSpec
    from exam.papers.rules import PaperSpec
    from exam.papers.samples import Sample

blueprint = Blueprint("paper_specs", __name__, url_prefix="/office/paper-specs")

blueprint.add_app_template_filter(plain, "plain_marks")
blueprint.add_app_template_filter(lambda family: UnitFamily(family).label, "family_label")

PAGE = 50


@blueprint.app_context_processor
def _sums() -> dict[str, object]:
    return {"spec_questions": question_count, "spec_marks": total_marks}


@blueprint.get("")
@requires(Permission.MANAGE_SESSIONS)
def specs() -> ResponseReturnValue:
    services.ensure_default_spec(arrival())
    found = queries.specs()
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    rows = queries.pool(day_of(arrival()))
    lines = [(each, spec_state(each.spec, rows)) for each in found[(page - 1) * PAGE : page * PAGE]]
    return render_template("papers/specs.html", lines=lines, page=page, pages=pages)


@blueprint.get("/<int:spec_id>")
@requires(Permission.MANAGE_SESSIONS)
def spec(spec_id: int) -> ResponseReturnValue:
    stored = queries.spec(spec_id)
    today = day_of(arrival())
    rows = queries.pool(today)
    return render_template(
        "papers/spec.html",
        stored=stored,
        versions=queries.versions(stored.spec.name),
        parts=part_lines(stored.spec, rows),
        shortages=shortages(stored.spec, rows),
        today=today,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_SESSIONS)
def create() -> ResponseReturnValue:
    """A new spec; `?like=` begins with what a stored one asks."""
    like = request.args.get("like", type=int)
    begun = DEFAULT_SPEC if like is None else queries.spec(like).spec

    def save(spec: PaperSpec) -> int:
        return services.create_spec(spec=spec, actor=current_actor(), now=arrival())

    return _edited(begun, save, base=None, leave=url_for(".specs"))


@blueprint.route("/<int:spec_id>/change", methods=["GET", "POST"])
@requires(Permission.MANAGE_SESSIONS)
def change(spec_id: int) -> ResponseReturnValue:
    base = queries.spec(spec_id)

    def save(spec: PaperSpec) -> int:
        return services.revise_spec(base_id=spec_id, spec=spec, actor=current_actor(), now=arrival())

    return _edited(base.spec, save, base=base, leave=url_for(".spec", spec_id=spec_id))


def _edited(
    begun: PaperSpec, save: Callable[[PaperSpec], int], *, base: StoredSpec | None, leave: str
) -> ResponseReturnValue:
    """The form; parts are added and taken out by buttons of it, which save nothing."""
    status = 200
    if request.method == "GET":
        form = SpecForm(formdata=None)
        form.show(begun, named=base is not None)
    elif "add" in request.form or "remove" in request.form:
        typed = request.form
        form = SpecForm(with_part(typed) if "add" in typed else without_part(typed, typed["remove"]))
    else:
        form = SpecForm()
        spec_id = _saved(form, save, base)
        if spec_id is not None:
            flash(_("组卷方案已保存。可以先看一份样卷，再在建立场次时选用。"), "success")
            return redirect(url_for(".spec", spec_id=spec_id), code=303)
        status = 422
    newest = queries.versions(base.spec.name)[0] if base is not None else None
    newer = newest if newest != base else None
    context = {"form": form, "base": base, "newer": newer, "leave": leave, "laws": short_titles()}
    return render_template("papers/spec_form.html", **context), status


def _saved(form: SpecForm, save: Callable[[PaperSpec], int], base: StoredSpec | None) -> int | None:
    """The id of the stored spec; None when it was refused, with the reasons in the form."""
    if base is not None:
        form.name.data = base.spec.name
    well = form.validate_on_submit()
    typed = form.spec(short_titles_of(form.typed_laws()))
    if not well:
        form.add_problems(services.problems_of(typed))
        return None
    try:
        return save(typed)
    except Invalid as error:
        form.show_problems(error.problems)
    except Conflict as error:
        form.form_errors.append(error.message)
    return None


@blueprint.get("/<int:spec_id>/sample")
@requires(Permission.MANAGE_SESSIONS)
def sample(spec_id: int) -> ResponseReturnValue:
    try:
        drawn = samples.draw_sample(spec_id=spec_id, actor=current_actor(), now=arrival())
    except InsufficientPool as error:
        flash(error.message, "error")
        return redirect(url_for(".spec", spec_id=spec_id), code=303)
    return render_template("papers/sample.html", sample=drawn, parts=_parts_of(drawn))


def _parts_of(sample: Sample) -> list[dict[str, Any]]:
    """The paper part by part, the questions of a case together below its material."""
    parts = []
    for number, section in enumerate(sample.spec.spec.sections, start=1):
        questions = [q for q in sample.paper.questions if q.section == number]
        groups = [
            {
                "material": sample.contents[material].stem if material is not None else "",
                "questions": [_shown(sample, q) for q in together],
            }
            for material, together in groupby(
                questions, key=lambda q: sample.contents[q.item_version_id].material_id
            )
        ]
        title, note = section_title(number, section.type), section_note(section)
        parts.append({"number": number, "title": title, "note": note, "groups": groups})
    return parts


def _shown(sample: Sample, question: Any) -> dict[str, Any]:
    """A question for the macro that shows it, its options in the drawn order."""
    content = sample.contents[question.item_version_id]
    texts = dict(content.options)
    return {
        "position": question.position,
        "type": content.type.value,
        "stem": content.stem,
        "options": [
            (letter, texts[original])
            for letter, original in zip(OPTION_LETTERS, question.option_order, strict=False)
        ],
        "blanks": content.blanks,
        "longest": LONGEST_ANSWER,
        "chosen": "",
        "of_case": content.material_id is not None,
    }
