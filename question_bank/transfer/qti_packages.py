"""Files of QTI: one item alone, a file of items of version 1, or a package, a zip with a manifest that lists them."""

from __future__ import annotations

import posixpath
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from core.documents import packages
from core.documents.packages import Limits
from core.documents.trees import root_name, tree
from core.errors import Invalid, Problem
from question_bank.items.rules import CODE, Difficulty, QuestionType
from question_bank.transfer import qti_one
from question_bank.transfer.foreign import Foreign
from question_bank.transfer.moodle_xml import xml_text
from question_bank.transfer.qti import flow_text, older_names, question
from question_bank.transfer.rows import ReadRow

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from question_bank.transfer.laws import LawBook

LIMITS = Limits(size=64 * 1024 * 1024, unpacked=160 * 1024 * 1024, parts=60_000)
MANIFEST = "imsmanifest.xml"
ITEM_ROOTS = frozenset({"assessmentItem", "qti-assessment-item"})
FILE_ROOTS = ITEM_ROOTS | {qti_one.ROOT}
MOST_ITEM_BYTES = 4 * 1024 * 1024
MOST_MANIFEST_BYTES = 64 * 1024 * 1024
MOST_MANIFEST_PARTS = 1_000_000
MOST_PARTS_OF_VERSION_1 = 400_000
KIND = " QTI 文件"
OTHER_ROOTS = {
    "assessmentTest": "这是 QTI 的试卷结构文件，里面没有题目。请上传含题目的整个压缩包。",
    "qti-assessment-test": "这是 QTI 的试卷结构文件，里面没有题目。请上传含题目的整个压缩包。",
    "manifest": "这是 QTI 包的清单，里面没有题目。请上传含题目的整个压缩包。",
    "assessmentStimulus": "这是 QTI 的共用材料，里面没有题目。请上传含题目的整个压缩包。",
    "qti-assessment-stimulus": "这是 QTI 的共用材料，里面没有题目。请上传含题目的整个压缩包。",
}
REFUSALS = {
    "no_archive": "这不是 QTI 包（.zip），或者压缩包已损坏，请重新导出后再上传。",
    "old_format": "这不是 QTI 包（.zip），请重新导出后再上传。",
    "too_large": f"文件超过 {LIMITS.size // 1024**2} MB，请分成几个包。",
    "too_many_parts": f"包里的文件超过 {LIMITS.parts} 个，请分成几个包。",
    "too_large_inside": "包解压后过大，或压缩比不正常，已拒绝读取。请去掉图片、音视频，或分成几个包。",
    "encrypted": "压缩包设有密码，请去掉密码后再上传。",
    "part_name": "包里有不正常的路径（重名、../ 或绝对路径），已拒绝读取。请从原来的系统重新导出。",
    "document_type": "包里的文件含 XML 实体或外部引用声明（DOCTYPE），已拒绝读取。请从原来的系统重新导出。",
    "symlink": "包里有符号链接，已拒绝读取。请从原来的系统重新导出。",
}
DIFFICULTIES = {
    "very easy": Difficulty.EASY,
    "easy": Difficulty.EASY,
    "medium": Difficulty.MEDIUM,
    "difficult": Difficulty.HARD,
    "very difficult": Difficulty.HARD,
}
VERSION_1 = re.compile(r"imsqti_(?:asi_)?xmlv1p|assessment/x-bb-qti-(?:pool|test)", re.IGNORECASE)
"""What manifests call files of version 1; the second is Blackboard's."""
ENDINGS = (".xml", ".qti", ".dat")
DOCUMENT_TYPE = re.compile(r"<!DOCTYPE\s", re.IGNORECASE)
HEAD = 4096


@dataclass(frozen=True, slots=True)
class _Resource:
    """A file that the manifest lists, and what it says of it."""

    path: str
    kind: str
    labels: list[str] = field(default_factory=list)
    code: str = ""
    difficulty: Difficulty | None = None


@dataclass(slots=True)
class _Group:
    """The items that share material."""

    number: int
    path: str
    questions: list[tuple[str, Foreign, str]] = field(default_factory=list)


