"""Cleaning of ramps and images: what is subtracted where, and what is kept of it."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.kernels.flicker.flicker_noise import (
    Recipe,
    Records,
    clean_images,
    clean_ramp,
    median_remover,
)

ROWS = median_remover(axis=1, channels=1)


@pytest.fixture
def striped():
    """Ramps with a sky of 20 DN a group and horizontal stripes, none of which clipping takes for a source."""
    rng = np.random.default_rng(1)
    sky = 20 * np.arange(1, 5)[:, None, None]
    stripes = rng.permuted(np.tile(np.linspace(-5, 5, 12), (2, 4, 1)), axis=2)[..., None]
    noise = rng.normal(0, 0.1, (2, 4, 12, 15))
    return (sky + stripes + noise).astype(np.float32), stripes


def median_cleaned(ramp, usable):
    """Group by group: what a group adds loses its median along rows, the sky being given back; float64."""
    cleaned = ramp.astype(float)
    for integration in range(ramp.shape[0]):
        for group in range(1, ramp.shape[1]):
            added = ramp[integration, group].astype(float) - ramp[integration, group - 1]
            kept = np.where(usable[integration, group], added, np.nan)
            sky = np.nanmedian(kept)
            added -= np.nanmedian(kept - sky, axis=1, keepdims=True)
            cleaned[integration, group] = cleaned[integration, group - 1] + added
    return cleaned


def test_stripes_of_a_ramp_go_and_the_sky_stays(backend, striped):
    ramp, stripes = striped
    data = backend.asarray(ramp.copy())
    groupdq = backend.asarray(np.zeros(ramp.shape, np.uint8))
    records = Records(*(backend.asarray(np.zeros_like(ramp)) for _ in range(2)))
    mask = backend.asarray(np.ones(ramp.shape[-2:], bool))

    failed = clean_ramp(data, groupdq, mask, Recipe(ROWS, background=None), records)

    assert failed == []
    cleaned, noise = backend.asnumpy(data), backend.asnumpy(records.noise)
    np.testing.assert_array_equal(cleaned[:, 0], ramp[:, 0])
    rows = np.median(np.diff(ramp.astype(float), axis=1), axis=3, keepdims=True)
    np.testing.assert_allclose(cleaned[:, 1:], ramp[:, 1:] - np.cumsum(rows, axis=1), atol=1e-4)
    np.testing.assert_allclose(noise, cleaned - ramp, atol=1e-5)
    np.testing.assert_array_equal(backend.asnumpy(records.background), 0)


def test_a_sky_level_is_given_back(backend, striped):
    ramp, stripes = striped
    data = backend.asarray(ramp.copy())
    groupdq = backend.asarray(np.zeros(ramp.shape, np.uint8))
    background = backend.asarray(np.zeros_like(ramp))
    mask = backend.asarray(np.ones(ramp.shape[-2:], bool))

    clean_ramp(data, groupdq, mask, Recipe(ROWS, n_sigma=0.0), Records(background=background))

    np.testing.assert_allclose(
        backend.asnumpy(data), median_cleaned(ramp, np.ones(ramp.shape, bool)), atol=1e-4
    )
    levels = backend.asnumpy(background)[:, 1:, 0, 0]
    np.testing.assert_allclose(levels, np.median(np.diff(ramp, axis=1), axis=(2, 3)), atol=1e-4)
    assert abs(levels - 20).max() < 10


def test_flagged_pixels_do_not_count(backend, striped):
    ramp, _ = striped
    rng = np.random.default_rng(2)
    groupdq = rng.choice(np.uint8([0, SATURATED, JUMP_DET, DO_NOT_USE]), ramp.shape, p=[0.6, 0.1, 0.2, 0.1])
    mask = rng.random((2, 12, 15)) < 0.9
    usable = mask[:, None] & ((groupdq & (JUMP_DET | DO_NOT_USE)) == 0)
    ramp[~usable] += 500
    before = np.where(usable, ramp, ramp - 500)
    data = backend.asarray(before.copy())

    clean_ramp(data, backend.asarray(groupdq), backend.asarray(mask), Recipe(ROWS, n_sigma=0.0))

    np.testing.assert_allclose(backend.asnumpy(data), median_cleaned(before, usable), atol=1e-4)


def test_a_group_with_no_usable_pixel_stays(backend, striped):
    ramp, _ = striped
    groupdq = np.zeros(ramp.shape, np.uint8)
    groupdq[1, 2] = DO_NOT_USE
    data = backend.asarray(ramp.copy())
    mask = backend.asarray(np.ones(ramp.shape[-2:], bool))

    assert clean_ramp(data, backend.asarray(groupdq), mask, Recipe(ROWS)) == [(1, 2)]
    np.testing.assert_array_equal(backend.asnumpy(data)[1, 2], ramp[1, 2])


def test_images_keep_what_is_expected_of_them(backend):
    rng = np.random.default_rng(3)
    scene = rng.exponential(100, (9, 11)).astype(np.float32)
    stripes = rng.normal(0, 5, (3, 9, 1)).astype(np.float32)
    images = backend.asarray(scene + stripes)
    mask = backend.asarray(np.ones((9, 11), bool))
    on_backend = backend.asarray(scene)
    background = backend.asarray(np.zeros((3, 9, 11), np.float32))

    recipe = Recipe(ROWS, background=None)
    failed = clean_images(images, lambda _: on_backend, mask, recipe, Records(background=background))

    assert failed == []
    np.testing.assert_allclose(backend.asnumpy(images), np.broadcast_to(scene, (3, 9, 11)), rtol=1e-5)
    np.testing.assert_array_equal(backend.asnumpy(background), np.broadcast_to(scene, (3, 9, 11)))


def test_a_flat_is_taken_out_and_put_back(backend):
    rng = np.random.default_rng(4)
    flat = rng.uniform(0.8, 1.2, (9, 11)).astype(np.float32)
    stripes = rng.normal(0, 5, (9, 1))
    image = (flat * (30 + stripes)).astype(np.float32)
    image[2, 3] = np.nan
    images = backend.asarray(image[None].copy())
    mask = backend.asarray(np.ones((9, 11), bool))

    clean_images(images, None, mask, Recipe(ROWS, background=None, flat=backend.asarray(flat)))

    expected = np.where(np.isnan(image), np.nan, 0)
    np.testing.assert_allclose(backend.asnumpy(images)[0], expected, atol=1e-4)
