"""Images as they are stored and as they were read out."""

import numpy as np
import pytest

from gpucal.kernels.readout.detector_frame import (
    detector_window,
    pixel_numbers,
    readout_axes,
    to_detector_frame,
    to_dms_frame,
)

# FASTAXIS and SLOWAXIS of flight headers.
AXES = {
    "NRCA1": (-1, 2),
    "NRCA2": (1, -2),
    "NIS": (-2, -1),
    "NRS1": (2, 1),
    "GUIDER2": (2, -1),
    "MIRIMAGE": (1, 2),
}


def stored_position(slow, fast, shape, axes):
    """Row and column, in the stored image, of the pixel that is read as number ``fast`` of line ``slow``."""
    position = {}
    for axis, index in ((axes[0], fast), (axes[1], slow)):
        size = shape[1] if abs(axis) == 1 else shape[0]
        position[abs(axis)] = index if axis > 0 else size - 1 - index
    return position[2], position[1]


@pytest.mark.parametrize("detector", AXES)
def test_each_pixel_is_found_where_the_readout_put_it(detector):
    shape = (3, 5)
    axes = readout_axes(*AXES[detector])
    image = np.arange(2 * 15).reshape(2, *shape)

    read = to_detector_frame(image, axes)
    numbers = pixel_numbers(shape, axes)

    for slow in range(read.shape[1]):
        for fast in range(read.shape[2]):
            y, x = stored_position(slow, fast, shape, axes)
            assert (read[:, slow, fast] == image[:, y, x]).all()
            assert numbers[slow, fast] == 5 * y + x


@pytest.mark.parametrize("detector", AXES)
def test_the_detector_frame_is_a_view_and_turns_back(detector):
    axes = readout_axes(*AXES[detector])
    image = np.arange(15).reshape(3, 5)

    read = to_detector_frame(image, axes)

    assert np.shares_memory(read, image)
    np.testing.assert_array_equal(to_dms_frame(read, axes), image)


@pytest.mark.parametrize("detector", AXES)
def test_a_window_holds_the_coordinates_of_the_full_frame(detector):
    axes = readout_axes(*AXES[detector])
    rows, columns = np.indices((2048, 2048), dtype=np.int16)

    window = detector_window(100, 2000, (7, 5), axes)

    full = np.ix_(window.slow, window.fast)
    cut = to_detector_frame(rows[100:107, 2000:2005], axes)
    np.testing.assert_array_equal(to_detector_frame(rows, axes)[full], cut)
    np.testing.assert_array_equal(
        to_detector_frame(columns, axes)[full], to_detector_frame(columns[100:107, 2000:2005], axes)
    )


@pytest.mark.parametrize(("fastaxis", "slowaxis"), [(None, 1), (1, -1), (3, 2), (0, 2)])
def test_axes_that_tell_nothing_are_refused(fastaxis, slowaxis):
    with pytest.raises(ValueError, match="FASTAXIS"):
        readout_axes(fastaxis, slowaxis)


@pytest.mark.parametrize(("ystart", "xstart"), [(-1, 0), (0, 2044)])
def test_an_image_beyond_the_detector_is_refused(ystart, xstart):
    with pytest.raises(ValueError, match="beyond"):
        detector_window(ystart, xstart, (8, 8), readout_axes(1, 2))
