"""What a rate image tells about the fit that its noise needs."""

import numpy as np
import pytest

from gpucal.kernels.background.background_model import background_levels, fill_flat, largest_divisor
from gpucal.kernels.flicker.flicker_statistics import background_statistics, largest_step, line_fit


def tilted(shape=(64, 64), along_rows=2e-3, along_columns=5e-4):
    rng = np.random.default_rng(1)
    y, x = np.indices(shape)
    stripes = rng.normal(0, 0.02, (shape[0], 1))
    image = 2 + along_rows * x + along_columns * y + stripes + rng.normal(0, 0.005, shape)
    image[5:9, 5:12] += 30
    return image.astype(np.float32)


def test_slopes_and_sources(backend):
    statistics = background_statistics(backend.asarray(tilted()), axis=1)
    assert 28 / 64**2 <= statistics.masked < 0.04
    assert statistics.steepest == pytest.approx(2e-3, rel=0.1)
    assert statistics.flattest < 5e-4
    assert statistics.largest_offset == 0 and statistics.roughness < 0.01


def test_a_flat_is_divided_out(backend):
    flat = np.random.default_rng(2).uniform(0.5, 2, (64, 64)).astype(np.float32)
    image = tilted()
    plain = background_statistics(backend.asarray(image), axis=1)
    divided = background_statistics(backend.asarray(image * flat), axis=1, flat=backend.asarray(flat))
    np.testing.assert_allclose(divided, plain, rtol=1e-5, atol=1e-7)


def test_steps_between_channels():
    profile = np.repeat([1.0, 1.5, 1.2, 1.3], 512)
    profile[[3, 700]] = 90
    assert largest_step(profile) == pytest.approx(0.5)
    assert largest_step(profile[:512]) == 0


def test_line_fit():
    rng = np.random.default_rng(3)
    profile = 4 - 0.25 * np.arange(300) + rng.normal(0, 0.1, 300)
    profile[7] = np.nan
    slope, spread = line_fit(profile)
    assert slope == pytest.approx(-0.25, rel=1e-3) and spread == pytest.approx(0.1, rel=0.15)


def test_the_level_of_a_background(backend):
    image = tilted()
    mask = np.ones(image.shape, bool)
    mask[5:9, 5:12] = False
    model = backend.asnumpy(
        background_levels(backend.asarray(image[None]), backend.asarray(mask[None].copy()), "model", (4, 4))[0]
    )
    kept = backend.asarray(mask.copy())
    median = float(background_levels(backend.asarray(image)[None], kept[None])[0, 0, 0])
    assert median == np.median(image[backend.asnumpy(kept)])
    x = np.arange(64)
    assert np.polyfit(x[16:48], model[:, 16:48].mean(axis=0), 1)[0] == pytest.approx(2e-3, rel=0.05)


def test_too_few_pixels_for_a_model_have_a_median(backend):
    image = backend.asarray(np.full((32, 32), 3, np.float32))
    mask = np.zeros((32, 32), bool)
    mask[::7, ::7] = True
    level = background_levels(image[None], backend.asarray(mask)[None], "model")
    assert level.shape == (1, 1, 1) and float(level[0, 0, 0]) == 3


def test_models_of_some_images_and_medians_of_others(backend):
    """In the precision of the images."""
    images = np.stack([tilted(), tilted() + 7]).astype(np.float32)
    masks = np.ones(images.shape, bool)
    masks[1] = False
    masks[1, ::9, ::9] = True
    alone = background_levels(backend.asarray(images[:1]), backend.asarray(masks[:1].copy()), "model", (4, 4))
    levels = backend.asnumpy(background_levels(*map(backend.asarray, (images, masks)), "model", (4, 4)))
    assert levels.dtype == np.float32 and np.ptp(levels[0]) > 0 and np.ptp(levels[1]) == 0
    np.testing.assert_array_equal(levels[0], backend.asnumpy(alone)[0])


def test_missing_pixels_of_a_flat_are_filled(backend):
    flat = np.full((32, 32), 0.9, np.float32)
    flat[3, 4], flat[10, 11] = np.nan, 0
    filled = backend.asnumpy(fill_flat(backend.asarray(flat)))
    np.testing.assert_allclose(filled, 0.9, rtol=1e-6)
    whole = backend.asarray(filled)
    assert fill_flat(whole) is whole


@pytest.mark.parametrize(("size", "box"), [(2048, 32), (64, 32), (1032, 24), (37, 1), (30, 30)])
def test_boxes_divide_the_image(size, box):
    assert largest_divisor(size) == box
