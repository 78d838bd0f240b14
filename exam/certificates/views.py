"""A certificate as its holder sees it, and its verification by anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import segno
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from core.actor import Permission
from core.clock import day_of
from core.people.queries import masked_id_number_of
from core.people.rules import mask_name
from core.web.guards import current_actor, public, requires
from core.web.signed_in import arrival
from exam.certificates import queries
from exam.certificates.forms import VerifyForm
from exam.certificates.rules import last_valid_day, normalise_number, number_is_wellformed

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from exam.certificates.queries import Held

blueprint = Blueprint("certificates", __name__, url_prefix="/certificates")


@blueprint.get("/<number>")
@requires(Permission.SIT)
def certificate(number: str) -> ResponseReturnValue:
    held = queries.own(normalise_number(number), person_id=current_actor().person_id)
    verify_url = _public_address(url_for("certificates.verify", number=held.certificate.number))
    return render_template(
        "certificates/certificate.html",
        certificate={
            **_line(held),
            "holder_name": held.person.name,
            "masked_id": masked_id_number_of(held.person),
            "unit_name": held.unit.name,
            "level_name": held.certificate.level.label,
            "session_name": held.session.name,
            "held_on": held.session.held_on,
            "score_hundredths": held.result.score_hundredths,
            "issued_on": day_of(held.certificate.recorded_at),
            "issuer": _("考试办公室"),
            "verify_url": verify_url,
        },
        state=held.state(day_of(arrival())).value,
        qr=_qr(verify_url),
    )


@blueprint.get("/verify")
@public("the form of public verification")
def look_up() -> ResponseReturnValue:
    form = VerifyForm(request.args)
    if "number" not in request.args:
        return render_template("certificates/look_up.html", form=form)
    if not form.validate():
        return render_template("certificates/look_up.html", form=form), 422
    return redirect(url_for("certificates.verify", number=normalise_number(form.number.data or "")), code=303)


@blueprint.get("/verify/<path:number>")
@public("whoever is shown a certificate may ask whether it is one; limited by address")
def verify(number: str) -> ResponseReturnValue:
    today = day_of(arrival())
    held = queries.by_number(normalise_number(number)) if number_is_wellformed(number) else None
    if held is None:  # unknown and malformed alike
        page = render_template(
            "certificates/verify.html", certificate=None, state=None, on=today, revoked_on=None
        )
        return page, 404
    return render_template(
        "certificates/verify.html",
        certificate={
            **_line(held),
            "masked_name": mask_name(held.person.name),
            "held_on": held.session.held_on,
        },
        state=held.state(today).value,
        on=today,
        revoked_on=held.revoked_from(today),
    )


def certificate_of(sitting_id: UUID) -> dict[str, Any] | None:
    """What a result page says of the certificate that the sitting gave; None when there is none that holds."""
    held = queries.of_sitting(sitting_id)
    return _line(held) if held is not None and held.unfounded_from is None else None


def held_certificates(person_id: int, now: datetime) -> list[dict[str, Any]]:
    """A person's certificates for the start page, with their state today."""
    today: date = day_of(now)
    return [_line(held) | {"state": held.state(today).value} for held in queries.of_person(person_id)]


def _line(held: Held) -> dict[str, Any]:
    return {
        "number": held.certificate.number,
        "url": url_for("certificates.certificate", number=held.certificate.number),
        "valid_from": held.certificate.valid_from,
        "last_valid_day": last_valid_day(held.interval),
        "is_rehearsal": held.session.is_rehearsal,
    }


def _public_address(path: str) -> str:
    """The path under the site's public origin; in a demo without one, under the origin of this request."""
    origin = current_app.config["SETTINGS"].public_url or request.host_url.rstrip("/")
    return f"{origin}{path}"


def _qr(address: str) -> Markup:
    svg = segno.make(address, error="m").svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None)
    return Markup(svg)  # noqa: S704  drawn here from our own address
