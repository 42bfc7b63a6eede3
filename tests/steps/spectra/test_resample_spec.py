"""What resample_spec does where jwst errs or ends, and how it tells what will not do."""

import logging

import numpy as np
import pytest
from astropy.modeling import models

from gpucal.errors import GpucalError
from gpucal.steps import ResampleSpecStep
from gpucal.wcs.footprint import polygons_of
from tests.slit_spectra import several_slits, spectrum


@pytest.fixture(autouse=True)
def rightly(monkeypatch):
    monkeypatch.delenv("GPUCAL_AS_PEER", raising=False)


def edge_of(product):
    """The wavelength of the outer edge of the last pixel, by the table of the product."""
    tables = [part for part in product.meta.wcs.forward_transform if isinstance(part, models.Tabular1D)]
    return next(table.lookup_table[-1] for table in tables if table.points[0][0] == -0.5)


def test_the_last_pixel_is_one_wavelength_step_wide(monkeypatch):
    wide = ResampleSpecStep.call(spectrum())
    steps = np.diff(wide.wavelength[0].astype(float))
    assert edge_of(wide) == pytest.approx(wide.wavelength[0, -1] + steps[-1] / 2, rel=1e-6)
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    assert edge_of(ResampleSpecStep.call(spectrum())) > wide.wavelength[0, -1] + 10 * steps[-1]


def without_wavelengths(slit):
    """Coordinates that are NaN everywhere, as of a slit whose wavelengths all lie beyond the detector."""
    wcs = slit.meta.wcs
    wcs.bounding_box = ((-40.5, -20.5), (-0.5, 23.5))
    slit.meta.wcs = wcs


def test_a_slit_without_coordinates_is_left_out(caplog):
    model = several_slits()
    without_wavelengths(model.slits[1])
    with caplog.at_level(logging.WARNING):
        product = ResampleSpecStep.call(model)
    assert [slit.name for slit in product.slits] == ["S0", "S2"]
    assert "slit S1 is left out" in caplog.text
    with pytest.raises(GpucalError, match="run assign_wcs on it|no wavelength"):
        lost = spectrum()
        without_wavelengths(lost)
        ResampleSpecStep.call(lost)


def as_lrs(model):
    model.meta.instrument.name, model.meta.exposure.type = "MIRI", "MIR_LRS-FIXEDSLIT"
    return model


def test_a_slit_of_unknown_width_is_told(caplog):
    model = as_lrs(spectrum())
    model.meta.wcsinfo.s_region = None
    with caplog.at_level(logging.WARNING):
        product = ResampleSpecStep.call(model)
    assert "the width of the slit is not known" in caplog.text
    corners = polygons_of(product.meta.wcsinfo.s_region)[0]
    rows = product.data.shape[0]
    assert np.ptp(corners[:, 1]) == pytest.approx(np.ptp(product.meta.wcs(0, np.array([0, rows - 1]))[1]), abs=1e-8)


def test_longest_wavelengths_of_lrs_come_first():
    product = ResampleSpecStep.call(as_lrs(spectrum()))
    assert (np.diff(product.wavelength[5]) < 0).all()
    x, y = product.meta.wcs.world_to_pixel_values(*product.meta.wcs(20, 7))
    assert (x, y) == pytest.approx((20, 7), abs=1e-6)


def test_series_are_skipped():
    model = spectrum()
    for name in ("data", "err", "dq", "var_poisson", "var_rnoise", "var_flat"):
        setattr(model, name, np.stack([getattr(model, name)] * 2))
    (given,) = ResampleSpecStep.call(model)
    assert given.meta.cal_step.resample == "SKIPPED" and given.data.ndim == 3


def test_light_is_conserved():
    """The flux of all pixels of a source, in pixels half as high, is what it was; its surface brightness, too."""
    model = spectrum()
    usual, fine = ResampleSpecStep.call(model.copy()), ResampleSpecStep.call(model.copy(), pixel_scale_ratio=2.0)
    columns = slice(35, 60)
    sums = [np.nansum(one.data[:, columns]) for one in (usual, fine)]
    assert sums[1] == pytest.approx(sums[0], rel=2e-2)
    assert fine.meta.photometry.pixelarea_steradians == pytest.approx(1.2e-13, rel=1e-6)
    model.meta.bunit_data = model.meta.bunit_err = "MJy/sr"
    bright = ResampleSpecStep.call(model, pixel_scale_ratio=2.0)
    assert np.nanmean(bright.data[:, columns]) == pytest.approx(np.nanmean(usual.data[:, columns]), rel=5e-2)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"pixel_scale": 0.0}, "pixel_scale is 0"),
        ({"fillval": "none"}, "fillval is a number"),
        ({"output_wcs": "nowhere.asdf"}, "nowhere.asdf"),
    ],
)
def test_parameters_that_will_not_do(parameters, words):
    with pytest.raises(GpucalError, match=words):
        ResampleSpecStep.call(spectrum(), **parameters)
