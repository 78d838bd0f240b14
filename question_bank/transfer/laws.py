"""How files name laws and articles, and which version and article of the bank that is. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from core.errors import Problem
from question_bank.items.rules import CitationDraft
from question_bank.statutes.rules import article_label, article_words, chinese_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from question_bank.statutes.rules import KnownVersion

MOST_HEARD = 300
REPUBLIC = "中华人民共和国"
NUMERAL = "[0-9零〇一二两三四五六七八九十百千]{1,12}+"
TITLE = re.compile(r"《([^《》]+)》")
EDITION = re.compile(
    r"[（(]\s*+(\d{4})(?:\s*+[-年.]\s*+(\d{1,2})\s*+[-月.]\s*+(\d{1,2})\s*+日?|年)?\s*+(?:修订|修正|版|通过|公布)?\s*+[)）]"
)
SPACE = re.compile(r"\s*+")
REFERENCE = re.compile(
    rf"(?:第?\s*+(?P<article>{NUMERAL})\s*+条(?:\s*+之\s*+(?P<inserted>[0-9]{{1,4}}+|[一二三四五六七八九十]{{1,9}}+))?+"
    rf"|第?\s*+(?P<bare>{NUMERAL})(?:\s*+之\s*+(?P<bare_inserted>[0-9]{{1,4}}+|[一二三四五六七八九十]{{1,9}}+))?+"
    rf"(?!\s*+(?:[款项目]|{NUMERAL})))?+"
    rf"\s*+(?:第?\s*+(?P<paragraph>{NUMERAL})\s*+款)?+"
    rf"\s*+(?P<point>第?\s*+(?:[（(]\s*+)?+{NUMERAL}\s*+(?:[)）]\s*+)?+[项目])?+"
)
FIRST_ARTICLE = re.compile(rf"(?:第\s*+)?+{NUMERAL}\s*+条|(?<![0-9])[0-9]{{1,6}}\s*+$")
BETWEEN = re.compile(r"[\s、,，;；。.和及与以]+")
RANGE = re.compile(r"[至到~～—-]")
SEGMENTS = re.compile(r"[\n;；]+")
NAMES = re.compile(r"[\n;；、,，]+")


@dataclass(frozen=True)
class LawBook:
    """The laws that the bank knows: short titles by every name, versions in force today, all versions."""

    names: Mapping[str, str]
    in_force: Mapping[str, date]
    known: Mapping[tuple[str, date], KnownVersion]
    on: date
    _heard: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def short_title(self, name: str) -> str | None:
        """The law's short title; `name` is any of its names, with or without 《》 and 中华人民共和国."""
        bare = plain_name(name)
        return (
            self.names.get(bare)
            or self.names.get(REPUBLIC + bare)
            or self.names.get(bare.removeprefix(REPUBLIC))
        )

    def similar(self, name: str) -> tuple[str, ...]:
        """Up to two names that may have been meant; a file that names hundreds of unknown laws gets no more."""
        bare = plain_name(name)[:60]
        if len(self._heard) == MOST_HEARD:
            return self._heard.get(bare, ())
        if bare not in self._heard:
            self._heard[bare] = tuple(get_close_matches(bare, self.names, n=2, cutoff=0.7))
        return self._heard[bare]


def plain_name(name: str) -> str:
    """A law's name without 《》 and spaces, full-width letters folded."""
    return "".join(unicodedata.normalize("NFKC", name).split()).strip('《》<>〈〉"“”')


@dataclass(slots=True)
class _Found:
    citations: list[CitationDraft] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def refuse(self, code: str, message: str) -> None:
        self.problems.append(Problem(code, message, "citations"))


def read_citations(
    laws: str, articles: str, book: LawBook
) -> tuple[tuple[CitationDraft, ...], list[Problem], list[Problem]]:
    """The citations that two cells name, «法律法规» and «条款», then problems and warnings.

    Either cell may hold the whole («《行政处罚法》第三十六条第一款»). Several laws stand on lines of their own or
    between ；, their articles in the same order.
    """
    found = _Found()
    for name, edition, references in _pairs(laws.strip(), articles.strip(), found):
        _cite(name, edition, references, book, found)
    unique = tuple(dict.fromkeys(found.citations))
    return unique, found.problems, found.warnings


def _pairs(laws: str, articles: str, found: _Found) -> Iterator[tuple[str, str, str]]:
    """Name, edition and references of each law named."""
    if TITLE.search(articles):
        laws, articles = articles, ""
    if not laws and not articles:
        return
    if not laws:
        yield from _written_out(articles)
        return
    if not articles:
        yield from _written_out(laws)
        return
    names = _names(laws)
    if len(names) == 1:
        yield (*names[0], articles)
        return
    segments = [segment for segment in SEGMENTS.split(articles) if segment.strip()]
    if len(segments) != len(names):
        found.refuse(
            "articles_unpaired",
            f"写了 {len(names)} 部法规，条款却有 {len(segments)} 组，请一行一部、逐行对应，或写成《…》第…条。",
        )
        return
    for (name, edition), segment in zip(names, segments, strict=True):
        yield name, edition, segment


def _names(laws: str) -> list[tuple[str, str]]:
    """Each law named in a cell that names no articles, with what stands in brackets behind it."""
    titles = list(TITLE.finditer(laws))
    if titles:
        return [(title[1], _edition(laws, title.end())) for title in titles]
    names = []
    for part in NAMES.split(laws):
        edition = EDITION.search(part)
        name = part[: edition.start()] if edition else part
        if name.strip():
            names.append((name, edition[0] if edition else ""))
    return names


