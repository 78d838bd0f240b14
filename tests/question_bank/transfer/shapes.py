"""Files in the shapes that people have, each with the truth beside it, for counting what is misread."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Invalid, Problem
from question_bank.transfer import aiken, csv_file, gift, json_file, moodle_xml, qti_packages, xlsx
from question_bank.transfer.rows import ReadRow
from tests.question_bank.transfer.conftest import BOOK, saved, workbook
from tests.question_bank.transfer.foreign import faults, key

if TYPE_CHECKING:
    import openpyxl

    from question_bank.transfer.rows import Reader

STEM = "违法行为在多少年内未被发现的，不再给予处罚？"
OTHER = "下列关于听证的说法，正确的是（　）。"
JUDGED = "听证应当公开举行，但涉及国家秘密的除外。"
GAPPED = "违法行为在（　）内未被发现的不再处罚。"
ONE_B = f"{STEM} single 半年|一年|两年 B"
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Shape:
    """A file and what its rows should become, in the words of `told`; `REFUSED` for one that must not be taken.

    `says` is what must be said of the rows or the file where it is taken: a code.
    """

    name: str
    reader: Reader
    data: bytes
    truth: tuple[str, ...]
    says: str = ""


@dataclass(slots=True)
class Result:
    """What became of a shape: rows in words, what was refused, and the codes of all that was said."""

    rows: list[str]
    said: set[str]
    silent: bool


def told(row: ReadRow) -> str:
    assert row.draft is not None
    return f"{row.draft.stem} {key(row)}"


def result_of(shape: Shape) -> Result:
    """What becomes of the file; a refusal without words fails here."""
    try:
        found = list(shape.reader(io.BytesIO(shape.data), BOOK))
    except Invalid as error:
        return Result(
            [REFUSED] * len(shape.truth), {p.code for p in error.problems if p.message}, silent=False
        )
    rows = [row for row in found if isinstance(row, ReadRow)]
    said = {remark.code for remark in found if isinstance(remark, Problem)}
    words = []
    for row in rows:
        refused = row.draft is None or faults(row)
        assert not refused or all(len(problem.message) > 4 for problem in row.problems), shape.name
        words.append(REFUSED if refused else told(row))
        said |= {warning.code for warning in row.warnings} | set(faults(row))
    return Result(words, said, silent=said <= {"type_inferred"})


def sheet(*rows: list[object]) -> bytes:
    return saved(workbook([list(row) for row in rows])).getvalue()


def book(made: openpyxl.Workbook) -> bytes:
    return saved(made).getvalue()


def cells(
    name: str, heading: list[object], *rows: list[object], truth: tuple[str, ...], says: str = ""
) -> Shape:
    return Shape(name, xlsx.read, sheet(heading, *rows), truth, says)


FOUR = ["题干", "选项A", "选项B", "选项C", "选项D", "答案"]
ONE_CELL = ["题干", "选项", "答案"]


def in_one(name: str, options: str, given: object, truth: str, says: str = "") -> Shape:
    return cells(f"one cell: {name}", ONE_CELL, [STEM, options, given], truth=(truth,), says=says)


def in_four(name: str, options: list[object], given: object, truth: str, says: str = "") -> Shape:
    return cells(f"four cells: {name}", FOUR, [STEM, *options, given], truth=(truth,), says=says)


def csv(name: str, text: str, *truth: str, codec: str = "utf-8", says: str = "") -> Shape:
    return Shape(f"csv: {name}", csv_file.read, text.encode(codec), truth, says)


def plain_json(name: str, data: object, *truth: str, says: str = "") -> Shape:
    return Shape(f"json: {name}", json_file.read, json.dumps(data, ensure_ascii=False).encode(), truth, says)


def lines_of_json(name: str, *entries: object, truth: tuple[str, ...]) -> Shape:
    text = "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    return Shape(f"json lines: {name}", json_file.read, text.encode(), truth)


OPTIONS = ["半年", "一年", "两年"]
LETTERED = dict(zip("ABC", OPTIONS, strict=True))

SHEETS = [
    in_one("A、 and |", "A、半年|B、一年|C、两年|D", "B", ONE_B),
    in_one("A、 and | to the end", "A、半年|B、一年|C、两年", "B", ONE_B),
    in_one("A. and spaces", "A.半年 B.一年 C.两年", "B", ONE_B),
    in_one("A. and nothing between", "A.半年B.一年C.两年", "B", ONE_B),
    in_one("lines", "A．半年\nB．一年\nC．两年", "B", ONE_B),
    in_one("lines without letters", "半年\n一年\n两年", "B", ONE_B),
    in_one("semicolons", "A:半年;B:一年;C:两年", "B", ONE_B),
    in_one("semicolons without letters", "半年；一年；两年；", "B", ONE_B),
    in_one("commas behind options", "A.半年，B.一年，C.两年", "B", ONE_B),
    in_one("brackets", "（A）半年（B）一年（C）两年", "B", ONE_B),
    in_one("bare letters", "A 半年 B 一年 C 两年", "B", ONE_B),
    in_one("small letters", "a)半年\nb)一年\nc)两年", "b", ONE_B),
    in_one("in two columns", "A.半年 C.两年\nB.一年", "B", ONE_B),
    in_one("a letter is missing", "A.半年 B.一年 D.两年", "B", REFUSED),
    in_one("a letter comes twice", "A.半年 B.一年 B.两年", "B", REFUSED),
    in_one("circled numbers", "①半年②一年③两年", "②", ONE_B),
    in_one("numbers", "1.半年 2.一年 3.两年", 2, ONE_B),
    in_one("boxes", "□半年 □一年 □两年", "B", ONE_B),
    in_one("the right box is ticked", "□半年 ☑一年 □两年", None, ONE_B, "key_in_options"),
    in_one("a list of a program", "['半年', '一年', '两年']", "B", ONE_B),
    in_one("an object of a program", '{"A": "半年", "B": "一年", "C": "两年"}', "B", ONE_B),
    in_one("slashes", "半年/一年/两年", "B", ONE_B, "options_split"),
    in_one("the key is glued to the end", "A.半年 B.一年 C.两年答案：B", None, ONE_B, "key_in_options"),
    in_one(
        "an option names others", "A.半年\nB.一年\nC.A、B都对", "C", f"{STEM} single 半年|一年|A、B都对 C"
    ),
    in_one("one option alone", "半年", "B", REFUSED),
    in_four("plain", [*OPTIONS, None], "B", ONE_B),
    in_four(
        "with letters",
        ["A、半年", "B、一年", "C、两年", "D、三年"],
        "B",
        f"{STEM} single 半年|一年|两年|三年 B",
    ),
    in_four("a bare letter in an unused cell", ["A、半年", "B、一年", "C、两年", "D"], "B", ONE_B),
    in_four("an empty mark in an unused cell", ["A.半年", "B.一年", "C.两年", "D."], "B", ONE_B),
    in_four("a dash in an unused cell", [*OPTIONS, "/"], "B", ONE_B),
    in_four("nan of a program", [*OPTIONS, "nan"], "B", ONE_B),
    in_four("letters alone", list("ABCD"), "B", REFUSED),
    in_four("all in the first", ["A、半年 B、一年 C、两年", None, None, None], "B", ONE_B),
    in_four("two and one", ["A.半年 B.一年", "C.两年", None, None], "B", ONE_B),
    in_four("an empty cell between", ["半年", None, "一年", "两年"], "C", REFUSED),
    in_four(
        "letters in some",
        ["A、半年", "一年", "C、两年", None],
        "B",
        f"{STEM} single A、半年|一年|C、两年 B",
        "option_letters",
    ),
    in_four("letters in another order", ["B、半年", "A、一年", "C、两年", None], "B", REFUSED),
    in_four(
        "names that begin with letters",
        ["A公司", "B公司", "C公司", None],
        "B",
        f"{STEM} single A公司|B公司|C公司 B",
    ),
    in_four("letters glued to texts", ["A半年", "B一年", "C两年", None], "B", ONE_B, "option_letters"),
    in_four("circled numbers", ["①半年", "②一年", "③两年", None], "②", ONE_B),
    in_four("a tick behind the right one", ["半年", "一年√", "两年", None], None, ONE_B, "key_in_options"),
    in_four("a star before the right one", ["半年", "*一年", "两年", None], None, ONE_B, "key_in_options"),
    in_four(
        "words behind the right one",
        ["半年", "一年（正确答案）", "两年", None],
        None,
        ONE_B,
        "key_in_options",
    ),
    in_four("marked one and key differ", ["半年", "一年√", "两年", None], "C", REFUSED),
    in_four(
        "two right ones",
        ["半年√", "一年√", "两年", None],
        None,
        f"{STEM} multiple 半年|一年|两年 AB",
        "key_in_options",
    ),
    in_four("signs", ["-5%", "5%", "+5%", None], "A", f"{STEM} single -5%|5%|+5% A"),
    in_four("letters large and small", ["pH", "PH", "Ph", None], "B", f"{STEM} single pH|PH|Ph B"),
    in_four("the same twice", ["半年", " 半年 ", "两年", None], "C", REFUSED),
    in_four("key as text", [*OPTIONS, None], "一年", ONE_B),
    in_four("key as letter and text", [*OPTIONS, None], "B、一年", ONE_B),
    in_four("key as an index", [*OPTIONS, None], 2, REFUSED),
    in_four("key beyond the options", [*OPTIONS, None], "D", REFUSED),
    in_four(
        "key by text with another sign", ["-5%", "5%", "10%", None], "-5%", f"{STEM} single -5%|5%|10% A"
    ),
    in_four("several", [*OPTIONS, None], "A,C", f"{STEM} multiple 半年|一年|两年 AC"),
    in_four("no key", [*OPTIONS, None], None, REFUSED),
    cells(
        "the stem holds its options",
        ["题目", "答案"],
        [f"{STEM}\nA.半年 B.一年 C.两年", "B"],
        truth=(ONE_B,),
        says="options_in_stem",
    ),
    cells(
        "the stem holds bare letters",
        ["题目", "答案"],
        [f"{STEM}\nA 半年\nB 一年\nC 两年", "B"],
        truth=(ONE_B,),
        says="options_in_stem",
    ),
    cells(
        "a verdict on a stem with lettered lines",
        ["题目", "答案"],
        ["下列两项都属于行政处罚：\nA 警告\nB 罚款", "对"],
        truth=("下列两项都属于行政处罚：\nA 警告\nB 罚款 true_false 正确|错误 A",),
    ),
    cells("stem and letter alone", ["题目", "答案"], [GAPPED, "D"], truth=(REFUSED,)),
    cells(
        "stem and text",
        ["题目", "答案"],
        [GAPPED, "二年"],
        truth=("违法行为在____内未被发现的不再处罚。 blank 二年",),
        says="type_inferred",
    ),
    *(
        cells(
            f"verdict {word}",
            ["题目", "题型", "答案"],
            [JUDGED, "判断题", word],
            truth=(f"{JUDGED} true_false 正确|错误 {letter}",),
        )
        for word, letter in (
            ("TRUE", "A"),
            ("对", "A"),
            ("√", "A"),
            ("×", "B"),
            (False, "B"),
            ("错误", "B"),
            ("N", "B"),
        )
    ),
    cells(
        "verdict of a row without a type",
        ["题目", "答案"],
        [JUDGED, "√"],
        truth=(f"{JUDGED} true_false 正确|错误 A",),
        says="type_inferred",
    ),
    cells(
        "other names and order",
        ["序号", "正确答案", "试题内容", "A选项", "选项(B)", "备选答案C"],
        [1, "B", STEM, *OPTIONS],
        truth=(ONE_B,),
    ),
    cells(
        "English names",
        ["Question", "Option_A", "option b", "Choice C", "Correct Answer"],
        [STEM, *OPTIONS, "B"],
        truth=(ONE_B,),
    ),
    cells(
        "one heading over several columns",
        ["题干", "选项", None, None, "答案"],
        [STEM, *OPTIONS, "B"],
        truth=(ONE_B,),
    ),
    cells(
        "one heading over the last columns", ["题干", "答案", "选项"], [STEM, "B", *OPTIONS], truth=(ONE_B,)
    ),
    cells(
        "a column without a heading",
        ["题干", "选项A", "选项B", None, "答案"],
        [STEM, *OPTIONS, "B"],
        truth=(f"{STEM} single 半年|一年 B",),
        says="untitled_column",
    ),
    cells(
        "titles above", ["2026 年题库"], ["单位：", "甲"], FOUR, [STEM, *OPTIONS, None, "B"], truth=(ONE_B,)
    ),
    cells(
        "the heading comes again",
        FOUR,
        [STEM, *OPTIONS, None, "B"],
        FOUR,
        [JUDGED, None, None, None, None, "对"],
        truth=(ONE_B, f"{JUDGED} true_false 正确|错误 A"),
    ),
    cells(
        "headings of sections",
        ["序号", *FOUR],
        ["一、多选题"],
        [1, STEM, *OPTIONS, None, "AC"],
        ["二、判断题（每题 2 分）"],
        [1, JUDGED, None, None, None, None, "对"],
        truth=(f"{STEM} multiple 半年|一年|两年 AC", f"{JUDGED} true_false 正确|错误 A"),
    ),
    cells(
        "no heading",
        [1, STEM, *OPTIONS, "B"],
        [2, OTHER, *OPTIONS, "AC"],
        truth=(ONE_B, f"{OTHER} multiple 半年|一年|两年 AC"),
        says="heading_inferred",
    ),
    cells(
        "no heading, the type in front",
        ["单选题", STEM, *OPTIONS, "B"],
        ["多选题", OTHER, *OPTIONS, "AC"],
        truth=(ONE_B, f"{OTHER} multiple 半年|一年|两年 AC"),
        says="heading_inferred",
    ),
    cells(
        "no heading, key before the options",
        [STEM, "B", *OPTIONS],
        [OTHER, "AC", *OPTIONS],
        truth=(ONE_B, f"{OTHER} multiple 半年|一年|两年 AC"),
        says="heading_inferred",
    ),
    cells(
        "running numbers",
        ONE_CELL,
        [f"1、{STEM}", "A.半年 B.一年 C.两年", "B"],
        [f"2、{OTHER}", "A.半年 B.一年 C.两年", "A"],
        truth=(ONE_B, f"{OTHER} single 半年|一年|两年 A"),
        says="numbers_taken_off",
    ),
    cells(
        "figures that are no running number",
        ONE_CELL,
        ["2021.7.15起施行的是哪一部法律？", "A.处罚法 B.许可法", "A"],
        truth=("2021.7.15起施行的是哪一部法律？ single 处罚法|许可法 A",),
    ),
    cells(
        "an enumeration in the stem",
        ONE_CELL,
        ["1、警告；2、罚款；3、拘留，属于财产罚的有几项？", "A.一项 B.两项", "A"],
        truth=("1、警告；2、罚款；3、拘留，属于财产罚的有几项？ single 一项|两项 A",),
    ),
    cells(
        "the type within the stem",
        ONE_CELL,
        [f"3、【单选题】{STEM}", "A.半年 B.一年 C.两年", "B"],
        truth=(ONE_B,),
        says="type_in_stem",
    ),
    cells(
        "a short stem",
        ONE_CELL,
        ["法是什么？", "A.规则 B.命令", "A"],
        truth=("法是什么？ single 规则|命令 A",),
    ),
    cells(
        "a stem that begins with letters in brackets",
        FOUR,
        ["（Aaa）级企业适用哪一种处罚的期限？", *OPTIONS, None, "A"],
        truth=("（Aaa）级企业适用哪一种处罚的期限？ single 半年|一年|两年 A",),
    ),
    cells(
        "markup",
        FOUR,
        [f"{STEM}<br>", *OPTIONS, None, "B"],
        truth=(f"{STEM}<br> single 半年|一年|两年 B",),
        says="markup",
    ),
]


def several_sheets() -> bytes:
    made = workbook([FOUR, [STEM, *OPTIONS, None, "AC"]], [FOUR[:1] + FOUR[-1:], [JUDGED, "对"]])
    made.worksheets[0].title, made.worksheets[1].title = "多选题", "判断题"
    return book(made)


def hidden_sheet() -> bytes:
    made = workbook([FOUR, [STEM, *OPTIONS, None, "B"]], [FOUR, [OTHER, *OPTIONS, None, "B"]])
    made.worksheets[1].sheet_state = "hidden"
    return book(made)


def formatted(*formats: str, values: tuple[object, ...]) -> bytes:
    made = workbook([FOUR, [STEM, *values, "A"]])
    for column, number_format in zip("BCDE", formats, strict=False):
        made.active[f"{column}2"].number_format = number_format
    return book(made)


def bold() -> bytes:
    from openpyxl.styles import Font

    made = workbook([FOUR[:-1], [STEM, *OPTIONS, None]])
    made.active["C2"].font = Font(bold=True)
    return book(made)


def coloured() -> bytes:
    from openpyxl.styles import Font

    made = workbook([FOUR, [STEM, *OPTIONS, None, None]])
    made.active["C2"].font = Font(color="FFFF0000")
    return book(made)


def rich() -> bytes:
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    made = workbook([FOUR, [STEM, *OPTIONS, None, "B"]])
    made.active["A2"] = CellRichText(STEM[:4], TextBlock(InlineFont(b=True), STEM[4:8]), STEM[8:])
    return book(made)


def picture_in_cell() -> bytes:
    return sheet(FOUR, [STEM, "半年", '=DISPIMG("ID_1",1)', "两年", None, "B"])


SHEETS += [
    Shape(
        "several sheets, one a type",
        xlsx.read,
        several_sheets(),
        (f"{STEM} multiple 半年|一年|两年 AC", f"{JUDGED} true_false 正确|错误 A"),
    ),
    Shape(
        "a hidden sheet",
        xlsx.read,
        hidden_sheet(),
        (ONE_B, f"{OTHER} single 半年|一年|两年 B"),
        "hidden_sheet",
    ),
    Shape(
        "numbers as cells show them",
        xlsx.read,
        formatted('0"日"', "000", "# ?/?", "0%", values=(15, 7, 0.5, 0.05)),
        (f"{STEM} single 15日|007|1/2|5% A",),
    ),
    Shape(
        "spans of time",
        xlsx.read,
        formatted("[h]:mm", "[h]:mm", values=(1.5, 1, "两年", None)),
        (f"{STEM} single 36:00|24:00|两年 A",),
        "",
    ),
    Shape(
        "numbers in a format that is not known",
        xlsx.read,
        formatted("[DBNum1]0", values=(15, "甲", "乙", None)),
        (f"{STEM} single 15|甲|乙 A",),
        "number_format",
    ),
    Shape("the key is bold", xlsx.read, bold(), (ONE_B,), "key_by_style"),
    Shape("the key is red", xlsx.read, coloured(), (ONE_B,), "key_by_style"),
    Shape("rich text", xlsx.read, rich(), (ONE_B,)),
    Shape("a picture as an option", xlsx.read, picture_in_cell(), (REFUSED,), "picture"),
    csv("commas", "题干,选项A,选项B,选项C,答案\n" + ",".join([STEM, *OPTIONS, "B"]), ONE_B),
    csv(
        "GB 18030 and tabs",
        f"题干\t选项\t答案\n{STEM}\tA、半年|B、一年|C、两年|D\tB",
        ONE_B,
        codec="gb18030",
    ),
    csv(
        "no heading",
        f"1,{STEM},半年,一年,两年,B\n2,{OTHER},半年,一年,两年,AC\n",
        ONE_B,
        f"{OTHER} multiple 半年|一年|两年 AC",
        says="heading_inferred",
    ),
    csv("options in a list", f'question,choices,answer\n{STEM},"[""半年"", ""一年"", ""两年""]",B\n', ONE_B),
    csv("label as the key", f"question,A,B,C,label\n{STEM},半年,一年,两年,B\n", ONE_B),
]

JSON = [
    plain_json("letters", [{"question": STEM, "options": LETTERED, "answer": "B"}], ONE_B),
    plain_json("a list", [{"question": STEM, "options": OPTIONS, "answer": "B"}], ONE_B),
    plain_json(
        "texts with letters",
        [{"question": STEM, "choices": ["A. 半年", "B. 一年", "C. 两年"], "answer": "B"}],
        ONE_B,
    ),
    plain_json("letters apart", [{"题目": STEM, **LETTERED, "答案": "B"}], ONE_B),
    plain_json(
        "an empty option behind", [{"question": STEM, "options": {**LETTERED, "D": ""}, "answer": "B"}], ONE_B
    ),
    plain_json("key as text", [{"question": STEM, "options": OPTIONS, "answer": "一年"}], ONE_B),
    plain_json("key as index", [{"question": STEM, "options": OPTIONS, "answer": 1}], REFUSED),
    plain_json("label", [{"question": STEM, "options": OPTIONS, "label": "B"}], ONE_B),
    plain_json("correct", [{"question": STEM, "options": OPTIONS, "correct": "B"}], ONE_B),
    plain_json(
        "two keys that differ", [{"question": STEM, "options": OPTIONS, "answer": "A", "label": "B"}], REFUSED
    ),
    plain_json(
        "a title beside the question",
        [{"title": "第一题", "question": STEM, "options": OPTIONS, "answer": "B"}],
        ONE_B,
    ),
    plain_json(
        "options that say they are right",
        [{"question": STEM, "options": [{"text": t, "is_correct": t == "一年"} for t in OPTIONS]}],
        ONE_B,
    ),
    plain_json(
        "options that contradict the key",
        [
            {
                "question": STEM,
                "answer": "A",
                "options": [{"text": t, "is_correct": t == "一年"} for t in OPTIONS],
            }
        ],
        REFUSED,
    ),
    plain_json(
        "an object an option",
        [{"question": STEM, "options": [{k: v} for k, v in LETTERED.items()], "answer": "B"}],
        ONE_B,
    ),
    plain_json(
        "options by id",
        [
            {
                "question": STEM,
                "options": [{"id": n, "text": t} for n, t in enumerate(OPTIONS, 31)],
                "answer": 32,
            }
        ],
        ONE_B,
    ),
    plain_json(
        "texts and labels apart",
        [{"question": STEM, "choices": {"text": OPTIONS, "label": list("ABC")}, "answerKey": "B"}],
        ONE_B,
    ),
    plain_json(
        "question within question",
        [
            {
                "question": {"stem": STEM, "choices": [{"label": k, "text": v} for k, v in LETTERED.items()]},
                "answerKey": "B",
            }
        ],
        ONE_B,
    ),
    plain_json(
        "grouped by chapter",
        {
            "第一章": [{"question": STEM, "options": OPTIONS, "answer": "B"}],
            "第二章": [{"question": JUDGED, "answer": True}],
        },
        ONE_B,
        f"{JUDGED} true_false 正确|错误 A",
    ),
    plain_json(
        "chapters in a list",
        [{"title": "第一章", "questions": [{"question": STEM, "options": OPTIONS, "answer": "B"}]}],
        ONE_B,
    ),
    plain_json(
        "grouped by type",
        {
            "多选题": [{"question": STEM, "options": OPTIONS, "answer": "AC"}],
            "判断题": [{"question": JUDGED, "answer": "对"}],
        },
        f"{STEM} multiple 半年|一年|两年 AC",
        f"{JUDGED} true_false 正确|错误 A",
    ),
    plain_json(
        "deeper",
        {"code": 0, "data": {"list": [{"question": STEM, "options": OPTIONS, "answer": "B"}]}},
        ONE_B,
    ),
    plain_json("stem and letter alone", [{"question": GAPPED, "answer": "D"}], REFUSED),
    plain_json(
        "options in the stem",
        [{"question": f"{STEM}\nA.半年\nB.一年\nC.两年", "answer": "B"}],
        ONE_B,
        says="options_in_stem",
    ),
    plain_json(
        "running numbers",
        [{"question": f"12. {STEM}", "options": OPTIONS, "answer": "B"}],
        ONE_B,
        says="numbers_taken_off",
    ),
    plain_json(
        "-1 and 1",
        [{"question": STEM, "options": ["-1", "1", "0"], "answer": "A"}],
        f"{STEM} single -1|1|0 A",
    ),
    lines_of_json(
        "letters",
        {"question": STEM, **LETTERED, "answer": "B"},
        {"question": JUDGED, "answer": False},
        truth=(ONE_B, f"{JUDGED} true_false 正确|错误 B"),
    ),
]


def moodle(stem: str, *answers: tuple[str, int]) -> bytes:
    listed = "".join(
        f'<answer fraction="{fraction}"><text>{text}</text></answer>' for text, fraction in answers
    )
    return (
        f'<quiz><question type="multichoice"><questiontext format="html"><text>{stem}</text></questiontext>'
        f"<single>true</single>{listed}</question></quiz>"
    ).encode()


def xml(name: str, data: bytes, *truth: str, says: str = "") -> Shape:
    return Shape(f"moodle: {name}", moodle_xml.read, data, truth, says)


XML = [
    xml(
        "entities",
        moodle("价格&nbsp;&uarr;&ge;5% 时的期限是多久？", ("一年", 100), ("两年", 0)),
        "价格\xa0↑≥5% 时的期限是多久？ single 一年|两年 A",
    ),
    xml(
        "entities in CDATA",
        moodle("<![CDATA[<p>价格&uarr;时的期限是多久？</p>]]>", ("一年", 100), ("两年", 0)),
        "价格↑时的期限是多久？ single 一年|两年 A",
    ),
    xml(
        "markup without CDATA",
        moodle("<p>价格上涨时的期限是多久？</p>", ("一年", 100), ("两年", 0)),
        "价格上涨时的期限是多久？ single 一年|两年 A",
    ),
    xml(
        "an entity that there is not",
        moodle("价格&nosuch;时的期限是多久？", ("一年", 100), ("两年", 0)),
        REFUSED,
    ),
    xml(
        "case alone",
        moodle("哪一个文件名是对的，请选择？", ("App.test.js", 100), ("AppTest.js", 0)),
        "哪一个文件名是对的，请选择？ single App.test.js|AppTest.js A",
    ),
    xml(
        "signs alone",
        moodle("负一的相反数加上零等于多少？", ("-1", 0), ("1", 100)),
        "负一的相反数加上零等于多少？ single -1|1 B",
    ),
    xml(
        "letters in brackets in front",
        moodle("(Aaa) 级企业适用的期限是多久？", ("一年", 100), ("两年", 0)),
        "(Aaa) 级企业适用的期限是多久？ single 一年|两年 A",
    ),
    xml(
        "(B/b) in front",
        moodle("(B/b) 两类企业适用的期限是多久？", ("一年", 100), ("两年", 0)),
        "(B/b) 两类企业适用的期限是多久？ single 一年|两年 A",
    ),
    Shape("gift", gift.read, f"{STEM} {{\n~半年\n=一年\n~两年\n}}".encode(), (ONE_B,)),
    Shape("gift: signs alone", gift.read, f"{STEM} {{ =-1 ~1 }}".encode(), (f"{STEM} single -1|1 A",)),
    Shape("aiken", aiken.read, f"{STEM}\nA. 半年\nB. 一年\nC. 两年\nANSWER: B\n".encode(), (ONE_B,)),
    Shape("aiken: key beyond", aiken.read, f"{STEM}\nA. 半年\nB. 一年\nANSWER: C\n".encode(), (REFUSED,)),
]


def correct(names: str, *others: str, extra: str = "") -> str:
    """A condition of version 1 that gives the whole marks for these choices and not for others."""
    wanted = "".join(f'<varequal respident="response1">{name}</varequal>' for name in names)
    unwanted = "".join(f'<not><varequal respident="response1">{name}</varequal></not>' for name in others)
    inside = f"<and>{wanted}{unwanted}</and>" if others or len(names) > 1 else wanted
    return (
        f'<respcondition continue="No"><conditionvar>{inside}</conditionvar>'
        f'<setvar action="Set" varname="SCORE">100</setvar>{extra}</respcondition>'
    )


def canvas_item(
    processing: str,
    *,
    kind: str = "multiple_choice_question",
    texts: tuple[str, ...] = tuple(OPTIONS),
    stem: str = STEM,
    cardinality: str = "Single",
) -> str:
    """An item as Canvas and text2qti write it: the stem is escaped HTML."""
    labels = "".join(
        f'<response_label ident="{letter}"><material><mattext texttype="text/html">&lt;p&gt;{text}&lt;/p&gt;'
        "</mattext></material></response_label>"
        for letter, text in zip("abcd", texts, strict=False)
    )
    return (
        f'<item ident="q" title="题"><itemmetadata><qtimetadata><qtimetadatafield><fieldlabel>question_type</fieldlabel>'
        f"<fieldentry>{kind}</fieldentry></qtimetadatafield></qtimetadata></itemmetadata><presentation><material>"
        f'<mattext texttype="text/html">&lt;p&gt;{stem}&lt;/p&gt;</mattext></material>'
        f'<response_lid ident="response1" rcardinality="{cardinality}"><render_choice>{labels}</render_choice>'
        f'</response_lid></presentation><resprocessing><outcomes><decvar maxvalue="100"/></outcomes>'
        f"{processing}</resprocessing></item>"
    )


def canvas(*items: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2">'
        f'<assessment ident="a" title="卷"><section ident="root_section">{"".join(items)}</section></assessment>'
        "</questestinterop>"
    ).encode()


def blackboard_item(
    processing: str, *, kind: str = "Multiple Choice", texts: tuple[str, ...] = tuple(OPTIONS)
) -> str:
    """An item as Blackboard writes it: flows, blocks and its own element for formatted text."""
    labels = "".join(
        f'<flow_label class="Block"><response_label ident="{letter}"><flow_mat class="FORMATTED_TEXT_BLOCK"><material>'
        f'<mat_extension><mat_formattedtext type="HTML">&lt;p&gt;{text}&lt;/p&gt;</mat_formattedtext></mat_extension>'
        "</material></flow_mat></response_label></flow_label>"
        for letter, text in zip("abcd", texts, strict=False)
    )
    return (
        f"<item><itemmetadata><bbmd_questiontype>{kind}</bbmd_questiontype></itemmetadata><presentation>"
        f'<flow class="Block"><flow class="QUESTION_BLOCK"><flow class="FORMATTED_TEXT_BLOCK"><material><mat_extension>'
        f'<mat_formattedtext type="HTML">&lt;p&gt;{STEM}&lt;/p&gt;</mat_formattedtext></mat_extension></material></flow>'
        f'</flow><flow class="RESPONSE_BLOCK"><response_lid ident="response" rcardinality="Single"><render_choice '
        f'shuffle="No">{labels}</render_choice></response_lid></flow></flow></presentation><resprocessing>'
        f'{processing}<respcondition title="incorrect"><conditionvar><other/></conditionvar><setvar '
        'variablename="SCORE" action="Set">0.0</setvar></respcondition></resprocessing></item>'
    )


BLACKBOARD_KEY = (
    '<respcondition title="correct"><conditionvar><varequal respident="response" case="No">b</varequal></conditionvar>'
    '<setvar variablename="SCORE" action="Set">SCORE.max</setvar></respcondition>'
)
TOLD_TO_ALL = (
    '<respcondition continue="Yes"><conditionvar><other/></conditionvar>'
    '<displayfeedback feedbacktype="Response" linkrefid="general_fb"/></respcondition>'
)
GAP_ITEM = (
    f'<item ident="q"><presentation><material><mattext texttype="text/plain">{STEM}</mattext></material><response_str '
    'ident="response1"><render_fib/></response_str></presentation><resprocessing><respcondition><conditionvar><varequal '
    'respident="response1">二年</varequal><varequal respident="response1">2年</varequal></conditionvar><setvar '
    'action="Set" varname="SCORE">100</setvar></respcondition></resprocessing></item>'
)
PARTLY = (
    '<respcondition><conditionvar><varequal respident="response1">c</varequal></conditionvar>'
    '<setvar action="Set" varname="SCORE">50</setvar></respcondition>'
)


def zipped(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("_DOT_", "."), data)
    return stream.getvalue()


def manifest(*resources: str) -> bytes:
    return f'<manifest xmlns:bb="b"><resources>{"".join(resources)}</resources></manifest>'.encode()


def qti(name: str, data: bytes, *truth: str, says: str = "") -> Shape:
    return Shape(f"QTI 1: {name}", qti_packages.read, data, truth, says)


JUDGEMENT = canvas_item(correct("a"), kind="true_false_question", texts=("True", "False"), stem=JUDGED)
MANY = canvas_item(correct("ac", "b"), kind="multiple_answers_question", cardinality="Multiple")
QTI = [
    qti(
        "Canvas",
        canvas(canvas_item(correct("b")), JUDGEMENT, MANY),
        ONE_B,
        f"{JUDGED} true_false 正确|错误 A",
        f"{STEM} multiple 半年|一年|两年 AC",
    ),
    qti("text2qti, with words for all", canvas(canvas_item(TOLD_TO_ALL + correct("b"))), ONE_B),
    qti(
        "part of the marks for another",
        canvas(canvas_item(correct("b") + PARTLY)),
        ONE_B,
        says="partial_credit",
    ),
    qti("no key", canvas(canvas_item("")), REFUSED),
    qti("a key that is no choice", canvas(canvas_item(correct("x"))), REFUSED),
    qti(
        "a condition of another kind",
        canvas(canvas_item(correct("b").replace("varequal", "vargte"))),
        REFUSED,
    ),
    qti("matching", canvas(canvas_item(correct("b"), kind="matching_question")), REFUSED, says="unsupported"),
    qti("one gap", canvas(GAP_ITEM), f"{STEM}____ blank 二年/2年", says="gap_added"),
    qti("Blackboard", canvas(blackboard_item(BLACKBOARD_KEY)), ONE_B),
    qti("essay of Blackboard", canvas(blackboard_item("", kind="Essay", texts=())), REFUSED),
    qti(
        "a package of Canvas",
        zipped(
            imsmanifest_DOT_xml=manifest(
                '<resource type="imsqti_xmlv1p2" href="q.xml"><file href="q.xml"/></resource>'
            ),
            q_DOT_xml=canvas(canvas_item(correct("b"))),
        ),
        ONE_B,
    ),
    qti(
        "a pool of Blackboard",
        zipped(
            imsmanifest_DOT_xml=manifest(
                '<resource type="assessment/x-bb-qti-pool" bb:file="res00001.dat"/>'
            ),
            res00001_DOT_dat=canvas(blackboard_item(BLACKBOARD_KEY)),
        ),
        ONE_B,
    ),
]

SHAPES = [*SHEETS, *JSON, *XML, *QTI]
