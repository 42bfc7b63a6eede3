"""Multistripe exposures with noise, drifts and bad pixels, and references for them."""

from typing import NamedTuple

import numpy as np
from stdatamodels.jwst import datamodels

from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_SAT_CHECK, REFERENCE_PIXEL, UNRELIABLE_BIAS

DETECTOR_ROWS = 2048
# The columns of the references, along the fast axis of the readout: two outputs have a part of them.
FIRST_COLUMN, COLUMNS = 481, 96

TIMES = [f"int_{moment}_{clock}" for clock in ("MJD_UTC", "BJD_TDB") for moment in ("start", "mid", "end")]


class Stripes(NamedTuple):
    """A multistripe subarray: detector, place, and the keywords of its readout."""

    instrument: str
    detector: str
    name: str
    fastaxis: int
    slowaxis: int
    corner: tuple[int, int]
    shape: tuple[int, int]
    reads: tuple[int, int]
    skips: tuple[int, int]
    repeat: int = 0
    interleave: int = 0
    step: int = 0
    superstripes: int = 0
    noutputs: int = 4


SUBSTRIPES = {
    "dhs": Stripes("NIRCAM", "NRCA1", "SUB41STRIPE1_DHS", -1, 2, (490, 1), (14, 70), (4, 10), (200, 0)),
    "repeated": Stripes(
        "NIRCAM", "NRCA3", "SUB41STRIPE1_DHS", -1, 2, (481, 1), (18, 96), (2, 4), (300, 5), repeat=1
    ),
    "interleaved": Stripes(
        "NIRCAM", "NRCB4", "SUB64P", 1, -2, (500, 2040), (18, 60), (1, 5), (300, 70), 1, 1
    ),
    "not_repeated": Stripes("NIRCAM", "NRCALONG", "SUB64P", -1, 2, (501, 1), (12, 61), (4, 4), (100, 10)),
    "along_x": Stripes("NIRISS", "NIS", "SUB80", -2, -1, (2048, 491), (32, 12), (4, 4), (11, 17)),
}
SUPERSTRIPES = {
    "soss": Stripes(
        "NIRISS",
        "NIS",
        "SUB204STRIPE_SOSS",
        -2,
        -1,
        (2048, 506),
        (12, 14),
        (4, 10),
        (0, 0),
        1,
        step=10,
        superstripes=3,
    ),
    "repeated": Stripes(
        "NIRCAM",
        "NRCB1",
        "SUB64P_SUPSTP002",
        1,
        -2,
        (490, 2046),
        (8, 40),
        (1, 1),
        (165, 0),
        1,
        step=1,
        superstripes=6,
    ),
    "only_science": Stripes(
        "NIRCAM",
        "NRCA1",
        "SUB64P_SUPSTP008",
        -1,
        2,
        (490, 1),
        (12, 64),
        (4, 0),
        (3, 0),
        1,
        step=8,
        superstripes=2,
    ),
    "not_repeated": Stripes(
        "NIRCAM",
        "NRCA1",
        "SUB64P_SUPSTP008",
        1,
        2,
        (490, 31),
        (12, 64),
        (0, 6),
        (3, 2),
        0,
        step=4,
        superstripes=3,
    ),
}


def described(model, stripes, corner, shape):
    model.meta.instrument.name = stripes.instrument
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart = corner
    subarray.ysize, subarray.xsize = shape
    return model


def stripe_ramp(stripes, seed, nints=2, ngroups=3, nframes=1, zero_frame=True):
    """Raw ramps with noise, drifts from group to group, a bright source, and reference pixels flagged at random."""
    rng = np.random.default_rng(seed)
    nints *= max(1, stripes.superstripes)
    model = datamodels.SuperstripeRampModel if stripes.superstripes else datamodels.RampModel
    shape = nints, ngroups, *stripes.shape
    signal = np.arange(1, ngroups + 1).reshape(-1, 1, 1) * rng.exponential(300, stripes.shape)
    drift = rng.normal(0, 20, (nints, ngroups, 1, 1))
    counts = 10000 + signal + drift + rng.normal(0, 8, shape)
    counts[..., rng.random(stripes.shape) < 0.01] += 40000
    counts[:, -1, rng.random(stripes.shape) < 0.01] = 0
    model = described(model(data=counts.astype(np.float32)), stripes, stripes.corner, stripes.shape)
    model.meta.instrument.detector = stripes.detector
    set_readout(model.meta, stripes, nints, ngroups, nframes)
    model.int_times = integration_times(nints, model.get_dtype("int_times"))
    if zero_frame:
        model.meta.exposure.zero_frame = True
        model.zeroframe = (counts[:, 0] - 20).astype(np.float32)
        model.zeroframe[rng.random(model.zeroframe.shape) < 0.01] = 0
    return model


def raw_exposure(ramp, path):
    """Save ramps as they come from the telescope, in whole DN."""
    raw = datamodels.Level1bModel(data=np.round(ramp.data).astype(np.uint16))
    raw.update(ramp)
    raw.int_times = ramp.int_times
    raw.zeroframe = np.round(ramp.zeroframe).astype(np.uint16)
    raw.save(path)
    return str(path)


