"""Centres of mass of boxes, against photutils; levels, against numpy."""

import numpy as np
import pytest
from photutils.centroids import centroid_sources

from gpucal.kernels.series.backgrounds import median_levels
from gpucal.kernels.series.centroids import Frames, centers_of_mass
from tests.kernels.series.scenes import NX, NY, series


def frames(backend, seed=1):
    data, _err, bad = series(seed)
    level = np.nanmedian(data, axis=(1, 2)).astype(np.float32)
    return Frames(*map(backend.asarray, (data, bad, level)))


def peer_center(data, bad, level, x, y, size):
    found = centroid_sources(data - level, x, y, mask=bad, box_size=size)
    return found[0][0], found[1][0]


@pytest.mark.parametrize("place", [(12.5, 11.0), (13.0, 11.49), (1.2, 22.8)])
@pytest.mark.parametrize("size", [5, 11, 41])
def test_centers_are_those_of_photutils(backend, place, size):
    given = frames(backend)
    found = backend.asnumpy(centers_of_mass(given, *place, size))
    arrays = [backend.asnumpy(one) for one in given]
    wanted = np.array([peer_center(*planes, *place, size) for planes in zip(*arrays, strict=True)]).T
    beyond = ((wanted < 0) | (wanted >= np.array([[NX], [NY]]))).any(axis=0)
    wanted[:, beyond] = np.nan
    np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-9)
    assert not beyond.all()


def test_a_box_beyond_the_frame_or_without_pixels_has_no_center(backend):
    given = frames(backend)
    assert np.isnan(backend.asnumpy(centers_of_mass(given, -0.2, 5.0, 11))).all()
    all_bad = given._replace(bad=backend.xp.ones_like(given.bad))
    assert np.isnan(backend.asnumpy(centers_of_mass(all_bad, 12.0, 11.0, 11))).all()


def test_levels_are_medians_of_the_chosen_pixels(backend):
    data, _err, _bad = series()
    data[2] = np.nan
    far = np.hypot(*(np.indices((NY, NX)) - 12)) > 5
    found = backend.asnumpy(median_levels(backend.asarray(data), backend.asarray(far)))
    wanted = np.array(
        [np.nan if number == 2 else np.nanmedian(plane[far]) for number, plane in enumerate(data)]
    )
    np.testing.assert_array_equal(found, wanted.astype(np.float32))
    none = backend.asarray(np.zeros((NY, NX), bool))
    assert np.isnan(backend.asnumpy(median_levels(backend.asarray(data), none))).all()