def read(stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]:
    """The items of a file or a package. Raises `Invalid` when it is neither, or means harm."""
    head = stream.read(4)
    stream.seek(0)
    if head.startswith(b"PK"):
        yield from _read_package(stream, laws)
        return
    text = xml_text(stream.read(MOST_ITEM_BYTES + 1))
    if len(text) > MOST_ITEM_BYTES:
        raise Invalid.one("too_large", f"单个题目文件超过 {MOST_ITEM_BYTES // 1024**2} MB，请核对。", "file")
    name = root_name(text)
    if name in OTHER_ROOTS:
        raise Invalid.one("other_root", OTHER_ROOTS[name], "file")
    if name == qti_one.ROOT:
        yield from _rows_of_version_1(text, "", 0, laws)
        return
    item = tree(text, kind=KIND)
    if item.tag not in ITEM_ROOTS:
        message = (
            f"最外层是 <{str(item.tag)[:40]}>，不是 QTI 的题目（assessmentItem），请核对文件和所选格式。"
        )
        raise Invalid.one("other_root", message, "file")
    older_names(item)
    found = question(item, [])
    if item.find("assessmentStimulusRef") is not None:
        found.refuse("stimulus", "题目引用的共用材料不在这个文件里，请上传整个 QTI 包。", "stem")
    yield found.row(label="第 1 题", number=1, raw=text, share=1.0, laws=laws)


def _rows_of_version_1(text: str, path: str, before: int, laws: LawBook) -> Iterator[ReadRow]:
    """The items of a file of version 1; `before` is how many have been read from others. Raises `Invalid`."""
    if DOCUMENT_TYPE.search(text[:HEAD]):
        message = "这个 QTI 1.x 文件带有文档类型声明，请用文本编辑器删去以 <!DOCTYPE 开头的一行，再上传。"
        raise Invalid.one("other_root", message, "file")
    items = list(qti_one.items(tree(text, kind=KIND, most_parts=MOST_PARTS_OF_VERSION_1)))
    if not items:
        raise Invalid.one("other_root", "这个 QTI 1.x 文件里没有题目（item），没有读取。", "file")
    where = f"（{path[-120:]}）" if path else ""
    for number, item in enumerate(items, start=1):
        found = qti_one.question(item)
        yield found.row(
            label=f"第 {before + number} 题{where}",
            number=before + number,
            raw=ET.tostring(item, encoding="unicode").strip(),
            share=number / len(items),
            laws=laws,
        )


def _read_package(stream: BinaryIO, laws: LawBook) -> Iterator[ReadRow | Problem]:
    try:
        with packages.opened(stream, LIMITS) as archive:
            _refuse_links(archive)
            yield from _Package(archive, laws).rows()
    except packages.Malformed as error:
        raise Invalid.one(error.code, REFUSALS[error.code], "file") from error
    except packages.DAMAGED as error:
        raise Invalid.one("no_archive", REFUSALS["no_archive"], "file") from error


def _refuse_links(archive: zipfile.ZipFile) -> None:
    if any(stat.S_ISLNK(part.external_attr >> 16) for part in archive.infolist()):
        raise packages.Malformed("symlink")


