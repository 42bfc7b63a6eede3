"""Full frames of MIRI's medium resolution spectrometer, and references for them, made of plain numbers."""

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.kernels.flags.dqflags import DO_NOT_USE, HOT, NON_SCIENCE, REFERENCE_PIXEL
from gpucal.readouts.mrs import CHANNELS, GAP_COLUMNS, SHAPE

DETECTORS = {"MIRIFUSHORT": "12", "MIRIFULONG": "34"}
NY, NX = SHAPE


def slices(detector):
    """Numbers of slices by pixel, channel and slice: bands of 20 columns with gaps of 8, none between the channels."""
    numbers = np.zeros(SHAPE, np.int32)
    left, right = CHANNELS[detector]
    gap = GAP_COLUMNS[detector]
    for channel, begin, end in ((left, 6, gap.start - 8), (right, gap.stop + 8, NX - 6)):
        for number, first in enumerate(range(begin, end - 20, 28), start=1):
            numbers[:, first : first + 20] = 100 * channel + number
    return numbers


def rates(detector="MIRIFUSHORT", band="SHORT", seed=1):
    """An exposure whose slices are lit, with bad pixels, NaN and reference columns."""
    rng = np.random.default_rng(seed)
    model = datamodels.IFUImageModel(SHAPE)
    lit = slices(detector) > 0
    light = rng.gamma(2, 8, SHAPE) * lit + 0.3
    model.data = (light + rng.normal(0, 0.2, SHAPE)).astype(np.float32)
    model.err = rng.uniform(0.1, 0.5, SHAPE).astype(np.float32)
    model.var_poisson = (model.err**2 * 0.7).astype(np.float32)
    model.var_rnoise = (model.err**2 * 0.3).astype(np.float32)
    model.dq = rng.choice([0, 0, 0, 0, 0, 4, DO_NOT_USE, HOT], SHAPE).astype(np.uint32)
    for edge in (slice(0, 4), slice(NX - 4, NX)):
        model.dq[:, edge] = REFERENCE_PIXEL | NON_SCIENCE
        model.data[:, edge] = 0.01
    bad = rng.random(SHAPE) < 0.002
    for plane in (model.data, model.err, model.var_poisson, model.var_rnoise):
        plane[bad] = np.nan
    meta = model.meta
    meta.filename = f"mrs{seed}_{detector.lower()}_rate.fits"
    meta.instrument.name, meta.instrument.detector = "MIRI", detector
    meta.instrument.channel, meta.instrument.band = DETECTORS[detector], band
    meta.exposure.type, meta.exposure.mid_time = "MIR_MRS", 60400.0
    meta.subarray.name, meta.subarray.fastaxis, meta.subarray.slowaxis = "FULL", 1, 2
    meta.subarray.xstart = meta.subarray.ystart = 1
    meta.subarray.xsize, meta.subarray.ysize = NX, NY
    meta.observation.date, meta.observation.time = "2024-04-01", "00:00:00"
    meta.wcsinfo.dispersion_direction = 2
    meta.bunit_data = meta.bunit_err = "DN/s"
    return model


def cross_artifact(path):
    """A reference of how rows scatter, other for each channel and part."""
    model = datamodels.MirMrsXArtCorrModel()
    y = np.arange(NY) / NY
    for channel in range(1, 5):
        for place, part in enumerate("abc"):
            columns = (
                np.arange(NY), 90 + 20 * y + place, 1e-4 * channel + 5e-5 * y, 11 + 2 * y, 24 + 3 * y + place,
                4e-4 * (1 + y), 2e-4 * channel + 0 * y,
            )  # fmt: skip
            name = f"ch{channel}{part}_table"
            setattr(model, name, np.array(list(zip(*columns, strict=True)), model.get_dtype(name)))
    model.meta.description = model.meta.pedigree = model.meta.author = model.meta.useafter = "made"
    model.save(path)
    return str(path)


def regions(path, detector="MIRIFUSHORT"):
    """A reference of slices at nine throughputs, narrower from plane to plane."""
    planes = []
    for plane in range(9):
        numbers = slices(detector)
        edge = np.diff(numbers, axis=1, prepend=0) != 0
        for shift in range(plane - 3):
            numbers[np.roll(edge, shift, axis=1)] = 0
        planes.append(numbers)
    model = datamodels.RegionsModel()
    model.regions = np.array(planes)
    model.meta.description = model.meta.pedigree = model.meta.author = model.meta.useafter = "made"
    model.save(path)
    return str(path)
