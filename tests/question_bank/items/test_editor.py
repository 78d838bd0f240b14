"""The author's form of an item of any type: what is typed, arranged, refused, shown beside it and stored."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from core.actor import Actor, Role
from core.people.rules import UnitFamily
from question_bank.items import queries
from question_bank.items.forms import ItemForm
from question_bank.items.question_forms import NamedLaws
from question_bank.items.rules import CitationDraft, QuestionType
from question_bank.statutes.services import load_folder
from tests.examples import examples
from tests.factories.bank import NOW, client_as, make_draft, make_item

SAMPLES = Path(__file__).parents[2] / "data" / "statutes"
NEW = "/bank/items/new"
CITED = {"citations-0-law": "示例条例", "citations-0-article": "4"}
COMMON = {"explanation": "依照第四条，十五日内归还。", "difficulty": "easy", **CITED}
FILL_IN = {
    **COMMON,
    "type": "blank",
    "stem": "借出的档案应当自借出之日起____内归还，可以续借______次。",
    "accepted-0": "十五日\r\n15日\r\n",
    "accepted-1": "一",
}
CASE = {
    "type": "case",
    "stem": "某局干部甲借出一份档案，二十日后仍未归还。",
    "difficulty": "hard",
    **CITED,
    "part": "综合清单",
    "families": ["government", "congress"],
    "questions-0-type": "single",
    "questions-0-stem": "甲最迟应当在几日内归还？",
    "questions-0-options-0": "十日",
    "questions-0-options-1": "十五日",
    "questions-0-answer": "B",
    **{f"questions-0-{name}": value for name, value in COMMON.items()},
    **{f"questions-1-{name}": value for name, value in FILL_IN.items()},
}


@pytest.fixture
def author(app):
    load_folder(folder=SAMPLES, actor=Actor.command(), now=NOW)
    return client_as(app, "wang", Role.AUTHOR)


def stored(code):
    return queries.draft_of(queries.latest_version(queries.item(code).id))


def write(client, form):
    return client.send(NEW, form).location.rpartition("/")[2]


def sent(form):
    """What a browser sends of a form."""
    found = MultiDict()

    def add(field):
        if hasattr(field, "form"):
            for inner in field.form:
                add(inner)
        elif hasattr(field, "entries"):
            for entry in field:
                add(entry)
        elif isinstance(field.data, list):
            found.setlist(field.name, field.data)
        elif field.data not in (None, False):
            found.add(field.name, "y" if field.data is True else field.data)

    for field in form:
        add(field)
    return found


def plain(text):
    return text.replace("\r\n", "\n").strip()


def value_of(page, name):
    """What stands in a field of the page."""
    area = re.search(rf'<textarea[^>]*\bname="{name}"[^>]*>\r?\n?(.*?)</textarea>', page, re.DOTALL)
    line = re.search(rf'<input[^>]*\bname="{name}"[^>]*\bvalue="([^"]*)"', page)
    return plain(unescape((area or line)[1]))


def test_a_fill_in_question_is_stored_with_a_list_of_texts_for_each_blank(author):
    code = write(author, FILL_IN)
    draft = stored(code)
    assert draft.accepted == (("十五日", "15日"), ("一",))
    assert draft.stem.count("____") == 2
    assert "______" not in draft.stem
    page = unescape(author.page(f"/bank/items/{code}"))
    assert "也算对：15日" in page
    assert page.count('name="q1"') == 2, "the candidate has a place to type for each blank"


def test_a_short_question_is_stored_with_its_reference(author):
    reference = "一、期限（2 分）\n二、续借（3 分）"
    code = write(author, {**COMMON, "type": "short", "stem": "简述档案借阅的期限。", "reference": reference})
    assert stored(code).reference == reference
    assert "二、续借（3 分）" in author.page(f"/bank/items/{code}")


def test_a_case_is_stored_with_its_questions_and_shown_whole_to_author_and_reviewer(app, author):
    code = write(author, CASE)
    draft = stored(code)
    assert [question.type for question in draft.questions] == [QuestionType.SINGLE, QuestionType.BLANK]
    assert draft.questions[0].answer == "B"
    assert draft.questions[1].accepted == (("十五日", "15日"), ("一",))
    assert (draft.part, draft.families) == ("综合清单", (UnitFamily.CONGRESS, UnitFamily.GOVERNMENT))
    author.send(f"/bank/review/{code}/submit", {"number": "1"})
    reviewer = client_as(app, "li", Role.REVIEWER)
    for page in (author.page(f"/bank/items/{code}"), reviewer.page(f"/bank/review/{code}")):
        for words in (
            "二十日后仍未归还",
            "甲最迟应当在几日内归还",
            "也算对：15日",
            "综合清单",
            "人大、政府（行政）",
        ):
            assert words in unescape(page), words
        assert len(re.findall(r'<article class="cited">', page)) == 1, "the article that all cite stands once"


@pytest.mark.parametrize("kind", list(QuestionType))
def test_a_stored_item_of_any_type_comes_through_the_form_unchanged(app, kind):
    draft = replace(
        make_draft(kind),
        part="专业清单",
        families=(UnitFamily.COURT,),
        citations=(
            CitationDraft("示例法", date(2020, 1, 1), "120之一", 2),
            CitationDraft("乙法", date(2019, 3, 1), "7"),
        ),
    )
    with app.test_request_context():
        form = ItemForm()
        form.show(draft, 1)
        again = ItemForm(sent(form))
        assert again.draft(NamedLaws({}, {})) == (draft, [])


def test_what_is_wrong_stands_beside_its_field_and_is_linked_from_the_top(author):
    wrong = CASE | {
        "questions-0-answer": "C",
        "questions-1-stem": "空____",
        "questions-1-citations-0-article": "九十九",
        "questions-1-accepted-1": "",
    }
    page = unescape(author.send(NEW, wrong, status=422).text)
    for where, message in (
        ("questions-0-answer", "第 1 小题：答案 C 不在选项之内"),
        ("questions-1-stem", "第 2 小题：题干太短"),
        ("questions-1-citations", "第 2 小题：《示例条例》（2025-10-20）没有第九十九条"),
    ):
        assert re.search(rf'<a href="#{where}">{re.escape(message)}', page), message
        beside = re.search(rf'id="{where}-error">(.*?)</p>', page, re.DOTALL)
        assert message in beside[1]
    for name, text in wrong.items():
        if name.startswith("questions") and name.endswith(
            ("stem", "law", "article", "options-1", "accepted-0")
        ):
            assert value_of(page, name) == plain(text), name
    assert queries.item_page(queries.ItemFilter(), 1).total == 0


def test_too_many_blanks_for_the_answers_typed_ask_for_the_missing_ones(author):
    page = author.send(NEW, FILL_IN | {"accepted-1": ""}, status=422).text
    assert "第 2 空没有答案" in page
    shown = re.findall(r'data-blank="(\d)"(\s+hidden)?', page.partition('id="questions"')[0])
    assert [number for number, hidden in shown if not hidden] == ["1", "2"]


def test_only_one_question_typed_is_too_few_and_empty_ones_at_the_end_do_not_count(author):
    one = {name: value for name, value in CASE.items() if not name.startswith("questions-1")}
    assert "现有 1 道" in author.send(NEW, one, status=422).text
    more = author.send(NEW, CASE | {"questions-2-type": "single", "questions-2-stem": ""})
    assert len(stored(more.location.rpartition("/")[2]).questions) == 2


def test_buttons_without_scripts_add_move_and_take_out_rows_and_keep_what_was_typed(author):
    def press(form, act):
        page = author.send(NEW, {**form, "act": act}, status=200).text
        assert "请更正以下内容" not in page
        return page

    page = press(CASE, "add questions")
    assert page.count('class="case-question') == 3
    assert re.search(r'id="questions-2"[^>]*autofocus', page)
    for name in ("stem", "questions-0-stem", "questions-1-accepted-0", "questions-1-citations-0-law"):
        assert value_of(page, name) == plain(CASE[name])
    page = press(CASE, "up questions-1")
    assert value_of(page, "questions-0-accepted-0") == "十五日\n15日"
    assert value_of(page, "questions-1-stem") == CASE["questions-0-stem"]
    assert re.search(r'name="questions-1-answer"\s+value="B"[^>]*checked', page)
    page = press(CASE, "remove questions-0")
    assert value_of(page, "questions-0-accepted-0") == "十五日\n15日"
    assert value_of(page, "questions-1-stem") == ""
    page = press(CASE, "add questions-0-citations")
    assert value_of(page, "questions-0-citations-1-law") == ""
    page = press(CASE, "remove questions-0-options-0")
    assert value_of(page, "questions-0-options-0") == "十五日"
    assert re.search(r'name="questions-0-answer"\s+value="A"[^>]*checked', page), (
        "the key moves with its option"
    )
    assert queries.item_page(queries.ItemFilter(), 1).total == 0


@settings(max_examples=examples(25))
@given(
    acts=st.lists(st.tuples(st.sampled_from(["add", "remove", "up", "down"]), st.integers(0, 11)), max_size=6)
)
def test_whatever_is_pressed_only_what_is_taken_out_is_gone(app, acts):
    def stems():
        return sorted(entry.form.stem.data for entry in form.questions if entry.form.stem.data)

    with app.test_request_context():
        form = ItemForm(MultiDict(CASE))
        typed = stems()
        for act, index in acts:
            if (
                act == "remove"
                and index < len(form.questions)
                and (gone := form.questions[index].form.stem.data)
            ):
                typed.remove(gone)
            form.arrange("add questions" if act == "add" else f"{act} questions-{index}")
            assert stems() == typed
            assert 2 <= len(form.questions) <= 10
            assert [entry.id for entry in form.questions] == [
                f"questions-{n}" for n in range(len(form.questions))
            ]


def test_beside_the_form_stand_preview_article_and_questions_much_like_it(author):
    stem = "借出的档案应当自借出之日起____内归还，逾期不还的由____书面催还？"
    make_item(code="like-1", approved=False, draft=replace(make_draft(QuestionType.BLANK), stem=stem))
    typed = FILL_IN | {"stem": stem.replace("书面", "单位书面"), "act": "beside"}
    page = author.send(NEW, typed, status=200).text
    assert "<form" not in page
    assert page.count('name="q1"') == 2
    assert "可以续借一次" in page, "the cited article's text"
    near = re.search(r'<ul class="near">(.*?)</ul>', page, re.DOTALL)[1]
    assert re.search(r"\d\d %", near)
    assert 'href="/bank/items/like-1"' in near
    assert "草稿" in near
    assert "书面催还" in near


def test_without_scripts_questions_much_alike_are_told_at_the_preview_and_after_saving(app, author):
    first = write(author, FILL_IN)
    close = FILL_IN | {"stem": FILL_IN["stem"].replace("可以续借", "并可以续借")}
    assert f'href="/bank/items/{first}"' in author.send(NEW, {**close, "act": "show"}, status=200).text
    second = write(author, close)
    author.send(f"/bank/review/{second}/submit", {"number": "1"})
    for page in (
        author.page(f"/bank/items/{second}"),
        client_as(app, "li", Role.REVIEWER).page(f"/bank/review/{second}"),
    ):
        assert re.search(rf'<ul class="near">.*href="/bank/items/{first}"', page, re.DOTALL)


def test_the_same_question_is_named_while_it_is_typed_and_its_own_version_is_not(author):
    code = write(author, FILL_IN)
    page = author.send(NEW, {**FILL_IN, "act": "beside"}, status=200).text
    assert f"与 {code} 问的相同" in page
    page = author.send(f"/bank/items/{code}/edit", {**FILL_IN, "base": "1", "act": "beside"}, status=200).text
    assert "问的相同" not in page
    assert 'class="near"' not in page


def test_an_article_that_is_not_there_is_told_beside_the_form(author):
    def told(**cited):
        return author.send(NEW, {**COMMON, **cited, "act": "beside"}, status=200).text

    assert "没有这一条" in told(**{"citations-0-article": "99"})
    assert "没有《没有的法》" in told(**{"citations-0-law": "没有的法"})
    assert "没有这一版本" in told(**{"citations-0-version": "1999-01-01"})
    assert "日期" in told(**{"citations-0-version": "去年"})


def test_what_stands_beside_needs_the_token_and_the_right_to_write(app, author):
    assert author.post(NEW, data={**FILL_IN, "act": "beside"}).status_code == 403
    reviewer = client_as(app, "li", Role.REVIEWER)
    reviewer.send(NEW, {**FILL_IN, "act": "beside"}, status=403)


def test_any_two_versions_are_compared(author):
    code = write(author, CASE)
    second = CASE | {"questions-0-answer": "A", "families": ["court"]}
    author.send(f"/bank/items/{code}/edit", second | {"base": "1"})
    third = second | {"questions-1-accepted-1": "1\n一", "stem": CASE["stem"].replace("二十日", "25日")}
    author.send(f"/bank/items/{code}/edit", third | {"base": "2"})
    page = unescape(author.page(f"/bank/items/{code}/compare?old=1&new=3"))
    plain = re.sub(r"\s+", " ", re.sub(r"<dt>|</dt>", "|", page))
    for words in (
        "<del>二十</del><ins>25</ins>日",
        "<del>人大、政府（行政）</del> → <ins>法院</ins>",
        "第 1 小题 · 答案",
        "第 2 小题 · 填空答案",
    ):
        assert words in plain, words
    assert "答案" not in author.page(f"/bank/items/{code}/compare?old=2&new=2").partition("<main")[2]
    assert "第 2 版与第 3 版的不同" in author.page(f"/bank/items/{code}/compare")
    assert "第 1 版与第 3 版的不同" in author.page(f"/bank/items/{code}/compare?old=99&new=0")


def test_no_form_makes_the_editor_fail(either_app):
    either_app.config["PROPAGATE_EXCEPTIONS"] = False
    client = client_as(either_app, "someone", Role.AUTHOR)
    for odd in ("-1", "9" * 30, "abc", "\x00", "长" * 500, "0", "'", "\ud7ff\U0010ffff"):
        form = dict.fromkeys(
            [*CASE, *FILL_IN, "questions-0-citations-0-paragraph", "citations-0-version"], odd
        )
        for changed in (
            form,
            form | {"type": "case"},
            CASE | {"act": odd},
            CASE | {"act": f"remove questions-{odd}"},
        ):
            assert client.send(NEW, changed, status=None).status_code in {200, 400, 422}
