"""Packages of QTI 2.1, 2.2 and 3.0: one file an item, one for what a case shares, and the manifest.

The explanation is modal feedback that is always shown; the reference answer of a 简答题 is a rubric for the
scorer. Code, laws, difficulty and the like stand in the manifest, as learning object metadata.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from xml.etree.ElementTree import Element, SubElement

from core.documents.trees import NOT_XML, xml_bytes
from question_bank.items.rules import Difficulty, ItemDraft, QuestionType
from question_bank.items.wording import BLANK
from question_bank.transfer.foreign import all_texts, heading_of, labels_of, unwritten
from question_bank.transfer.keys import truth
from question_bank.transfer.plain import folds
from question_bank.transfer.qti import ONLY_SINGLE
from question_bank.transfer.qti_packages import MANIFEST
from question_bank.transfer.rows import StoredRow
from question_bank.transfer.spelling import tidy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.errors import Problem
    from question_bank.transfer.laws import LawBook

CAPITAL = re.compile("[A-Z]")
LOM = "http://ltsc.ieee.org/xsd/LOM"
EXPLANATION = "EXPLANATION"
LEVELS = {Difficulty.EASY: "easy", Difficulty.MEDIUM: "medium", Difficulty.HARD: "difficult"}
TRUTH_NAMES = {"A": "true", "B": "false"}


@dataclass(frozen=True, slots=True)
class Version:
    """How a version of QTI names things; `tag` makes the hyphened names of version 3."""

    name: str
    namespace: str
    package_namespace: str
    schema: tuple[str, str]
    templates: str
    template_ending: str
    shares_material: bool

    def resource(self, kind: str) -> str:
        return f"imsqti_{kind}_xml{self.name}"

    def tag(self, name: str) -> str:
        return f"qti-{_hyphened(name)}" if self.name == "v3p0" else name

    def root(self, name: str, **attributes: str) -> Element:
        return Element(self.tag(name), {"xmlns": self.namespace, **self._named(attributes)})

    def child(self, parent: Element, name: str, **attributes: str) -> Element:
        return SubElement(parent, self.tag(name), self._named(attributes))

    def _named(self, attributes: dict[str, str]) -> dict[str, str]:
        if self.name != "v3p0":
            return attributes
        return {_hyphened(name): value for name, value in attributes.items()}

    def template(self, name: str) -> str:
        return f"{self.templates}/{name}{self.template_ending}"


def _hyphened(name: str) -> str:
    return CAPITAL.sub(lambda found: f"-{found[0].lower()}", name)


def _older(name: str, *, shares_material: bool) -> Version:
    number = name[1:].replace("p", ".")
    return Version(
        name,
        f"http://www.imsglobal.org/xsd/imsqti_{name}",
        "http://www.imsglobal.org/xsd/imscp_v1p1",
        (f"QTIv{number} Package", "1.0.0"),
        f"http://www.imsglobal.org/question/qti_{name}/rptemplates",
        "",
        shares_material,
    )


QTI_2_1 = _older("v2p1", shares_material=False)
QTI_2_2 = _older("v2p2", shares_material=True)
QTI_3_0 = Version(
    "v3p0",
    "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    ("QTI Package", "3.0.0"),
    "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates",
    ".xml",
    shares_material=True,
)


def write_2_1(items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]:
    """A package of version 2.1, which more systems read than any other; it has no shared material."""
    return _write(QTI_2_1, items, out)


def write_2_2(items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]:
    """A package of version 2.2."""
    return _write(QTI_2_2, items, out)


def write_3_0(items: Iterable[StoredRow], out: BinaryIO, laws: LawBook) -> list[Problem]:
    """A package of version 3.0."""
    return _write(QTI_3_0, items, out)


def _write(version: Version, items: Iterable[StoredRow], out: BinaryIO) -> list[Problem]:
    losses = []
    manifest, resources = _manifest(version)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, item in enumerate(items, start=1):
            fault = _fault(version, item)
            if fault:
                losses.append(unwritten(item, fault))
                continue
            for resource, path, root in _files(version, item, number):
                resources.append(resource)
                _add(archive, path, root)
        _add(archive, MANIFEST, manifest)
    return losses


def _add(archive: zipfile.ZipFile, path: str, root: Element) -> None:
    part = zipfile.ZipInfo(path)
    part.compress_type = zipfile.ZIP_DEFLATED
    part.external_attr = 0o644 << 16
    archive.writestr(part, xml_bytes(root))


def _fault(version: Version, item: StoredRow) -> str:
    """Why an item cannot be written, in words; "" when it can."""
    if item.draft.type is QuestionType.CASE and not version.shares_material:
        return "QTI 2.1 没有共用材料的题，请用 QTI 2.2 或 3.0"
    if any(NOT_XML.search(text) for text in all_texts(item.draft)):
        return "文字里有 XML 不能表示的字符"
    return ""


def _files(version: Version, item: StoredRow, number: int) -> Iterator[tuple[Element, str, Element]]:
    """For each file of an item: its entry in the manifest, its path, its content."""
    draft, name = item.draft, f"item-{number}"
    if draft.type is not QuestionType.CASE:
        path = f"items/{name}.xml"
        yield (
            _resource(version, "item", name, path, item),
            path,
            _item(version, name, heading_of(item), draft),
        )
        return
    shared, path = f"stimulus-{number}", f"stimuli/stimulus-{number}.xml"
    yield _resource(version, "stimulus", shared, path, item), path, _stimulus(version, shared, item)
    for position, question in enumerate(draft.questions, start=1):
        own, place = f"{name}-{position}", f"items/{name}-{position}.xml"
        resource = _resource(version, "item", own, place, StoredRow("", question))
        SubElement(resource, "dependency", identifierref=f"{shared}-resource")
        content = _item(version, own, f"{heading_of(item)} {position}", question, shared=shared)
        yield resource, place, content


# The manifest ---------------------------------------------------------------------------------------------


def _manifest(version: Version) -> tuple[Element, Element]:
    """The manifest, and in it the place of the resources."""
    manifest = Element("manifest", xmlns=version.package_namespace, identifier="question-bank")
    metadata = SubElement(manifest, "metadata")
    SubElement(metadata, "schema").text, SubElement(metadata, "schemaversion").text = version.schema
    SubElement(manifest, "organizations")
    return manifest, SubElement(manifest, "resources")


def _resource(version: Version, kind: str, name: str, path: str, item: StoredRow) -> Element:
    resource = Element("resource", identifier=f"{name}-resource", type=version.resource(kind), href=path)
    lom = SubElement(SubElement(resource, "metadata"), "lom", xmlns=LOM)
    general = SubElement(lom, "general")
    if item.code:
        SubElement(SubElement(general, "identifier"), "entry").text = item.code
    for label in _labels(item):
        SubElement(SubElement(general, "keyword"), "string", language="zh").text = label
    difficulty = SubElement(SubElement(lom, "educational"), "difficulty")
    SubElement(difficulty, "source").text = "LOMv1.0"
    SubElement(difficulty, "value").text = LEVELS[item.draft.difficulty]
    SubElement(resource, "file", href=path)
    return resource


def _labels(item: StoredRow) -> Iterator[str]:
    draft = item.draft
    yield from (label for label in labels_of(draft, reserved=item.reserved) if not label.startswith("难度："))
    if draft.type is QuestionType.CASE and draft.explanation:
        yield f"解析：{tidy(draft.explanation)}"
    if draft.type is QuestionType.SINGLE and [truth(text) for _letter, text in draft.options] in (
        [True, False],
        [False, True],
    ):
        yield ONLY_SINGLE


# Items ----------------------------------------------------------------------------------------------------


def _stimulus(version: Version, name: str, item: StoredRow) -> Element:
    root = version.root("assessmentStimulus", identifier=name, title=heading_of(item))
    _flow(version.child(root, "stimulusBody"), item.draft.stem)
    return root


def _item(version: Version, name: str, title: str, draft: ItemDraft, *, shared: str = "") -> Element:
    root = version.root(
        "assessmentItem",
        identifier=name,
        title=title,
        adaptive="false",
        timeDependent="false",
    )
    _declare_responses(version, root, draft)
    version.child(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    if draft.explanation:
        feedback = version.child(
            root, "outcomeDeclaration", identifier="FEEDBACK", cardinality="single", baseType="identifier"
        )
        version.child(version.child(feedback, "defaultValue"), "value").text = EXPLANATION
    if shared:
        version.child(
            root, "assessmentStimulusRef", identifier=shared, href=f"../stimuli/{shared}.xml", title=shared
        )
    _write_body(version, version.child(root, "itemBody"), draft)
    _write_processing(version, root, draft)
    if draft.explanation:
        shown = version.child(
            root,
            "modalFeedback",
            outcomeIdentifier="FEEDBACK",
            identifier=EXPLANATION,
            showHide="show",
        )
        _flow(_content(version, shown), draft.explanation)
    return root


def _content(version: Version, parent: Element) -> Element:
    """Where formatted text stands within an element: version 3 puts a body around it."""
    return version.child(parent, "contentBody") if version.name == "v3p0" else parent


def _response_name(number: int) -> str:
    return "RESPONSE" if number == 1 else f"RESPONSE_{number}"


def _choice_name(draft: ItemDraft, letter: str) -> str:
    return TRUTH_NAMES[letter] if draft.type is QuestionType.TRUE_FALSE else letter


def _declare_responses(version: Version, root: Element, draft: ItemDraft) -> None:
    match draft.type:
        case QuestionType.BLANK:
            for number, texts in enumerate(draft.accepted, start=1):
                _declare_gap(version, root, number, texts)
        case QuestionType.SHORT:
            version.child(
                root, "responseDeclaration", identifier="RESPONSE", cardinality="single", baseType="string"
            )
        case _:
            cardinality = "multiple" if draft.type is QuestionType.MULTIPLE else "single"
            response = version.child(
                root,
                "responseDeclaration",
                identifier="RESPONSE",
                cardinality=cardinality,
                baseType="identifier",
            )
            correct = version.child(response, "correctResponse")
            for letter in draft.answer:
                version.child(correct, "value").text = _choice_name(draft, letter)


def _declare_gap(version: Version, root: Element, number: int, texts: tuple[str, ...]) -> None:
    response = version.child(
        root,
        "responseDeclaration",
        identifier=_response_name(number),
        cardinality="single",
        baseType="string",
    )
    version.child(version.child(response, "correctResponse"), "value").text = texts[0]
    mapping = version.child(response, "mapping", defaultValue="0")
    for text in texts:
        version.child(mapping, "mapEntry", mapKey=text, mappedValue="1", caseSensitive="false")


def _write_body(version: Version, body: Element, draft: ItemDraft) -> None:
    match draft.type:
        case QuestionType.BLANK:
            gaps = [
                Element(
                    version.tag("textEntryInteraction"),
                    {("response-identifier" if version.name == "v3p0" else "responseIdentifier"): name},
                )
                for name in map(_response_name, range(1, len(draft.accepted) + 1))
            ]
            _flow(body, draft.stem, gaps)
        case QuestionType.SHORT:
            _flow(body, draft.stem)
            version.child(body, "extendedTextInteraction", responseIdentifier="RESPONSE")
            use = {"use": "scoring"} if version.name == "v3p0" else {}
            rubric = version.child(body, "rubricBlock", view="scorer", **use)
            _flow(_content(version, rubric), draft.reference)
        case _:
            _flow(body, draft.stem)
            many = draft.type is QuestionType.MULTIPLE
            interaction = version.child(
                body,
                "choiceInteraction",
                responseIdentifier="RESPONSE",
                shuffle="true" if draft.shuffle else "false",
                maxChoices="0" if many else "1",
            )
            for letter, text in draft.options:
                choice = version.child(interaction, "simpleChoice", identifier=_choice_name(draft, letter))
                _flow(choice, text)


def _flow(parent: Element, text: str, gaps: Iterable[Element] = ()) -> None:
    """A text as a paragraph, its lines kept; preformatted where a reader would fold its spaces.

    Each `____` gives way to the next of the `gaps` while there are any.
    """
    text = tidy(text)
    verbatim = folds(text)
    holder = SubElement(parent, "pre" if verbatim else "p")
    places = list(gaps)
    pieces = text.split(BLANK) if places else [text]
    _add_lines(holder, pieces[0], verbatim=verbatim)
    for gap, piece in zip(places, pieces[1:], strict=False):
        holder.append(gap)
        _add_lines(holder, piece, verbatim=verbatim)


def _add_lines(holder: Element, text: str, *, verbatim: bool) -> None:
    first, *others = [text] if verbatim else text.split("\n")
    _add_text(holder, first)
    for line in others:
        SubElement(holder, "br")
        _add_text(holder, line)


def _add_text(holder: Element, text: str) -> None:
    last = holder[-1] if len(holder) else None
    if last is None:
        holder.text = (holder.text or "") + text
    else:
        last.tail = (last.tail or "") + text


def _write_processing(version: Version, root: Element, draft: ItemDraft) -> None:
    if draft.type is QuestionType.SHORT:
        return
    if draft.type is not QuestionType.BLANK:
        version.child(root, "responseProcessing", template=version.template("match_correct"))
        return
    if len(draft.accepted) == 1:
        version.child(root, "responseProcessing", template=version.template("map_response"))
        return
    score = version.child(version.child(root, "responseProcessing"), "setOutcomeValue", identifier="SCORE")
    total = version.child(score, "sum")
    for number in range(1, len(draft.accepted) + 1):
        version.child(total, "mapResponse", identifier=_response_name(number))
