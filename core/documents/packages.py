"""Archives from outside (xlsx, docx, packages of item files), measured before anything in them is read.

The sizes are those that the archive claims for its parts; zipfile never unpacks more of a part than that. XML
parts that declare a document type are refused: no office program writes one, and entities and external
references need one.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from xml.parsers import expat

from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD_OFFICE = b"\xd0\xcf\x11\xe0"
LOCKED = "EncryptedPackage".encode("utf-16-le")
"""The part in which an office program keeps a file with a password, inside a file of the old kind."""
ENCRYPTED = 0x1
HIGHEST_RATIO = 150
"""How much smaller a part may have been packed. Sheets of one repeated row reach 60, bombs 1,000."""
RATIO_FROM = 1024 * 1024
"""Parts below this size are left out of the ratio: they cannot do harm."""
PROLOGUE = 64 * 1024
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,
)
"""What reading a part of a damaged archive raises."""
XML_ENDINGS = (".xml", ".rels", ".vml")


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may come to: its bytes, those of all its parts unpacked, the number of parts."""

    size: int
    unpacked: int
    parts: int = 500


class Malformed(Exception):
    """The archive is refused; `code` says why: old_format, no_archive, too_large, too_many_parts,
    too_large_inside, encrypted, part_name, document_type."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def opened(stream: BinaryIO, limits: Limits, *, part: str = "") -> Iterator[zipfile.ZipFile]:
    """The archive, checked; `stream` can seek. Raises `Malformed`, also when it has no such `part`."""
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > limits.size:
        raise Malformed("too_large")
    if stream.read(4) == OLD_OFFICE:
        raise Malformed("encrypted" if LOCKED in stream.read() else "old_format")
    stream.seek(0)
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise Malformed("no_archive") from error
    with archive:
        if part and part not in archive.namelist():
            raise Malformed("no_archive")
        _check_parts(archive.infolist(), limits)
        try:
            for entry in archive.infolist():
                if entry.filename.lower().endswith(XML_ENDINGS):
                    _check_prologue(archive, entry)
        except DAMAGED as error:
            raise Malformed("no_archive") from error
        yield archive
    stream.seek(0)


def _check_parts(parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(parts) > limits.parts:
        raise Malformed("too_many_parts")
    if sum(part.file_size for part in parts) > limits.unpacked:
        raise Malformed("too_large_inside")
    seen = set()
    for part in parts:
        if part.flag_bits & ENCRYPTED:
            raise Malformed("encrypted")
        if part.file_size > RATIO_FROM and part.file_size > HIGHEST_RATIO * max(part.compress_size, 1):
            raise Malformed("too_large_inside")
        steps = part.filename.replace("\\", "/").split("/")
        if ".." in steps or not steps[0] or ":" in steps[0] or part.filename in seen:
            raise Malformed("part_name")
        seen.add(part.filename)


class _Seen(Exception):
    """The root element was reached."""


def _check_prologue(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Read the part as far as its root element. What is no XML at all is left to whoever reads the part."""
    parser = expat.ParserCreate()

    def doctype(*_names: object) -> None:
        raise Malformed("document_type")

    def root(*_element: object) -> None:
        raise _Seen

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = root
    try:
        with archive.open(part) as file:
            while block := file.read(PROLOGUE):
                parser.Parse(block, False)
    except (_Seen, expat.ExpatError, LookupError):
        return  # LookupError: an encoding that there is not


def as_invalid(error: Malformed, kind: str, limits: Limits) -> Invalid:
    """The refusal in words; `kind` is what was expected, such as «.xlsx 表格»."""
    messages = {
        "old_format": f"文件是旧格式（.xls 或 .doc），请用办公软件打开后另存为{kind}，再上传。",
        "no_archive": f"这不是{kind}，或者文件已损坏。请用办公软件打开后另存为{kind}，再上传。",
        "too_large": f"文件超过 {limits.size // 1024**2} MB，请删去无关内容或分成几份。",
        "too_many_parts": f"文件内部的部件超过 {limits.parts} 个，请删去图片和无关内容。",
        "too_large_inside": "文件解压后过大，请删去图片和无关内容，或分成几份。",
        "encrypted": "文件设有打开密码，请去掉密码后再上传。",
        "part_name": "文件内部的路径不正常，已拒绝读取。请用办公软件打开后另存，再上传。",
        "document_type": "文件内含 XML 实体或外部引用声明，已拒绝读取。请用办公软件打开后另存，再上传。",
    }
    return Invalid.one(error.code, messages[error.code], "file")
