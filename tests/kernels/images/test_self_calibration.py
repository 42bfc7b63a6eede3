"""Pixels that are unlike those about them."""

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, OTHER_BAD_PIXEL
from gpucal.kernels.images.self_calibration import flag_bad, unusual_pixels


def test_shares_of_those_that_are_known(backend):
    rng = np.random.default_rng(5)
    image = rng.normal(0, 1, (20, 30)).astype(np.float32)
    image[rng.random(image.shape) < 0.2] = np.nan
    found = unusual_pixels(backend.asarray(image), (5, 1), 0.02, 0.05)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, ((2, 2), (0, 0))), (5, 1))
    excess = image - np.nanmedian(windows, axis=(-1, -2))
    mask = backend.asnumpy(found.mask)
    known = (~np.isnan(excess)).sum()
    assert abs((excess[mask] < 0).sum() - 0.02 * known) <= 1 and abs((excess[mask] > 0).sum() - 0.05 * known) <= 1
    assert excess[mask & (excess > 0)].min() > found.high >= np.nanmax(excess[~mask])
    assert excess[mask & (excess < 0)].max() < found.low <= np.nanmin(excess[~mask])


def test_nothing_known_nothing_found(backend):
    found = unusual_pixels(backend.asarray(np.full((4, 6), np.nan, np.float32)), (3, 3), 0.1, 0.1)
    assert not backend.asnumpy(found.mask).any() and np.isnan(found.low) and np.isnan(found.high)


def test_flags(backend):
    dq = backend.asarray(np.array([[0, JUMP_DET, DO_NOT_USE]], np.uint32))
    planes = [backend.asarray(np.ones((1, 3), np.float32)) for _ in range(2)]
    flag_bad(backend.asarray(np.array([[False, True, True]])), dq, planes)
    bad = DO_NOT_USE | OTHER_BAD_PIXEL
    np.testing.assert_array_equal(backend.asnumpy(dq), [[0, JUMP_DET | bad, bad]])
    for plane in planes:
        np.testing.assert_array_equal(backend.asnumpy(plane), [[1, np.nan, np.nan]])
