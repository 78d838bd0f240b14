"""Which rooms the application is made of, and the chain that crosses them after a sitting is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import question_bank.items.models
import question_bank.statutes.models  # noqa: F401  models of every room, for migrations
from core.auth import views as auth
from exam import health
from exam.certificates.entry import entry_histories
from exam.papers import coverage
from exam.serving import serve_command
from exam.sittings import addresses, closing, fragments, home, office
from exam.sittings import cli as sittings_commands
from exam.sittings import views as sittings
from question_bank.starter import cli as bank_commands
from question_bank.statutes import cli as statutes_commands

if TYPE_CHECKING:
    from flask import Flask
    from flask_limiter import Limiter
    from flask_wtf.csrf import CSRFProtect

SIGN_IN_RATE = "30 per minute"


def register(app: Flask, *, csrf: CSRFProtect, limiter: Limiter) -> None:
    """Register every room's pages, commands and hooks; the one page on which the whole house is wired."""
    for blueprint in (
        auth.blueprint,
        health.blueprint,
        home.blueprint,
        sittings.blueprint,
    ):
        app.register_blueprint(blueprint)
    for group in (bank_commands.commands, statutes_commands.commands, sittings_commands.commands):
        app.cli.add_command(group)
    app.view_functions["auth.sign_in"] = limiter.limit(SIGN_IN_RATE, methods=["POST"])(auth.sign_in)
    limiter.request_filter(addresses.is_exempt)
    app.cli.add_command(serve_command)
    csrf.exempt(sittings.answers)  # checks for itself, see there
    fragments.init_app(app)
    app.extensions["released_results"] = lambda sitting_ids: {}  # noqa: ARG005
    app.extensions["held_certificates"] = lambda person_id, now: []  # noqa: ARG005
    app.extensions["sweeps"] = [closing.close_overdue, office.reveal_finished]
    app.extensions["after_sealing"] = []
    app.extensions["entry_histories"] = entry_histories
    app.extensions["bank_checks"] = [coverage.uncovered]
