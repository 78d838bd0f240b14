"""QTI items of every version and packages, as other systems write them and as someone who means harm would."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest

from core.documents import packages
from core.errors import Invalid
from question_bank.items.rules import Difficulty, QuestionType
from question_bank.transfer import qti_packages, qti_writing
from question_bank.transfer.rows import StoredRow
from tests.question_bank.transfer.conftest import BOOK
from tests.question_bank.transfer.foreign import faults, key, one, read, warned, words

V2 = "http://www.imsglobal.org/xsd/imsqti_v2p{}"
V3 = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
RESPONSE = (
    '<responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="identifier">{key}'
    "</responseDeclaration>"
)
CORRECT = "<correctResponse>{}</correctResponse>"
CHOICES = (("ChoiceA", "本案调查人员"), ("ChoiceB", "非本案调查人员"), ("ChoiceC", "当事人"))
PROMPT = "<p>听证应当由谁主持？</p>"


def values(*names: str) -> str:
    return CORRECT.format("".join(f"<value>{name}</value>" for name in names))


def mapping(**earned: str) -> str:
    entries = "".join(f'<mapEntry mapKey="{name}" mappedValue="{mark}"/>' for name, mark in earned.items())
    return f'<mapping defaultValue="0">{entries}</mapping>'


def item(
    body: str, declared: str = "", *, after: str = "", namespace: str = V2.format(1), **attributes: str
) -> str:
    told = {"identifier": "q1", "title": "题", "adaptive": "false", "timeDependent": "false"} | attributes
    written = "".join(f' {name}="{value}"' for name, value in told.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<assessmentItem xmlns="{namespace}"{written}>{declared}'
        f'<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
        f"<itemBody>{body}</itemBody>{after}</assessmentItem>"
    )


def interaction(choices=CHOICES, *, prompt: str = "", shuffle: str = "true", most: str = "1") -> str:
    listed = "".join(f'<simpleChoice identifier="{name}">{text}</simpleChoice>' for name, text in choices)
    return (
        f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="{shuffle}" maxChoices="{most}">'
        f"{prompt}{listed}</choiceInteraction>"
    )


def choice(given: str = "", *, cardinality: str = "single", body: str = "", **more: str) -> str:
    declared = RESPONSE.format(cardinality=cardinality, key=given or values("ChoiceB"))
    most = "0" if cardinality == "multiple" else "1"
    return item(body or PROMPT + interaction(most=most), declared, **more)


def read_one(text: str):
    return one(qti_packages.read, text)


# Items ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["0", "1", "2"])
def test_single_choice_of_each_older_version(number):
    row = read_one(choice(namespace=V2.format(number)))
    assert (key(row), faults(row)) == ("single 本案调查人员|非本案调查人员|当事人 B", [])
    assert row.draft is not None
    assert (row.draft.stem, row.draft.shuffle) == ("听证应当由谁主持？", True)


def test_a_prefix_for_every_name():
    text = choice().replace("xmlns=", "xmlns:qti=").replace("</", "</qti:").replace("<qti:", "<")
    for name in (
        "assessmentItem",
        "responseDeclaration",
        "correctResponse",
        "value",
        "outcomeDeclaration",
        "itemBody",
    ):
        text = text.replace(f"<{name}", f"<qti:{name}").replace("</qti:qti:", "</qti:")
    for name in ("choiceInteraction", "simpleChoice", "p"):
        text = text.replace(f"<{name} ", f"<qti:{name} ").replace(f"<{name}>", f"<qti:{name}>")
    assert key(read_one(text)) == "single 本案调查人员|非本案调查人员|当事人 B"


def test_version_3_and_its_hyphens():
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<qti-assessment-item xmlns="{V3}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="{V3} https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd"
    identifier="q" title="题" adaptive="false" time-dependent="false" xml:lang="zh">
  <qti-response-declaration identifier="RESPONSE" cardinality="multiple" base-type="identifier">
    <qti-correct-response><qti-value>A</qti-value><qti-value>C</qti-value></qti-correct-response>
  </qti-response-declaration>
  <qti-item-body>
    <qti-choice-interaction response-identifier="RESPONSE" shuffle="true" max-choices="0">
      <qti-prompt>下列属于<strong>行政处罚</strong>的有：</qti-prompt>
      <qti-simple-choice identifier="A">警告</qti-simple-choice>
      <qti-simple-choice identifier="B">约谈</qti-simple-choice>
      <qti-simple-choice identifier="C" fixed="true">罚款</qti-simple-choice>
    </qti-choice-interaction>
  </qti-item-body>
  <qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"/>
  <qti-modal-feedback outcome-identifier="FEEDBACK" identifier="X" show-hide="show">
    <qti-content-body><p>见条文。</p></qti-content-body>
  </qti-modal-feedback>
</qti-assessment-item>"""
    row = read_one(text)
    assert key(row) == "multiple 警告|约谈|罚款 AC"
    assert row.draft is not None
    assert (row.draft.stem, row.draft.explanation, row.draft.shuffle) == (
        "下列属于行政处罚的有：",
        "见条文。",
        False,
    )
    assert set(warned(row)) == {"lost", "fixed_choice"}


