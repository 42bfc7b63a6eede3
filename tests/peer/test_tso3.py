"""Light curves beside those of jwst: photometry of series of images, and white light."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.steps import TSOPhotometryStep, WhiteLightStep
from tests.kernels.series.scenes import gaussian
from tests.series_models import PIXEL_AREA, images, spectra, spectrum

OF_FIT = ("psf_width_x", "psf_width_y", "psf_flux")


class Sky:
    """Stands for coordinates: a degree for a pixel."""

    bounding_box = None

    def program(self, *frames):
        return self

    def at(self, x, y):
        return np.array([x, y]) + 100


@pytest.fixture
def photometry(monkeypatch):
    """A function that measures the same series with both."""
    peer = pytest.importorskip("jwst.tso_photometry.tso_photometry", reason="pip install .[peer]")
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    monkeypatch.setattr(Exposure, "get_wcs", lambda self: Sky())

    def both(unit, moving):
        ours = TSOPhotometryStep(moving_centroid=moving).run(images(unit))
        model = images(unit)
        model._instance["meta"]["wcs"] = lambda x, y: (x + 100, y + 100)
        peer.convert_data_units(model)
        found = peer.tso_source_centroid(model, 12.0, 11.0)
        place = found[:2] if moving else [np.nanmedian(one) for one in found[:2]]
        return ours, peer.tso_aperture_photometry(model, *place, 3.0, 4.0, 5.0, *found), found

    return both


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("unit", "moving"), [("MJy/sr", False), ("adu", True)])
def test_photometry(photometry, unit, moving):
    ours, theirs, found = photometry(unit, moving)
    assert ours.colnames == theirs.colnames
    assert [ours[name].unit for name in ours.colnames] == [theirs[name].unit for name in theirs.colnames]
    for name in ours.colnames:
        if name in OF_FIT and unit == "MJy/sr":
            continue  # in jansky the fit of jwst ends far from the minimum, as its tolerance is absolute
        precision = 5e-4 if name in OF_FIT else 2e-7
        np.testing.assert_allclose(np.array(ours[name]), np.array(theirs[name]), rtol=precision, err_msg=name)
    for number in range(len(ours)):
        assert squares(ours, unit, number) <= squares(theirs, unit, number) * (1 + 1e-6)
    np.testing.assert_allclose(ours["psf_width_x"].value, 1.3, rtol=0.02)


def squares(table, unit, number):
    """What a fitted Gaussian leaves of the pixels of its box in an integration."""
    x, y, *fit = (float(table[name][number].value) for name in ("centroid_x", "centroid_y", *OF_FIT))
    model, factor = images(unit), 1e6 * PIXEL_AREA if unit == "MJy/sr" else 1.0
    image, place = model.data[number], [np.nanmedian(table[f"centroid_{axis}"].value) for axis in "yx"]
    away = np.hypot(*(np.indices(image.shape) - np.reshape(place, (2, 1, 1)))) >= 4
    image = (image - np.nanmedian(image[away])) * factor
    image[model.dq[number] != 0] = np.nan
    box = tuple(slice(int(np.ceil(one - 5.5)), int(np.ceil(one - 5.5)) + 11) for one in (y, x))
    return np.nansum((image - gaussian(x, y, *fit, image.shape))[box] ** 2)


def test_white_light(monkeypatch):
    peer = pytest.importorskip("jwst.white_light.white_light", reason="pip install .[peer]")
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    flux = np.random.default_rng(1).normal(10, 1, (5, 4))
    flux[2, 1] = np.nan

    def product():
        parts = [spectrum(flux, detector="NRS1"), spectrum(2 * flux[:4], detector="NRS2", first=1)]
        parts[0].table["MJD-AVG"][3] = parts[0].table["MJD-AVG"][1]
        return spectra(*parts)

    ours = WhiteLightStep(min_wavelength=1.5).run(product())
    theirs = peer.white_light(datamodels.TSOMultiSpecModel(product().to_model()), min_wave=1.5)
    assert ours.colnames == theirs.colnames and dict(ours.meta) == dict(theirs.meta)
    for name in ours.colnames:
        np.testing.assert_allclose(np.array(ours[name]), np.array(theirs[name]), rtol=1e-12, err_msg=name)
