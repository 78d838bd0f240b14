"""ID numbers, names, post levels, unit kinds and the region codes of Luzhou. Pure."""

from __future__ import annotations

import unicodedata
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from stdnum.cn.ric import calc_check_digit

from core.errors import Problem

EARLIEST_BIRTH_YEAR = 1870
"""No living person was born before; an earlier year is a typing error."""

LONGEST_NAME = 50
"""Code points. 民委发〔2016〕33号 asks for a name field of at least 50 characters (25 汉字)."""

SEPARATOR = "\u00b7"
"""The separator of names of several parts: U+00B7, GB 18030 A1A4 (民委发〔2016〕33号)."""


class PostLevel(StrEnum):
    """Levels of leading posts (公务员法 art. 18) as far as the exam tells them apart, lowest first."""

    BELOW_SECTION = "below_section"
    DEPUTY_SECTION = "deputy_section"
    SECTION = "section"
    ABOVE = "above"

    @property
    def rank(self) -> int:
        """0 for the lowest; compare ranks, not the members, which are strings."""
        return _RANKS[self]

    def is_above(self, other: PostLevel) -> bool:
        return self.rank > other.rank

    @property
    def label(self) -> str:
        return POST_LEVEL_NAMES[self]


POST_LEVEL_NAMES = MappingProxyType(
    {
        PostLevel.BELOW_SECTION: "科员及以下",
        PostLevel.DEPUTY_SECTION: "乡科级副职",
        PostLevel.SECTION: "乡科级正职",
        PostLevel.ABOVE: "县处级及以上",
    },
)
_RANKS = {level: rank for rank, level in enumerate(PostLevel)}


class UnitFamily(StrEnum):
    """The families by which a paper's post part is chosen."""

    CONGRESS = "congress"
    GOVERNMENT = "government"
    SUPERVISION = "supervision"
    COURT = "court"
    PROCURATORATE = "procuratorate"
    PARTY_AND_MASSES = "party_and_masses"
    INSTITUTIONS = "institutions"

    @property
    def label(self) -> str:
        return _FAMILY_NAMES[self]


_FAMILY_NAMES = {
    UnitFamily.CONGRESS: "人大",
    UnitFamily.GOVERNMENT: "政府（行政）",
    UnitFamily.SUPERVISION: "监委",
    UnitFamily.COURT: "法院",
    UnitFamily.PROCURATORATE: "检察院",
    UnitFamily.PARTY_AND_MASSES: "党群",
    UnitFamily.INSTITUTIONS: "企事业",
}


class UnitKind(StrEnum):
    """Kinds of units, in the order of their report codes 1 to 15."""

    PARTY = "party"
    CONGRESS = "congress"
    GOVERNMENT = "government"
    CONSULTATIVE_CONFERENCE = "consultative_conference"
    SUPERVISION = "supervision"
    COURT = "court"
    PROCURATORATE = "procuratorate"
    DEMOCRATIC_PARTY = "democratic_party"
    MASS_ORGANISATION = "mass_organisation"
    TOWNSHIP = "township"
    SUBDISTRICT = "subdistrict"
    INSTITUTION = "institution"
    ENTERPRISE = "enterprise"
    VERTICAL = "vertical"
    PARK = "park"

    @property
    def code(self) -> int:
        """The report code, 1 to 15."""
        return _UNIT_KINDS[self][0]

    @property
    def label(self) -> str:
        return _UNIT_KINDS[self][1]

    @property
    def family(self) -> UnitFamily:
        return _UNIT_KINDS[self][2]


_UNIT_KINDS = {
    UnitKind.PARTY: (1, "党委及工作部门", UnitFamily.PARTY_AND_MASSES),
    UnitKind.CONGRESS: (2, "人大常委会机关", UnitFamily.CONGRESS),
    UnitKind.GOVERNMENT: (3, "政府及工作部门", UnitFamily.GOVERNMENT),
    UnitKind.CONSULTATIVE_CONFERENCE: (4, "政协机关", UnitFamily.PARTY_AND_MASSES),
    UnitKind.SUPERVISION: (5, "纪委监委", UnitFamily.SUPERVISION),
    UnitKind.COURT: (6, "法院", UnitFamily.COURT),
    UnitKind.PROCURATORATE: (7, "检察院", UnitFamily.PROCURATORATE),
    UnitKind.DEMOCRATIC_PARTY: (8, "民主党派、工商联", UnitFamily.PARTY_AND_MASSES),
    UnitKind.MASS_ORGANISATION: (9, "群团组织", UnitFamily.PARTY_AND_MASSES),
    UnitKind.TOWNSHIP: (10, "乡镇", UnitFamily.GOVERNMENT),
    UnitKind.SUBDISTRICT: (11, "街道", UnitFamily.GOVERNMENT),
    UnitKind.INSTITUTION: (12, "事业单位", UnitFamily.INSTITUTIONS),
    UnitKind.ENTERPRISE: (13, "国有企业", UnitFamily.INSTITUTIONS),
    UnitKind.VERTICAL: (14, "垂管单位", UnitFamily.GOVERNMENT),
    UnitKind.PARK: (15, "园区、开发区管委会", UnitFamily.GOVERNMENT),
}

