from __future__ import annotations

from datetime import date

import pytest

from question_bank.transfer.laws import citation_words, law_words, place_words, read_citations
from tests.question_bank.transfer.conftest import BOOK, NEW, OLD

CF, XK = "行政处罚法", "行政许可法"
XK_VERSION = date(2019, 4, 23)


def read(laws: str, articles: str = ""):
    citations, problems, _warnings = read_citations(laws, articles, BOOK)
    assert problems == []
    return [(c.law, c.version, c.article, c.paragraph) for c in citations]


def refused(laws: str, articles: str = "") -> list[str]:
    return [problem.code for problem in read_citations(laws, articles, BOOK)[1]]


@pytest.mark.parametrize(
    "name",
    [
        CF,
        f"《{CF}》",
        "中华人民共和国行政处罚法",
        "《中华人民共和国行政处罚法》",
        " 行政 处罚法 ",
        "〈行政处罚法〉",
    ],
)
@pytest.mark.parametrize(
    "article",
    ["第三十六条第一款", "三十六条一款", "第36条第1款", "36条第一款", "第 36 条 第 1 款", "３６条第１款"],
)
def test_law_and_article_as_people_write_them(name, article):
    assert read(name, article) == [(CF, NEW, "36", 1)]


@pytest.mark.parametrize("article", ["36", "第三十六条", "三十六", "３６", "第36", "第三十六条。"])
def test_an_article_alone(article):
    assert read(CF, article) == [(CF, NEW, "36", None)]


def test_both_cells_may_hold_the_whole():
    wanted = [(CF, NEW, "36", 1), (CF, NEW, "37", None)]
    assert read("《行政处罚法》第三十六条第一款、第三十七条") == wanted
    assert read("", "行政处罚法第三十六条第一款、第三十七条") == wanted
    assert read("行政处罚法", "《行政处罚法》第三十六条第一款和第三十七条") == wanted


def test_paragraphs_share_the_article_before_them():
    assert read(CF, "第三十六条第一款、第二款") == [(CF, NEW, "36", 1), (CF, NEW, "36", 2)]


def test_several_laws_with_their_articles_line_by_line():
    assert read(f"{CF}\n{XK}", "第三十六条\n第二条、第三条") == [
        (CF, NEW, "36", None),
        (XK, XK_VERSION, "2", None),
        (XK, XK_VERSION, "3", None),
    ]
    assert refused(f"{CF}\n{XK}", "第三十六条") == ["articles_unpaired"]


def test_inserted_articles():
    assert read(CF, "第十二条之一")[0][2] == "12之一"


def test_the_version_is_the_one_in_force_unless_a_day_is_told():
    assert read("《行政处罚法》（2017-09-01）第三条") == [(CF, OLD, "3", None)]
    assert read("行政处罚法（2017年9月1日）", "3") == [(CF, OLD, "3", None)]
    assert read("《行政处罚法》（2021年修订）", "3") == [(CF, NEW, "3", None)]
    assert refused("《行政处罚法》（1996年版）", "3") == ["version_unknown"]
    assert refused("旧条例", "3") == ["law_not_in_force"]


def test_unknown_names_are_told_with_what_may_have_been_meant():
    (problem,) = read_citations("行政处罚发", "3", BOOK)[1]
    assert problem.code == "law_unknown"
    assert "《行政处罚法》" in problem.message


def test_what_cannot_be_read_is_a_problem_and_never_half_a_citation():
    assert refused(CF, "第三十六条至第三十八条") == ["article_range"]
    assert refused(CF, "总则") == ["article_unread"]
    assert refused(CF, "第二款") == ["article_unread"]
    assert refused(CF) == ["article_missing"]
    assert refused("", "第三十六条") == ["law_missing"]


def test_a_point_is_told_as_not_kept():
    citations, problems, warnings = read_citations(CF, "第三十六条第一款第（二）项", BOOK)
    assert [(c.article, c.paragraph) for c in citations] == [("36", 1)]
    assert problems == []
    assert [warning.code for warning in warnings] == ["point_dropped"]


def test_nothing_written_is_no_citation_and_no_problem():
    assert read_citations("", "", BOOK) == ((), [], [])


def test_what_is_written_out_is_read_back():
    citations = read_citations("《行政处罚法》（2017-09-01）第三条第二款；《行政许可法》第十条", "", BOOK)[0]
    assert read_citations(citation_words(citations, BOOK), "", BOOK)[0] == citations
    assert read_citations(law_words(citations, BOOK), place_words(citations), BOOK)[0] == citations
