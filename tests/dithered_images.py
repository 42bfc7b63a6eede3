"""Calibrated images of NIRCam that overlap, shifted and turned, with the coordinates of a real distortion."""

from functools import cache
from pathlib import Path

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET
from gpucal.wcs.documents import read_document
from gpucal.wcs.footprint import footprint, s_region
from gpucal.wcs.modes.imaging import imaging_wcs

DISTORTION = Path(__file__).parent / "files" / "references" / "jwst_nircam_distortion_0090.asdf"

# Shifts of the reference point, arcsec on the sky, and how much the roll angle differs, degrees.
DITHERS = [(0.0, 0.0, 0.0), (1.3, -0.7, 0.0), (-0.9, 1.1, 25.0), (0.4, 0.45, -3.0)]
CENTER = 53.1, -27.8


@cache
def calibrated(number=0, size=(60, 50), corner=(901, 1101)):
    """One of the dithered exposures, to be copied: `DITHERS` tells where; ``size`` and ``corner`` are x and y."""
    rng = np.random.default_rng(number)
    shape = size[::-1]
    model = datamodels.ImageModel(data=rng.normal(5, 1, shape).astype(np.float32))
    for name, largest in (("err", 1.0), ("var_poisson", 0.3), ("var_rnoise", 0.2), ("var_flat", 0.05)):
        setattr(model, name, rng.uniform(0.02, largest, shape).astype(np.float32))
    model.dq = rng.choice([0] * 40 + [JUMP_DET, JUMP_DET, DO_NOT_USE], shape).astype(np.uint32)
    model.data[5, 7], model.var_flat[9, 9], model.var_rnoise[12, 3] = np.nan, np.nan, 0.0
    _describe(model.meta, number, corner, size)
    exposure = Exposure(model)
    wcs = imaging_wcs(exposure, read_document(DISTORTION)["model"])
    exposure.set_wcs(wcs.to_tree())
    model.meta.wcsinfo.s_region = s_region(footprint(wcs))
    return exposure.to_model()


def _describe(meta, number, corner, size):
    meta.filename = f"jw01234001001_02101_0000{number + 1}_nrcalong_cal.fits"
    meta.telescope = "JWST"
    meta.instrument.name, meta.instrument.detector = "NIRCAM", "NRCALONG"
    meta.instrument.filter, meta.instrument.pupil = "F444W", "CLEAR"
    meta.instrument.channel, meta.instrument.module = "LONG", "A"
    meta.observation.program_number, meta.observation.observation_number = "01234", "001"
    meta.observation.visit_number, meta.observation.visit_group = "001", "02"
    meta.observation.sequence_id, meta.observation.activity_id = "1", "01"
    meta.observation.exposure_number = str(number + 1)
    meta.observation.date, meta.observation.time = "2023-07-01", f"00:0{number}:00.000"
    for name, value in {
        "type": "NRC_IMAGE", "exposure_time": 100.0 + number, "start_time": 60000.0 + number / 100,
        "end_time": 60000.005 + number / 100, "duration": 107.5, "measurement_time": 98.0 - number,
    }.items():  # fmt: skip
        setattr(meta.exposure, name, value)
    meta.subarray.name, (meta.subarray.xstart, meta.subarray.ystart) = "SUB64P", corner
    meta.subarray.xsize, meta.subarray.ysize = size
    meta.bunit_data = meta.bunit_err = "MJy/sr"
    meta.photometry.pixelarea_steradians, meta.photometry.pixelarea_arcsecsq = 9.31e-14, 0.00396
    meta.velocity_aberration.scale_factor = 1.0000612
    east, north, turn = DITHERS[number]
    pointing = {
        "v2_ref": 90.1, "v3_ref": -491.4, "v3yangle": 0.2, "vparity": -1, "roll_ref": 33.0 + turn,
        "ra_ref": CENTER[0] + east / 3600 / np.cos(np.deg2rad(CENTER[1])), "dec_ref": CENTER[1] + north / 3600,
    }  # fmt: skip
    for name, value in pointing.items():
        setattr(meta.wcsinfo, name, value)
