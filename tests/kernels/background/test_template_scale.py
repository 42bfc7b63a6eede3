"""The brightness of a background, in units of a template of it."""

import numpy as np
import pytest

from gpucal.kernels.background.template_scale import Clipping, template_scale

SHAPE = (60, 70)


@pytest.fixture
def scene():
    """An image, its errors, a template that is 1.7 times in it, and the pixels that may count; stars are not masked."""
    rng = np.random.default_rng(4)
    template = (2 + np.arange(SHAPE[1]) / 50 + 0.1 * rng.standard_normal(SHAPE)).astype(np.float32)
    error = rng.uniform(0.02, 0.05, SHAPE).astype(np.float32)
    image = (1.7 * template + error * rng.standard_normal(SHAPE)).astype(np.float32)
    image[rng.random(SHAPE) < 0.005] += 30
    return image, error, template, np.ones(SHAPE, bool)


def scale_by_definition(image, error, template, _, clipping):
    """The scale, and how many rounds took outliers away."""
    image, error, template = (plane.astype(float) for plane in (image, error, template))
    kept, last, done = np.ones(image.shape, bool), np.inf, 0
    for _ in range(clipping.rounds + 1):
        weights = template[kept] / error[kept] ** 2
        scale = (weights * image[kept]).sum() / (weights * template[kept]).sum()
        residuals = np.where(kept, image - scale * template, np.nan)
        scatter = np.sqrt(np.nanmean(np.nanmedian(residuals, axis=clipping.axis) ** 2))
        if done == clipping.rounds or (clipping.least_gain and scatter > last * (1 - clipping.least_gain)):
            return scale, done
        last = scatter
        low, high = np.nanpercentile(residuals, (clipping.percent, 100 - clipping.percent))
        kept &= (residuals >= low) & (residuals <= high)
        done += 1


@pytest.mark.parametrize("rounds", [0, 1, 5])
def test_it_is_the_fit_of_least_squares_without_outliers(backend, scene, rounds):
    found = template_scale(*map(backend.asarray, scene), Clipping(rounds, 1.0))
    expected, _ = scale_by_definition(*scene, Clipping(rounds, 1.0))
    assert found == pytest.approx(expected, rel=1e-6)
    assert (abs(found - 1.7) < 0.001) == (rounds > 0)


def test_pixels_without_values_or_errors_do_not_count(backend, scene):
    image, error, template, usable = scene
    image[0, :3], error[1, :3], template[2, :3], usable[3, :3] = np.nan, np.nan, np.nan, False
    error[4], image[4] = 0, 1e6
    image[3, :3] = 1e6
    found = template_scale(*map(backend.asarray, (image, error, template, usable)), Clipping(5, 1.0))
    assert found == pytest.approx(1.7, abs=0.001)


@pytest.mark.parametrize(("axis", "gain"), [(0, 0.02), (1, 0.02), (0, 0.3), (1, 1e-9)])
def test_it_stops_where_the_profile_gains_too_little(backend, scene, axis, gain):
    clipping = Clipping(8, 1.0, gain, axis)
    found = template_scale(*map(backend.asarray, scene), clipping)
    expected, done = scale_by_definition(*scene, clipping)
    assert 0 < done < 8
    assert found == pytest.approx(expected, rel=1e-6)


def test_without_pixels_there_is_no_scale(backend, scene):
    image, error, template, usable = map(backend.asarray, scene)
    assert np.isnan(template_scale(image, error, template, ~usable, Clipping(5, 1.0)))
    assert np.isnan(template_scale(image, error, 0 * template, usable, Clipping(5, 1.0)))
