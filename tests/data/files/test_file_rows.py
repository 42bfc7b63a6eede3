"""Rows of a file, put together and cut into blocks."""

import pytest

from gpucal.data.files.file_rows import Rows, in_blocks, joined


def test_rows_that_follow_each_other_are_joined():
    spans = [Rows(0, 3), Rows(3, 2), Rows(7, 1), Rows(8, 1), Rows(2, 1)]
    assert joined(spans) == [Rows(0, 5), Rows(7, 2), Rows(2, 1)]
    assert joined([]) == []


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_blocks_hold_all_rows_in_order(size):
    spans = [Rows(0, 5), Rows(7, 2), Rows(2, 1)]
    blocks = in_blocks(spans, size)
    rows = [[first + row for first, count in block for row in range(count)] for block in blocks]
    assert [row for block in rows for row in block] == [0, 1, 2, 3, 4, 7, 8, 2]
    assert [len(block) for block in rows[:-1]] == [size] * (len(rows) - 1)
    assert 0 < len(rows[-1]) <= size


def test_no_rows_make_no_block():
    assert in_blocks([], 3) == []
