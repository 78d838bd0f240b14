"""Tries every compiled expression of the platform with hostile repeats; prints those whose cost grows too fast.

Run by test_expressions.py in a process of its own: `python -m tests.guards.expressions`. An expression is tried
with texts made from itself: what it matches, cut at each place, then one character again and again, then an end
that does not fit. Judged is how the time grows from n to 4n and 16n, the best of three, so that a slow machine
changes nothing.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import signal
import sys
import time
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).parents[2]
ROOMS = ("core", "question_bank", "exam")
SHORT = 3_000
WORTH_A_LOOK = 0.003
"""Seconds for a text of `SHORT` characters; what is squared takes longer, what is linear a tenth."""
STEEPEST = 7.0
"""Four times the text may take so many times as long; twice squared it would be sixteen."""
PATIENCE = 0.6
MOST_SAMPLES, LONGEST_SAMPLE = 8, 14
FILLERS = (" ", "1", "A")
END = "\x01"
MATCHING = frozenset({"match", "fullmatch", "pattern", "flags"})
"""What is asked of an expression at one place of a text; everything else looks for that place."""


class TooLong(Exception):
    pass


def main() -> None:
    expressions = collected()
    searched = searched_names()
    faults = [
        name
        for name, pattern in sorted(expressions.items())
        if grows(pattern, is_searched=name.rpartition(".")[2].partition("[")[0] in searched or ":" in name)
    ]
    sys.stdout.write(json.dumps({"tried": len(expressions), "faults": faults}))


def searched_names() -> set[str]:
    """Names of expressions that are looked for in a text, or handed to something else which may do so."""
    searched, asked = set[str](), set[int]()
    for path in (path for room in ROOMS for path in (PROJECT / room).rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        for node in nodes:
            if isinstance(node, ast.Attribute) and node.attr in MATCHING:
                one = node.value.value if isinstance(node.value, ast.Subscript) else node.value
                asked.add(id(one))
        searched |= {
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in asked
        }
    return searched


def collected() -> dict[str, re.Pattern[str]]:
    """Every expression by name: those that modules keep, and those written out inside functions."""
    found: dict[str, re.Pattern[str]] = {}
    for path in sorted(path for room in ROOMS for path in (PROJECT / room).rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "import re\n" not in source:
            continue
        name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        for key, value in vars(importlib.import_module(name)).items():
            found |= {f"{name}.{key}{at}": pattern for at, pattern in _patterns(value)}
        for number, pattern in _written_inside(ast.parse(source)):
            found[f"{name}:{number}"] = re.compile(pattern)
    # The same expression is imported by several modules.
    return {
        name: pattern for pattern, name in {pattern: name for name, pattern in sorted(found.items())}.items()
    }


def _patterns(value: Any) -> Iterator[tuple[str, re.Pattern[str]]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield "", value
    elif isinstance(value, list | tuple):
        yield from ((f"[{n}]", one) for n, one in enumerate(value) if isinstance(one, re.Pattern))
    elif isinstance(value, dict):
        yield from ((f"[{key}]", one) for key, one in value.items() if isinstance(one, re.Pattern))


def _written_inside(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for call in ast.walk(function):
                if is_expression(call) and isinstance(call.args[0], ast.Constant):
                    yield call.lineno, call.args[0].value


def is_expression(node: ast.AST) -> bool:
    """Whether a node calls a function of `re` with an expression."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr != "escape"
    )


# Texts -----------------------------------------------------------------------------------------------------


def samples(pattern: re.Pattern[str]) -> list[str]:
    """A few texts that an expression nearly matches, one for each way through its first alternatives."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    texts = dict.fromkeys(text[:LONGEST_SAMPLE] for text in _ways(tree))
    return list(texts)[:MOST_SAMPLES]


def _ways(tree: Any) -> list[str]:
    texts = [""]
    for kind, value in tree:
        ways = _ways_of(kind, value)[:MOST_SAMPLES]
        texts = [texts[n % len(texts)] + ways[n % len(ways)] for n in range(max(len(texts), len(ways)))]
    return texts


def _ways_of(kind: Any, value: Any) -> list[str]:
    name, times = str(kind), 1
    if name.endswith("_REPEAT"):
        times, inside = max(1, value[0]), [value[2]]
    elif name == "SUBPATTERN":
        inside = [value[-1]]
    elif name == "ATOMIC_GROUP":
        inside = [value]
    elif name == "BRANCH":
        inside = value[1]
    else:
        return [_character(name, value)]
    most = 2 if len(inside) > 1 else MOST_SAMPLES
    return [text * times for way in inside for text in _ways(way)[:most]]


def _character(name: str, value: Any) -> str:
    if name == "IN":
        return _one_of(value)
    return chr(value) if name == "LITERAL" else "x" if name in {"ANY", "NOT_LITERAL"} else ""


def _one_of(members: Any) -> str:
    for kind, value in members:
        if kind is _constants.LITERAL:
            return chr(value)
        if kind is _constants.RANGE:
            return chr(value[0])
        if kind is _constants.CATEGORY:
            return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " "}.get(str(value), "x")
    return "x"


def hostile(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    seen = set[str]()
    for sample in samples(pattern):
        for cut in range(len(sample) + 1):
            for filler in dict.fromkeys((*FILLERS, sample[cut - 1 : cut], sample[cut : cut + 2])):
                text = sample[:cut] + (filler * length)[:length] + END
                if filler and text[: 4 * LONGEST_SAMPLE] not in seen:
                    seen.add(text[: 4 * LONGEST_SAMPLE])
                    yield text


# Times -----------------------------------------------------------------------------------------------------


def grows(pattern: re.Pattern[str], *, is_searched: bool) -> bool:
    """Whether an expression takes more than its share of time for a longer text."""
    asked = [pattern.fullmatch, pattern.search if is_searched else pattern.match]
    return any(
        _seconds(ask, text) > WORTH_A_LOOK and _is_steep(ask, text)
        for text in hostile(pattern, SHORT)
        for ask in asked
    )


def _is_steep(ask: Callable[[str], object], text: str) -> bool:
    """Whether four times the middle of a text takes far more than four times as long, and again four times that."""
    times = []
    for factor in (1, 4, 16):
        longer = text[: 2 * LONGEST_SAMPLE] + text[2 * LONGEST_SAMPLE : -1] * factor + END
        times.append(min(_seconds(ask, longer) for _again in range(3)))
        if times[-1] == float("inf"):
            return factor < 16 or times[1] > STEEPEST * times[0]
    return times[1] > STEEPEST * times[0] and times[2] > STEEPEST * times[1]


def _seconds(ask: Callable[[str], object], text: str) -> float:
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    begun = time.perf_counter()
    try:
        ask(text)
    except TooLong:
        return float("inf")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return time.perf_counter() - begun


def _give_up(*_signal: object) -> None:
    raise TooLong


if __name__ == "__main__":
    main()
