"""The photom step: numbers by hand, what is refused or skipped."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError, SkipStep
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.images.photom import PhotomStep
from tests.transfer import on_host

SHAPE = (4, 6)
ROWS = [("F1000W", "FULL", 2.0, 0.1), ("F560W", "GENERIC", 4.0, 0.1), ("F770W", "FULL", 1.0, 0.0),
        ("F770W", "FULL", 1.0, 0.0)]  # fmt: skip


def image(name="F1000W", subarray="FULL", exposure_type="MIR_IMAGE", instrument="MIRI"):
    model = datamodels.ImageModel(data=np.full(SHAPE, 8, np.float32))
    model.err, model.var_poisson, model.var_rnoise = (np.full(SHAPE, value, np.float32) for value in (5, 3, 1))
    model.dq = np.zeros(SHAPE, np.uint32)
    model.dq[1, 1] = DO_NOT_USE
    model.err[2, 2] = np.nan
    meta = model.meta
    meta.instrument.name, meta.instrument.filter, meta.exposure.type = instrument, name, exposure_type
    meta.subarray.name, meta.subarray.xstart, meta.subarray.ystart = subarray, 2, 1
    return Exposure(model, "made_rate.fits")


def references(area=None, **coefficients):
    model = datamodels.MirImgPhotomModel()
    model.phot_table = np.array(ROWS, model.get_dtype("phot_table"))
    model.meta.photometry.pixelarea_steradians, model.meta.photometry.pixelarea_arcsecsq = 1e-13, 0.004
    for name, values in coefficients.items():
        columns = model.get_dtype(f"timecoeff_{name}")
        known = {"filter": "", "subarray": ""} | values
        table = [tuple(known[column] for column in columns.names)] * len(ROWS)
        setattr(model, f"timecoeff_{name}", np.array(table, columns))
    return {"photom": Reference("photom", model), "area": area and Reference("area", area)}


def test_rates_become_surface_brightness():
    result = PhotomStep().process(image(), references())
    for name, value in {"data": 16, "err": 10, "var_poisson": 12, "var_rnoise": 4}.items():
        expected = np.full(SHAPE, value, float)
        expected[1, 1] = expected[2, 2] = np.nan
        np.testing.assert_array_equal(on_host(getattr(result, name)), expected)
    assert np.argwhere(on_host(result.dq)).tolist() == [[1, 1], [2, 2]]
    assert result.meta.photometry.conversion_megajanskys == 2
    assert result.meta.photometry.conversion_microjanskys == pytest.approx(2 * 23.50443, rel=1e-7)
    assert result.meta.photometry.pixelarea_steradians == 1e-13
    assert (result.meta.bunit_data, result.meta.bunit_err) == ("MJy/sr", "MJy/sr")


def test_and_back():
    there = PhotomStep().process(image(), references())
    back = PhotomStep(inverse=True).process(there, references())
    assert back.data[0, 0] == 8 and back.var_poisson[0, 0] == 3
    assert back.meta.bunit_data == "DN/s"


def test_a_generic_row_is_for_all_subarrays():
    assert PhotomStep().process(image("F560W", "SUB64"), references()).data[0, 0] == 32


def test_the_throughput_has_fallen():
    exposure = image()
    exposure.meta.exposure.mid_time = 60000.0 + 365
    result = PhotomStep().process(exposure, references(linear={"t0": 60000.0, "lossperyear": 0.2}))
    assert result.data[0, 0] == pytest.approx(20, rel=1e-6)


def test_a_time_is_needed_where_the_throughput_changes():
    with pytest.raises(ReferenceFileError, match="lacks the keyword EXPMID"):
        PhotomStep().process(image(), references(linear={"t0": 60000.0, "lossperyear": 0.2}))


def test_the_map_of_pixel_areas_is_cut():
    values = np.arange(5 * 9, dtype=np.float32).reshape(5, 9)
    area = datamodels.PixelAreaModel(data=values)
    area.meta.photometry.pixelarea_steradians = 2e-13
    result = PhotomStep().process(image(), references(area))
    np.testing.assert_array_equal(on_host(result.area), values[:4, 1:7])
    assert result.meta.photometry.pixelarea_steradians == 2e-13
    with pytest.raises(ReferenceFileError, match=r"\(5, 6\) pixels do not cover the exposure made_rate.fits"):
        PhotomStep().process(image(), references(datamodels.PixelAreaModel(data=values[:, :6].copy())))


@pytest.mark.parametrize(
    ("exposure", "error", "reason"),
    [
        (image("F2550W"), SkipStep, "has no row for filter F2550W, subarray FULL"),
        (image("F770W"), ReferenceFileError, "2 rows are for filter F770W, subarray FULL"),
        (image(exposure_type="NRC_WFSS"), GpucalError, "its slits are not cut out yet; run extract_2d"),
        (image(exposure_type="NRS_IMAGE", instrument="NIRSPEC"), GpucalError, "NRS_IMAGE are not calibrated yet"),
    ],
)
def test_what_is_not_calibrated_stays_as_it_is(exposure, error, reason):
    with pytest.raises(error, match=reason):
        PhotomStep().process(exposure, references())
    assert (on_host(exposure.data) == 8).all()


def test_a_factor_for_fluxes_is_spread_over_a_pixel():
    row = np.array([(6.0,)], [("photmj", np.float32)])[0]
    assert PhotomStep().factor_of(row, 2.0) == (3.0, "MJy/sr")
    assert PhotomStep(source_type="POINT").factor_of(row, 2.0) == (6.0, "MJy")
    assert PhotomStep().factor_of(row, None) == (6.0, "MJy/sr")
