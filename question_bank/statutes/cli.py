"""Commands of statutes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from flask.cli import AppGroup

from core import clock
from core.actor import Actor
from core.commands import EXIT_NO, domain_errors, print_json
from core.errors import Invalid
from question_bank.statutes import services

commands = AppGroup("statutes", help="Statutes: their versions and their texts.")


@commands.command("load")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@domain_errors
def load(folder: Path, *, as_json: bool) -> None:
    """Load the law files of FOLDER, one JSON file a version (docs/statutes-format.md)."""
    try:
        counts = services.load_folder(folder=folder, actor=Actor.command(), now=clock.now())
    except Invalid as error:
        if not as_json:
            raise
        print_json(
            {"problems": [{"file": p.where, "code": p.code, "message": p.message} for p in error.problems]}
        )
        raise SystemExit(EXIT_NO) from None
    if as_json:
        print_json({**asdict(counts), "problems": []})
    else:
        click.echo(
            f"读取 {counts.files} 个文件，{counts.laws} 部法规，{counts.articles} 条；"
            f"新增 {counts.new_versions} 个版本，{counts.new_articles} 条条文；"
            f"与前一版本比对 {counts.comparisons} 次。"
        )
