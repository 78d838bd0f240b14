"""The invented people: units, names, ID numbers that nobody living has. Pure and deterministic."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

from stdnum.cn.ric import calc_check_digit

from core.people.rules import REGIONS, PostLevel, UnitKind
from exam.papers.draw import NumberStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")

SEED = b"kaofa demo history, version one."
"""What every number of the invented history comes from; it is no secret."""

CITY = "510500"
FIRST_BIRTHDAY = date(1870, 1, 1)
BIRTHDAYS = (date(1899, 12, 31) - FIRST_BIRTHDAY).days + 1
"""Birth years 1870 to 1899: valid in form, and nobody living was born then."""

STRIDE = 7919
"""A prime that does not divide `BIRTHDAYS`: so many persons in a row have all different birthdays."""


def stream(*parts: object) -> NumberStream:
    """The demo's own random numbers for a purpose: always the same, whatever the version of a library."""
    return NumberStream(SEED, "demo", "/".join(str(part) for part in parts), 1)


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """An invented unit; `weight` is its share of the area's people."""

    code: str
    name: str
    kind: UnitKind
    region: str
    weight: int


@dataclass(frozen=True, slots=True)
class Cadre:
    """An invented person in their unit; `number` counts from 0 and is never given twice."""

    number: int
    name: str
    id_number: str
    unit: DemoUnit
    level: PostLevel


AREA_WEIGHTS: Mapping[str, int] = {
    "510500": 26,
    "510502": 15,
    "510503": 11,
    "510504": 10,
    "510521": 13,
    "510522": 11,
    "510524": 9,
    "510525": 10,
}

ORGANS: Mapping[UnitKind, tuple[int, tuple[str, ...]]] = {
    UnitKind.PARTY: (11, ("{area}委办公室", "{area}委组织部", "{area}委政法委员会")),
    UnitKind.CONGRESS: (4, ("{area}人大常委会机关",)),
    UnitKind.GOVERNMENT: (
        32,
        ("{area}财政局", "{area}教育局", "{area}司法局", "{area}自然资源和规划局", "{area}市场监督管理局"),
    ),
    UnitKind.CONSULTATIVE_CONFERENCE: (3, ("{area}政协机关",)),
    UnitKind.SUPERVISION: (5, ("{area}纪委监委",)),
    UnitKind.COURT: (5, ("{area}人民法院",)),
    UnitKind.PROCURATORATE: (4, ("{area}人民检察院",)),
    UnitKind.DEMOCRATIC_PARTY: (2, ("{area}工商业联合会",)),
    UnitKind.MASS_ORGANISATION: (4, ("{area}总工会", "共青团{area}委员会")),
    UnitKind.TOWNSHIP: (26, ("{area}清和镇", "{area}安定镇", "{area}永宁乡", "{area}石桥镇")),
    UnitKind.SUBDISTRICT: (9, ("{area}文昌街道", "{area}滨江街道")),
    UnitKind.INSTITUTION: (8, ("{area}档案馆", "{area}疾病预防控制中心")),
    UnitKind.ENTERPRISE: (4, ("{area}国有资产经营公司",)),
    UnitKind.VERTICAL: (2, ("国家税务总局{area}税务局",)),
    UnitKind.PARK: (4, ("{area}产业园区管理委员会",)),
}
"""By kind: its share of an area's people, and its units. Towns and streets have invented names."""

BELOW_THE_CITY = frozenset({UnitKind.TOWNSHIP, UnitKind.SUBDISTRICT})
IN_SECTION_POSTS = 30
"""Per cent of the people whose level is 乡科级正职; the others are 乡科级副职."""

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
GIVEN = (
    "明国文华建平志强永军红丽秀英玉兰春梅海波晓东俊杰思远子涵雨欣佳怡浩然天佑宏伟立新正义清源泽民安康乐山景行"
    "怀瑾知秋若水望舒长庚启明书恒一鸣致远修竹如松德馨承志"
)
RARE_GIVEN = ("𠮷", "𬭎", "𫖯", "𬱖", "𪩘", "𤧛")
"""Characters beyond the first plane, which real names have."""
PARTED_NAMES = (
    ("阿依", "木嘎", "尔古", "吉克", "沙马", "卓玛", "古丽", "帕提"),
    ("拉则", "尔布", "阿合", "扎西", "央金", "史古", "努尔", "措姆"),
)
ONE_IN_PARTED = 90
ONE_IN_RARE = 150


def units() -> tuple[DemoUnit, ...]:
    """The units of the city and its seven districts and counties, in the order of their codes."""
    found = []
    for region in REGIONS:
        for kind, (share, patterns) in ORGANS.items():
            if region == CITY and kind in BELOW_THE_CITY:
                continue
            area = "泸州市" if region == CITY else REGIONS[region]
            for number, pattern in enumerate(patterns, start=1):
                code = f"{region}-{kind.code:02d}{number}"
                weight = share * 12 // len(patterns)
                found.append(DemoUnit(code, pattern.format(area=area), kind, region, weight))
    return tuple(found)


def population(numbers: range) -> tuple[Cadre, ...]:
    """The people of these numbers over areas, kinds of unit and the two levels; a number is always the same person."""
    by_area: defaultdict[str, list[DemoUnit]] = defaultdict(list)
    for unit in units():
        by_area[unit.region].append(unit)
    return tuple(_cadre(number, by_area) for number in numbers)


def _cadre(number: int, by_area: Mapping[str, Sequence[DemoUnit]]) -> Cadre:
    numbers = stream("cadre", number)
    area = weighted(numbers, tuple(AREA_WEIGHTS), tuple(AREA_WEIGHTS.values()))
    unit = weighted(numbers, by_area[area], [unit.weight for unit in by_area[area]])
    level = PostLevel.SECTION if numbers.below(100) < IN_SECTION_POSTS else PostLevel.DEPUTY_SECTION
    name = invented_name(numbers)
    number_of_day = number * STRIDE % BIRTHDAYS
    return Cadre(number, name, id_number(area, number_of_day, 1 + numbers.below(998)), unit, level)


def invented_name(numbers: NumberStream) -> str:
    """A name; some have two parts with U+00B7, some a character beyond the first plane."""
    if numbers.below(ONE_IN_PARTED) == 0:
        return "·".join(_any(numbers, part) for part in PARTED_NAMES)
    given = _any(numbers, GIVEN)
    if numbers.below(ONE_IN_RARE) == 0:
        return _any(numbers, SURNAMES) + given + _any(numbers, RARE_GIVEN)
    return _any(numbers, SURNAMES) + given + (_any(numbers, GIVEN) if numbers.below(5) else "")


def id_number(region: str, birthday: int, sequence: int) -> str:
    """An ID number with its check digit; `birthday` counts days from 1870-01-01, `sequence` is 1 to 999."""
    born = FIRST_BIRTHDAY + timedelta(days=birthday)
    body = f"{region}{born:%Y%m%d}{sequence:03d}"
    return body + str(calc_check_digit(body + "0"))


def _any(numbers: NumberStream, values: Sequence[str]) -> str:
    return values[numbers.below(len(values))]


def weighted(numbers: NumberStream, values: Sequence[T], weights: Sequence[int]) -> T:
    """One of the values, each as likely as its weight says."""
    left = numbers.below(sum(weights))
    for value, weight in zip(values, weights, strict=True):
        left -= weight
        if left < 0:
            return value
    raise AssertionError("the weights do not add up")
