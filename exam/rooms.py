"""Which rooms the application is made of, and the chain that crosses them after a sitting is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import question_bank.items.models
import question_bank.statutes.models
import question_bank.transfer.models  # noqa: F401  models of every room, for migrations
from core.approvals import views as approvals
from core.auth import views as auth
from core.auth.resets import RESET_WHILE_SITTING
from core.people import cli as people_commands
from core.people import views as people
from core.web.access_map import access_command
from exam import health
from exam.background import work_command
from exam.certificates import services as certifying
from exam.certificates import views as certificates
from exam.certificates.entry import entry_histories
from exam.demo import cli as demo_commands
from exam.demo import history, rehearsals
from exam.eligibility import cli as eligibility_commands
from exam.eligibility import notice_views as lookup_notices
from exam.eligibility import queries as lookups
from exam.eligibility import views as eligibility
from exam.papers import coverage
from exam.papers import spec_views as paper_specs
from exam.papers import views as draws
from exam.practice import views as practice
from exam.reports import cli as report_commands
from exam.reports import coverage as bank_coverage
from exam.reports import coverage_views as coverage_pages
from exam.reports import roll_views as roll
from exam.reports import stale_views as stale_papers
from exam.reports import views as reports
from exam.results import key_views as key_pages
from exam.results import marking_views as marking_pages
from exam.results import observing
from exam.results import queries as result_queries
from exam.results import services as marking
from exam.results import views as results
from exam.serving import serve_command
from exam.sittings import accounts, addresses, closing, fragments, home, office, paper_queries
from exam.sittings import admission_views as office_pages
from exam.sittings import cli as sittings_commands
from exam.sittings import pages as sitting_pages
from exam.sittings import queries as sitting_queries
from exam.sittings import views as sittings
from question_bank.amendments import queries as amendments
from question_bank.amendments import views as amendment_pages
from question_bank.items import reserving_views as reserving
from question_bank.items import views as items
from question_bank.review import author_views as returned
from question_bank.review import due_views as due
from question_bank.review import enemy_views as enemies
from question_bank.review import views as review
from question_bank.starter import cli as bank_commands
from question_bank.statutes import amendment_views as amended
from question_bank.statutes import cli as statutes_commands
from question_bank.statutes import views as statutes
from question_bank.transfer import cli as transfer_commands
from question_bank.transfer import jobs as imports
from question_bank.transfer import views as transfer

if TYPE_CHECKING:
    from flask import Flask
    from flask_limiter import Limiter
    from flask_wtf.csrf import CSRFProtect

VERIFY_RATE = "30 per minute"


def register(app: Flask, *, csrf: CSRFProtect, limiter: Limiter) -> None:
    """Register every room's pages, commands and hooks; the one page on which the whole house is wired."""
    for blueprint in (
        auth.blueprint,
        approvals.blueprint,
        health.blueprint,
        people.blueprint,
        home.blueprint,
        sittings.blueprint,
        results.blueprint,
        marking_pages.blueprint,
        key_pages.blueprint,
        certificates.blueprint,
        eligibility.blueprint,
        lookup_notices.blueprint,
        office_pages.blueprint,
        draws.blueprint,
        paper_specs.blueprint,
        roll.blueprint,
        reports.blueprint,
        stale_papers.blueprint,
        coverage_pages.blueprint,
        practice.blueprint,
        items.blueprint,
        reserving.blueprint,
        review.blueprint,
        due.blueprint,
        enemies.blueprint,
        returned.blueprint,
        statutes.blueprint,
        amended.blueprint,
        amendment_pages.blueprint,
        transfer.blueprint,
    ):
        app.register_blueprint(blueprint)
    for group in (
        people_commands.commands,
        bank_commands.commands,
        statutes_commands.commands,
        sittings_commands.commands,
        eligibility_commands.commands,
        report_commands.commands,
        demo_commands.commands,
    ):
        app.cli.add_command(group)
    for command in (transfer_commands.import_command, transfer_commands.export_command):
        bank_commands.commands.add_command(command)
    for view in (certificates.look_up, certificates.verify):
        app.view_functions[f"certificates.{view.__name__}"] = limiter.limit(VERIFY_RATE)(view)
    limiter.request_filter(addresses.is_exempt)
    app.cli.add_command(serve_command)
    app.cli.add_command(work_command)
    app.cli.add_command(access_command)
    csrf.exempt(sittings.answers)  # checks for itself, see there
    fragments.init_app(app)
    app.extensions["approval_kinds"] = {kind.name: kind for kind in (RESET_WHILE_SITTING,)}
    app.extensions["runs_of_unknown"] = lookups.runs_of_unknown
    app.extensions["saves_of"] = sitting_pages.saves_of
    app.extensions["sits_now"] = sitting_queries.sits_now
    app.extensions["is_room_address"] = addresses.is_room_now
    app.extensions["is_free_of_rate"] = addresses.is_free_of_rate
    app.extensions["keeps_signed_in"] = [sitting_queries.keeps_signed_in]
    app.extensions["released_results"] = results.released_results
    app.extensions["held_certificates"] = certificates.held_certificates
    app.extensions["certificate_of"] = certificates.certificate_of
    app.extensions["sweeps"] = [
        closing.close_overdue,
        certifying.issue_missing,
        office.reveal_finished,
        rehearsals.keep_open,
    ]
    app.extensions["work"] = [*imports.KINDS, observing.OBSERVING, accounts.ISSUING]
    app.extensions["after_sealing"] = [marking.mark_sitting, certifying.issue_for, rehearsals.readmit]
    app.extensions["waits_for_people"] = result_queries.waits_for_people
    app.extensions["entry_histories"] = entry_histories
    app.extensions["published_claim"] = history.CLAIM if app.config["SETTINGS"].is_demo else None
    app.extensions["law_usage"] = amendments.law_usage
    app.extensions["sessions_ahead_with"] = paper_queries.sessions_ahead_with
    app.extensions["sessions_ahead"] = paper_queries.sessions_ahead
    app.extensions["bank_checks"] = [coverage.uncovered]
    app.extensions["bank_coverage"] = bank_coverage
