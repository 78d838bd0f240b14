"""Practice pages: how I stand, a question, its answer with the reasons."""

from __future__ import annotations

import random
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_wtf import FlaskForm

from core.actor import Permission
from core.clock import day_of
from core.errors import Conflict, Invalid
from core.web.guards import current_actor, requires
from core.web.signed_in import arrival
from exam.practice import queries, services
from exam.practice.rules import next_item, standings, weakest, wrong_items
from question_bank.items.rules import QuestionType
from question_bank.statutes.queries import cited_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from exam.practice.rules import PracticeItem
    from exam.practice.services import Answered
    from question_bank.items.pool import Content

blueprint = Blueprint("practice", __name__, url_prefix="/practice")

WRONG = "wrong"
"""The scope of the 错题本; any other scope is a law, and none is the whole bank."""

MOST_WEAK = 3


@blueprint.get("")
@requires(Permission.SIT)
def overview() -> ResponseReturnValue:
    try:
        person_id = services.person_of(current_actor(), arrival())
    except Conflict as closed:
        return render_template("practice/closed.html", why=closed.message)
    items, paused = queries.practisable(day_of(arrival()))
    history = queries.history(person_id)
    laws = standings(items, history)
    rates = queries.law_rates(person_id)
    return render_template(
        "practice/overview.html",
        laws=laws,
        wrong=len(wrong_items(items, history)),
        weak=weakest(rates, {law.law for law in laws}, most=MOST_WEAK),
        answered=sum(law.answered for law in laws),
        right=sum(law.right for law in laws),
        items=len(items),
        paused=paused,
    )


@blueprint.get("/next")
@requires(Permission.SIT)
def following() -> ResponseReturnValue:
    """To the next question of a scope; back to the overview when there is none."""
    try:
        person_id = services.person_of(current_actor(), arrival())
    except Conflict:
        return redirect(url_for(".overview"), code=303)
    items, _closed = queries.practisable(day_of(arrival()))
    history = queries.history(person_id)
    just_answered = next((i.item_id for i in items if i.code == request.args.get("after")), None)
    law, wrong = _scope()
    chosen: PracticeItem | None
    if wrong:
        book = wrong_items(items, history)
        chosen = next((item for item in book if item.item_id != just_answered), book[0] if book else None)
    else:
        of_law = [item for item in items if law in ("", item.law)]
        chosen = next_item(of_law, history, just_answered=just_answered, rng=random.SystemRandom())
    if chosen is None:
        return redirect(url_for(".overview"), code=303)
    return redirect(url_for(".question", code=chosen.code, **_scope_arguments()), code=303)


@blueprint.route("/questions/<code>", methods=["GET", "POST"])
@requires(Permission.SIT)
def question(code: str) -> ResponseReturnValue:
    form = FlaskForm()
    problems: dict[str, str] = {}
    try:
        asked = services.ask(code=code, actor=current_actor(), now=arrival())
        given = [request.form.getlist(f"q{number}") for number in range(1, len(asked.questions) + 1)]
        if form.validate_on_submit():
            done = services.answer(code=code, given=given, actor=current_actor(), now=arrival())
            return render_template("practice/answer.html", **_answer(done), **_links(code))
    except Invalid as refused:
        problems = {problem.where: problem.message for problem in refused.problems}
    except Conflict:
        return redirect(url_for(".overview"), code=303)
    page = render_template(
        "practice/question.html",
        form=form,
        problems=problems,
        asked=asked,
        questions=[
            _question(*each) for each in zip(asked.questions, given, count(1), repeat(bool(asked.material)))
        ],
        **_links(code),
    )
    return page, 422 if problems else 200


def _scope() -> tuple[str, bool]:
    """The law that is practised ("" is any), and whether it is the 错题本."""
    return request.args.get("law", ""), request.args.get("scope") == WRONG


def _scope_arguments() -> dict[str, Any]:
    law, wrong = _scope()
    return {"scope": WRONG} if wrong else {"law": law} if law else {}


def _links(code: str) -> dict[str, Any]:
    law, wrong = _scope()
    return {
        "law": law,
        "wrong": wrong,
        "here": url_for(".question", code=code, **_scope_arguments()),
        "next_url": url_for(".following", after=code, **_scope_arguments()),
    }


def _question(content: Content, given: Sequence[str], position: int, of_case: bool) -> dict[str, Any]:
    """A question as components/question.html draws it, with what was given before."""
    is_text = content.type is QuestionType.BLANK
    return {
        "position": position,
        "type": content.type.value,
        "stem": content.stem,
        "options": content.options,
        "blanks": content.blanks,
        "texts": given if is_text else (),
        "chosen": () if is_text else given,
        "of_case": of_case,
    }


def _answer(done: Answered) -> dict[str, Any]:
    cited = {
        (cited.law, cited.version, cited.article)
        for question in done.questions
        for cited in question.solution.citations
    }
    return {"done": done, "asked": done.asked, "articles": cited_texts(cited)}