@pytest.mark.parametrize(
    ("given", "cardinality", "wanted", "said"),
    [
        (values("ChoiceA", "ChoiceC"), "multiple", "multiple AC", ""),
        (mapping(ChoiceA="1", ChoiceB="-1", ChoiceC="1"), "multiple", "multiple AC", ""),
        (mapping(ChoiceA="0.5", ChoiceB="1"), "single", "single B", ""),
        (
            values("ChoiceA", "ChoiceC") + mapping(ChoiceA="1", ChoiceB="1"),
            "multiple",
            "multiple AC",
            "mapping",
        ),
        ("<correctResponse><value>\n ChoiceB \n</value></correctResponse>", "single", "single B", ""),
    ],
)
def test_the_key_comes_from_the_correct_response_or_the_mapping(given, cardinality, wanted, said):
    row = read_one(choice(given, cardinality=cardinality))
    kind, answer = wanted.split()
    assert row.draft is not None
    assert (row.draft.type, row.draft.answer, faults(row)) == (kind, answer, [])
    assert warned(row) == ([said] if said else [])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (" ", "no_key"),
        (mapping(ChoiceA="0"), "no_key"),
        (mapping(ChoiceA="viel"), "fraction"),
        (values("ChoiceZ"), "answer"),
        (values("ChoiceA", "ChoiceB"), "answer"),
    ],
)
def test_keys_that_cannot_be_read(given, code):
    assert code in faults(read_one(choice(given)))


def test_identifiers_that_are_not_unique_decide_nothing():
    body = PROMPT + interaction((("A", "甲"), ("A", "乙")))
    assert "identifier" in faults(read_one(choice(values("A"), body=body)))


@pytest.mark.parametrize(
    ("choices", "answer", "wanted"),
    [
        ((("true", "True"), ("false", "False")), "false", "true_false 正确|错误 B"),
        ((("T", "Correct"), ("F", "Incorrect")), "T", "true_false 正确|错误 A"),
        ((("c1", "错误"), ("c2", "正确")), "c1", "true_false 正确|错误 B"),
        ((("c1", "对"), ("c2", "错")), "c1", "true_false 正确|错误 A"),
        ((("true", "甲"), ("false", "乙")), "true", "single 甲|乙 A"),
    ],
)
def test_a_choice_between_right_and_wrong_is_true_or_false(choices, answer, wanted):
    assert key(read_one(choice(values(answer), body=PROMPT + interaction(choices)))) == wanted