class _Package:
    """A package that is open for reading."""

    def __init__(self, archive: zipfile.ZipFile, laws: LawBook) -> None:
        self._archive = archive
        self._laws = laws
        self._parts = {part.filename: part for part in archive.infolist() if not part.is_dir()}
        self._stimuli: dict[str, tuple[str, Foreign]] = {}

    def rows(self) -> Iterator[ReadRow | Problem]:
        """The items in the order of the manifest, then the cases, items that share material."""
        resources, remarks = self._resources()
        yield from remarks
        items = [resource for resource in resources if resource.kind == "item"]
        about = {resource.path: resource for resource in resources}
        groups: dict[str, _Group] = {}
        read = 0
        for resource in (resource for resource in resources if resource.kind == "old"):
            for row in self._items_of_version_1(resource, read):
                read += isinstance(row, ReadRow)
                yield row
        for number, resource in enumerate(items, start=read + 1):
            source, found, stimulus = self._item(resource)
            if stimulus:
                group = groups.setdefault(stimulus, _Group(number, stimulus))
                group.questions.append((resource.path, found, source))
                continue
            yield self._row(found, resource.path, number, source, (number - read) / len(items))
        for group in groups.values():
            yield self._case(group, about.get(group.path))

    def _row(self, found: Foreign, path: str, number: int, source: str, share: float) -> ReadRow:
        label = f"第 {number} 题（{path[-120:]}）"
        return found.row(label=label, number=number, raw=source, share=share, laws=self._laws)

    # What the manifest says ---------------------------------------------------------------------------

    def _resources(self) -> tuple[list[_Resource], list[Problem]]:
        """The files that are to be read, and remarks on the others."""
        manifests = [name for name in self._parts if posixpath.basename(name).lower() == MANIFEST]
        if not manifests:
            loose = self._loose_items(set())
            remark = f"包里没有清单 {MANIFEST}，直接读取了 {len(loose)} 个题目文件。"
            if not loose:
                raise Invalid.one("no_manifest", f"包里没有清单 {MANIFEST}，也没有 QTI 题目文件。", "file")
            return [self._loose(path) for path in loose], [Problem("no_manifest", remark)]
        path = min(manifests, key=lambda name: (name.count("/"), name))
        text = self._text(path, MOST_MANIFEST_BYTES)
        manifest = tree(text, kind=f" QTI 清单（{MANIFEST}）", most_parts=MOST_MANIFEST_PARTS)
        listed: dict[tuple[str, str], _Resource] = {}
        again = 0
        for entry in manifest.iterfind("resources/resource"):
            resource = self._resource(entry, posixpath.dirname(path), manifest.find("resources"))
            # What is of no kind that is read, and what names no file, is not read twice either.
            again += bool(resource.kind and resource.path and (resource.kind, resource.path) in listed)
            listed.setdefault((resource.kind, resource.path or str(len(listed))), resource)
        found, remarks = self._with_remarks(list(listed.values()))
        if again:
            message = f"清单有 {again} 处重复列出同一个文件，每个文件只读取一次。"
            remarks.append(Problem("listed_again", message))
        return found, remarks

    def _with_remarks(self, listed: list[_Resource]) -> tuple[list[_Resource], list[Problem]]:
        remarks = []
        tests = [resource.path for resource in listed if resource.kind == "test"]
        if tests:
            remarks.append(Problem("tests", f"包里有 {len(tests)} 个试卷结构，只导入题目，没有导入试卷。"))
        extra = self._loose_items({resource.path for resource in listed})
        if not any(resource.kind in {"item", "old"} for resource in listed) and extra:
            remarks.append(
                Problem("no_items_listed", f"清单没有列出题目，直接读取了 {len(extra)} 个题目文件。")
            )
            return [*listed, *map(self._loose, extra)], remarks
        if extra:
            names = "、".join(path[-60:] for path in extra[:5]) + ("等" if len(extra) > 5 else "")
            remarks.append(
                Problem("not_listed", f"包里有 {len(extra)} 个题目文件没有列入清单，没有读取：{names}。")
            )
        return listed, remarks

    def _loose_items(self, listed: set[str]) -> list[str]:
        """The item files that the manifest does not list."""
        return [
            name
            for name in self._parts
            if name.lower().endswith(ENDINGS) and name not in listed and self._root(name) in FILE_ROOTS
        ]

    def _loose(self, path: str) -> _Resource:
        return _Resource(path, "old" if self._root(path) == qti_one.ROOT else "item")

    def _root(self, name: str) -> str:
        with self._archive.open(self._parts[name]) as part:
            return root_name(part.read(4096).decode("utf-8", "ignore"))

    def _resource(self, resource: Element, folder: str, around: Element | None) -> _Resource:
        kind = resource.get("type", "").lower()
        file = resource.find("file")
        # Blackboard writes the file of a resource as bb:file.
        href = resource.get("href", "") or resource.get("file", "")
        href = href or (file.get("href", "") if file is not None else "")
        base = (around.get("xml:base", "") if around is not None else "") + resource.get("xml:base", "")
        path = posixpath.join(folder, base, _local_path(href))
        words = [
            "".join(word.itertext()).strip() for word in resource.iterfind("metadata/lom/general/keyword")
        ]
        level = resource.find("metadata/lom/educational/difficulty/value")
        entry = resource.find("metadata/lom/general/identifier/entry")
        code = "" if entry is None else "".join(entry.itertext()).strip()
        return _Resource(
            path=posixpath.normpath(path) if href else "",
            kind=_kind(kind),
            labels=words,
            code=code if CODE.fullmatch(code) else "",
            difficulty=None if level is None else DIFFICULTIES.get("".join(level.itertext()).strip().lower()),
        )

    def _items_of_version_1(self, resource: _Resource, before: int) -> Iterator[ReadRow | Problem]:
        try:
            text = self._text(resource.path, MOST_MANIFEST_BYTES)
            yield from _rows_of_version_1(text, resource.path, before, self._laws)
        except Invalid as error:
            told = " ".join(problem.message for problem in error.problems)
            yield Problem("qti_1", f"QTI 1.x 文件“{resource.path[-80:]}”没有读取：{told}", resource.path)

    # Items and what they share ------------------------------------------------------------------------

    def _text(self, path: str, most: int) -> str:
        """The text of an XML file of the package. Raises `Invalid` when there is none that can be read."""
        if path.startswith(("/", "../")) or path == ".." or ":" in path.partition("/")[0]:
            raise Invalid.one("part_name", f"清单里的路径“{path[:60]}”指向包外，未读取。", "file")
        part = self._parts.get(path)
        if part is None:
            raise Invalid.one("missing_file", f"清单列出的文件“{path[-80:] or '（空）'}”不在包里。", "file")
        if part.file_size > most:
            raise Invalid.one("too_large", f"文件“{path[-80:]}”超过 {most // 1024**2} MB，未读取。", "file")
        return xml_text(self._archive.read(part))

    def _item(self, resource: _Resource) -> tuple[str, Foreign, str]:
        """An item's source, what it asks, and the path of the material that it shares with others."""
        source = ""
        try:
            source = self._text(resource.path, MOST_ITEM_BYTES)
            item = tree(source, kind=KIND)
        except Invalid as error:
            return source or resource.path, _unreadable(error), ""
        older_names(item)
        if item.tag != "assessmentItem":
            found = Foreign()
            found.unsupported(f"{str(item.tag)[:60]}（不是题目）")
            return source, found, ""
        found = question(item, resource.labels)
        found.code, found.difficulty = resource.code, resource.difficulty
        shared = item.findall("assessmentStimulusRef")
        if len(shared) > 1:
            found.unsupported("引用了几份共用材料的题")
            return source, found, ""
        folder = posixpath.dirname(resource.path)
        paths = [
            posixpath.normpath(posixpath.join(folder, _local_path(one.get("href", "")))) for one in shared
        ]
        return source, found, paths[0] if paths else ""

    def _case(self, group: _Group, about: _Resource | None) -> ReadRow:
        source, case = self._stimulus(group.path, about)
        sources = "\n".join([source, *(text for _path, _found, text in group.questions)])
        if len(group.questions) == 1:
            ((path, found, text),) = group.questions
            found.stem = f"{case.stem}\n{found.stem}"
            found.lost |= case.lost
            found.problems += case.problems
            found.warn("stimulus_merged", "共用材料只有这一题，已并入题干，请核对。", "stem")
            return self._row(found, path, group.number, text, 1.0)
        case.questions = [found for _path, found, _text in group.questions]
        return self._row(case, group.path, group.number, sources, 1.0)

    def _stimulus(self, path: str, about: _Resource | None) -> tuple[str, Foreign]:
        case = Foreign(type=QuestionType.CASE)
        source = ""
        try:
            source = self._text(path, MOST_ITEM_BYTES)
            material = tree(source, kind=KIND)
            older_names(material)
            body = material.find("stimulusBody")
            case.stem = "" if body is None else flow_text(body, case)
        except Invalid as error:
            case.problems += error.problems
        if about is not None:
            case.labels, case.code, case.difficulty = about.labels, about.code, about.difficulty
        return source, case


def _kind(words: str) -> str:
    """What a resource of the manifest is: item, stimulus, test, old, or nothing of ours."""
    if VERSION_1.match(words):
        return "old"
    if not words.startswith("imsqti"):
        return ""
    for kind in ("item", "stimulus", "test"):
        if kind in words:
            return kind
    return ""


def _local_path(href: str) -> str:
    return unquote(href.partition("#")[0].partition("?")[0]).replace("\\", "/").strip()


def _unreadable(error: Invalid) -> Foreign:
    found = Foreign()
    found.problems += error.problems
    return found
