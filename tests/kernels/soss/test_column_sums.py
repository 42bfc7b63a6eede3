"""Sums over columns of integrations, unknown values filled in, against the same in NumPy and SciPy."""

import numpy as np
import pytest
from astropy.stats import SigmaClip
from scipy import ndimage

from gpucal.kernels.soss.boxes import box_weights
from gpucal.kernels.soss.column_background import column_backgrounds
from gpucal.kernels.soss.column_sums import Apertures, column_sums
from gpucal.kernels.soss.filled import Series, filled_integration, mean_of

NY, NX, NORDERS = 14, 20, 3


def series(backend, nints=11, seed=1):
    """Integrations with unknown values and errors, a pixel that is unknown in all, and an error of zero."""
    random = np.random.default_rng(seed)
    data = random.normal(5, 2, (nints, NY, NX)).astype(np.float32)
    err = random.uniform(0.5, 1.5, data.shape).astype(np.float32)
    data[random.random(data.shape) < 0.15] = np.nan
    err[random.random(data.shape) < 0.05] = np.nan
    data[:, 3, 4], err[-1, 2, 2] = np.nan, 0
    known = (np.isfinite(data) & np.isfinite(err)).any(axis=0)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="All-NaN"):
        medians, errors = np.nanmedian(data, axis=0), np.nanmedian(err, axis=0)
    medians[~known], errors[~known] = 0, np.inf
    return Series(*(backend.asarray(one) for one in (data, err, medians, errors)))


def filled_by_scipy(data, medians):
    holes = ~np.isfinite(data)
    filled = np.where(holes, medians, data)
    return np.where(holes, ndimage.median_filter(filled, min(len(data), 9), axes=(0,)), data)


def known_of(of, backend):
    """What the sums should see: values, errors, and whether they are good."""
    data, err, medians, errors = (backend.asnumpy(one) for one in of)
    value, error = filled_by_scipy(data, medians), err.astype(float)
    unknown = ~np.isfinite(data) | ~np.isfinite(err)
    error[unknown] = np.broadcast_to(errors * np.float32(10), data.shape)[unknown]
    return value, error


@pytest.mark.parametrize("nints", [1, 4, 11])
def test_unknown_values_are_running_medians(nints, backend):
    of = series(backend, nints)
    value, error = known_of(of, backend)
    for integration in range(nints):
        ours, errors = (backend.asnumpy(one) for one in filled_integration(of, integration))
        np.testing.assert_array_equal(ours, value[integration])
        np.testing.assert_allclose(errors, error[integration], rtol=1e-7)
    np.testing.assert_allclose(backend.asnumpy(mean_of(of)), value.mean(axis=0, dtype=float), rtol=1e-6)


def test_an_integration_that_is_not_there(backend):
    with pytest.raises(ValueError, match="integration 4 is asked for, and there are 4"):
        filled_integration(series(backend, 4), 4)


def test_sums(backend):
    of, random = series(backend), np.random.default_rng(2)
    profiles = random.random((NORDERS, NY, NX)).astype(np.float32)
    boxes = np.clip(random.normal(0.3, 0.6, (NORDERS, NY, NX)), 0, 1)
    alone, bad = random.random((NORDERS, NY, NX)) < 0.5, random.random((NY, NX)) < 0.1
    joint, background = random.random((NY, NX)), random.random((len(of.data), NX))
    apertures = Apertures(*(backend.asarray(one) for one in (profiles, boxes, alone, joint, bad)))
    sums = column_sums(of, apertures, backend.asarray(background))
    value, error = known_of(of, backend)
    value = value - background[:, None]
    good = (error > 0) & np.isfinite(error) & ~bad
    with np.errstate(divide="ignore"):
        inverse = np.where(good, 1 / error**2, 0)
    expected = {
        "joint": np.einsum("iyx,oyx,yx->oix", value, profiles[:2], joint),
        "weights": np.einsum("iyx,oyx,oyx->oix", inverse, profiles.astype(float) ** 2, alone),
        "values": np.einsum("iyx,oyx,oyx,iyx->oix", inverse, profiles, alone, value),
        "flux": np.einsum("iyx,oyx,iyx->oix", good, boxes, value),
        "variance": np.einsum("oyx,iyx->oix", boxes, np.where(good, error, 0) ** 2),
        "npixels": np.einsum("iyx,oyx->oix", good, boxes),
        "shares": np.einsum("iyx,oyx,pyx->opix", good, boxes, profiles),
    }
    for name, wanted in expected.items():
        np.testing.assert_allclose(
            backend.asnumpy(getattr(sums, name)), wanted, rtol=1e-6, atol=1e-12, err_msg=name
        )


def test_background_of_columns_like_astropy(backend):
    random = np.random.default_rng(3)
    images = random.normal(2, 1, (2, 40, 9)).astype(np.float32)
    images[:, ::7, 2] += 50
    masks = random.random(images.shape) < 0.2
    masks[1, :, 5] = True
    ours = backend.asnumpy(column_backgrounds(backend.asarray(images), backend.asarray(masks)))
    for image, mask, levels in zip(images, masks, ours, strict=True):
        clip = SigmaClip(sigma=3, maxiters=None, cenfunc="mean")
        theirs = clip(np.ma.array(image, mask=mask), axis=0).mean(axis=0)
        np.testing.assert_allclose(levels, np.ma.filled(theirs, 0), rtol=1e-5)
    assert ours[1, 5] == 0


def test_parts_of_pixels_in_an_aperture():
    """Of a width of 3 about row 4.2: rows 2.7 to 5.7, in pixels that reach half a row to either side."""
    weights = box_weights((8, 3), np.array([1]), np.array([4.2]), 3.0)
    np.testing.assert_allclose(weights[:, 1], [0, 0, 0, 0.8, 1, 1, 0.2, 0], atol=1e-12)
    assert not weights[:, [0, 2]].any()
    np.testing.assert_allclose(box_weights((8, 1), np.array([0]), np.array([4.2]), 0.4).sum(), 0.4)
