"""Outlines of pixels of an integral field are those that one finds with sines and cosines, corner by corner."""

from io import BytesIO

import asdf
import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from gpucal.backend import current_backend
from gpucal.data import Exposure
from gpucal.wcs.documents import parse_document
from gpucal.wcs.modes.mrs.exposures import mrs_wcs
from gpucal.wcs.modes.mrs.optics import optics_of
from gpucal.wcs.slice_outlines import ROUND, PixelOutline, Plane, corners_on_plane, widths
from gpucal.wcs.slices import slices_of
from tests.mrs_coordinates import exposure, references

OUTLINE, WIDTH = PixelOutline("alpha_beta", 1, (0.4999, 0.0), (0.0, 0.4999)), 0.14
CHANNEL_2 = (201, 202, 203)


@pytest.fixture(scope="module")
def slices():
    trees = {}
    for kind, tree in references("12", "SHORT").items():
        content = BytesIO()
        asdf.AsdfFile(tree).write_to(content)
        trees[kind] = parse_document(content.getvalue())
    model = exposure()
    return slices_of(mrs_wcs(Exposure(model), optics_of(model.meta, **trees)))


def on_plane(ra, dec, plane):
    """Where places are on a plane: gnomonic projection, arcsec; x to the west, then turned."""
    moved = SkyCoord(ra, dec, unit="deg").spherical_offsets_by(*(value * u.arcsec for value in plane.offset))
    away = moved.ra.radian - np.radians(plane.center[0])
    sine, cosine = np.sin(moved.dec.radian), np.cos(moved.dec.radian)
    center_sine, center_cosine = np.sin(np.radians(plane.center[1])), np.cos(np.radians(plane.center[1]))
    toward = center_sine * sine + center_cosine * cosine * np.cos(away)
    x = -cosine * np.sin(away) / toward
    y = (center_cosine * sine - center_sine * cosine * np.cos(away)) / toward
    turn = np.radians(-plane.turn)
    turned = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    return np.degrees(turned) * 3600


@pytest.mark.parametrize(
    "plane",
    [Plane((359.9995, -61.301)), Plane((359.9995, -61.301), 33.0), Plane((0.001, -61.2), -100.0, (1.5, -0.7))],
)
def test_corners_on_a_plane(plane, slices):
    labels = current_backend().asnumpy(slices.labels).ravel()
    pixels = np.random.default_rng(3).permutation(np.flatnonzero(labels > 200))
    found = corners_on_plane(slices, CHANNEL_2, OUTLINE, WIDTH, plane, current_backend().asarray(pixels))
    found = current_backend().asnumpy(found).reshape(2, 4, -1)
    y, x = np.divmod(pixels, slices.shape[1])
    for number in CHANNEL_2:
        own = labels[pixels] == number
        for corner, (along, across) in zip(found.transpose(1, 0, 2), ROUND, strict=True):
            place = slices.program(number, end="alpha_beta").at(x[own] + along * 0.4999, y[own])
            place[1] += across * WIDTH / 2
            ra, dec, _ = slices.program(number, "alpha_beta").at(*place)
            expected = on_plane(ra, dec, plane)
            np.testing.assert_allclose(corner[:, own], expected, rtol=0, atol=1e-9)
            assert np.isfinite(ra).mean() > 0.9


def test_widths_in_wavelength(slices):
    found = current_backend().asnumpy(widths(slices, CHANNEL_2, OUTLINE))
    above, below = (current_backend().asnumpy(slices.at_offsets(0.0, step))[2] for step in (0.4999, -0.4999))
    inside = current_backend().asnumpy(slices.labels) > 200
    np.testing.assert_allclose(found[inside], (above - below)[inside], rtol=0, atol=1e-15)
    assert np.isnan(found[~inside]).all()


def test_pixels_of_other_slices_are_refused(slices):
    pixels = np.flatnonzero(current_backend().asnumpy(slices.labels).ravel() > 0)
    with pytest.raises(ValueError, match="slices of which no program is given"):
        corners_on_plane(slices, CHANNEL_2, OUTLINE, WIDTH, Plane((0.0, -61.0)), current_backend().asarray(pixels))
