"""Companions that are off by known amounts are told to be."""

import numpy as np
import pytest

from bench.truth.starlight.coronagraphy import _measured
from gpucal.simulate.detectors import detector_named
from gpucal.simulate.distortion import pixel_scale
from gpucal.simulate.light import add_gaussians
from gpucal.simulate.optics import CORE, FWHM_OF_SIGMA, HALO, band_named

DETECTOR = "MIRIMAGE"


@pytest.mark.parametrize(("level", "away", "sky"), [(1.0, (0.0, 0.0), 0.0), (0.9, (0.3, -0.2), 5.0)])
def test_flux_and_place_of_a_companion(level, away, sky):
    band, pixel = band_named(detector_named(DETECTOR), ("F1550C",)), pixel_scale(DETECTOR)
    image, place = np.full((90, 90), sky), np.array((44.3, 46.1))
    # as a mosaic shows a point: four squares of the size of a pixel, of which the light is painted with one
    variances = (band.sigmas / pixel) ** 2 + 2 / 12
    add_gaussians(image, place + away, level * np.array([CORE, HALO]), np.eye(2)[None] * variances[:, None, None])
    flux, offset = _measured(image, place, band.sigmas[0] * FWHM_OF_SIGMA / pixel, band, pixel)
    assert flux == pytest.approx(level, rel=0.02)
    np.testing.assert_allclose(offset, away, atol=0.08)
