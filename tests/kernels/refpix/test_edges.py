"""The reference pixel correction as a whole."""

import numpy as np
import pytest

from gpucal.kernels.readout.detector_frame import Axes, Window, pixel_numbers, to_detector_frame
from gpucal.kernels.refpix import edges
from gpucal.kernels.refpix.edges import subtract_reference_pixels, subtract_reference_pixels_zeroframe
from gpucal.kernels.refpix.sections import Sections, four_output_sections
from gpucal.kernels.refpix.sides import Sides, side_windows

WINDOW = Window(range(0, 8), range(0, 6))
ALL_AXES = [Axes(1, 2), Axes(-1, 2), Axes(1, -2), Axes(-2, -1), Axes(2, 1), Axes(2, -1)]


def chosen(backend, axes, length=3):
    """Stored shape, sections and sides of a corner of the detector."""
    shape = (6, 8) if axes.transposed else (8, 6)
    numbers = pixel_numbers(shape, axes)
    good = np.zeros((8, 6), np.uint32)
    sections = four_output_sections(numbers, good, WINDOW, odd_even_columns=True)
    sides = side_windows(numbers, good, WINDOW, length)
    return shape, Sections(*map(backend.asarray, sections)), Sides(*map(backend.asarray, sides))


@pytest.mark.parametrize("axes", ALL_AXES)
def test_drifts_of_columns_and_rows_leave_the_science_pixels(backend, axes):
    shape, sections, sides = chosen(backend, axes, length=1)
    rng = np.random.default_rng(9)
    frames = np.zeros((3, *shape), np.float32)
    read = to_detector_frame(frames, axes)
    odd_even = rng.normal(0, 30, (3, 1, 2))[:, :, [0, 1] * 3]
    drift = rng.normal(0, 5, (3, 8, 1))
    drift[:, :4] = 0
    read[...] = odd_even + drift
    frames = backend.asarray(frames)

    subtract_reference_pixels(frames, axes, sections, sides, 3.0, 1.0)

    np.testing.assert_allclose(backend.asnumpy(frames), 0, atol=2e-5)


def test_the_gain_scales_the_signal_of_the_sides(backend):
    axes = ALL_AXES[0]
    shape, sections, sides = chosen(backend, axes, length=1)
    given = np.zeros((1, *shape), np.float32)
    given[0, 4:] = 10
    frames = backend.asarray(given.copy())

    subtract_reference_pixels(frames, axes, sections, sides, 3.0, 0.25)

    np.testing.assert_array_equal(backend.asnumpy(frames), 0.75 * given)


def test_without_sides_rows_stay(backend):
    axes = ALL_AXES[3]
    shape, sections, _sides = chosen(backend, axes)
    frames = np.zeros((2, *shape), np.float32)
    to_detector_frame(frames, axes)[...] = 7 + np.maximum(np.arange(8) - 3, 0)[:, None]
    frames = backend.asarray(frames)

    subtract_reference_pixels(frames, axes, sections, None, 3.0, 1.0)

    read = to_detector_frame(backend.asnumpy(frames), axes)
    np.testing.assert_array_equal(read, np.broadcast_to([[0], [0], [0], [0], [1], [2], [3], [4]], read.shape))


@pytest.mark.parametrize("block", [1, 3])
def test_blocks_of_frames_make_no_difference(backend, monkeypatch, block):
    axes = ALL_AXES[1]
    shape, sections, sides = chosen(backend, axes)
    given = np.random.default_rng(10).normal(0, 10, (4, *shape)).astype(np.float32)
    whole, blocks = backend.asarray(given.copy()), backend.asarray(given.copy())

    subtract_reference_pixels(whole, axes, sections, sides, 3.0, 1.0)
    monkeypatch.setattr(edges, "row_tiles", lambda n, _: (slice(k, k + block) for k in range(0, n, block)))
    subtract_reference_pixels(blocks, axes, sections, sides, 3.0, 1.0)

    np.testing.assert_array_equal(backend.asnumpy(blocks), backend.asnumpy(whole))


def test_zero_stays_zero_in_zero_frames(backend):
    axes = ALL_AXES[4]
    shape, sections, sides = chosen(backend, axes)
    given = np.random.default_rng(11).normal(50, 5, (2, *shape)).astype(np.float32)
    given[:, 2:4, 4:6] = 0
    after_another = np.concatenate([given[:1], given])
    zeroframe, frames = backend.asarray(given.copy()), backend.asarray(after_another)

    subtract_reference_pixels_zeroframe(zeroframe, axes, sections, sides, 3.0, 1.0)
    subtract_reference_pixels(frames, axes, sections, sides, 3.0, 1.0)

    expected = np.where(given == 0, 0, backend.asnumpy(frames)[1:])
    np.testing.assert_array_equal(backend.asnumpy(zeroframe), expected)