REGIONS = MappingProxyType(
    {
        "510500": "市本级",
        "510502": "江阳区",
        "510503": "纳溪区",
        "510504": "龙马潭区",
        "510521": "泸县",
        "510522": "合江县",
        "510524": "叙永县",
        "510525": "古蔺县",
    },
)
"""GB/T 2260 codes of Luzhou's own organs and its seven districts and counties."""

_FULL_WIDTH = str.maketrans("０１２３４５６７８９ｘＸx", "0123456789XXX")

# Points that keyboards and documents put in the place of U+00B7. NFC leaves them as they are, and NFKC would
# also change Han characters (compatibility ideographs), so the table is explicit.
_LOOK_ALIKES = dict.fromkeys(
    map(ord, "\u002e\u0387\u2022\u2024\u2027\u2219\u22c5\u2e31\u2e33\u30fb\ua78f\ufe52\uff0e\uff65"),
    SEPARATOR,
)

# Positions of GB 18030 that tables before the 2022 edition (Python's codec among them) decode to the private
# use area: ten vertical punctuation marks, eight Han components, one Latin letter, six characters of Extension B.
_PRIVATE_USE = {
    **dict(
        zip(
            range(0xE78D, 0xE797), "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19", strict=True
        )
    ),
    0xE81E: "\u9fb4",
    0xE826: "\u9fb5",
    0xE82B: "\u9fb6",
    0xE82C: "\u9fb7",
    0xE832: "\u9fb8",
    0xE843: "\u9fb9",
    0xE854: "\u9fba",
    0xE864: "\u9fbb",
    0xE7C7: "\u1e3f",
    0xE816: "\U00020087",
    0xE817: "\U00020089",
    0xE818: "\U000200cc",
    0xE831: "\U000215d7",
    0xE83B: "\U0002298f",
    0xE855: "\U000241fe",
}

_SPACES = dict.fromkeys([0x00A0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
_NAME_TABLE = _LOOK_ALIKES | _PRIVATE_USE | _SPACES

# Han by block, not by category: the running Python may know an older Unicode than a name does.
_HAN_BLOCKS = (
    (0x2E80, 0x2FD5),  # radicals, part of GB 18030-2022
    (0x3005, 0x3007),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2FFFD),
    (0x30000, 0x3FFFD),
)
_QUOTES = "'\"`´‘’‛“”′＇＂"
_CHECK_DIGITS = "0123456789X"
_VARIATION_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))


def normalise_id_number(text: str) -> str:
    """The number as it is stored and compared: no spaces or invisible marks, ASCII digits, capital X.

    Quotation marks around it are dropped: sheets put an apostrophe in front so that a number stays text.
    """
    kept = (c for c in text if not c.isspace() and unicodedata.category(c) != "Cf")
    return "".join(kept).translate(_FULL_WIDTH).strip(_QUOTES)


def id_number_problems(text: str) -> list[Problem]:
    """Everything wrong with a resident ID number of 18 characters (GB 11643-1999); [] when fine.

    Checked: length, characters, that the birth date exists, the check digit (ISO 7064 MOD 11-2). The address
    code is never checked: codes are those of the time of registration and many are retired. No message
    repeats the number.
    """
    number = normalise_id_number(text)
    if not number:
        return [Problem("id_number_empty", "身份证号未填写，请填写 18 位公民身份号码。")]
    if len(number) == 15 and number.isascii() and number.isdecimal():
        return [Problem("id_number_length", "身份证号是 15 位的旧号码，请填写 18 位公民身份号码。")]
    problems = []
    body, check = number[:17], number[17:18]
    if not _is_ascii_digits(body) or (check and check not in _CHECK_DIGITS):
        message = "身份证号前 17 位应为数字，末位应为数字或 X，请核对。"
        problems.append(Problem("id_number_characters", message))
    elif len(number) != 18:
        message = f"身份证号应为 18 位，现为 {len(number)} 位，请核对是否缺位或多位。"
        problems.append(Problem("id_number_length", message))
    if len(number) == 18 and _is_ascii_digits(number[6:14]) and not _is_birth_date(number[6:14]):
        message = f"身份证号第 7 至 14 位的出生日期不存在，或早于 {EARLIEST_BIRTH_YEAR} 年，请核对。"
        problems.append(Problem("id_number_birth_date", message))
    well_formed = len(number) == 18 and _is_ascii_digits(body) and check in _CHECK_DIGITS
    if well_formed and calc_check_digit(number) != check:
        problems.append(Problem("id_number_check_digit", "身份证号末位校验码不符，请逐位核对号码。"))
    return problems


