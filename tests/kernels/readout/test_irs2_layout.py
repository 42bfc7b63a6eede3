"""Where the pixels of an IRS2 readout stand, and when they are read."""

import numpy as np
import pytest

from gpucal.kernels.readout.irs2_layout import RAW_SHAPE, irs2_layout, is_irs2, normal_rows


def reading_order(output):
    """Columns in detector orientation, in the order in which an output reads them, and what each is."""
    block = "nnnnnnnnrrrrnnnnnnnn"
    columns = range(640 * output, 640 * (output + 1))
    return (columns if output in (1, 3) else columns[::-1]), block * 32


@pytest.mark.parametrize(("detector", "stored"), [("NRS1", lambda c: c), ("NRS2", lambda c: 3199 - c)])
def test_rows_follow_the_readout(detector, stored):
    layout = irs2_layout(detector)
    for output in range(5):
        columns, kinds = reading_order(output)
        np.testing.assert_array_equal(layout.rows[output], [stored(column) for column in columns])
        np.testing.assert_array_equal(layout.normal, [kind == "n" for kind in kinds])


def test_stepping_out_and_back_takes_a_pixel_time_each():
    layout = irs2_layout("NRS1")
    time, before, times = -1, "n", []
    for kind in reading_order(1)[1]:
        time += 1 if kind == before else 2
        before = kind
        times.append(time)
    np.testing.assert_array_equal(layout.times, times)
    assert layout.period == times[-1] + 1 + 8 == 712


@pytest.mark.parametrize("detector", ["NRS1", "NRS2"])
def test_normal_rows_are_those_of_the_four_outputs(detector):
    rows = normal_rows(irs2_layout(detector))
    place = np.arange(3200) % 20
    outputs = np.arange(3200) // 640
    reference_output = 0 if detector == "NRS1" else 4
    normal = ((place < 8) | (place >= 12)) & (outputs != reference_output)
    np.testing.assert_array_equal(rows, np.flatnonzero(normal))
    assert len(rows) == 2048


def test_other_detectors_have_none():
    with pytest.raises(ValueError, match="NRCA1"):
        irs2_layout("NRCA1")


def test_raw_images_are_told_by_their_shape():
    assert is_irs2((1, 2, *RAW_SHAPE))
    assert not is_irs2((2048, 2048))
