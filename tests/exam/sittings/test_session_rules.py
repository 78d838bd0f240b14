"""Rules of a session's plan that its pages do not show."""

from __future__ import annotations

import pytest

from exam.sittings.session_rules import plan_problems
from tests.factories.office import NOW, make_plan


@pytest.mark.parametrize("name", ["甲\r\n乙", "甲\x00", "甲\u2028乙", "甲\x85乙"])
def test_a_name_is_one_line(name):
    plan = make_plan(name=name, room=name, paper_spec_id=1)
    assert [(p.code, p.where) for p in plan_problems(plan, now=NOW)] == [
        ("control", "name"),
        ("control", "room"),
    ]