def test_text_entries_are_gaps():
    declared = (
        '<responseDeclaration identifier="R1" cardinality="single" baseType="string">'
        + values("三十日")
        + mapping(**{"三十日": "1", "三十天": "0.5", "30日": "1"})
        + "</responseDeclaration>"
        + '<responseDeclaration identifier="R2" cardinality="single" baseType="string">'
        + values("书面")
        + "</responseDeclaration>"
    )
    body = '<p>应当在<textEntryInteraction responseIdentifier="R1"/>内<br/>以<textEntryInteraction responseIdentifier="R2"/>形式作出。</p>'
    row = read_one(item(body, declared))
    assert (key(row), faults(row), warned(row)) == ("blank 三十日/30日；书面", [], ["partial_credit"])
    assert row.draft is not None
    assert row.draft.stem == "应当在____内\n以____形式作出。"
    assert faults(read_one(item(body, declared.replace(values("书面"), "")))) == ["no_key"]
    assert faults(read_one(item(body, declared.replace('"string"', '"float"')))) == ["unsupported"]


def test_an_essay_needs_a_reference_answer():
    body = '<extendedTextInteraction responseIdentifier="RESPONSE"><prompt>简述听证程序。</prompt></extendedTextInteraction>'
    rubric = '<rubricBlock view="scorer tutor"><h1>评分</h1><ul><li>告知</li><li>举行</li></ul></rubricBlock>'
    assert faults(read_one(item(body))) == ["unsupported"]
    row = read_one(item(body + rubric))
    assert row.draft is not None
    assert (row.draft.type, row.draft.stem, row.draft.reference) == (
        QuestionType.SHORT,
        "简述听证程序。",
        "评分\n告知\n举行",
    )


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('<orderInteraction responseIdentifier="RESPONSE"/>', "orderInteraction（排序）"),
        ('<p><inlineChoiceInteraction responseIdentifier="R"/></p>', "inlineChoiceInteraction（下拉选择）"),
        ('<matchInteraction responseIdentifier="R"/>', "matchInteraction（匹配）"),
        ('<m:hotspotInteraction xmlns:m="x" responseIdentifier="R"/>', "hotspotInteraction（热点）"),
        ("<p>只有说明</p>", "没有作答方式"),
        (interaction() + interaction(), "复合题，含 2 处作答"),
        (interaction() + '<uploadInteraction responseIdentifier="R"/>', "uploadInteraction（上传文件）"),
        (interaction() + "<p><printedVariable identifier='x'/></p>", "templateDeclaration（变量题）"),
    ],
)
def test_other_interactions_are_refused_by_name(body, name):
    row = read_one(item(PROMPT + body, RESPONSE.format(cardinality="single", key=values("ChoiceB"))))
    assert (row.draft, faults(row)) == (None, ["unsupported"])
    assert name in words(row)


def test_adaptive_and_templated_items_are_refused_by_name():
    assert "adaptive" in words(read_one(choice(adaptive="true")))
    template = '<templateDeclaration identifier="X" cardinality="single" baseType="integer"/>'
    assert "templateDeclaration" in words(read_one(choice().replace("<itemBody>", template + "<itemBody>")))


def test_feedback_is_merged_into_the_explanation_and_said():
    feedback = (
        '<feedbackInline outcomeIdentifier="F" identifier="B" showHide="show">对，见条文。</feedbackInline>'
    )
    body = PROMPT + interaction((("A", "甲"), ("B", f"乙 {feedback}")))
    modal = '<modalFeedback outcomeIdentifier="F" identifier="{0}" showHide="show">{1}</modalFeedback>'
    row = read_one(
        choice(values("B"), body=body, after=modal.format("x", "答对了。") + modal.format("y", "答错了。"))
    )
    assert row.draft is not None
    assert row.draft.explanation == "答对了。\n答错了。\n“乙”：对，见条文。"
    assert (key(row), warned(row)) == ("single 甲|乙 B", ["feedback_merged"])


