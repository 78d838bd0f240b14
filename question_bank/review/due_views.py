"""The half-yearly look: what is due, and one version after the other confirmed with the articles beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.actor import Permission
from core.clock import day_of
from core.errors import Conflict
from core.web.guards import requires
from core.web.signed_in import arrival
from core.web.viewing import shows
from question_bank.items import queries
from question_bank.items.rules import Step
from question_bank.review import queries as reviews
from question_bank.review import services
from question_bank.review.forms import DueForm, ReconfirmForm
from question_bank.review.reading import reading
from question_bank.review.rules import REVIEW_MONTHS, SOON, due_now, due_on, due_soon, may_judge
from question_bank.review.views import acting, author_of, law_choices, taken

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from question_bank.review.rules import DueSpan

blueprint = Blueprint("due", __name__, url_prefix="/bank/due")

MOST_DONE = 99_999


@dataclass(frozen=True, slots=True)
class Round:
    """A list that a reviewer works through: what is due now or soon, of one law or of all; `done` so far.

    Its values travel in the address, so that a page that was left can be taken up again.
    """

    soon: bool
    law: str
    done: int

    @classmethod
    def of_request(cls) -> Round:
        done = min(max(request.args.get("done", 0, type=int), 0), MOST_DONE)
        return cls(request.args.get("when") == "soon", request.args.get("law", "")[:200], done)

    @property
    def span(self) -> DueSpan:
        today = day_of(arrival())
        return due_soon(today) if self.soon else due_now(today)

    def listed(self, page: int | None = None) -> str:
        """The address of the list."""
        return url_for("due.items", when="soon" if self.soon else None, law=self.law or None, page=page)

    def at(self, code: str, done: int = 0) -> str:
        """The address of one of its items, after so many are done."""
        when, law = "soon" if self.soon else None, self.law or None
        return url_for("due.item", code=code, when=when, law=law, done=done or None)

    def codes(self) -> list[str]:
        """What is left of it for who acts, in its order."""
        return reviews.due_codes(self.span, acting(), self.law)


@blueprint.get("")
@requires(Permission.REVIEW_ITEMS)
def items() -> ResponseReturnValue:
    chosen, today, reviewer = Round.of_request(), day_of(arrival()), acting()
    form = DueForm(request.args)
    form.law.choices = law_choices(reviews.due_laws(chosen.span, reviewer))
    first = next(iter(chosen.codes()), None)
    return render_template(
        "review/due.html",
        form=form,
        page=reviews.due(chosen.span, reviewer, request.args.get("page", 1, type=int), law=chosen.law),
        url_of=chosen.listed,
        item_url=chosen.at,
        first=chosen.at(first) if first else None,
        due_on=lambda instant: due_on(day_of(instant)),
        today=today,
        soon=chosen.soon,
        months=REVIEW_MONTHS,
        days=SOON.days,
    )


@blueprint.get("/<code>")
@requires(Permission.REVIEW_ITEMS)
@shows("view-item", "item", by="code")
def item(code: str) -> ResponseReturnValue:
    return _page(code, ReconfirmForm(formdata=None))


@blueprint.post("/<code>")
@requires(Permission.REVIEW_ITEMS)
def confirm(code: str) -> ResponseReturnValue:
    form, chosen = ReconfirmForm(), Round.of_request()
    following = _after(code, chosen.codes())
    if taken(form, services.reconfirm, queries.item(code).id):
        flash(_("试题 %(code)s 复核无误，已记录。", code=code), "success")
        return redirect(_next_page(code, chosen, following), code=303)
    return _page(code, form)


def _after(code: str, codes: list[str]) -> str | None:
    """The one after it in the list, from the end back to its beginning; None when it is the last one left."""
    if code not in codes:
        return None
    place = codes.index(code)
    return next(iter([*codes[place + 1 :], *codes[:place]]), None)


def _next_page(code: str, chosen: Round, following: str | None) -> str:
    if following is not None:
        return chosen.at(following, chosen.done + 1)
    return chosen.listed() if chosen.done else url_for("bank.item", code=code)


def _page(code: str, form: ReconfirmForm) -> tuple[str, int]:
    found, chosen = queries.item(code), Round.of_request()
    standing = reviews.standing(queries.history(found.id))
    if standing is None or standing.suspended:
        raise Conflict(services.REFUSALS[Step.RECONFIRM], code="wrong_state")
    version = queries.version_of(found.id, standing.number)
    form.number.data = standing.number
    codes = chosen.codes()
    following = _after(code, codes)
    page = render_template(
        "review/due_item.html",
        item=found,
        standing=standing,
        **reading(version),
        on=day_of(arrival()),
        own=not may_judge(author=author_of(version), reviewer=acting()),
        place=chosen.done + codes.index(code) + 1 if code in codes else None,
        total=chosen.done + len(codes),
        left=chosen.listed(),
        skip=chosen.at(following, chosen.done) if following else None,
        here=chosen.at(code, chosen.done),
        form=form,
    )
    return page, 422 if form.errors else 200
