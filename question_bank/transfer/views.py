"""The author's pages: bringing a file in (upload, preview, confirm) and taking items out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from core.actor import Permission
from core.clock import day_of
from core.documents.sheets import XLSX
from core.errors import Conflict, Invalid
from core.jobs.models import WHOLE, JobState
from core.jobs.queries import latest
from core.web.downloads import attachment
from core.web.forms import show_problems
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from core.web.viewing import shows
from question_bank.items.forms import any_or, member
from question_bank.items.queries import ItemFilter, laws_cited
from question_bank.items.rules import ItemState, QuestionType
from question_bank.transfer import exporting, queries, services, words, xlsx
from question_bank.transfer.error_sheet import error_sheet
from question_bank.transfer.formats import BY_NAME, READABLE
from question_bank.transfer.forms import ConfirmForm, ExportForm, UploadForm
from question_bank.transfer.intake import Choices
from question_bank.transfer.models import ExportJob, ImportJob

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

blueprint = Blueprint("transfer", __name__, url_prefix="/bank")
FORM_BYTES = 64 * 1024
"""What an upload's form needs beside the file."""


@blueprint.url_value_preprocessor
def _take_larger_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Question files may be larger than other uploads; said before anything reads the form."""
    if endpoint == "transfer.upload":
        request.max_content_length = current_app.config["SETTINGS"].import_bytes + FORM_BYTES


@blueprint.route("/import", methods=["GET", "POST"])
@requires(Permission.AUTHOR_ITEMS)
def upload() -> ResponseReturnValue:
    form = UploadForm()
    if form.validate_on_submit():
        try:
            with form.file.data.stream as stream:
                job_id = services.start_import(
                    stream=stream,
                    file_name=form.file.data.filename or "",
                    wanted_format=form.format.data or "",
                    choices=Choices(
                        with_law=bool(form.with_law.data),
                        with_explanation=bool(form.with_explanation.data),
                        for_practice=bool(form.for_practice.data),
                    ),
                    actor=current_actor(),
                    now=arrival(),
                )
        except Invalid as error:
            show_problems(form, error)
        else:
            return redirect(url_for(".job", job_id=job_id), code=303)
    page = render_template(
        "transfer/upload.html",
        form=form,
        jobs=latest(ImportJob, account_id=current_actor().account_id),
        words=words,
        megabytes=current_app.config["SETTINGS"].import_megabytes,
        formats=READABLE,
    )
    return page, 422 if form.errors else 200


@blueprint.get("/import/template.xlsx")
@requires(Permission.AUTHOR_ITEMS)
def template() -> ResponseReturnValue:
    data = xlsx.template(queries.law_book(day_of(arrival())))
    return attachment(data, XLSX, _("试题导入模板") + ".xlsx")


@blueprint.get("/import/<uuid:job_id>")
@requires(Permission.AUTHOR_ITEMS)
@shows("view-import", "import", by="job_id")
def job(job_id: UUID) -> ResponseReturnValue:
    found = queries.job(job_id, account_id=current_actor().account_id)
    noted_only = request.args.get("show") == "noted"
    rows, page, pages = queries.row_page(job_id, request.args.get("page", 1, type=int), noted_only=noted_only)
    return render_template(
        "transfer/job.html",
        job=found,
        rows=rows,
        page=page,
        pages=pages,
        noted_only=noted_only,
        form=ConfirmForm(),
        words=words,
        at_work=found.state in words.AT_WORK,
        url_of=lambda n: url_for(".job", job_id=job_id, page=n, show="noted" if noted_only else None),
    )


@blueprint.get("/import/<uuid:job_id>/progress")
@requires(Permission.AUTHOR_ITEMS)
def progress(job_id: UUID) -> ResponseReturnValue:
    """How far an import is, for the page that waits for it."""
    found = queries.job(job_id, account_id=current_actor().account_id)
    return jsonify(
        state=found.state.value,
        words=str(words.STATES[found.state]),
        share=found.share / WHOLE,
        read=found.read,
        at_work=found.state in words.AT_WORK,
    )


@blueprint.post("/import/<uuid:job_id>/confirm")
@requires(Permission.AUTHOR_ITEMS)
def confirm(job_id: UUID) -> ResponseReturnValue:
    partial = request.form.get("partial") == "1"
    try:
        services.confirm_import(job_id=job_id, partial=partial, actor=current_actor(), now=arrival())
    except Conflict as error:
        flash(error.message, "error")
    return redirect(url_for(".job", job_id=job_id), code=303)


@blueprint.post("/import/<uuid:job_id>/cancel")
@requires(Permission.AUTHOR_ITEMS)
def cancel(job_id: UUID) -> ResponseReturnValue:
    try:
        services.cancel_import(job_id=job_id, actor=current_actor(), now=arrival())
    except Conflict as error:
        flash(error.message, "error")
        return redirect(url_for(".job", job_id=job_id), code=303)
    flash(_("已放弃这次导入，题库没有变化。"), "success")
    return redirect(url_for(".upload"), code=303)


@blueprint.get("/import/<uuid:job_id>/problems.xlsx")
@requires(Permission.AUTHOR_ITEMS)
def problems(job_id: UUID) -> ResponseReturnValue:
    found = queries.job(job_id, account_id=current_actor().account_id)
    data = error_sheet(queries.sheet_rows(job_id), taken=found.state is JobState.DONE)
    name = found.file_name.rpartition(".")[0] or found.file_name
    return attachment(data, XLSX, f"{name}-{_('导入问题')}.xlsx")


@blueprint.route("/export", methods=["GET", "POST"])
@requires(Permission.VIEW_BANK)
def export() -> ResponseReturnValue:
    form = ExportForm()
    form.law.choices = any_or({law: law for law in laws_cited()})
    if not form.validate_on_submit():
        return _export_page(form), 422 if form.errors else 200
    wanted = ItemFilter(
        law=form.law.data or "",
        type=member(QuestionType, form.type.data),
        state=member(ItemState, form.state.data),
    )
    try:
        job_id = exporting.start_export(
            wanted=wanted, format_name=form.format.data, actor=current_actor(), now=arrival()
        )
    except Conflict as error:
        form.form_errors.append(error.message)
        return _export_page(form), 409
    return redirect(url_for(".export_job", job_id=job_id), code=303)


@blueprint.get("/export/<uuid:job_id>")
@requires(Permission.VIEW_BANK)
def export_job(job_id: UUID) -> ResponseReturnValue:
    found = queries.export_job(job_id, account_id=current_actor().account_id)
    return render_template(
        "transfer/export_job.html",
        job=found,
        title=BY_NAME[found.format].title,
        words=words,
        at_work=found.state in words.AT_WORK,
    )


@blueprint.get("/export/<uuid:job_id>/progress")
@requires(Permission.VIEW_BANK)
def export_progress(job_id: UUID) -> ResponseReturnValue:
    """How far an export is, for the page that waits for it."""
    found = queries.export_job(job_id, account_id=current_actor().account_id)
    return jsonify(
        state=found.state.value,
        words=str(words.EXPORT_STATES[found.state]),
        share=found.share / WHOLE,
        read=found.items,
        at_work=found.state in words.AT_WORK,
    )


@blueprint.get("/export/<uuid:job_id>/file")
@requires(Permission.VIEW_BANK)
@shows("fetch-export", "export", by="job_id")
def exported_file(job_id: UUID) -> ResponseReturnValue:
    found = queries.export_job(job_id, account_id=current_actor().account_id)
    data = queries.exported_file(job_id)
    if data is None:
        return redirect(url_for(".export_job", job_id=job_id), code=303)
    chosen = BY_NAME[found.format]
    name = f"{_('题库')}-{day_of(found.created_at)}{chosen.endings[0]}"
    return attachment(data, chosen.media_type, name)


def _export_page(form: ExportForm) -> str:
    exports = latest(ExportJob, account_id=current_actor().account_id)
    return render_template("transfer/export.html", form=form, words=words, formats=BY_NAME, exports=exports)
