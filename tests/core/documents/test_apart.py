"""Lists read in a process of their own give what they give here, and end when they exceed their bounds."""

from __future__ import annotations

import io

import pytest

from core.documents import apart
from core.documents.apart import read_rows_apart
from core.documents.sheets import Column, read_rows, write_sheet
from core.errors import Conflict, Invalid
from core.jobs.bounds import Bounds

COLUMNS = (Column("name", "姓名"), Column("note", "备注", required=False))


def sheet(rows: int = 2) -> io.BytesIO:
    return io.BytesIO(
        write_sheet("名单", COLUMNS, [(f"张{number}", f"{number}" * 200) for number in range(rows)], "说明")
    )


def test_rows_and_problems_are_those_of_reading_here():
    assert read_rows_apart(sheet(), COLUMNS) == read_rows(sheet(), COLUMNS)
    for data in (b"", b"PK", b"name"):
        with pytest.raises(Invalid) as here:
            read_rows(io.BytesIO(data), COLUMNS)
        with pytest.raises(Invalid) as there:
            read_rows_apart(io.BytesIO(data), COLUMNS)
        assert there.value.problems == here.value.problems


def test_a_list_that_exceeds_its_bounds_is_refused_with_what_to_do():
    with pytest.raises(Invalid) as caught:
        read_rows_apart(sheet(4000), COLUMNS, Bounds(seconds=20, bytes=1024**2))
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("too_long", "file")
    assert "分成几份" in problem.message


def test_a_third_list_at_once_waits_its_turn():
    for _reading in range(apart.AT_ONCE):
        assert apart._slots.acquire(blocking=False)
    try:
        with pytest.raises(Conflict) as caught:
            read_rows_apart(sheet(), COLUMNS)
    finally:
        for _reading in range(apart.AT_ONCE):
            apart._slots.release()
    assert caught.value.code == "busy"
    assert len(read_rows_apart(sheet(), COLUMNS)) == 2
