"""Images of NIRCam that overlap on the sky, with the distortion of the detector."""

from pathlib import Path

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, NON_SCIENCE
from gpucal.wcs.documents import read_document
from gpucal.wcs.footprint import footprint, s_region
from gpucal.wcs.modes.imaging import imaging_wcs

DISTORTION = Path(__file__).parent / "files" / "references" / "jwst_nircam_distortion_0090.asdf"
SIZE = 100
PIXEL = 0.0629  # arcsec
NOISE = 0.1


def sky_image(number, *, place=(0.0, 0.0), turn=0.0, level=1.0, corner=(901, 1101), exposure=None, crowded=False):
    """An image of the sky.

    Parameters
    ----------
    number : int
        Tells its name, its noise, and its exposure where that is not given.
    place : tuple of float
        How far it is from the first one to the west and the north, pixels.
    turn : float
        By what it is turned about the middle, degrees.
    level : float
        The sky, MJy/sr; the noise is `NOISE`.
    corner : tuple of int
        SUBSTRT1 and SUBSTRT2.
    exposure : int
        Images of one exposure were taken together.
    crowded : bool
        Whether a tenth of the pixels has stars.
    """
    rng = np.random.default_rng(number)
    data = rng.normal(level, NOISE, (SIZE, SIZE))
    if crowded:
        data += (rng.random(data.shape) < 0.1) * rng.exponential(20 * NOISE, data.shape)
    model = datamodels.ImageModel(data=data.astype(np.float32))
    model.dq = rng.choice([0] * 30 + [JUMP_DET, DO_NOT_USE, NON_SCIENCE], data.shape).astype(np.uint32)
    model.data[model.dq & DO_NOT_USE > 0] = 1e4
    model.data[rng.random(data.shape) < 0.01] = np.nan
    describe(model.meta, number, number if exposure is None else exposure, corner)
    pointing = {
        "v2_ref": 90.1, "v3_ref": -491.4, "v3yangle": 0.2, "vparity": -1, "roll_ref": 33.0 + turn,
        "ra_ref": round(0.001 - place[0] * PIXEL / 3600 / np.cos(np.deg2rad(-27.8)), 9),
        "dec_ref": round(-27.8 + place[1] * PIXEL / 3600, 9),
    }  # fmt: skip
    for name, value in pointing.items():
        setattr(model.meta.wcsinfo, name, value)
    wrapped = Exposure(model)
    wcs = imaging_wcs(wrapped, read_document(DISTORTION)["model"])
    wrapped.set_wcs(wcs.to_tree())
    model.meta.wcsinfo.s_region = s_region(footprint(wcs))
    return wrapped.to_model()


def describe(meta, number, exposure, corner):
    """Keywords of an image."""
    meta.filename = f"jw01234001001_02101_0000{exposure + 1}_nrcalong{number}_cal.fits"
    meta.instrument.name, meta.instrument.detector = "NIRCAM", "NRCALONG"
    meta.instrument.filter, meta.instrument.pupil = "F444W", "CLEAR"
    meta.instrument.channel, meta.instrument.module = "LONG", "A"
    meta.observation.program_number, meta.observation.observation_number = "01234", "001"
    meta.observation.visit_number, meta.observation.visit_group = "001", "02"
    meta.observation.sequence_id, meta.observation.activity_id = "1", "01"
    meta.observation.exposure_number = str(exposure + 1)
    meta.observation.date, meta.observation.time = "2023-07-01", "00:00:00.000"
    meta.exposure.type = "NRC_IMAGE"
    meta.subarray.name, (meta.subarray.xstart, meta.subarray.ystart) = "FULL", corner
    meta.subarray.xsize = meta.subarray.ysize = SIZE
    meta.velocity_aberration.scale_factor = 1.0
