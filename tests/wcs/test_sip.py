"""Approximations of a WCS are as good as they say: astropy's own WCS of the keywords is held against the program."""

import logging

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from gpucal.wcs import frames
from gpucal.wcs.nodes import beside, bounding_box, chain, rotation, scale, shift, to_cartesian, to_spherical
from gpucal.wcs.sip import SipError, SipOptions, sip_keywords
from gpucal.wcs.world import Wcs


@pytest.fixture
def bent(noded):
    """A WCS of 400 x 300 pixels with a distortion of so many pixels at the edge."""
    from astropy.modeling import models

    def make(pixels, size=(400, 300)):
        edge = size[0] / 2
        x = models.Polynomial2D(3, c1_0=1, c2_0=pixels / edge**2, c0_2=-0.5 * pixels / edge**2, c3_0=pixels / edge**3)
        y = models.Polynomial2D(3, c0_1=1, c1_1=pixels / edge**2, c0_3=-pixels / edge**3)
        distortion = noded(models.Mapping((0, 1, 0, 1)) | x & y)
        center = beside(shift(-size[0] / 2), shift(-size[1] / 2))
        sky = chain(beside(scale(2e-5), scale(2e-5)), to_cartesian(180), rotation((33.0, -27.8, -53.1), "xyz"))
        transform = chain(center, distortion, sky, to_spherical(360))
        intervals = ((-0.5, extent - 0.5) for extent in size)
        transform["bounding_box"] = bounding_box(**dict(zip(transform["inputs"], intervals, strict=True)))
        return Wcs((frames.plane("detector", "xy", "pixel"), frames.sky()), (transform,))

    return make


def header_of(keywords):
    header = fits.Header()
    for name, value in keywords.items():
        header[name.upper()] = value
    return header


@pytest.mark.parametrize("pixels", [0.0, 0.05, 4.0])
def test_astropy_finds_the_sky_within_the_error_that_is_told(bent, pixels):
    wcs = bent(pixels)
    keywords = sip_keywords(wcs)
    approximation = WCS(header_of(keywords))
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(-0.5, 399.5, 31), np.linspace(-0.5, 299.5, 29)))
    sky = wcs.program().at(x, y)
    ra, dec = approximation.all_pix2world(x, y, 0)
    away = np.hypot((ra - sky[0]) * np.cos(np.deg2rad(sky[1])), dec - sky[1]) / 2e-5
    assert away.max() < 1.2 * keywords["sipmxerr"] + 1e-7
    assert keywords["sipmxerr"] <= 0.01
    if pixels:
        back = approximation.sip_foc2pix(approximation.sip_pix2foc(np.c_[x, y], 0), 0)
        assert np.abs(back - np.c_[x, y]).max() < 1.2 * keywords["sipiverr"] + 1e-7


def test_no_more_terms_than_are_needed(bent):
    assert "a_order" not in sip_keywords(bent(0.0))
    assert sip_keywords(bent(4.0))["a_order"] == 3
    assert sip_keywords(bent(4.0), SipOptions(degree=2))["a_order"] == 2
    assert sip_keywords(bent(4.0), SipOptions(inverse_degree=1))["ap_order"] == 1
    assert "ap_order" not in sip_keywords(bent(4.0), SipOptions(max_inverse_error=0.0))


def test_what_is_not_reached_is_told(bent, caplog):
    with caplog.at_level(logging.WARNING):
        keywords = sip_keywords(bent(4.0), SipOptions(max_error=1e-15))
    assert keywords["sipmxerr"] < 1e-8
    assert "not as good as asked for" in caplog.text


def test_a_box_of_nothing_is_refused(bent):
    with pytest.raises(SipError, match="smaller than a pixel"):
        sip_keywords(bent(0.0, size=(1, 0.5)))
