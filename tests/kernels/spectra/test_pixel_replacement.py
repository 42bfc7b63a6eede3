"""Estimates of pixels, against values that are known: of ramps, of one profile at all wavelengths, of a model."""

import numpy as np
import pytest

from gpucal.kernels.spectra.least_gradient import replace_by_gradient
from gpucal.kernels.spectra.lines import ALONG_X, ALONG_Y, lines_of
from gpucal.kernels.spectra.replaced import PLANES, Pixels
from gpucal.kernels.spectra.replaced_profile import replace_by_profile
from gpucal.kernels.spectra.trace_fill import replace_by_trace
from gpucal.kernels.spectra.windows import packing_of

DO_NOT_USE, NON_SCIENCE, FLUX_ESTIMATED = 1, 512, 2**28
SHAPES = ((6, 7), (7, 8))


def pixels_of(images, backend, held=(True, True, True, True, True)):
    """Packed pixels of images: their errors are 0.1 of the data, their variances the squares of these."""
    data = np.concatenate([image.ravel() for image in images]).astype(np.float32)
    planes = np.stack([data, 0.1 * data, *([(0.1 * data) ** 2] * 3)]).astype(np.float32)
    dq = np.where(np.isnan(data), DO_NOT_USE, 0).astype(np.uint32)
    return Pixels(*(backend.asarray(array) for array in (planes, dq, np.array(held))))


def windows_of(shapes):
    sizes = np.array([rows * columns for rows, columns in shapes])
    return np.column_stack([np.cumsum(sizes) - sizes, shapes])


def images_of(pixels, backend):
    """The data, errors, a variance and flags of the second image."""
    count = SHAPES[0][0] * SHAPES[0][1]
    planes, dq = backend.asnumpy(pixels.planes)[:, count:], backend.asnumpy(pixels.dq)[count:]
    return [array.reshape(SHAPES[1]) for array in (*planes[:3], dq)]


def ramps():
    """Two images whose values grow along x by 1, and along y by 4."""
    return [np.add.outer(4.0 * np.arange(rows), np.arange(columns)) + 2 for rows, columns in SHAPES]


def test_the_axis_of_the_least_gradient(backend):
    images = ramps()
    for y, x in ((3, 3), (3, 5), (4, 5), (1, 3), (5, 1)):  # alone, two below each other, two at the edges
        images[1][y, x] = np.nan
    pixels = pixels_of(images, backend, (True, True, True, True, False))
    pixels.dq[42 + 3 * 8 + 5] = DO_NOT_USE | NON_SCIENCE
    replace_by_gradient(pixels, packing_of(windows_of(SHAPES)))
    data, err, variance, dq = images_of(pixels, backend)
    truth = ramps()[1].astype(np.float32)
    for y, x in ((3, 3), (3, 5), (4, 5)):
        assert data[y, x] == truth[y, x]  # the mean of neighbours along x
        assert err[y, x] == pytest.approx(0.1 * truth[y, x], rel=1e-6)
        assert variance[y, x] == pytest.approx((0.1 * truth[y, x]) ** 2, rel=1e-6)
        assert dq[y, x] == FLUX_ESTIMATED + ((DO_NOT_USE | NON_SCIENCE) if (y, x) == (3, 5) else 0)
    assert np.isnan(data[1, 3]) and np.isnan(data[5, 1]) and dq[1, 3] == DO_NOT_USE
    assert np.isnan(backend.asnumpy(pixels.planes)[4]).sum() == 5  # a plane that is not there stays as it is


@pytest.mark.parametrize("direction", [ALONG_X, ALONG_Y])
def test_one_profile_at_all_wavelengths(direction, backend):
    images = [np.outer(10 * np.exp(-0.5 * (np.arange(rows) - 3.2) ** 2), 2.0 + np.arange(columns)) + 0.0
              for rows, columns in SHAPES]  # fmt: skip
    truth = images[1].copy()
    for y, x in ((2, 4), (4, 4), (3, 6)):
        images[1][y, x] = np.nan
    turned = [image if direction == ALONG_X else image.T for image in images]
    shapes = SHAPES if direction == ALONG_X else [shape[::-1] for shape in SHAPES]
    pixels = pixels_of(turned, backend)
    replace_by_profile(pixels, lines_of(windows_of(shapes), [direction] * 2), 3)
    planes = backend.asnumpy(pixels.planes)[:, 42:].reshape(len(PLANES), *shapes[1])
    dq = backend.asnumpy(pixels.dq)[42:].reshape(shapes[1])
    if direction == ALONG_Y:
        planes, dq = planes.transpose(0, 2, 1), dq.T
    np.testing.assert_allclose(planes[0, :, 4], truth[:, 4], rtol=2e-6)
    np.testing.assert_allclose(planes[1, :, 4], 0.1 * truth[:, 4], rtol=2e-6)
    np.testing.assert_allclose(planes[3, :, 4], (0.1 * truth[:, 4]) ** 2, rtol=3e-6)
    assert dq[2, 4] == dq[4, 4] == dq[3, 6] == FLUX_ESTIMATED and (dq > 0).sum() == 3


def test_lines_of_bad_pixels_alone_stay(backend):
    images = ramps()
    images[1][:, 4] = np.nan
    pixels = pixels_of(images, backend)
    replace_by_profile(pixels, lines_of(windows_of(SHAPES), [ALONG_X] * 2), 2)
    data, _, _, dq = images_of(pixels, backend)
    assert np.isnan(data[:, 4]).all() and (dq[:, 4] == DO_NOT_USE).all()


def test_a_model_of_the_trace(backend):
    images = ramps()
    for y, x in ((2, 0), (2, 3), (2, 4), (5, 2)):
        images[1][y, x] = np.nan
    pixels = pixels_of(images, backend)
    model = np.full(42 + 56, np.nan, np.float32)
    model[42 : 42 + 32] = 7.0  # the upper rows have none
    replace_by_trace(pixels, backend.asarray(model), lines_of(windows_of(SHAPES), [ALONG_X] * 2))
    data, err, variance, dq = images_of(pixels, backend)
    assert data[2, [0, 3, 4]].tolist() == [7.0, 7.0, 7.0] and np.isnan(data[5, 2])
    truth = 0.1 * ramps()[1]
    np.testing.assert_allclose(err[2], [truth[2, 1], *truth[2, 1:]], rtol=2e-6)  # beyond the ends, as the nearest
    np.testing.assert_allclose(variance[2, 3:5], truth[2, 3:5] ** 2, rtol=3e-6)
    assert dq[2, [0, 3, 4]].tolist() == [FLUX_ESTIMATED] * 3 and dq[5, 2] == DO_NOT_USE
