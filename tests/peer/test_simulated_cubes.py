"""jwst finds in a simulated integral field what was painted, on every pixel."""

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.simulate.spectra.point_profile import profile_sigma
from gpucal.simulate.spectra.throughput import change_with_time


def test_brightness_of_pixels(ifu_chain):
    observation = ifu_chain.observation
    with datamodels.open(ifu_chain.after("photom")) as model:
        y, x = np.indices(model.data.shape, float)
        ra, dec, wavelengths = model.meta.wcs(x, y)
        measured, noise, day = model.data, model.err, model.meta.exposure.mid_time
    east = (ra - observation.target[0]) * np.cos(np.deg2rad(observation.target[1])) * 3600
    north = (dec - observation.target[1]) * 3600
    sigma = profile_sigma(wavelengths)
    point, extended = observation.scene.brightness(east, north, wavelengths, sigma)
    with fits.open(observation.references["photom"]) as hdus:
        rows = hdus["PHOTOM"].data
        (row,) = np.flatnonzero((rows["filter"] == "F290LP") & (rows["grating"] == "G395M"))
        lost = change_with_time(hdus, row, day)  # jwst takes no account of it in integral fields
    on_source = (point > 50 * extended) & (measured > 30 * noise)
    assert on_source.sum() > 5000
    assert np.median(measured[on_source] / (point + extended)[on_source]) == pytest.approx(lost, rel=0.003)
    assert lost < 0.99
