"""What becomes of files in the shapes that people have: nothing is misread in silence, little is refused."""

from __future__ import annotations

import pytest

from tests.question_bank.transfer.shapes import REFUSED, SHAPES, Shape, result_of


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_shape_is_read_as_it_was_meant_or_refused_with_words(shape: Shape):
    found = result_of(shape)
    assert found.rows == list(shape.truth), found.said
    if shape.says:
        assert shape.says in found.said


def test_nothing_is_misread_in_silence():
    results = [(shape, result_of(shape)) for shape in SHAPES]
    misread = [
        shape.name
        for shape, found in results
        if found.silent and REFUSED not in found.rows and found.rows != list(shape.truth)
    ]
    refused = [
        shape.name
        for shape, found in results
        if any(row == REFUSED != truth for row, truth in zip(found.rows, shape.truth, strict=False))
    ]
    assert (len(SHAPES) >= 60, misread, refused) == (True, [], [])
