"""The office's pages of paper specs: list, one spec, a new one, a new version, a sample without keys."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from html import unescape

import pytest
from sqlalchemy import func, select, update

from core import clock
from core.actor import Role
from core.audit.models import AuditEntry
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed
from core.people.rules import UnitFamily
from exam.papers import queries
from exam.papers.models import PaperSpecVersion
from exam.papers.rules import DEFAULT_SPEC, PaperSpec, Section
from exam.papers.samples import draw_sample
from exam.papers.services import add_spec, create_spec, revise_spec
from exam.sittings.preparation import verify_draw
from question_bank.items.models import Item
from question_bank.items.rules import Difficulty, QuestionType
from tests.factories.bank import NOW, client_as, make_draft, make_item
from tests.factories.office import OFFICER, admit, make_session, prepare
from tests.factories.sittings import make_candidate

URL = "/office/paper-specs"
SMALL = PaperSpec("小卷", (Section(QuestionType.SINGLE, 2, Decimal(2)),), Decimal(2), minutes=30)


@pytest.fixture
def officer(app):
    return client_as(app, "officer", Role.OFFICER)


def typed(**changes) -> dict[str, object]:
    """A form with a part of two 单选 and a part of one 案例."""
    return {
        "name": "执法卷",
        "minutes": "45",
        "pass_mark": "6",
        "sections-0-type": "single",
        "sections-0-count": "2",
        "sections-0-marks": "2.5",
        "sections-0-laws": "《示例法》",
        "sections-0-easy": "1",
        "sections-0-hard": "1",
        "sections-1-type": "case",
        "sections-1-count": "1",
        "sections-1-marks": "3",
        "sections-1-questions": "2",
        **changes,
    }


def rows() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(PaperSpecVersion))


def test_the_list_begins_with_the_preset_and_says_how_the_bank_stands(officer):
    page = unescape(officer.page(URL))
    for words in ("标准卷", "45", "100", "90 分钟", "不足"):
        assert words in page, words
    assert URL in officer.page("/")


def test_others_do_not_come_in(app):
    assert app.test_client().get(URL).status_code == 303
    assert client_as(app, "author1", Role.AUTHOR).get(URL).status_code == 403
    with pytest.raises(NotAllowed):
        create_spec(spec=SMALL, actor=make_candidate().actor, now=NOW)


def test_a_spec_is_written_read_and_changed_into_a_new_version(officer):
    make_item(difficulty=Difficulty.EASY)
    location = officer.send(f"{URL}/new", typed()).location
    page = unescape(officer.page(location))
    for words in ("执法卷", "第 1 版", "一、单选", "易 1", "难 1", "《示例法》", "1 案 × 2 小题", "11 分"):
        assert words in page, words
    assert "现在抽不满一份试卷" in page
    assert 'value="2.5"' in officer.page(f"{location}/change")
    again = officer.send(
        f"{location}/change", typed(**{"sections-0-marks": "3", "name": "改名不算"})
    ).location
    assert unescape(officer.page(again)).count("第 2 版") >= 1
    assert "这不是最新的一版" in officer.page(location)
    late = officer.send(f"{location}/change", typed(**{"sections-0-marks": "4"}), status=422).text
    assert "别人已经存了第 2 版" in unescape(late)
    assert 'value="4"' in late
    db.session.rollback()
    stored = queries.versions("执法卷")
    assert [(each.number, each.spec.sections[0].marks) for each in stored] == [(2, 3), (1, Decimal("2.5"))]
    assert "执法卷（第 2 版，4 题，45 分钟）" in unescape(officer.page("/office/sessions/new"))
    assert 'value="执法卷"' not in officer.page(f"{URL}/new?like={stored[0].id}")


WRONG = (
    ({"name": ""}, ["请填写组卷方案的名称"]),
    ({"name": "卷" * 101}, ["不超过 100 个字"]),
    ({"name": "小卷"}, ["已有同名的组卷方案"]),
    ({"minutes": ""}, ["请填写时长"]),
    ({"minutes": "9" * 5000}, ["请填写整数"]),
    ({"pass_mark": "六十"}, ["请填写数字"]),
    ({"pass_mark": "12"}, ["合格分 12 高于满分 11"]),
    ({"sections-0-count": ""}, ["请填写题数"]),
    ({"sections-0-count": "0", "sections-1-marks": "-1"}, ["题数应当至少为 1", "每题分值应当大于 0"]),
    ({"sections-0-marks": "NaN"}, ["请填写数字"]),
    ({"sections-0-marks": "1e999"}, ["每题分值应当大于 0、不超过"]),
    ({"sections-0-type": "essay"}, ["请选择题型"]),
    ({"sections-0-type": "short"}, ["简答题须由人评阅"]),
    ({"sections-0-laws": "示例法、没有的法"}, ["法规库中没有《没有的法》"]),
    ({"sections-0-laws": "没有的法", "minutes": ""}, ["法规库中没有《没有的法》", "请填写时长"]),
    ({"sections-1-families": "navy"}, ["适用单位只能从所列各类中选"]),
    ({"sections-0-easy": "5"}, ["各难度题数合计 6"]),
    ({"sections-1-questions": "11", "minutes": "x"}, ["每个案例应当有 2 至 10 小题", "请填写整数"]),
)


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(officer):
    make_item()
    add_spec(spec=SMALL, actor=OFFICER, now=NOW)
    before = rows()
    for changes, messages in WRONG:
        page = unescape(officer.send(f"{URL}/new", typed(**changes), status=422).text)
        for words in messages:
            assert page.count(words) == 2, (changes, words)  # in the summary and at the field
        assert 'value="2"' in page
    assert rows() == before


def test_short_answers_are_off_until_the_switch_says_what_they_bring(officer):
    page = officer.page(f"{URL}/new")
    assert "全部评完之前，这份试卷没有成绩" in page
    assert not re.search(r'name="with_short"[^>]*checked|checked[^>]*name="with_short"', page)
    short = {"sections-1-type": "short", "sections-1-questions": "", "sections-1-marks": "10"}
    refused = officer.send(f"{URL}/new", typed(**short), status=422)
    assert "请选中“含简答题”" in refused.text
    for most_apart, words in (("0.3", "0.5 的倍数"), ("10", "永远不会裁定"), ("二", "请填写数字")):
        typed_in = typed(**short, with_short="y", most_apart=most_apart)
        assert words in officer.send(f"{URL}/new", typed_in, status=422).text
    nothing = officer.send(f"{URL}/new", typed(with_short="y", most_apart="2"), status=422)
    assert "却没有简答题的部分" in nothing.text
    make_item()
    location = officer.send(f"{URL}/new", typed(**short, with_short="y", most_apart="1.5")).location
    page = unescape(officer.page(location))
    for words in ("二、简答", "最多相差 1.5 分", "第 2 部分（简答题）"):
        assert words in page, words
    assert "含简答题）" in officer.page("/office/sessions/new")


def test_a_part_may_keep_to_parts_of_the_list_and_to_kinds_of_bodies(either_app):
    officer = client_as(either_app, "officer", Role.OFFICER)
    drafts = [
        replace(make_draft(), part="综合清单", families=(UnitFamily.COURT,)),
        replace(make_draft(), part="综合清单"),
        replace(make_draft(), part="综合清单", families=(UnitFamily.CONGRESS,)),
        replace(make_draft(), part="专业清单"),
    ]
    fit = {make_item(draft=draft, reserved=True)[1].id for draft in drafts[:2]}
    for draft in drafts[2:]:
        make_item(draft=draft)
    one = {key: value for key, value in typed(pass_mark="4").items() if "sections-1" not in key}
    one |= {"sections-0-easy": "", "sections-0-hard": "", "sections-0-parts": "综合清单"}
    assert "适用单位只能" not in officer.send(f"{URL}/new", one | {"minutes": ""}, status=422).text
    location = officer.send(f"{URL}/new", one | {"sections-0-families": ["court", "supervision"]}).location
    page = unescape(officer.page(location))
    for words in ("综合清单", "适用法院、监委", "第 1 部分（单选题，综合清单，适用法院、监委，《示例法》）"):
        assert words in page, words
    form = officer.page(f"{location}/change")
    assert re.findall(r"checked[^>]*value=\"(\w+)\"", form) == ["综合清单", "supervision", "court"]
    officer.page(f"{location}/sample")
    db.session.rollback()
    session_id = make_session(clock.now(), paper_spec_id=int(location.rsplit("/", 1)[1]))
    sittings = admit(session_id, 2, now=clock.now())
    prepare(session_id, now=clock.now())
    assert {question.item_version_id for question in queries.questions(sittings)} == fit
    assert verify_draw(session_id, unseal=True).holds


def test_parts_are_added_and_taken_out_without_saving(officer):
    page = officer.send(f"{URL}/new", typed(add="1"), status=200).text
    assert page.count('class="spec-part"') == 3
    assert 'value="2.5"' in page
    page = officer.send(f"{URL}/new", typed(remove="0"), status=200).text
    assert page.count('class="spec-part"') == 1
    assert 'value="2.5"' not in page
    officer.send(f"{URL}/new", {"add": "1", "sections-99999-type": "x", "sections-x-type": "x"}, status=200)
    many = {f"sections-{n}-type": "single" for n in range(25)}
    assert officer.send(f"{URL}/new", many, status=422).text.count('class="spec-part"') == 20
    too_many = officer.send(f"{URL}/new", typed(**{"sections-0-count": "300"}), status=422)
    assert "一份试卷最多 200 题" in too_many.text
    none = officer.send(f"{URL}/new", {"name": "空卷", "minutes": "1", "pass_mark": "1"}, status=422)
    assert "至少要有一个部分" in none.text
    assert rows() == 0


def test_a_version_follows_on_the_latest_and_on_a_change(either_app):
    first = create_spec(spec=SMALL, actor=OFFICER, now=NOW)
    with pytest.raises(Invalid) as caught:
        revise_spec(base_id=first, spec=SMALL, actor=OFFICER, now=NOW)
    assert caught.value.problems[0].code == "unchanged"
    second = revise_spec(base_id=first, spec=replace(SMALL, minutes=40), actor=OFFICER, now=NOW)
    with pytest.raises(Conflict, match="最新版本"):
        revise_spec(base_id=first, spec=replace(SMALL, minutes=50), actor=OFFICER, now=NOW)
    assert [each.id for each in queries.versions("小卷")] == [second, first]
    with pytest.raises(Invalid, match="同名"):
        create_spec(spec=SMALL, actor=OFFICER, now=NOW)


def test_a_sample_shows_questions_without_keys_and_is_logged(app, officer):
    secret = "解析哨兵"
    for kind in (QuestionType.SINGLE, QuestionType.SINGLE, *list(QuestionType)[3:]):
        make_item(draft=replace(make_draft(kind), explanation=secret))
    spec = PaperSpec(
        "样样有",
        (
            Section(QuestionType.SINGLE, 2, Decimal(2)),
            Section(QuestionType.BLANK, 1, Decimal(2)),
            Section(QuestionType.CASE, 1, Decimal(2), questions=2),
            Section(QuestionType.SHORT, 1, Decimal(5)),
        ),
        Decimal(2),
        minutes=30,
        most_apart=Decimal(1),
    )
    spec_id = add_spec(spec=spec, actor=OFFICER, now=NOW)
    page = unescape(officer.page(f"{URL}/{spec_id}/sample"))
    assert page.count("<fieldset") - page.count("<legend>字号") - page.count("<legend>底色") == 6
    for words in (
        "样卷，不是任何考生的试卷",
        "二、填空",
        "1 个案例，每个 2 小题，每小题 2 分",
        "第 2 空",
        "最多 2000 字",
    ):
        assert words in page, words
    for words in (secret, "先听取意见", "三十日", "checked\n", "第 1 条"):
        assert words not in page.partition('class="paper sample"')[2], words
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "view-sample-paper")).one()
    assert len(entry.detail["item_versions"]) == 6


def test_a_sample_takes_reserved_questions_only_where_others_are_lacking(either_app):
    kept = [make_item()[1].id for _ in range(5)]
    with transaction() as session:
        session.execute(update(Item).values(reserved=True))
    free = make_item()[1].id
    spec_id = add_spec(spec=SMALL, actor=OFFICER, now=NOW)
    sample = draw_sample(spec_id=spec_id, actor=OFFICER, now=NOW)
    drawn = {question.item_version_id for question in sample.paper.questions}
    assert free in drawn
    assert (len(drawn & set(kept)), sample.reserved) == (1, 1)


def test_a_sample_that_cannot_be_drawn_says_what_is_lacking(officer):
    spec_id = add_spec(spec=DEFAULT_SPEC, actor=OFFICER, now=NOW)
    answer = officer.get(f"{URL}/{spec_id}/sample")
    assert (answer.status_code, answer.location) == (303, f"{URL}/{spec_id}")
    assert "需要 25 题，可用的只有 0 题" in officer.page(answer.location)
    officer.page(f"{URL}/999/sample", status=404)
