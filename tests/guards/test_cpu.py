"""The report on what the suite costs."""

from __future__ import annotations

import pytest

from tests import cpu

TESTS = {
    "tests/exam/sittings/test_closing.py::test_a[sqlite]": 2.0,
    "tests/exam/sittings/test_closing.py::test_b": 1.0,
    "tests/browser/test_paper.py::test_c": 4.0,
}


def test_the_dearest_come_first_and_rooms_share_the_whole():
    lines = cpu.report(TESTS, total=10.0)
    assert [line.split("::")[-1] for line in lines[:3]] == ["test_c", "test_a[sqlite]", "test_b"]
    assert [line.split(maxsplit=3)[2:] for line in lines[4:]] == [
        ["40%", "browser"],
        ["30%", f"{cpu.OUTSIDE}"],
        ["30%", "exam/sittings"],
    ]


def test_only_so_many_tests_are_named():
    many = {f"tests/core/test_db.py::test_{number}": 1.0 for number in range(30)}
    assert sum("::" in line for line in cpu.report(many, total=30.0)) == cpu.SHOWN


@pytest.mark.parametrize(
    ("nodeid", "room"),
    [
        ("tests/exam/sittings/test_closing.py::test_a", "exam/sittings"),
        ("tests/browser/test_paper.py::test_c", "browser"),
        ("tests/test_it.py::test_c", "tests"),
    ],
)
def test_a_room_is_the_folder_of_a_test(nodeid, room):
    assert cpu.room(nodeid) == room


def test_a_machine_of_half_the_speed_is_given_twice_the_time():
    assert cpu.scaled(700.0, reference=2 * cpu.REFERENCE_SECONDS) == pytest.approx(350.0)
    assert cpu.scaled(350.0, reference=cpu.REFERENCE_SECONDS) == pytest.approx(350.0)


def test_what_is_spent_grows_with_work():
    before = cpu.spent()
    assert cpu.reference_work() > 0
    assert cpu.spent() > before
