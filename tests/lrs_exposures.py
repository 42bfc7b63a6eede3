"""Low resolution spectra of MIRI, and their references."""

from pathlib import Path

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.parts.lrs_types import SLIT_TYPE
from gpucal.steps.pointing.assign_wcs import AssignWcsStep

REFERENCES = Path(__file__).parent / "files" / "references"
DISTORTION = REFERENCES / "jwst_miri_imager_distortion_flt9.asdf"
OFFSETS = REFERENCES / "jwst_miri_filteroffset_full_flt9.asdf"
SPECWCS = REFERENCES / "jwst_miri_specwcs_0005.fits"

TIMES = {
    "linear": [("t0", 59700.0), ("lossperyear", 0.013)],
    "exponential": [("t0", 59720.0), ("amplitude", 0.1), ("tau", 170.0), ("const", 0.93)],
    "powerlaw": [("t0", 59690.0), ("year1value", 0.97), ("tsoft", 1.0), ("alpha", -0.02)],
}


# Corners of the slit, V2 and V3, arcsec.
CORNERS = {"v2_vert1": -412.0, "v2_vert2": -416.7, "v2_vert3": -416.6, "v2_vert4": -412.1,
           "v3_vert1": -400.8, "v3_vert2": -400.3, "v3_vert3": -400.8, "v3_vert4": -401.3}  # fmt: skip


def exposure(kind, velocity=12000.0):
    slit = kind == SLIT_TYPE
    model = datamodels.ImageModel((1024, 1032)) if slit else datamodels.CubeModel((2, 416, 72))
    meta = model.meta
    meta.instrument.name, meta.instrument.detector, meta.instrument.filter = "MIRI", "MIRIMAGE", "P750L"
    meta.exposure.type = kind
    meta.observation.date, meta.observation.time = "2023-07-01", "00:00:00.000"
    meta.subarray.name = "FULL" if slit else "SLITLESSPRISM"
    meta.subarray.xstart, meta.subarray.ystart = (1, 1) if slit else (1, 529)
    meta.subarray.xsize, meta.subarray.ysize = (1032, 1024) if slit else (72, 416)
    v2, v3 = (-415.1, -400.6) if slit else (-378.8, -344.9)
    pointing = {"v2_ref": v2, "v3_ref": v3, "ra_ref": 359.9999, "dec_ref": -27.8, "roll_ref": 33.0}
    for name, value in (pointing | {"v3yangle": 4.8, "vparity": -1, "velosys": velocity}).items():
        setattr(meta.wcsinfo, name, value)
    meta.velocity_aberration.scale_factor = 1.0000612
    meta.dither.x_offset, meta.dither.y_offset = 0.95, -0.02
    return model


def specwcs(folder, corners=CORNERS):
    with datamodels.MiriLRSSpecwcsModel(SPECWCS) as model:
        for name, value in corners.items():
            setattr(model.meta, name, value)
        model.save(folder / "specwcs.fits")
    return folder / "specwcs.fits"


def overrides(reference):
    kinds = dict.fromkeys((f"override_{kind}" for kind in AssignWcsStep.reference_file_types), "N/A")
    return kinds | {"override_distortion": str(DISTORTION), "override_specwcs": str(reference)}


def with_rates(model):
    """The same with random rates and errors, some of them missing."""
    rng, shape = np.random.default_rng(17), model.data.shape
    model.data = rng.normal(5, 30, shape).astype(np.float32)
    for name in ("err", "var_poisson", "var_rnoise"):
        setattr(model, name, rng.uniform(0.1, 3, shape).astype(np.float32))
    model.dq = rng.choice([0, 0, 0, 0, 4, DO_NOT_USE], shape).astype(np.uint32)
    model.data[..., 205, 33], model.err[..., 206, 34] = np.nan, np.nan
    model.meta.bunit_data, model.meta.exposure.mid_time = "DN/s", 59921.25
    model.meta.filename = "jw01000001001_02101_00001_mirimage_rate.fits"
    return model


def as_slit(model):
    """The same as a slit of the full frame, as spec2 of jwst makes it."""
    slit = datamodels.SlitModel(model)
    for name in ("xstart", "ystart", "xsize", "ysize"):
        setattr(slit, name, getattr(model.meta.subarray, name))
    return slit


