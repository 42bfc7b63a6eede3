"""Medians about pixels: held against numpy's, of windows cut out of a padded image."""

import numpy as np
import pytest

from gpucal.kernels.statistics.window_medians import window_medians


@pytest.mark.parametrize(
    ("shape", "window"),
    [((9, 11), (5, 7)), ((9, 11), (15, 1)), ((9, 11), (1, 5)), ((9, 11), (1, 1)), ((3, 4), (11, 15))],
)
def test_windows(shape, window, backend):
    rng = np.random.default_rng(2)
    image = rng.normal(0, 3, shape).astype(np.float32)
    image[rng.random(image.shape) < 0.3] = np.nan
    image[1:7, 2:10] = np.nan
    height, width = window
    padded = np.pad(image, ((height // 2,) * 2, (width // 2,) * 2)).astype(float)
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)
    values = np.sort(windows.reshape(*image.shape, -1), axis=-1)
    counts = (~np.isnan(values)).sum(axis=-1)
    low, high = (
        np.take_along_axis(values, np.maximum(place, 0)[..., None], axis=-1)[..., 0]
        for place in ((counts - 1) // 2, counts // 2)
    )
    expected = np.where(counts > 0, (low + high) / 2, np.nan)
    np.testing.assert_array_equal(backend.asnumpy(window_medians(backend.asarray(image), window)), expected)


@pytest.mark.parametrize("window", [(2, 3), (3, 4), (0, 3), (-1, 1)])
def test_sides_are_odd(window):
    with pytest.raises(ValueError, match=f"has odd sides, not {window[0]} and {window[1]}"):
        window_medians(np.ones((4, 4), np.float32), window)