def set_readout(meta, stripes, nints, ngroups, nframes):
    subarray, exposure = meta.subarray, meta.exposure
    subarray.name, subarray.fastaxis, subarray.slowaxis = stripes.name, stripes.fastaxis, stripes.slowaxis
    subarray.multistripe_reads1, subarray.multistripe_reads2 = stripes.reads
    subarray.multistripe_skips1, subarray.multistripe_skips2 = stripes.skips
    subarray.repeat_stripe, subarray.interleave_reads1 = stripes.repeat, stripes.interleave
    subarray.superstripe_step, subarray.num_superstripe = stripes.step, stripes.superstripes
    exposure.type = "NIS_SOSS" if stripes.instrument == "NIRISS" else "NRC_TSGRISM"
    exposure.noutputs, exposure.nframes, exposure.groupgap = stripes.noutputs, nframes, 0
    exposure.frame_divisor, exposure.drop_frames1 = nframes, 0
    exposure.nints, exposure.ngroups = nints, ngroups
    exposure.integration_start, exposure.integration_end = 1, nints
    exposure.frame_time = 0.7
    exposure.group_time = 0.7 * nframes


def integration_times(nints, dtype):
    times = np.zeros(nints, dtype)
    times["integration_number"] = 1 + np.arange(nints)
    for place, name in enumerate(TIMES):
        times[name] = 60000 + 0.01 * np.arange(nints) + 0.003 * (place % 3) + 0.1 * (place // 3)
    return times


def reference(model_type, stripes, **arrays):
    """A reference for any detector, of all its rows along the slow axis."""
    model = getattr(datamodels, model_type)(**arrays)
    shape = reference_shape(stripes)
    corner = (FIRST_COLUMN, 1) if abs(stripes.slowaxis) == 2 else (1, FIRST_COLUMN)
    return described(model, stripes, corner, shape)


def reference_shape(stripes):
    return (DETECTOR_ROWS, COLUMNS) if abs(stripes.slowaxis) == 2 else (COLUMNS, DETECTOR_ROWS)


def flags(rng, shape, flag, fraction):
    return np.where(rng.random(shape) < fraction, flag, 0).astype(np.uint32)


def mask(stripes, rng, shape):
    """Reference pixels along the edges of the slow axis and scattered in between, and bad pixels."""
    dq = flags(rng, shape, REFERENCE_PIXEL, 0.1) | flags(rng, shape, DO_NOT_USE, 0.02)
    edge = np.arange(DETECTOR_ROWS) % (DETECTOR_ROWS - 4) < 4
    dq |= np.where(edge[:, None] if abs(stripes.slowaxis) == 2 else edge, REFERENCE_PIXEL, 0).astype(
        np.uint32
    )
    return reference("MaskModel", stripes, dq=dq)


def saturation(stripes, rng, shape):
    limit = rng.normal(48000, 1000, shape).astype(np.float32)
    limit[rng.random(shape) < 0.01] = np.nan
    return reference("SaturationModel", stripes, data=limit, dq=flags(rng, shape, NO_SAT_CHECK, 0.01))


def superbias(stripes, rng, shape):
    bias = rng.normal(9500, 100, shape).astype(np.float32)
    bias[rng.random(shape) < 0.01] = np.nan
    return reference("SuperBiasModel", stripes, data=bias, dq=flags(rng, shape, UNRELIABLE_BIAS, 0.05))


def linearity(stripes, rng, shape):
    coefficients = np.zeros((3, *shape), np.float32)
    coefficients[1] = 1
    coefficients[2] = rng.normal(1e-7, 1e-8, shape)
    return reference("LinearityModel", stripes, coeffs=coefficients, dq=np.zeros(shape, np.uint32))


def gain(stripes, rng, shape):
    return reference("GainModel", stripes, data=rng.normal(2, 0.05, shape).astype(np.float32))


def readnoise(stripes, rng, shape):
    return reference("ReadnoiseModel", stripes, data=rng.normal(8, 0.5, shape).astype(np.float32))


REFERENCES = {
    "mask": mask,
    "saturation": saturation,
    "superbias": superbias,
    "linearity": linearity,
    "gain": gain,
    "readnoise": readnoise,
}


def write_references(folder, stripes, seed=5):
    """Write all references of a detector; returns their paths by type."""
    rng = np.random.default_rng(seed)
    paths = {}
    for kind, make in REFERENCES.items():
        paths[kind] = str(folder / f"{kind}.fits")
        make(stripes, rng, reference_shape(stripes)).save(paths[kind])
    return paths


def write_dark(path, stripes, ngroups):
    """Write a dark of the subarray itself, which holds the same stripes; returns its path."""
    rng = np.random.default_rng(6)
    signal = np.arange(1, ngroups + 1).reshape(-1, 1, 1) * rng.exponential(0.5, stripes.shape)
    dark = datamodels.DarkModel(
        data=signal.astype(np.float32), dq=flags(rng, stripes.shape, DO_NOT_USE, 0.02)
    )
    described(dark, stripes, stripes.corner, stripes.shape)
    dark.meta.exposure.nframes, dark.meta.exposure.groupgap, dark.meta.exposure.ngroups = 1, 0, ngroups
    dark.save(path)
    return str(path)
