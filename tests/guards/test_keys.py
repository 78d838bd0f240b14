"""Which modules read keys of drawn items: who adds one says here who sees them, and asks what is under way."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
READERS = {
    "exam/demo/loading.py": "marks the invented history",
    "exam/practice/services.py": "a candidate, after an answer to what is not under way",
    "exam/results/observing.py": "counts answers",
    "exam/results/queries.py": "marks; a candidate, once nothing holds the keys back",
    "exam/results/tasks.py": "markers and those who decide",
    "question_bank/amendments/views.py": "reviewers and authors",
}


def test_keys_are_read_by_known_modules_alone():
    found = set()
    for room in ("core", "exam", "question_bank"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in {"solutions", "keys"}
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in {"pool", "bank"}
                ):
                    found.add(path.relative_to(ROOT).as_posix())
    assert found == READERS.keys()
