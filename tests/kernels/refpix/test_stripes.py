"""Which reference pixels of a multistripe subarray are pooled."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, REFERENCE_PIXEL
from gpucal.kernels.readout.detector_frame import Axes, pixel_numbers
from gpucal.kernels.refpix.edges import subtract_reference_pixels
from gpucal.kernels.refpix.sections import Sections
from gpucal.kernels.refpix.stripes import stripe_sections

AXES = Axes(1, 2)
SHAPE = (5, 12)


def flagged(rows, columns=slice(None)):
    pixeldq = np.zeros(SHAPE, np.uint32)
    pixeldq[rows, columns] = REFERENCE_PIXEL
    return pixeldq


def corrected(backend, frames, pixeldq, first_column=1000, odd_even_columns=True):
    sections = stripe_sections(pixel_numbers(SHAPE, AXES), pixeldq, first_column, odd_even_columns)
    frames = backend.asarray(frames.astype(np.float32))
    subtract_reference_pixels(frames, AXES, Sections(*map(backend.asarray, sections)), None, 100.0, 1.0)
    return backend.asnumpy(frames)


@pytest.mark.parametrize("first_column", [1018, 507, 4])
def test_means_of_outputs_and_parities_are_subtracted(backend, first_column):
    frames = np.random.default_rng(3).normal(100, 10, (2, *SHAPE))
    pixeldq = flagged([0, 3])
    pixeldq[3, 5] |= DO_NOT_USE
    columns = first_column + np.arange(SHAPE[1])
    pools = 2 * (columns // 512) + columns % 2
    expected = frames.astype(np.float32).astype(float)
    good = pixeldq == REFERENCE_PIXEL
    for frame in expected:
        for pool in np.unique(pools):
            frame[:, pools == pool] -= frame[good & (pools == pool)].mean()

    np.testing.assert_allclose(corrected(backend, frames, pixeldq, first_column), expected, atol=2e-5)


def test_without_parities_an_output_has_one_mean(backend):
    frames = np.random.default_rng(4).normal(100, 10, (1, *SHAPE))
    expected = frames - frames[0, 1].mean()
    result = corrected(backend, frames, flagged(1), odd_even_columns=False)
    np.testing.assert_allclose(result, expected, atol=2e-5)


def test_an_output_that_lacks_a_parity_is_left_alone(backend):
    frames = np.full((1, *SHAPE), 7.0)
    result = corrected(backend, frames, flagged(0, slice(None, 13, 2)))
    np.testing.assert_array_equal(result, frames)


def test_columns_beyond_the_detector_are_left_alone(backend):
    frames = np.full((1, *SHAPE), 7.0)
    result = corrected(backend, frames, flagged(0), first_column=2044)
    np.testing.assert_array_equal(result[0, :, :4], 0)
    np.testing.assert_array_equal(result[0, :, 4:], 7)
