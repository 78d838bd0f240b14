"""Commands of statutes."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from core import clock
from core.commands import EXIT_NO, Day, console, domain_errors, print_json
from core.errors import Invalid, NotFound
from question_bank.statutes import services
from question_bank.statutes.comparison import ArticleChange, compare
from question_bank.statutes.queries import article_texts, short_titles_of
from question_bank.statutes.rules import article_words
from question_bank.statutes.words import CHANGES

if TYPE_CHECKING:
    from datetime import date

commands = AppGroup("statutes", help="Statutes: their versions and their texts.")


@commands.command("load")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@domain_errors
def load(folder: Path, *, as_json: bool) -> None:
    """Load the law files of FOLDER, one JSON file a version (docs/statutes-format.md)."""
    try:
        counts = services.load_folder(folder=folder, actor=console(), now=clock.now())
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


@commands.command("compare")
@click.argument("law")
@click.argument("old", type=Day())
@click.argument("new", type=Day())
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@domain_errors
def compare_versions(law: str, old: date, new: date, *, as_json: bool) -> None:
    """Show what became of each article of LAW from its version OLD to its version NEW (their days).

    Any two versions whose texts are loaded; nothing is stored.
    """
    title = short_titles_of([law]).get(law, law)
    texts = article_texts([title])
    for version in (old, new):
        if (title, version) not in texts:
            raise NotFound(f"没有《{title}》{version} 版本的条文，请核对名称和版本，或先载入。")
    rows = compare(texts[title, old], texts[title, new])
    counts = Counter(row.change for row in rows)
    if as_json:
        print_json(
            {
                "law": title,
                "old": old,
                "new": new,
                "counts": {change.value: counts[change] for change in ArticleChange},
                "articles": [asdict(row) for row in rows],
            }
        )
        return
    for row in rows:
        if row.change is not ArticleChange.UNCHANGED:
            ends = " → ".join(article_words(label) for label in (row.old, row.new) if label)
            click.echo(f"{CHANGES[row.change]}　{ends}" + (f"　{row.similarity} %" if row.similarity else ""))
    click.echo("，".join(f"{CHANGES[change]} {counts[change]} 条" for change in ArticleChange) + "。")