@pytest.mark.parametrize(
    ("markup", "lost"),
    [
        ('<img src="a.png" alt="图"/>', "图片"),
        ('<object data="a.mp4" type="video/mp4"><p>替代</p></object>', "多媒体"),
        ('<m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:mi>x</m:mi></m:math>', "公式"),
        ("<table><tbody><tr><td>甲</td></tr></tbody></table>", "表格"),
        ("<script>alert(1)</script>", "脚本"),
    ],
)
def test_what_plain_text_cannot_hold_is_named(markup, lost):
    row = read_one(choice(body=f"<div>{PROMPT}{markup}</div>" + interaction()))
    assert row.draft is not None
    assert lost in words(row)
    assert "alert" not in row.draft.stem


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_encodings_and_line_ends(encoding):
    text = choice().replace(' encoding="UTF-8"', "" if encoding == "utf-8-sig" else f' encoding="{encoding}"')
    assert faults(read_one(text.replace("\n", "\r\n").encode(encoding))) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<!DOCTYPE a [<!ENTITY x "y">]>' + choice().partition("\n")[2], "document_type"),
        ('<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><assessmentItem/>', "document_type"),
        (choice()[:300], "broken_xml"),
        ("", "broken_xml"),
        ("<questestinterop/>", "other_root"),
        ('<assessmentTest identifier="t"/>', "other_root"),
        ("<manifest/>", "other_root"),
        ("<html/>", "other_root"),
        (item("<div>" * 150 + "</div>" * 150), "too_deep"),
        (item("<br/>" * 30_000), "too_broad"),
    ],
    ids=[*("entity", "dtd", "cut", "empty", "version 1", "test", "manifest", "html", "deep", "broad")],
)
def test_item_files_that_are_refused(text, code):
    with pytest.raises(Invalid) as caught:
        read_one(text)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.message.endswith("。")


# Packages -------------------------------------------------------------------------------------------------


def resource(path: str, *, kind: str = "imsqti_item_xmlv2p1", inside: str = "", **attributes: str) -> str:
    told = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<resource identifier="r-{path}" type="{kind}" href="{path}"{told}>{inside}<file href="{path}"/></resource>'


def manifest(*resources: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m">'
        f"<metadata/><organizations/><resources>{''.join(resources)}</resources></manifest>"
    )


