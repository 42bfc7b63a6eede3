"""Pixels scatter less than their errors, by the factor that is known for squares."""

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from gpucal.kernels.resample.drops import drop_of
from gpucal.kernels.resample.noise import scatter_over_error
from tests.kernels.resample.images import images_of, resampled, turned_map


def pixels(ratio, angle, count=4000):
    """Places of pixels and steps between them."""
    turn = np.deg2rad(angle)
    steps = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / ratio
    places = np.random.default_rng(1).uniform(0, 2000, (2, count))
    return places, np.repeat(steps[:, :, None], count, 2)


@pytest.mark.parametrize(("pixfrac", "ratio"), [(1, 1), (1, 0.5), (0.5, 1), (0.8, 2), (0.6, 0.6)])
def test_squares_are_those_of_fruchter_and_hook(pixfrac, ratio):
    part = pixfrac / ratio
    expected = (1 - 1 / (3 * part)) / part if part >= 1 else 1 - part / 3
    assert scatter_over_error(*pixels(ratio, 0), drop_of("square", pixfrac, ratio)) == pytest.approx(expected, rel=0.02)


def test_points_have_noise_of_their_own(backend):
    assert scatter_over_error(*pixels(1, 30, 5), drop_of("point")) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("kernel", ["square", "turbo", "gaussian", "lanczos3"])
def test_white_noise_scatters_so(kernel):
    """Of a turned image, on pixels that lie within it: some forty thousand."""
    shape = (260, 240)
    placed, size = turned_map(shape, 17, 0.8)
    noise = np.random.default_rng(3).normal(size=(1, *shape)).astype(np.float32)
    drop = drop_of(kernel, 1, 0.8)
    sums = resampled(noise, np.ones(shape, np.float32), placed, size, drop)
    weight, (image,) = images_of(sums)
    inside = binary_erosion(weight > 0, iterations=12)
    scatter = float(np.std(image[inside])) * 0.8  # errors are larger by the ratio
    places, steps = pixels(0.8, 17)
    assert scatter_over_error(places, steps, drop) == pytest.approx(scatter, rel=0.03)
    assert weight[inside].std() < 0.05


def test_steps_are_given_for_each_place():
    places, steps = pixels(1, 0, 6)
    with pytest.raises(ValueError, match="steps"):
        scatter_over_error(places, steps[..., :5], drop_of("square"))
