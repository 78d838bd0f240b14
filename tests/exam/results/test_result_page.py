"""The candidate's result: score, words, breakdown; keys only where and when the session releases them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from core.db import transaction
from exam.certificates.queries import of_sitting
from exam.results.services import record_revision
from exam.sittings.models import ExamSession, KeyRelease, ResultRelease, Sitting
from exam.sittings.services import start
from tests.factories.results import NOW, OFFICER, browse, finish, finish_with, void
from tests.factories.sittings import make_exam_session, make_sitting


def test_a_pass_shows_score_words_sections_laws_and_certificate(app):
    sitting_id, candidate = finish_with("D", "", "CD", "A")
    page = browse(app, candidate).page(f"/results/{sitting_id}")
    number = of_sitting(sitting_id).certificate.number
    for words in (
        '<span class="verdict-figure">7</span>',
        "满分 9，5 分合格",
        "合格",
        "证书有效至 2028-11-23",
        f"/certificates/{number}",
        "一、单项选择题",
        "2 / 4",
        "示例法",
        "3 / 4",
        "向考试办公室申请复核",
    ):
        assert words in page, words
    assert "正确答案" not in page


def test_a_fail_says_how_far_it_was(app):
    sitting_id, candidate = finish(passed=False)
    page = browse(app, candidate).page(f"/results/{sitting_id}")
    assert "不合格" in page
    assert "离合格还差 5 分" in page
    assert "证书有效至" not in page


def test_nobody_sees_another_persons_result(app):
    sitting_id, _ = finish()
    _, other = finish()
    client = browse(app, other)
    client.page(f"/results/{sitting_id}", status=404)
    client.page(f"/results/{uuid4()}", status=404)
    client.page("/results/not-a-uuid", status=404)
    assert app.test_client().get(f"/results/{sitting_id}").status_code == 303


def test_before_the_end_the_result_leads_to_the_sitting(app):
    sitting_id, candidate = make_sitting()
    response = browse(app, candidate).get(f"/results/{sitting_id}")
    assert (response.status_code, response.location) == (303, f"/sittings/{sitting_id}")


def test_a_void_sitting_has_no_result_page(app):
    sitting_id, candidate = finish()
    void(sitting_id)
    response = browse(app, candidate).get(f"/results/{sitting_id}")
    assert response.location == f"/sittings/{sitting_id}"
    assert "夹带" in browse(app, candidate).page(response.location)


def test_the_office_releases_the_result(app):
    sitting_id, candidate = finish(result_release=ResultRelease.BY_OFFICE)
    client = browse(app, candidate)
    before = client.page(f"/results/{sitting_id}")
    assert "成绩尚未公布" in before
    assert "verdict" not in before
    number = of_sitting(sitting_id)
    assert number is None
    assert "查看成绩" not in client.page("/")
    with transaction() as session:
        row = session.get_one(ExamSession, session.get_one(Sitting, sitting_id).session_id)
        row.released_at = NOW + timedelta(hours=3)
    assert "合格" in client.page(f"/results/{sitting_id}")
    assert "查看成绩" in client.page("/")


def test_a_correction_is_shown_with_its_reason(app):
    sitting_id, candidate = finish()
    record_revision(
        sitting_id=sitting_id,
        score_hundredths=450,
        reason="复核更正",
        actor=OFFICER,
        now=NOW + timedelta(days=1),
    )
    page = browse(app, candidate).page(f"/results/{sitting_id}")
    for words in ("4.5", "不合格", "第 2 版", "复核更正"):
        assert words in page
    assert "证书有效至" not in page


def test_keys_need_the_sessions_release(app):
    sitting_id, candidate = finish(key_release=KeyRelease.NEVER)
    page = browse(app, candidate).page(f"/results/{sitting_id}")
    assert "逐题回看" not in page
    assert "《示例法》第 1 条。" not in page


def test_released_keys_show_own_answer_key_reason_and_article(app):
    sitting_id, candidate = finish_with("D", "A", "", "A", key_release=KeyRelease.WITH_RESULT)
    page = browse(app, candidate).page(f"/results/{sitting_id}")
    for words in ("逐题回看", "正确答案", "您的选择", "未作答", "《示例法》第 1 条"):
        assert words in page, words


def test_keys_wait_until_nobody_of_the_session_can_sit(app):
    session = make_exam_session(key_release=KeyRelease.WITH_RESULT)
    waiting, other = make_sitting(session=session)
    sitting_id, candidate = finish(session=session)
    client = browse(app, candidate)
    page = client.page(f"/results/{sitting_id}")
    assert "正确答案暂不显示" in page
    assert "您的选择" not in page
    start(sitting_id=waiting, actor=other.actor, now=NOW)
    assert "您的选择" not in client.page(f"/results/{sitting_id}")


def test_the_start_page_links_results_and_certificates(app):
    sitting_id, candidate = finish()
    page = browse(app, candidate).page("/")
    assert f"/results/{sitting_id}" in page
    assert f"/certificates/{of_sitting(sitting_id).certificate.number}" in page