def package(parts: dict[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


OTHER = choice().replace("谁", "何人")


def test_resources_in_folders_and_what_the_manifest_forgets():
    data = package(
        {
            "imsmanifest.xml": manifest(
                resource("items/a b/q1.xml").replace("a b", "a%20b"),
                resource("items/q2.xml"),
                resource("items/gone.xml"),
                resource("../outside.xml"),
                resource("/etc/passwd.xml"),
                resource("test.xml", kind="imsqti_test_xmlv2p1"),
                resource("old.xml", kind="imsqti_xmlv1p2"),
                resource("images/a.png", kind="webcontent"),
            ),
            "items/a b/q1.xml": choice(),
            "items/q2.xml": OTHER[:200],
            "test.xml": "<assessmentTest/>",
            "old.xml": "<questestinterop/>",
            "items/not-listed.xml": OTHER,
            "images/a.png": b"\x89PNG",
        }
    )
    rows, remarks = read(qti_packages.read, data)
    assert [faults(row) for row in rows] == [
        [],
        ["broken_xml"],
        ["missing_file"],
        ["part_name"],
        ["part_name"],
    ]
    assert rows[0].label == "第 1 题（items/a b/q1.xml）"
    assert remarks == ["tests", "not_listed", "qti_1"]


def test_without_a_manifest_the_item_files_are_read():
    rows, remarks = read(
        qti_packages.read, package({"x/q1.xml": choice(), "q2.xml": OTHER, "readme.txt": "x"})
    )
    assert ([faults(row) for row in rows], remarks) == ([[], []], ["no_manifest"])


def test_a_package_within_a_folder():
    data = package({"export/imsmanifest.xml": manifest(resource("q1.xml")), "export/q1.xml": choice()})
    (row,), _remarks = read(qti_packages.read, data)
    assert faults(row) == []


def test_the_base_of_a_resource():
    data = package(
        {"imsmanifest.xml": manifest(resource("q1.xml", **{"xml:base": "items/"})), "items/q1.xml": choice()}
    )
    assert faults(one(qti_packages.read, data)) == []


def test_metadata_of_other_systems():
    lom = (
        '<metadata><imsmd:lom xmlns:imsmd="http://www.imsglobal.org/xsd/imsmd_v1p2"><imsmd:general>'
        "<imsmd:identifier>qti_v2_item_01</imsmd:identifier>"
        '<imsmd:keyword><imsmd:langstring xml:lang="zh">部分：专业清单</imsmd:langstring></imsmd:keyword>'
        "<imsmd:keyword><imsmd:langstring>law</imsmd:langstring></imsmd:keyword></imsmd:general>"
        "<imsmd:educational><imsmd:difficulty><imsmd:source><imsmd:langstring>LOMv1.0</imsmd:langstring></imsmd:source>"
        "<imsmd:value><imsmd:langstring>very difficult</imsmd:langstring></imsmd:value></imsmd:difficulty>"
        "</imsmd:educational></imsmd:lom></metadata>"
    )
    row = one(
        qti_packages.read,
        package({"imsmanifest.xml": manifest(resource("q.xml", inside=lom)), "q.xml": choice()}),
    )
    assert row.draft is not None
    assert (row.draft.part, row.draft.difficulty, row.code, row.warnings) == (
        "专业清单",
        Difficulty.HARD,
        "",
        (),
    )


STIMULUS = '<assessmentStimulus identifier="s" title="材料"><stimulusBody><p>某县决定征收土地。</p></stimulusBody></assessmentStimulus>'


def sharing(text: str, href: str = "../shared/s.xml") -> str:
    return text.replace("<itemBody>", f'<assessmentStimulusRef identifier="s" href="{href}"/><itemBody>')


def test_items_that_share_material_make_a_case():
    parts = {
        "imsmanifest.xml": manifest(*map(resource, ("items/1.xml", "items/2.xml", "items/3.xml"))),
        "items/1.xml": sharing(choice()),
        "items/2.xml": choice().replace("谁", "哪个机关"),
        "items/3.xml": sharing(OTHER),
        "shared/s.xml": STIMULUS,
    }
    (alone, case), _remarks = read(qti_packages.read, package(parts))
    assert key(alone).startswith("single")
    assert case.draft is not None
    assert (case.draft.type, case.draft.stem) == (QuestionType.CASE, "某县决定征收土地。")
    assert [question.stem for question in case.draft.questions] == [
        "听证应当由谁主持？",
        "听证应当由何人主持？",
    ]
    del parts["shared/s.xml"]
    assert "missing_file" in faults(read(qti_packages.read, package(parts))[0][1])
    unsupported = {
        **parts,
        "shared/s.xml": STIMULUS,
        "items/3.xml": sharing(OTHER.replace("choiceI", "orderI")),
    }
    broken = read(qti_packages.read, package(unsupported))[0][1]
    assert "unsupported" in faults(broken)
    assert "第 2 小题" in words(broken)


def test_material_of_one_item_goes_into_its_stem():
    parts = {
        "imsmanifest.xml": manifest(resource("items/1.xml")),
        "items/1.xml": sharing(choice()),
        "shared/s.xml": STIMULUS,
    }
    row = one(qti_packages.read, package(parts))
    assert row.draft is not None
    assert row.draft.stem == "某县决定征收土地。\n听证应当由谁主持？"
    assert warned(row) == ["stimulus_merged"]
    assert faults(read_one(sharing(choice()))) == ["stimulus"]


def linked() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("items/q.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (package({"imsmanifest.xml": manifest(), "../q.xml": choice()}), "part_name"),
        (package({"imsmanifest.xml": manifest(), "a/../../q.xml": choice()}), "part_name"),
        (package({"imsmanifest.xml": manifest(), "/q.xml": choice()}), "part_name"),
        (package({"imsmanifest.xml": manifest(), "C:/q.xml": choice()}), "part_name"),
        (package({"imsmanifest.xml": manifest(), "..\\q.xml": choice()}), "part_name"),
        (linked(), "symlink"),
        (package({"imsmanifest.xml": manifest(), "q.xml": b" " * 50_000_000}), "too_large_inside"),
        (
            package({"imsmanifest.xml": manifest(), "q.xml": '<!DOCTYPE a [<!ENTITY x "y">]>' + choice()}),
            "document_type",
        ),
        (
            package({"imsmanifest.xml": '<!DOCTYPE m SYSTEM "http://127.0.0.1:9/"><manifest/>'}),
            "document_type",
        ),
        (package({"imsmanifest.xml": "<manifest><resources>"}), "broken_xml"),
        (package({"readme.txt": "x"}), "no_manifest"),
        (package({})[:10], "no_archive"),
        (package({"imsmanifest.xml": manifest()})[:60], "no_archive"),
    ],
    ids=[
        *("above", "above within", "absolute", "drive", "backslash", "link", "bomb", "entity", "dtd"),
        *("manifest", "nothing", "head", "cut"),
    ],
)
def test_packages_that_are_refused(data, code):
    with pytest.raises(Invalid) as caught:
        read(qti_packages.read, data if data.startswith(b"PK") else b"PK\x03\x04" + data)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.message.endswith("。")


def test_more_files_than_a_package_may_hold(monkeypatch):
    monkeypatch.setattr(qti_packages, "LIMITS", packages.Limits(size=10**6, unpacked=10**6, parts=2))
    with pytest.raises(Invalid, match="超过"):
        read(qti_packages.read, package({"imsmanifest.xml": manifest(), "a.xml": choice(), "b.xml": OTHER}))


# What is written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "namespace", "kind", "template"),
    [
        (
            qti_writing.write_2_1,
            V2.format(1),
            "imsqti_item_xmlv2p1",
            "question/qti_v2p1/rptemplates/match_correct",
        ),
        (
            qti_writing.write_2_2,
            V2.format(2),
            "imsqti_item_xmlv2p2",
            "question/qti_v2p2/rptemplates/match_correct",
        ),
        (qti_writing.write_3_0, V3, "imsqti_item_xmlv3p0", "qti/v3p0/rptemplates/match_correct.xml"),
    ],
)
def test_a_package_speaks_its_version(write, namespace, kind, template):
    draft = read_one(choice()).draft
    assert draft is not None
    out = io.BytesIO()
    write([StoredRow("cf-1", draft)], out, BOOK)
    with zipfile.ZipFile(out) as archive:
        listed = archive.read("imsmanifest.xml").decode()
        written = archive.read("items/item-1.xml").decode()
    assert f'type="{kind}"' in listed
    assert f'xmlns="{namespace}"' in written
    assert template in written
    assert ("qti-choice-interaction" in written) == (namespace == V3)
    assert ('max-choices="1"' in written) == (namespace == V3)


