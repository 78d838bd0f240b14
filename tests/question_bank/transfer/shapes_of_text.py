"""Questions in running text in the shapes in which people keep them, each with what it means: the truth.

Written by hand for the tests of `lines.py`. A shape is a text and the questions in it, in order. `tells` are
codes of which at least one has to stand beside a row or the file; `refused` counts the questions that must be
refused with words, because nobody can tell what is meant.
"""

from __future__ import annotations

from dataclasses import dataclass

Truth = tuple[str, str, tuple[str, ...], str]
"""Type, stem, options, and the key: letters, 对 or 错, accepted texts with 「；」 between gaps, the reference."""


@dataclass(frozen=True)
class Shape:
    name: str
    text: str
    truth: tuple[Truth, ...]
    tells: frozenset[str] = frozenset()
    refused: int = 0


def choice(stem: str, options: str, key: str) -> Truth:
    kind = "single" if len(key) == 1 else "multiple"
    return kind, stem, tuple(options.split("|")), key


def says(stem: str, *, right: bool) -> Truth:
    return "true_false", stem, (), "对" if right else "错"


def blank(stem: str, accepted: str) -> Truth:
    return "blank", stem, (), accepted


def short(stem: str, reference: str) -> Truth:
    return "short", stem, (), reference


WHO, HOW, FINE = "听证由什么人主持？", "听证应当怎样举行？", "较大数额罚款由谁决定？"
A1 = choice(WHO, "调查人员|非本案调查人员|当事人", "B")
A2 = choice(HOW, "公开|秘密|书面", "A")
A3 = choice("下列属于行政处罚的有哪些？", "警告|罚款|处分", "AB")
T1, T2, T3 = (
    says("行政处罚遵循公正、公开的原则。", right=True),
    says("规章可以设定行政拘留。", right=False),
    says("当事人有权陈述和申辩。", right=True),
)
LINES1 = "A. 调查人员\nB. 非本案调查人员\nC. 当事人"
LINES2 = "A. 公开\nB. 秘密\nC. 书面"
LINES3 = "A. 警告\nB. 罚款\nC. 处分"


def _numbered(form: str, *, key: str = "答案：{}") -> str:
    """Three questions of choice, each number written as `form` has it."""
    stems = (WHO, HOW, A3[1])
    keys = ("B", "A", "AB")
    return "\n".join(
        f"{form.format(number)}{stem}\n{options}\n{key.format(letters)}"
        for number, (stem, options, letters) in enumerate(
            zip(stems, (LINES1, LINES2, LINES3), keys, strict=True), start=1
        )
    )


def _statements(form: str, *, heading: str = "二、判断题\n") -> str:
    return heading + "\n".join(
        f"{form.format(number)}{stem}（{verdict}）"
        for number, (stem, verdict) in enumerate(((T1[1], "√"), (T2[1], "×"), (T3[1], "√")), start=1)
    )


ALL = (A1, A2, A3)
SAID = tuple((kind, f"{stem}（　）", options, key) for kind, stem, options, key in (T1, T2, T3))

NUMBERS = [
    Shape(f"number {form!r}", _numbered(form), ALL)
    for form in (
        "{}.",
        "{}、",
        "{}．",
        "{}\t",
        "{} ",
        "{}.\t",
        "{}）",
        "（{}）",
        "【{}】",
        "第{}题 ",
        "第{}题：",
        "题目{}：",
        "{}",
        "{}．　",
        "　　{}、",
        "{}:",
        "{}。",
    )
]
STATEMENTS = [
    Shape(f"statement {form!r}", _statements(form), SAID) for form in ("{}.", "{}、", "{}\t", "{} ", "{}", "")
] + [
    Shape(f"marked statement {form!r}", _statements(form, heading=""), SAID)
    for form in (
        "【判断题】",
        "[判断]",
        "{}.【判断题】",
        "【判断题】{}. ",
        "（判断题）",
        "【判断】\n",
        "{}、[判断题]\n",
    )
]

