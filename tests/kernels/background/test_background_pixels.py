"""Masks of background pixels."""

import numpy as np
import pytest

from gpucal.kernels.background.background_pixels import (
    histogram_level,
    keep_background,
    lower_half_level,
    whole_level,
)
from gpucal.kernels.statistics.sigma_clip import SortedRows


def sky(seed=3, shape=(40, 41)):
    """Background 10 with a spread of 1, a twentieth of it under sources, some pixels far too low."""
    rng = np.random.default_rng(seed)
    image = rng.normal(10, 1, shape)
    sources = rng.random(shape) < 0.05
    low = (rng.random(shape) < 0.02) & ~sources
    image[sources] += 50
    image[low] -= 50
    return image.astype(np.float32), sources | low


@pytest.mark.parametrize("level", [whole_level, lower_half_level, histogram_level])
def test_sources_and_bad_pixels_are_taken_out(backend, level):
    image, spoiled = sky()
    mask = np.ones(image.shape, bool)
    mask[:, :3] = False
    on_backend = backend.asarray(mask.copy())

    found = keep_background(backend.asarray(image)[None], on_backend[None], 3.0, 2.0, level)

    assert found.center == pytest.approx(10, abs=0.15) and found.sigma == pytest.approx(1, rel=0.15)
    low, high = found.center - 3 * found.sigma, found.center + 2 * found.sigma
    expected = mask & (image.astype(float) >= low) & (image.astype(float) <= high)
    np.testing.assert_array_equal(backend.asnumpy(on_backend), expected)
    assert not (expected & spoiled).any() and expected.sum() > 0.9 * (mask & ~spoiled).sum()


def test_the_spread_of_the_lower_half_knows_nothing_of_the_upper(backend):
    rng = np.random.default_rng(4)
    noise = rng.normal(0, 1, 20001)
    stretched = np.sort(np.where(noise > 0, 1.5 * noise, noise))
    level = lower_half_level(SortedRows.of_one(backend.asarray(stretched)))
    assert level.sigma == pytest.approx(1, rel=0.03)


def test_nan_stays_and_an_empty_mask_is_left(backend):
    image = backend.asarray(np.array([[np.nan, 1, 1, 1, 1, 30]], np.float32))
    mask = backend.asarray(np.ones((1, 6), bool))
    keep_background(image[None], mask[None], 1.5, 1.5)
    assert backend.asnumpy(mask)[0, 0] and not backend.asnumpy(mask)[0, 5]

    nothing = backend.asarray(np.zeros((1, 6), bool))
    level = keep_background(image[None], nothing[None])
    assert np.isnan(backend.asnumpy(level.center)).all() and np.isnan(backend.asnumpy(level.sigma)).all()
    assert not backend.asnumpy(nothing).any()


def test_equal_values_are_all_background(backend):
    image = backend.asarray(np.full((5, 5), 7, np.float32))
    mask = backend.asarray(np.ones((5, 5), bool))
    keep_background(image[None], mask[None], level=histogram_level)
    assert backend.asnumpy(mask).all()
