"""Shadows of bars: held against SciPy's interpolation in images."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from gpucal.kernels.spectra.bar_shadow import Shadows, shadow_of_bars
from gpucal.kernels.spectra.windows import packing_of

START, STEP = 1e-6, 2e-7


def made(backend):
    rng = np.random.default_rng(11)
    packing = packing_of(np.array([(0, 4, 6), (24, 3, 2), (30, 5, 5)]))
    along, wavelength = rng.uniform(-1.3, 1.3, 55), rng.uniform(0.5e-6, 3.5e-6, 55)
    along[3], wavelength[40] = np.nan, np.nan
    images = rng.uniform(0.5, 1, (30, 9))
    first, count = np.array([0, 12, 12]), np.array([12, 0, 18])
    zero, scale = np.array([5.0, 0, 9.0]), np.array([6.0, 1, 7.5])
    shadows = Shadows(*map(backend.asarray, (images, first, count, zero, scale)), START, STEP)
    return along, wavelength, shadows, packing


def test_bilinear_with_edges_continued(backend):
    along, wavelength, shadows, packing = made(backend)
    found = shadow_of_bars(backend.asarray(along), backend.asarray(wavelength), shadows, packing)
    host = Shadows(*(backend.asnumpy(part) for part in shadows[:5]), START, STEP)
    expected = np.ones(55)
    for slit, part in ((0, slice(0, 24)), (2, slice(30, 55))):
        image = host.images[host.first[slit] :][: host.count[slit]]
        at = host.zero[slit] + along[part] * host.scale[slit], (wavelength[part] - START) / STEP
        expected[part] = map_coordinates(image, at, cval=np.nan, order=1, mode="nearest")
    assert np.isnan(expected).sum() == 2
    np.testing.assert_allclose(backend.asnumpy(found), expected, rtol=1e-7)


def test_images_that_end_elsewhere_are_refused(backend):
    along, wavelength, shadows, packing = made(backend)
    shadows = shadows._replace(images=shadows.images[:-1])
    with pytest.raises(ValueError, match="do not end with the 29 rows"):
        shadow_of_bars(backend.asarray(along), backend.asarray(wavelength), shadows, packing)
