"""A sign-in that ends while a long form is typed loses nothing that was typed, with or without scripts."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select, update
from werkzeug.datastructures import MultiDict

from core import clock
from core.actor import Role
from core.auth.models import SignInSession
from core.db import db, transaction
from core.web import kept_forms
from exam.papers.models import PaperSpecVersion
from exam.sittings.models import ExamSession
from question_bank.items.models import Item
from tests.factories.office import make_small_spec
from tests.factories.people import PASSWORD, make_account

INPUT = re.compile(r'<input type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"\s*/?>')
EXPLANATION = "第一行：依照第四条，\r\n第二行：“十五日内”归还。"


def expire():
    with transaction() as session:
        session.execute(update(SignInSession).values(last_seen_at=clock.now() - timedelta(hours=2)))


def kept_in(page: str) -> str:
    return unescape(re.search(r'name="kept"[^>]*value="([^"]*)"', page)[1])


def sign_in_again(client, page, username, password=PASSWORD, **changes):
    form = {"username": username, "password": password, "next": "", "kept": kept_in(page)}
    return client.send("/sign-in", form | changes, status=None)


def sent_again(client, page: str):
    """Press the one button of the page that says what is still there."""
    assert "您填写的内容还在" in page
    form = re.search(r'<form method="post" action="(/(?!sign-out)[^"]*)".*?</form>', page, re.DOTALL)
    fields = MultiDict((unescape(name), unescape(value)) for name, value in INPUT.findall(form[0]))
    return client.post(unescape(form[1]), data=fields)


def session_form():
    day = clock.day_of(clock.now() + timedelta(days=3))
    return {
        "name": "第三场",
        "room": "市委党校一号机房",
        "held_on": day.isoformat(),
        "opens_at": "09:00",
        "last_start_at": "09:30",
        "closes_at": "11:30",
        "minutes": "90",
        "grace_seconds": "10",
        "paper_spec_id": str(make_small_spec()),
        "result_release": "by_office",
        "key_release": "never",
    }


def spec_form():
    return {
        "name": "执法卷",
        "minutes": "45",
        "pass_mark": "2",
        "sections-0-type": "single",
        "sections-0-count": "2",
        "sections-0-marks": "2",
    }


def item_form():
    return {
        "type": "single",
        "stem": "某局干部甲借出一份档案，最迟应当在几日内归还？",
        "options-0": "十日",
        "options-1": "十五日",
        "answer": "B",
        "explanation": EXPLANATION,
        "difficulty": "easy",
        "families": ["government", "congress"],
        "citations-0-law": "示例条例",
        "citations-0-article": "4",
    }


@pytest.mark.parametrize(
    ("url", "form", "column"),
    [
        ("/office/sessions/new", session_form, ExamSession.name),
        ("/office/paper-specs/new", spec_form, PaperSpecVersion.name),
    ],
)
def test_the_long_forms_come_back_and_are_saved(client, url, form, column):
    make_account("typist", Role.OFFICER)
    client.sign_in("typist", PASSWORD)
    typed = form()
    wanted = typed["name"]
    token = client.token()
    expire()
    lost = client.post(url, data={**typed, "csrf_token": token})
    assert lost.status_code == 401
    assert "您填写的内容还在" in lost.text
    wrong = sign_in_again(client, lost.text, "typist", "wrong")
    assert wrong.status_code == 422
    back = sign_in_again(client, wrong.text, "typist")
    assert wanted not in db.session.scalars(select(column)).all()
    assert sent_again(client, back.text).status_code == 303
    db.session.rollback()
    assert wanted in db.session.scalars(select(column)).all()


def test_what_is_wrong_in_the_form_is_told_then_and_every_line_is_kept(app, client):
    make_account("author", Role.AUTHOR)
    client.sign_in("author", PASSWORD)
    token = client.token()
    expire()
    lost = client.post("/bank/items/new", data={**item_form(), "csrf_token": token})
    back = sign_in_again(client, lost.text, "author")
    assert "第二行：“十五日内”归还。" in unescape(back.text)
    answer = sent_again(client, back.text)
    assert answer.status_code == 422, "the law that it cites is not loaded"
    page = unescape(answer.text)
    for words in ("最迟应当在几日内归还", "第一行：依照第四条，", "第二行：“十五日内”归还。", "十五日"):
        assert words in page
    assert db.session.scalar(select(func.count()).select_from(Item)) == 0


class TestWhatIsNotCarried:
    @pytest.fixture
    def typist(self, app, client):
        make_account("typist", Role.OFFICER)
        client.sign_in("typist", PASSWORD)
        return client

    def post(self, client, url, data, **options):
        token = client.token()
        expire()
        return client.post(url, data={**data, "csrf_token": token}, **options)

    def test_a_password(self, typist):
        form = {"current_password": PASSWORD, "new_password": "Abc-12345!", "repeat_password": "Abc-12345!"}
        answer = self.post(typist, "/password", form)
        assert (answer.status_code, answer.location) == (303, "/sign-in")

    def test_a_file_but_the_way_back_to_its_page(self, typist):
        url = "/office/sessions/00000000-0000-0000-0000-000000000007/candidates/list"
        answer = self.post(
            typist,
            url,
            {"file": (io.BytesIO(b"x"), "x.xlsx")},
            headers={"Referer": "http://localhost/office/sessions?page=2"},
        )
        assert (answer.status_code, answer.location) == (303, "/sign-in?next=/office/sessions?page%3D2")

    def test_an_id_number(self, typist):
        page = self.post(typist, "/office/people", {"id_number": "510502198001010013"})
        assert page.status_code == 303

    def test_more_than_a_page_can_carry(self, typist):
        page = self.post(typist, "/office/sessions/new", {"name": "长" * (kept_forms.MOST_CHARACTERS + 1)})
        assert page.status_code == 303

    def test_anything_to_another_account(self, typist):
        make_account("other", Role.OFFICER)
        lost = self.post(typist, "/office/sessions/new", {"name": "第三场，别人写的"})
        back = sign_in_again(typist, lost.text, "other")
        assert back.status_code == 303
        page = typist.page("/")
        assert "没有带过来" in page
        assert "别人写的" not in page

    @pytest.mark.parametrize("forged", ["x", "x.y.z"])
    def test_what_the_site_did_not_sign(self, typist, forged):
        lost = self.post(typist, "/office/sessions/new", {"name": "第三场"})
        assert sign_in_again(typist, lost.text, "typist", kept=forged).status_code == 303

    def test_what_came_without_the_pages_token(self, typist):
        expire()
        answer = typist.post("/office/sessions/new", data={"name": "从别处送来"})
        assert answer.status_code == 403
        assert "从别处送来" not in answer.text

    def test_what_nobody_typed_here(self, app):
        stranger = app.test_client()
        answer = stranger.send("/office/sessions/new", {"name": "第三场"})
        assert answer.location.startswith("/sign-in")
