"""The photometric calibration of images agrees with jwst."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.images.photom import PhotomStep

SHAPE = (30, 40)

# Instrument, detector, exposure type, filter and pupil, subarray, model of the reference.
MODES = {
    "nircam": ("NIRCAM", "NRCALONG", "NRC_IMAGE", ("F444W", "CLEAR"), "FULL", datamodels.NrcImgPhotomModel),
    "nircam cube": ("NIRCAM", "NRCALONG", "NRC_TSIMAGE", ("F444W", "F405N"), "SUB64", datamodels.NrcImgPhotomModel),
    "niriss": ("NIRISS", "NIS", "NIS_IMAGE", ("CLEAR", "F150W"), "FULL", datamodels.NisImgPhotomModel),
    "miri": ("MIRI", "MIRIMAGE", "MIR_IMAGE", ("F1000W", None), "FULL", datamodels.MirImgPhotomModel),
    "miri generic": ("MIRI", "MIRIMAGE", "MIR_IMAGE", ("F560W", None), "SUB64", datamodels.MirImgPhotomModel),
    "fgs": ("FGS", "GUIDER1", "FGS_IMAGE", (None, None), "FULL", datamodels.FgsImgPhotomModel),
}  # fmt: skip
ROWS = {
    "NIRCAM": [("F444W", "F405N", 3.25, 0.1), ("F444W", "CLEAR", 0.3921, 0.01)],
    "NIRISS": [("CLEAR", "F150W", 0.2871, 0.01), ("F444W", "CLEARP", 1.5, 0.1)],
    "MIRI": [("F1000W", "SUB64", 9.0, 0.1), ("F1000W", "FULL", 0.5217, 0.1), ("F560W", "GENERIC", 0.61, 0.1)],
    "FGS": [(1.2345, 0.01)],
}
TIMES = {
    "linear": [("t0", 59700.0), ("lossperyear", 0.013)],
    "exponential": [("t0", 59720.0), ("amplitude", 0.1), ("tau", 170.0), ("const", 0.93)],
    "powerlaw": [("t0", 59690.0), ("year1value", 0.97), ("tsoft", 1.0), ("alpha", -0.02)],
}


def described(model, mode, region=((1, 1), SHAPE)):
    instrument, detector, exposure_type, elements, subarray, _ = MODES[mode]
    meta = model.meta
    meta.instrument.name, meta.instrument.detector, meta.exposure.type = instrument, detector, exposure_type
    meta.instrument.filter, meta.instrument.pupil = elements
    meta.instrument.module, meta.instrument.channel = ("A", "LONG") if instrument == "NIRCAM" else (None, None)
    if hasattr(meta, "subarray"):
        (meta.subarray.xstart, meta.subarray.ystart), (meta.subarray.ysize, meta.subarray.xsize) = region
        meta.subarray.name = subarray
    return model


def as_reference(model, kind, path):
    meta = model.meta
    meta.reftype, meta.description, meta.author, meta.pedigree = kind, "made", "made", "DUMMY"
    meta.useafter = "2022-01-01T00:00:00"
    meta.photometry.pixelarea_steradians, meta.photometry.pixelarea_arcsecsq = 9.3e-14, 0.00396
    model.save(path)
    return str(path)


def photom_reference(mode, folder, forms=()):
    model_class = MODES[mode][-1]
    rows = ROWS[MODES[mode][0]]
    dtype = model_class().get_dtype("phot_table")
    model = described(model_class(phot_table=np.array(rows, dtype)), mode)
    for form in forms:
        columns = model.get_dtype(f"timecoeff_{form}")
        known = [dict(TIMES[form]) | dict(zip(dtype.names, row, strict=True)) for row in rows]
        table = [tuple(row[name] for name in columns.names) for row in known]
        setattr(model, f"timecoeff_{form}", np.array(table, columns))
    return as_reference(model, "photom", folder / "photom.fits")


def area_reference(mode, folder):
    values = np.random.default_rng(3).uniform(0.9, 1.1, (50, 60)).astype(np.float32)
    model = datamodels.PixelAreaModel(data=values)
    model.meta.instrument.name = MODES[mode][0]
    return as_reference(model, "area", folder / "area.fits")


def rates(mode):
    shape = (3, *SHAPE) if "cube" in mode else SHAPE
    rng = np.random.default_rng(6)
    model_class = datamodels.ImageModel if len(shape) == 2 else datamodels.CubeModel
    model = model_class(data=rng.normal(5, 30, shape).astype(np.float32))
    for name in ("err", "var_poisson", "var_rnoise", "var_flat"):
        setattr(model, name, rng.uniform(0.1, 3, shape).astype(np.float32))
    model.dq = rng.choice([0, 0, 0, 4, DO_NOT_USE], shape).astype(np.uint32)
    model.data[..., 3, 3], model.var_flat[..., 4, 4] = np.nan, np.nan
    model.meta.exposure.mid_time = 59921.25
    model.meta.filename = "made_rate.fits"
    return described(model, mode, ((3, 2), SHAPE))


def compared(model, peer_step, photom, area="N/A", **parameters):
    references = {"override_photom": photom, "override_area": area}
    theirs = peer_step("photom", model, **references, **parameters)
    ours = PhotomStep.call(model, **references, **parameters)
    compare(ours, theirs).assert_agrees()
    return ours


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_images_are_calibrated_as_jwst_does(mode, inverse, tmp_path, peer_step):
    model, area = rates(mode), area_reference(mode, tmp_path)
    ours = compared(model, peer_step, photom_reference(mode, tmp_path), area, inverse=inverse)
    assert ours.meta.bunit_data == ("DN/s" if inverse else "MJy/sr")


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("forms", [("linear",), ("exponential",), ("powerlaw",), tuple(TIMES)])
def test_the_throughput_changes_with_time(forms, tmp_path, peer_step):
    photom = photom_reference("miri", tmp_path, forms)
    corrected = compared(rates("miri"), peer_step, photom)
    plain = compared(rates("miri"), peer_step, photom, apply_time_correction=False)
    ratio = corrected.meta.photometry.conversion_megajanskys / plain.meta.photometry.conversion_megajanskys
    assert 1.001 < ratio < 1.1