def _edition(text: str, start: int) -> str:
    """What stands in brackets behind a name, with the spaces before it."""
    spaces = SPACE.match(text, start)
    found = EDITION.match(text, spaces.end() if spaces else start)
    return text[start : found.end()] if found else ""


def _written_out(text: str) -> Iterator[tuple[str, str, str]]:
    """Laws with their articles in running text: 《…》第…条、第…条；《…》第…条, or one law without 《》."""
    titles = list(TITLE.finditer(text))
    if titles:
        for title, following in zip(titles, [*titles[1:], None], strict=True):
            edition = _edition(text, title.end())
            end = following.start() if following else len(text)
            yield title[1], edition, text[title.end() + len(edition) : end]
        return
    for part in SEGMENTS.split(text):
        if not part.strip():
            continue
        begin = FIRST_ARTICLE.search(part)
        name = part[: begin.start()] if begin else part
        told = EDITION.search(name)
        yield (
            name[: told.start()] if told else name,
            told[0] if told else "",
            part[begin.start() :] if begin else "",
        )


def _cite(name: str, edition: str, references: str, book: LawBook, found: _Found) -> None:
    law = book.short_title(name)
    if law is None:
        if not plain_name(name):
            found.refuse("law_missing", f"条款“{references.strip()[:40]}”没有写明是哪部法规。")
            return
        near = "或".join(f"《{known}》" for known in book.similar(name))
        advice = f"是不是{near}？" if near else "请核对名称，或先载入这部法规。"
        written = references.strip()[:40]
        found.refuse("law_unknown", f"法规库中没有《{plain_name(name)[:60]}》{written}，{advice}")
        return
    version = _version(law, edition, book, found)
    if version is None:
        return
    places = list(_places(references, found))
    if not places and not found.problems:
        found.refuse("article_missing", f"《{law}》没有写明条号，请写成 第三十六条 或 36。")
    found.citations += [CitationDraft(law, version, label, paragraph) for label, paragraph in places]


def _version(law: str, edition: str, book: LawBook, found: _Found) -> date | None:
    """The version in force, or the one that the brackets behind the name tell by its day or year."""
    present = book.in_force.get(law)
    told = EDITION.match(edition.strip()) if edition else None
    if told is None:
        if present is None:
            found.refuse("law_not_in_force", f"《{law}》在 {book.on} 没有现行版本，请改引现行法规。")
        return present
    versions = [version for known, version in book.known if known == law]
    if told[2]:
        meant = [version for version in versions if _same_day(version, told)]
    else:
        meant = [version for version in versions if version.year == int(told[1])]
        meant = [present] if present in meant else meant
    if len(meant) == 1:
        return meant[0]
    found.refuse("version_unknown", f"法规库中没有《{law}》{edition.strip()}这一版本，请核对日期。")
    return None


def _same_day(version: date, told: re.Match[str]) -> bool:
    return (version.year, version.month, version.day) == (int(told[1]), int(told[2]), int(told[3]))


def _places(references: str, found: _Found) -> Iterator[tuple[str, int | None]]:
    """Label and paragraph of each reference; «第一款、第二款» share the article before them."""
    text = unicodedata.normalize("NFKC", references).strip()
    position, label = 0, ""
    while position < len(text):
        between = BETWEEN.match(text, position)
        if between:
            position = between.end()
            continue
        reference = REFERENCE.match(text, position)
        if reference is None or reference.end() == position:
            where = text[position : position + 20]
            if RANGE.match(text, position):
                found.refuse("article_range", f"条款“{text[:40]}”是一段范围，请逐条列出。")
            else:
                found.refuse("article_unread", f"看不懂条款“{where}”，请写成 第三十六条第一款 或 36。")
            return
        position = reference.end()
        number = reference["article"] or reference["bare"]
        if number:
            inserted = reference["inserted"] or reference["bare_inserted"]
            read = article_label(number + (f"之{inserted}" if inserted else ""))
            if read is None:
                found.refuse("article_unread", f"没有“{reference[0].strip()}”这样的条号。")
                return
            label = read
        elif not label:
            found.refuse("article_unread", f"“{reference[0].strip()}”前面没有条号。")
            return
        if reference["point"]:
            words = reference["point"].strip()
            found.warnings.append(
                Problem("point_dropped", f"依据记到款为止，“{words}”没有保存。", "citations")
            )
        paragraph = reference["paragraph"]
        yield label, int(article_label(paragraph) or 0) or None if paragraph else None


def law_words(citations: Sequence[CitationDraft], book: LawBook) -> str:
    """The laws of citations, one a line; with the version where it is not the one in force."""
    return "\n".join(_law_words(citation, book) for citation in citations)


def _law_words(citation: CitationDraft, book: LawBook) -> str:
    present = book.in_force.get(citation.law) == citation.version
    return f"《{citation.law}》" + ("" if present else f"（{citation.version}）")


def place_words(citations: Sequence[CitationDraft]) -> str:
    """The articles of citations as the law writes them, one a line."""
    return "\n".join(_place_words(citation) for citation in citations)


def _place_words(citation: CitationDraft) -> str:
    paragraph = f"第{chinese_number(citation.paragraph)}款" if citation.paragraph else ""
    return article_words(citation.article) + paragraph


def citation_words(citations: Sequence[CitationDraft], book: LawBook) -> str:
    """Citations in one line: 《行政处罚法》第三十六条第一款；《…》第…条."""
    return "；".join(_law_words(citation, book) + _place_words(citation) for citation in citations)
