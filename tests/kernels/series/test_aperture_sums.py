"""Sums over apertures in each integration, against photutils."""

import numpy as np
import pytest
from photutils.aperture import ApertureStats, CircularAnnulus, CircularAperture

from gpucal.kernels.series.aperture_sums import Radii, sum_apertures, sum_frames
from tests.kernels.series.scenes import NINTS, series

RADII = Radii(3.1, 4.0, 6.3)


@pytest.mark.parametrize("place", [(12.4, 11.3), (0.2, 22.9), (60.0, 10.0)])
def test_sums_are_those_of_photutils(backend, place):
    data, err, _bad = series()
    err = err * np.arange(1, NINTS + 1, dtype=np.float32)[:, None, None]
    x, y = place[0] + 0.1 * np.arange(NINTS), place[1] - 0.05 * np.arange(NINTS)
    on_host = sum_apertures(*map(backend.asarray, (data, err, x, y)), RADII)
    found = type(on_host)(*map(backend.asnumpy, on_host))
    for number in range(NINTS):
        center = x[number], y[number]
        apertures = CircularAperture(center, RADII.circle), CircularAnnulus(center, RADII.inner, RADII.outer)
        wanted = []
        for aperture in apertures:
            stats = ApertureStats(data[number], aperture, error=err[number])
            wanted += [stats.sum, stats.sum_err**2, stats.sum_aper_area.value]
        np.testing.assert_allclose([one[number] for one in found[:6]], wanted, rtol=1e-9)


def test_pixels_that_do_not_count_are_told(backend):
    data = np.zeros((1, 24, 27), np.float32)
    data[0, 11, 12:14] = np.nan
    data[0, 11, 17] = np.nan
    data[0, 11, 25] = np.nan
    arrays = data, np.ones_like(data), np.array([12.0]), np.array([11.0])
    found = sum_apertures(*map(backend.asarray, arrays), RADII)
    assert (float(found.lost[0]), float(found.ring_lost[0])) == (2, 1)


def test_whole_frames(backend):
    data, err, _bad = series()
    total, variance, lost = map(backend.asnumpy, sum_frames(backend.asarray(data), backend.asarray(err)))
    np.testing.assert_allclose(total, np.nansum(data.astype(float), axis=(1, 2)), rtol=1e-12)
    np.testing.assert_allclose(variance, 4.0 * err[0].size, rtol=1e-12)
    np.testing.assert_array_equal(lost, np.isnan(data).sum(axis=(1, 2)))
