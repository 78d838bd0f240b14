"""Options in cells: whatever stands there is read without a fault, in linear time, and loses nothing in silence."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.transfer.option_cells import read_cells, translated_key
from question_bank.transfer.rules import Raw
from question_bank.transfer.tables import read_fields, without_number

PIECES = st.sampled_from(
    [*"ABCD、.：|;； \u3000\n\t（）①②12□☑√*×/-[]',{}甲", "半年", "一年", "答案：B", "（正确答案）", ""]
)
CELLS = st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=5)
SIGNS = set("ABCD、.：|;； \u3000\n\t（）①②12□☑√*×/-[]'\",{}")


@given(CELLS, st.lists(PIECES, max_size=3).map("".join))
def test_no_cell_is_a_fault_and_no_word_is_lost(cells, answer):
    found = read_cells(cells)
    translated_key(answer, found)
    words = sorted("".join(cells).replace("答案：B", "").replace("（正确答案）", ""))
    kept = sorted("".join(found.texts).replace("答案：B", "").replace("（正确答案）", ""))
    assert [w for w in kept if w not in SIGNS] == [w for w in words if w not in SIGNS]


@given(CELLS, st.lists(PIECES, max_size=6).map("".join))
def test_no_row_is_a_fault(cells, stem):
    raw = Raw(stem=stem, options=cells)
    read_fields(raw, [], [])
    without_number(raw)


@pytest.mark.parametrize(
    "sign",
    ["A. ", " ", "A", "（", "①", "1.", "□", "|", "、", "*", "[", "{", "答案：", "B、\n", "\u3000", "-"],
)
def test_hostile_cells_cost_little(sign):
    began = time.process_time()
    for cells in ([sign * 10_000], ["A.甲", sign * 10_000], [sign * 10_000 + "答案：B"]):
        read_cells(cells)
    assert time.process_time() - began < 2
