"""The draws of a session, published: commitments beforehand, seeds and manifests once everyone has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from core.errors import NotFound
from core.web.downloads import attachment
from core.web.guards import public
from exam.papers import queries

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

blueprint = Blueprint("draws", __name__, url_prefix="/draws")


@blueprint.get("/<uuid:subject_id>")
@public("commitments to draws, and seeds after the end, are there for everyone to check")
def draws(subject_id: UUID) -> ResponseReturnValue:
    found = queries.draws(subject_id)
    if not found:
        raise NotFound("没有这个场次的抽题记录。")
    return render_template("papers/draws.html", subject_id=subject_id, draws=found)


@blueprint.get("/<uuid:subject_id>/<int:number>/manifest.json")
@public("the manifest of a draw whose seed is published")
def manifest(subject_id: UUID, number: int) -> ResponseReturnValue:
    text = queries.revealed_manifest(subject_id, number)
    return attachment(text.encode(), "application/json", f"manifest-{number}.json")
