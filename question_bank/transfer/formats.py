"""The formats of this room, and which of them a file is in. A new format is one entry of `FORMATS`."""

from __future__ import annotations

import codecs
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

from core.documents.packages import LOCKED, OLD_OFFICE
from core.documents.trees import root_name
from core.errors import Invalid
from question_bank.transfer import (
    aiken,
    csv_file,
    docx,
    gift,
    json_file,
    moodle_xml,
    qti_packages,
    qti_writing,
    text,
    xlsx,
)

if TYPE_CHECKING:
    from question_bank.transfer.rows import Reader, Writer

ANY_TEXT = ".txt"
LOOKED_AT = 4096
TEXT_LOOKED_AT = 64 * 1024
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEXT_TYPE = "text/plain; charset=utf-8"
ZIP_TYPE = "application/zip"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its name in commands, its title on pages, the endings of its files, its media type."""

    name: str
    title: str
    endings: tuple[str, ...]
    media_type: str
    read: Reader | None
    write: Writer | None


FORMATS: tuple[Format, ...] = (
    Format("xlsx", "Excel 表格", (".xlsx",), XLSX_TYPE, xlsx.read, xlsx.write),
    Format("docx", "Word 文档", (".docx",), DOCX_TYPE, docx.read, docx.write),
    Format("csv", "CSV 表格", (".csv", ".tsv"), "text/csv", csv_file.read, None),
    Format("txt", "纯文本", (".txt",), TEXT_TYPE, text.read, text.write),
    Format(
        "json", "JSON", (".json", ".jsonl", ".ndjson"), "application/json", json_file.read, json_file.write
    ),
    Format("gift", "GIFT", (".gift", ".txt"), TEXT_TYPE, gift.read, gift.write),
    Format("aiken", "Aiken", (".txt", ".aiken"), TEXT_TYPE, aiken.read, aiken.write),
    Format("moodle-xml", "Moodle XML", (".xml",), "application/xml", moodle_xml.read, moodle_xml.write),
    Format("qti", "QTI", (".zip", ".xml"), ZIP_TYPE, qti_packages.read, qti_writing.write_2_2),
    Format("qti-2.1", "QTI 2.1", (".zip",), ZIP_TYPE, None, qti_writing.write_2_1),
    Format("qti-3.0", "QTI 3.0", (".zip",), ZIP_TYPE, None, qti_writing.write_3_0),
)
"""The first that a file's ending fits is taken where its content does not speak for another."""
BY_NAME = {known.name: known for known in FORMATS}
READABLE = tuple(known for known in FORMATS if known.read is not None)
WRITABLE = tuple(known for known in FORMATS if known.write is not None)

FOREIGN = {
    ".xls": "文件是旧的 .xls 格式，请用表格软件打开后另存为 .xlsx，再上传。",
    ".et": "文件是 .et 格式，请用表格软件打开后另存为 .xlsx，再上传。",
    ".xlsm": "文件带有宏（.xlsm），请用表格软件打开后另存为 .xlsx，再上传。",
    ".ods": "文件是 .ods 格式，请用表格软件打开后另存为 .xlsx，再上传。",
    ".odt": "文件是 .odt 格式，请用办公软件打开后另存为 .docx，再上传。",
    ".rtf": "文件是 .rtf 格式，请用 Word 或 WPS 打开后另存为 .docx，再上传。",
    ".mbz": "这是 Moodle 的课程备份，不能导入。请在 Moodle 的题库里导出 Moodle XML 或 GIFT。",
    ".h5p": "H5P 互动内容不能导入。请在原来的系统里导出 Moodle XML、GIFT 或 QTI 2.1。",
    ".doc": "文件是旧的 .doc 格式，请用 Word 或 WPS 打开后另存为 .docx，再上传。",
    ".wps": "文件是 .wps 格式，请用 WPS 打开后另存为 .docx，再上传。",
    ".pdf": "PDF 不能导入。请上传原来的 Word 文档或表格，或把文字复制到 .txt 文件。",
    ".html": "这是保存的网页（HTML），不能导入。里面是表格时，请用表格软件打开后另存为 .xlsx；是文字时，请复制到 .docx 或 .txt 文件。",
    ".mht": "这是保存的网页（MHTML），不能导入。请用办公软件打开后另存为 .xlsx 或 .docx，再上传。",
    ".xml-spreadsheet": "文件是 XML 表格（Excel 2003），请用表格软件打开后另存为 .xlsx，再上传。",
    ".xml-document": "文件是 XML 文档（Word 2003），请用办公软件打开后另存为 .docx，再上传。",
    ".rar": "压缩包不能导入（QTI 题包应是 .zip）。请解压后上传里面的文件。",
    ".jpg": "图片不能导入。请把文字录入或识别到 .docx、.xlsx 或 .txt 文件。",
}