def test_what_stands_in_a_custom_interaction_is_its_own_affair():
    body = '<customInteraction responseIdentifier="R"><portableCustomInteraction><choiceInteraction/></portableCustomInteraction></customInteraction>'
    row = read_one(item(body))
    assert "“customInteraction（自定义）”" in row.problems[0].message


def test_a_picture_leaves_its_description():
    row = read_one(
        choice(values("A"), body='<p>看图：<img src="a.png" alt="禁止通行的标志"/></p>' + interaction())
    )
    assert "〔图：禁止通行的标志〕" in row.draft.stem


def test_an_older_file_is_named_also_behind_a_document_type():
    text = '<?xml version="1.0"?><!DOCTYPE questestinterop SYSTEM "ims_qtiasiv1p2p1.dtd"><questestinterop/>'
    with pytest.raises(Invalid) as caught:
        list(qti_packages.read(io.BytesIO(text.encode()), BOOK))
    assert caught.value.problems[0].code == "other_root"
    assert "1.x" in caught.value.problems[0].message


def test_a_part_in_an_encoding_that_there_is_not_is_a_problem_of_its_row():
    broken = choice(values("A")).replace("UTF-8", "UTF-80")
    data = package({"imsmanifest.xml": manifest(resource("a.xml")), "a.xml": broken})
    (row,) = qti_packages.read(io.BytesIO(data), BOOK)
    assert row.label.startswith("第 1 题")


def test_a_file_that_the_manifest_lists_again_and_again_is_read_once():
    data = package({"imsmanifest.xml": manifest(*[resource("q.xml")] * 200), "q.xml": choice()})
    rows, remarks = read(qti_packages.read, data)
    assert (len(rows), remarks) == (1, ["listed_again"])
