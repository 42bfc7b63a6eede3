"""Deconvolution of inter-pixel capacitance."""

from dataclasses import replace

import numpy as np
import pytest

from gpucal.backend import use_backend
from gpucal.kernels.ramps.ipc import correct_ipc

SHAPE = (6, 7)
ROWS, COLUMNS = range(1, 6), range(0, 5)


def kernel_image(rng, nky=3, nkx=3, shape=()):
    kernel = rng.normal(0, 0.01, (nky, nkx, *shape))
    kernel[nky // 2, nkx // 2] += 1
    return kernel.astype(np.float32)


def convolved(group, kernel):
    """Sum over the kernel of its element times the science pixel that lies opposite, in float64."""
    nky, nkx = kernel.shape[:2]
    corrected = group.astype(np.float64)
    for y in ROWS:
        for x in COLUMNS:
            total = 0.0
            for j in range(nky):
                for i in range(nkx):
                    from_y, from_x = y - (j - nky // 2), x - (i - nkx // 2)
                    element = kernel[j, i] if kernel.ndim == 2 else kernel[j, i, y, x]
                    if from_y in ROWS and from_x in COLUMNS:
                        total += float(element) * float(group[from_y, from_x])
            corrected[y, x] = total
    return corrected


@pytest.mark.parametrize("extent", [(3, 3), (3, 5), (1, 3)])
@pytest.mark.parametrize("per_pixel", [False, True])
def test_science_pixels_are_convolved_and_reference_pixels_stay(backend, extent, per_pixel):
    rng = np.random.default_rng(3)
    ramp = rng.normal(1000, 300, (2, 2, *SHAPE)).astype(np.float32)
    kernel = kernel_image(rng, *extent, shape=SHAPE if per_pixel else ())
    expected = np.array([[convolved(group, kernel) for group in groups] for groups in ramp])
    ramp = backend.asarray(ramp)

    correct_ipc(ramp, backend.asarray(kernel), ROWS, COLUMNS)

    np.testing.assert_allclose(backend.asnumpy(ramp), expected, rtol=1e-6, atol=1e-3)


def test_a_kernel_of_one_pixel_changes_nothing(backend):
    given = np.random.default_rng(4).normal(0, 1, (1, 2, *SHAPE)).astype(np.float32)
    ramp = backend.asarray(given.copy())

    correct_ipc(ramp, backend.asarray(np.ones((1, 1), np.float32)), ROWS, COLUMNS)

    np.testing.assert_array_equal(backend.asnumpy(ramp), given)


@pytest.mark.parametrize("tile_bytes", [1, 50, 250])
def test_tiles_make_no_difference(backend, tile_bytes):
    rng = np.random.default_rng(5)
    given = rng.normal(0, 100, (1, 3, *SHAPE)).astype(np.float32)
    kernel = backend.asarray(kernel_image(rng))
    whole, tiled = backend.asarray(given.copy()), backend.asarray(given.copy())

    correct_ipc(whole, kernel, ROWS, COLUMNS)
    with use_backend(replace(backend, scratch_bytes=2 * tile_bytes)):
        correct_ipc(tiled, kernel, ROWS, COLUMNS)

    np.testing.assert_array_equal(backend.asnumpy(tiled), backend.asnumpy(whole))


@pytest.mark.parametrize(("rows", "columns"), [(range(4, 2), range(7)), (range(6), range(0, -1))])
def test_no_science_pixels_is_no_work(backend, rows, columns):
    ramp = backend.asarray(np.ones((1, 1, *SHAPE), np.float32))

    correct_ipc(ramp, backend.asarray(np.zeros((3, 3), np.float32)), rows, columns)

    assert (backend.asnumpy(ramp) == 1).all()


@pytest.mark.parametrize(
    ("shape", "message"),
    [((3,), "axes"), ((3, 3, 6), "axes"), ((2, 3), "central"), ((3, 3, 6, 6), "do not fit")],
)
def test_kernels_that_cannot_be_used_are_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        correct_ipc(np.zeros((1, 1, *SHAPE), np.float32), np.zeros(shape, np.float32), ROWS, COLUMNS)
