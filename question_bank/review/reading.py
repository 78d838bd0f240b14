"""What the pages on which a version is read whole show of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from question_bank.items.pages import cited_articles
from question_bank.items.previews import preview_of
from question_bank.items.queries import draft_of

if TYPE_CHECKING:
    from question_bank.items.models import ItemVersion


def reading(version: ItemVersion) -> dict[str, object]:
    """The version as a draft, as the candidate sees it, and the articles that it and its questions cite."""
    draft = draft_of(version)
    return {
        "version": version,
        "draft": draft,
        "preview_of": preview_of(draft),
        "articles": cited_articles(draft),
    }
