"""Coordinates of SOSS: what they need, and what is said where that is missing."""

import asdf
import numpy as np
import pytest
from astropy.modeling.models import Tabular2D
from stdatamodels.jwst import datamodels

from gpucal.errors import GpucalError
from gpucal.reference import ReferenceFileError
from gpucal.steps import AssignWcsStep


@pytest.fixture
def specwcs(tmp_path):
    """Wavelengths that are 0.001 a column and 1 a row, times the order."""

    def write(*orders):
        points = np.array([0.0, 2047.0]), np.array([0.0, 2047.0])
        table = points[0][:, None] + 1e-3 * points[1][None, :]
        tree = {order: Tabular2D(points, order * table, bounds_error=False) for order in orders}
        asdf.AsdfFile(tree).write_to(tmp_path / "specwcs.asdf")
        return str(tmp_path / "specwcs.asdf")

    return write


def image(ra=53.0, ystart=1793):
    model = datamodels.ImageModel((256, 2048))
    meta = model.meta
    meta.exposure.type, meta.target.ra, meta.target.dec = "NIS_SOSS", ra, -27.0
    meta.instrument.name, meta.instrument.detector = "NIRISS", "NIS"
    meta.subarray.xstart, meta.subarray.ystart, meta.subarray.xsize, meta.subarray.ysize = 1, ystart, 2048, 256
    meta.observation.date, meta.observation.time = "2023-06-01", "00:00:00.000"
    return model


def with_wcs(model, specwcs):
    others = {f"override_{kind}": "N/A" for kind in AssignWcsStep.reference_file_types}
    return AssignWcsStep.call(model, **others | {"override_specwcs": specwcs})


@pytest.mark.parametrize("ystart", [1, 1793])
def test_wavelengths_are_those_of_the_full_frame(specwcs, ystart):
    wcs = with_wcs(image(ystart=ystart), specwcs(1, 2, 3)).meta.wcs
    for order in (1, 2, 3):
        ra, dec, wavelength = wcs.forward_transform(100.0, 7.0, order)
        assert (float(ra), float(dec)) == (53.0, -27.0)
        assert float(wavelength) == pytest.approx(order * (7 + ystart - 1 + 0.1), rel=1e-12)


def test_without_the_target_there_are_none(specwcs):
    with pytest.raises(GpucalError, match="TARG_RA or TARG_DEC is missing"):
        with_wcs(image(ra=None), specwcs(1, 2, 3))


def test_a_reference_without_an_order(specwcs):
    with pytest.raises(ReferenceFileError, match="has no wavelengths of order 3"):
        with_wcs(image(), specwcs(1, 2))


def test_without_a_reference():
    with pytest.raises(GpucalError, match="name one with override_specwcs"):
        with_wcs(image(), "N/A")