SIGNATURES = (
    (b"%PDF", ".pdf"),
    (b"{\\rtf", ".rtf"),
    (b"Rar!", ".rar"),
    (b"7z\xbc\xaf", ".rar"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG", ".jpg"),
    (b"GIF8", ".jpg"),
)
"""How files begin that are not read, and the ending under which `FOREIGN` speaks of them."""
OFFICE_XML = (
    ("urn:schemas-microsoft-com:office:spreadsheet", ".xml-spreadsheet"),
    ("wordml", ".xml-document"),
)
WEB_PAGE = frozenset({"html", "head", "body", "meta", "table", "style", "script"})


def refuse_foreign(name: str, stream: BinaryIO) -> None:
    """Refuse what an ending or the first bytes show to be no file of questions; looks no further. Raises `Invalid`."""
    head = stream.read(max(len(mark) for mark, _ in SIGNATURES))
    stream.seek(0)
    ending = next((told for mark, told in SIGNATURES if head.startswith(mark)), PurePath(name).suffix.lower())
    if ending in FOREIGN:
        raise Invalid.one("foreign_format", FOREIGN[ending], "file")


def format_of(name: str, stream: BinaryIO, wanted: str = "") -> Format:
    """The format of a file by its name and its first bytes; `wanted` is the name of the one that was chosen.

    Raises `Invalid` for a format that is not read, and where name and content say different things.
    """
    ending = PurePath(name).suffix.lower()
    content = _content(stream)
    if content in FOREIGN:
        raise Invalid.one("foreign_format", FOREIGN[content], "file")
    if content == "empty":
        raise Invalid.one("empty_file", "文件是空的，请选择写有试题的文件。", "file")
    if content == "locked":
        raise Invalid.one("encrypted", "文件设有打开密码，请去掉密码后再上传。", "file")
    if content == "old_office":
        old = FOREIGN[".doc"] if ending in {".doc", ".docx"} else FOREIGN[".xls"]
        raise Invalid.one("old_format", old, "file")
    chosen = BY_NAME.get(wanted) or _by_ending(ending, stream) or (None if ending else BY_NAME.get(content))
    if chosen is None:
        endings = "、".join(dict.fromkeys(known.endings[0] for known in READABLE))
        message = FOREIGN.get(ending) or f"不认识以“{ending[:10]}”结尾的文件，请上传 {endings} 文件。"
        raise Invalid.one("unknown_format", message, "file")
    if chosen.read is None:
        raise Invalid.one("unknown_format", f"{chosen.title}只能导出，不能导入。", "file")
    if content in BY_NAME and content != chosen.name:
        inside = BY_NAME[content]
        message = (
            f"文件名以“{ending}”结尾，内容却是 {inside.title}，请把扩展名改为 {inside.endings[0]} 再上传。"
        )
        raise Invalid.one("wrong_ending", message, "file")
    if content == "" and chosen.name in {"xlsx", "docx"}:
        message = f"文件名以“{ending}”结尾，内容却不是 {chosen.title}，请用办公软件打开后另存，再上传。"
        raise Invalid.one("wrong_ending", message, "file")
    return chosen


def _by_ending(ending: str, stream: BinaryIO) -> Format | None:
    """The format of files with that ending; where several have it, the one that the content speaks for."""
    fitting = [known for known in READABLE if ending in known.endings]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    told = BY_NAME.get(_told(_head(stream)))
    # Anything that is text may come as .txt.
    return told if told is not None and (told in fitting or ending == ANY_TEXT) else fitting[0]


def _told(head: str) -> str:
    """The format that the beginning of a text speaks for, "" when it could be any."""
    root = root_name(head)
    if root:
        return "moodle-xml" if root == "quiz" else "qti"
    looks = (("json", json_file), ("csv", csv_file), ("gift", gift), ("aiken", aiken))
    return next((name for name, kind in looks if kind.looks_like(head)), "")


def _head(stream: BinaryIO) -> str:
    """The beginning of a text file; what is cut off in the middle of a character is left out."""
    stream.seek(0)
    data = stream.read(TEXT_LOOKED_AT)
    stream.seek(0)
    marked = [name for mark, name in text.MARKS if data.startswith(mark)]
    for name in marked or ("utf-8", "gb18030"):
        try:
            return codecs.getincrementaldecoder(name)().decode(data)
        except UnicodeDecodeError:
            continue
    return ""


def _content(stream: BinaryIO) -> str:
    """What the bytes tell: a format's name, an ending of FOREIGN, «empty», «locked», «old_office», or nothing."""
    stream.seek(0)
    head = stream.read(LOOKED_AT)
    try:
        if not head.strip():
            return "empty"
        if (foreign := _foreign(head)) is not None:
            return foreign
        if head.startswith(OLD_OFFICE):
            return "locked" if LOCKED in head + stream.read() else "old_office"
        return _office(stream) if head.startswith(b"PK") else ""
    finally:
        stream.seek(0)


def _foreign(head: bytes) -> str | None:
    """The ending, in `FOREIGN`, of what is not read, by how it begins; None for anything else."""
    for mark, ending in SIGNATURES:
        if head.startswith(mark):
            return ending
    text = head.decode(
        "utf-16" if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "latin-1", "ignore"
    )
    text = text.removeprefix("\xef\xbb\xbf").lstrip().casefold()
    if text.startswith("mime-version:") and "multipart/related" in text:
        return ".mht"
    if text.startswith("<!doctype html") or root_name(text) in WEB_PAGE:
        return ".html"
    if text.startswith("<"):
        return next((ending for words, ending in OFFICE_XML if words in text), None)
    return None


def _office(stream: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist()[:LOOKED_AT])
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return ""
    if "word/document.xml" in names:
        return "docx"
    return "xlsx" if any(name.startswith("xl/") for name in names) else "package"