SHAPES = [
    *NUMBERS,
    *STATEMENTS,
    Shape(
        "circled numbers",
        f"①{WHO}\n{LINES1}\n答案：B\n②{HOW}\n{LINES2}\n答案：A",
        (A1, A2),
    ),
    Shape(
        "full-width numbers",
        f"１、{WHO}\nＡ、调查人员\nＢ、非本案调查人员\nＣ、当事人\n答案：Ｂ\n２．{HOW}\nＡ．公开　Ｂ．秘密　Ｃ．书面\n答案：Ａ",
        (A1, A2),
    ),
    Shape(
        "statements without numbers below those of choice",
        f"一、单选题\n1. {WHO}\n{LINES1}\n答案：B\n二、判断题\n{T1[1]}（√）\n{T2[1]}（×）\n三、多选题\n1. {A3[1]}\n{LINES3}\n答案：AB",
        (A1, *SAID[:2], A3),
    ),
    Shape(
        "statements with keys below",
        f"判断题\n{T1[1]}\n答案：对\n{T2[1]}\n答案：错\n{T3[1]}\n答案：正确",
        (T1, T2, T3),
    ),
    Shape(
        "statements with bare keys below",
        f"判断题\n1、{T1[1]}\n答案 √\n2、{T2[1]}\n答案 ×\n3、{T3[1]}\n答案 √",
        (T1, T2, T3),
    ),
    *(
        Shape(f"verdicts {right}{wrong}", f"判断题\n1. {T1[1]}（{right}）\n2. {T2[1]}（{wrong}）", SAID[:2])
        for right, wrong in (
            ("✓", "✗"),
            ("✔", "✘"),
            ("✅", "❌"),
            ("√", "╳"),
            ("对", "错"),
            ("正确", "错误"),
            ("T", "F"),
            ("Y", "N"),
            ("TRUE", "FALSE"),
            ("☑", "☒"),
        )
    ),
    *(
        Shape(
            f"verdicts in a list {right}{wrong}",
            f"判断题\n1. {T1[1]}\n2. {T2[1]}\n参考答案\n1.{right} 2.{wrong}",
            (T1, T2),
        )
        for right, wrong in (
            ("✓", "✗"),
            ("✔", "✘"),
            ("✅", "❌"),
            ("对", "错"),
            ("T", "F"),
            ("Y", "N"),
            ("正确", "错误"),
            ("TRUE", "FALSE"),
        )
    ),
    Shape(
        "verdicts in a run of letters",
        f"判断题\n1. {T1[1]}\n2. {T2[1]}\n3. {T3[1]}\n答案：1-3 TFT",
        (T1, T2, T3),
    ),
    Shape(
        "verdicts in a run of signs",
        f"判断题\n1. {T1[1]}\n2. {T2[1]}\n3. {T3[1]}\n答案：1—3 ✔❌✔",
        (T1, T2, T3),
    ),
    Shape("verdict behind the full stop", f"判断题\n1. {T1[1]} √\n2. {T2[1]}×\n3. {T3[1]}对", (T1, T2, T3)),
    Shape(
        "verdict in front of the number",
        f"判断题\n（√）1. {T1[1]}\n（ × ）2. {T2[1]}\n( √ )3. {T3[1]}",
        (T1, T2, T3),
    ),
    Shape(
        "verdict at the head of the stem",
        f"判断题\n1.（√）{T1[1]}\n2.（×）{T2[1]}",
        (says("（　）" + T1[1], right=True), says("（　）" + T2[1], right=False)),
    ),
    Shape("letters in front of the number", f"（B）1. {WHO}\n{LINES1}\n（ A ）2. {HOW}\n{LINES2}", (A1, A2)),
    Shape(
        "key at the head of the stem",
        "1. （A）是国家的根本法。\nA. 宪法\nB. 民法典\n2. （B）主持听证。\nA. 调查人员\nB. 非本案调查人员",
        (
            choice("（　）是国家的根本法。", "宪法|民法典", "A"),
            choice("（　）主持听证。", "调查人员|非本案调查人员", "B"),
        ),
    ),
    Shape(
        "key in the middle of the stem",
        "1. 听证由（B）主持。\nA. 调查人员 B. 非本案调查人员\n2. 听证（ A ）举行。\nA. 公开 B. 秘密",
        (
            choice("听证由（　）主持。", "调查人员|非本案调查人员", "B"),
            choice("听证（　）举行。", "公开|秘密", "A"),
        ),
    ),
    Shape(
        "key at the end of the stem",
        f"1. {WHO}（B）\n{LINES1}\n2. {HOW}【A】\n{LINES2}",
        (
            choice(WHO + "（　）", "调查人员|非本案调查人员|当事人", "B"),
            choice(HOW + "（　）", "公开|秘密|书面", "A"),
        ),
    ),
    Shape(
        "a letter that names somebody",
        "1. 当事人（A）不服处罚，可以（　）。\nA. 申请复议\nB. 拒绝缴纳\n答案：A",
        (choice("当事人（A）不服处罚，可以（　）。", "申请复议|拒绝缴纳", "A"),),
    ),
    Shape(
        "a letter that may name somebody",
        "1. 当事人（A）不服处罚，可以怎样救济？\nA. 申请复议\nB. 拒绝缴纳\n答案：A",
        (choice("当事人（　）不服处罚，可以怎样救济？", "申请复议|拒绝缴纳", "A"),),
        frozenset({"stem_bracket"}),
    ),
    Shape(
        "stem that begins with letters",
        "1. A、B、C三人合谋盗窃，应当怎样处罚？\nA. 分别处罚\nB. 只罚一人\n答案：A\n2. A公司起诉B公司，谁是原告？\nA. A公司\nB. B公司\n答案：A",
        (
            choice("A、B、C三人合谋盗窃，应当怎样处罚？", "分别处罚|只罚一人", "A"),
            choice("A公司起诉B公司，谁是原告？", "A公司|B公司", "A"),
        ),
    ),
    Shape(
        "second line of a stem that begins with a letter",
        "1. 某日发生下列事情。\nA、B两人打架，应当怎样处理？\nA. 调解\nB. 不管\n答案：A",
        (choice("某日发生下列事情。\nA、B两人打架，应当怎样处理？", "调解|不管", "A"),),
    ),
    Shape(
        "key glued to the last option",
        f"1. {FINE}\nA、业主\nB、设计方\nC、施工方答案：B\n2. {HOW}\nA、公开 B、秘密 C、书面 答案：A",
        (choice(FINE, "业主|设计方|施工方", "B"), A2),
    ),
    Shape(
        "key and explanation glued",
        f"1. {HOW}\n{LINES2}正确答案：A解析：听证公开举行。\n2. {WHO}\n{LINES1}\n答案：B解析：由非本案调查人员主持。",
        (A2, A1),
    ),
    Shape(
        "options in one line",
        "1. "
        + HOW
        + "\nA.公开B.秘密C.书面\n答案：A\n2. "
        + WHO
        + "\nA、调查人员；B、非本案调查人员；C、当事人。\n答案：B",
        (A2, choice(WHO, "调查人员；|非本案调查人员；|当事人。", "B")),
    ),
    Shape(
        "options two a line",
        f"1. {FINE}\nA. 县长　　B. 局长\nC. 集体讨论　D. 科长\n答案：C",
        (choice(FINE, "县长|局长|集体讨论|科长", "C"),),
    ),
    Shape(
        "options behind tabs",
        f"1. {FINE}\nA\t县长\tB\t局长\nC\t集体讨论\tD\t科长\n答案：C",
        (choice(FINE, "县长|局长|集体讨论|科长", "C"),),
    ),
    Shape(
        "options on the stem's line",
        "1. 听证（　）举行。A.公开 B.秘密 C.书面 答案：A",
        (choice("听证（　）举行。", "公开|秘密|书面", "A"),),
    ),
    Shape("letters on lines of their own", f"1. {HOW}\nA.\n公开\nB.\n秘密\nC.\n书面\n答案：A", (A2,)),
    Shape(
        "options in circled numbers",
        f"1. {HOW}\n①公开\n②秘密\n③书面\n答案：①\n2. {A3[1]}\n①警告 ②罚款 ③处分\n答案：①②",
        (A2, A3),
    ),
    Shape(
        "statements in circled numbers",
        "1. 下列说法正确的是：\n①听证公开\n②听证秘密\nA. ①\nB. ②\nC. ①②\n答案：A",
        (choice("下列说法正确的是：\n①听证公开\n②听证秘密", "①|②|①②", "A"),),
    ),
    Shape(
        "round options, key in a line",
        f"1. {HOW}\n○公开\n○秘密\n○书面\n答案：A\n2. {A3[1]}\n□警告\n□罚款\n□处分\n答案：AB",
        (A2, A3),
    ),
    Shape("filled options", f"1. {HOW}\n●公开\n○秘密\n○书面\n2. {A3[1]}\n☑ 警告\n☑ 罚款\n□ 处分", (A2, A3)),
    Shape("round options with letters", f"1. {HOW}\n○ A. 公开\n○ B. 秘密\n○ C. 书面\n正确答案：A", (A2,)),
    Shape(
        "ticks behind options",
        f"1. {HOW}\nA. 公开√\nB. 秘密\nC. 书面\n2. {A3[1]}\nA. 警告（√）\nB. 罚款 ✔\nC. 处分",
        (A2, A3),
    ),
    Shape(
        "ticks in front of options",
        f"1. {HOW}\n√A. 公开\nB. 秘密\nC. 书面\n2. {A3[1]}\n✓ A. 警告\n✓ B. 罚款\nC. 处分",
        (A2, A3),
    ),
    Shape("ticks behind the letters", f"1. {HOW}\nA. √公开\nB. 秘密\nC. 书面", (A2,)),
    Shape(
        "stars",
        f"1. {HOW}\n*A. 公开\nB. 秘密\nC. 书面\n2. {WHO}\nA. 调查人员\nB. 非本案调查人员*\nC. 当事人",
        (A2, A1),
    ),
    Shape(
        "options called right",
        f"1. {HOW}\nA. 公开（正确答案）\nB. 秘密\nC. 书面\n2. {A3[1]}\nA. 警告(正确答案)\nB. 罚款(正确答案)\nC. 处分",
        (A2, A3),
    ),
    Shape("a tick against the key", f"1. {HOW}\nA. 公开√\nB. 秘密\nC. 书面\n答案：B", (), refused=1),
    Shape("right and wrong behind options", f"1. {HOW}\nA. 公开（√）\nB. 秘密（×）\nC. 书面（×）", (A2,)),
    Shape(
        "key with the option's text",
        f"1. {HOW}\n{LINES2}\n正确答案: A:公开;\n2. {A3[1]}\n{LINES3}\n正确答案: A:警告;B:罚款;",
        (A2, A3),
    ),
    Shape("key that is the option's text", f"1. {HOW}\n{LINES2}\n答案：公开", (A2,)),
    Shape(
        "key in letter and text that reads both ways",
        "1. 下列正确的是哪一项说法？\nA. 警告\nB. 罚款\nC. 记过\nD. A和B\n答案：D、A和B",
        (choice("下列正确的是哪一项说法？", "警告|罚款|记过|A和B", "D"),),
    ),
    Shape(
        "own answers beside the key",
        f"1. {HOW}\n{LINES2}\n我的答案：B 正确答案：A 得分：0\n2. {WHO}\n{LINES1}\n我的答案：B:非本案调查人员; 正确答案：B:非本案调查人员;",
        (A2, A1),
    ),
    Shape(
        "key, then its reason on the same line",
        f"1. {HOW}\n{LINES2}\n答案：A。听证应当公开举行。\n2. {WHO}\n{LINES1}\n答案：B（见行政处罚法第六十四条）",
        (A2, A1),
    ),
    Shape(
        "key below its label",
        f"1. {HOW}\n{LINES2}\n答案\nA\n解析\n听证公开举行。\n2. {WHO}\n{LINES1}\n【答案】\nB\n【解析】\n由他人主持。",
        (A2, A1),
    ),
    Shape(
        "labels in boxes",
        f"1. {HOW}\n{LINES2}\n【正确答案】A\n【答案解析】公开。\n【法律依据】《行政处罚法》第六十四条",
        (A2,),
    ),
    Shape(
        "a line of dashes between",
        f"1. {HOW}\n{LINES2}\n答案：A\n--------------------\n2. {WHO}\n{LINES1}\n答案：B\n——————\n3. {A3[1]}\n{LINES3}\n答案：AB\n* * * * *",
        (A2, A1, A3),
    ),
    Shape(
        "dashes between questions without numbers",
        f"{HOW}\n{LINES2}\n答案：A\n=====\n{WHO}\n{LINES1}\n答案：B\n=====\n{A3[1]}\n{LINES3}\n答案：AB",
        (A2, A1, A3),
    ),
    Shape("dashes between stem and options", f"1. {HOW}\n-----\n{LINES2}\n-----\n答案：A", (A2,)),
    Shape(
        "marks of a type in front",
        f"【单选】{WHO}\n{LINES1}\n答案：B\n【单选题】{HOW}\n{LINES2}\n答案：A\n【多选】{A3[1]}\n{LINES3}\n答案：AB\n【判断题】{T2[1]}\n答案：错",
        (A1, A2, A3, T2),
    ),
    Shape(
        "marks of a type behind the number",
        f"1.[单选题]{WHO}\n{LINES1}\n答案：B\n2.（多选题）{A3[1]}\n{LINES3}\n答案：AB\n3.【判断题】{T2[1]}\n答案：错",
        (A1, A3, T2),
    ),
    Shape(
        "marks of a type behind the stem",
        f"1、{WHO} [单选题]\n{LINES1}\n答案：B\n2、{A3[1]}（多选）\n{LINES3}\n答案：AB\n3、{T2[1]}(判断题)\n答案：×",
        (A1, A3, T2),
    ),
    Shape(
        "marks of a type on lines of their own",
        f"【单选题】\n{WHO}\n{LINES1}\n答案：B\n【多选题】\n{A3[1]}\n{LINES3}\n答案：AB\n【判断题】\n{T2[1]}\n答案：错",
        (A1, A3, T2),
    ),
    Shape(
        "marks and numbers on lines of their own",
        f"1. 单选题\n{WHO}\n{LINES1}\n答案：B\n2. 多选题\n{A3[1]}\n{LINES3}\n答案：AB",
        (A1, A3),
    ),
    Shape(
        "type as a field",
        f"题型：单选题\n题干：{WHO}\n{LINES1}\n答案：B\n\n题型：判断题\n题干：{T2[1]}\n答案：错",
        (A1, T2),
    ),
    Shape(
        "stem as a field with a number",
        f"1. 题目：{WHO}\n选项：A. 调查人员 B. 非本案调查人员 C. 当事人\n答案：B\n2. 题目：{HOW}\n选项：\n{LINES2}\n答案：A",
        (A1, A2),
    ),
    Shape(
        "no numbers, nothing between",
        f"{WHO}\n{LINES1}\n答案：B\n{HOW}\n{LINES2}\n答案：A\n{A3[1]}\n{LINES3}\n答案：AB",
        ALL,
    ),
    Shape(
        "no numbers, explanations between",
        f"{WHO}\n{LINES1}\n答案：B\n解析：非本案。\n{HOW}\n{LINES2}\n答案：A\n解析：公开。",
        (A1, A2),
    ),
    Shape(
        "keys at the end by chapters",
        f"第1章 总则\n1. {WHO}\n{LINES1}\n2. {HOW}\n{LINES2}\n第2章 种类\n1. {A3[1]}\n{LINES3}\n第1章参考答案\n1.B 2.A\n第2章参考答案\n1.AB",
        ALL,
    ),
    Shape(
        "keys behind each chapter",
        f"第1章 总则\n1. {WHO}\n{LINES1}\n2. {HOW}\n{LINES2}\n第1章参考答案\n1-2 BA\n第2章 种类\n1. {A3[1]}\n{LINES3}\n第2章参考答案\n1.AB",
        ALL,
    ),
    Shape(
        "keys at the end in lines",
        f"1. {WHO}\n{LINES1}\n2. {HOW}\n{LINES2}\n3. {A3[1]}\n{LINES3}\n参考答案：\n1. B\n2. A\n3. AB",
        ALL,
    ),
    Shape(
        "keys at the end behind tabs",
        f"1. {WHO}\n{LINES1}\n2. {HOW}\n{LINES2}\n3. {A3[1]}\n{LINES3}\n答案\n1\tB\n2\tA\n3\tAB",
        ALL,
    ),
    Shape(
        "keys at the end in a run",
        f"1. {WHO}\n{LINES1}\n2. {HOW}\n{LINES2}\n3. {A3[1]}\n{LINES3}\n【参考答案】1～3：B；A；AB",
        ALL,
    ),
    Shape(
        "keys at the end by types",
        f"一、单选题\n1. {WHO}\n{LINES1}\n2. {HOW}\n{LINES2}\n二、判断题\n1. {T1[1]}\n2. {T2[1]}\n参考答案\n一、单选题：1-2 BA\n二、判断题：1-2 √×",
        (A1, A2, T1, T2),
    ),
    Shape(
        "keys at the end for running numbers",
        f"一、单选题\n1. {WHO}\n{LINES1}\n2. {HOW}\n{LINES2}\n二、判断题\n3. {T1[1]}\n4. {T2[1]}\n答案：1B 2A 3√ 4×",
        (A1, A2, T1, T2),
    ),
    Shape(
        "a number that is left out",
        f"1. {WHO}\n{LINES1}\n答案：B\n2. {HOW}\n{LINES2}\n答案：A\n4. {A3[1]}\n{LINES3}\n答案：AB",
        ALL,
        frozenset({"number_jump"}),
    ),
    Shape(
        "a list in an explanation",
        f"1. {WHO}\n{LINES1}\n答案：B\n解析：两点：\n1. 由非本案人员主持；\n2. 当事人可以申请回避。\n2. {HOW}\n{LINES2}\n答案：A",
        (A1, A2),
    ),
    Shape(
        "blanks",
        "填空题\n1. 行政处罚决定应当在____日内作出。\n答案：九十\n2、（　）是根本法，（　）是普通法。\n答案：宪法；民法典",
        (
            blank("行政处罚决定应当在____日内作出。", "九十"),
            blank("____是根本法，____是普通法。", "宪法；民法典"),
        ),
    ),
    Shape(
        "blanks without numbers",
        "三、填空题\n行政处罚决定应当在____日内作出。\n答案：九十\n____是根本法。\n答案：宪法",
        (blank("行政处罚决定应当在____日内作出。", "九十"), blank("____是根本法。", "宪法")),
    ),
    Shape(
        "short answers",
        "四、简答题\n1. 简述听证的范围。\n答：较大数额罚款等。\n2. 简述回避的情形。\n参考答案：有直接利害关系。",
        (short("简述听证的范围。", "较大数额罚款等。"), short("简述回避的情形。", "有直接利害关系。")),
    ),
    Shape(
        "short answers without numbers",
        "简答题\n简述听证的范围。\n答案：较大数额罚款等。\n简述回避的情形。\n答案：有直接利害关系。",
        (short("简述听证的范围。", "较大数额罚款等。"), short("简述回避的情形。", "有直接利害关系。")),
    ),
    Shape(
        "verdicts as options",
        f"1. {T1[1]}\nA. 正确\nB. 错误\n答案：A\n2. {T2[1]}\nA、对 B、错\n答案：B",
        (T1, T2),
    ),
    Shape(
        "invisible characters",
        f"\ufeff1.\u200b {WHO}\n\u200bA. 调查人员\n\u200bB. 非本案调查人员\n\u200bC. 当事人\n\u200b答案：\u200bB",
        (A1,),
    ),
    Shape("a colon of its own", f"1. {WHO}\n{LINES1}\n答案 ： B\n2. {HOW}\n{LINES2}\n[答案]A", (A1, A2)),
    Shape("two keys", f"1. {WHO}\n{LINES1}\n答案：B\n答案：C", (), refused=1),
    Shape(
        "a question without a number below an explanation",
        f"1. {WHO}\n{LINES1}\n解析：见法条。\n{HOW}\n{LINES2}\n答案：A\n2. {A3[1]}\n{LINES3}\n答案：AB",
        (A2, A3),
        refused=1,
    ),
    Shape(
        "a question that swallows another without a number",
        f"1. {WHO}\n{LINES1}\n解析：见法条。\n听证举行的方式是\n{LINES2}\n答案：A\n2. {A3[1]}\n{LINES3}\n答案：AB",
        (A3,),
        refused=1,
    ),
    Shape(
        "a statement below options without a heading",
        f"1. {WHO}\n{LINES1}\n规章可以设定行政拘留。（×）\n答案：B",
        (),
        refused=1,
    ),
    Shape(
        "letters that are not the key stand in the bracket at the end",
        f"1. {WHO}（C）\n{LINES1}\n答案：B",
        (),
        refused=1,
    ),
    Shape("a verdict against the list", f"判断题\n1. {T1[1]}（√）\n参考答案\n1.×", (), refused=1),
    Shape(
        "chapter and section titles",
        f"第一章 总则\n第一节 原则\n1. {WHO}\n{LINES1}\n答案：B\n第二节 听证\n2. {HOW}\n{LINES2}\n答案：A",
        (A1, A2),
    ),
    Shape(
        "points of each question",
        f"1.（2分）{WHO}\n{LINES1}\n答案：B\n2.{HOW}（2分）\n{LINES2}\n答案：A",
        (
            choice("（2分）" + WHO, "调查人员|非本案调查人员|当事人", "B"),
            choice(HOW + "（2分）", "公开|秘密|书面", "A"),
        ),
    ),
    Shape("commas behind numbers", _numbered("{}，"), ALL),
    Shape("Q and a number", _numbered("Q{}："), ALL),
    Shape("stars before labels", _numbered("★{}. ", key="★答案：{}"), ALL),
    Shape("labels in English", _numbered("{}. ", key="ANS: {}"), ALL),
    Shape("keys on lines of their own", _numbered("{}. ", key="{}"), ALL, frozenset({"key_alone"})),
    Shape("lone labels below each question", _numbered("{}", key="参考答案\n{}"), ALL),
    Shape(
        "keys in brackets in a list",
        f"1. {WHO}\n{LINES1}\n2. {HOW}\n{LINES2}\n参考答案\n(1) B (2) A",
        (A1, A2),
    ),
    Shape(
        "keys in boxes in a list",
        f"1. {WHO}\n{LINES1}\n2. {HOW}\n{LINES2}\n参考答案\n1. 【B】\n2. 【A】",
        (A1, A2),
    ),
    Shape(
        "single entries before a range",
        f"1. {WHO}\n{LINES1}\n2. {HOW}\n{LINES2}\n3. {A3[1]}\n{LINES3}\n答案：1.B 2-3 A AB",
        ALL,
    ),
    Shape(
        "an answer in words of several lines in a list",
        f"一、单选题\n1. {HOW}\n{LINES2}\n二、简答题\n1. 简述听证的范围。\n参考答案\n一、单选题\n1. A\n"
        "二、简答题\n1. 较大数额罚款；\n吊销许可证。",
        (A2, short("简述听证的范围。", "较大数额罚款；\n吊销许可证。")),
    ),
    Shape(
        "what tells how to answer",
        f"一、单选题\n1. {HOW}\n{LINES2}\n答案：A\n二、判断题\n正确的打√，错误的打×。\n{T1[1]}（√）\n{T2[1]}（×）",
        (A2, *SAID[:2]),
        frozenset({"unread_lines"}),
    ),
    Shape(
        "an explanation behind the verdict",
        f"判断题\n1. {T1[1]}（对）解析：见法条。\n2. {T2[1]}（错）解析：无权。",
        SAID[:2],
    ),
    Shape("letters out of order", f"1. {HOW}\nA. 公开\nB. 秘密\nB. 书面\nC. 其他\n答案：B", (), refused=1),
    Shape("a bare letter inside an option", f"1. {HOW}\nA公开 B秘密 C书面 DNA不限\n答案：A", (), refused=1),
    Shape(
        "letters in the text of an option",
        "1. 下列说法正确的是？\nA. 甲说A、B都对\nB. 乙说C、D都错\nC. 丙\nD. 丁\n答案：A",
        (choice("下列说法正确的是？", "甲说A、B都对|乙说C、D都错|丙|丁", "A"),),
    ),
    Shape(
        "numbered gaps",
        "填空题\n1. 处罚遵循____、____原则。\n答案：（1）公正（2）公开",
        (blank("处罚遵循____、____原则。", "公正；公开"),),
    ),
    Shape(
        "a list inside a stem in the style of the questions",
        f"一、单选题\n1. 某局作出决定如下：\n1. 罚款；\n2. 没收。\n共有几项？\nA. 一项\nB. 两项\n答案：B\n2. {HOW}\n{LINES2}\n答案：A",
        (choice("没收。\n共有几项？", "一项|两项", "B"), A2),
        frozenset({"number_jump"}),
        refused=1,
    ),
]