def target_image(kind):
    """The image that verifies the acquisition of the target of a spectrum: a source near where it is to be."""
    model = datamodels.ImageModel(exposure(kind).data.shape[-2:])
    model.update(exposure(kind))
    model.meta.exposure.type, model.meta.instrument.filter = "MIR_TACONFIRM", "F560W"
    model.meta.dither.x_offset, model.meta.dither.y_offset = 0.1, -0.05
    y, x = np.indices(model.data.shape)
    column, row = (324.4, 300.6) if kind == SLIT_TYPE else (37.6, 300.3)
    noise = np.random.default_rng(2).normal(0, 0.1, model.data.shape)
    model.data = (noise + 50 * np.exp(-((x - column) ** 2 + (y - row) ** 2) / 8)).astype(np.float32)
    model.data[int(row) - 3, int(column)] = np.nan
    model.meta.filename = "jw01000001001_02101_00001_mirimage_ta_cal.fits"
    return model


def saved(model, kind, path):
    meta = model.meta
    meta.instrument.name, meta.instrument.detector, meta.instrument.filter = "MIRI", "MIRIMAGE", "P750L"
    meta.reftype, meta.description, meta.author, meta.pedigree = kind, "made", "made", "DUMMY"
    meta.useafter, meta.exposure.type = "2022-01-01T00:00:00", "MIR_LRS-FIXEDSLIT"
    if hasattr(meta, "subarray"):
        meta.subarray.name, meta.subarray.xstart, meta.subarray.ystart = "FULL", 1, 1
        meta.subarray.xsize, meta.subarray.ysize = 1032, 1024
    model.save(path)
    return str(path)


def flat_reference(path):
    rng = np.random.default_rng(3)
    model = datamodels.FlatModel(data=rng.uniform(0.9, 1.1, (1024, 1032)).astype(np.float32))
    model.err = rng.uniform(0.001, 0.01, model.data.shape).astype(np.float32)
    model.dq = rng.choice([0] * 20 + [1, 1 << 18], model.data.shape).astype(np.uint32)
    return saved(model, "flat", path)


def pathloss_reference(path):
    """Factors about the center of the slit, pixels."""
    model = datamodels.MirLrsPathlossModel()
    wavelengths = np.linspace(13.9, 4.6, 120)
    y, x = np.mgrid[-2.0:2.0:21j, -8.0:8.0:41j]
    factors = [1 + 0.02 * length + 0.05 * (x + 0.3) ** 2 + 0.1 * y**2 for length in wavelengths]
    rows = [(length, plane, 0 * plane) for length, plane in zip(wavelengths, factors, strict=True)]
    columns = [("wavelength", "f4"), ("pathloss", "f4", y.shape), ("pathloss_err", "f4", y.shape)]
    model.pathloss_table = np.array(rows, columns)
    info = model.meta.wcsinfo
    info.crpix1, info.crval1, info.cdelt1 = 21.0, 0.0, 0.4
    info.crpix2, info.crval2, info.cdelt2 = 11.0, 0.0, 0.2
    return saved(model, "pathloss", path)


def photom_reference(path, subarray="FULL", forms=()):
    model = datamodels.MirLrsPhotomModel()
    columns = model.get_dtype("phot_table")
    wavelengths, response = np.zeros(400, "f4"), np.zeros(400, "f4")
    wavelengths[:380] = np.linspace(13.5, 5.0, 380)
    response[:380] = 1 + 0.3 * np.sin(wavelengths[:380])
    known = {"uncertainty": 0.01, "nelem": 380, "wavelength": wavelengths, "relresponse": response,
             "reluncertainty": 0 * response}  # fmt: skip
    rows = [{"filter": "P750L", "subarray": "SUB64", "photmjsr": 3.0}, {"filter": "P750L", "subarray": subarray,
            "photmjsr": 7.25}]  # fmt: skip
    names = columns.names
    shapes = dict.fromkeys(("wavelength", "relresponse", "reluncertainty"), (400,))
    shaped = [(name, columns[name].base.str, shapes.get(name, ())) for name in names]
    model.phot_table = np.array([tuple((known | row)[name] for name in names) for row in rows], shaped)
    for form in forms:
        columns = model.get_dtype(f"timecoeff_{form}")
        table = [tuple((dict(TIMES[form]) | row)[name] for name in columns.names) for row in rows]
        setattr(model, f"timecoeff_{form}", np.array(table, columns))
    model.meta.photometry.pixelarea_steradians, model.meta.photometry.pixelarea_arcsecsq = 2.9e-13, 0.0121
    return saved(model, "photom", path)
