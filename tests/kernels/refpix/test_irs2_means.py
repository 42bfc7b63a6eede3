"""Sections of reference pixels of an IRS2 readout."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.readout.irs2_layout import irs2_layout
from gpucal.kernels.refpix.irs2_means import irs2_sections

NX = 12


def members(sections, column):
    """Stored (row, column) of the pixels that correct a detector column, by edge."""
    chosen = []
    for section in sections.columns[:, column]:
        pixels = sections.pixels[sections.starts[section] : sections.starts[section + 1]]
        chosen.append({divmod(int(pixel), NX) for pixel in pixels})
    return chosen


def odd(column):
    place = column % 20
    return place in (8, 9) if 8 <= place < 12 else column % 2 == 0


@pytest.mark.parametrize("detector", ["NRS1", "NRS2"])
@pytest.mark.parametrize("column", [0, 648, 1300, 1291, 3199])
def test_columns_are_pooled_by_output_and_address(detector, column):
    pixeldq = np.zeros((3200, NX), np.uint32)
    pixeldq[700] = DO_NOT_USE
    turned = detector == "NRS2"
    pool = {c for c in range(3200) if c // 640 == column // 640 and odd(c) == odd(column)}
    stored = {3199 - c if turned else c for c in pool} - {700}
    first, last = range(4), range(NX - 4, NX)

    bottom, top = members(irs2_sections(pixeldq, irs2_layout(detector), True), column)

    edges = (last, first) if turned else (first, last)
    for made, columns in zip((bottom, top), edges, strict=True):
        assert made == {(row, x) for row in stored for x in columns}


def test_all_columns_of_an_output_share_a_section_when_asked_for():
    sections = irs2_sections(np.zeros((3200, NX), np.uint32), irs2_layout("NRS1"), False)
    assert members(sections, 1300)[0] == {(row, x) for row in range(1280, 1920) for x in range(4)}
