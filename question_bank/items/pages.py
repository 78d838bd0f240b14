"""What the pages of an item show, put together from what the queries found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.clock import day_of
from question_bank.items import queries
from question_bank.items.differences import changes
from question_bank.items.duplicates import asked_by, near_duplicates
from question_bank.items.previews import preview_of
from question_bank.items.question_forms import NamedLaws
from question_bank.items.wording import fingerprint
from question_bank.statutes.queries import (
    cited_texts,
    known_versions,
    short_titles_of,
    versions_in_force,
)
from question_bank.statutes.rules import article_label, article_words

if TYPE_CHECKING:
    from datetime import datetime

    from core.errors import Problem
    from question_bank.items.forms import ItemForm
    from question_bank.items.models import Item
    from question_bank.items.rules import CitationDraft, ItemDraft
    from question_bank.statutes.queries import CitedText


@dataclass(frozen=True, slots=True)
class CitedArticle:
    """An article that an item or questions of it cite.

    `found` is None where the bank does not know the wording of the law; `exists` tells whether that has such an
    article. `questions` are the numbers of the case's questions that cite it, 0 standing for the item itself.
    """

    cited: CitationDraft
    found: CitedText | None
    exists: bool
    questions: tuple[int, ...]

    @property
    def words(self) -> str:
        """The article as the law writes it; as it was typed where that is no number."""
        return article_words(self.cited.article) if _is_label(self.cited.article) else self.cited.article


def item_context(code: str) -> dict[str, object]:
    """What the pages of an item show: versions with their changes, articles, questions much like it, history."""
    shown = queries.item(code)
    versions = queries.versions(shown.id)
    drafts = {version.number: queries.draft_of(version) for version in versions}
    latest = drafts[versions[0].number]
    return {
        "item": shown,
        "versions": versions,
        "latest": versions[0],
        "draft": latest,
        "preview_of": preview_of(latest),
        "articles": cited_articles(latest),
        "near": near_duplicates([latest], except_item_id=shown.id)[0],
        "changes": {n: changes(drafts[n - 1], draft) for n, draft in drafts.items() if n > 1},
        "in_use": queries.number_in_use(shown.id),
        "history": queries.history(shown.id),
    }


def beside_form(form: ItemForm, item: Item | None, *, now: datetime) -> dict[str, Any]:
    """What stands beside the author's form: preview, cited articles, questions much like what was typed so far.

    `twin` is the code of the item that asks the same, None when none does; `unread` what citations lack.
    """
    draft, unread = draft_of_form(form, now=now)
    twin = asked_by([fingerprint(draft)]).get(fingerprint(draft))
    return {
        "preview_of": preview_of(draft),
        "articles": cited_articles(draft),
        "unread": unread,
        "near": near_duplicates([draft], except_item_id=item.id if item else None)[0],
        "twin": twin if item is None or twin != item.code else None,
    }


def draft_of_form(form: ItemForm, *, now: datetime) -> tuple[ItemDraft, list[Problem]]:
    """What was typed as a draft, with the laws as they are named on that day, and what could not be read of it."""
    titles = short_titles_of(form.all_laws())
    return form.draft(NamedLaws(titles, versions_in_force(set(titles.values()), day_of(now))))


def cited_articles(draft: ItemDraft) -> list[CitedArticle]:
    """The articles that an item and its questions cite, each once, in the order of the form."""
    citing: dict[CitationDraft, list[int]] = {}
    for number, part in enumerate((draft, *draft.questions)):
        for cited in part.citations:
            citing.setdefault(cited, []).append(number)
    texts = cited_texts({(c.law, c.version, c.article) for c in citing})
    known = known_versions({c.law for c in citing})
    return [
        CitedArticle(
            cited=c,
            found=texts.get((c.law, c.version, c.article)),
            exists=(c.law, c.version) in known
            and _is_label(c.article)
            and known[c.law, c.version].has_article(c.article),
            questions=tuple(dict.fromkeys(numbers)),
        )
        for c, numbers in citing.items()
    ]


def _is_label(article: str) -> bool:
    return article_label(article) == article