def mask_id_number(number: str) -> str:
    """`510502********0013`: address code and last four stay. Anything but 18 characters is hidden whole."""
    if len(number) != 18:
        return "*" * len(number)
    return f"{number[:6]}{'*' * 8}{number[14:]}"


def normalise_name(text: str) -> str:
    """The name as it is stored and compared.

    Look-alikes of the separator become U+00B7, private-use code points of old GB 18030 tables their Unicode
    characters. Spaces are trimmed, runs of them made one, and those dropped that only align: beside the
    separator or between two Han characters (张　三). Never NFKC: it would change Han characters.
    """
    words = [word for word in text.strip().translate(_NAME_TABLE).split(" ") if word]
    name = ""
    for word in words:
        glued = not name or SEPARATOR in (name[-1], word[0]) or (_is_han(name[-1]) and _is_han(word[0]))
        name += word if glued else f" {word}"
    return name


def name_problems(text: str) -> list[Problem]:
    """Everything wrong with a name: 1 to 50 code points of letters, Han, U+00B7 inside, spaces inside Latin names."""
    name = normalise_name(text)
    if not name:
        return [Problem("name_empty", "姓名未填写。")]
    problems = []
    if len(name) > LONGEST_NAME:
        message = f"姓名最多 {LONGEST_NAME} 个字，现有 {len(name)} 个，请核对是否多填。"
        problems.append(Problem("name_too_long", message))
    foreign = [c for i, c in enumerate(name) if not _belongs_in_name(c, name[i - 1] if i else "")]
    controls = [c for c in foreign if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    private = [c for c in foreign if unicodedata.category(c) == "Co"]
    others = [c for c in foreign if c not in controls and c not in private]
    if controls:
        message = f"姓名含有不可见的控制字符（{_code_points(controls)}），请删去后重新输入。"
        problems.append(Problem("name_control", message))
    if private:
        message = f"姓名含有自造字编码（{_code_points(private)}），请改用 GB 18030—2022 中的汉字。"
        problems.append(Problem("name_private_use", message))
    if others:
        message = f"姓名含有不能使用的字符（{_code_points(others)}），只能用汉字、字母和间隔号“·”。"
        problems.append(Problem("name_characters", message))
    if name.startswith(SEPARATOR) or name.endswith(SEPARATOR) or SEPARATOR * 2 in name:
        problems.append(Problem("name_separator", "姓名中的间隔号“·”只能单个用在两个部分之间。"))
    if any(_is_han(name[i - 1]) or _is_han(name[i + 1]) for i, c in enumerate(name) if c == " "):
        problems.append(Problem("name_space", "汉字旁不能有空格；空格只用于分开字母姓名的各部分。"))
    return problems


def mask_name(name: str) -> str:
    """`张*`: the first code point stays, of the others only separators and spaces. A single one is hidden."""
    if len(name) == 1:
        return "*"
    return name[:1] + "".join(c if c in {SEPARATOR, " "} else "*" for c in name[1:])


def _is_ascii_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _is_birth_date(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born.year >= EARLIEST_BIRTH_YEAR


def _within(character: str, blocks: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(character) <= last for first, last in blocks)


def _is_han(character: str) -> bool:
    return _within(character, _HAN_BLOCKS)


def _belongs_in_name(character: str, before: str) -> bool:
    if character in {SEPARATOR, " "} or _is_han(character):
        return True
    category = unicodedata.category(character)[0]
    if category == "M":  # vowel signs and accents need something to stand on
        return (
            bool(before) and before not in {SEPARATOR, " "} and not _within(character, _VARIATION_SELECTORS)
        )
    return category == "L"


def _code_points(characters: list[str]) -> str:
    return "、".join(f"U+{ord(c):04X}" for c in dict.fromkeys(characters))
