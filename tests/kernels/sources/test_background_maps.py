"""Backgrounds against photutils, and where there is none."""

import warnings

import numpy as np
import pytest
from astropy.stats import SigmaClip
from photutils.background import Background2D, MedianBackground

from gpucal.backend import current_backend
from gpucal.kernels.sources import background_maps as maps_module
from gpucal.kernels.sources.background_maps import (
    NoBackgroundError,
    background_maps,
    background_mesh,
    interpolate,
)
from tests.kernels.sources.fields import field


def of_photutils(image, mask, box_size, **parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = Background2D(
            image, box_size, filter_size=(3, 3), coverage_mask=mask,
            sigma_clip=SigmaClip(sigma=3.0), bkg_estimator=MedianBackground(), **parameters,
        )  # fmt: skip
    return made.background, made.background_rms


def ours(image, mask, box_size):
    backend = current_backend()
    return tuple(
        backend.asnumpy(made) for made in background_maps(backend.asarray(image), backend.asarray(mask), box_size)
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("shape", "box_size", "nstars"),
    [
        ((120, 170), 40, 60),  # boxes at the right border are cut, and filled from others
        ((120, 170), (40, 30), 60),
        ((97, 131), 25, 20),
        ((200, 90), 8, 30),  # many boxes
        ((90, 200), 60, 30),  # one row of whole boxes
        ((160, 170), 400, 20),  # a single box
    ],
)
def test_like_photutils(shape, box_size, nstars, dtype):
    image, mask = field(shape, nstars, dtype=dtype)
    for made, expected in zip(ours(image, mask, box_size), of_photutils(image, mask, box_size), strict=True):
        assert made.dtype == expected.dtype == dtype
        np.testing.assert_allclose(made, expected, rtol=1e-6)
        assert (made[mask] == 0).all() and (made[~mask] > 0).all()


@pytest.mark.parametrize(("shape", "box_size"), [((120, 170), 40), ((160, 170), 400)])
def test_large_boxes_are_clipped_as_small_ones(shape, box_size, monkeypatch):
    image, mask = field(shape, 60)
    together = ours(image, mask, box_size)
    monkeypatch.setattr(maps_module, "LARGE", 1)
    for one_by_one, expected in zip(ours(image, mask, box_size), together, strict=True):
        np.testing.assert_allclose(one_by_one, expected, rtol=1e-6)


def test_missing_boxes_are_filled_like_photutils():
    image, mask = field((200, 240), 100)
    image[30:90, 10:120] = np.nan
    mask[150:] = True
    for made, expected in zip(ours(image, mask, 20), of_photutils(image, mask, 20), strict=True):
        np.testing.assert_allclose(made, expected, rtol=1e-6)


def test_an_image_is_one_box_where_too_few_pixels_are_known():
    image, mask = field((80, 90), 30, missing=0.08)
    with pytest.raises(ValueError, match="All boxes contain"):
        of_photutils(image, mask, 30)
    expected = of_photutils(image, mask, image.shape, exclude_percentile=100)
    for made, theirs in zip(ours(image, mask, 30), expected, strict=True):
        np.testing.assert_allclose(made, theirs, rtol=1e-6)
        assert np.ptp(made[~mask]) == 0


def test_a_constant_image_has_no_noise():
    image, mask = np.full((30, 40), 7, np.float32), np.zeros((30, 40), bool)
    background, noise = ours(image, mask, 10)
    assert (background == 7).all() and (noise == 0).all()


@pytest.mark.parametrize("nothing", ["nan", "mask"])
def test_no_pixel_tells(nothing):
    image, mask = np.ones((30, 40), np.float32), np.zeros((30, 40), bool)
    if nothing == "nan":
        image[:] = np.nan
    else:
        mask[:] = True
    with pytest.raises(NoBackgroundError, match="enough pixels"):
        ours(image, mask, 10)


def test_on_any_backend(backend):
    image, mask = field((24, 40), 5)
    with np.errstate(all="ignore"):
        mesh = background_mesh(backend.asarray(image), backend.asarray(mask), 8)
        made = interpolate(mesh.level, mesh.box, backend.asarray(mask), np.float32)
    np.testing.assert_allclose(backend.asnumpy(made), of_photutils(image, mask, 8)[0], rtol=1e-6)


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="mask has shape"):
        background_maps(np.ones((5, 6)), np.ones((5, 7), bool), 3)


def test_boxes_that_do_not_cover_the_image_are_refused():
    with pytest.raises(ValueError, match="do not cover"):
        interpolate(np.ones((2, 2)), (10, 10), np.zeros((20, 21), bool), np.float32)
